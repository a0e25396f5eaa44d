"""What a reading proves about an unknown clearing, and what it does not."""

from sqlalchemy import text

from app.eventbus.event_bus import EventBus
from app.repositories import submission_repository
from app.repositories.unit_of_work import UnitOfWork
from app.storage.engine import Database
from app.worker.reconciliation import Reconciliation
from support.builders import add_user, add_vehicle, count, new_command

_STARTED = "UPDATE commands SET status = 'in_progress' WHERE command_name = :name"
_UNKNOWN = """
UPDATE commands SET status = 'outcome_unknown', started_at = now() - interval '9 s',
    completed_at = now() - interval '8 s'
WHERE command_name = 'ClearDTC'
"""
_READ = """
UPDATE commands SET status = 'completed', started_at = now() - interval '7 s',
    completed_at = now() - interval '1 s'
WHERE command_name = 'ReadDTC'
"""
_ANSWER = """
INSERT INTO responses (command_id, sequence_number, response_id, response_payload, is_final)
SELECT :id, n, gen_random_uuid(),
    CAST(CASE n WHEN 1001 THEN '{"dtcs": [{"dtcCode": "P0420"}]}' ELSE '{}' END AS json),
    n = 1002
FROM generate_series(1, 1002) AS n
"""


async def test_beginning_of_a_very_long_reading_proves_nothing(database: Database, redis_url: str) -> None:
    async with database.transaction() as db:
        user, vehicle = await add_user(db), await add_vehicle(db)
        clearing, reading = new_command(user, vehicle, command_name="ClearDTC"), new_command(user, vehicle)
        await submission_repository.submit(db, [clearing, reading], 10)
        for name, ended in (("ClearDTC", _UNKNOWN), ("ReadDTC", _READ)):
            await db.execute(text(_STARTED), {"name": name})
            await db.execute(text(ended))
        await db.execute(text(_ANSWER), {"id": reading.command_id})
    await Reconciliation(UnitOfWork(database, EventBus(redis_url)), worker_name="test").settle_unknown()
    async with database.autocommit() as db:
        assert await count(db, "SELECT count(*) FROM commands WHERE status = 'outcome_unknown'") == 1
