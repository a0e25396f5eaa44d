"""What a preview says where the bytes depend on the variant that an ECU turns out to be."""

from collections.abc import Sequence
from typing import cast

import pytest

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.doip_commands.doip_data_writing import write_data_by_id
from app.connectors.doip_preview import preview_of
from app.connectors.doip_preview_notes import AUTHENTICATION, VARIANT, what_follows
from app.diagnostic_data.port import DataSetRef, DiagnosticData
from app.domain.catalogue import COMMANDS
from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonObject, JsonValue

ASKS = b"\x22\xf1\x95"


class Data:
    """Data of an ECU that has variants if it `asks`; values above 100 fit none that is known beforehand."""

    def __init__(self, *asks: bytes) -> None:
        self._asks = asks

    def for_data_sets(self, data_sets: Sequence[DataSetRef]) -> DiagnosticData:
        return cast("DiagnosticData", self)

    async def identification_requests(self, ecu_address: int) -> Sequence[bytes]:
        return self._asks

    async def identify_variant(self, ecu_address: int, answers: dict[bytes, bytes]) -> str | None:
        return None

    async def encode_identifier(self, ecu_address: int, data_id: int, value: JsonValue) -> bytes:
        if not isinstance(value, int) or value > 100:
            raise InvalidRequest("Too high.", [FieldError("/command_params/value", "at most 100")])
        return bytes((value,))


async def preview(data: Data, *, has_security_settings: bool = False, **params: JsonValue) -> CommandPreview:
    wanted = PreviewWanted(
        address="doip://192.0.2.1",
        command_name="WriteDataByID",
        command_params={"ecuAddress": "0x1010", "dataId": "0x0110", **params},
        has_security_settings=has_security_settings,
    )
    return await preview_of(write_data_by_id, wanted, data)


def raws(found: CommandPreview) -> list[str]:
    return [(one.raw or b"").hex().upper() for one in found.requests]


async def test_the_question_for_the_variant_comes_first_and_the_bytes_are_called_those_of_the_base_variant() -> None:
    found = await preview(Data(ASKS), value=7)
    assert raws(found) == ["22F195", "1003", "2E011007"]
    assert found.notes[0] == VARIANT
    assert VARIANT not in (await preview(Data(ASKS), raw="07")).notes
    assert VARIANT not in (await preview(Data(), value=7)).notes


async def test_a_value_is_refused_at_its_field_only_where_no_variant_can_take_it() -> None:
    with pytest.raises(InvalidRequest):
        await preview(Data(), value=101)
    found = await preview(Data(ASKS), value=101)
    assert raws(found) == ["22F195"]
    assert found.notes == (
        "What follows depends on the variant that the control unit is. Before that is known: Too high.",
    )


async def test_security_settings_are_named_and_not_opened() -> None:
    assert AUTHENTICATION in (await preview(Data(), value=7, has_security_settings=True)).notes
    assert AUTHENTICATION not in (await preview(Data(), value=7)).notes
    unlocking = await preview(Data(), value=7, has_security_settings=True, securityLevel=3)
    assert raws(unlocking) == ["1003", "2703", "2E011007"]


@pytest.mark.parametrize("name", COMMANDS)
def test_what_follows_is_told_for_any_parameters(name: str) -> None:
    examples: list[JsonObject] = [{}, COMMANDS[name].example, {"action": "stop"}, {"action": "results"}, {"holdS": 5}]
    for params in examples:
        words = what_follows(name, params)
        assert words is None or words.endswith(".")


def test_only_what_was_asked_for_is_said_to_follow() -> None:
    assert what_follows("ReadDTC", {}) is None
    assert what_follows("ReadDTC", {"snapshot": True, "extendedData": True}) == (
        "For each trouble code that is found, its snapshots and its extended data are asked for."
    )
    assert "instead" in (what_follows("ClearDTC", {"dtcCode": "P0420"}) or "")
    assert "instead" not in (what_follows("ClearDTC", {"dtcCode": "P0420-11"}) or "")
