"""What comes before a command is sent: what is kept about the vehicle is fetched, and its safe state is read."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from app.connectors.port import NO_CONTEXT, Connector, ResponseChunk, VehicleContext, VehicleRequest
from app.domain.address_schemes import scheme_of
from app.domain.catalogue import READ_DATA_BY_ID
from app.domain.command_definition import CommandDefinition
from app.domain.errors import SovdError, VehicleNotSafe
from app.domain.identifiers import VehicleId
from app.domain.safe_state import Reading, SafeCondition, SafeStatePolicy, blocked_by, safe_state_of
from app.domain.vehicle_secrets import place_of_secret
from app.repositories import vehicle_context_repository
from app.repositories.vehicle_context_repository import StoredContext
from app.security.sealing import Sealing
from app.storage.engine import Database

_READING_S = 5.0


class Approach:
    """Fetches contexts and reads safe states. One object serves all runs and probes of a worker."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing

    async def prepare(
        self, connector: Connector, request: VehicleRequest, definition: CommandDefinition
    ) -> VehicleRequest:
        """The request with its context, once the vehicle is known to be safe for it.

        Raises VehicleNotSafe naming each reading that speaks against it, SealBroken, StorageUnavailable: in every case
        nothing of the command was sent.
        """
        stored = await self._stored(request.vehicle_id, request.address)
        request = replace(request, context=self._opened(request.vehicle_id, stored))
        if definition.risk.needs_safe_state:
            await self._check_safe_state(connector, request, stored)
        return request

    async def context_of(self, vehicle_id: VehicleId, address: str) -> VehicleContext:
        """What a probe needs. Raises SealBroken, StorageUnavailable."""
        return self._opened(vehicle_id, await self._stored(vehicle_id, address))

    async def _stored(self, vehicle_id: VehicleId, address: str) -> StoredContext | None:
        if not scheme_of(address).keeps_context:
            return None
        async with self._database.autocommit() as db:
            return await vehicle_context_repository.read(db, vehicle_id)

    def _opened(self, vehicle_id: VehicleId, stored: StoredContext | None) -> VehicleContext:
        if stored is None:
            return NO_CONTEXT
        secrets = {
            name: self._sealing.open(sealed, place=place_of_secret(vehicle_id, name))
            for name, sealed in stored.sealed.items()
        }
        return VehicleContext(secrets=secrets, data_sets=stored.data_sets)

    async def _check_safe_state(
        self, connector: Connector, request: VehicleRequest, stored: StoredContext | None
    ) -> None:
        safe_state = safe_state_of(stored.settings if stored is not None else {})
        if safe_state.policy is SafeStatePolicy.NOT_NEEDED or not scheme_of(request.address).keeps_context:
            return
        if not safe_state.conditions:
            raise VehicleNotSafe(
                "Whether the vehicle stands safely is not known: its settings name no condition. Set "
                "`settings.safe_state`, for example that its speed is 0.",
                details={"blocked_by": []},
            )
        readings = await self._read(connector, request, safe_state.conditions)
        blocking = blocked_by(safe_state.conditions, readings)
        if blocking:
            named = "; ".join(f"{item['reading']} is {item['found']}, wanted {item['wanted']}" for item in blocking)
            raise VehicleNotSafe(
                f"The vehicle is not in a safe state: {named}. Nothing was sent.", details={"blocked_by": blocking}
            )

    async def _read(
        self, connector: Connector, request: VehicleRequest, conditions: Sequence[SafeCondition]
    ) -> list[Reading]:
        deadline = min(request.deadline, asyncio.get_running_loop().time() + _READING_S)
        return [
            await _reading(
                connector,
                replace(
                    request,
                    command_name=READ_DATA_BY_ID.name,
                    command_params=condition.params,
                    deadline=deadline,
                ),
            )
            for condition in conditions
        ]


async def _reading(connector: Connector, request: VehicleRequest) -> Reading:
    try:
        async with aclosing(connector.execute(request)) as answer:
            async for part in answer:
                if isinstance(part, ResponseChunk) and "value" in part.response_payload:
                    payload = part.response_payload
                    return Reading(value=payload["value"], unit=payload.get("unit"))
    except SovdError as error:
        return Reading(problem=f"not known ({error.message})")
    return Reading(problem="not known (the answer had no value)")
