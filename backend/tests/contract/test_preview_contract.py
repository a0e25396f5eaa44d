"""The preview of a command is true: what it shows is what the vehicle then gets, byte by byte."""

from contextlib import suppress
from pathlib import Path

import pytest

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.doip_preview import MOST_REQUESTS
from app.domain.catalogue import COMMANDS
from app.domain.errors import CommandNotSupported, InvalidRequest, VehicleRefused
from app.domain.json_values import JsonObject
from support.connector_cases import KINDS, ON_ENGINE, chunks_of, connector_case, real_vehicle, request_for
from support.doip_runs import driven_vehicle
from support.received_requests import Received, keep_received

MORE_PARAMS: tuple[tuple[str, JsonObject], ...] = (
    ("ReadDTC", {**ON_ENGINE, "statusMask": "0x08", "snapshot": True}),
    ("ClearDTC", {**ON_ENGINE, "dtcCode": "P0420-11"}),
    ("ReadDataByID", {**ON_ENGINE, "dataId": "0xF190"}),
    ("RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "results"}),
    ("RoutineControl", {**ON_ENGINE, "routineId": "0x0203", "action": "stop"}),
    ("ECUReset", ON_ENGINE),
    ("ControlDTCSetting", {**ON_ENGINE, "setting": "on", "holdS": 0.1}),
    ("ReadIdentification", ON_ENGINE),
)

BETWEEN = frozenset({"1001", "3E00", "3E80"})
"""Leaving a session and TesterPresent: what a slow machine may still send for the command before."""


def shown_by(preview: CommandPreview) -> list[Received]:
    """The requests of a preview as the vehicle keeps them."""
    return [(one.ecu_address or 0, (one.raw or b"").hex().upper()) for one in preview.requests]


def of_each(ecus: set[int], requests: list[Received], *, but: frozenset[str] = frozenset()) -> dict[int, list[str]]:
    """Requests by address, in order: those to several control units leave side by side."""
    return {ecu: [raw for target, raw in requests if target == ecu and raw not in but] for ecu in ecus}


async def test_every_doip_command_sends_what_its_preview_shows(tmp_path: Path) -> None:
    async with real_vehicle("doip", tmp_path) as real:
        received = keep_received(real.simulated.served)
        commands = (*real.params.items(), *MORE_PARAMS)
        previews = [
            await real.connector.preview(PreviewWanted(address=real.address, command_name=name, command_params=params))
            for name, params in commands
        ]
        assert received == []
        for (name, params), preview in zip(commands, previews, strict=True):
            shown = shown_by(preview)
            received.clear()
            with suppress(VehicleRefused):  # what the vehicle says to it comes after it was sent
                await chunks_of(real.connector, request_for(real.address, name, params))
            ecus = {ecu for ecu, _ in shown}
            expected, sent = of_each(ecus, shown), of_each(ecus, received, but=BETWEEN - {raw for _, raw in shown})
            assert {ecu: sent[ecu][: len(raws)] for ecu, raws in expected.items()} == expected, (name, params)
            assert all(expected.values()), (name, params)
    assert set(real.params) == set(COMMANDS) - {"SOVDRequest"}


async def test_of_security_access_the_key_alone_is_left_out(tmp_path: Path) -> None:
    async with driven_vehicle(tmp_path) as vehicle:
        received = keep_received(vehicle.simulated.served)
        params = {**ON_ENGINE, "dataId": "0x0110", "raw": "010140", "securityLevel": 1}
        wanted = PreviewWanted(
            address=vehicle.address, command_name="WriteDataByID", command_params=params, has_security_settings=True
        )
        preview = await vehicle.connector.preview(wanted)
        with suppress(VehicleRefused):
            await vehicle.run("WriteDataByID", params)
    assert [raw for _, raw in shown_by(preview)] == ["1003", "2701", "2E0110010140"]
    assert [raw for _, raw in received if not raw.startswith("2702")][:3] == ["1003", "2701", "2E0110010140"]
    assert any("a key" in note for note in preview.notes)


async def test_without_security_settings_the_preview_says_why_nothing_would_be_sent(tmp_path: Path) -> None:
    async with driven_vehicle(tmp_path) as vehicle:
        params = {**ON_ENGINE, "dataId": "0x0110", "raw": "01", "securityLevel": 1}
        wanted = PreviewWanted(address=vehicle.address, command_name="WriteDataByID", command_params=params)
        preview = await vehicle.connector.preview(wanted)
    assert preview.requests == ()
    assert [note for note in preview.notes if "security_access" in note] == list(preview.notes)


async def test_where_no_control_unit_is_known_the_first_question_goes_to_all(tmp_path: Path) -> None:
    async with driven_vehicle(tmp_path) as vehicle:
        wanted = PreviewWanted(address=vehicle.host, command_name="ReadDTC", command_params={})
        preview = await vehicle.connector.preview(wanted)
    (only,) = preview.requests
    assert (only.ecu_address, only.raw) == (0xE400, b"\x3e\x00")
    assert only.meaning == "TesterPresent (0x3E), to all control units at once"


async def test_a_long_list_of_requests_is_cut_off_and_says_so(tmp_path: Path) -> None:
    async with driven_vehicle(tmp_path) as vehicle:
        ecus = ",".join(f"0x{0x1000 + number:04X}" for number in range(16))
        wanted = PreviewWanted(
            address=f"{vehicle.host}?ecus={ecus}", command_name="ReadIdentification", command_params={}
        )
        preview = await vehicle.connector.preview(wanted)
    assert len(preview.requests) == MOST_REQUESTS
    assert any("not shown" in note for note in preview.notes)


async def test_what_cannot_be_encoded_names_its_field(tmp_path: Path) -> None:
    async with driven_vehicle(tmp_path) as vehicle:
        params = {**ON_ENGINE, "dataId": "0x0110", "value": {"no": "data"}}
        wanted = PreviewWanted(address=vehicle.address, command_name="WriteDataByID", command_params=params)
        with pytest.raises(InvalidRequest) as raised:
            await vehicle.connector.preview(wanted)
    assert [error.pointer for error in raised.value.field_errors] == ["/command_params/value"]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_connector_refuses_or_tells_something_about_every_command(kind: str, tmp_path: Path) -> None:
    async with connector_case(kind, tmp_path) as case:
        for name in COMMANDS:
            params = case.params.get(name, {})
            wanted = PreviewWanted(address=case.healthy, command_name=name, command_params=params)
            if name not in case.params:
                with pytest.raises(CommandNotSupported):
                    await case.connector.preview(wanted)
                continue
            preview = await case.connector.preview(wanted)
            assert preview.requests or preview.notes, name
            assert bool(preview.requests) == (kind == "doip" or name == "SOVDRequest"), name
