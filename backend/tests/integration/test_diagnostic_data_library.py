"""Diagnostic data through real loading processes: decoding, encoding, variants, and processes that die."""

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from app.diagnostic_data.compiled_sets import DataSetRefused
from app.diagnostic_data.port import DataSetRef
from app.diagnostic_data.process_pool import LoaderCrashed, LoaderPool
from app.domain.errors import InvalidRequest, NotFound, Overloaded
from support.loaded_data import Shelf, shelf_at
from support.odx_files import odx_document, pdx_of
from support.waiting import until

ECU = 0x1030
BRAKES = odx_document().encode()
SOMERSAULT = Path(__file__).parents[3].parent / "shared" / "data" / "somersault.pdx"
with_somersault = pytest.mark.skipif(not SOMERSAULT.exists(), reason="the example of odxtools is not on this machine")


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """A library with an empty cache."""
    async with shelf_at(tmp_path) as shelf:
        yield shelf


async def test_identifiers_are_decoded_with_names_units_and_texts(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    speed = await data.decode_identifier(ECU, 0x0100, b"\x03\xe8")
    assert (speed.name, speed.source, speed.problem) == ("ReadWheelSpeed", "brakes 1", None)
    assert [(part.name, part.value, part.unit) for part in speed.values] == [("speed", 10.0, "km/h")]
    state = await data.decode_identifier(ECU, 0x0101, bytes.fromhex("20FEFF03E80A00"))
    assert [part.value for part in state.values] == ["Comfort", -2, 10.0, 10]


async def test_records_of_no_fixed_length_are_decoded_by_the_processes(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    wheels = await data.decode_identifier(ECU, 0x0102, bytes.fromhex("03E80A0003E80B00"))
    assert wheels.values[0].value == [{"speed": 10.0, "temperature": 10}, {"speed": 10.0, "temperature": 11}]
    assert (await data.decode_identifier(ECU, 0x0102, b"\x01")).problem


async def test_bytes_that_do_not_fit_are_a_problem_in_words_and_never_an_exception(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    short = await data.decode_identifier(ECU, 0x0100, b"\x03")
    long = await data.decode_identifier(ECU, 0x0100, b"\x03\xe8\xff")
    unknown = await data.decode_identifier(ECU, 0x0101, bytes.fromhex("50FEFF03E80A00"))
    assert short.problem == "speed needs 2 bytes, the record has 1"
    assert (long.values[0].value, long.problem) == (10.0, "1 bytes at the end of the record are not described")
    assert "no text stands for the coded value 5" in str(unknown.problem)


async def test_a_set_that_cannot_be_opened_is_a_problem_in_words_for_every_reading(shelf: Shelf) -> None:
    lost = DataSetRef(data_set_id="lost", name="lost", version="1", checksum="ab" * 32)
    data = shelf.library.for_data_sets([lost])
    for decoded in (
        await data.decode_identifier(ECU, 0x0100, b"\x03\xe8"),
        await data.describe_dtc(ECU, 0x042000),
        await data.decode_snapshot(ECU, 0x042000, bytes.fromhex("010100AA")),
        await data.decode_routine(ECU, 0x0203, 1, b"\x01"),
    ):
        assert decoded.problem
    assert await data.identification_requests(ECU) == ()


async def test_what_no_set_describes_is_read_by_the_standards(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    vin = await data.decode_identifier(ECU, 0xF190, b"WVWZZZ1JZXW000001")
    assert (vin.values[0].value, vin.source) == ("WVWZZZ1JZXW000001", "built-in")
    assert (await data.describe_dtc(ECU, 0x042011)).name == "P0420-11"


async def test_a_set_that_cannot_be_used_leaves_the_standards_and_says_so(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(b"<ODX")])
    decoded = await data.decode_identifier(ECU, 0xF190, b"WVWZZZ1JZXW000001")
    assert decoded.values[0].value == "WVWZZZ1JZXW000001"
    assert "could not be used" in str(decoded.problem)


async def test_trouble_codes_and_their_environment(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    code = await data.describe_dtc(ECU, 4198417)
    assert (code.name, code.description) == ("C0110-11", "Wheel speed sensor front left: short to ground")
    snapshot = await data.decode_snapshot(ECU, 4198417, bytes.fromhex("03E807"))
    assert [(part.name, part.value) for part in snapshot.values] == [("vehicle_speed", 10.0), ("brake_mode", "Sport")]
    listed = await data.decode_snapshot(ECU, 0x042000, bytes.fromhex("02010003E8F40D10"))
    assert [part.value for part in listed.values] == [10.0, 16]
    unknown = await data.decode_snapshot(ECU, 0x042000, bytes.fromhex("019999AA"))
    assert "0x9999 is not known" in str(unknown.problem)


async def test_values_are_encoded_and_held_to_ranges_and_choices(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    assert await data.encode_identifier(ECU, 0x0110, {"mode": "Sport", "limit": 12.5}) == bytes.fromhex("0704E2")
    wheels = {"wheels": [{"speed": 10.0, "temperature": -1}]}
    assert await data.encode_identifier(ECU, 0x0102, wheels) == bytes.fromhex("03E8FFFF")
    with pytest.raises(InvalidRequest) as refused:
        await data.encode_identifier(ECU, 0x0110, {"mode": "fast", "limit": 301})
    assert {error.pointer: error.message for error in refused.value.field_errors} == {
        "/command_params/value/mode": "must be one of off, Comfort, Sport",
        "/command_params/value/limit": "must be in 0.0 … 300.0",
    }
    with pytest.raises(InvalidRequest, match="cannot be written"):
        await data.encode_identifier(ECU, 0x0100, 1)


async def test_routines_both_ways(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    assert await data.encode_routine(ECU, 0x0203, 1, {"cycles": 5}) == b"\x05"
    assert (await data.decode_routine(ECU, 0x0203, 1, b"\x02")).values[0].value == "Comfort"
    for parameters in ({"cycles": 256}, {"cycle": 1}, {}):
        with pytest.raises(InvalidRequest):
            await data.encode_routine(ECU, 0x0203, 1, parameters)
    with pytest.raises(InvalidRequest, match="has no action 2"):
        await data.encode_routine(ECU, 0x0203, 2, {})


async def test_the_variant_is_proved_by_answers(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    (request,) = await data.identification_requests(ECU)
    assert request == bytes.fromhex("22F195")
    assert await data.identify_variant(ECU, {request: b"\x62\xf1\x952.0"}) == "brakes_new"
    assert await data.identify_variant(ECU, {request: b"\x62\xf1\x957.0"}) is None
    assert await data.identify_variant(ECU, {request: b"\x7f\x22\x31"}) is None
    assert await data.identify_variant(ECU, {}) is None


async def test_names_are_found_and_near_misses_are_named(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    assert await data.data_id_of(ECU, "read wheel_speed") == 0x0100
    assert await data.data_id_of(ECU, "VIN") == 0xF190
    with pytest.raises(InvalidRequest, match="did you mean ReadWheelSpeed"):
        await data.data_id_of(ECU, "ReadWeelSpeed")


async def test_data_for_one_ecu_is_not_used_for_another(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES, ecu_address=ECU)])
    assert (await data.decode_identifier(ECU, 0x0100, b"\x03\xe8")).source == "brakes 1"
    assert (await data.decode_identifier(0x1010, 0x0100, b"\x03\xe8")).source == "built-in"
    assert [ecu.ecu_address for ecu in await data.ecus()] == [ECU]


async def test_the_same_file_is_compiled_once_and_kept_for_us_alone(shelf: Shelf, tmp_path: Path) -> None:
    ref = shelf.ref(BRAKES)
    data = shelf.library.for_data_sets([ref])
    await asyncio.gather(*(data.decode_identifier(ECU, 0x0100, b"\x03\xe8") for _ in range(20)))
    assert shelf.asked == 1
    (folder,) = (tmp_path / "diagnostic-data").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    async with shelf_at(tmp_path) as later:
        again = later.library.for_data_sets([ref])
        assert (await again.decode_identifier(ECU, 0x0102, bytes.fromhex("03E80A00"))).problem is None
        assert later.asked == 0


async def test_a_compiled_folder_that_others_may_write_is_made_anew(shelf: Shelf, tmp_path: Path) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    await data.decode_identifier(ECU, 0x0100, b"\x03\xe8")
    (folder,) = (tmp_path / "diagnostic-data").iterdir()
    folder.chmod(0o777)
    wheels = await data.decode_identifier(ECU, 0x0102, bytes.fromhex("03E80A00"))
    assert (wheels.problem, shelf.asked) == (None, 2)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_killed_process_costs_one_question_and_is_replaced(shelf: Shelf) -> None:
    data = shelf.library.for_data_sets([shelf.ref(BRAKES)])
    record = bytes.fromhex("03E80A00")
    assert (await data.decode_identifier(ECU, 0x0102, record)).problem is None
    for pid in shelf.library.sets.pool.process_ids:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not shelf.library.sets.pool.process_ids)
    assert (await data.decode_identifier(ECU, 0x0102, record)).problem is None


async def test_a_hanging_load_is_ended_and_takes_no_other_with_it(tmp_path: Path) -> None:
    pool = LoaderPool()
    compile_it = {"question": "compile", "folder": str(tmp_path / "x"), "file_name": "x.odx"}
    try:
        good = {**compile_it, "folder": str(tmp_path / "good")}
        assert "ok" in await pool.ask(good, BRAKES, within_s=60, loading=True)
        (pid,) = pool.process_ids
        os.kill(pid, signal.SIGSTOP)  # a load that never ends
        with pytest.raises(LoaderCrashed, match="took more than"):
            await pool.ask(good, BRAKES, within_s=0.2, loading=True)
        assert not psutil.pid_exists(pid)
        asked = await pool.ask({"question": "ask", "folder": good["folder"], "questions": []}, within_s=60)
        assert asked == {"ok": []}
    finally:
        await pool.close()
    assert pool.process_ids == ()


async def test_loads_leave_a_process_for_questions_and_waiting_is_bounded(tmp_path: Path) -> None:
    pool = LoaderPool(most_waiting=1)
    header = {"question": "ask", "folder": str(tmp_path), "questions": []}
    async with asyncio.TaskGroup() as tasks:
        async with pool._borrowed("a", loading=True):
            waiting = tasks.create_task(pool.ask(header, within_s=60, loading=True))
            await until(lambda: pool._waiting == 1)
            with pytest.raises(Overloaded):
                await pool.ask(header, within_s=60)
        assert await waiting == {"reload": True}
    await pool.close()


async def test_a_refused_file_says_why(shelf: Shelf) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><ODX/>'
    with pytest.raises(DataSetRefused, match="document type declaration"):
        await shelf.library.load(shelf.put(bomb), bomb, "bomb.odx")
    with pytest.raises(DataSetRefused, match="no YAML file"):
        await shelf.library.load(shelf.put(b"{"), b"{", "bench.yaml")
    with pytest.raises(NotFound):
        await shelf.library.variant("0" * 64, None)


async def test_closing_leaves_no_process(tmp_path: Path) -> None:
    async with shelf_at(tmp_path) as shelf:
        await shelf.library.load(shelf.put(BRAKES), BRAKES, "brakes.odx")
        pids = shelf.library.sets.pool.process_ids
        assert pids
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


async def test_messages_and_services_of_a_set_for_people(shelf: Shelf) -> None:
    checksum = shelf.put(pdx_of(brakes__odx=BRAKES))
    raw = await shelf.library.encode(checksum, None, {"service": "StartBleeding"}, {"cycles": 3})
    assert raw == bytes.fromhex("3101020303")
    (message,) = await shelf.library.decode(checksum, None, bytes.fromhex("62010003E8"))
    assert (message["service"], message["values"]["speed"]) == ("ReadWheelSpeed", 10.0)
    with pytest.raises(InvalidRequest, match="has no variant"):
        await shelf.library.variant(checksum, "engine")


@with_somersault
async def test_somebody_elses_data_loads_encodes_and_decodes(shelf: Shelf) -> None:
    content = await asyncio.to_thread(SOMERSAULT.read_bytes)
    checksum = shelf.put(content)
    head = await shelf.library.load(checksum, content, SOMERSAULT.name)
    names = [variant["name"] for variant in head["variants"]]
    assert names == ["somersault_lazy", "somersault_assiduous", "somersault_base_variant"]
    flips = {"forward_soberness_check": 0x12, "num_flips": 3}
    raw = await shelf.library.encode(checksum, "somersault_lazy", {"service": "do_forward_flips"}, flips)
    assert raw == bytes.fromhex("BA1203")
    (request,) = await shelf.library.decode(checksum, "somersault_lazy", raw)
    assert request["values"] == {"sid": 0xBA, **flips}
    with pytest.raises(InvalidRequest, match="0 … 255"):
        await shelf.library.encode(
            checksum, "somersault_lazy", {"service": "do_forward_flips"}, {**flips, "num_flips": 300}
        )
