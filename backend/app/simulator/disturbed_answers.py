"""Changes the answers of an ECU as the disturbances say. Pure: times and randomness are passed in."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.responses import NegativeAnswer
from app.protocols.uds.services import NEGATIVE_RESPONSE
from app.simulator.disturbances import Disturbance, DisturbanceKind
from app.simulator.ecu_server import TimedResponse

_NOT_ACTED_ON = {DisturbanceKind.NEGATIVE_RESPONSE, DisturbanceKind.SILENT, DisturbanceKind.UNREACHABLE}
_ECHO_AT = {0x62: 2, 0x6E: 2, 0x6F: 2, 0x71: 3}
"""Positive answer → position of the last byte of the identifier it echoes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAct:
    """What the gateway does at a moment, in this order: send a UDS message, send raw bytes, cut the connection."""

    at: float
    payload: bytes | None = None
    raw: bytes = b""
    cut: bool = False
    held: bool = False
    """To be kept until just before the next answer of the same ECU."""
    reset: bool = False
    """The ECU resets now."""


def verdict_before(disturbances: Sequence[Disturbance]) -> Disturbance | None:
    """The disturbance that keeps a request from the ECU, if there is one."""
    return next((item for item in disturbances if item.kind in _NOT_ACTED_ON), None)


def disturbed(
    responses: Sequence[TimedResponse],
    disturbances: Sequence[Disturbance],
    *,
    service: int,
    now: float,
    chance: random.Random,
) -> list[WireAct]:
    """What is sent instead of `responses`, in order of time."""
    acts = [WireAct(at=item.at, payload=item.payload) for item in responses]
    for disturbance in disturbances:
        acts = _apply(acts, disturbance, service, now, chance)
    return sorted(acts, key=lambda act: act.at)  # stable: equal times keep their order


def _apply(
    acts: list[WireAct], disturbance: Disturbance, service: int, now: float, chance: random.Random
) -> list[WireAct]:
    match disturbance.kind:
        case DisturbanceKind.DELAY:
            return [replace(act, at=act.at + disturbance.seconds) for act in acts]
        case DisturbanceKind.JITTER:
            return _jittered(acts, disturbance.seconds, chance)
        case DisturbanceKind.PENDING_STORM:
            return _stormed(acts, disturbance, service, now)
        case DisturbanceKind.DUPLICATE:
            return [copy for act in acts for copy in [act] * (1 + disturbance.times)]
        case DisturbanceKind.RESET_MID_ANSWER:
            return [WireAct(at=now, payload=_pending(service)), WireAct(at=now, reset=True)]
        case _:
            return _change_final(acts, disturbance, chance)


def _change_final(acts: list[WireAct], disturbance: Disturbance, chance: random.Random) -> list[WireAct]:
    """The final answer changes; 0x78 before it stays."""
    if not acts:
        return acts
    *before, final = acts
    if disturbance.kind is DisturbanceKind.LOST_ANSWER:
        return before
    noise = chance.randbytes(disturbance.times)
    match disturbance.kind:
        case DisturbanceKind.DROP_BEFORE_ANSWER:
            final = WireAct(at=final.at, cut=True)
        case DisturbanceKind.DROP_AFTER_ANSWER:
            final = replace(final, cut=True)
        case DisturbanceKind.WRONG_ORDER:
            final = replace(final, held=True)
        case DisturbanceKind.WRONG_IDENTIFIER:
            final = replace(final, payload=_other_identifier(final.payload))
        case DisturbanceKind.GARBAGE_BYTES:
            final = WireAct(at=final.at, raw=noise)
        case DisturbanceKind.GARBAGE_ANSWER:
            final = replace(final, payload=noise or b"\x00")
    return [*before, final]


def _jittered(acts: list[WireAct], seconds: float, chance: random.Random) -> list[WireAct]:
    """Answers stay in their order: the next one waits for the one before."""
    found: list[WireAct] = []
    for act in acts:
        at = act.at + chance.uniform(0, seconds)
        found.append(replace(act, at=max(at, found[-1].at if found else at)))
    return found


def _stormed(acts: list[WireAct], disturbance: Disturbance, service: int, now: float) -> list[WireAct]:
    step = disturbance.seconds / max(1, disturbance.times)
    storm = [WireAct(at=now + step * number, payload=_pending(service)) for number in range(disturbance.times)]
    return [*storm, *(replace(act, at=act.at + disturbance.seconds) for act in acts)]


def _pending(service: int) -> bytes:
    return NegativeAnswer(service=service, nrc=Nrc.REQUEST_CORRECTLY_RECEIVED_RESPONSE_PENDING).encode()


def _other_identifier(payload: bytes | None) -> bytes | None:
    if not payload or payload[0] == NEGATIVE_RESPONSE:
        return payload
    position = _ECHO_AT.get(payload[0], 1)
    if position >= len(payload):
        return payload
    return payload[:position] + bytes((payload[position] ^ 0x01,)) + payload[position + 1 :]
