"""One classic ECU behind the gateway: asked through its channel, its session kept alive between the requests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.domain.errors import VehicleError, VehicleProtocolError, VehicleRefused, VehicleUnreachable
from app.links import uds_services
from app.links.port import DiagnosticLink
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse, ecu_text
from app.protocols.uds.requests import TesterPresent
from app.protocols.uds.services import Session
from app.protocols.uds.timing import UdsTiming
from app.uds_adapter.ecu_session import EcuSession

_KEEP_ALIVE = TesterPresent(suppress_positive_response=True).encode()
_LEAVE_WITHIN_S = 1.0
"""For the way back to the default session. An ECU that does not answer goes back by itself after S3."""
_log = structlog.get_logger(component=__name__)


class AdaptedEcu:
    """Made on a running loop; `close` ends its task and gives the session back. `owing` see UdsClient."""

    def __init__(self, link: DiagnosticLink, address: int, component: str, timing: UdsTiming, owing: set[int]) -> None:
        self.address = address
        self.component = component
        self.name: str | None = None
        """As the diagnostic data or the ECU itself calls it."""
        self.variant: str | None = None
        self.is_identified = False
        self.is_online = False
        """Whether it answered the last time it was asked."""
        self.state = EcuSession()
        self._link = link
        self._base_timing = self._timing = timing
        self._owing = owing
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._users = 0
        self._is_locked = False
        self._has_lapsed = False
        """A lock is held, and the session that belongs to it is not: the keeper enters it when it can."""
        self._keeper: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def client(self, deadline: float) -> AsyncIterator[UdsClient]:
        """The ECU for ourselves. What it refuses carries the `service`, for the SOVD error.

        A gateway that refuses to pass a request on makes the ECU unreachable: it did not get it.
        """
        async with self._link.channel(self.address, deadline) as channel:
            client = UdsClient(channel, timing=self._timing, owing=self._owing)
            client.is_session_held = not self.state.is_default
            self._users += 1
            try:
                yield client
            except NegativeResponse as error:
                error.details["service"] = f"0x{error.raw[1]:02X}"
                self._heard()
                raise
            except VehicleProtocolError:
                self._heard()
                raise
            except VehicleRefused as error:
                self.is_online = False
                raise VehicleUnreachable(error.message, details=error.details) from error
            except VehicleError:
                self.is_online = False
                raise
            else:
                self._heard()
            finally:
                self._users -= 1
                self._timing = self._base_timing if self.state.is_default else client.timing

    @property
    def title(self) -> str:
        """Its name for people, whatever is known of it."""
        return self.name or f"ECU {ecu_text(self.address)}"

    def _heard(self) -> None:
        self.is_online = True
        self._heard_at = self._loop.time()

    async def enter_session(self, client: UdsClient, session: int, deadline: float) -> None:
        """Change the session. Raises what `uds_services.start_session` raises."""
        await uds_services.start_session(client, session, deadline)
        self.state.enter(session)
        self._has_lapsed = False
        if session != Session.DEFAULT:
            self._keep()

    async def reset(self, reset_type: int, deadline: float) -> None:
        """Restart it. It comes back in its default session; while a lock is held, the extended one is entered again."""
        async with self.client(deadline) as client:
            await uds_services.reset_ecu(client, reset_type, deadline)
            self._lapse()

    @property
    def held_session(self) -> int:
        """The session it belongs in when nothing else was asked for."""
        return Session.EXTENDED if self._is_locked else Session.DEFAULT

    async def lock(self) -> None:
        """Enter the extended session and keep it. An ECU without one is left where it is.

        Raises VehicleError where it cannot be asked now; the session is then entered as soon as that works.
        """
        self._is_locked = True
        if not self.state.is_default:
            return
        deadline = self._loop.time() + self._timing.answer_within_s + _LEAVE_WITHIN_S
        try:
            async with self.client(deadline) as client:
                await self.enter_session(client, Session.EXTENDED, deadline)
        except NegativeResponse as error:
            _log.info("uds_adapter.no_extended_session", ecu=ecu_text(self.address), nrc=error.info.text)
        except VehicleError:
            self._has_lapsed = True
            self._keep()
            raise

    async def unlock(self) -> None:
        """Nobody holds a lock any more: back to the default session. Never raises VehicleError."""
        self._is_locked = self._has_lapsed = False
        await self._stop_keeping()
        if self.state.is_default:
            return
        leave_by = self._loop.time() + _LEAVE_WITHIN_S
        with contextlib.suppress(VehicleError):
            async with self.client(leave_by) as client:
                await uds_services.start_session(client, Session.DEFAULT, leave_by)
        self.state.enter(Session.DEFAULT)  # where it did not answer: it falls back after S3, as nobody keeps it

    async def close(self) -> None:
        """End the task and give the session back."""
        await self.unlock()

    # ---- keeping the session

    def _keep(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep_session(), name=f"session of ECU {ecu_text(self.address)}")

    async def _stop_keeping(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _keep_session(self) -> None:
        """TesterPresent whenever nothing was sent for half of S3; ends when there is nothing left to keep."""
        while self._has_lapsed or not self.state.is_default:
            due = self._heard_at + self._timing.keep_alive_s
            if self._loop.time() < due:
                await asyncio.sleep(due - self._loop.time())
                continue
            if self._users:  # the request keeps the session, and a `78` is no silence
                self._heard_at = self._loop.time()
                continue
            try:
                await (self._return() if self._has_lapsed else self._send_keep_alive())
            except VehicleError:
                await self._missed()

    async def _send_keep_alive(self) -> None:
        until = self._loop.time() + self._timing.answer_within_s
        async with self._link.channel(self.address, until) as channel:
            await channel.send(_KEEP_ALIVE, until)
        self._heard_at = self._loop.time()

    async def _return(self) -> None:
        until = self._loop.time() + self._timing.answer_within_s
        try:
            async with self.client(until) as client:
                await self.enter_session(client, Session.EXTENDED, until)
        except NegativeResponse:
            self._has_lapsed = False  # it answers, and does not want to: the client will be told at its next request

    async def _missed(self) -> None:
        """The ECU could not be reached. Beyond S3 its session is over, and so is what we knew of it."""
        if not self._has_lapsed and self._loop.time() - self._heard_at >= self._timing.s3_s:
            self._lapse()
        await asyncio.sleep(self._timing.keep_alive_s / 4)

    def _lapse(self) -> None:
        self.state.enter(Session.DEFAULT)
        self._timing = self._base_timing
        self._has_lapsed = self._is_locked
        if self._has_lapsed:
            self._keep()
