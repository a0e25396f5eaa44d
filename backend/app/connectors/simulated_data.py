"""The data identifiers a simulated control unit knows, and values for them.

Identification is spelled as in ISO 14229-1 Annex C. `0xF4xx` are OBD parameters (SAE J1979-2, ISO 27145-2); `0x01xx`
lies in the range ISO 14229-1 leaves to the manufacturer, and this simulated one put its live values there.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Value = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSource:
    """Where simulated values come from: equal sources give equal values.

    `identity` stands for the vehicle, `moment` for the time of reading (only live values look at it). `vin` is
    answered as it is where the vehicle's number is known.
    """

    identity: str = "0"
    moment: str = ""
    vin: str | None = None

    def number(self, name: str, low: float, high: float, *, live: bool = False) -> float:
        """A number between two bounds."""
        text = f"{self.identity}/{name}/{self.moment if live else ''}"
        digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
        return low + (high - low) * int.from_bytes(digest) / 2**48


@dataclass(frozen=True, slots=True, kw_only=True)
class DataIdentifier:
    """One identifier: what it holds, its unit (empty where it has none), and how a simulated unit fills it."""

    description: str
    unit: str
    read: Callable[[ValueSource], Value]


def _text(description: str, read: Callable[[ValueSource], Value]) -> DataIdentifier:
    return DataIdentifier(description=description, unit="", read=read)


def _live(description: str, unit: str, low: float, high: float, digits: int = 0) -> DataIdentifier:
    def read(source: ValueSource) -> Value:
        number = source.number(description, low, high, live=True)
        return round(number, digits) if digits else round(number)

    return DataIdentifier(description=description, unit=unit, read=read)


def _serial(source: ValueSource, name: str, digits: int) -> str:
    return f"{int(source.number(name, 0, 10**digits)):0{digits}d}"


def _vin(source: ValueSource) -> Value:
    return source.vin or f"WSVSVD0C0SM{_serial(source, 'vin', 6)}"


IDENTIFIERS: Mapping[int, DataIdentifier] = MappingProxyType(
    {
        0xF186: _text("Active Diagnostic Session", lambda _: "defaultSession"),
        0xF187: _text("Vehicle Manufacturer Spare Part Number", lambda s: f"SP{_serial(s, 'part', 8)}"),
        0xF188: _text("Vehicle Manufacturer ECU Software Number", lambda s: f"SW{_serial(s, 'software', 8)}"),
        0xF189: _text("Vehicle Manufacturer ECU Software Version Number", lambda s: f"04.{_serial(s, 'version', 2)}"),
        0xF18A: _text("System Supplier Identifier", lambda _: "SOVD Command, simulated"),
        0xF18B: _text("ECU Manufacturing Date", lambda s: f"2024-{1 + int(s.number('month', 0, 12)):02d}-15"),
        0xF18C: _text("ECU Serial Number", lambda s: f"SN{_serial(s, 'serial', 10)}"),
        0xF190: _text("Vehicle Identification Number", _vin),
        0xF191: _text("Vehicle Manufacturer ECU Hardware Number", lambda s: f"HW{_serial(s, 'hardware', 8)}"),
        0xF195: _text("System Supplier ECU Software Version Number", lambda s: f"1.{_serial(s, 'supplier', 2)}.0"),
        0xF197: _text("System Name or Engine Type", lambda _: "Engine control unit"),
        0x0100: _live("Vehicle Speed", "km/h", 0, 130),
        0x0105: _live("Engine Coolant Temperature", "°C", 78, 98),
        0x010C: _live("Engine Speed", "rpm", 750, 3200),
        0x010D: _live("Vehicle Speed", "km/h", 0, 130),
        0x010F: _live("Intake Air Temperature", "°C", 12, 45),
        0x0111: _live("Throttle Position", "%", 0, 100, digits=1),
        0x012F: _live("Fuel Tank Level", "%", 8, 100, digits=1),
        0x0142: _live("Control Module Voltage", "V", 12.4, 14.4, digits=2),
        0xF405: _live("Engine Coolant Temperature", "°C", 78, 98),
        0xF40C: _live("Engine Speed", "rpm", 750, 3200),
        0xF40D: _live("Vehicle Speed", "km/h", 0, 130),
        0xF42F: _live("Fuel Tank Level", "%", 8, 100, digits=1),
        0xF442: _live("Control Module Voltage", "V", 12.4, 14.4, digits=2),
    }
)
