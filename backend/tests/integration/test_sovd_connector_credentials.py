"""The SOVD connector keeps secrets, verifies TLS, and keeps its connections in order."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import trustme

from app.connectors.port import NO_CONTEXT, VehicleContext
from app.connectors.sovd_clients import CredentialsUnusable
from app.connectors.sovd_outcomes import NotTrusted
from app.domain.errors import (
    VehicleConnectionLost,
    VehicleError,
    VehicleProtocolError,
    VehicleRefused,
    VehicleTimeout,
)
from app.domain.vehicle_secrets import SecretName
from support.odd_sovd_server import OddSovdServer, Reply, refusal
from support.sovd_runs import ON_ENGINE, TOKEN, connector, error_of, loop_time, payloads_of, request_for
from support.waiting import until
from support.wild_vehicle import BASE, BRAKES, ENGINE, wild_vehicle


@pytest.fixture
async def server() -> AsyncIterator[OddSovdServer]:
    async with wild_vehicle().running() as running:
        yield running


def _secrets(**values: str) -> VehicleContext:
    return VehicleContext(secrets=values)


async def test_the_token_is_sent_and_never_shown(server: OddSovdServer) -> None:
    context = _secrets(bearer_token=TOKEN)
    server.on("GET", f"{ENGINE}/faults", refusal(409, "vendor-specific", f"you sent Bearer {TOKEN}", got=TOKEN))
    error = await error_of(server, "ReadDTC", ON_ENGINE, context=context)
    assert "***" in error.message
    assert {one.headers["authorization"] for one in server.seen} == {f"Bearer {TOKEN}"}
    assert {one.headers["x-correlation-id"] for one in server.seen} == {"corr-1"}


@pytest.mark.parametrize(
    ("context", "word"), [(NO_CONTEXT, "no token"), (_secrets(bearer_token=TOKEN), "does not accept")]
)
async def test_an_empty_401_is_explained(server: OddSovdServer, context: VehicleContext, word: str) -> None:
    server.on("GET", "/version-info", Reply(status=401))
    error = await error_of(server, "ReadDTC", ON_ENGINE, context=context)
    assert isinstance(error, VehicleRefused)
    assert word in error.message
    assert "bearer_token" in error.message


async def test_a_403_says_that_a_right_is_missing(server: OddSovdServer) -> None:
    server.on("GET", f"{ENGINE}/faults", Reply(status=403))
    assert "right" in (await error_of(server, "ReadDTC", ON_ENGINE)).message


async def test_an_unusable_token_sends_nothing(server: OddSovdServer) -> None:
    context = _secrets(bearer_token=f"{TOKEN}\r\nX-Evil: 1")
    assert isinstance(await error_of(server, "ReadDTC", ON_ENGINE, context=context), CredentialsUnusable)
    assert server.seen == []


async def test_tls_is_verified_with_the_vehicles_own_authority() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(tls)
    client = authority.issue_cert("tester@example.org").private_key_and_cert_chain_pem.bytes().decode()
    trusted = authority.cert_pem.bytes().decode()
    names = {str(SecretName.TRUSTED_CERTIFICATES): trusted, str(SecretName.CLIENT_CERTIFICATE): client}

    async with wild_vehicle().running(tls) as server, connector() as made:
        assert server.address.startswith("sovd+https:")
        payloads = await payloads_of(server, "ReadDTC", ON_ENGINE, context=VehicleContext(secrets=names))
        assert payloads[-1]["totalDtcs"] == 2
        with pytest.raises(NotTrusted):
            await made.probe(server.address, loop_time() + 3)
        only_trusted = VehicleContext(secrets={str(SecretName.TRUSTED_CERTIFICATES): trusted})
        with pytest.raises(VehicleError):
            await made.probe(server.address, loop_time() + 3, only_trusted)


async def test_a_trusted_certificate_for_another_host_is_not_trusted() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("another-car.test").configure_cert(tls)
    trusted = {str(SecretName.TRUSTED_CERTIFICATES): authority.cert_pem.bytes().decode()}
    async with wild_vehicle().running(tls) as server, connector() as made:
        with pytest.raises(NotTrusted):
            await made.probe(
                server.address.replace("sovd+http:", "sovd+https:"), loop_time() + 3, VehicleContext(secrets=trusted)
            )


@pytest.mark.parametrize("name", ["trusted_certificates", "client_certificate"])
async def test_certificates_that_are_none_are_named_without_their_content(name: str) -> None:
    async with connector() as made:
        with pytest.raises(CredentialsUnusable, match=name) as raised:
            await made.probe("sovd+https://127.0.0.1:9/", loop_time() + 2, _secrets(**{name: "PRIVATE STUFF"}))
    assert "PRIVATE STUFF" not in str(raised.value)


async def test_connections_are_kept_and_shared_and_closed(server: OddSovdServer) -> None:
    async with connector() as made:
        for _ in range(5):
            async with aclosing(made.execute(request_for(server.address, "ReadDTC", ON_ENGINE))) as answer:
                async for _part in answer:
                    pass
        assert server.connections <= 2
    await until(lambda: server.open_connections == 0, what="all sockets closed")


async def test_a_kept_connection_that_the_server_closed_is_no_trouble(server: OddSovdServer) -> None:
    async with connector() as made:
        await made.probe(server.address, loop_time() + 3)
        server.on("GET", "/version-info", [Reply(cut=True), Reply(body={"sovd_info": [{"base_uri": BASE}]})])
        await made.probe(server.address, loop_time() + 3)
        assert len(server.asked("GET", "/version-info")) == 3
        server.on("GET", "/version-info", Reply(cut=True))
        with pytest.raises(VehicleConnectionLost):
            await made.probe(server.address, loop_time() + 3)


async def test_a_probe_wants_a_sovd_answer(server: OddSovdServer) -> None:
    async with connector() as made:
        await made.probe(server.address, loop_time() + 3)
        await made.probe(f"{server.address}?base={BASE}/components", loop_time() + 3)
        server.on("GET", "/version-info", Reply(raw=b"<html>a router</html>"))
        with pytest.raises(VehicleProtocolError):
            await made.probe(server.address, loop_time() + 3)
        server.on("GET", "/version-info", Reply(silent=True))
        with pytest.raises(VehicleTimeout):
            await made.probe(server.address, loop_time() + 0.3)


async def test_no_task_is_left_after_closing(server: OddSovdServer) -> None:
    server.on("GET", f"{BRAKES}/faults", Reply(silent=True))
    async with connector() as made:
        answer = made.execute(request_for(server.address, "ReadDTC", {}))
        await anext(answer)
        await answer.aclose()
        left = [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert [task for task in left if "OddSovdServer" not in task] == []
