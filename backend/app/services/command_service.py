"""Commands as callers see them: submit, look, cancel. One unit of work per method."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4

from app.domain.access_policy import Action, Actor, Target
from app.domain.answer_limits import AnswerLimits
from app.domain.bus_messages import WAKE_CANCEL, WAKE_COMMANDS, BusMessage
from app.domain.catalogue import definition_of
from app.domain.command import Chunk, Command
from app.domain.command_change import CommandChange
from app.domain.command_definition import CommandDefinition
from app.domain.command_states import CommandStatus
from app.domain.errors import Conflict, NotAuthenticated, NotFound, TooManyRequests
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject, encode_json_canonical
from app.domain.lanes import lane_of
from app.domain.outcome import ending_for_cancel_before_start
from app.domain.params_check import check_params
from app.domain.session import ClientInfo
from app.domain.stream_events import error_event, status_event
from app.observability.metrics import Metrics
from app.repositories import command_repository, response_repository, submission_repository
from app.repositories.command_repository import CommandFilter, TimelineEntry
from app.repositories.submission_repository import NewCommand, Refusal
from app.repositories.unit_of_work import Publisher, UnitOfWork
from app.services.access_guard import AccessGuard
from app.services.command_limits import check_durations, check_reason
from app.services.stored_answer import StoredAnswer
from app.storage.driver_errors import RolledBack
from app.storage.engine import Database
from app.storage.group_commit import GroupCommit

_LANE_FULL_RETRY_S = 5.0
_STORE_ATTEMPTS = 5
_NO_CLIENT = ClientInfo()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a caller asks for. Durations in seconds; None takes the command's default."""

    vehicle_id: VehicleId
    command_name: str
    command_params: JsonObject
    expires_in_s: float | None = None
    timeout_s: float | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The accepted command; `replayed` where the same idempotency key had brought it in before."""

    command: Command
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a submission comes from, for the records; `trace_context` is a W3C traceparent."""

    client: ClientInfo = _NO_CLIENT
    trace_context: str | None = None


class CommandIntake:
    """Stores submissions of all callers of this process in groups, and wakes the workers after each commit."""

    def __init__(self, database: Database, publisher: Publisher, *, lane_limit: int) -> None:
        self._database = database
        self._publisher = publisher
        self.lane_limit = lane_limit
        self.group: GroupCommit[NewCommand, Command | Refusal] = GroupCommit(self._store)

    async def _store(self, group: Sequence[NewCommand]) -> Sequence[Command | Refusal]:
        answers = await self._submit(group)
        accepted = [answer for answer in answers if isinstance(answer, Command)]
        changes = [CommandChange.of(item, CommandStatus.PENDING, item.submitted_at).as_message() for item in accepted]
        await self._publisher.publish([*changes, BusMessage(WAKE_COMMANDS, "")])
        return answers

    async def _submit(self, group: Sequence[NewCommand]) -> Sequence[Command | Refusal]:
        """Two processes that store the same keys in another order may deadlock: one of them begins again."""
        for _ in range(_STORE_ATTEMPTS - 1):
            with suppress(RolledBack):
                return await self._submit_once(group)
        return await self._submit_once(group)

    async def _submit_once(self, group: Sequence[NewCommand]) -> Sequence[Command | Refusal]:
        async with self._database.autocommit() as db:
            return await submission_repository.submit(db, group, self.lane_limit)


class CommandService:
    """Use cases of commands. Every method decides about access first; hidden objects look unknown."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        intake: CommandIntake,
        guard: AccessGuard,
        metrics: Metrics,
        limits: AnswerLimits,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._intake = intake
        self._guard = guard
        self._metrics = metrics
        self._limits = limits

    async def submit(self, actor: Actor, wanted: Submission, origin: Origin) -> Submitted:
        """Accept a command: when this returns it is durable and will reach a truthful end.

        Raises InvalidRequest, NotFound (vehicle), Forbidden, Conflict (idempotency key used with another body),
        TooManyRequests (lane full), StorageUnavailable (may or may not be stored: send again with the same key).
        """
        definition = await self.check(actor, wanted, origin.client)
        check_reason(definition, wanted.reason)
        new = _new_command(actor, wanted, definition, origin)
        answer = await self._intake.group.add(new)
        if isinstance(answer, Refusal):
            return await self._explain_refusal(new, answer)
        self._metrics.command_submitted(answer.command_name)
        return Submitted(command=answer, replayed=False)

    async def check(self, actor: Actor, wanted: Submission, client: ClientInfo) -> CommandDefinition:
        """Whether the caller may send this command with these parameters to the vehicle; its definition, with them.

        Raises InvalidRequest, Forbidden, and NotFound where the vehicle is hidden; whether it exists is not looked up.
        """
        definition = definition_of(wanted.command_name)
        await self._guard.require(
            actor,
            Action.SEND_COMMAND,
            Target(vehicle_id=wanted.vehicle_id, minimum_role=definition.minimum_role),
            object_type="vehicle",
            object_id=wanted.vehicle_id,
            client=client,
        )
        check_params(definition, wanted.command_params)
        self._limits.check_wanted(wanted.command_params)
        return definition.with_params(wanted.command_params)

    async def find(self, actor: Actor, command_id: CommandId, client: ClientInfo = _NO_CLIENT) -> Command:
        """One command. Raises NotFound where it is unknown or hidden from the caller."""
        async with self._unit_of_work.reading() as db:
            command = await command_repository.find(db, command_id)
        if command is None:
            raise NotFound("no such command")
        await self._guard.require(
            actor,
            Action.READ_COMMAND,
            Target(vehicle_id=command.vehicle_id),
            object_type="command",
            object_id=command_id,
            client=client,
        )
        return command

    async def list_commands(
        self, actor: Actor, wanted: CommandFilter, *, client: ClientInfo, limit: int, offset: int
    ) -> tuple[list[Command], int]:
        """A page of the commands the caller may see, newest first, and how many there are."""
        await self._guard.require(actor, Action.READ_COMMAND, object_type="command", client=client)
        wanted = replace(wanted, vehicle_ids=actor.scope)
        async with self._unit_of_work.reading() as db:
            return await command_repository.list_commands(db, wanted, limit=limit, offset=offset)

    async def answer(
        self, actor: Actor, command_id: CommandId, client: ClientInfo, *, after: int = 0, limit: int | None = None
    ) -> StoredAnswer:
        """The stored chunks above `after` (at most `limit`), to be read page by page. Raises NotFound."""
        await self.find(actor, command_id, client)
        async with self._unit_of_work.reading() as db:
            total = (await response_repository.high_water_marks(db, [command_id]))[command_id].last_sequence_number
        end = total if limit is None else min(after + limit, total)
        return StoredAnswer(unit_of_work=self._unit_of_work, command_id=command_id, after=after, end=end, total=total)

    async def responses(self, actor: Actor, command_id: CommandId, client: ClientInfo) -> list[Chunk]:
        """All stored chunks of a command, in order. Raises NotFound."""
        answer = await self.answer(actor, command_id, client)
        return [chunk async for page in answer.pages() for chunk in page]

    async def timeline(self, actor: Actor, command_id: CommandId, client: ClientInfo) -> list[TimelineEntry]:
        """Every change of state with time and reason, in order."""
        await self.find(actor, command_id, client)
        async with self._unit_of_work.reading() as db:
            return await command_repository.timeline(db, command_id)

    async def cancel(self, actor: Actor, command_id: CommandId, reason: str | None, client: ClientInfo) -> Command:
        """Ask for an end. A waiting command is cancelled at once; a running one is stopped if that is possible.

        Gives the command as it is then: its status says what became of the wish. Ended commands are left as they are.
        """
        command = await self.find(actor, command_id, client)
        target = Target(vehicle_id=command.vehicle_id, owner_id=command.user_id)
        await self._guard.require(
            actor, Action.CANCEL_COMMAND, target, object_type="command", object_id=command_id, client=client
        )
        await self._cancel_pending(actor, command, reason)
        async with self._unit_of_work.begin() as work:
            if await command_repository.request_cancel(
                work.db, command_id, user_id=actor.user_id, username=actor.username, reason=reason
            ):
                work.publish(BusMessage(WAKE_CANCEL, str(command_id)))
        return await self.find(actor, command_id, client)

    async def _cancel_pending(self, actor: Actor, command: Command, reason: str | None) -> None:
        ending = ending_for_cancel_before_start(reason)
        async with self._unit_of_work.begin() as work:
            completed_at = await command_repository.cancel_pending(
                work.db, command.command_id, user_id=actor.user_id, username=actor.username, ending=ending
            )
            if completed_at is None:
                return
            if ending.error is not None:
                work.publish(error_event(command.command_id, ending.error).as_message())
            work.publish(status_event(command.command_id, ending.status, completed_at).as_message())
            work.publish(CommandChange.of(command, ending.status, completed_at).as_message())
        self._metrics.command_ended(command.command_name, CommandStatus.CANCELLED)

    async def _explain_refusal(self, new: NewCommand, refusal: Refusal) -> Submitted:
        if refusal is not Refusal.INACTIVE_USER and (replay := await self._earlier(new)) is not None:
            return replay  # whatever speaks against it now: this request was accepted before
        match refusal:
            case Refusal.NO_VEHICLE:
                raise NotFound("no such vehicle")
            case Refusal.INACTIVE_USER:
                raise NotAuthenticated("the account is switched off")
            case Refusal.LANE_FULL:
                raise TooManyRequests(
                    f"{self._intake.lane_limit} commands already wait in this lane; try again later",
                    retry_after_s=_LANE_FULL_RETRY_S,
                    code="lane_full",
                )
            case Refusal.KEY_USED:
                raise Conflict("the command id is already taken")

    async def _earlier(self, new: NewCommand) -> Submitted | None:
        if new.idempotency_key is None:
            return None
        async with self._unit_of_work.reading() as db:
            earlier = await submission_repository.find_earlier(db, new.user_id, new.idempotency_key)
        if earlier is None:
            return None
        if earlier.request_digest != new.request_digest:
            raise Conflict(
                "this Idempotency-Key was used with another body; use a new key for a new command",
                code="idempotency_key_reused",
            )
        return Submitted(command=earlier.command, replayed=True)


def _new_command(actor: Actor, wanted: Submission, definition: CommandDefinition, origin: Origin) -> NewCommand:
    durations = check_durations(definition, timeout_s=wanted.timeout_s, expires_in_s=wanted.expires_in_s)
    return NewCommand(
        command_id=CommandId(uuid4()),
        vehicle_id=wanted.vehicle_id,
        user_id=actor.user_id,
        username=actor.username,
        lane=lane_of(wanted.command_params),
        command_name=definition.name,
        command_params=wanted.command_params,
        reason=wanted.reason,
        correlation_id=origin.client.correlation_id or str(uuid4()),
        trace_context=origin.trace_context,
        idempotency_key=wanted.idempotency_key,
        request_digest=_digest(wanted) if wanted.idempotency_key is not None else None,
        timeout_s=durations.timeout_s,
        expires_in_s=durations.expires_in_s,
    )


def _digest(wanted: Submission) -> bytes:
    """Equal for equal requests: what the idempotency key is bound to."""
    return hashlib.sha256(
        encode_json_canonical(
            {
                "vehicle_id": str(wanted.vehicle_id),
                "command_name": wanted.command_name,
                "command_params": wanted.command_params,
                "expires_in_s": wanted.expires_in_s,
                "timeout_s": wanted.timeout_s,
                "reason": wanted.reason,
            }
        )
    ).digest()
