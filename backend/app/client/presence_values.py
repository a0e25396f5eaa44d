"""A vehicle's presence in the past, as this account sees it."""

from dataclasses import dataclass
from datetime import datetime

from app.client import json_reading as read
from app.domain.json_values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodView:
    """The vehicle was so from `since` to `until`; None: it still is."""

    connection_status: str
    status_cause: str | None
    since: datetime
    until: datetime | None
    last_seen_at: datetime | None
    raw: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceHistoryView:
    """A page of periods, newest first, and how the whole span divides.

    `online_share` is the share of the recorded time, 0 to 1, None where nothing is recorded; `next_before` asks for
    the next page.
    """

    items: tuple[PeriodView, ...]
    total: int
    since: datetime
    until: datetime
    recorded_since: datetime | None
    online_share: float | None
    next_before: datetime | None
    raw: JsonObject


def read_presence_history(body: JsonObject) -> PresenceHistoryView:
    """Read a page of the history."""
    summary = read.members(body, "summary")
    return PresenceHistoryView(
        items=tuple(_period(item) for item in read.objects(body, "items")),
        total=read.whole(body, "total"),
        since=read.moment(body, "since"),
        until=read.moment(body, "until"),
        recorded_since=read.optional_moment(body, "recorded_since"),
        online_share=None if summary.get("online_share") is None else read.number(summary, "online_share"),
        next_before=read.optional_moment(body, "next_before"),
        raw=body,
    )


def _period(body: JsonObject) -> PeriodView:
    return PeriodView(
        connection_status=read.text(body, "connection_status"),
        status_cause=read.optional_text(body, "status_cause"),
        since=read.moment(body, "since"),
        until=read.optional_moment(body, "until"),
        last_seen_at=read.optional_moment(body, "last_seen_at"),
        raw=body,
    )
