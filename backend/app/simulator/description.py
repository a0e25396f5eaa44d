"""What a simulated vehicle is made of, as values. `description_reading` makes them from YAML.

Times are in seconds. Addresses, identifiers and sub-functions are the numbers of ISO 13400-2 and ISO 14229-1.
"""

from dataclasses import dataclass

from app.domain.json_values import JsonValue
from app.simulator.data_formats import ValueFormat
from app.simulator.disturbances import Disturbance
from app.simulator.signals import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """In which sessions something may be done, and which security level it takes. No sessions named: in all."""

    sessions: tuple[int, ...] = ()
    security_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierDescription:
    """A data identifier (ISO 14229-1, Annex C.1). It has a constant `value`, or follows a `signal` of the vehicle."""

    data_id: int
    name: str
    title: str
    category: str
    """ISO 17978-3 category: identData, currentData, storedData or sysInfo."""
    form: ValueFormat
    unit: str | None = None
    value: JsonValue = None
    signal: str | None = None
    writable: bool = False
    controllable: bool = False
    """Whether InputOutputControlByIdentifier (0x2F) may take it over."""
    read_access: Access = Access()
    write_access: Access = Access()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """A parameter or a result of a routine; results have a `value`."""

    name: str
    form: ValueFormat
    unit: str | None = None
    value: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineDescription:
    """A routine (service 0x31). Its status record is one byte (`RoutineState`), then the results once completed."""

    routine_id: int
    name: str
    title: str
    duration_s: float = 0.0
    blocking: bool = False
    """The answer to the start comes only at the end, with 0x78 meanwhile; otherwise at once, and results later."""
    stoppable: bool = True
    access: Access = Access()
    parameters: tuple[FieldDescription, ...] = ()
    results: tuple[FieldDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotDescription:
    """A snapshot record: the identifiers whose values are kept when the fault appears."""

    record: int
    data_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedDataDescription:
    """An extended data record of one byte. `counts`: occurrences, cyclesSinceLastFailure or secondsSinceFailure."""

    record: int
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultDescription:
    """A diagnostic trouble code the ECU can store."""

    code: int
    """Three bytes: SAE J2012-DA code and failure type (ISO 14229-1, Annex D.2)."""
    title: str
    status: int
    """Status byte it has once it has appeared."""
    severity: int = 0x40
    """ISO 14229-1, Annex D.3: 0x20 maintenance only, 0x40 check at next halt, 0x80 check immediately."""
    appears_after_s: float | None = 0.0
    """After switching on; None: only when it is set through the control interface."""
    comes_back_after_s: float | None = None
    """After it was cleared: the cause is still there. None: it stays away."""
    snapshots: tuple[SnapshotDescription, ...] = ()
    extended_data: tuple[ExtendedDataDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityDescription:
    """Security access (service 0x27). A demonstration, not a protection: key = seed XOR `mask`."""

    level: int
    """Odd sub-function of requestSeed; sendKey is the next one."""
    mask: bytes
    """As long as seed and key."""
    attempts: int = 3
    delay_s: float = 10.0
    """How long no seed is given after too many wrong keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EcuDescription:
    """One electronic control unit."""

    component: str
    """SOVD component id."""
    title: str
    address: int
    variant: str
    latency_s: float = 0.0
    """Until an answer leaves the ECU."""
    p2_s: float = 0.05
    p2_star_s: float = 5.0
    s3_s: float = 5.0
    """Without a request for this long, the ECU goes back to the default session."""
    boot_s: float = 1.0
    """How long a reset makes it silent."""
    max_identifiers: int = 32
    """How many identifiers one ReadDataByIdentifier may name."""
    sessions: tuple[int, ...] = (1, 2, 3)
    slow_services: tuple[tuple[int, float], ...] = ()
    """Service → how long its answer takes; 0x78 meanwhile."""
    security: tuple[SecurityDescription, ...] = ()
    identifiers: tuple[IdentifierDescription, ...] = ()
    routines: tuple[RoutineDescription, ...] = ()
    faults: tuple[FaultDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleDescription:
    """A vehicle, from which a fleet makes as many as are wanted."""

    make: str
    model: str
    year: int
    vin_pattern: str
    """`#`: digits of the vehicle's number in the fleet, `*`: the check digit."""
    gateway_address: int
    """Logical address of the DoIP entity."""
    functional_address: int
    signals: tuple[tuple[str, Signal], ...] = ()
    ecus: tuple[EcuDescription, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    """In force from the beginning."""
    idle_close_s: float = 300.0
    """The gateway closes connections on which nothing has come for so long."""
    max_testers: int = 16
    """Connections with routing active at the same time."""
