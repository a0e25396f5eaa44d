"""What a command would send to the ECUs of a DoIP vehicle, told without sending.

The command itself runs, the same code with the same diagnostic data, over a link that keeps what it is given and leads
nowhere. So the bytes shown are those that leave; there is no second place that builds them. The link confirms sessions
and refuses every reading, and it ends with the first request that would change something, or that all ECUs would
answer: what follows depends on the vehicle, and is told in words.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from app.connectors.command_preview import CommandPreview, PreviewedRequest, PreviewWanted
from app.connectors.doip_address import parse_doip_address
from app.connectors.doip_job import DoipJob, Proof
from app.connectors.doip_parts import Outlet
from app.connectors.doip_preview_notes import AUTHENTICATION, CUT_OFF, TO_ALL, VARIANT, what_follows
from app.diagnostic_data.port import DiagnosticDataSource
from app.domain.errors import InvalidRequest, NotFound, ServiceError, VehicleConnectionLost, VehicleError
from app.domain.json_values import JsonObject
from app.links.port import DiagnosticMessage
from app.links.security_access import unlock
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.request_words import words_of_request
from app.protocols.uds.services import NEGATIVE_RESPONSE, POSITIVE_OFFSET, Service
from app.protocols.uds.timing import UdsTiming

MOST_REQUESTS = 64
"""More are not shown: a reading of all identification of many ECUs is a long list of the same."""
_WITHIN_S = 10.0
_SEED_OF_AN_OPEN_ECU = bytes(4)


class _EndOfPreview(VehicleConnectionLost):
    """The link ends here, so that the command ends as it does when a connection breaks."""

    def __init__(self) -> None:
        super().__init__("The preview ends here.")


class _PreviewLink:
    """A `DiagnosticLink` to nowhere."""

    def __init__(self, functional_address: int) -> None:
        self._functional_address = functional_address
        self.requests: list[PreviewedRequest] = []
        self.job: DoipJob | None = None
        self.was_cut_off = False
        self._has_ended = False

    @asynccontextmanager
    async def channel(self, ecu_address: int, deadline: float) -> AsyncIterator["_PreviewChannel"]:
        yield _PreviewChannel(self, ecu_address)

    async def close(self) -> None:
        """Nothing is open."""

    def take(self, ecu_address: int, payload: bytes) -> None:
        """Keep a request. Raises _EndOfPreview with the last one, and from then on."""
        if self._has_ended:
            raise _EndOfPreview
        if len(self.requests) == MOST_REQUESTS:
            self.was_cut_off = self._has_ended = True
            raise _EndOfPreview
        is_for_all = ecu_address == self._functional_address
        meaning = words_of_request(payload) + (TO_ALL if is_for_all else "")
        self.requests.append(PreviewedRequest(meaning=meaning, ecu_address=ecu_address, raw=payload))
        if is_for_all or (self.job is not None and self.job.acted):
            self._has_ended = True
            raise _EndOfPreview


class _PreviewChannel:
    """An `EcuChannel` whose ECU confirms what only prepares and refuses what asks for something."""

    def __init__(self, link: _PreviewLink, ecu_address: int) -> None:
        self._link = link
        self._ecu_address = ecu_address
        self._request = b""

    @property
    def ecu_address(self) -> int:
        return self._ecu_address

    async def send(self, payload: bytes, deadline: float) -> float:
        self._link.take(self._ecu_address, payload)
        self._request = payload
        return asyncio.get_running_loop().time()

    async def receive(self, deadline: float) -> DiagnosticMessage:
        now = asyncio.get_running_loop().time()
        return DiagnosticMessage(source=self._ecu_address, payload=_answer_to(self._request), received_at=now)

    def discard(self) -> int:
        return 0


def _answer_to(request: bytes) -> bytes:
    match request[0]:
        case Service.DIAGNOSTIC_SESSION_CONTROL:
            return bytes((request[0] + POSITIVE_OFFSET, request[1])) + bytes.fromhex("003201F4")
        case Service.SECURITY_ACCESS:  # as an ECU that is open already: a key cannot be shown
            return bytes((request[0] + POSITIVE_OFFSET, request[1])) + _SEED_OF_AN_OPEN_ECU
        case service:
            return bytes((NEGATIVE_RESPONSE, service, Nrc.GENERAL_REJECT))


class _NoKeys:
    """A security provider that is never asked: the link is open for whoever asks for a seed."""

    async def key(self, level: int, seed: bytes, ecu_address: int) -> bytes:
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class _PreviewJob(DoipJob):
    """A job that has no secrets, and goes on as if it could prove what it has to."""

    has_security_settings: bool
    has_to_prove: bool = False
    """A proof was asked for, and there may be one that only the secret tells of."""

    def proof(self) -> Proof | None:
        self.has_to_prove = self.has_security_settings
        level = self.params.get("securityLevel")
        if not self.has_security_settings or not isinstance(level, int):
            return DoipJob.proof(self)

        async def prove(client: UdsClient) -> None:
            await unlock(client, _NoKeys(), level, self.deadline)

        return prove


async def preview_of(
    command: Callable[[DoipJob], Awaitable[JsonObject]], wanted: PreviewWanted, data: DiagnosticDataSource
) -> CommandPreview:
    """The requests of a command up to where the vehicle's answers decide.

    Raises InvalidRequest for what cannot be encoded, unless only the variant that the ECU turns out to be can tell.
    """
    address = parse_doip_address(wanted.address)
    link = _PreviewLink(address.functional)
    job = _PreviewJob(
        link=link,
        address=address,
        data=data.for_data_sets(wanted.data_sets),
        params=wanted.command_params,
        secrets={},
        deadline=asyncio.get_running_loop().time() + _WITHIN_S,
        timing=UdsTiming(),
        owing=set(),
        outlet=Outlet(),
        has_security_settings=wanted.has_security_settings,
    )
    link.job = job
    trouble = await _run(command, job, link)
    notes = trouble or await _notes(wanted, job, link)
    return CommandPreview(requests=tuple(link.requests), notes=notes)


async def _run(
    command: Callable[[DoipJob], Awaitable[JsonObject]], job: DoipJob, link: _PreviewLink
) -> tuple[str, ...]:
    """What ends the command before its first request could be built, in words."""

    async def work() -> JsonObject:
        return await command(job)

    try:
        async with aclosing(job.outlet.parts(work())) as parts:
            async for _ in parts:
                pass
    except InvalidRequest as error:
        if not link.requests:
            raise
        return (f"What follows depends on the variant that the control unit is. Before that is known: {error.message}",)
    except (_EndOfPreview, NegativeResponse):
        return ()
    except VehicleError as error:
        return (error.message,)
    except (NotFound, ServiceError) as error:
        return (f"The diagnostic data of this vehicle cannot be used now: {error.message}",)
    return ()


async def _notes(wanted: PreviewWanted, job: _PreviewJob, link: _PreviewLink) -> tuple[str, ...]:
    """What the requests do not tell."""
    notes = {
        VARIANT: await _depends_on_variant(job, link),
        AUTHENTICATION: job.has_to_prove,
        CUT_OFF: link.was_cut_off,
    }
    follows = what_follows(wanted.command_name, wanted.command_params)
    return tuple(note for note, holds in notes.items() if holds) + (() if follows is None else (follows,))


async def _depends_on_variant(job: DoipJob, link: _PreviewLink) -> bool:
    """Whether an ECU is asked for its variant first, and bytes were encoded by what is known of a variant."""
    names = [str(one) for one in job.params.get("dataIds", ()) if not str(one).startswith("0x")]
    if not (names or "value" in job.params or "parameters" in job.params):
        return False
    ecus = {one.ecu_address for one in link.requests if one.ecu_address is not None}
    return any([await job.data.identification_requests(ecu) for ecu in sorted(ecus)])
