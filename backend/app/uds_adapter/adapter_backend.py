"""The adapter as a backend of the SOVD server, with status (11) and what locks do to an ECU."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from app.domain.errors import VehicleError, VehicleRefused
from app.domain.json_values import JsonValue
from app.links import uds_services
from app.protocols.sovd.sovd_errors import invalid_parameter
from app.protocols.uds.services import ResetType
from app.sovd_server.backend import SovdBackend
from app.sovd_server.backend_values import Asking, EntityStatus, StatusAction
from app.sovd_server.entity_tree import EntityKey
from app.uds_adapter.adapted_data import AdaptedData
from app.uds_adapter.adapted_faults import AdaptedFaults
from app.uds_adapter.adapted_modes import AdaptedModes
from app.uds_adapter.adapted_operations import AdaptedOperations
from app.uds_adapter.adapted_vehicle import AdaptedVehicle

_RESETS: Mapping[str, ResetType] = MappingProxyType(
    {
        "hard": ResetType.HARD,
        "keyoffon": ResetType.KEY_OFF_ON,
        "soft": ResetType.SOFT,
    }
)
_READY_WITHIN_S = 1.0


def adapter_backend(vehicle: AdaptedVehicle) -> SovdBackend:
    """The vehicle behind the port of the SOVD server."""
    return SovdBackend(
        entities=vehicle,
        data=AdaptedData(vehicle),
        faults=AdaptedFaults(vehicle),
        operations=AdaptedOperations(vehicle),
        modes=AdaptedModes(vehicle),
        status=AdaptedStatus(vehicle),
        locks=AdaptedLocks(vehicle),
    )


class AdaptedStatus:
    """Implements `Status`."""

    def __init__(self, vehicle: AdaptedVehicle) -> None:
        self._vehicle = vehicle

    async def status(self, entity: EntityKey, asking: Asking) -> EntityStatus:
        """Ready when it answers TesterPresent within a second, be it with a refusal."""
        ecu = self._vehicle.ecu(entity)
        until = min(asking.deadline, asyncio.get_running_loop().time() + _READY_WITHIN_S)
        try:
            async with ecu.client(until) as client:
                await uds_services.tester_present(client, until)
        except VehicleError as error:
            ready = isinstance(error, VehicleRefused)
        else:
            ready = True
        return EntityStatus(ready=ready, actions=frozenset({StatusAction.RESTART}))

    async def change_status(
        self, entity: EntityKey, action: StatusAction, parameters: JsonValue, asking: Asking
    ) -> None:
        """Reset the ECU: `resetType` of the parameters is `hard` (as without one), `keyOffOn` or `soft`."""
        given = parameters.get("resetType", parameters.get("reset_type")) if isinstance(parameters, dict) else None
        wanted = "hard" if given is None else str(given).casefold().removesuffix("reset")
        if wanted not in _RESETS:
            raise invalid_parameter(f"There is no reset {given}.", possiblevalues=["hard", "keyOffOn", "soft"])
        await self._vehicle.ecu(entity).reset(_RESETS[wanted], asking.deadline)


class AdaptedLocks:
    """Implements `LockHooks`: while an ECU is locked it is kept in its extended session."""

    def __init__(self, vehicle: AdaptedVehicle) -> None:
        self._vehicle = vehicle

    async def lock_taken(self, entity: EntityKey, owner: str) -> None:
        """Enter the extended session."""
        await self._vehicle.ecu(entity).lock()

    async def lock_ended(self, entity: EntityKey, owner: str, *, last: bool) -> None:
        """Back to the default session, when nobody holds a lock any more."""
        if last:
            await self._vehicle.ecu(entity).unlock()
