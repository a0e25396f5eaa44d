"""Addresses of simulated vehicles: `sim:?delay=0&dtcs=P0420,P0171`. The settings shape how the vehicle behaves."""

import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from app.connectors.port import address_error

LONGEST_WAIT_S = 3600.0
MOST_CODES = 100
_LARGEST_NUMBER = 2**31 - 1
_TROUBLE_CODE = re.compile(r"[PCBU][0-3][0-9A-F]{3}(-[0-9A-F]{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSettings:
    """How a simulated vehicle behaves.

    `delay` and `pending` are in seconds. `silent_after` and `fail_after` count answer chunks; None: never.
    """

    delay: float = 0.5
    offline: bool = False
    silent_after: int | None = None
    fail_after: int | None = None
    pending: float | None = None
    dtcs: tuple[str, ...] = ("P0420", "P0171")
    seed: int = 0


@functools.lru_cache(maxsize=4096)
def parse_simulated_address(address: str) -> SimulatedSettings:
    """Read a `sim:` address strictly. Raises InvalidRequest that names the wrong setting and how to mend it."""
    scheme, _, rest = address.partition(":")
    path, question_mark, query = rest.partition("?")
    if scheme.lower() != "sim" or path:
        raise address_error("a simulated vehicle is written sim: or sim:?setting=value&…, with nothing before the ?")
    if question_mark and not query:
        raise address_error("no setting follows the ?; leave the ? out or add one")
    values: dict[str, object] = {}
    for part in query.split("&") if query else ():
        name, equals, text = part.partition("=")
        if name not in _READERS:
            raise address_error(f"there is no setting {name[:40]!r}; use one of {', '.join(_READERS)}")
        if name in values:
            raise address_error(f"the setting {name} stands there twice; keep one")
        values[name] = _READERS[name](name, unquote(text) if equals else None)
    return SimulatedSettings(**values)  # type: ignore[arg-type]  # each reader gives the type of its field


def _seconds(name: str, text: str | None) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST_WAIT_S:  # false for NaN too
        raise address_error(f"{name} takes seconds from 0 to {LONGEST_WAIT_S:g}, such as {name}=0.5")
    return value


def _whole_number(name: str, text: str | None) -> int:
    if text is None or re.fullmatch(r"[0-9]{1,10}", text) is None or int(text) > _LARGEST_NUMBER:
        raise address_error(f"{name} takes a whole number from 0 to {_LARGEST_NUMBER}, such as {name}=1")
    return int(text)


def _flag(name: str, text: str | None) -> bool:
    if text not in {None, "true", "false", "1", "0"}:
        raise address_error(f"{name} stands alone, or takes true or false")
    return text not in {"false", "0"}


def _codes(name: str, text: str | None) -> tuple[str, ...]:
    if text is None:
        raise address_error(f"{name} takes trouble codes, such as {name}=P0420,P0171; {name}= means none")
    codes = tuple(text.split(",")) if text else ()
    for code in codes:
        if _TROUBLE_CODE.fullmatch(code) is None:
            raise address_error(f"{name} holds {code[:20]!r}; write codes like P0420 or P0420-11, parted by commas")
    if len(codes) > MOST_CODES or len(set(codes)) < len(codes):
        raise address_error(f"{name} takes at most {MOST_CODES} codes, each once")
    return codes


_READERS: dict[str, Callable[[str, str | None], object]] = {
    "delay": _seconds,
    "offline": _flag,
    "silent_after": _whole_number,
    "fail_after": _whole_number,
    "pending": _seconds,
    "dtcs": _codes,
    "seed": _whole_number,
}
