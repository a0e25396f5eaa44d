"""What tests of slow readers share: answers that fill every buffer, and streams with little patience."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import APIRouter, FastAPI

from app.domain.identifiers import CommandId
from app.repositories.response_repository import create_response
from support.running_app import RunningApp
from support.stored_commands import StoredCommand

_PAYLOAD = {"filling": "x" * 20_000}


async def answer_at_length(command: StoredCommand, chunks: int) -> None:
    """Chunks that together are far more than sockets and buffers hold; announced by an ordinary last one."""
    async with command.database.transaction() as db:
        for _ in range(chunks):
            command.chunks += 1
            await create_response(db, CommandId(command.command_id), _PAYLOAD, command.chunks, is_final=False)
    await command.answer()


@asynccontextmanager
async def beside(app: RunningApp, router: APIRouter) -> AsyncIterator[str]:
    """Routes of the application on a second port, with limits of their own; gives the address for WebSockets."""
    served = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
    served.state.sovd = app.app.state.sovd
    served.include_router(router)
    config = uvicorn.Config(
        served, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server._serve(sockets=[listener]))
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving
