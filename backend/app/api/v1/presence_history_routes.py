"""A vehicle's presence in the past over REST."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.dependencies import Caller, Client, State
from app.api.moments import Moment
from app.api.v1.presence_history_models import PresenceHistoryOut
from app.domain.identifiers import VehicleId
from app.services.presence_history_service import WantedHistory

router = APIRouter(prefix="/vehicles", tags=["vehicles"])

Since = Annotated[
    Moment | None,
    Query(description="begin of the span, with a zone; 7 days before its end where left out"),
]
Until = Annotated[Moment | None, Query(description="end of the span, with a zone; now where left out or later")]
Before = Annotated[
    Moment | None, Query(description="only periods that began before: `next_before` of the page before this one")
]
Limit = Annotated[int, Query(ge=1, le=1000, description="how many periods at most")]


@router.get("/{vehicle_id}/presence-history", summary="When a vehicle was there, and why not")
async def get_presence_history(
    vehicle_id: UUID,
    caller: Caller,
    client: Client,
    state: State,
    *,
    since: Since = None,
    until: Until = None,
    before: Before = None,
    limit: Limit = 50,
) -> PresenceHistoryOut:
    """The periods of one status and cause that reach into the span, newest first, and how the span divides.

    Presence is judged from answers. Kept for 30 days unless set otherwise; the newest period always.
    """
    wanted = WantedHistory(since=since, until=until, before=before, limit=limit)
    history = await state.presence_history.of(caller, VehicleId(vehicle_id), wanted, client)
    return PresenceHistoryOut.of(history, limit)
