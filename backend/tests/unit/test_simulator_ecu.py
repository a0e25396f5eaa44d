"""A virtual ECU over UDS: each service, the order of its refusals, and what time does to it."""

import pytest

from support.virtual_bench import Bench

VIN_HEX = b"1SVCMD00XRA000001".hex().upper()


def test_reads_one_and_several_identifiers_and_leaves_unknown_ones_out() -> None:
    bench = Bench()
    assert bench.ask("22F190") == f"62F190{VIN_HEX}"
    assert bench.ask("22F40D") == "62F40D00"
    assert bench.ask("22F190" + "1234" + "F40D") == f"62F190{VIN_HEX}F40D00"
    assert bench.ask("22F186") == "62F18601"


@pytest.mark.parametrize(
    ("request_hex", "answer"),
    [
        ("22", "7F2213"),
        ("22F1", "7F2213"),
        ("22F190F1", "7F2213"),
        ("22" + "F190" * 33, "7F2213"),
        ("221234", "7F2231"),
        ("99", "7F9911"),
        ("10", "7F1013"),
        ("1009", "7F1012"),
        ("100300", "7F1013"),
        ("2701", "7F277F"),
        ("28", "7F287F"),
        ("8502", "7F857F"),
        ("2F011103", "7F2F7F"),
        ("3E01", "7F3E12"),
        ("3E0000", "7F3E13"),
        ("1104", "7F1112"),
        ("14FFFF", "7F1413"),
        ("14123456", "7F1431"),
        ("1902", "7F1913"),
        ("1955", "7F1912"),
        ("190404200005", "7F1931"),
        ("2E0130" + "41", "7F2E13"),
        ("2EF19041", "7F2E31"),
        ("2E01100320", "7F2E31"),
        ("31010203", "7F3131"),
        ("3101FFFF", "7F3131"),
    ],
)
def test_refusals_in_the_default_session(request_hex: str, answer: str) -> None:
    assert Bench().ask(request_hex) == answer


def test_sessions_change_and_end_by_themselves() -> None:
    bench = Bench()
    assert bench.ask("1003") == "5003003201F4"
    bench.wait(4.9)
    assert bench.ask("3E80") == ""
    bench.wait(4.9)
    assert bench.ask("22F186") == "62F18603"
    bench.wait(5.0)
    assert bench.ask("22F186") == "62F18601"


def test_a_held_session_does_not_end_by_itself() -> None:
    bench = Bench()
    bench.ecu.change_session(0x03, bench.now, held=True)
    bench.wait(3600)
    assert bench.ask("22F186") == "62F18603"


def test_positive_answers_can_be_suppressed_and_negative_ones_not() -> None:
    bench = Bench()
    assert bench.ask("1083") == ""
    assert bench.ecu.session == 0x03
    assert bench.ask("3E80") == ""
    assert bench.ask("1089") == "7F1012"


def test_functional_requests_are_not_refused_by_ecus_they_do_not_concern() -> None:
    bench = Bench()
    for unknown in ("99", "1009", "221234", "2701"):
        assert bench.ask(unknown, functional=True) == ""
    assert bench.ask("2E0130", functional=True) == "7F2E13"
    assert bench.ask("22F190", functional=True) == f"62F190{VIN_HEX}"


def test_writing_checks_session_length_security_and_value_in_this_order() -> None:
    bench = Bench()
    assert bench.ask("2E0120" + "00" * 8) == "7F2E31"
    bench.ask("1003")
    assert bench.ask("2E0120" + "00" * 7) == "7F2E13"
    assert bench.ask("2E0120" + "00" * 8) == "7F2E33"
    assert bench.ask("2E01100001") == "7F2E31"
    bench.unlock()
    assert bench.ask("2E0120" + "0A" * 8) == "6E0120"
    assert bench.ask("220120") == "620120" + "0A" * 8
    assert bench.ask("2E01100384") == "6E0110"
    assert bench.ecu.read_value(0x0110, bench.now) == 900


def test_security_access_counts_wrong_keys_and_then_delays() -> None:
    bench = Bench()
    bench.ask("1003")
    assert bench.ask("270200000000") == "7F2724"
    for answer in ("7F2735", "7F2735", "7F2736"):
        assert bench.ask("2701").startswith("6701")
        assert bench.ask("270200000000") == answer
    assert bench.ask("2701") == "7F2737"
    for _ in range(5):
        bench.wait(2.1)
        bench.ask("3E00")
    bench.unlock()
    assert bench.ask("2701") == "670100000000"


def test_seeds_differ_and_a_key_of_wrong_length_is_refused() -> None:
    bench = Bench()
    bench.ask("1003")
    seeds = {bench.ask("2701") for _ in range(5)}
    assert len(seeds) == 5
    assert bench.ask("27020000") == "7F2713"
    assert bench.ask("2707") == "7F2712"
    assert bench.ask("270100") == "7F2713"


def test_a_change_of_session_locks_again() -> None:
    bench = Bench()
    bench.unlock()
    bench.ask("1003")
    assert bench.ask("2E0120" + "00" * 8) == "7F2E33"


def test_trouble_codes_are_reported_cleared_and_come_back() -> None:
    bench = Bench()
    assert bench.ask("1902FF") == "5902FF" + "0420002F" + "01710027"
    assert bench.ask("190208") == "5902FF" + "0420002F"
    assert bench.ask("1901FF") == "5901FF010002"
    assert bench.ask("190A").startswith("590AFF")
    assert bench.ask("1903") == "5903" + "04200001" + "01710001"
    assert bench.ask("14042000") == "54"
    assert bench.ask("1902FF") == "5902FF" + "01710027"
    assert bench.ask("14FFFFFF") == "54"
    assert bench.ask("1902FF") == "5902FF"
    bench.wait(300)
    assert bench.ask("1902FF") == "5902FF" + "0420002F"


def test_snapshots_hold_the_values_of_the_moment_the_fault_appeared() -> None:
    bench = Bench()
    answer = bench.ask("190404200001")
    assert answer.startswith("5904" + "0420002F" + "01" + "04" + "F40C")
    bench.wait(140)
    assert bench.ask("1904042000FF") == answer
    assert bench.ask("190604200001") == "5906" + "0420002F" + "0101"
    assert bench.ask("1906042000FF") == "5906" + "0420002F" + "0101" + "0200"
    assert bench.ask("190403010001") == "5904" + "03010000"


def test_faults_appear_while_it_runs_but_not_while_recording_is_off() -> None:
    bench = Bench()
    bench.wait(599)
    bench.ask("1003")
    assert bench.ask("8502") == "C502"
    bench.wait(2)
    assert bench.ask("1902FF") == "5902FF" + "0420002F" + "01710027"
    assert bench.ask("8501") == "C501"
    assert bench.ask("1902FF").endswith("0301002F")
    assert bench.ecu.fault(0x030100, bench.now).last_occurred_at == bench.now


def test_input_output_control_is_given_back_with_the_session() -> None:
    bench = Bench()
    bench.ask("1003")
    assert bench.ask("2F01110302") == "6F01110302"
    assert bench.ask("220111") == "62011102"
    assert bench.ask("2F01110309") == "7F2F31"
    assert bench.ask("2F01100301") == "7F2F31"
    assert bench.ask("2F01110200") == "7F2F13"
    assert bench.ask("2F011102") == "6F01110202"
    assert bench.ask("2F011101") == "6F01110100"
    assert bench.ask("2F01110302") == "6F01110302"
    bench.ask("1001")
    assert bench.ask("220111") == "62011100"


def test_a_routine_runs_and_has_results() -> None:
    bench = Bench()
    assert bench.ask("31010203") == "7F3131"
    bench.ask("1003")
    assert bench.ask("31030203") == "7F3124"
    assert bench.ask("31010203") == "7101020301"
    assert bench.ask("31010203") == "7F3124"
    assert bench.ask("31030203") == "7103020301"
    bench.wait(3.0)
    assert bench.ask("31030203") == "71030203020C00"
    assert bench.ask("31020203") == "7F3124"
    assert bench.ask("31090203") == "7F3112"


def test_a_routine_with_parameters_checks_security_length_and_range() -> None:
    bench = Bench()
    bench.ask("1003")
    assert bench.ask("310102040190") == "7F3133"
    bench.unlock()
    assert bench.ask("31010204") == "7F3113"
    assert bench.ask("310102040001") == "7F3131"
    assert bench.ask("310102040190") == "7101020401"
    assert bench.ask("31020204") == "7102020400"
    run = bench.ecu.start_routine(0x0204, {"pressure": 400}, bench.now)
    bench.wait(4.9)
    bench.ecu.stay_active(bench.now)
    bench.wait(0.2)
    results = bench.ecu.routine_results(0x0204, bench.now).results
    assert (run.parameters.hex(), [(field.name, value) for field, value in results]) == (
        "0190",
        [("pressureReached", 402)],
    )


def test_a_blocking_routine_says_pending_in_time_and_is_busy_meanwhile() -> None:
    bench = Bench()
    bench.ask("1003")
    answers = bench.timed("31010205")
    assert [answer.payload.hex().upper() for answer in answers] == ["7F3178", "7101020502"]
    assert answers[0].at < bench.now + 0.05
    assert answers[-1].at == pytest.approx(bench.now + 1.5 + 0.005)
    bench.wait(1.0)
    assert bench.ask("22F190") == "7F2221"
    assert bench.ask("3E80") == ""
    bench.wait(0.6)
    assert bench.ask("22F186") == "62F18603"


def test_a_suppressed_answer_comes_all_the_same_after_pending() -> None:
    bench = Bench()
    bench.ask("1003")
    assert [answer.payload.hex().upper() for answer in bench.timed("31810205")] == ["7F3178", "7101020502"]


def test_long_work_says_pending_as_often_as_the_tester_needs() -> None:
    bench = Bench("battery")
    answers = bench.timed("14FFFFFF")
    assert [answer.payload.hex().upper() for answer in answers] == ["7F1478", "54"]


def test_a_reset_silences_it_and_brings_back_the_default_session() -> None:
    bench = Bench()
    bench.unlock()
    bench.ask("31010203")
    assert bench.ask("1101") == "5101"
    assert bench.ask("22F190") == ""
    bench.wait(1.0)
    assert bench.ask("22F186") == "62F18601"
    bench.ask("1003")
    assert bench.ask("31030203") == "7103020300"
    assert bench.ask("2E0120" + "00" * 8) == "7F2E33"


def test_communication_control_needs_a_session() -> None:
    bench = Bench()
    bench.ask("1003")
    assert bench.ask("280301") == "6803"
    assert bench.ask("280300") == "7F2831"
    assert bench.ask("280701") == "7F2812"
    assert bench.ecu.communication == 3
    bench.ask("1001")
    assert bench.ecu.communication == 0


def test_latency_is_added_to_every_answer() -> None:
    bench = Bench("battery")
    (answer,) = bench.timed("22F190")
    assert answer.at == pytest.approx(0.02)
