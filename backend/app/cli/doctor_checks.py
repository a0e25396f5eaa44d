"""What `sovd doctor` looks at, one function per dependency. Each says what it found and what to do about it."""

import os
import platform
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import asyncpg
import httpx
import redis.asyncio as redis
from redis.exceptions import RedisError

from app.domain.errors import ServiceError
from app.storage.migrate import current_and_head

_WITHIN_S = 5.0
_OLDEST_PYTHON = (3, 11)
_OLDEST_POSTGRES = 16
_CLOCK_TOLERANCE_S = 2.0


class Level(StrEnum):
    """How a check ended. `skipped`: what it needs is missing, which another check reports."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding. `what_to_do` is empty where nothing is wrong."""

    name: str
    level: Level
    found: str
    what_to_do: str = ""


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    """Whether this Python is new enough. Pure for a given version."""
    shown = ".".join(map(str, version))
    if version[:2] < _OLDEST_PYTHON:
        return Check(name="Python", level=Level.FAIL, found=shown, what_to_do="Install Python 3.11 or newer.")
    return Check(name="Python", level=Level.OK, found=f"{shown} on {platform.system()}")


def check_data_directory(home: Path) -> Check:
    """Whether the data directory, or the folder it would be made in, can be written. Makes nothing."""
    name = "Data directory"
    existing = home
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        return Check(name=name, level=Level.FAIL, found=f"{existing} is no folder", what_to_do="Set SOVD_HOME.")
    if not os.access(existing, os.W_OK | os.X_OK):
        advice = "Make it writable for this user, or set SOVD_HOME to a folder that is."
        return Check(name=name, level=Level.FAIL, found=f"{existing} cannot be written", what_to_do=advice)
    return Check(name=name, level=Level.OK, found=str(home) if home.exists() else f"{home} (will be made)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAnswer:
    """What the database said of itself. `ahead_s`: its clock minus ours."""

    version: str
    ahead_s: float


async def ask_database(url: str) -> DatabaseAnswer:
    """Ask for version and time. Raises OSError, TimeoutError, asyncpg's errors."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), timeout=_WITHIN_S)
    try:
        before = datetime.now(UTC)
        row = await connection.fetchrow(
            "SELECT clock_timestamp() AS now, current_setting('server_version') AS version", timeout=_WITHIN_S
        )
        after = datetime.now(UTC)
    finally:
        await connection.close(timeout=_WITHIN_S)
    assert row is not None  # noqa: S101 - a SELECT without FROM gives one row
    return DatabaseAnswer(version=row["version"], ahead_s=(row["now"] - before - (after - before) / 2).total_seconds())


async def check_database(url: str, where: str) -> tuple[Check, Check]:
    """PostgreSQL and the clock."""
    name = "PostgreSQL"
    try:
        answer = await ask_database(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        # Text of the error only: it names host and user, never the password.
        advice = "Start it, or correct SOVD_DATABASE_URL (postgresql://user:password@host:port/name)."
        found = f"{where}: {str(error) or type(error).__name__}"
        failed = Check(name=name, level=Level.FAIL, found=found, what_to_do=advice)
        return failed, Check(name="Clock", level=Level.SKIPPED, found="no database to compare with")
    return _judge_version(answer.version, where), judge_clock(answer.ahead_s)


def _judge_version(version: str, where: str) -> Check:
    major = int(version.split(".", 1)[0].split(maxsplit=1)[0])
    if major < _OLDEST_POSTGRES:
        advice = f"Use PostgreSQL {_OLDEST_POSTGRES} or newer."
        return Check(name="PostgreSQL", level=Level.WARN, found=f"{where}, version {version}", what_to_do=advice)
    return Check(name="PostgreSQL", level=Level.OK, found=f"{where}, version {version}")


def judge_clock(ahead_s: float) -> Check:
    """Whether this machine's clock agrees with the database's, which decides expiry. Pure."""
    found = f"differs from the database's by {abs(ahead_s):.2f} s"
    if abs(ahead_s) <= _CLOCK_TOLERANCE_S:
        return Check(name="Clock", level=Level.OK, found=found)
    advice = (
        "Nothing fires late (the database's clock decides), but shown ages are wrong: set this machine's clock (NTP)."
    )
    return Check(name="Clock", level=Level.WARN, found=found, what_to_do=advice)


async def check_migrations(url: str) -> Check:
    """Whether the database has this release's schema."""
    name = "Schema"
    try:
        state = await current_and_head(url)
    except (ServiceError, OSError, ValueError) as error:
        return Check(name=name, level=Level.FAIL, found=str(error), what_to_do="Mend the database first.")
    if state.is_current:
        return Check(name=name, level=Level.OK, found=f"version {state.head}")
    found = f"at {state.current or 'nothing yet'}, this release needs {state.head}"
    return Check(name=name, level=Level.WARN, found=found, what_to_do="Run `sovd migrate`; `sovd serve` does it too.")


async def check_redis(url: str, where: str) -> Check:
    """Whether Redis or Valkey answers."""
    name = "Redis"
    advice = "Start it, or correct SOVD_REDIS_URL. Until then viewers are served from the store, a little later."
    try:
        client = redis.Redis.from_url(url, socket_timeout=_WITHIN_S, socket_connect_timeout=_WITHIN_S)
        try:
            found = await client.info("server")
        finally:
            await client.aclose()
    except (RedisError, OSError, ValueError) as error:
        return Check(name=name, level=Level.FAIL, found=f"{where}: {error}", what_to_do=advice)
    kind = "Valkey" if found.get("server_name") == "valkey" else "Redis"
    version = found.get("valkey_version") or found.get("redis_version", "unknown")
    return Check(name=name, level=Level.OK, found=f"{where}, {kind} {version}")


async def check_port(host: str, port: int) -> Check:
    """Whether the port is free, or our own server is what holds it."""
    name = "Port"
    if port == 0:
        return Check(name=name, level=Level.OK, found="any free one")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if await _is_ours(f"http://{host}:{port}"):
            return Check(name=name, level=Level.OK, found=f"{host}:{port}, our server runs there")
        advice = "Stop the program that holds it, or set SOVD_PORT."
        return Check(name=name, level=Level.FAIL, found=f"{host}:{port}: {error.strerror}", what_to_do=advice)
    return Check(name=name, level=Level.OK, found=f"{host}:{port} is free")


async def _is_ours(server: str) -> bool:
    try:
        async with httpx.AsyncClient(timeout=_WITHIN_S, trust_env=False) as http:
            return (await http.get(f"{server}/health/live")).is_success
    except httpx.HTTPError:
        return False


async def check_server(server: str) -> Check:
    """Whether the server that this CLI talks to answers and is ready."""
    name = "Server"
    try:
        async with httpx.AsyncClient(timeout=_WITHIN_S) as http:
            response = await http.get(f"{server}/health/ready")
    except httpx.HTTPError as error:
        advice = "Start it with `sovd serve`, or name another one with --server."
        found = f"{server} does not answer ({type(error).__name__})"
        return Check(name=name, level=Level.WARN, found=found, what_to_do=advice)
    if response.is_success:
        return Check(name=name, level=Level.OK, found=f"{server} is ready")
    found = f"{server} answers {response.status_code}: {response.text[:200]}"
    return Check(name=name, level=Level.FAIL, found=found, what_to_do="Mend the dependency it names.")
