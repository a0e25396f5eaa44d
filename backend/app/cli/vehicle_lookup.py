"""Finds the vehicle a person means by a VIN, a part of one, or an id."""

from collections.abc import Sequence
from uuid import UUID

from app.cli.usage_errors import UsageRefused
from app.client import SovdClient
from app.client.values import VehicleView

_SHOWN = 8


async def find_vehicle(client: SovdClient, wanted: str) -> VehicleView:
    """The one vehicle meant. Raises UsageRefused where there is none or more than one, and ClientError."""
    vehicle_id = _as_id(wanted)
    if vehicle_id is not None:
        return await client.vehicles.get(vehicle_id)
    candidates = [vehicle async for vehicle in client.vehicles.all(search=wanted.strip())]
    return choose_vehicle(wanted, candidates)


def _as_id(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def choose_vehicle(wanted: str, candidates: Sequence[VehicleView]) -> VehicleView:
    """The candidate with exactly this VIN, else the only one whose VIN starts or ends so. Raises UsageRefused."""
    vin = wanted.strip().upper()
    exact = [vehicle for vehicle in candidates if vehicle.vin.upper() == vin]
    near = [
        vehicle for vehicle in candidates if vehicle.vin.upper().startswith(vin) or vehicle.vin.upper().endswith(vin)
    ]
    found = exact or near
    if not vin or not found:
        raise UsageRefused(f"there is no vehicle {wanted!r}", "List those you may see with `sovd vehicles`.")
    if len(found) > 1:
        listed = ", ".join(sorted(vehicle.vin for vehicle in found)[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise UsageRefused(f"{wanted!r} fits {len(found)} vehicles: {listed}{more}", "Give more of the VIN.")
    return found[0]
