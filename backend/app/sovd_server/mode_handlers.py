"""Modes (ISO 17978-3, 7.16). A mode falls back to its default when its time is over."""

from app.domain.errors import VehicleRefused
from app.domain.json_values import JsonObject
from app.protocols.sovd import documents
from app.protocols.sovd.nrc_errors import MODE_REJECTED_STATUS
from app.protocols.sovd.sovd_errors import SovdRefusal, bad_request, resource_unknown
from app.sovd_server.backend import Modes
from app.sovd_server.backend_values import Asking, Mode
from app.sovd_server.call import Answer, Call, filled, listed, seconds_member
from app.sovd_server.error_answers import refusal_of

_OTHER_NAMES = {"comm-ctrl": "commctrl"}
"""Names that other implementations have for a mode of ours."""


def _modes(call: Call) -> Modes:
    modes = call.vehicle.backend.modes
    if modes is None:
        raise resource_unknown("modes")
    return modes


async def mode_of(call: Call, mode_id: str) -> Mode:
    """One mode of the entity. Raises SovdRefusal 404."""
    wanted = {mode_id, _OTHER_NAMES.get(mode_id, mode_id)}
    for mode in await _modes(call).modes(call.entity.key, call.asking):
        if mode.mode_id in wanted:
            return mode
    raise resource_unknown(f"mode {mode_id}")


async def list_modes(call: Call) -> Answer:
    """GET modes."""
    items = [
        filled(
            id=mode.mode_id,
            name=mode.name,
            translation_id=mode.translation_id,
            tags=listed(mode.tags),
            href=call.link("modes", mode.mode_id),
        )
        for mode in await _modes(call).modes(call.entity.key, call.asking)
        if call.wants_tags(mode.tags)
    ]
    return call.with_schema({"items": items}, lambda: documents.list_of(documents.MODE))


async def show_mode(call: Call) -> Answer:
    """GET of one mode."""
    mode = await mode_of(call, call.params["mode-id"])
    value = await _modes(call).mode_value(call.entity.key, mode.mode_id, call.asking)
    body = filled(id=mode.mode_id, name=mode.name, value=value, translation_id=mode.translation_id)
    return call.with_schema(body, documents.mode_detail)


async def set_mode(call: Call) -> Answer:
    """PUT of one mode. A negative answer of the entity is a 500, as the standard has it."""
    mode = await mode_of(call, call.params["mode-id"])
    body = await call.json()
    if "value" not in body:
        raise bad_request("The body needs a member `value`.")
    seconds = seconds_member(body, "mode_expiration", mode.longest_s)
    try:
        answer = await _modes(call).set_mode(call.entity.key, mode.mode_id, body, call.asking)
    except VehicleRefused as error:
        refusal = refusal_of(error)
        raise SovdRefusal(MODE_REJECTED_STATUS, refusal.error) from error
    if answer.settled:
        _fall_back_after(call, mode, seconds, is_default=answer.value == mode.default)
    result: JsonObject = filled(id=mode.mode_id, value=answer.value)
    return Answer(body=result | dict(answer.extras))


def _fall_back_after(call: Call, mode: Mode, seconds: int, *, is_default: bool) -> None:
    ends, key = call.vehicle.mode_ends, (call.entity.key, mode.mode_id)
    previous = ends.pop(key, None)
    if previous is not None:
        previous.cancel()
    if is_default:
        return
    modes, due_at = _modes(call), call.now() + seconds
    asking = Asking(caller=call.asking.caller, deadline=due_at + call.vehicle.settings.answer_within_s)

    async def fall_back() -> None:
        ends.pop(key, None)
        await modes.reset_mode(key[0], mode.mode_id, asking)

    ends[key] = call.vehicle.due.at(due_at, fall_back)
