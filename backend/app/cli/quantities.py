"""Times, ages and durations as people read them: with zone, with unit. Pure: the present moment is passed in."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_AGE = re.compile(r"(\d+)\s*(s|min|m|h|d)", re.ASCII)
_AGE_UNITS = {"s": 1, "m": _MINUTE, "min": _MINUTE, "h": _HOUR, "d": _DAY}


def show_time(moment: datetime, zone: tzinfo | None = None) -> str:
    """Date, time and zone: `2025-10-28 11:00:01 CET`. No `zone` means the terminal's own."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def show_age(moment: datetime | None, now: datetime) -> str:
    """How long ago: `3 min ago`; `never` for None. A clock that runs ahead of ours gives `just now`."""
    if moment is None:
        return "never"
    seconds = int((now - moment).total_seconds())
    if seconds < 5:
        return "just now"
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def show_seconds(seconds: float) -> str:
    """A duration: `0.52 s`, `12.3 s`, `2 min 05 s`, `3 h 07 min`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def parse_moment(text: str, now: datetime) -> datetime:
    """A moment given as ISO 8601 (no zone: the terminal's own) or as an age: `30min`, `2h`, `7d`. Raises ValueError."""
    if age := _AGE.fullmatch(text.strip()):
        return now - timedelta(seconds=int(age[1]) * _AGE_UNITS[age[2]])
    return datetime.fromisoformat(text.strip()).astimezone(UTC)
