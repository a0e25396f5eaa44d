"""A virtual ECU on a bench: UDS as hex in and out, and a clock that moves when it is told to."""

from app.simulator.description_reading import built_in_description
from app.simulator.ecu_server import EcuServer, TimedResponse
from app.simulator.security_access import key_for
from app.simulator.virtual_ecu import VirtualEcu
from app.simulator.virtual_vehicle import VirtualVehicle

DESCRIPTION = built_in_description()


class Bench:
    """An ECU of the built-in vehicle; it was switched on at time 0."""

    def __init__(self, component: str = "engine", seed: int = 0) -> None:
        self.vehicle = VirtualVehicle(DESCRIPTION, number=1, seed=seed)
        ecu = self.vehicle.component(component)
        assert ecu is not None
        self.ecu: VirtualEcu = ecu
        self.server = EcuServer(ecu)
        self.now = 0.0

    def timed(self, request: str, *, functional: bool = False) -> list[TimedResponse]:
        """All answers to a request given in hex."""
        return self.server.handle(bytes.fromhex(request), self.now, functional=functional)

    def ask(self, request: str, *, functional: bool = False) -> str:
        """The only answer in hex; empty where the ECU is silent."""
        answers = self.timed(request, functional=functional)
        assert len(answers) <= 1, answers
        return answers[0].payload.hex().upper() if answers else ""

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def unlock(self, level: int = 1) -> None:
        """Extended session and security access."""
        assert self.ask("1003").startswith("5003")
        seed = bytes.fromhex(self.ask(f"27{level:02X}"))[2:]
        mask = next(item.mask for item in self.ecu.description.security if item.level == level)
        key = key_for(seed, mask).hex()
        assert self.ask(f"27{level + 1:02X}{key}") == f"67{level + 1:02X}"
