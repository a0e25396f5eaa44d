"""Settles a clearing whose outcome is not known by what a later reading found: a read-back.

Only what a reading can prove is settled. No trouble code left: the clearing was carried out. Codes still there prove
nothing, because a fault that persists is detected again at once: the outcome stays unknown.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.catalogue import CLEAR_DTC, DEFAULT_ECU_ADDRESS, READ_DTC
from app.domain.command import Command, Ending
from app.domain.command_parameters import DEFAULT_STATUS_MASK
from app.domain.command_states import CommandStatus
from app.domain.json_values import JsonObject


def settles(unknown: Command, read: Command, answer: Iterable[JsonObject]) -> Ending | None:
    """The ending that `answer`, all chunks of the completed command `read`, proves for `unknown`; None: it does not.

    Both have to be about the same vehicle, the control unit has to be among those that answered, all kinds of trouble
    codes have to have been asked for, and the reading has to have begun after the clearing ended.
    """
    payloads = list(answer)
    unit = _unit(unknown.command_params)
    if not _is_about_the_same(unknown, read) or not _has_answered(unit, payloads):
        return None
    wanted = unknown.command_params.get("dtcCode")
    left = {code for payload in payloads if _unit(payload) == unit for code in _codes(payload)}
    if any(wanted is None or _means(str(wanted), code) for code in left):
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
    if _names_unit(read.command_params) and _unit(read.command_params) != _unit(unknown.command_params):
        return False
    everything = int(DEFAULT_STATUS_MASK, 16)
    mask = int(str(read.command_params.get("statusMask", DEFAULT_STATUS_MASK)), 16)
    return unknown.vehicle_id == read.vehicle_id and mask & everything == everything


def _means(wanted: str, code: str) -> bool:
    """Whether a code that is still stored may be the one to be cleared: where one of the two has no failure type byte,
    all of its kind are meant."""
    code_alone, _, failure_type = wanted.upper().partition("-")
    found_alone, _, found_type = code.upper().partition("-")
    return found_alone == code_alone and (not failure_type or not found_type or found_type == failure_type)


def _has_answered(unit: int | str, payloads: Iterable[JsonObject]) -> bool:
    return any(_unit(payload) == unit for payload in payloads if _names_unit(payload))


def _names_unit(named: Mapping[str, Any]) -> bool:
    return "ecuAddress" in named or "component" in named


def _unit(named: Mapping[str, Any]) -> int | str:
    """What parameters or a payload are about: an ECU address, or a component of a SOVD server."""
    if "ecuAddress" in named:
        return int(str(named["ecuAddress"]), 16)
    return str(named["component"]) if "component" in named else int(DEFAULT_ECU_ADDRESS, 16)


def _codes(payload: JsonObject) -> Iterable[str]:
    dtcs = payload.get("dtcs")
    return [str(dtc.get("dtcCode")) for dtc in dtcs if isinstance(dtc, dict)] if isinstance(dtcs, list) else []
