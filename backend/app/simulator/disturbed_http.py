"""Disturbs the SOVD servers of simulated vehicles, as `disturbances` says for DoIP: an ASGI application around them.

What has no counterpart over HTTP (0x78, duplicated or late answers, routing activation) does not hit here, nor do
disturbances of one UDS service. A connection that is "cut" ends within the answer, after its headers.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.protocols.sovd.nrc_errors import not_responding, refusal_of_nrc
from app.protocols.sovd.sovd_errors import SovdRefusal
from app.protocols.uds.services import Service
from app.simulator.disturbances import Disturbance, DisturbanceKind, Disturbances
from app.simulator.served_doip_vehicle import ServedDoipVehicle
from app.simulator.virtual_ecu import VirtualEcu

_NOBODY = -1
_MOST_KEPT = 1024 * 1024
"""Bytes of an answer that is not going to be sent; event streams have no end."""
_SERVICES = {"GET": Service.READ_DATA_BY_IDENTIFIER, "DELETE": Service.CLEAR_DIAGNOSTIC_INFORMATION}
"""UDS service that an error names, by HTTP method; any other: RoutineControl."""
_NOT_ACTED_ON = frozenset({DisturbanceKind.SILENT, DisturbanceKind.NEGATIVE_RESPONSE, DisturbanceKind.UNREACHABLE})
_CUTS = frozenset(
    {
        DisturbanceKind.DROP_BEFORE_ANSWER,
        DisturbanceKind.DROP_AFTER_ANSWER,
        DisturbanceKind.RESET_MID_ANSWER,
        DisturbanceKind.LOST_ANSWER,
    }
)
_GARBAGE = frozenset({DisturbanceKind.GARBAGE_ANSWER, DisturbanceKind.GARBAGE_BYTES})
_SLOW = frozenset({DisturbanceKind.DELAY, DisturbanceKind.JITTER})
OF_HTTP = _NOT_ACTED_ON | _CUTS | _GARBAGE | _SLOW
"""Disturbances that hit HTTP requests; and `halfOpen`."""


@dataclass(slots=True)
class _Answer:
    """What the server wanted to answer."""

    start: Message | None = None
    body: bytearray = field(default_factory=bytearray)

    async def take(self, message: Message) -> None:
        """Stands in for `send`."""
        if message["type"] == "http.response.start":
            self.start = message
        elif len(self.body) < _MOST_KEPT:
            self.body += message.get("body", b"")


class DisturbedHttp:
    """The SOVD servers' application with the disturbances of their vehicles, which are known by VIN."""

    def __init__(self, app: ASGIApp, vehicles: Sequence[ServedDoipVehicle]) -> None:
        self._app = app
        self._vehicles: Mapping[str, ServedDoipVehicle] = {item.vehicle.vin: item for item in vehicles}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI call."""
        segments = scope["path"].split("/") if scope["type"] == "http" else []
        served = self._vehicles.get(segments[1]) if len(segments) > 1 else None
        if served is None or not served.disturbances.active:
            await self._app(scope, receive, send)
        elif served.disturbances.is_half_open:
            await _say_nothing(receive)
        else:
            ecu = _ecu_of(served, segments)
            address = ecu.description.address if ecu is not None else _NOBODY
            hits = served.disturbances.take_for_http(address, OF_HTTP)
            await self._disturbed(_Call(scope, receive, send), served.disturbances, ecu, hits)

    async def _disturbed(
        self, call: "_Call", disturbances: Disturbances, ecu: VirtualEcu | None, hits: Sequence[Disturbance]
    ) -> None:
        for hit in hits:
            if hit.kind in _SLOW:
                part = disturbances.random.random() if hit.kind is DisturbanceKind.JITTER else 1.0
                await asyncio.sleep(hit.seconds * part)
        rest = next((hit for hit in hits if hit.kind not in _SLOW), None)
        if rest is None:
            await self._app(call.scope, call.receive, call.send)
        elif rest.kind is DisturbanceKind.SILENT:
            await _say_nothing(call.receive)
        elif rest.kind in _NOT_ACTED_ON:
            await call.refuse(_refusal_of(rest, call.scope["method"]))
        elif rest.kind in _GARBAGE:
            await call.answer(disturbances.random.randbytes(rest.times))
        else:
            await self._cut(call, ecu, rest.kind)

    async def _cut(self, call: "_Call", ecu: VirtualEcu | None, kind: DisturbanceKind) -> None:
        """The vehicle acts; of the answer comes a part, or nothing."""
        answer = _Answer()
        await self._app(call.scope, call.receive, answer.take)
        if kind is DisturbanceKind.LOST_ANSWER:
            await _say_nothing(call.receive)
            return
        if kind is DisturbanceKind.RESET_MID_ANSWER and ecu is not None:
            ecu.reset(asyncio.get_running_loop().time())
        half = bytes(answer.body[: len(answer.body) // 2]) if kind is DisturbanceKind.DROP_AFTER_ANSWER else b""
        status = answer.start["status"] if answer.start else 200
        await call.begin(200 if status == 204 else status, len(answer.body) + 1)  # 204 has no body to cut
        if half:
            await call.send({"type": "http.response.body", "body": half, "more_body": True})
        # returning here, with less than what was promised, makes the HTTP server close the connection


@dataclass(frozen=True, slots=True)
class _Call:
    """One HTTP request."""

    scope: Scope
    receive: Receive
    send: Send

    async def begin(self, status: int, length: int) -> None:
        """Send the headers."""
        headers = [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def answer(self, body: bytes, status: int = 200) -> None:
        """Send a whole answer."""
        await self.begin(status, len(body))
        await self.send({"type": "http.response.body", "body": body})

    async def refuse(self, refusal: SovdRefusal) -> None:
        """Send an error answer."""
        await self.answer(orjson.dumps(refusal.error.as_json()), refusal.status)


def _ecu_of(served: ServedDoipVehicle, segments: Sequence[str]) -> VirtualEcu | None:
    """The ECU whose component the path names."""
    for before, name in pairwise(segments):
        if before == "components":
            return served.vehicle.component(name)
    return None


def _refusal_of(hit: Disturbance, method: str) -> SovdRefusal:
    if hit.kind is DisturbanceKind.UNREACHABLE:
        return not_responding("The ECU cannot be reached.")
    return refusal_of_nrc(_SERVICES.get(method, Service.ROUTINE_CONTROL), hit.nrc, "The ECU refused.")


async def _say_nothing(receive: Receive) -> None:
    """Hold the connection until the client gives up, or the server stops."""
    while (await receive())["type"] != "http.disconnect":
        pass
