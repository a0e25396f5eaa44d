"""Keyed submissions, repeated and interleaved over two processes on a real database: one command per key."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.access_policy import Actor
from app.domain.answer_limits import AnswerLimits
from app.domain.errors import Conflict
from app.domain.identifiers import CommandId, VehicleId
from app.domain.roles import Role
from app.domain.session import ClientInfo
from app.observability.metrics import Metrics
from app.repositories.unit_of_work import UnitOfWork
from app.services.access_guard import AccessGuard
from app.services.audit_service import AuditService
from app.services.command_service import CommandIntake, CommandService, Origin, Submission, Submitted
from app.storage.engine import Database
from support.accounts import RememberedBus
from support.builders import add_user, add_vehicle, count

ORIGIN = Origin(client=ClientInfo(correlation_id="test"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One submission: over which process, under which key, with which of two bodies."""

    process: int
    key: str
    body: int


ATTEMPTS = st.builds(Attempt, st.sampled_from([0, 1]), st.sampled_from(["a", "b"]), st.sampled_from([1, 2]))
ROUNDS = st.lists(st.lists(ATTEMPTS, min_size=1, max_size=6), min_size=1, max_size=4)
"""Attempts of one round are made at once, rounds one after the other."""


@asynccontextmanager
async def process_on(database: Database) -> AsyncIterator[CommandService]:
    """The command service of one API process."""
    bus = RememberedBus()
    work = UnitOfWork(database, bus)
    intake = CommandIntake(database, bus, lane_limit=1_000_000)
    running = asyncio.create_task(intake.group.run())
    yield CommandService(work, intake, AccessGuard(AuditService(work)), Metrics(), AnswerLimits())
    intake.group.close()
    await running


async def submit(
    services: Sequence[CommandService], actor: Actor, vehicle_id: VehicleId, attempt: Attempt, example: str
) -> Submitted | Conflict:
    wanted = Submission(
        vehicle_id=vehicle_id,
        command_name="ReadDTC",
        command_params={"ecuAddress": f"0x{attempt.body}"},
        idempotency_key=f"{example}/{attempt.key}",
    )
    try:
        return await services[attempt.process].submit(actor, wanted, ORIGIN)
    except Conflict as conflict:
        return conflict


def check_one_key(results: list[tuple[int, Submitted | Conflict]]) -> CommandId:
    """All about one key: one body won, everybody who sent it has the same command, the others a conflict."""
    accepted = [(body, result) for body, result in results if isinstance(result, Submitted)]
    (won,) = {body for body, _ in accepted}
    (command_id,) = {result.command.command_id for _, result in accepted}
    assert [result.replayed for _, result in accepted].count(False) == 1
    assert all(isinstance(result, Conflict) is (body != won) for body, result in results)
    refused = {result.error_code for _, result in results if isinstance(result, Conflict)}
    assert refused <= {"idempotency_key_reused"}
    return command_id


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=ROUNDS)
async def test_one_command_per_key_whatever_is_repeated_when_and_where(
    database: Database, rounds: list[list[Attempt]]
) -> None:
    example = uuid4().hex
    async with database.transaction() as db:
        user_id = await add_user(db, username=example)
        vehicle_id = await add_vehicle(db)
    actor = Actor(user_id=user_id, username=example, role=Role.ENGINEER, is_active=True)
    by_key: dict[str, list[tuple[int, Submitted | Conflict]]] = {}
    async with AsyncExitStack() as stack:
        services = [await stack.enter_async_context(process_on(database)) for _ in range(2)]
        for attempts in rounds:
            results = await asyncio.gather(*(submit(services, actor, vehicle_id, item, example) for item in attempts))
            for attempt, result in zip(attempts, results, strict=True):
                by_key.setdefault(attempt.key, []).append((attempt.body, result))
    commands = {check_one_key(results) for results in by_key.values()}
    async with database.autocommit() as db:
        assert await count(db, "SELECT count(*) FROM commands WHERE user_id = :id", id=user_id) == len(commands)
        query = "SELECT count(*) FROM audit_log WHERE action = 'command.submitted' AND actor_id = CAST(:id AS text)"
        assert await count(db, query, id=str(user_id)) == len(commands)
