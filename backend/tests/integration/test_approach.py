"""What comes before a command is sent: the vehicle's secrets are opened, and its safe state is read from it."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.port import NO_CONTEXT, Progress, ResponseChunk, VehicleContext, VehicleRequest
from app.domain.catalogue import definition_of
from app.domain.errors import VehicleNotSafe, VehicleTimeout
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject
from app.domain.vehicle_secrets import SecretName
from app.repositories import vehicle_secret_repository
from app.security.sealing import SealBroken, Sealing
from app.storage.engine import Database
from app.worker.approach import Approach
from support.builders import add_vehicle

SEALING = Sealing("the key of the tests")
SPEED: JsonObject = {"reading": "vehicle speed", "ecuAddress": "0x1010", "dataId": "0xF40D", "equals": 0}
LEVER: JsonObject = {"reading": "gear lever", "ecuAddress": "0x1020", "dataId": "0xF4A4", "one_of": ["P", "N"]}
RESET = definition_of("ECUReset")
READ = definition_of("ReadDTC")


class Vehicle:
    """Answers readings from a table; what is not in it is silence."""

    schemes = ("test",)

    def __init__(self, **readings: object) -> None:
        self.readings = readings
        self.asked: list[tuple[str, JsonObject, VehicleContext]] = []

    def check_address(self, address: str) -> None:
        """Any address will do."""

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        return CommandPreview()

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        """Always there."""

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        self.asked.append((request.command_name, request.command_params, request.context))
        data_id = request.command_params["dataId"]
        if data_id not in self.readings:
            raise VehicleTimeout("the ECU is silent")
        yield ResponseChunk(response_payload={"value": self.readings[data_id], "unit": "km/h"}, is_final=False)
        yield ResponseChunk(response_payload={"status": "complete"}, is_final=True)


async def vehicle_with(database: Database, settings: JsonObject) -> VehicleId:
    async with database.transaction() as db:
        vehicle_id = await add_vehicle(db, address="test:")
        await db.execute(
            text("UPDATE vehicles SET settings = CAST(:settings AS json)"), {"settings": json.dumps(settings)}
        )
    return vehicle_id


def request_for(vehicle_id: VehicleId) -> VehicleRequest:
    return VehicleRequest(
        command_id=CommandId(uuid4()),
        vehicle_id=vehicle_id,
        address="test:",
        command_name="ECUReset",
        command_params={"ecuAddress": "0x1010"},
        correlation_id="test",
        deadline=asyncio.get_running_loop().time() + 10,
    )


def conditions(*items: JsonObject) -> JsonObject:
    return {"safe_state": {"conditions": list(items)}}


async def test_a_vehicle_that_stands_lets_the_command_through(database: Database) -> None:
    vehicle_id = await vehicle_with(database, conditions(SPEED, LEVER))
    vehicle = Vehicle(**{"0xF40D": 0, "0xF4A4": "P"})
    request = await Approach(database, SEALING).prepare(vehicle, request_for(vehicle_id), RESET)

    assert request.command_name == "ECUReset"
    assert [(name, params["dataId"]) for name, params, _ in vehicle.asked] == [
        ("ReadDataByID", "0xF40D"),
        ("ReadDataByID", "0xF4A4"),
    ]


@pytest.mark.parametrize(
    ("settings", "readings", "named"),
    [
        (conditions(SPEED), {"0xF40D": 50}, "vehicle speed is 50 km/h, wanted 0"),
        (conditions(SPEED, LEVER), {"0xF40D": 0, "0xF4A4": "D"}, "gear lever is D km/h, wanted one of P, N"),
        (conditions(SPEED), {}, "vehicle speed is not known"),
        ({}, {"0xF40D": 0}, "settings name no condition"),
    ],
)
async def test_what_speaks_against_it_is_named_and_nothing_is_sent(
    database: Database, settings: JsonObject, readings: dict[str, Any], named: str
) -> None:
    vehicle_id = await vehicle_with(database, settings)
    with pytest.raises(VehicleNotSafe, match=named) as refused:
        await Approach(database, SEALING).prepare(Vehicle(**readings), request_for(vehicle_id), RESET)

    assert not refused.value.may_have_acted
    assert not refused.value.retry_can_help
    assert "blocked_by" in refused.value.details


async def test_reads_and_benches_are_not_asked_for_their_state(database: Database) -> None:
    moving = Vehicle(**{"0xF40D": 50})
    await Approach(database, SEALING).prepare(
        moving, request_for(await vehicle_with(database, conditions(SPEED))), READ
    )
    bench = await vehicle_with(database, {"safe_state": {"policy": "not_needed"}})
    await Approach(database, SEALING).prepare(moving, request_for(bench), RESET)

    assert moving.asked == []


async def test_secrets_come_opened_and_only_for_their_vehicle(database: Database) -> None:
    vehicle_id, other = await vehicle_with(database, {}), await vehicle_with(database, {})
    place = f"{vehicle_id}/bearer_token"
    sealed = SEALING.seal("open sesame", secrets.token_bytes(12), place=place)
    async with database.transaction() as db:
        await vehicle_secret_repository.put(db, vehicle_id, SecretName.BEARER_TOKEN, sealed)
        await vehicle_secret_repository.put(db, other, SecretName.BEARER_TOKEN, sealed)
    approach = Approach(database, SEALING)
    request = await approach.prepare(Vehicle(), request_for(vehicle_id), READ)

    assert dict(request.context.secrets) == {"bearer_token": "open sesame"}
    assert "sesame" not in repr(request)
    with pytest.raises(SealBroken):
        await approach.context_of(other, "test:")
