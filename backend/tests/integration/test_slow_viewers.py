"""Viewers that read slowly or not at all: they harm nobody, lose nothing, and are let go in the end."""

import asyncio

from websockets.asyncio.client import connect

from app.api.stream.stream_session_guard import StreamLimits
from app.api.stream.websocket_routes import websocket_router
from app.domain.command_states import CommandStatus
from app.domain.json_values import decode_json_object
from app.settings import Settings
from app.storage.engine import Database
from support.running_app import running
from support.slow_readers import answer_at_length, beside
from support.stored_commands import store_command
from support.viewers import read_to_end, socket_to, token_of
from support.waiting import until

IMPATIENT = StreamLimits(stalled_s=0.3)


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
                    await answer_at_length(command, 100)
                await command.answer(is_final=True)
                assert (await everything).numbers == list(range(1, command.chunks + 1))

                timeline = app.app.state.sovd.hub._topics.get(command.command_id)
                assert timeline is None, "the slow one keeps no topic alive"
                late = await read_to_end(slow)
        assert late.numbers == list(range(1, command.chunks + 1))
        assert (late.events[-1]["status"], late.close_code) == ("completed", 1000)


async def test_a_viewer_that_stops_reading_is_let_go(app_settings: Settings, database: Database) -> None:
    async with running(app_settings, with_worker=False) as app, beside(app, websocket_router(IMPATIENT)) as url:
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
                await answer_at_length(command, 100)
            await until(lambda: hub.viewer_count == 0, within_s=20, what="the viewer let go")
