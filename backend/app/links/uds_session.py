"""A diagnostic session that is held for a while and given back, whatever happens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from app.domain.errors import VehicleError, VehicleRefused, VehicleUnreachable
from app.links import uds_services
from app.links.uds_client import UdsClient
from app.protocols.uds.services import Session

_LEAVE_WITHIN_S = 1.0
"""For the way back to the default session. An ECU that does not answer goes back by itself after S3."""


@contextlib.asynccontextmanager
async def held_session(client: UdsClient, deadline: float, session: int = Session.EXTENDED) -> AsyncIterator[None]:
    """Be in a session: TesterPresent while nothing else is sent, and back to the default session at the end.

    Entering raises what `uds_services.start_session` raises. Leaving never raises: neither a failure nor a
    cancellation of what was done inside is covered by an ECU that will not go back.
    """
    timing = client.timing
    try:
        await uds_services.start_session(client, session, deadline)
    except (VehicleUnreachable, VehicleRefused):
        raise  # the ECU is where it was
    except BaseException:
        await _leave(client, deadline)
        raise
    client.is_session_held = True
    keeper = asyncio.create_task(_keep(client), name=f"session of ECU 0x{client.ecu_address:04X}")
    try:
        yield
    finally:
        client.is_session_held = False
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await _leave(client, deadline)
        client.timing = timing


async def _keep(client: UdsClient) -> None:
    while True:
        # one that fails ends nothing: some gateways never acknowledge what gets no answer, and a link that broke shows
        # at the next request, where what is done inside decides what that means
        with contextlib.suppress(VehicleError):
            await client.keep_alive()


async def _leave(client: UdsClient, deadline: float) -> None:
    now = asyncio.get_running_loop().time()
    # an ECU that fell silent after it had confirmed everything must not keep the answer until the time is over
    leave_by = now + (min(_LEAVE_WITHIN_S, (deadline - now) / 2) if deadline > now else _LEAVE_WITHIN_S)
    with contextlib.suppress(VehicleError):
        await uds_services.start_session(client, Session.DEFAULT, leave_by)
