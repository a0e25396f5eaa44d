"""What connectors ask of diagnostic data: to decode what an ECU answered and to encode what it shall get.

Never on the event loop: implementations that parse much do it in other processes, so every question is a coroutine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.domain.json_values import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetRef:
    """A version of a set of diagnostic data that is assigned to a vehicle.

    `ecu_address` None: for every ECU whose variant it describes. `checksum` is SHA-256 of the file, in hex.
    `variant` None: the one identified, else the base variant.
    """

    data_set_id: str
    name: str
    version: str
    checksum: str
    ecu_address: int | None = None
    variant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedValue:
    """One value for people and programs. `raw` is the part of the answer it was read from, where that is known."""

    name: str
    value: JsonValue
    unit: str | None = None
    description: str | None = None
    raw: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What an answer means. `source` says by which data: `built-in`, or name and version of a data set."""

    name: str | None
    description: str | None
    values: tuple[DecodedValue, ...]
    source: str
    problem: str | None = None
    """Why nothing, or not all, could be decoded; the raw bytes stand beside it anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierInfo:
    """A data identifier that an ECU has, as its description names it. `schema` describes its value."""

    data_id: int
    name: str
    description: str | None = None
    writable: bool = False
    schema: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EcuInfo:
    """An ECU that the diagnostic data describes."""

    ecu_address: int
    name: str
    description: str | None = None


class DiagnosticData(Protocol):
    """All that is known about the data of one vehicle. Built-in knowledge answers where no data set does."""

    async def ecus(self) -> Sequence[EcuInfo]:
        """The ECUs that the assigned data describes; empty without data."""
        ...

    async def data_id_of(self, ecu_address: int, name: str) -> int:
        """The identifier that a name stands for. Raises InvalidRequest listing names that come close."""
        ...

    async def identifiers(self, ecu_address: int) -> Sequence[IdentifierInfo]:
        """The identifiers known for an ECU."""
        ...

    async def decode_identifier(self, ecu_address: int, data_id: int, record: bytes) -> Decoded:
        """Decode the data record of a ReadDataByIdentifier answer (without service and identifier); never raises."""
        ...

    async def encode_identifier(self, ecu_address: int, data_id: int, value: JsonValue) -> bytes:
        """The data record to write. Raises InvalidRequest (pointer `/command_params/value`) naming range or choices."""
        ...

    async def describe_dtc(self, ecu_address: int, dtc: int) -> Decoded:
        """Name and text of a three-byte trouble code; never raises."""
        ...

    async def decode_snapshot(self, ecu_address: int, dtc: int, record: bytes) -> Decoded:
        """Decode a snapshot or extended data record of a trouble code; never raises.

        `record` is what follows the record number (ISO 14229-1, 12.3.3): for a snapshot the number of identifiers,
        then each identifier with its data.
        """
        ...

    async def encode_routine(self, ecu_address: int, routine_id: int, action: int, parameters: JsonObject) -> bytes:
        """The option record of a RoutineControl request (`action`: its sub-function). Raises InvalidRequest."""
        ...

    async def decode_routine(self, ecu_address: int, routine_id: int, action: int, record: bytes) -> Decoded:
        """Decode the status record of a RoutineControl answer; never raises."""
        ...

    async def identification_requests(self, ecu_address: int) -> Sequence[bytes]:
        """The UDS requests whose answers `identify_variant` wants; empty where there is nothing to tell apart.

        Never raises: where the data cannot be used, too, there is nothing to tell apart.
        """
        ...

    async def identify_variant(self, ecu_address: int, answers: dict[bytes, bytes]) -> str | None:
        """The variant that the answers (UDS request → answer) prove; None: unknown.

        From then on this object reads that ECU's data with that variant. A request that was not answered is left out.
        """
        ...


class DiagnosticDataSource(Protocol):
    """Gives the data of a vehicle from what is assigned to it. Loads and caches behind the scenes."""

    def for_data_sets(self, data_sets: Sequence[DataSetRef]) -> DiagnosticData:
        """Does no I/O by itself; the first question may."""
        ...
