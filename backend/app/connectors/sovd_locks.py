"""Locks of entities: taken only when the server demands one, extended while in use, released at the end."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from app.connectors.sovd_calls import SovdAnswer, SovdCall, SovdCalls
from app.connectors.sovd_knowledge import Entity
from app.domain.errors import VehicleError, VehicleProtocolError, VehicleRefused
from app.domain.json_values import JsonObject
from app.protocols.sovd.links import below, follow
from app.protocols.sovd.reading import created_id
from app.protocols.sovd.reading_errors import demands_lock
from app.protocols.sovd.reading_executions import held_by_others

LOCK_S = 30
_SHORTER_LOCK_S = 10  # for servers whose maximum is lower
EXTEND_EVERY_S = 4.0
RELEASE_WITHIN_S = 0.8
"""A release is worth waiting for only so long: without it the lock ends by itself after `LOCK_S`."""


class EntityLock:
    """Sends what changes an entity. A refusal for want of a lock takes one and sends it once more: it did not act.

    Leaving the block releases the lock, also under cancellation.
    """

    def __init__(self, calls: SovdCalls, entity: Entity) -> None:
        self._calls = calls
        self._entity = entity
        self._lock_uri: str | None = None
        self._seconds = LOCK_S
        self._extending: asyncio.Task[None] | None = None
        self._lasts_until = 0.0
        self._lost = False

    @property
    def held(self) -> bool:
        """Whether a lock was needed and taken."""
        return self._lock_uri is not None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._extending is not None:
            self._extending.cancel()
            await asyncio.gather(self._extending, return_exceptions=True)
        if self._lock_uri is not None:
            await self._release(self._lock_uri)

    async def call(self, call: SovdCall, about: JsonObject | None = None) -> SovdAnswer:
        """Make the call, with a lock where one is demanded. Raises VehicleError."""
        answer = await self._calls.send(call)
        if answer.status >= 400 and not self.held and demands_lock(answer.status, answer.problem):
            self._calls.did_not_act(answer)
            try:
                await self._take()
            except VehicleRefused as error:
                if error.details.get("httpStatus") in {404, 405, 501}:  # there are no locks: the refusal stands
                    self._calls.check(call, answer, about)
                raise
            answer = await self._calls.send(call)
        named = {**self._entity.names(), **(about or {})}
        self._calls.check(call, answer, named)
        if call.acts:
            self._calls.check_done(answer, named)
        return answer

    def check_held(self) -> None:
        """Raise VehicleProtocolError where the lock that was taken is lost: what holds only under it has ended."""
        if self._lost or (self.held and asyncio.get_running_loop().time() > self._lasts_until):
            raise VehicleProtocolError(
                f"The lock of {self._entity.name} was lost before its time, and what is set ends with it. Look what "
                "is set now, and send the command again.",
                details=self._entity.names(),
            )

    async def _take(self) -> None:
        answer = await self._post()
        if answer.status == 400:
            self._seconds = _SHORTER_LOCK_S
            answer = await self._post()
        if answer.status in {403, 409, 423}:
            raise await self._somebody_elses(answer)
        call = SovdCall(method="POST", uri=self._locks)
        self._calls.check(call, answer, self._entity.names())
        lock_id = created_id(answer.json_or_none())
        uri = follow(answer.uri, self._entity.base_uri, answer.location)
        self._lock_uri = below(self._locks, lock_id) if lock_id else uri
        if self._lock_uri is None:
            raise VehicleProtocolError("The vehicle's server gave a lock without saying which.")
        self._lasts_until = asyncio.get_running_loop().time() + self._seconds
        self._extending = asyncio.create_task(self._extend(self._lock_uri), name="extend SOVD lock")

    @property
    def _locks(self) -> str:
        return self._entity.resource("locks")

    async def _post(self) -> SovdAnswer:
        body: JsonObject = {"lock_expiration": self._seconds}  # without scopes: the whole entity
        return await self._calls.send(SovdCall(method="POST", uri=self._locks, body=body))

    async def _somebody_elses(self, answer: SovdAnswer) -> VehicleError:
        holders: list[str] = []
        with suppress(VehicleError):
            holders = held_by_others(await self._calls.json(self._locks))
        who = f" (lock {', '.join(holders[:5])})" if holders else ""
        return VehicleRefused(
            f"{self._entity.name} needs a lock, and the server gives us none: somebody else holds one{who}, or we may "
            f"not take one. It says: {answer.problem.said}. Send the command again when it is released.",
            details={**self._entity.names(), "httpStatus": answer.status, "locks": [*holders[:20]]},
        )

    async def _extend(self, lock_uri: str) -> None:
        while True:
            await asyncio.sleep(EXTEND_EVERY_S)
            asked_at = asyncio.get_running_loop().time()
            try:
                await self._calls.call(SovdCall(method="PUT", uri=lock_uri, body={"lock_expiration": self._seconds}))
            except VehicleRefused as error:  # shows in the answer to what needs it, or in `check_held`
                self._lost = not error.retry_can_help
            except VehicleError:
                continue
            else:
                self._lasts_until = asked_at + self._seconds

    async def _release(self, lock_uri: str) -> None:
        with suppress(VehicleError), self._calls.tidying(RELEASE_WITHIN_S):
            await self._calls.call(SovdCall(method="DELETE", uri=lock_uri))
