"""Settles a clearing whose outcome is not known by what a later reading found: a read-back.

Only what a reading can prove is settled. No trouble code left: the clearing was carried out. Codes still there prove
nothing, because a fault that persists is detected again at once: the outcome stays unknown.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.catalogue import CLEAR_DTC, DEFAULT_ECU_ADDRESS, READ_DTC
from app.domain.command import Command, Ending
from app.domain.command_states import CommandStatus
from app.domain.json_values import JsonObject


def settles(unknown: Command, read: Command, answer: Iterable[JsonObject]) -> Ending | None:
    """The ending that `answer`, all chunks of the completed command `read`, proves for `unknown`; None: it does not.

    Both have to be about the same vehicle and control unit, and the reading has to have begun after the clearing ended.
    """
    if not _is_about_the_same(unknown, read):
        return None
    wanted = unknown.command_params.get("dtcCode")
    left = {code for payload in answer for code in _codes(payload)}
    if wanted in left if wanted is not None else bool(left):
        return None
    found = f"{wanted} is no longer stored" if wanted is not None else "no trouble code is stored any more"
    return Ending(
        status=CommandStatus.COMPLETED,
        status_reason=f"Its outcome was not known; a later reading (command {read.command_id}) shows that {found}.",
    )


def _is_about_the_same(unknown: Command, read: Command) -> bool:
    if unknown.command_name != CLEAR_DTC.name or read.command_name != READ_DTC.name:
        return False
    if unknown.status is not CommandStatus.OUTCOME_UNKNOWN or read.status is not CommandStatus.COMPLETED:
        return False
    if unknown.completed_at is None or read.started_at is None or read.started_at < unknown.completed_at:
        return False
    same_unit = _unit(unknown.command_params) == _unit(read.command_params)
    return unknown.vehicle_id == read.vehicle_id and same_unit


def _unit(params: Mapping[str, Any]) -> int:
    return int(str(params.get("ecuAddress", DEFAULT_ECU_ADDRESS)), 16)


def _codes(payload: JsonObject) -> Iterable[str]:
    dtcs = payload.get("dtcs")
    return [str(dtc.get("dtcCode")) for dtc in dtcs if isinstance(dtc, dict)] if isinstance(dtcs, list) else []
