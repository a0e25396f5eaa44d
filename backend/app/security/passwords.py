"""Passwords as argon2id hashes (RFC 9106), computed in threads so that the event loop never waits for one."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TypeVar

from pwdlib.hashers.argon2 import Argon2Hasher

from app.domain.errors import Overloaded

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class HashingCost:
    """The second recommended setting of RFC 9106, section 4. Lower it in tests only."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 4


class PasswordHashing:
    """Hashes and checks passwords: `threads` at a time; further `waiting` ones queue, then Overloaded is raised.

    Memory is bounded by the cost's memory times `threads`. A caller that gives up does not free its thread early, so a
    flood of callers that disconnect cannot start more than that.
    """

    def __init__(self, cost: HashingCost | None = None, *, threads: int = 2, waiting: int = 64) -> None:
        cost = cost or HashingCost()
        self._hasher = Argon2Hasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._nobody = _hash_that_matches_nothing(cost)
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="argon2")
        self._places = BoundedSemaphore(threads + waiting)

    async def hash(self, password: str) -> str:
        """The text to store. Raises Overloaded."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, password: str, stored_hash: str | None) -> bool:
        """Whether the password is the one. With None (no such user) it takes the same time and is False.

        Raises Overloaded.
        """
        return await self._in_thread(lambda: self._hasher.verify(password, stored_hash or self._nobody))

    def close(self) -> None:
        """Drop what waits and let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        if not self._places.acquire(blocking=False):
            raise Overloaded("too many people are signing in at this moment; try again shortly")
        try:
            running: Future[_Result] = self._threads.submit(work)
        except BaseException:
            self._places.release()
            raise
        running.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(running)


def generate_password() -> str:
    """A password for a first sign-in: 144 random bits, fit for a terminal."""
    return secrets.token_urlsafe(18)


def _hash_that_matches_nothing(cost: HashingCost) -> str:
    """A hash of the same cost with random bits for salt and digest: checking against it takes as long as a real one."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${digest}"
