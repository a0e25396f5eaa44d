"""A vehicle in memory behind the SOVD server: every resource of the port, nothing simulated."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.fault_status import fault_status
from app.protocols.sovd.sovd_errors import (
    DataError,
    ErrorCode,
    GenericError,
    invalid_data,
    invalid_parameter,
    not_supported,
    resource_unknown,
)
from app.sovd_server.backend import SovdBackend
from app.sovd_server.backend_values import (
    Asking,
    ClearableData,
    Configuration,
    ControlRequest,
    DataGroup,
    DataItem,
    EntityStatus,
    ExecutionState,
    ExecutionStatus,
    Fault,
    FaultDetail,
    FaultQuery,
    LogEntry,
    LogSetting,
    Mode,
    ModeAnswer,
    OperationInfo,
    OperationResult,
    Reading,
    Severity,
    StatusAction,
)
from app.sovd_server.entity_tree import SERVER, Collection, Entity, EntityKey, EntityTree, Resource
from app.sovd_server.memory_files import MemoryFiles
from app.sovd_server.server_settings import SovdServerSettings

MOMENT = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)


def component(entity_id: str) -> EntityKey:
    """The key of a component."""
    return EntityKey(collection=Collection.COMPONENTS, entity_id=entity_id)


ENGINE, BRAKES, SENSOR, GATEWAY = component("engine"), component("brakes"), component("sensor#1"), component("gateway")
BODY_AREA = EntityKey(collection=Collection.AREAS, entity_id="body")
FRONT_AREA = EntityKey(collection=Collection.AREAS, entity_id="front")
TUNER = EntityKey(collection=Collection.APPS, entity_id="tuner")
LIGHTS = EntityKey(collection=Collection.FUNCTIONS, entity_id="lights")
RPM: JsonObject = {
    "type": "number",
    "x-sovd-unit": {"display_name": "1/min", "factor_si_to_unit": 60.0, "offset_si_to_unit": 0.0},
}
ALL = frozenset(Resource)
_CONTEXT: JsonObject = {"type": "RFC5424", "host": "vehicle", "process": "engine"}


def _tree() -> EntityTree:
    scopes = {"control": frozenset({Resource.OPERATIONS, Resource.MODES, Resource.STATUS})}
    return EntityTree(
        [
            Entity(key=SERVER, name="Vehicle", resources=frozenset({Resource.DATA, Resource.LOCKS})),
            Entity(key=BODY_AREA, name="Body", tags=("zone",)),
            Entity(key=FRONT_AREA, name="Front", parent=BODY_AREA),
            Entity(
                key=ENGINE,
                name="Engine",
                resources=ALL,
                tags=("powertrain",),
                variant={"name": "EV6", "is_base_variant": False},
                area=BODY_AREA,
                translation_id="engine.name",
            ),
            Entity(
                key=BRAKES, name="Brakes", resources=ALL, lock_scopes=scopes, lock_needed=frozenset({Resource.MODES})
            ),
            Entity(key=GATEWAY, name="Gateway", depends_on=(ENGINE,)),
            Entity(key=SENSOR, name="Sensor", resources=frozenset({Resource.DATA}), parent=ENGINE),
            Entity(key=TUNER, name="Tuner", host=ENGINE, depends_on=(ENGINE,), resources=frozenset({Resource.DATA})),
            Entity(key=LIGHTS, name="Lights", hosted_by=(ENGINE, BRAKES), resources=frozenset({Resource.DATA})),
        ]
    )


@dataclass
class MemoryVehicle:
    """Everything a backend may offer. Its members may be looked at and changed by tests."""

    values: dict[str, JsonValue] = field(default_factory=lambda: {"vin": "WVWZZZ1JZXW000001", "rpm": 812.5})
    fault_bytes: dict[str, int] = field(default_factory=lambda: {"042000": 0x2F, "017100": 0x04, "C10000": 0x50})
    executions: dict[str, ExecutionState] = field(default_factory=dict)
    mode_values: dict[str, str] = field(default_factory=lambda: {"session": "DEFAULT", "dtcsetting": "on"})
    coding: bytes = b"\x01\x02"
    log_settings_set: list[LogSetting] = field(default_factory=list)
    locks_seen: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    entities: EntityTree = field(default_factory=_tree)
    ready: bool = True
    may_clear: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Nothing holds up clearing."""
        self.may_clear.set()

    async def tree(self) -> EntityTree:
        """The entities."""
        return self.entities

    async def data_items(self, entity: EntityKey, asking: Asking) -> Sequence[DataItem]:
        """An identification, a live value, one to write, and one that cannot be read."""
        return [
            DataItem(data_id="vin", name="VIN", category="identData", schema={"type": "string"}, tags=("legal",)),
            DataItem(data_id="rpm", name="Speed", groups=("motion",), schema=RPM, writable=True),
            DataItem(data_id="mute", name="Silent", groups=("motion", "other"), category="x-acme-odd"),
        ]

    async def data_groups(self, entity: EntityKey, asking: Asking) -> Sequence[DataGroup]:
        """Two groups."""
        return [
            DataGroup(group_id="motion", category="currentData", name="Motion"),
            DataGroup(group_id="other", category="x-acme-odd", tags=("odd",)),
        ]

    async def read_data(self, entity: EntityKey, data_id: str, asking: Asking) -> Reading:
        """Read; `mute` has no value and says so."""
        if data_id == "mute":
            error = GenericError(error_code=ErrorCode.NOT_RESPONDING, message="no answer")
            return Reading(data={}, errors=(DataError(path="/data", error=error),))
        return Reading(data=self.values[data_id])

    async def write_data(self, entity: EntityKey, data_id: str, value: JsonValue, asking: Asking) -> None:
        """Write numbers only."""
        if not isinstance(value, int | float):
            raise invalid_data("a number is needed")
        self.values[data_id] = value

    async def fault_scopes(self, entity: EntityKey, asking: Asking) -> Sequence[str]:
        """One scope."""
        return ["Default"]

    async def faults(self, entity: EntityKey, query: FaultQuery, asking: Asking) -> Sequence[Fault]:
        """All faults, whatever was asked: the server filters."""
        return [self._fault(code) for code in self.fault_bytes]

    def _fault(self, code: str) -> Fault:
        severity = {"042000": 1, "017100": 2}.get(code, 3)
        status = fault_status(self.fault_bytes[code])
        return Fault(code=code, name=f"Fault {code}", scope="Default", severity=severity, status=status)

    async def fault(self, entity: EntityKey, code: str, asking: Asking) -> FaultDetail:
        """A fault with a snapshot."""
        if code not in self.fault_bytes:
            raise resource_unknown(f"fault {code}")
        return FaultDetail(fault=self._fault(code), environment_data={"id": "snapshot", "data": {"rpm": 900}})

    async def clear_faults(self, entity: EntityKey, scope: str | None, asking: Asking) -> None:
        """Clear all."""
        self.fault_bytes.clear()

    async def clear_fault(self, entity: EntityKey, code: str, asking: Asking) -> None:
        """Clear one; `C10000` cannot be cleared alone."""
        if code == "C10000":
            raise not_supported("Only all at once.")
        if self.fault_bytes.pop(code, None) is None:
            raise resource_unknown(f"fault {code}")

    async def operations(self, entity: EntityKey, asking: Asking) -> Sequence[OperationInfo]:
        """One of each kind."""
        return [
            OperationInfo(operation_id="check", name="Check", asynchronous=False, modes={"session": "EXTENDED"}),
            OperationInfo(operation_id="bleed", name="Bleed", asynchronous=True, capabilities=("freeze", "execute")),
        ]

    async def run(self, entity: EntityKey, operation_id: str, parameters: JsonValue, asking: Asking) -> OperationResult:
        """Echo the parameters; the parameter "fail" fails."""
        if parameters == "fail":
            return OperationResult(error=GenericError(error_code=ErrorCode.ERROR_RESPONSE, message="no"))
        return OperationResult(parameters={"echo": parameters})

    async def start(
        self, entity: EntityKey, operation_id: str, execution_id: str, parameters: JsonValue, asking: Asking
    ) -> ExecutionState:
        """Runs until a test says otherwise in `executions`."""
        return self.executions.setdefault(execution_id, ExecutionState(status=ExecutionStatus.RUNNING))

    async def execution(
        self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking
    ) -> ExecutionState:
        """As the test says."""
        return self.executions[execution_id]

    async def control(
        self, entity: EntityKey, operation_id: str, execution_id: str, request: ControlRequest, asking: Asking
    ) -> ExecutionState:
        """Note the capability."""
        self.actions.append(request.capability)
        return self.executions[execution_id]

    async def stop(self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking) -> ExecutionState:
        """Completed."""
        self.actions.append("stop")
        self.executions[execution_id] = ExecutionState(status=ExecutionStatus.COMPLETED)
        return self.executions[execution_id]

    async def modes(self, entity: EntityKey, asking: Asking) -> Sequence[Mode]:
        """Session and DTC setting."""
        return [
            Mode(mode_id="session", name="Session", default="DEFAULT", values=("DEFAULT", "EXTENDED"), longest_s=600),
            Mode(mode_id="dtcsetting", name="DTC setting", default="on", values=("on", "off")),
        ]

    async def mode_value(self, entity: EntityKey, mode_id: str, asking: Asking) -> str:
        """The value now."""
        return self.mode_values[mode_id]

    async def set_mode(self, entity: EntityKey, mode_id: str, request: JsonObject, asking: Asking) -> ModeAnswer:
        """Set a known value."""
        if request["value"] not in {"DEFAULT", "EXTENDED", "on", "off"}:
            raise invalid_parameter("not a value of this mode", possiblevalues=["DEFAULT", "EXTENDED"])
        self.mode_values[mode_id] = str(request["value"])
        return ModeAnswer(value=request["value"])

    async def reset_mode(self, entity: EntityKey, mode_id: str, asking: Asking) -> None:
        """Back to the default."""
        self.mode_values[mode_id] = "DEFAULT" if mode_id == "session" else "on"

    async def configurations(self, entity: EntityKey, asking: Asking) -> Sequence[Configuration]:
        """A parameter and a file."""
        return [
            Configuration(configuration_id="limit", name="Limit", schema={"type": "number"}),
            Configuration(
                configuration_id="coding", name="Coding", version="1.0", content_type="application/octet-stream"
            ),
        ]

    async def read_parameter(self, entity: EntityKey, configuration_id: str, asking: Asking) -> Reading:
        """The limit."""
        return Reading(data=self.values.get("limit", 6000))

    async def write_parameter(self, entity: EntityKey, configuration_id: str, value: JsonValue, asking: Asking) -> None:
        """Set the limit."""
        self.values["limit"] = value

    async def read_bytes(self, entity: EntityKey, configuration_id: str, asking: Asking) -> bytes:
        """The coding."""
        return self.coding

    async def write_bytes(self, entity: EntityKey, configuration_id: str, content: bytes, asking: Asking) -> None:
        """Set the coding."""
        self.coding = content

    async def log_entries(self, entity: EntityKey, at_least: Severity | None, asking: Asking) -> Sequence[LogEntry]:
        """One entry per severity."""
        entries = [
            LogEntry(timestamp=MOMENT, context=_CONTEXT, severity=severity, msg=f"a {severity}")
            for severity in Severity
        ]
        return [entry for entry in entries if at_least is None or entry.severity.rank <= at_least.rank]

    async def log_settings(self, entity: EntityKey, asking: Asking) -> Sequence[LogSetting]:
        """As set, else the default."""
        return self.log_settings_set or [LogSetting(context=_CONTEXT, severity=Severity.INFO)]

    async def set_log_settings(self, entity: EntityKey, settings: Sequence[LogSetting], asking: Asking) -> None:
        """Keep them."""
        self.log_settings_set = list(settings)

    async def reset_log_settings(self, entity: EntityKey, asking: Asking) -> bool:
        """Forget them."""
        was_set = bool(self.log_settings_set)
        self.log_settings_set = []
        return was_set

    async def status(self, entity: EntityKey, asking: Asking) -> EntityStatus:
        """As the test says."""
        return EntityStatus(ready=self.ready, actions=frozenset(StatusAction))

    async def change_status(
        self, entity: EntityKey, action: StatusAction, parameters: JsonValue, asking: Asking
    ) -> None:
        """Note it."""
        self.actions.append(str(action))

    async def clearable(self, entity: EntityKey, asking: Asking) -> Sequence[ClearableData]:
        """Everything."""
        return list(ClearableData)

    async def clear_data(self, entity: EntityKey, kind: ClearableData, asking: Asking) -> None:
        """Note it, when a test lets it."""
        await self.may_clear.wait()
        self.cleared.append(str(kind))

    async def lock_taken(self, entity: EntityKey, owner: str) -> None:
        """Note it."""
        self.locks_seen.append(f"taken {entity.path}")

    async def lock_ended(self, entity: EntityKey, owner: str, *, last: bool) -> None:
        """Note it."""
        self.locks_seen.append(f"ended {entity.path} {last}")


def backend_of(vehicle: MemoryVehicle) -> SovdBackend:
    """All parts of the port."""
    files = MemoryFiles(now=lambda: MOMENT, categories=("maps",))
    return SovdBackend(
        entities=vehicle,
        data=vehicle,
        faults=vehicle,
        operations=vehicle,
        modes=vehicle,
        configurations=vehicle,
        logs=vehicle,
        bulk_data=files,
        status=vehicle,
        clearing=vehicle,
        locks=vehicle,
    )


def settings_for_tests(**changes: object) -> SovdServerSettings:
    """Settings with a real clock."""
    return SovdServerSettings(now=lambda: datetime.now(UTC), **changes)  # type: ignore[arg-type]  # each test names fields of its own
