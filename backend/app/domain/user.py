"""An account."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.identifiers import UserId, VehicleId
from app.domain.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account without its secrets. `vehicle_ids` None means the whole fleet."""

    user_id: UserId
    username: str
    email: str | None
    role: Role
    is_active: bool
    vehicle_ids: frozenset[VehicleId] | None
    created_at: datetime
