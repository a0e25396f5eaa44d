"""ECUReset and ControlDTCSetting over DoIP."""

import asyncio
from contextlib import AsyncExitStack

from app.connectors.doip_job import DoipJob, hex_text
from app.domain.errors import VehicleError, VehicleProtocolError, VehicleTimeout
from app.domain.json_values import JsonObject
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse, ecu_text
from app.protocols.uds.identifiers import ACTIVE_SESSION
from app.protocols.uds.services import DtcSetting, ResetType, Session

_RESETS = {"hard": ResetType.HARD, "keyOffOn": ResetType.KEY_OFF_ON, "soft": ResetType.SOFT}
_SETTINGS = {"on": DtcSetting.ON, "off": DtcSetting.OFF}
BACK_WITHIN_S = 15.0
_ASK_EVERY_S = 0.25
_ANSWER_WITHIN_S = 1.0


async def ecu_reset(job: DoipJob) -> JsonObject:
    """Restart an ECU and wait until it answers again. `backAfterS` null: it did not within the time there was."""
    ecu = await job.one_ecu()
    reset_type = _RESETS[str(job.params.get("resetType", "hard"))]
    async with job.client(ecu) as client:
        with job.acting():
            raw = await uds_services.reset_ecu(client, reset_type, job.deadline)
    back_after_s = await _back(job, ecu)
    return {
        "status": "success",
        "resetType": str(job.params.get("resetType", "hard")),
        "backAfterS": back_after_s,
        "ecuAddress": ecu_text(ecu),
        "raw": hex_text(raw),
    }


async def _back(job: DoipJob, ecu: int) -> float | None:
    """The reset was accepted, so trouble here is no failure: a gateway that restarts even cuts the connection."""
    began = job.now()
    until = min(job.before_the_end(), began + BACK_WITHIN_S)
    while job.now() + _ASK_EVERY_S < until:
        await asyncio.sleep(_ASK_EVERY_S)
        job.outlet.progress(f"ECU {ecu_text(ecu)} restarts", began)
        try:
            async with job.client(ecu, until) as client:
                await uds_services.tester_present(client, min(until, job.now() + _ANSWER_WITHIN_S))
        except NegativeResponse:
            pass  # who refuses is back
        except VehicleError:
            continue
        return round(job.now() - began, 3)
    return None


async def control_dtc_setting(job: DoipJob) -> JsonObject:
    """Switch the storing of trouble codes, and keep the session in which that holds for `holdS` seconds.

    With 0 the session is left alone: the ECU falls back to its default by itself after S3.
    """
    ecu = await job.one_ecu()
    hold_s = float(job.params.get("holdS", 0))
    setting = _SETTINGS[str(job.params["setting"])]
    async with job.client(ecu) as client, AsyncExitStack() as held:
        if hold_s > 0:
            await held.enter_async_context(job.prepared(client))
        else:
            await uds_services.start_session(client, Session.EXTENDED, job.deadline)
        with job.acting():
            raw = await uds_services.control_dtc_setting(client, setting, job.deadline)
        await _hold(job, client, hold_s)
    return {
        "status": "success",
        "setting": str(job.params["setting"]),
        "heldS": hold_s,
        "ecuAddress": ecu_text(ecu),
        "raw": hex_text(raw),
    }


async def _hold(job: DoipJob, client: UdsClient, hold_s: float) -> None:
    """Let the time pass. Raises VehicleProtocolError where the session ended before, and what asking for it raises."""
    began = job.now()
    until = began + hold_s
    session = await _session_of(client, job.deadline) if hold_s > 0 else None
    while job.now() < until:
        job.outlet.progress(f"ECU {ecu_text(client.ecu_address)}: session held", began)
        await asyncio.sleep(max(0.0, min(1.0, until - job.now(), job.deadline - job.now())))
        if job.now() >= job.deadline:
            raise VehicleTimeout("The time for this command was over before the session had been held for as long.")
        if await _session_of(client, job.deadline) != session:
            raise VehicleProtocolError(
                f"The setting was switched, and after {job.now() - began:.0f} s the ECU was not in the session any "
                "more in which it holds: it may have restarted. Check the setting, and send the command again.",
                details={"ecuAddress": ecu_text(client.ecu_address)},
            )


async def _session_of(client: UdsClient, deadline: float) -> bytes | None:
    """The session that the ECU is in; None where it does not tell. That it answers is worth the question."""
    try:
        return (await uds_services.read_data(client, ACTIVE_SESSION, deadline)).value
    except NegativeResponse:
        return None
