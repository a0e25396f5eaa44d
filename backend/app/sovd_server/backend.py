"""The port between the routes of ISO 17978-3 and whatever stands behind them: one Protocol per resource.

Backends know nothing of HTTP, links, locks or ids of executions; the server keeps those. Every question carries who
asks and a deadline (`Asking`). A backend refuses by raising SovdRefusal (`protocols/sovd/sovd_errors.py`) or a
VehicleError, which the server turns into the status the standard has for it; anything else becomes a 500.
Unknown ids: `resource_unknown(...)`. Calls of different clients come side by side; a backend orders what it must.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.json_values import JsonObject, JsonValue
from app.sovd_server.backend_values import (
    Asking,
    BulkContent,
    BulkElsewhere,
    BulkItem,
    BulkNotReady,
    ClearableData,
    Configuration,
    ControlRequest,
    DataGroup,
    DataItem,
    EntityStatus,
    ExecutionState,
    Fault,
    FaultDetail,
    FaultQuery,
    LogEntry,
    LogSetting,
    Mode,
    ModeAnswer,
    NewBulkItem,
    OperationInfo,
    OperationResult,
    Reading,
    Severity,
    StatusAction,
)
from app.sovd_server.entity_tree import EntityKey, EntityTree


class Entities(Protocol):
    """The entity tree."""

    async def tree(self) -> EntityTree:
        """The entities now. Asked at every request: give the same object while nothing changed."""
        ...


class DataSource(Protocol):
    """Data of an entity. Categories are those of the items."""

    async def data_items(self, entity: EntityKey, asking: Asking) -> Sequence[DataItem]:
        """All data resources."""
        ...

    async def data_groups(self, entity: EntityKey, asking: Asking) -> Sequence[DataGroup]:
        """The groups that the items name."""
        ...

    async def read_data(self, entity: EntityKey, data_id: str, asking: Asking) -> Reading:
        """Read one value."""
        ...

    async def write_data(self, entity: EntityKey, data_id: str, value: JsonValue, asking: Asking) -> None:
        """Write one value; only asked for writable items. Raises `invalid_data` for one that does not fit."""
        ...


class FaultMemory(Protocol):
    """Faults of an entity."""

    async def fault_scopes(self, entity: EntityKey, asking: Asking) -> Sequence[str]:
        """The scopes it knows; none: it has only one memory."""
        ...

    async def faults(self, entity: EntityKey, query: FaultQuery, asking: Asking) -> Sequence[Fault]:
        """At least the faults that fit the query."""
        ...

    async def fault(self, entity: EntityKey, code: str, asking: Asking) -> FaultDetail:
        """One fault with its environment data."""
        ...

    async def clear_faults(self, entity: EntityKey, scope: str | None, asking: Asking) -> None:
        """Clear the memory, or a scope of it."""
        ...

    async def clear_fault(self, entity: EntityKey, code: str, asking: Asking) -> None:
        """Clear one fault. Raises `not_supported` (501) where that cannot be done alone."""
        ...


class Operations(Protocol):
    """Operations of an entity. The server names executions, refuses a second one and forgets old ones."""

    async def operations(self, entity: EntityKey, asking: Asking) -> Sequence[OperationInfo]:
        """All operations."""
        ...

    async def run(self, entity: EntityKey, operation_id: str, parameters: JsonValue, asking: Asking) -> OperationResult:
        """Run a synchronous operation to its end."""
        ...

    async def start(
        self, entity: EntityKey, operation_id: str, execution_id: str, parameters: JsonValue, asking: Asking
    ) -> ExecutionState:
        """Start an asynchronous operation; how it stands right after."""
        ...

    async def execution(
        self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking
    ) -> ExecutionState:
        """How an execution stands; asked only until it is no longer running."""
        ...

    async def control(
        self, entity: EntityKey, operation_id: str, execution_id: str, request: ControlRequest, asking: Asking
    ) -> ExecutionState:
        """Apply a capability (execute, freeze, reset, one of the manufacturer's) to an execution."""
        ...

    async def stop(self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking) -> ExecutionState:
        """Stop an execution that runs."""
        ...


class Modes(Protocol):
    """Modes of an entity. The server lets them fall back when their time is over."""

    async def modes(self, entity: EntityKey, asking: Asking) -> Sequence[Mode]:
        """All modes."""
        ...

    async def mode_value(self, entity: EntityKey, mode_id: str, asking: Asking) -> str:
        """The value now."""
        ...

    async def set_mode(self, entity: EntityKey, mode_id: str, request: JsonObject, asking: Asking) -> ModeAnswer:
        """Set a mode. `request` is the whole body: `value`, and members of our own such as `Key`.

        Raises `invalid_parameter` with `possiblevalues`; an ECU's refusal reaches the client as 500.
        """
        ...

    async def reset_mode(self, entity: EntityKey, mode_id: str, asking: Asking) -> None:
        """Back to the default: its time is over."""
        ...


class Configurations(Protocol):
    """Configurations of an entity."""

    async def configurations(self, entity: EntityKey, asking: Asking) -> Sequence[Configuration]:
        """All configurations."""
        ...

    async def read_parameter(self, entity: EntityKey, configuration_id: str, asking: Asking) -> Reading:
        """Read a parameter."""
        ...

    async def write_parameter(self, entity: EntityKey, configuration_id: str, value: JsonValue, asking: Asking) -> None:
        """Write a parameter. Raises `invalid_data` or `precondition_not_fulfilled`."""
        ...

    async def read_bytes(self, entity: EntityKey, configuration_id: str, asking: Asking) -> bytes:
        """Read a bulk configuration."""
        ...

    async def write_bytes(self, entity: EntityKey, configuration_id: str, content: bytes, asking: Asking) -> None:
        """Write a bulk configuration."""
        ...


class Logs(Protocol):
    """Logs of an entity."""

    async def log_entries(self, entity: EntityKey, at_least: Severity | None, asking: Asking) -> Sequence[LogEntry]:
        """Entries of at least this severity, oldest first, bounded by the backend."""
        ...

    async def log_settings(self, entity: EntityKey, asking: Asking) -> Sequence[LogSetting]:
        """What is logged."""
        ...

    async def set_log_settings(self, entity: EntityKey, settings: Sequence[LogSetting], asking: Asking) -> None:
        """Replace what is logged. Raises `invalid_parameter` for a context that is not there."""
        ...

    async def reset_log_settings(self, entity: EntityKey, asking: Asking) -> bool:
        """Back to the default; False: nothing was set."""
        ...


class BulkData(Protocol):
    """Files of an entity. The server bounds what comes in (413) and filters lists."""

    async def bulk_categories(self, entity: EntityKey, asking: Asking) -> Sequence[str]:
        """The categories this caller may see."""
        ...

    async def bulk_items(self, entity: EntityKey, category: str, asking: Asking) -> Sequence[BulkItem]:
        """The files of a category. Raises `resource_unknown` for one that is not there."""
        ...

    async def read_bulk(
        self, entity: EntityKey, category: str, item_id: str, asking: Asking
    ) -> BulkContent | BulkNotReady | BulkElsewhere:
        """The bytes of a file."""
        ...

    async def add_bulk(self, entity: EntityKey, category: str, item: NewBulkItem, asking: Asking) -> str:
        """Keep a file; gives its id. Nothing is kept if reading its chunks fails."""
        ...

    async def delete_bulk(self, entity: EntityKey, category: str, item_id: str, asking: Asking) -> None:
        """Delete a file. Raises SovdRefusal 409 while it is in use."""
        ...


class Status(Protocol):
    """Start, restart and shutdown of an entity."""

    async def status(self, entity: EntityKey, asking: Asking) -> EntityStatus:
        """Whether it is ready, and what can be asked of it."""
        ...

    async def change_status(
        self, entity: EntityKey, action: StatusAction, parameters: JsonValue, asking: Asking
    ) -> None:
        """Begin a change; returns when it has begun. Only asked for actions that `status` names."""
        ...


class DataClearing(Protocol):
    """Clearing of cached and learned data."""

    async def clearable(self, entity: EntityKey, asking: Asking) -> Sequence[ClearableData]:
        """What can be cleared. CLIENT_DEFINED_RESOURCES also makes the server drop what clients defined in it."""
        ...

    async def clear_data(self, entity: EntityKey, kind: ClearableData, asking: Asking) -> None:
        """Clear; returns when done. Raises SovdRefusal when it failed."""
        ...


class LockHooks(Protocol):
    """Told of locks, so that a backend can keep an ECU awake (TesterPresent) while somebody works on it.

    Locks of one entity come and go in order. What is raised is logged and changes nothing for the client.
    """

    async def lock_taken(self, entity: EntityKey, owner: str) -> None:
        """A lock was given."""
        ...

    async def lock_ended(self, entity: EntityKey, owner: str, *, last: bool) -> None:
        """A lock was released, broken, or its time is over. `last`: nobody holds one on this entity any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SovdBackend:
    """A vehicle as the server sees it. A part that is None is offered by no entity, whatever its `resources` say."""

    entities: Entities
    data: DataSource | None = None
    faults: FaultMemory | None = None
    operations: Operations | None = None
    modes: Modes | None = None
    configurations: Configurations | None = None
    logs: Logs | None = None
    bulk_data: BulkData | None = None
    status: Status | None = None
    clearing: DataClearing | None = None
    locks: LockHooks | None = None
