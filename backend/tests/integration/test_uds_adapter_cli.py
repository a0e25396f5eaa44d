"""`sovd adapter` as a user has it: a real process between a simulated DoIP vehicle and a SOVD client."""

import asyncio
import json
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from support.engine_odx import ENGINE_IDENTIFIERS, engine_odx
from support.simulated_fleet import quick_fleet
from support.sovd_process import SovdUser


@pytest.fixture
def user(tmp_path: Path) -> SovdUser:
    return SovdUser(tmp_path, "http://127.0.0.1:9")


@asynccontextmanager
async def adapter(user: SovdUser, *arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any]]:
    """The process and what it said it serves; it is gone afterwards, whatever happened."""
    process = await user.start("adapter", "--port", "0", "--json", *arguments)
    try:
        assert process.stdout is not None
        lines = b""
        async with asyncio.timeout(60):
            while not lines.endswith(b"\n}\n"):
                line = await process.stdout.readline()
                assert line, (await process.communicate())[1]
                lines += line
        yield process, json.loads(lines)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def stopped(process: asyncio.subprocess.Process, number: signal.Signals) -> str:
    """Stop it in order; gives what it said on standard error."""
    process.send_signal(number)
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    assert process.returncode == 0, said
    return said.decode()


async def test_it_serves_the_vehicle_until_ctrl_c(user: SovdUser, tmp_path: Path) -> None:
    (tmp_path / "bench.yaml").write_bytes(ENGINE_IDENTIFIERS)
    async with quick_fleet() as fleet:
        vehicle = fleet.vehicles[0]
        gateway = vehicle.doip_address.partition("?")[0].removeprefix("doip://")
        data = ("--diagnostic-data", str(tmp_path / "bench.yaml"))
        async with adapter(user, "--doip", gateway, "--ecus", "0x1010,0x1020", *data) as (process, served):
            shown = {one["component"]: one["online"] for one in served["components"]}
            assert shown == {"engine": True, "ecu_1020": True}
            async with httpx.AsyncClient(base_url=f"{served['url']}/sovd/v1/", trust_env=False) as http:
                assert (await http.get("components/engine/data/F190")).json()["data"] == vehicle.vin
                assert (await http.get("components/engine/data/0110")).json()["data"] == 820
                await http.post("components/engine/locks", json={"lock_expiration": 60})
            engine = vehicle.vehicle.component("engine")
            assert engine is not None
            assert engine.session == 3
            said = await stopped(process, signal.SIGINT)
            assert "Anybody" not in said
        assert engine.session == 1, "the session was given back"
        assert fleet.open_sockets == 0


async def test_it_warns_where_others_can_come_in_and_asks_for_tokens(user: SovdUser, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("first-token\nsecond-token\n")
    async with quick_fleet() as fleet:
        address = fleet.vehicles[0].doip_address
        async with adapter(user, "--doip", address, "--host", "0.0.0.0") as (process, _):  # noqa: S104 - what the warning is for
            assert "Anybody who reaches 0.0.0.0" in await stopped(process, signal.SIGTERM)
        more = ("--doip", address, "--host", "0.0.0.0", "--token-file", str(tokens))  # noqa: S104 - with tokens, no warning
        async with adapter(user, *more) as (process, served):
            async with httpx.AsyncClient(base_url=f"{served['url']}/sovd/v1/", trust_env=False) as http:
                assert (await http.get("components")).status_code == 401
                headers = {"Authorization": "Bearer second-token"}
                assert len((await http.get("components", headers=headers)).json()["items"]) == 6
            said = await stopped(process, signal.SIGTERM)
            assert "Anybody" not in said
            assert "second-token" not in said


async def test_https_and_odx(user: SovdUser, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "chain.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    (tmp_path / "engine.odx").write_bytes(engine_odx())
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    https = ("--https-certificate", str(tmp_path / "chain.pem"), "--https-key", str(tmp_path / "key.pem"))
    async with quick_fleet() as fleet:
        more = ("--doip", fleet.vehicles[0].doip_address, "--diagnostic-data", str(tmp_path / "engine.odx"))
        async with adapter(user, *more, *https) as (process, served):
            assert served["url"].startswith("https://")
            async with httpx.AsyncClient(verify=trusted, trust_env=False) as http:
                answer = await http.get(f"{served['url']}/sovd/v1/components/ecu_1010/operations")
            assert [item["id"] for item in answer.json()["items"]] == ["0203", "0205"]
            await stopped(process, signal.SIGINT)


async def test_it_can_be_stopped_while_it_looks_for_the_ecus(user: SovdUser) -> None:
    listener = socket.create_server(("127.0.0.1", 0))  # takes connections, and says nothing
    with listener:
        process = await user.start("adapter", "--port", "0", "--doip", f"127.0.0.1:{listener.getsockname()[1]}")
        assert process.stderr is not None
        async with asyncio.timeout(30):
            while b"Looking for" not in await process.stderr.readline():
                pass
        assert "Traceback" not in await stopped(process, signal.SIGINT)


async def test_event_streams_end_when_it_is_stopped(user: SovdUser) -> None:
    async with (
        quick_fleet() as fleet,
        adapter(user, "--doip", fleet.vehicles[0].doip_address) as (process, served),
        httpx.AsyncClient(base_url=f"{served['url']}/sovd/v1/", trust_env=False, timeout=20) as http,
    ):
        wanted = {"resource": "/sovd/v1/components/ecu_1010/data/F40C", "interval": "fast", "duration": 600}
        made = await http.post("components/ecu_1010/cyclic-subscriptions", json=wanted)
        async with http.stream("GET", made.json()["event_source"]) as stream:
            lines = stream.aiter_lines()
            async for line in lines:
                if '"payload"' in line:
                    break
            said = asyncio.create_task(stopped(process, signal.SIGINT))
            async for line in lines:
                assert not line or line.startswith(("id: ", "data: "))
        assert "Traceback" not in await said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--doip", "bench:port"), "--doip"),
        (("--doip", "127.0.0.1:9", "--tester", "0x12345"), "tester"),
        (("--doip", "127.0.0.1:9"), "127.0.0.1:9"),
        (("--doip", "127.0.0.1:9", "--https-key", "key.pem"), "--https-certificate"),
        (("--doip", "127.0.0.1:9", "--tls-trusted", __file__), "--tls"),
        (("--doip", "127.0.0.1:9", "--diagnostic-data", "nowhere.pdx"), "nowhere.pdx"),
        (("--doip", "127.0.0.1:9", "--diagnostic-data", __file__), "diagnostic data"),
        (("--doip", "127.0.0.1:9", "--token-file", "/dev/null"), "token"),
    ],
)
async def test_what_is_wrong_is_said_in_words(user: SovdUser, arguments: tuple[str, ...], said: str) -> None:
    result = await user.call("adapter", "--port", "0", *arguments)
    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err
