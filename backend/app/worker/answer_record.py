"""The record of one running command's answer: numbers its chunks, bounds it, and knows what of it is durable."""

import asyncio
from collections import deque
from typing import Protocol
from uuid import uuid4

from app.connectors.port import ResponseChunk
from app.domain.answer_limits import AnswerLimits
from app.domain.command import Ending, NewChunk
from app.domain.errors import LeaseLost
from app.domain.identifiers import ResponseId
from app.domain.json_values import encode_json
from app.domain.outcome import ending_completed
from app.domain.stream_events import StreamEvent
from app.repositories.queue_repository import ClaimedCommand
from app.repositories.recording_repository import Recorded, Recording

UNCONFIRMED_LIMIT = 16
"""Chunks of one command that may wait for the database; then the vehicle is read no further."""


class StepRecorder(Protocol):
    """Makes steps durable and shows them."""

    def record(self, step: Recording) -> "asyncio.Future[Recorded | None]":
        """Queue a step, in order; None where the lease is lost."""
        ...

    async def show(self, event: StreamEvent) -> None:
        """Publish an event that is not stored."""
        ...


class AnswerRecord:
    """Use once, from one task. `chunks` counts what was given here, `ending` is set once the command has one."""

    def __init__(self, claimed: ClaimedCommand, recorder: StepRecorder, limits: AnswerLimits) -> None:
        self.chunks = claimed.chunks_stored
        self.ending: Ending | None = None
        self._command_id = claimed.command.command_id
        self._lease_token = claimed.lease_token
        self._recorder = recorder
        self._limits = limits
        self._size = 0
        self._unconfirmed: deque[tuple[asyncio.Future[Recorded | None], int]] = deque()
        """Steps that are not known to be stored yet, each with the number of chunks it brings (0 or 1)."""

    async def add(self, item: ResponseChunk) -> None:
        """Record a chunk; a final one ends the command. Waits while too many are not durable yet.

        Raises AnswerTooLong, and records nothing, where the answer would outgrow its limits; LeaseLost.
        """
        size = self._size + len(encode_json(item.response_payload))
        self._limits.check(chunks=self.chunks + 1, size=size)
        self.chunks, self._size = self.chunks + 1, size
        chunk = NewChunk(
            command_id=self._command_id,
            response_id=ResponseId(uuid4()),
            sequence_number=self.chunks,
            response_payload=item.response_payload,
            is_final=item.is_final,
        )
        self._record(chunk=chunk, ending=ending_completed(chunks_stored=self.chunks) if item.is_final else None)
        while len(self._unconfirmed) > UNCONFIRMED_LIMIT:  # only now: what has arrived must not be lost to a deadline
            await self._confirm_oldest()

    def end(self, ending: Ending) -> None:
        """Record how the command ends."""
        self._record(ending=ending)

    async def confirm(self) -> None:
        """Return when everything is durable. Raises LeaseLost, and what the recorder raises."""
        while self._unconfirmed:
            await self._confirm_oldest()

    async def settle(self) -> None:
        """After a step could not be stored: `chunks` counts what stands. Those after it are refused by the store."""
        steps, self._unconfirmed = self._unconfirmed, deque()
        settled = await asyncio.gather(*(future for future, _ in steps), return_exceptions=True)
        for (_, chunks), result in zip(steps, settled, strict=True):
            if not isinstance(result, Recorded):
                self.chunks -= chunks

    def _record(self, *, chunk: NewChunk | None = None, ending: Ending | None = None) -> None:
        self.ending = ending or self.ending
        step = Recording(
            command_id=self._command_id,
            lease_token=self._lease_token,
            chunks_stored=self.chunks,
            chunk=chunk,
            ending=ending,
        )
        self._unconfirmed.append((self._recorder.record(step), int(chunk is not None)))

    async def _confirm_oldest(self) -> None:
        # shielded: a deadline that passes while the database is slow must not lose the step
        recorded = await asyncio.shield(self._unconfirmed[0][0])
        self._unconfirmed.popleft()
        if recorded is None:
            raise LeaseLost("another worker decides about this command now")
