"""Units as ISO 17978-3 describes them in a schema (`x-sovd-unit`): with the way from SI to the unit."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from app.domain.json_values import JsonObject

_PLAIN = dict.fromkeys(("V", "A", "s", "m", "m/s", "m/s²", "Pa", "K", "W", "J", "Hz", "kg", "N", "Nm", "Ω", "Ohm"), 1.0)
_FACTORS: Mapping[str, float] = MappingProxyType(
    _PLAIN
    | {
        "rpm": 60.0,
        "1/min": 60.0,
        "km/h": 3.6,
        "%": 100.0,
        "bar": 1e-5,
        "mbar": 1e-2,
        "hPa": 1e-2,
        "kPa": 1e-3,
        "mm": 1e3,
        "km": 1e-3,
        "ms": 1e3,
        "min": 1 / 60,
        "h": 1 / 3600,
        "mV": 1e3,
        "kV": 1e-3,
        "mA": 1e3,
        "kW": 1e-3,
        "g/s": 1e3,
        "°": 180 / math.pi,
        "°C": 1.0,
    }
)
_OFFSETS: Mapping[str, float] = MappingProxyType({"°C": -273.15})


def unit_schema(name: str) -> JsonObject:
    """What says of a value that it has this unit: value in the unit = value in SI * factor + offset.

    A unit that is not known here is only named: a made-up factor would be worse than none.
    """
    unit: JsonObject = {"display_name": name}
    if name in _FACTORS:
        unit |= {"factor_si_to_unit": _FACTORS[name], "offset_si_to_unit": _OFFSETS.get(name, 0.0)}
    return {"x-sovd-unit": unit}
