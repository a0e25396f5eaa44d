"""Viewers that read slowly or not at all: they harm nobody, lose nothing, and are let go in the end."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import connect

from app.api.stream.stream_session_guard import StreamLimits
from app.api.stream.websocket_routes import websocket_router
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId
from app.domain.json_values import decode_json_object
from app.repositories.response_repository import create_response
from app.settings import Settings
from app.storage.engine import Database
from support.running_app import RunningApp, running
from support.stored_commands import StoredCommand, store_command
from support.viewers import read_to_end, socket_to, token_of
from support.waiting import until

_PAYLOAD = {"filling": "x" * 20_000}


async def _answer_at_length(command: StoredCommand, chunks: int) -> None:
    """Chunks that together are far more than sockets and buffers hold; announced by an ordinary last one."""
    async with command.database.transaction() as db:
        for _ in range(chunks):
            command.chunks += 1
            await create_response(db, CommandId(command.command_id), _PAYLOAD, command.chunks, is_final=False)
    await command.answer()


async def test_a_slow_viewer_hinders_nobody_and_misses_nothing(app_settings: Settings, database: Database) -> None:
    async with running(app_settings, with_worker=False) as app:
        command = await store_command(database, app.app.state.sovd.hub._bus, CommandStatus.IN_PROGRESS)
        token = token_of(app.admin)
        name = str(command.command_id)
        async with socket_to(app, name, token) as quick:
            url = f"{app.ws_url}/ws/responses/{name}"
            headers = {"Authorization": f"Bearer {token}"}
            async with connect(url, additional_headers=headers, proxy=None, compression=None, max_queue=1) as slow:
                await until(lambda: app.app.state.sovd.hub.viewer_count == 2)
                everything = asyncio.create_task(read_to_end(quick))
                for _ in range(8):
                    await _answer_at_length(command, 100)
                await command.answer(is_final=True)
                assert (await everything).numbers == list(range(1, command.chunks + 1))

                timeline = app.app.state.sovd.hub._topics.get(command.command_id)
                assert timeline is None, "the slow one keeps no topic alive"
                late = await read_to_end(slow)
        assert late.numbers == list(range(1, command.chunks + 1))
        assert (late.events[-1]["status"], late.close_code) == ("completed", 1000)


async def test_a_viewer_that_stops_reading_is_let_go(app_settings: Settings, database: Database) -> None:
    async with running(app_settings, with_worker=False) as app, _impatient(app) as url:
        hub = app.app.state.sovd.hub
        command = await store_command(database, hub._bus, CommandStatus.IN_PROGRESS)
        headers = {"Authorization": f"Bearer {token_of(app.admin)}"}
        async with connect(
            f"{url}/ws/responses/{command.command_id}",
            additional_headers=headers,
            proxy=None,
            compression=None,
            max_queue=1,
        ) as deaf:
            assert decode_json_object(await deaf.recv())["status"] == "in_progress"
            for _ in range(10):
                await _answer_at_length(command, 100)
            await until(lambda: hub.viewer_count == 0, within_s=5, what="the viewer let go")


@asynccontextmanager
async def _impatient(app: RunningApp) -> AsyncIterator[str]:
    """The application's streams on a second port, with little patience."""
    served = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
    served.state.sovd = app.app.state.sovd
    served.include_router(websocket_router(StreamLimits(stalled_s=0.3)))
    config = uvicorn.Config(
        served, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server._serve(sockets=[listener]))
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving
