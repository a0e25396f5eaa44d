"""A change of a vehicle's presence, and how live pages are told of it."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.bus_messages import PRESENCE, BusMessage
from app.domain.identifiers import VehicleId
from app.domain.json_values import encode_json, format_time
from app.domain.vehicle import ConnectionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChange:
    """The new status with its cause and when it began; `last_seen_at` is the time of the last real answer, None: there
    was none."""

    vehicle_id: VehicleId
    status: ConnectionStatus
    cause: str | None
    since: datetime
    last_seen_at: datetime | None


def presence_event(change: PresenceChange) -> BusMessage:
    """The message for the bus: `{"event": "presence", "vehicle_id", "connection_status", "status_cause",
    "status_since", "last_seen_at"}`."""
    body = {
        "event": "presence",
        "vehicle_id": str(change.vehicle_id),
        "connection_status": change.status.value,
        "status_cause": change.cause,
        "status_since": format_time(change.since),
        "last_seen_at": None if change.last_seen_at is None else format_time(change.last_seen_at),
    }
    return BusMessage(PRESENCE, encode_json(body))
