"""A vehicle in the registry and what is known about its presence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject


class ConnectionStatus(StrEnum):
    """Presence as judged from answers, never from an open socket."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A registered vehicle.

    `last_seen_at` is the time of its last real answer; `status_cause` says why the status is so, `status_since` since
    when it is so for this cause. `settings` say how to treat it: its safe state (`app.domain.safe_state`).
    """

    vehicle_id: VehicleId
    vin: str
    make: str
    model: str
    year: int | None
    address: str
    metadata: JsonObject
    settings: JsonObject
    connection_status: ConnectionStatus
    status_cause: str | None
    status_since: datetime
    last_seen_at: datetime | None
    created_at: datetime
