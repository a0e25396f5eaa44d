"""The UDS side of a virtual ECU (ISO 14229-1, clause 8): request bytes in, answers with their times out. No I/O."""

from dataclasses import dataclass
from itertools import count

from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.responses import NegativeAnswer
from app.protocols.uds.services import SUPPRESS_POSITIVE_RESPONSE, Service
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.uds_services import SERVICES, ServedRequest
from app.simulator.virtual_ecu import DEFAULT_SESSION, VirtualEcu

PENDING_SAFETY = 0.9
"""0x78 is sent when this part of the time the tester waits has passed: never too late."""
_SILENT_IF_FUNCTIONAL = frozenset(
    {
        Nrc.SERVICE_NOT_SUPPORTED,
        Nrc.SUB_FUNCTION_NOT_SUPPORTED,
        Nrc.REQUEST_OUT_OF_RANGE,
        Nrc.SUB_FUNCTION_NOT_SUPPORTED_IN_ACTIVE_SESSION,
        Nrc.SERVICE_NOT_SUPPORTED_IN_ACTIVE_SESSION,
    }
)
"""Clause 8.7.3: an ECU that a functional request does not concern says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedResponse:
    """A UDS message from an ECU, and when it leaves it, on the clock that was passed in."""

    at: float
    payload: bytes


class EcuServer:
    """Serves one ECU. Any bytes give answers or silence, never an exception."""

    def __init__(self, ecu: VirtualEcu) -> None:
        self.ecu = ecu

    def handle(self, request: bytes, now: float, *, functional: bool = False) -> list[TimedResponse]:
        """The answers to one request, in order of time: 0x78 as often as needed, then the final one, or none at all.

        The ECU's state is what it is once the request is served; `functional`: the request went to all ECUs.
        """
        ecu = self.ecu
        if not request or ecu.is_silent(now):
            return []
        ecu.settle(now)
        if now < ecu.busy_until:
            return self._answer_while_busy(request, now)
        ecu.stay_active(now)
        try:
            served = self._serve(request, now)
        except EcuRefused as refusal:
            if functional and refusal.nrc in _SILENT_IF_FUNCTIONAL:
                return []
            return self._timed(request[0], _negative(request[0], refusal.nrc), now, takes_s=0.0)
        takes_s = max(served.takes_s, dict(ecu.description.slow_services).get(request[0], 0.0))
        is_silent = _wants_silence(request) and takes_s <= ecu.description.p2_s
        return [] if is_silent else self._timed(request[0], served.payload, now, takes_s=takes_s)

    def _serve(self, request: bytes, now: float) -> ServedRequest:
        service = SERVICES.get(request[0])
        if service is None:
            raise EcuRefused(Nrc.SERVICE_NOT_SUPPORTED, f"there is no service 0x{request[0]:02X}")
        if self.ecu.session == DEFAULT_SESSION and not service.in_default_session:
            raise EcuRefused(Nrc.SERVICE_NOT_SUPPORTED_IN_ACTIVE_SESSION, "change the session first")
        if len(request) < service.shortest:
            raise EcuRefused(Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT, "the request is too short")
        if service.has_sub_function:
            request = bytes((request[0], request[1] & ~SUPPRESS_POSITIVE_RESPONSE)) + request[2:]
        return service.serve(self.ecu, request, now)

    def _timed(self, service: int, payload: bytes, now: float, *, takes_s: float) -> list[TimedResponse]:
        known = self.ecu.description
        start = now + known.latency_s
        final = TimedResponse(at=start + takes_s, payload=payload)
        if takes_s <= known.p2_s:
            return [final]
        self.ecu.busy_until = final.at
        pending = _negative(service, Nrc.REQUEST_CORRECTLY_RECEIVED_RESPONSE_PENDING)
        responses = []
        for number in count():
            at = max(start, now + PENDING_SAFETY * (known.p2_s + number * known.p2_star_s))
            if at >= final.at:
                break
            responses.append(TimedResponse(at=at, payload=pending))
        return [*responses, final]

    def _answer_while_busy(self, request: bytes, now: float) -> list[TimedResponse]:
        if request[0] == Service.TESTER_PRESENT and _wants_silence(request):
            return []
        payload = _negative(request[0], Nrc.BUSY_REPEAT_REQUEST)
        return [TimedResponse(at=now + self.ecu.description.latency_s, payload=payload)]


def _negative(service: int, nrc: Nrc) -> bytes:
    return NegativeAnswer(service=service, nrc=nrc).encode()


def _wants_silence(request: bytes) -> bool:
    service = SERVICES.get(request[0])
    if service is None or not service.has_sub_function or len(request) < 2:
        return False
    return bool(request[1] & SUPPRESS_POSITIVE_RESPONSE)
