"""A virtual vehicle: its identity, its moving values and its ECUs. No I/O, no clock."""

import hashlib

from app.domain.vin import check_digit
from app.simulator.description import EcuDescription, VehicleDescription
from app.simulator.vehicle_signals import VehicleSignals
from app.simulator.virtual_ecu import VirtualEcu


class VirtualVehicle:
    """Vehicle number `number` of a fleet. ECUs come into being when they are first asked for.

    `started_at` is when it was switched on, on the clock that is passed to all methods as `now`.
    """

    def __init__(self, description: VehicleDescription, *, number: int, seed: int = 0, started_at: float = 0.0) -> None:
        self.description = description
        self.number = number
        self.vin = vin_of(description.vin_pattern, number)
        self.started_at = started_at
        digest = hashlib.blake2b(f"{seed}/{self.vin}".encode(), digest_size=5).digest()
        self.seed = int.from_bytes(digest, "big")
        self.eid = b"\x02" + digest
        """Entity identifier (ISO 13400-2): a MAC address that is locally administered."""
        self.signals = VehicleSignals(dict(description.signals), self.seed, started_at)
        self._ecus: dict[int, VirtualEcu] = {}

    @property
    def ecu_descriptions(self) -> tuple[EcuDescription, ...]:
        """All ECUs as described."""
        return self.description.ecus

    @property
    def ecus(self) -> tuple[VirtualEcu, ...]:
        """All ECUs."""
        return tuple(self._made(item) for item in self.description.ecus)

    def ecu(self, address: int) -> VirtualEcu | None:
        """The ECU with this logical address."""
        return next((self._made(item) for item in self.description.ecus if item.address == address), None)

    def component(self, component: str) -> VirtualEcu | None:
        """The ECU with this SOVD component id."""
        return next((self._made(item) for item in self.description.ecus if item.component == component), None)

    def _made(self, description: EcuDescription) -> VirtualEcu:
        ecu = self._ecus.get(description.address)
        if ecu is None:
            ecu = self._ecus[description.address] = VirtualEcu(
                description,
                signals=self.signals,
                placeholders={"vin": self.vin, "number": f"{self.number:06d}"},
                seed=self.seed,
                started_at=self.started_at,
            )
        return ecu


def vin_of(pattern: str, number: int) -> str:
    """The VIN of a vehicle of the fleet, with a valid check digit where the pattern has a place for it.

    Raises ValueError where the number has more digits than the pattern has room for.
    """
    digits = str(number).rjust(pattern.count("#"), "0")
    if len(digits) > pattern.count("#"):
        raise ValueError(f"vehicle number {number} does not fit into the VIN pattern {pattern}")
    vin = pattern.upper().replace("#" * len(digits), digits)
    return vin.replace("*", check_digit(vin.replace("*", "0")))
