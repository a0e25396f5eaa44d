"""How a vehicle's presence went: periods of one status and cause, and how much of a span each status had. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.vehicle import ConnectionStatus

_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresencePeriod:
    """The vehicle was so from `since` to `until` (None: it still is). `last_seen_at`: its last answer before that."""

    status: ConnectionStatus
    cause: str | None
    since: datetime
    until: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceSummary:
    """How long each status lasted within a span; together with `unrecorded` exactly the span."""

    lasted: Mapping[ConnectionStatus, timedelta]
    unrecorded: timedelta

    @property
    def online_share(self) -> float | None:
        """The share of the recorded time in which the vehicle was connected, 0 to 1; None where nothing is recorded."""
        recorded = sum(self.lasted.values(), _NONE)
        return self.lasted[ConnectionStatus.CONNECTED] / recorded if recorded else None


def summarize(
    changes: Sequence[tuple[datetime, ConnectionStatus]], since: datetime, until: datetime
) -> PresenceSummary:
    """How the span from `since` to `until` divides.

    `changes` are the beginnings of periods, oldest first; those before the span matter as far as they reach into it,
    and the time before the first is unrecorded. Raises ValueError where the span is empty.
    """
    if since >= until:
        raise ValueError("a span ends after it begins")
    lasted = dict.fromkeys(ConnectionStatus, _NONE)
    ends = [moment for moment, _ in changes[1:]] + [until]
    for (begin, status), end in zip(changes, ends, strict=False):
        lasted[status] += max(_NONE, min(end, until) - max(begin, since))
    first = changes[0][0] if changes else until
    return PresenceSummary(lasted=lasted, unrecorded=max(_NONE, min(first, until) - since))
