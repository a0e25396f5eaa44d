"""The whole application in the test's own process: real PostgreSQL, real Valkey, real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from app.bootstrap import Addresses
from app.main import Stopping, serve_until_stopped
from app.settings import Settings

ADMIN_PASSWORD = "a-long-admin-password"
USER_PASSWORD = "a-long-user-password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service at an address, in whatever process, and shortcuts to talk to it over real HTTP."""

    base_url: str
    admin: httpx.AsyncClient

    @property
    def ws_url(self) -> str:
        """The same server for WebSockets."""
        return self.base_url.replace("http://", "ws://")

    async def sign_in(self, username: str, password: str = USER_PASSWORD) -> httpx.AsyncClient:
        """A client that sends the token of this account; use it in `async with`."""
        return await sign_in(self.base_url, username, password)

    async def add_user(self, username: str, role: str = "engineer", **more: object) -> httpx.AsyncClient:
        """Create an account (password `USER_PASSWORD`) and sign it in."""
        body = {"username": username, "password": USER_PASSWORD, "role": role, **more}
        answer = await self.admin.post("/api/v1/users", json=body)
        assert answer.status_code == 201, answer.text
        return await self.sign_in(username)

    async def add_vehicle(self, address: str = "sim:?delay=0", *, number: int = 1) -> str:
        """Register a vehicle and wait until its presence is known; gives its id."""
        body = {"vin": f"WVWZZZ1JZXW{number:06d}", "make": "VW", "model": "Golf", "year": 2019, "address": address}
        answer = await self.admin.post("/api/v1/vehicles", json=body)
        assert answer.status_code == 201, answer.text
        vehicle_id: str = answer.json()["vehicle_id"]
        async with asyncio.timeout(10):
            while True:
                if (await self.vehicle(vehicle_id))["connection_status"] != "unknown":
                    return vehicle_id
                await asyncio.sleep(0.01)

    async def vehicle(self, vehicle_id: str) -> dict[str, object]:
        """The vehicle as the API shows it."""
        found: dict[str, object] = (await self.admin.get(f"/api/v1/vehicles/{vehicle_id}")).json()
        return found

    async def submit(
        self,
        vehicle_id: str,
        command_name: str = "ReadDTC",
        *,
        client: httpx.AsyncClient | None = None,
        **more: object,
    ) -> str:
        """Send a command; gives its id."""
        params = {} if command_name == "ReadDTC" else {"ecuAddress": "0x10"}
        body = {"vehicle_id": vehicle_id, "command_name": command_name, "command_params": params, **more}
        answer = await (client or self.admin).post("/api/v1/commands", json=body)
        assert answer.status_code == 201, answer.text
        command_id: str = answer.json()["command_id"]
        return command_id

    async def ended(self, command_id: str, *, within_s: float = 15.0) -> dict[str, object]:
        """Wait until a command has reached a terminal state; gives it."""
        terminal = {"completed", "failed", "outcome_unknown", "expired", "cancelled"}
        return await self.when(command_id, terminal, within_s=within_s)

    async def when(self, command_id: str, statuses: set[str], *, within_s: float = 15.0) -> dict[str, object]:
        """Wait until a command is in one of the states; gives it."""
        async with asyncio.timeout(within_s):
            while True:
                command: dict[str, object] = (await self.admin.get(f"/api/v1/commands/{command_id}")).json()
                if command["status"] in statuses:
                    return command
                await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningApp(Service):
    """An application served in the test's own process."""

    app: FastAPI
    settings: Settings


async def sign_in(base_url: str, username: str, password: str) -> httpx.AsyncClient:
    """A client that is signed in as `username`; use it in `async with`."""
    body = {"username": username, "password": password}
    async with httpx.AsyncClient(base_url=base_url, timeout=20, trust_env=False) as first:
        answer = await first.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.AsyncClient(base_url=base_url, timeout=20, trust_env=False, headers=headers)


def settings_for_tests(database_url: str, redis_url: str, home: Path, **changes: object) -> Settings:
    """Settings on the test's own engines; limits out of the way unless a test asks for them."""
    given: dict[str, object] = {
        "home": home,
        "port": 0,
        "database_url": SecretStr(database_url),
        "redis_url": SecretStr(redis_url),
        "admin_password": SecretStr(ADMIN_PASSWORD),
        "token_secret": SecretStr("a secret of the tests, long enough for HS256"),
        "rate_limit_login": "1000/minute",
        "rate_limit_commands": "100000/minute",
        "probe_interval_s": 1.0,
        "drain_s": 5.0,
    }
    return Settings.model_validate(given | changes)


@asynccontextmanager
async def running(settings: Settings, *, with_worker: bool = True) -> AsyncIterator[RunningApp]:
    """Serve the application in this event loop until the block ends; stops it the way a signal would."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    addresses = Addresses(
        home=settings.home or Path(),
        database_url=settings.database_url.get_secret_value(),
        redis_url=settings.redis_url.get_secret_value(),
    )
    stopping = Stopping()
    ready: asyncio.Future[FastAPI] = asyncio.get_running_loop().create_future()
    with socket.create_server(("127.0.0.1", settings.port)) as listener:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving = asyncio.create_task(
            serve_until_stopped(
                settings,
                addresses,
                listener,
                stopping,
                with_worker=with_worker,
                on_ready=lambda app, _: ready.set_result(app),
            )
        )
        first: set[asyncio.Future[Any]] = {serving, ready}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            await serving
        try:
            async with await sign_in(base_url, "admin", ADMIN_PASSWORD) as admin:
                yield RunningApp(base_url=base_url, app=ready.result(), settings=settings, admin=admin)
        finally:
            stopping.soon.set()
            await serving
