"""The recorder while the database is away: it neither hangs nor tries each step of a lost lease on its own."""

import asyncio
from tempfile import TemporaryDirectory
from uuid import uuid4

from app.domain.command import Ending
from app.domain.command_states import CommandStatus
from app.domain.errors import LeaseLost
from app.domain.identifiers import CommandId
from app.eventbus.event_bus import EventBus
from app.observability.metrics import Metrics
from app.repositories.recording_repository import Recording
from app.storage.engine import Database, PoolSettings
from app.worker.recorder import Recorder
from app.worker.worker_lease import WorkerLease


async def test_steps_of_a_lost_lease_are_given_up_together(redis_url: str) -> None:
    knocks = 0

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal knocks
        knocks += 1
        writer.close()

    steps = [
        Recording(
            command_id=CommandId(uuid4()),
            lease_token=1,
            chunks_stored=0,
            ending=Ending(status=CommandStatus.FAILED, status_reason="test"),
        )
        for _ in range(20)
    ]
    with TemporaryDirectory(prefix="sovd-away-") as folder:
        server = await asyncio.start_unix_server(refuse, f"{folder}/.s.PGSQL.5432")
        database = Database(f"postgresql://sovd@/away?host={folder}", name="test", pool=PoolSettings(wait_s=1.0))
        lease = WorkerLease(database, name="test", lease_s=1.0, heartbeat_s=0.5)  # never begun: not held
        recorder = Recorder(database, EventBus(redis_url), lease, Metrics(), runs=20)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(recorder.run())
            results = await asyncio.gather(*(recorder.record(step) for step in steps), return_exceptions=True)
            recorder.close()
        await database.close()
        server.close()
    assert all(isinstance(result, LeaseLost) for result in results)
    assert knocks < len(steps)
