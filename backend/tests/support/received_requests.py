"""A simulated DoIP vehicle that keeps every UDS message as it arrives."""

from app.simulator.served_doip_vehicle import Delivery, ServedDoipVehicle

Received = tuple[int, str]
"""Address and bytes, in hex."""


class KeepingVehicle(ServedDoipVehicle):
    """Made of a served vehicle by `keep_received`."""

    received: list[Received]

    def deliver(self, target: int, request: bytes, now: float) -> Delivery:
        self.received.append((target, request.hex().upper()))
        return super().deliver(target, request, now)


def keep_received(vehicle: ServedDoipVehicle) -> list[Received]:
    """Have a vehicle keep what arrives from now on; gives the list, which goes on growing."""
    received: list[Received] = []
    vehicle.__class__ = KeepingVehicle
    vars(vehicle)["received"] = received
    return received
