"""What goes through the backend port: resources of an entity as values, without HTTP."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.sovd_errors import DataError, GenericError


def _any_json() -> Mapping[str, JsonValue]:
    """The schema that every value fits."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and until when an answer is of use (seconds of `loop.time()`)."""

    caller: str
    deadline: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DataItem:
    """A data resource or a configuration parameter. `schema` describes its value (JSON Schema with SOVD keywords)."""

    data_id: str
    name: str
    category: str = "currentData"
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    translation_id: str | None = None
    writable: bool = False
    schema: Mapping[str, JsonValue] = field(default_factory=_any_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataGroup:
    """A group of data resources; `group_id` is unique over all categories."""

    group_id: str
    category: str
    name: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value that was read, with what is wrong in it (pointers begin with `/data`)."""

    data: JsonValue
    errors: tuple[DataError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault. `status` values are strings ("1", "0") as the standard's examples have them."""

    code: str
    name: str
    scope: str | None = None
    display_code: str | None = None
    severity: int | None = None
    status: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))
    symptom: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultDetail:
    """A fault with its environment data (None: there is none)."""

    fault: Fault
    environment_data: JsonValue = None
    errors: tuple[DataError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultQuery:
    """What a list of faults is asked for, so that a backend can ask its ECU for less; the server filters again."""

    scope: str | None = None
    status: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationInfo:
    """An operation. `capabilities` are those a PUT on an execution takes beside `stop`."""

    operation_id: str
    name: str
    asynchronous: bool
    tags: tuple[str, ...] = ()
    translation_id: str | None = None
    proximity_proof_required: bool = False
    capabilities: tuple[str, ...] = ()
    modes: Mapping[str, str] | None = None
    parallel: bool = False
    parameters_schema: Mapping[str, JsonValue] = field(default_factory=_any_json)
    result_schema: Mapping[str, JsonValue] = field(default_factory=_any_json)


class ExecutionStatus(StrEnum):
    """`status` of an execution."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionState:
    """How an execution stands. `error` pointers: `/` for the operation as a whole."""

    status: ExecutionStatus
    parameters: JsonValue = None
    errors: tuple[DataError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRequest:
    """A capability for an execution: execute, freeze, reset, or one of the manufacturer's (`x-...`)."""

    capability: str
    parameters: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationResult:
    """The answer of a synchronous operation."""

    parameters: JsonObject = field(default_factory=dict)
    error: GenericError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A mode. `values` are those it takes (empty: any); `default` is what it falls back to."""

    mode_id: str
    name: str
    default: str
    values: tuple[str, ...] = ()
    longest_s: int = 3600
    tags: tuple[str, ...] = ()
    translation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeAnswer:
    """What setting a mode gave. `extras` are further members of the answer, such as `seed`; a mode that only gave
    an intermediate answer (a seed) is not `settled`: nothing falls back later."""

    value: JsonValue
    extras: Mapping[str, JsonValue] = field(default_factory=lambda: MappingProxyType({}))
    settled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A configuration: a parameter (JSON, `schema`) or bulk (bytes of `content_type`, with a `version`)."""

    configuration_id: str
    name: str
    version: str | None = None
    content_type: str | None = None
    tags: tuple[str, ...] = ()
    translation_id: str | None = None
    writable: bool = True
    schema: Mapping[str, JsonValue] = field(default_factory=_any_json)

    @property
    def is_bulk(self) -> bool:
        """Whether it is bytes, not a JSON value."""
        return self.content_type is not None


class Severity(StrEnum):
    """Severity of log entries, worst first."""

    FATAL = "fatal"
    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    DEBUG = "debug"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A log entry; `context` is of type RFC5424 or AUTOSAR_DLT."""

    timestamp: datetime
    context: Mapping[str, JsonValue]
    severity: Severity
    msg: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSetting:
    """From which severity on something is logged."""

    context: Mapping[str, JsonValue]
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkItem:
    """Describes a file."""

    item_id: str
    mimetype: str
    name: str | None = None
    size: int | None = None
    creation_date: datetime | None = None
    last_modified: datetime | None = None
    hash_value: str | None = None
    hash_algorithm: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkContent:
    """The bytes of a file. Whoever takes them reads `chunks` to the end or closes them."""

    mimetype: str
    chunks: AsyncIterator[bytes]
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkNotReady:
    """The bytes are being made; ask again."""

    retry_after_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkElsewhere:
    """The bytes are served at another URI."""

    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBulkItem:
    """A file that is coming in. `name` and `filename` are the client's proposals."""

    mimetype: str
    name: str
    filename: str | None
    chunks: AsyncIterator[bytes]


class StatusAction(StrEnum):
    """What can be asked of `status`."""

    START = "start"
    RESTART = "restart"
    FORCE_RESTART = "force-restart"
    SHUTDOWN = "shutdown"
    FORCE_SHUTDOWN = "force-shutdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityStatus:
    """Whether an entity is ready, and what can be asked of it."""

    ready: bool
    actions: frozenset[StatusAction] = frozenset()


class ClearableData(StrEnum):
    """What `clear-data` can clear."""

    CACHED_DATA = "cached-data"
    LEARNED_DATA = "learned-data"
    CLIENT_DEFINED_RESOURCES = "client-defined-resources"
