"""Limits on sign-ins and commands, counted in Redis over all processes; without Redis, in each process by itself."""

import asyncio
import ipaddress
import time
from collections.abc import Sequence
from math import ceil
from typing import Any, Protocol

import structlog
from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from app.domain.errors import TooManyRequests
from app.domain.identifiers import UserId

_ASK_AGAIN_AFTER_S = 1.0
_ADDRESS_FACTOR = 4
"""An address may try this many times as often as one user name from it: people behind one gateway share it."""

_HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
"""Counts in the window of a key; gives the count and the milliseconds until the window ends."""

_log = structlog.stdlib.get_logger(__name__)


class RedisCaller(Protocol):
    """How Redis is asked."""

    async def call(self, *words: str) -> Any:
        """The answer to a command. Raises RedisError or OSError, soon, where there is none."""
        ...


class RateLimits:
    """Counts in fixed windows. Refuses with TooManyRequests, which says when the window ends.

    No limit is tied to a user name alone, so nobody can lock another person out from elsewhere.
    """

    def __init__(self, redis: RedisCaller | None, *, login: str, commands: str) -> None:
        """`login` and `commands` read like `5/minute` or `5/minute;100/hour`, else ValueError."""
        self._login = _parsed(login)
        self._login_of_address = tuple(
            type(item)(item.amount * _ADDRESS_FACTOR, item.multiples) for item in self._login
        )
        self._commands = _parsed(commands)
        self._redis = redis
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

    async def _admit(self, items: Sequence[RateLimitItem], key: tuple[str, ...], what: str) -> None:
        for item in items:
            wait_s = await self._seconds_to_wait(item, key)
            if wait_s is not None:
                raise TooManyRequests(f"too many {what} (limit: {item})", retry_after_s=wait_s)

    async def _seconds_to_wait(self, item: RateLimitItem, key: tuple[str, ...]) -> float | None:
        loop = asyncio.get_running_loop()
        if self._redis is not None and loop.time() >= self._ask_shared_at:
            try:
                wait_s = await _hit_together(self._redis, item, key)
            except (RedisError, OSError) as error:
                self._ask_shared_at = loop.time() + _ASK_AGAIN_AFTER_S
                self._note_state(on_own=True, cause=type(error).__name__)
            else:
                self._note_state(on_own=False)
                return wait_s
        return await _hit_alone(self._own, item, key)

    def _note_state(self, *, on_own: bool, cause: str | None = None) -> None:
        if on_own and not self._on_own:
            _log.warning("rate_limits.redis_away", cause=cause, effect="this process counts by itself")
        elif self._on_own and not on_own:
            _log.info("rate_limits.redis_back")
        self._on_own = on_own


async def _hit_together(redis: RedisCaller, item: RateLimitItem, key: tuple[str, ...]) -> float | None:
    """Count over all processes; None when within the limit, else the seconds until the window ends."""
    count, left_ms = await redis.call("EVAL", _HIT, "1", f"rate:{item.key_for(*key)}", str(item.get_expiry()))
    return None if count <= item.amount else float(max(1, ceil(left_ms / 1000)))


async def _hit_alone(limiter: FixedWindowRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> float | None:
    """Count in this process; None when within the limit, else the seconds until the window ends."""
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
