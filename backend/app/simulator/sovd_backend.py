"""Virtual vehicles behind the SOVD server: each ECU is a component, with the same state that DoIP shows."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.types import ASGIApp

from app.domain.json_values import JsonValue
from app.protocols.sovd.sovd_errors import invalid_parameter
from app.simulator.sovd_access import EcuAccess
from app.simulator.sovd_ecu_faults import EcuFaults
from app.simulator.sovd_ecu_modes import EcuModes
from app.simulator.sovd_ecu_routines import EcuRoutines
from app.simulator.sovd_ecu_values import EcuValues
from app.simulator.virtual_ecu import DEFAULT_SESSION
from app.simulator.virtual_vehicle import VirtualVehicle
from app.sovd_server.backend import SovdBackend
from app.sovd_server.backend_values import (
    Asking,
    ClearableData,
    EntityStatus,
    LogEntry,
    LogSetting,
    Severity,
    StatusAction,
)
from app.sovd_server.entity_tree import SERVER, Collection, Entity, EntityKey, EntityTree, Resource
from app.sovd_server.memory_files import MemoryFiles
from app.sovd_server.server_settings import Clock, SovdServerSettings
from app.sovd_server.sovd_app import create_sovd_fleet_app

_KEPT_ENTRIES = 200
_COMPONENT = frozenset(Resource)
_LARGEST_FILES = 16 * 1024 * 1024


def sovd_app_for(vehicles: Mapping[str, VirtualVehicle]) -> ASGIApp:
    """One application for all vehicles, each below its VIN: `/{VIN}/version-info`."""
    settings = SovdServerSettings(now=utc_now, vendor_info={"name": "SOVD Command simulator"})
    backends = {vin: sovd_backend(vehicle, settings.now) for vin, vehicle in vehicles.items()}
    return create_sovd_fleet_app(backends, settings)


def utc_now() -> datetime:
    """The wall clock, for the times that answers show."""
    return datetime.now(UTC)


def sovd_backend(vehicle: VirtualVehicle, now: Clock) -> SovdBackend:
    """A virtual vehicle behind the port of the SOVD server."""
    access = EcuAccess(vehicle)
    values = EcuValues(access)
    records = EcuRecords(access, now)
    files = MemoryFiles(now=now, categories=("logs",), most_bytes=_LARGEST_FILES)
    return SovdBackend(
        entities=_Tree(vehicle),
        data=values,
        configurations=values,
        faults=EcuFaults(access),
        operations=EcuRoutines(access),
        modes=EcuModes(access),
        logs=records,
        status=records,
        clearing=records,
        locks=records,
        bulk_data=files,
    )


class _Tree:
    """The entities, made when first asked for: a fleet may have a thousand vehicles that nobody asks."""

    def __init__(self, vehicle: VirtualVehicle) -> None:
        self._vehicle = vehicle
        self._made: EntityTree | None = None

    async def tree(self) -> EntityTree:
        """The vehicle and its ECUs."""
        if self._made is None:
            self._made = _tree_of(self._vehicle)
        return self._made


def _tree_of(vehicle: VirtualVehicle) -> EntityTree:
    known = vehicle.description
    root = Entity(key=SERVER, name=f"{known.make} {known.model} {vehicle.vin}", resources=frozenset({Resource.LOCKS}))
    components = [
        Entity(
            key=EntityKey(collection=Collection.COMPONENTS, entity_id=ecu.component),
            name=ecu.title,
            resources=_COMPONENT,
            variant={
                "name": ecu.variant,
                "is_base_variant": False,
                "state": "Online",
                "logical_address": f"0x{ecu.address:04X}",
            },
        )
        for ecu in vehicle.ecu_descriptions
    ]
    return EntityTree([root, *components])


class EcuRecords:
    """Implements `Logs`, `Status`, `DataClearing` and `LockHooks`: what happened, restarts, and what locks leave."""

    def __init__(self, access: EcuAccess, now: Clock) -> None:
        self._access = access
        self._now = now
        self._entries: dict[EntityKey, deque[LogEntry]] = {}
        self._settings: dict[EntityKey, tuple[LogSetting, ...]] = {}

    def note(self, entity: EntityKey, severity: Severity, text: str) -> None:
        """Write an entry, if entries of this severity are wanted; the oldest of too many is dropped."""
        if severity.rank <= max(setting.severity.rank for setting in self._wanted(entity)):
            kept = self._entries.setdefault(entity, deque(maxlen=_KEPT_ENTRIES))
            kept.append(LogEntry(timestamp=self._now(), context=_context(entity), severity=severity, msg=text))

    async def log_entries(self, entity: EntityKey, at_least: Severity | None, asking: Asking) -> Sequence[LogEntry]:
        """What happened."""
        entries = self._entries.get(entity, ())
        return [entry for entry in entries if at_least is None or entry.severity.rank <= at_least.rank]

    async def log_settings(self, entity: EntityKey, asking: Asking) -> Sequence[LogSetting]:
        """From which severity on."""
        return self._wanted(entity)

    async def set_log_settings(self, entity: EntityKey, settings: Sequence[LogSetting], asking: Asking) -> None:
        """Set the severity; there is one context for each ECU."""
        if len(settings) != 1 or settings[0].context.get("process") not in {None, entity.entity_id}:
            raise invalid_parameter("There is one log context here.", possiblevalues=[_context(entity)])
        self._settings[entity] = (LogSetting(context=_context(entity), severity=settings[0].severity),)

    async def reset_log_settings(self, entity: EntityKey, asking: Asking) -> bool:
        """Back to info."""
        return self._settings.pop(entity, None) is not None

    async def status(self, entity: EntityKey, asking: Asking) -> EntityStatus:
        """Ready unless it starts anew."""
        ready = not self._access.ecu(entity).is_silent(self._access.now())
        return EntityStatus(ready=ready, actions=frozenset({StatusAction.RESTART, StatusAction.FORCE_RESTART}))

    async def change_status(
        self, entity: EntityKey, action: StatusAction, parameters: JsonValue, asking: Asking
    ) -> None:
        """Reset the ECU."""
        ecu = await self._access.awake(entity)
        ecu.reset(self._access.now())
        self.note(entity, Severity.WARN, f"{action} asked for by {asking.caller}")

    async def clearable(self, entity: EntityKey, asking: Asking) -> Sequence[ClearableData]:
        """What clients defined in the server."""
        return (ClearableData.CLIENT_DEFINED_RESOURCES,)

    async def clear_data(self, entity: EntityKey, kind: ClearableData, asking: Asking) -> None:
        """Nothing is left to do for the ECU."""
        self.note(entity, Severity.INFO, f"{kind} cleared")

    async def lock_taken(self, entity: EntityKey, owner: str) -> None:
        """Note it."""
        self.note(entity, Severity.INFO, f"locked by {owner}")

    async def lock_ended(self, entity: EntityKey, owner: str, *, last: bool) -> None:
        """When nobody works on an ECU any more, it goes back to the default session, locked."""
        self.note(entity, Severity.INFO, f"lock of {owner} ended")
        if last and entity.collection is Collection.COMPONENTS:
            self._access.ecu(entity).change_session(DEFAULT_SESSION, self._access.now())

    def _wanted(self, entity: EntityKey) -> tuple[LogSetting, ...]:
        return self._settings.get(entity) or (LogSetting(context=_context(entity), severity=Severity.INFO),)


def _context(entity: EntityKey) -> dict[str, JsonValue]:
    return {"type": "RFC5424", "host": "vehicle", "process": entity.entity_id or "vehicle"}
