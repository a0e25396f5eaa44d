"""RoutineControl over DoIP: start and follow to the end, stop, or read results."""

import asyncio
import functools
import re
from dataclasses import dataclass

from app.connectors.doip_commands.doip_discovery import identify_variant
from app.connectors.doip_job import DoipJob, decoded_values, hex_text
from app.domain.errors import FieldError, InvalidRequest, VehicleError
from app.domain.json_values import JsonObject
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse, ecu_text
from app.links.uds_services import Reading
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.services import RoutineAction

_ACTIONS = {"start": RoutineAction.START, "stop": RoutineAction.STOP, "results": RoutineAction.RESULTS}
_NUMBER = re.compile(r"0x[0-9A-Fa-f]{4}")
_NOT_YET = frozenset({Nrc.CONDITIONS_NOT_CORRECT, Nrc.REQUEST_SEQUENCE_ERROR, Nrc.BUSY_REPEAT_REQUEST})
_OF_ANOTHER_SESSION = frozenset(
    {
        Nrc.REQUEST_OUT_OF_RANGE,
        Nrc.SECURITY_ACCESS_DENIED,
        Nrc.SUB_FUNCTION_NOT_SUPPORTED_IN_ACTIVE_SESSION,
        Nrc.SERVICE_NOT_SUPPORTED_IN_ACTIVE_SESSION,
    }
)
_RUNNING = 0x01
"""First byte of a status record. ISO 14229-1 leaves the record to the maker; that 01 means running is the custom."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The last status record, and whether the routine was still running then; None: the ECU does not tell."""

    reading: Reading[bytes]
    action: RoutineAction
    is_running: bool | None


async def routine_control(job: DoipJob) -> JsonObject:
    """Start a routine and keep its session until it has ended, stop it, or read its results.

    `routineState` of the final part: `ended`, `running` (the time was over first; the session has been given back, so
    most ECUs end it), or `unknown`.
    """
    ecu = await job.one_ecu()
    routine_id = _routine_id(str(job.params["routineId"]))
    action = _ACTIONS[str(job.params["action"])]
    async with job.client(ecu) as client:
        record = await _option_record(job, client, routine_id, action)
        if action is RoutineAction.RESULTS:
            reading = await _results(job, client, routine_id, record)
            outcome = _Outcome(reading=reading, action=action, is_running=_runs(reading.value))
        else:
            async with job.prepared(client):
                with job.acting():
                    reading = await uds_services.control_routine(client, action, routine_id, record, job.deadline)
                outcome = _Outcome(reading=reading, action=action, is_running=None)
                if action is RoutineAction.START:
                    outcome = await _follow(job, client, routine_id, reading)
    return {
        "status": "success",
        "routineId": f"0x{routine_id:04X}",
        "action": str(job.params["action"]),
        "routineState": {True: "running", False: "ended", None: "unknown"}[outcome.is_running],
        "ecuAddress": ecu_text(ecu),
        "raw": hex_text(outcome.reading.raw),
        "statusRecord": hex_text(outcome.reading.value),
        "result": await _result(job, ecu, routine_id, outcome),
    }


async def _results(job: DoipJob, client: UdsClient, routine_id: int, record: bytes) -> Reading[bytes]:
    """Read results where the ECU is; if it refuses, in the extended session: some show a routine only there."""
    ask = functools.partial(
        uds_services.control_routine, client, RoutineAction.RESULTS, routine_id, record, job.deadline
    )
    try:
        return await ask()
    except NegativeResponse as error:
        if error.nrc not in _OF_ANOTHER_SESSION:
            raise
    async with job.prepared(client):
        return await ask()


async def _follow(job: DoipJob, client: UdsClient, routine_id: int, started: Reading[bytes]) -> _Outcome:
    """Ask for results until the routine has ended or the time is nearly over; Progress meanwhile."""
    outcome = _Outcome(reading=started, action=RoutineAction.START, is_running=None)
    since, pause_s, until = job.now(), _FIRST_PAUSE_S, job.before_the_end()
    while job.now() + pause_s < until:
        try:
            reading = await uds_services.control_routine(client, RoutineAction.RESULTS, routine_id, b"", until)
        except NegativeResponse as error:
            if error.nrc not in _NOT_YET:
                return outcome  # it has no results to ask for
        except VehicleError:
            return outcome  # the start was confirmed, so trouble here is no failure; how it goes on cannot be told
        else:
            is_running = _runs(reading.value)
            outcome = _Outcome(reading=reading, action=RoutineAction.RESULTS, is_running=is_running)
            if not is_running:
                return outcome
        job.outlet.progress(f"ECU {ecu_text(client.ecu_address)}: routine 0x{routine_id:04X} still running", since)
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
    return outcome


def _runs(record: bytes) -> bool:
    return record[:1] == bytes((_RUNNING,))


def _routine_id(text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        message = "a vehicle behind a DoIP gateway takes the routine as a number, such as 0x0203"
        raise InvalidRequest(
            f"The routine is not known: {message}.", [FieldError("/command_params/routineId", message)]
        )
    return int(text, 16)


async def _option_record(job: DoipJob, client: UdsClient, routine_id: int, action: RoutineAction) -> bytes:
    await identify_variant(job, client)  # for raw bytes, too: the results have a meaning
    if "raw" in job.params:
        return bytes.fromhex(str(job.params["raw"]))
    if action is not RoutineAction.START and not job.params.get("parameters"):
        return b""
    return await job.data.encode_routine(client.ecu_address, routine_id, action, job.params.get("parameters") or {})


async def _result(job: DoipJob, ecu: int, routine_id: int, outcome: _Outcome) -> JsonObject | None:
    if not outcome.reading.value:
        return None
    return decoded_values(await job.data.decode_routine(ecu, routine_id, outcome.action, outcome.reading.value))
