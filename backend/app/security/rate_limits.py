"""Limits on sign-ins and commands, counted in Redis over all processes; without Redis, in each process by itself."""

import asyncio
import ipaddress
import time
from collections.abc import Sequence
from math import ceil

import structlog
from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.domain.errors import TooManyRequests
from app.domain.identifiers import UserId

_ANSWER_WITHIN_S = 0.5
_ASK_AGAIN_AFTER_S = 1.0
_ADDRESS_FACTOR = 4
"""An address may try this many times as often as one user name from it: people behind one gateway share it."""

_log = structlog.stdlib.get_logger(__name__)


class RateLimits:
    """Counts in fixed windows. Refuses with TooManyRequests, which says when the window ends.

    No limit is tied to a user name alone, so nobody can lock another person out from elsewhere.
    """

    def __init__(self, redis_url: str | None, *, login: str, commands: str) -> None:
        """`login` and `commands` read like `5/minute` or `5/minute;100/hour`, else ValueError. Connects later."""
        self._login = _parsed(login)
        self._login_of_address = tuple(
            type(item)(item.amount * _ADDRESS_FACTOR, item.multiples) for item in self._login
        )
        self._commands = _parsed(commands)
        self._pool = _pool(redis_url) if redis_url else None
        self._shared = FixedWindowRateLimiter(_shared_storage(self._pool)) if self._pool else None
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._on_own = False
        self._ask_shared_at = 0.0

    async def admit_login(self, username: str, address: str | None) -> None:
        """Count one attempt, whatever its outcome. Raises TooManyRequests."""
        network = _network(address)
        await self._admit(self._login_of_address, ("login", network), "sign-in attempts from this address")
        await self._admit(self._login, ("login", network, username), "sign-in attempts")

    async def admit_command(self, user_id: UserId) -> None:
        """Count one command sent by this user. Raises TooManyRequests."""
        await self._admit(self._commands, ("command", str(user_id)), "commands")

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.disconnect()

    async def _admit(self, items: Sequence[RateLimitItem], key: tuple[str, ...], what: str) -> None:
        for item in items:
            wait_s = await self._seconds_to_wait(item, key)
            if wait_s is not None:
                raise TooManyRequests(f"too many {what} (limit: {item})", retry_after_s=wait_s)

    async def _seconds_to_wait(self, item: RateLimitItem, key: tuple[str, ...]) -> float | None:
        loop = asyncio.get_running_loop()
        if self._shared is not None and loop.time() >= self._ask_shared_at:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    wait_s = await _hit(self._shared, item, key)
            except (RedisError, OSError, TimeoutError) as error:
                self._ask_shared_at = loop.time() + _ASK_AGAIN_AFTER_S
                self._note_state(on_own=True, cause=type(error).__name__)
            else:
                self._note_state(on_own=False)
                return wait_s
        return await _hit(self._own, item, key)

    def _note_state(self, *, on_own: bool, cause: str | None = None) -> None:
        if on_own and not self._on_own:
            _log.warning("rate_limits.redis_away", cause=cause, effect="this process counts by itself")
        elif self._on_own and not on_own:
            _log.info("rate_limits.redis_back")
        self._on_own = on_own


async def _hit(limiter: FixedWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> float | None:
    """Count; None when within the limit, else the seconds until the window ends."""
    if await limiter.hit(item, *key):
        return None
    stats = await limiter.get_window_stats(item, *key)
    # The library turns the remaining seconds into a wall-clock time; taken back here at once, no wall clock decides.
    return float(max(1, ceil(stats.reset_time - time.time())))


def _parsed(text: str) -> tuple[RateLimitItem, ...]:
    try:
        return tuple(parse_many(text))
    except ValueError as error:
        raise ValueError(f"a rate limit reads like 5/minute, not {text!r}") from error


def _pool(redis_url: str) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        redis_url,
        max_connections=16,
        timeout=_ANSWER_WITHIN_S,
        socket_timeout=_ANSWER_WITHIN_S,
        socket_connect_timeout=_ANSWER_WITHIN_S,
        retry=Retry(NoBackoff(), 0),
    )


def _shared_storage(pool: BlockingConnectionPool) -> RedisStorage:
    # The address only picks the dialect: connections come from the pool, be it Valkey, TLS or a Unix socket.
    return RedisStorage(
        "async+redis://",
        implementation="redispy",
        key_prefix="rate",
        connection_pool=pool,  # type: ignore[arg-type]  # documented option; the stub knows only plain values
    )


def _network(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or an IPv6 /64, since one customer holds at least all of that."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)
