"""A link to a small gateway, for tests of the link."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.links.breaker import BreakerSettings
from app.links.doip_link import DoipLink
from app.links.doip_settings import DoipSettings, DoipTiming
from app.links.port import EcuChannel
from support.doip_peer import DoipPeer
from support.waiting import until

ENGINE, GEARBOX, EVERYBODY = 0x1010, 0x1020, 0xE400
READ_VIN = b"\x22\xf1\x90"
VIN_ANSWER = b"\x62\xf1\x90\xf1\x90"
QUICK = DoipTiming(
    connect_s=2.0, activation_s=0.5, acknowledge_s=0.6, quiet_s=0.1, alive_answer_s=0.2, check_after_idle_s=60.0
)


def soon(seconds: float = 5.0) -> float:
    """A deadline."""
    return asyncio.get_running_loop().time() + seconds


def settings(peer: DoipPeer, timing: DoipTiming = QUICK) -> DoipSettings:
    """How to reach the peer."""
    return DoipSettings(
        host="127.0.0.1",
        port=peer.port,
        timing=timing,
        breaker=BreakerSettings(opens_after=3, first_pause_s=0.01, first_open_s=30.0),
    )


@asynccontextmanager
async def linked(peer: DoipPeer | None = None, timing: DoipTiming = QUICK) -> AsyncIterator[tuple[DoipLink, DoipPeer]]:
    """A running peer and a link to it; afterwards nothing of the link is left."""
    async with (peer or DoipPeer()).running() as gateway:
        before = asyncio.all_tasks()
        link = DoipLink(settings(gateway, timing))
        try:
            yield link, gateway
        finally:
            await link.close()
        assert not link.is_used
        await until(lambda: not gateway.writers, what="all sockets closed")
        assert asyncio.all_tasks() <= before


async def ask(channel: EcuChannel, request: bytes = READ_VIN) -> bytes:
    """One request and its answer."""
    await channel.send(request, soon())
    return (await channel.receive(soon())).payload
