"""Another implementation of the tester's side, `doipclient`, against our entity's side on real sockets."""

import asyncio
from collections.abc import Callable
from typing import Any

from doipclient import client as second_opinion

from app.protocols.doip.codes import DiagnosticNackCode
from support.doip_peer import DoipPeer
from support.waiting import until


async def in_a_thread(call: Callable[[], Any]) -> Any:
    """Run blocking code of the other implementation beside the loop."""
    return await asyncio.to_thread(call)


def open_client(port: int) -> Any:
    """Connects and activates routing."""
    implementation: Any = second_opinion.DoIPClient
    return implementation("127.0.0.1", 0x1010, tcp_port=port)


def exchange(client: Any, request: bytes) -> bytes:
    """One request and its answer."""
    client.send_diagnostic(request)
    return bytes(client.receive_diagnostic(timeout=5))


async def test_it_reads_from_our_entity() -> None:
    async with DoipPeer().running() as peer:
        client = await in_a_thread(lambda: open_client(peer.port))
        answers = [await in_a_thread(lambda: exchange(client, b"\x22\xf1\x90")) for _ in range(3)]
        assert answers == [b"\x62\xf1\x90\xf1\x90"] * 3
        alive = await in_a_thread(client.request_alive_check)
        assert alive.source_address == 0x1000
        client.close()
        await until(lambda: not peer.writers, what="the socket closed")


async def test_it_understands_our_refusals() -> None:
    async with DoipPeer(refuses={0x1010: DiagnosticNackCode.TARGET_UNREACHABLE}).running() as peer:
        client = await in_a_thread(lambda: open_client(peer.port))

        def refused() -> str:
            try:
                client.send_diagnostic(b"\x22\xf1\x90")
            except OSError as error:
                return str(error)
            return ""

        assert "negative acknowledge code: 6" in await in_a_thread(refused)
        client.close()
        await until(lambda: not peer.writers, what="the socket closed")
