"""The services of an ECU as calls: build the request, ask, read the answer.

All raise what `UdsClient.request` raises, and VehicleProtocolError for an answer that cannot be read. Deadlines are
loop seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.links.uds_client import UdsClient
from app.links.uds_errors import not_understood
from app.protocols.uds import requests, responses
from app.protocols.uds.errors import UdsFormatError
from app.protocols.uds.services import ALL_DTC_GROUPS, DtcReport

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T]):
    """What an answer says, beside the whole answer."""

    value: T
    raw: bytes


async def ask(
    client: UdsClient, request: requests.UdsRequest, deadline: float, read: Callable[[bytes], T]
) -> Reading[T]:
    """Ask and read the answer with `read`, which may raise UdsFormatError."""
    response = await client.ask(request.encode(), deadline)
    try:
        return Reading(value=read(response.raw), raw=response.raw)
    except UdsFormatError as error:
        raise not_understood(client.ecu_address, response.raw, error) from error


async def start_session(client: UdsClient, session: int, deadline: float) -> Reading[responses.SessionTimes | None]:
    """Enter a session; from then on the client waits as long as the ECU says for it."""
    request = requests.DiagnosticSessionControl(session=session)
    reading = await ask(client, request, deadline, responses.parse_session_started)
    client.timing = client.timing.in_session(reading.value)
    return reading


async def tester_present(client: UdsClient, deadline: float) -> bytes:
    """Ask for a sign of life; the whole answer."""
    return (await client.ask(requests.TesterPresent().encode(), deadline)).raw


async def read_data(client: UdsClient, data_id: int, deadline: float) -> Reading[bytes]:
    """The record of one identifier."""
    request = requests.ReadDataByIdentifier(data_ids=(data_id,))
    return await ask(client, request, deadline, lambda raw: responses.parse_data_read(raw, data_id))


async def write_data(client: UdsClient, data_id: int, record: bytes, deadline: float) -> bytes:
    """Write one record; the whole answer."""
    return (await client.ask(requests.WriteDataByIdentifier(data_id=data_id, record=record).encode(), deadline)).raw


async def read_dtcs(client: UdsClient, status_mask: int, deadline: float) -> Reading[responses.DtcList]:
    """Trouble codes with at least one of the status bits."""
    request = requests.ReadDtcInformation(report=DtcReport.BY_STATUS_MASK, status_mask=status_mask)
    return await ask(client, request, deadline, responses.parse_list_of_dtcs)


async def read_snapshot_numbers(client: UdsClient, deadline: float) -> Reading[list[tuple[int, int]]]:
    """Trouble codes that have snapshots, each with the number of one."""
    request = requests.ReadDtcInformation(report=DtcReport.SNAPSHOT_IDENTIFICATION)
    return await ask(client, request, deadline, responses.parse_snapshot_identification)


async def read_dtc_records(
    client: UdsClient, report: DtcReport, dtc: int, deadline: float, record_number: int = 0xFF
) -> Reading[responses.DtcRecords]:
    """Snapshots or extended data of one trouble code; record number 0xFF: all there are."""
    request = requests.ReadDtcInformation(report=report, dtc=dtc, record_number=record_number)
    return await ask(client, request, deadline, responses.parse_records_of_dtc)


async def clear_dtcs(client: UdsClient, deadline: float, group: int = ALL_DTC_GROUPS) -> bytes:
    """Delete a group of trouble codes; the whole answer."""
    return (await client.ask(requests.ClearDiagnosticInformation(group=group).encode(), deadline)).raw


async def control_routine(
    client: UdsClient, action: int, routine_id: int, option_record: bytes, deadline: float
) -> Reading[bytes]:
    """Start or stop a routine or ask for its results; the status record."""
    request = requests.RoutineControl(action=action, routine_id=routine_id, option_record=option_record)
    return await ask(client, request, deadline, responses.parse_routine_answered)


async def reset_ecu(client: UdsClient, reset_type: int, deadline: float) -> bytes:
    """Restart the ECU; the whole answer."""
    return (await client.ask(requests.EcuReset(reset_type=reset_type).encode(), deadline)).raw


async def control_dtc_setting(client: UdsClient, setting: int, deadline: float) -> bytes:
    """Switch the storing of trouble codes; the whole answer."""
    return (await client.ask(requests.ControlDtcSetting(setting=setting).encode(), deadline)).raw


async def control_communication(
    client: UdsClient, control_type: int, communication_type: int, deadline: float
) -> bytes:
    """Switch kinds of messages on or off; the whole answer."""
    request = requests.CommunicationControl(control_type=control_type, communication_type=communication_type)
    return (await client.ask(request.encode(), deadline)).raw


async def control_input_output(client: UdsClient, data_id: int, control: int, state: bytes, deadline: float) -> bytes:
    """Take over an input or output, or give it back; the whole answer."""
    request = requests.InputOutputControlByIdentifier(data_id=data_id, control=control, state=state)
    return (await client.ask(request.encode(), deadline)).raw
