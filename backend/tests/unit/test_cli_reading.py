"""What the program reads from the command line: parameters, moments, vehicles, heads, addresses."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.audit_acts import parse_head
from app.cli.exit_codes import MEANINGS, ExitCode, outcome_code
from app.cli.history_acts import moment_text
from app.cli.parameter_parsing import parse_parameters, parse_value
from app.cli.quantities import parse_moment
from app.cli.run_acts import check_command_id
from app.cli.service_acts import read_settings
from app.cli.usage_errors import UsageRefused
from app.cli.vehicle_acts import vehicle_body
from app.cli.vehicle_lookup import choose_vehicle
from app.client import ClientError
from app.client.sovd_client import server_address
from app.client.values import VehicleView
from app.domain.catalogue import parameter_types
from app.domain.command_states import TERMINAL, CommandStatus

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x10", "0x10"),
        ("P0420", "P0420"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("", ""),
        ("12", 12),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ('["a", 1]', ["a", 1]),
        ('{"a": 1}', {"a": 1}),
        ('"12"', "12"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("trueish", "trueish"),
    ],
)
def test_values_are_json_only_where_they_look_like_json(text: str, value: object) -> None:
    assert parse_value(text) == value


def test_known_types_say_how_a_value_is_meant() -> None:
    types = parameter_types("ReadDataByID")
    assert parse_parameters(["dataIds=0xF190,Speed", "dataId=a,b"], types) == {
        "dataIds": ["0xF190", "Speed"],
        "dataId": "a,b",
    }
    assert parse_parameters(['dataIds=["0xF190"]'], types) == {"dataIds": ["0xF190"]}
    assert parse_parameters(["raw=0102", "value=12"], parameter_types("WriteDataByID")) == {"raw": "0102", "value": 12}
    assert parse_parameters(['dataId="0xF190"'], types) == {"dataId": "0xF190"}
    assert parameter_types("FromTheFuture") == {}


def test_parameters_keep_what_follows_the_first_equals_sign() -> None:
    assert parse_parameters(["a=b=c", "n=1"]) == {"a": "b=c", "n": 1}


@pytest.mark.parametrize("given_", [["ecuAddress"], ["=x"], ["a=1", "a=2"]])
def test_parameters_that_cannot_be_meant_are_refused(given_: list[str]) -> None:
    with pytest.raises(UsageRefused):
        parse_parameters(given_)


@given(st.text())
def test_any_value_can_be_given(text: str) -> None:
    parse_value(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("30min", NOW - timedelta(minutes=30)),
        ("30 m", NOW - timedelta(minutes=30)),
        ("2h", NOW - timedelta(hours=2)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-02-01T08:00:00+01:00", datetime(2026, 2, 1, 7, 0, tzinfo=UTC)),
        ("2026-02-01T08:00:00Z", datetime(2026, 2, 1, 8, 0, tzinfo=UTC)),
    ],
)
def test_moments_are_ages_or_times(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment


def test_a_moment_that_cannot_be_read_is_refused_by_the_name_of_its_option() -> None:
    with pytest.raises(UsageRefused, match="--since"):
        moment_text("--since", "yesterday")
    assert moment_text("--since", None) is None


def vehicle(vin: str) -> VehicleView:
    return VehicleView(
        vehicle_id=vin.lower(),
        vin=vin,
        make="VW",
        model="Golf",
        year=None,
        address=None,
        connection_status="connected",
        status_cause=None,
        last_seen_at=None,
        raw={},
    )


FLEET = [vehicle("WVWZZZ1KZAW000001"), vehicle("WVWZZZ1KZAW000002"), vehicle("WBAZZZ1KZAW000011")]


@pytest.mark.parametrize(
    ("wanted", "vin"),
    [
        ("WVWZZZ1KZAW000001", "WVWZZZ1KZAW000001"),
        ("wvwzzz1kzaw000002", "WVWZZZ1KZAW000002"),
        ("WBA", "WBAZZZ1KZAW000011"),
        (" 002 ", "WVWZZZ1KZAW000002"),
    ],
)
def test_a_vehicle_is_found_by_vin_beginning_or_end(wanted: str, vin: str) -> None:
    assert choose_vehicle(wanted, FLEET).vin == vin


def test_an_exact_vin_counts_even_where_others_fit() -> None:
    fleet = [vehicle("ABC"), vehicle("ABCABC")]
    assert choose_vehicle("abc", fleet).vin == "ABC"


def test_an_ambiguous_vin_lists_the_candidates() -> None:
    with pytest.raises(UsageRefused, match="fits 2 vehicles: WVWZZZ1KZAW000001, WVWZZZ1KZAW000002"):
        choose_vehicle("WVW", FLEET)
    with pytest.raises(UsageRefused, match="and 2 more"):
        choose_vehicle("V", [vehicle(f"V{number}") for number in range(10)])


@pytest.mark.parametrize("wanted", ["XYZ", "", "ZZZ1K"])
def test_a_vehicle_that_is_not_there_is_refused(wanted: str) -> None:
    with pytest.raises(UsageRefused, match="there is no vehicle"):
        choose_vehicle(wanted, FLEET)


def test_every_terminal_state_has_an_exit_code_of_its_own() -> None:
    codes = {outcome_code(status) for status in TERMINAL}
    assert len(codes) == len(TERMINAL)
    assert [outcome_code(CommandStatus(name)) for name in ("completed", "failed", "outcome_unknown")] == [0, 1, 3]
    assert [outcome_code(CommandStatus(name)) for name in ("expired", "cancelled")] == [4, 5]
    with pytest.raises(KeyError):
        outcome_code(CommandStatus.PENDING)


def test_every_exit_code_is_explained() -> None:
    assert set(MEANINGS) == set(ExitCode)


def test_command_ids_are_checked_before_anything_is_sent() -> None:
    assert check_command_id("6F1F7A525A0E4A7C8F350F1D6F1D1A01") == "6f1f7a52-5a0e-4a7c-8f35-0f1d6f1d1a01"
    with pytest.raises(UsageRefused):
        check_command_id("latest")


def test_heads_of_the_audit_chain() -> None:
    assert parse_head("31:ABCD") == (31, "abcd")
    for text in ("31", "x:ab", "31:"):
        with pytest.raises(UsageRefused):
            parse_head(text)


def test_only_given_members_of_a_vehicle_are_sent() -> None:
    assert vehicle_body(model="Polo") == {"model": "Polo"}
    assert vehicle_body(metadata=["bench=7"]) == {"metadata": {"bench": 7}}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("https://Bench.Example/sovd/", "https://bench.example/sovd"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_server_addresses_have_one_form(text: str, address: str) -> None:
    assert server_address(text) == address


@pytest.mark.parametrize("text", ["", "ftp://x", "http://", "http://a:b@host", "http://host/?q=1", "two words"])
def test_addresses_that_are_none_or_hold_secrets_are_refused(text: str) -> None:
    with pytest.raises(ClientError):
        server_address(text)


def test_wrong_settings_are_named_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOVD_WORKER_SLOTS", "secret-looking")
    with pytest.raises(UsageRefused, match="SOVD_WORKER_SLOTS") as caught:
        read_settings()
    assert "secret-looking" not in caught.value.message


def test_options_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOVD_PORT", "1234")
    assert read_settings().port == 1234
    assert read_settings(port=0).port == 0
