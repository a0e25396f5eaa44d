"""A virtual vehicle as its DoIP gateway shows it: which ECU gets a message and what comes back when. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.protocols.doip.codes import DiagnosticNackCode
from app.protocols.doip.entity import EntitySettings
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.responses import NegativeAnswer
from app.simulator.disturbances import Disturbance, DisturbanceKind, Disturbances
from app.simulator.disturbed_answers import WireAct, disturbed, verdict_before
from app.simulator.disturbed_entity import DisturbedEntity
from app.simulator.ecu_server import EcuServer
from app.simulator.virtual_ecu import VirtualEcu
from app.simulator.virtual_vehicle import VirtualVehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a message: refused by the gateway, or handed on, with what each ECU does then."""

    refusal: DiagnosticNackCode | None = None
    acts: tuple[tuple[int, WireAct], ...] = ()
    """ECU address and act, in order of time for each ECU."""


class ServedDoipVehicle:
    """One vehicle behind its gateway."""

    def __init__(self, vehicle: VirtualVehicle) -> None:
        self.vehicle = vehicle
        known = vehicle.description
        self.disturbances = Disturbances(vehicle.seed, known.disturbances)
        settings = EntitySettings(
            logical_address=known.gateway_address,
            vin=vehicle.vin,
            eid=vehicle.eid,
            gid=vehicle.eid,
            max_sockets=known.max_testers,
            general_inactivity_s=known.idle_close_s,
        )
        self.entity = DisturbedEntity(settings, self.disturbances)
        self._servers: dict[int, EcuServer] = {}
        self._held: dict[int, list[WireAct]] = {}

    def is_booting(self, now: float) -> bool:
        """Whether the gateway itself starts anew: its connections are gone."""
        gateway = self.vehicle.ecu(self.vehicle.description.gateway_address)
        return gateway is not None and gateway.is_silent(now)

    def deliver(self, target: int, request: bytes, now: float) -> Delivery:
        """Hand a UDS message on to the ECU, or to all of them for the functional address."""
        if target == self.vehicle.description.functional_address:
            acts: list[tuple[int, WireAct]] = []
            for ecu in self.vehicle.ecus:
                delivery = self._deliver_to(ecu, request, now, functional=True)
                acts += delivery.acts
            return Delivery(acts=tuple(acts))
        found = self.vehicle.ecu(target)
        if found is None:
            return Delivery(refusal=DiagnosticNackCode.UNKNOWN_TARGET_ADDRESS)
        return self._deliver_to(found, request, now, functional=False)

    def _deliver_to(self, ecu: VirtualEcu, request: bytes, now: float, *, functional: bool) -> Delivery:
        address, service = ecu.description.address, request[0] if request else 0
        hits = self.disturbances.take_for_request(address, service)
        verdict = verdict_before(hits)
        if verdict is not None:
            return _not_acted_on(address, ecu.description.latency_s, service, verdict, now)
        resets = ecu.resets
        responses = self._server(ecu).handle(request, now, functional=functional)
        acts = disturbed(responses, hits, service=service, now=now, chance=self.disturbances.random)
        acts = self._with_held(address, acts, now)
        if ecu.resets != resets and address == self.vehicle.description.gateway_address:
            acts.append(WireAct(at=acts[-1].at if acts else now, cut=True))
        return Delivery(acts=tuple((address, act) for act in acts))

    def _server(self, ecu: VirtualEcu) -> EcuServer:
        server = self._servers.get(ecu.description.address)
        if server is None:
            server = self._servers[ecu.description.address] = EcuServer(ecu)
        return server

    def _with_held(self, address: int, acts: Sequence[WireAct], now: float) -> list[WireAct]:
        """What was held back comes first, then what is to be sent; what shall be held back now is taken out."""
        at = acts[0].at if acts else now
        late = [replace(act, at=at, held=False) for act in self._held.pop(address, [])]
        held = [act for act in acts if act.held]
        if held:
            self._held[address] = held
        return [*late, *(act for act in acts if not act.held)]


def _not_acted_on(address: int, latency_s: float, service: int, verdict: Disturbance, now: float) -> Delivery:
    if verdict.kind is DisturbanceKind.UNREACHABLE:
        return Delivery(refusal=DiagnosticNackCode.TARGET_UNREACHABLE)
    if verdict.kind is DisturbanceKind.SILENT:
        return Delivery()
    nrc = verdict.nrc if verdict.nrc != Nrc.REQUEST_CORRECTLY_RECEIVED_RESPONSE_PENDING else Nrc.GENERAL_REJECT
    payload = NegativeAnswer(service=service, nrc=nrc).encode()
    return Delivery(acts=((address, WireAct(at=now + latency_s, payload=payload)),))
