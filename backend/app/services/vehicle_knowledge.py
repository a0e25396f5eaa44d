"""What is known of a vehicle from earlier answers: nothing is sent to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.access_policy import Actor
from app.domain.catalogue import CLEAR_DTC, DISCOVER_ECUS, READ_DTC
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject
from app.domain.session import ClientInfo
from app.repositories import knowledge_repository, response_repository
from app.repositories.knowledge_repository import CompletedCommand
from app.repositories.unit_of_work import UnitOfWork
from app.services.vehicle_service import VehicleService

_Reader = Callable[[JsonObject], Iterable[JsonObject]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one command found, as its answer said it, and when that was."""

    command_id: CommandId
    at: datetime
    items: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleKnowledge:
    """None where no such command has completed. `cleared_at`: trouble codes were cleared after they were read."""

    ecus: Finding | None
    trouble_codes: Finding | None
    cleared_at: datetime | None


class VehicleKnowledgeService:
    """Reads the last completed discovery and the last completed reading of trouble codes."""

    def __init__(self, unit_of_work: UnitOfWork, vehicles: VehicleService) -> None:
        self._unit_of_work = unit_of_work
        self._vehicles = vehicles

    async def of(self, caller: Actor, vehicle_id: VehicleId, client: ClientInfo) -> VehicleKnowledge:
        """What is known of a vehicle. Raises NotFound where it is unknown or hidden."""
        await self._vehicles.find(caller, vehicle_id, client)
        async with self._unit_of_work.reading() as db:
            names = (DISCOVER_ECUS.name, READ_DTC.name, CLEAR_DTC.name)
            last = await knowledge_repository.last_completed(db, vehicle_id, names)
        codes, cleared = last.get(READ_DTC.name), last.get(CLEAR_DTC.name)
        was_cleared = codes is not None and cleared is not None and cleared.queue_number > codes.queue_number
        return VehicleKnowledge(
            ecus=await self._finding(last.get(DISCOVER_ECUS.name), _ecus_in),
            trouble_codes=await self._finding(codes, _codes_in),
            cleared_at=cleared.completed_at if cleared is not None and was_cleared else None,
        )

    async def _finding(self, command: CompletedCommand | None, items_in: _Reader) -> Finding | None:
        if command is None:
            return None
        async with self._unit_of_work.reading() as db:
            chunks = await response_repository.list_responses(db, command.command_id)
        items = tuple(item for chunk in chunks for item in items_in(chunk.response_payload))
        return Finding(command_id=command.command_id, at=command.completed_at, items=items)


def _ecus_in(payload: JsonObject) -> Iterable[JsonObject]:
    ecu = payload.get("ecu")
    return [ecu] if isinstance(ecu, dict) else []


def _codes_in(payload: JsonObject) -> Iterable[JsonObject]:
    """Each code names its ECU, also where the answer says it only once for all codes of one."""
    codes = payload.get("dtcs")
    whose: JsonObject = {name: payload[name] for name in ("ecuAddress", "component") if name in payload}
    return [whose | code for code in codes if isinstance(code, dict)] if isinstance(codes, list) else []
