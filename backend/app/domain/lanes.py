"""Lanes: what of a vehicle a command needs for itself (design, promise 6).

Commands to different control units of one vehicle run side by side. One that names none needs the whole vehicle: it
waits for all lanes and holds all lanes. In the database a lane is a span of numbers below the vehicle's own number, and
an exclusion constraint keeps the spans of running commands apart.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LANE_BITS = 32
"""Each vehicle has 2³² numbers: those below 2¹⁶ are ECU addresses, those from 2³¹ on stand for SOVD components."""
_FIRST_COMPONENT = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The numbers from `first` to before `end` of a vehicle; `name` is empty for the whole vehicle."""

    name: str
    first: int
    end: int

    @property
    def is_whole_vehicle(self) -> bool:
        """Whether it holds every control unit of the vehicle."""
        return not self.name


WHOLE_VEHICLE = Lane(name="", first=0, end=1 << LANE_BITS)


def lane_of(params: Mapping[str, Any]) -> Lane:
    """The lane of a command with these parameters, which have been checked against the catalogue.

    Two components whose names have the same checksum share a lane: they wait for each other, which harms nothing.
    """
    if "ecuAddress" in params:
        address = int(str(params["ecuAddress"]), 16)
        return Lane(name=f"0x{address:04X}", first=address, end=address + 1)
    if "component" in params:
        component = str(params["component"])
        number = _FIRST_COMPONENT + (zlib.crc32(component.encode()) & 0x7FFF_FFFF)
        return Lane(name=component, first=number, end=number + 1)
    return WHOLE_VEHICLE
