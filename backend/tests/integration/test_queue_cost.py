"""What claiming reads: the heads of the lanes, neither what is finished nor what waits behind them."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from app.domain.identifiers import WorkerId
from app.repositories import queue_repository, submission_repository, worker_repository
from app.storage.engine import Database
from support.builders import add_user, add_vehicle, count, new_command

LANES = 40
PER_LANE = 30

_FINISHED = text(
    """
INSERT INTO commands (command_id, vehicle_id, user_id, lane, command_name, command_params, status, correlation_id,
    expires_at, timeout_s, lane_span)
SELECT gen_random_uuid(), v.vehicle_id, u.user_id, v.vehicle_id::text, 'ReadDTC', '{}', 'completed', 'test', now(), 30,
    int8range(v.vehicle_number << 32, (v.vehicle_number + 1) << 32)
FROM vehicles v CROSS JOIN users u CROSS JOIN generate_series(1, 100)
"""
)
_READ = """
SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'commands'
"""


@pytest.mark.parametrize("analyze", [False, True], ids=["statistics of an empty table", "present statistics"])
async def test_claiming_reads_no_more_than_the_heads_of_the_lanes(database: Database, analyze: bool) -> None:
    async with database.transaction() as db:
        user_id = await add_user(db)
        vehicles = [await add_vehicle(db) for _ in range(LANES)]
        await db.execute(_FINISHED)
        for vehicle_id in vehicles:
            await submission_repository.submit(db, [new_command(user_id, vehicle_id) for _ in range(PER_LANE)], 100)
        worker_id = WorkerId(uuid4())
        await worker_repository.register(db, worker_id, "test", 30.0)
    if analyze:
        async with database.autocommit() as db:
            await db.execute(text("ANALYZE commands"))

    async with database.transaction() as db:
        claimed = await queue_repository.claim(db, worker_id, "test", 10)
        read = await count(db, _READ)

    assert len(claimed) == 10
    assert read < 5 * LANES
