"""`sovd simulate` as a user has it: a real process that serves until it is stopped."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.simulator.description_reading import built_in_text, read_description
from support.raw_tester import RawTester
from support.sovd_process import SovdUser


@pytest.fixture
def user(tmp_path: Path) -> SovdUser:
    return SovdUser(tmp_path, "http://127.0.0.1:9")


@asynccontextmanager
async def started(user: SovdUser, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is gone afterwards, whatever happened."""
    process = await user.start(*arguments)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_serves_until_it_is_stopped(user: SovdUser) -> None:
    async with started(user, "simulate", "--vehicles", "2", "--json") as process:
        assert process.stdout is not None
        document = await read_document(process.stdout)
        assert len(document["vehicles"]) == 2
        async with RawTester(document["vehicles"][1]["doip_address"]) as tester:
            assert await tester.activate() == 0x10
            assert bytes.fromhex(await tester.ask("22F190"))[3:].decode() == document["vehicles"][1]["vin"]
        async with httpx.AsyncClient(trust_env=False) as http:
            server = document["vehicles"][1]["sovd_address"].removeprefix("sovd+")
            components = await http.get(f"{server}sovd/v1/components")
            assert [item["id"] for item in components.json()["items"]][:2] == ["gateway", "engine"]
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0


async def test_ctrl_c_again_and_again_changes_nothing(user: SovdUser) -> None:
    async with started(user, "simulate", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        await read_document(process.stdout)
        said = asyncio.create_task(process.stderr.read())
        async with asyncio.timeout(30):
            while process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    # not `send_signal`: it may take the exit code away from asyncio, which then says 255
                    os.kill(process.pid, signal.SIGINT)
                await asyncio.sleep(0.001)
        assert (process.returncode, (await said).decode()) == (0, "Stopping ...\n")


async def read_document(stream: asyncio.StreamReader) -> Any:
    """The JSON document that is printed before the program goes on."""
    lines = b""
    async with asyncio.timeout(30):
        while not lines.endswith(b"\n}\n"):
            line = await stream.readline()
            assert line, lines
            lines += line
    return json.loads(lines)


async def test_the_table_says_how_to_register(user: SovdUser) -> None:
    async with started(user, "simulate", "-n", "25") as process:
        assert process.stdout is not None
        shown = ""
        async with asyncio.timeout(30):
            while "Ctrl-C stops" not in shown:
                shown += (await process.stdout.readline()).decode()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert "sovd vehicle add 1SVCMD00XRA000001 --make 'SOVD Command'" in shown
    assert "… and 5 more" in shown
    assert (shown.count("doip://"), shown.count("sovd+http://")) == (21, 21)


async def test_the_built_in_description_can_be_changed_and_served(user: SovdUser, tmp_path: Path) -> None:
    printed = await user.call("simulate", "--print-description")
    assert printed.out == built_in_text()
    assert read_description(printed.out).make == "SOVD Command"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(printed.out.replace("model:", "modle:"))
    refused = await user.call("simulate", "--description", str(wrong))
    assert refused.code == 2
    assert "model: is missing" in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--description", "/nonexistent.yaml"), "cannot be read"),
        (("--tls-key", "key.pem"), "TLS needs a certificate and its key"),
        (("--tls-certificate", "no.pem", "--tls-key", "no.pem"), "cannot be used"),
        (("--doip-port", "65000", "-n", "1000"), "do not fit below port 65536"),
        (("--first-number", "999999", "-n", "2"), "does not fit into the VIN pattern"),
        (("--host", "203.0.113.1"), "no such address"),
    ],
)
async def test_wrong_options_are_named(user: SovdUser, arguments: tuple[str, ...], said: str) -> None:
    refused = await user.call("simulate", *arguments)
    assert refused.code == 2
    assert said in refused.err


async def test_a_low_limit_of_open_files_is_raised_as_far_as_it_goes(user: SovdUser) -> None:
    limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        process = await user.start("simulate", "-n", "300", "--json")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        assert process.stdout is not None
        assert len((await read_document(process.stdout))["vehicles"]) == 300
    finally:
        process.kill()
        await process.communicate()


async def test_too_many_vehicles_for_the_limit_of_open_files_are_refused_in_words(user: SovdUser) -> None:
    started_with = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)); "
    code = started_with + "from app.cli import main; main()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, "simulate", "-n", "300"),
        stderr=asyncio.subprocess.PIPE,
        env=user.environment,
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert "too many open files: serve fewer vehicles" in said.decode()
