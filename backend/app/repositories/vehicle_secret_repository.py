"""Sealed secrets of vehicles. Nothing here can open them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.identifiers import VehicleId
from app.domain.vehicle_secrets import SecretName

_PUT = text(
    """
INSERT INTO vehicle_secrets (vehicle_id, name, sealed) VALUES (:vehicle_id, :name, :sealed)
ON CONFLICT (vehicle_id, name) DO UPDATE SET sealed = excluded.sealed, changed_at = now()
"""
)


async def put(db: AsyncConnection, vehicle_id: VehicleId, name: SecretName, sealed: bytes) -> None:
    """Keep a secret, in place of an earlier one of this name."""
    await db.execute(_PUT, {"vehicle_id": vehicle_id, "name": name.value, "sealed": sealed})


async def remove(db: AsyncConnection, vehicle_id: VehicleId, name: SecretName) -> bool:
    """Forget a secret; False where there was none."""
    found = await db.execute(
        text("DELETE FROM vehicle_secrets WHERE vehicle_id = :vehicle_id AND name = :name"),
        {"vehicle_id": vehicle_id, "name": name.value},
    )
    return found.rowcount > 0


async def remove_all(db: AsyncConnection, vehicle_id: VehicleId) -> tuple[str, ...]:
    """Forget all secrets of a vehicle; their names."""
    rows = await db.execute(
        text("DELETE FROM vehicle_secrets WHERE vehicle_id = :vehicle_id RETURNING name"), {"vehicle_id": vehicle_id}
    )
    return tuple(sorted(rows.scalars()))


async def names(db: AsyncConnection, vehicle_id: VehicleId) -> Mapping[str, datetime]:
    """Which secrets a vehicle has, and since when."""
    rows = await db.execute(
        text("SELECT name, changed_at FROM vehicle_secrets WHERE vehicle_id = :vehicle_id ORDER BY name"),
        {"vehicle_id": vehicle_id},
    )
    return {row.name: row.changed_at for row in rows}
