"""Looking back at a vehicle's presence."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.access_policy import Actor
from app.domain.errors import FieldError, InvalidRequest
from app.domain.identifiers import VehicleId
from app.domain.presence_history import PresencePeriod, PresenceSummary, summarize
from app.domain.session import ClientInfo
from app.repositories import presence_history_repository
from app.repositories.unit_of_work import UnitOfWork
from app.services.vehicle_service import VehicleService

USUAL_SPAN = timedelta(days=7)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedHistory:
    """A span; None: until now, since `USUAL_SPAN` before. Of its periods, `limit` that began before `before`."""

    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceHistory:
    """The span that was looked at, what is recorded of it, and a page of its periods, newest first.

    `recorded_since` is the beginning of the record: what was before is not known. `next_before` asks for the next page.
    """

    since: datetime
    until: datetime
    recorded_since: datetime | None
    summary: PresenceSummary
    periods: tuple[PresencePeriod, ...]
    total: int
    next_before: datetime | None


class PresenceHistoryService:
    """Reads what the database has recorded."""

    def __init__(self, unit_of_work: UnitOfWork, vehicles: VehicleService) -> None:
        self._unit_of_work = unit_of_work
        self._vehicles = vehicles

    async def of(
        self, caller: Actor, vehicle_id: VehicleId, wanted: WantedHistory, client: ClientInfo
    ) -> PresenceHistory:
        """A vehicle's history. Raises NotFound where it is unknown or hidden, InvalidRequest for an empty span."""
        await self._vehicles.find(caller, vehicle_id, client)
        async with self._unit_of_work.reading() as db:
            now, recorded_since = await presence_history_repository.recorded(db, vehicle_id)
            since, until = _span(wanted, now)
            beginnings = await presence_history_repository.beginnings(db, vehicle_id, since, until)
            found = await presence_history_repository.periods(
                db, vehicle_id, since, until, before=wanted.before or until, limit=wanted.limit + 1
            )
        shown = found[: wanted.limit]
        return PresenceHistory(
            since=since,
            until=until,
            recorded_since=recorded_since,
            summary=summarize(beginnings, since, until),
            periods=shown,
            total=len(beginnings),
            next_before=shown[-1].since if len(found) > len(shown) else None,
        )


def _span(wanted: WantedHistory, now: datetime) -> tuple[datetime, datetime]:
    until = min(wanted.until or now, now)
    since = wanted.since if wanted.since is not None else max(until, _EARLIEST + USUAL_SPAN) - USUAL_SPAN
    if since >= until:
        message = f"must lie before the end of the span, {until:%Y-%m-%dT%H:%M:%SZ}; nothing can be told of the future"
        raise InvalidRequest(f"since {message}", [FieldError("/since", message)])
    return since, until
