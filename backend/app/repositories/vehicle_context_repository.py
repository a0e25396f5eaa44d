"""What is kept about a vehicle for those who talk to it: settings, sealed secrets, diagnostic data. For the workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.diagnostic_data.port import DataSetRef
from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContext:
    """One vehicle's; the secrets are sealed still."""

    settings: JsonObject
    sealed: Mapping[str, bytes]
    data_sets: tuple[DataSetRef, ...]


_READ = text(
    """
SELECT v.settings,
    (SELECT coalesce(json_object_agg(s.name, encode(s.sealed, 'hex')), '{}') FROM vehicle_secrets s
     WHERE s.vehicle_id = v.vehicle_id) AS sealed,
    (SELECT coalesce(json_agg(json_build_object('data_set_id', d.data_set_id, 'name', d.name, 'version', d.version,
            'checksum', d.checksum, 'ecu_address', a.ecu_address, 'variant', a.variant)
            ORDER BY a.vehicle_id IS NULL, a.ecu_address IS NULL, a.created_at DESC), '[]')
     FROM diagnostic_data_assignments a JOIN diagnostic_data_sets d ON d.data_set_id = a.data_set_id
     WHERE a.vehicle_id = v.vehicle_id OR a.vehicle_id IS NULL) AS data_sets
FROM vehicles v WHERE v.vehicle_id = :vehicle_id
"""
)


async def read(db: AsyncConnection, vehicle_id: VehicleId) -> StoredContext | None:
    """All of it in one statement; data assigned to the vehicle itself comes before data for all. None: no vehicle."""
    row = (await db.execute(_READ, {"vehicle_id": vehicle_id})).mappings().one_or_none()
    return None if row is None else _context(dict(row))


def _context(row: dict[str, Any]) -> StoredContext:
    return StoredContext(
        settings=row["settings"],
        sealed={name: bytes.fromhex(sealed) for name, sealed in row["sealed"].items()},
        data_sets=tuple(DataSetRef(**item) for item in row["data_sets"]),
    )
