"""What a preview says in words beside its bytes: what comes later depends on what the ECUs answer. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.domain.json_values import JsonObject

TO_ALL = ", to all control units at once"
"""Added to what is sent to the functional address."""

VARIANT = (
    "The control unit is asked first which variant it is. The bytes are those of the base variant; another variant may "
    "spell the same value with other bytes."
)
AUTHENTICATION = (
    "The vehicle has security settings, which this preview does not open: a key, and a proof of who is asking "
    "(Authentication, 0x29) if they want one, are sent as well, and are not shown."
)
CUT_OFF = "More requests of the same kind follow; they are not shown."


def what_follows(command_name: str, params: JsonObject) -> str | None:
    """What happens after the requests of a preview; None where nothing does."""
    tell = _AFTER.get(command_name)
    return None if tell is None else tell(params)


def _after_read_dtc(params: JsonObject) -> str | None:
    wanted = [
        words
        for name, words in (("snapshot", "its snapshots"), ("extendedData", "its extended data"))
        if params.get(name)
    ]
    return f"For each trouble code that is found, {' and '.join(wanted)} are asked for." if wanted else None


def _after_clear_dtc(params: JsonObject) -> str:
    counted = "The stored trouble codes are read before and after, to count what is gone."
    code = str(params.get("dtcCode", ""))
    if not code or "-" in code:
        return counted
    return (
        f"{counted} If failure types of {code} are stored, each of them is cleared by a request of its own instead of "
        "the one shown."
    )


def _after_subscribing(params: JsonObject) -> str:
    interval_ms, duration_s = params.get("intervalMs", 1000), params.get("durationS")
    return f"This is sent again every {interval_ms} ms for {duration_s} s."


def _after_routine(params: JsonObject) -> str | None:
    match params.get("action"):
        case "start":
            return "Then its results are asked for until it has ended, and the session is given back."
        case "results":
            return "If the control unit refuses that in its present session, it is asked again in the extended one."
        case _:
            return "Then the session is given back."


def _after_dtc_setting(params: JsonObject) -> str:
    hold_s = params.get("holdS", 0)
    if not hold_s:
        return "The session is left alone: the control unit ends it by itself, and the setting with it."
    return f"The session is held for {hold_s} s with TesterPresent, asked for by reading 0xF186, and given back."


_AFTER: Mapping[str, Callable[[JsonObject], str | None]] = MappingProxyType(
    {
        "DiscoverECUs": lambda _: "Who answers is asked for its variant and its name; who should and does not, too.",
        "ReadDTC": _after_read_dtc,
        "ClearDTC": _after_clear_dtc,
        "WriteDataByID": lambda _: "Then the value is read back, and the session is given back.",
        "SubscribeData": _after_subscribing,
        "RoutineControl": _after_routine,
        "ECUReset": lambda _: "Then it is asked (TesterPresent, 0x3E) until it answers again.",
        "ControlDTCSetting": _after_dtc_setting,
    }
)
