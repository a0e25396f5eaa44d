"""What simulated vehicles remember: which trouble codes were cleared.

A vehicle's memory may not live in one worker only: the next command may run in another process.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Protocol

from redis.exceptions import RedisError

from app.domain.identifiers import VehicleId


class RedisCaller(Protocol):
    """How Redis is asked."""

    async def call(self, *words: str) -> Any:
        """The answer to a command. Raises RedisError or OSError, soon, where there is none."""
        ...


class SimulatedMemory(Protocol):
    """Cleared trouble codes per vehicle. Never raises: a mock vehicle that forgot is no reason to fail a command."""

    async def cleared(self, vehicle_id: VehicleId) -> frozenset[str]:
        """The codes cleared so far."""
        ...

    async def clear(self, vehicle_id: VehicleId, codes: Iterable[str]) -> None:
        """Remember codes as cleared; seen by every `cleared` that starts after this returned."""
        ...


class ProcessMemory:
    """Remembers in this process only: for tests, scripts and while Redis is away."""

    def __init__(self, *, most_vehicles: int = 10_000) -> None:
        self._most_vehicles = most_vehicles
        self._cleared: OrderedDict[VehicleId, frozenset[str]] = OrderedDict()

    async def cleared(self, vehicle_id: VehicleId) -> frozenset[str]:
        """The codes cleared so far."""
        return self._cleared.get(vehicle_id, frozenset())

    async def clear(self, vehicle_id: VehicleId, codes: Iterable[str]) -> None:
        """Remember codes as cleared; where there are too many vehicles, the one cleared longest ago is forgotten."""
        self._cleared[vehicle_id] = self._cleared.get(vehicle_id, frozenset()) | frozenset(codes)
        self._cleared.move_to_end(vehicle_id)
        if len(self._cleared) > self._most_vehicles:
            self._cleared.popitem(last=False)


class RedisMemory:
    """Remembers in Redis, set `sim:cleared:{vehicle_id}`, so that all worker processes see the same vehicle.

    A flushed Redis means that the vehicles forgot their clearing. While Redis is away the process remembers alone.
    """

    def __init__(self, redis: RedisCaller) -> None:
        self._redis = redis
        self._own = ProcessMemory()

    async def cleared(self, vehicle_id: VehicleId) -> frozenset[str]:
        """The codes cleared so far, as far as Redis or this process knows."""
        own = await self._own.cleared(vehicle_id)
        try:
            members = await self._ask("SMEMBERS", _key(vehicle_id))
        except (RedisError, OSError):
            return own
        return own | {str(member) for member in members}

    async def clear(self, vehicle_id: VehicleId, codes: Iterable[str]) -> None:
        """Remember codes as cleared; with Redis away in this process only."""
        found = tuple(codes)
        if not found:
            return
        try:
            await self._ask("SADD", _key(vehicle_id), *found)
        except (RedisError, OSError):
            await self._own.clear(vehicle_id, found)

    async def _ask(self, *words: str) -> Any:
        try:
            return await self._redis.call(*words)
        except OSError:  # once more, which does no harm here: the connection may have died with a restarted Redis
            return await self._redis.call(*words)


def _key(vehicle_id: VehicleId) -> str:
    return f"sim:cleared:{vehicle_id}"
