"""Request messages (ISO 14229-1:2020, clauses 9 to 14) as values; `encode()` gives the bytes to send.

`request_parsing.parse_request` reads them again, for an ECU.
"""

from dataclasses import dataclass
from typing import ClassVar

from app.protocols.uds.errors import UdsFormatError
from app.protocols.uds.services import SUPPRESS_POSITIVE_RESPONSE, DtcReport, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class _SubFunctionRequest:
    """A request whose second byte is a sub-function, which may ask for silence instead of a positive answer."""

    suppress_positive_response: bool = False

    def _head(self, service: Service, sub_function: int) -> bytes:
        silence = SUPPRESS_POSITIVE_RESPONSE if self.suppress_positive_response else 0
        return bytes((service, in_range(sub_function, 0x7F) | silence))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticSessionControl(_SubFunctionRequest):
    """Change the diagnostic session."""

    service: ClassVar[Service] = Service.DIAGNOSTIC_SESSION_CONTROL
    session: int

    def encode(self) -> bytes:
        """The bytes to send."""
        return self._head(self.service, self.session)


@dataclass(frozen=True, slots=True, kw_only=True)
class EcuReset(_SubFunctionRequest):
    """Restart the ECU."""

    service: ClassVar[Service] = Service.ECU_RESET
    reset_type: int

    def encode(self) -> bytes:
        """The bytes to send."""
        return self._head(self.service, self.reset_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearDiagnosticInformation:
    """Delete a group of trouble codes; a single code is a group of its own. `memory` selects a user-defined memory."""

    service: ClassVar[Service] = Service.CLEAR_DIAGNOSTIC_INFORMATION
    group: int
    memory: int | None = None

    def encode(self) -> bytes:
        """The bytes to send."""
        memory = b"" if self.memory is None else bytes((in_range(self.memory, 0xFF),))
        return bytes((self.service,)) + in_range(self.group, 0xFFFFFF).to_bytes(3, "big") + memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDtcInformation(_SubFunctionRequest):
    """Ask for a report on trouble codes. Reports use of the other parts what they need."""

    service: ClassVar[Service] = Service.READ_DTC_INFORMATION
    report: DtcReport
    status_mask: int = 0
    dtc: int = 0
    record_number: int = 0

    def encode(self) -> bytes:
        """The bytes to send."""
        message = self._head(self.service, self.report)
        if self.report in DTC_REPORTS_BY_MASK:
            return message + bytes((in_range(self.status_mask, 0xFF),))
        if self.report in DTC_REPORTS_OF_RECORDS:
            return message + in_range(self.dtc, 0xFFFFFF).to_bytes(3, "big") + bytes((self.record_number,))
        return message


DTC_REPORTS_BY_MASK = frozenset({DtcReport.NUMBER_BY_STATUS_MASK, DtcReport.BY_STATUS_MASK})
"""Reports that take a status mask."""
DTC_REPORTS_OF_RECORDS = frozenset({DtcReport.SNAPSHOT_RECORD_BY_DTC, DtcReport.EXTENDED_DATA_BY_DTC})
"""Reports that take a trouble code and the number of a record (0xFF: all of them)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDataByIdentifier:
    """Read one or more data records."""

    service: ClassVar[Service] = Service.READ_DATA_BY_IDENTIFIER
    data_ids: tuple[int, ...]

    def encode(self) -> bytes:
        """The bytes to send."""
        return bytes((self.service,)) + b"".join(encode_identifier_number(data_id) for data_id in self.data_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityAccess(_SubFunctionRequest):
    """Ask for a seed (odd `level`) or send the key (even: one more). `data` is the key, or what the seed needs."""

    service: ClassVar[Service] = Service.SECURITY_ACCESS
    level: int
    data: bytes = b""

    @property
    def asks_for_seed(self) -> bool:
        """Whether this is the first of the two steps."""
        return self.level % 2 == 1

    def encode(self) -> bytes:
        """The bytes to send."""
        return self._head(self.service, self.level) + self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunicationControl(_SubFunctionRequest):
    """Switch kinds of messages on or off. `node` is sent with the two kinds that address a node."""

    service: ClassVar[Service] = Service.COMMUNICATION_CONTROL
    control_type: int
    communication_type: int = 0x01
    node: int | None = None

    def encode(self) -> bytes:
        """The bytes to send."""
        node = b"" if self.node is None else encode_identifier_number(self.node)
        return self._head(self.service, self.control_type) + bytes((self.communication_type,)) + node


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication(_SubFunctionRequest):
    """One step of an authentication; `data` holds the parameters of the task as the standard lays them out."""

    service: ClassVar[Service] = Service.AUTHENTICATION
    task: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The bytes to send."""
        return self._head(self.service, self.task) + self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteDataByIdentifier:
    """Write a data record."""

    service: ClassVar[Service] = Service.WRITE_DATA_BY_IDENTIFIER
    data_id: int
    record: bytes

    def encode(self) -> bytes:
        """The bytes to send."""
        return bytes((self.service,)) + encode_identifier_number(self.data_id) + self.record


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOutputControlByIdentifier:
    """Take over an input or output, or give it back. `control` is its first byte (0: back to the ECU)."""

    service: ClassVar[Service] = Service.INPUT_OUTPUT_CONTROL_BY_IDENTIFIER
    data_id: int
    control: int
    state: bytes = b""

    def encode(self) -> bytes:
        """The bytes to send."""
        head = bytes((self.service,)) + encode_identifier_number(self.data_id)
        return head + bytes((in_range(self.control, 0xFF),)) + self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineControl(_SubFunctionRequest):
    """Start or stop a routine, or ask for its results."""

    service: ClassVar[Service] = Service.ROUTINE_CONTROL
    action: int
    routine_id: int
    option_record: bytes = b""

    def encode(self) -> bytes:
        """The bytes to send."""
        return self._head(self.service, self.action) + encode_identifier_number(self.routine_id) + self.option_record


@dataclass(frozen=True, slots=True, kw_only=True)
class TesterPresent(_SubFunctionRequest):
    """Keep the session alive; also the gentlest question there is."""

    service: ClassVar[Service] = Service.TESTER_PRESENT

    def encode(self) -> bytes:
        """The bytes to send."""
        return self._head(self.service, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlDtcSetting(_SubFunctionRequest):
    """Switch the storing of trouble codes on or off until the session ends."""

    service: ClassVar[Service] = Service.CONTROL_DTC_SETTING
    setting: int
    option_record: bytes = b""

    def encode(self) -> bytes:
        """The bytes to send."""
        return self._head(self.service, self.setting) + self.option_record


UdsRequest = (
    DiagnosticSessionControl
    | EcuReset
    | ClearDiagnosticInformation
    | ReadDtcInformation
    | ReadDataByIdentifier
    | SecurityAccess
    | CommunicationControl
    | Authentication
    | WriteDataByIdentifier
    | InputOutputControlByIdentifier
    | RoutineControl
    | TesterPresent
    | ControlDtcSetting
)
"""Every request that this package builds and parses."""


def in_range(number: int, highest: int) -> int:
    """The number itself. Raises UdsFormatError where it does not fit its field."""
    if not 0 <= number <= highest:
        raise UdsFormatError(f"{number} does not fit a field whose highest value is 0x{highest:X}")
    return number


def encode_identifier_number(identifier: int) -> bytes:
    """Two bytes, high byte first, as identifiers of data and routines are sent. Raises UdsFormatError beyond that."""
    return in_range(identifier, 0xFFFF).to_bytes(2, "big")
