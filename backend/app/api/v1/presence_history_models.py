"""Bodies of the presence history."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.domain.presence_history import PresencePeriod, PresenceSummary
from app.domain.vehicle import ConnectionStatus
from app.services.presence_history_service import PresenceHistory

Seconds = Annotated[float, Field(ge=0)]

_PERIOD: JsonDict = {
    "connection_status": "disconnected",
    "status_cause": "The gateway 10.8.0.3:13400 cannot be reached: no connection within 2 s. Nothing was sent.",
    "since": "2026-03-01T06:12:31.201934Z",
    "until": "2026-03-01T06:40:02.118332Z",
    "last_seen_at": "2026-03-01T06:12:22.004511Z",
}
_SUMMARY: JsonDict = {
    "online_share": 0.9808897,
    "connected_s": 84749.083602,
    "disconnected_s": 1650.916398,
    "error_s": 0.0,
    "unknown_s": 0.0,
    "unrecorded_s": 0.0,
}
_HISTORY: JsonDict = {
    "items": [_PERIOD],
    "total": 3,
    "limit": 1,
    "next_before": "2026-03-01T06:12:31.201934Z",
    "since": "2026-02-28T07:00:00Z",
    "until": "2026-03-01T07:00:00Z",
    "recorded_since": "2026-01-14T09:30:11.500201Z",
    "summary": _SUMMARY,
}


class PresencePeriodOut(BaseModel):
    """The vehicle was so from `since` to `until`; `null`: it still is. `last_seen_at` is its last answer before."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PERIOD]})

    connection_status: ConnectionStatus
    status_cause: str | None
    since: datetime
    until: datetime | None
    last_seen_at: datetime | None

    @classmethod
    def of(cls, period: PresencePeriod) -> "PresencePeriodOut":
        """The period as the contract shows it."""
        return cls.model_construct(
            connection_status=period.status,
            status_cause=period.cause,
            since=period.since,
            until=period.until,
            last_seen_at=period.last_seen_at,
        )


class PresenceSummaryOut(BaseModel):
    """How the span divides, in seconds. `online_share` is connected by recorded time, 0 to 1; `null`: none recorded."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    online_share: Annotated[float, Field(ge=0, le=1)] | None
    connected_s: Seconds
    disconnected_s: Seconds
    error_s: Seconds
    unknown_s: Seconds
    unrecorded_s: Seconds

    @classmethod
    def of(cls, summary: PresenceSummary) -> "PresenceSummaryOut":
        """The summary as the contract shows it."""
        lasted = {status: length.total_seconds() for status, length in summary.lasted.items()}
        return cls.model_construct(
            online_share=summary.online_share,
            connected_s=lasted[ConnectionStatus.CONNECTED],
            disconnected_s=lasted[ConnectionStatus.DISCONNECTED],
            error_s=lasted[ConnectionStatus.ERROR],
            unknown_s=lasted[ConnectionStatus.UNKNOWN],
            unrecorded_s=summary.unrecorded.total_seconds(),
        )


class PresenceHistoryOut(BaseModel):
    """A page of periods, newest first; `total` counts those of the whole span.

    `next_before` asks for the next page, `null`: this is the last. What was before `recorded_since` is not known.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_HISTORY]})

    items: list[PresencePeriodOut]
    total: int
    limit: int
    next_before: datetime | None
    since: datetime
    until: datetime
    recorded_since: datetime | None
    summary: PresenceSummaryOut

    @classmethod
    def of(cls, history: PresenceHistory, limit: int) -> "PresenceHistoryOut":
        """The history as the contract shows it."""
        return cls.model_construct(
            items=[PresencePeriodOut.of(period) for period in history.periods],
            total=history.total,
            limit=limit,
            next_before=history.next_before,
            since=history.since,
            until=history.until,
            recorded_since=history.recorded_since,
            summary=PresenceSummaryOut.of(history.summary),
        )
