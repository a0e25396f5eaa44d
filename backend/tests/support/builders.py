"""Builders with valid defaults: rows that most tests need."""

from dataclasses import replace
from uuid import uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.lanes import WHOLE_VEHICLE
from app.domain.vehicle import ConnectionStatus
from app.repositories.submission_repository import NewCommand
from app.storage.tables import users, vehicles


async def add_user(db: AsyncConnection, username: str = "erika", role: str = "engineer") -> UserId:
    """An active account whose password nobody knows."""
    user_id = UserId(uuid4())
    await db.execute(
        insert(users).values(user_id=user_id, username=username, password_hash="!", role=role, is_active=True)
    )
    return user_id


async def add_vehicle(
    db: AsyncConnection,
    *,
    address: str = "sim:?delay=0",
    status: ConnectionStatus = ConnectionStatus.CONNECTED,
) -> VehicleId:
    """A vehicle that is connected unless said otherwise."""
    vehicle_id = VehicleId(uuid4())
    await db.execute(
        insert(vehicles).values(
            vehicle_id=vehicle_id,
            vin=("WVW" + uuid4().hex.upper().replace("O", "0").replace("I", "1").replace("Q", "0"))[:17],
            make="Test",
            model="Car",
            address=address,
            connection_status=status,
        )
    )
    return vehicle_id


def new_command(user_id: UserId, vehicle_id: VehicleId, **changes: object) -> NewCommand:
    """A `ReadDTC` on its way into the queue."""
    command = NewCommand(
        command_id=CommandId(uuid4()),
        vehicle_id=vehicle_id,
        user_id=user_id,
        username="erika",
        lane=WHOLE_VEHICLE,
        command_name="ReadDTC",
        command_params={"ecuAddress": "0x10"},
        reason=None,
        correlation_id="test",
        trace_context=None,
        idempotency_key=None,
        request_digest=None,
        timeout_s=30.0,
        expires_in_s=900.0,
    )
    return replace(command, **changes)  # type: ignore[arg-type]  # the names are the caller's to get right


async def count(db: AsyncConnection, query: str, **values: object) -> int:
    """The number a counting query gives."""
    found: int = (await db.execute(text(query), values)).scalar_one()
    return found
