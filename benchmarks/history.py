"""History: lists and filters over HTTP with 200 000 commands in the table, one request after the other."""

import time
from collections.abc import Sequence
from urllib.parse import urlencode

import asyncpg

from benchmarks import fleet
from benchmarks.figures import Figure, percentile
from benchmarks.running import run_alone
from benchmarks.server import engines, on_engines, serving

TITLE = "History: lists and filters over HTTP"
_COMMANDS = 200_000
_VEHICLES = 50

_FILL = """
INSERT INTO commands (command_id, vehicle_id, user_id, lane, command_name, command_params, status, status_reason,
    correlation_id, submitted_at, expires_at, timeout_s, started_at, completed_at, attempt, lane_span)
SELECT gen_random_uuid(), vehicle.id, $2, vehicle.id::text, (ARRAY['ReadDTC', 'ReadDataByID', 'ClearDTC'])[1 + n % 3],
    '{"ecuAddress":"0x10"}', CASE WHEN n % 100 = 0 THEN 'failed' WHEN n % 1000 = 1 THEN 'outcome_unknown'
        WHEN n % 250 = 2 THEN 'expired' ELSE 'completed' END,
    'the vehicle answered', 'benchmark', sent.at, sent.at + interval '15 minutes', 30, sent.at, sent.at, 1,
    int8range(v.vehicle_number << 32, (v.vehicle_number + 1) << 32)
FROM generate_series(1, $3::integer) AS n
CROSS JOIN LATERAL (SELECT ($1::uuid[])[1 + (n * 7919) % cardinality($1::uuid[])] AS id) AS vehicle
JOIN vehicles v ON v.vehicle_id = vehicle.id
CROSS JOIN LATERAL (SELECT now() - make_interval(secs => 30 * ($3 - n)) AS at) AS sent
"""


async def measure(quick: bool) -> Sequence[Figure]:
    """p50 and p95 of each kind of query; the total that each list carries is counted too."""
    commands, repetitions = (20_000, 10) if quick else (_COMMANDS, 60)
    async with engines() as shared, serving(on_engines(shared)) as server:
        vehicles = await fleet.add_vehicles(server, _VEHICLES, "sim:?offline")
        connection = await server.connect()
        user_id = fleet.expect(await connection.request("GET", "/api/v1/auth/me"), 200).json()["user_id"]
        connection.close()
        database = await asyncpg.connect(shared.database_url)
        await database.execute(_FILL, vehicles, user_id, commands)
        await database.execute("VACUUM ANALYZE commands")
        day = await database.fetchval("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '1 day', $1)", _ISO)
        a_command = await database.fetchval("SELECT command_id::text FROM commands OFFSET 1000 LIMIT 1")
        await database.close()
        connection = await server.connect()
        figures = []
        for name, path in _queries(vehicles[7], str(user_id), day, a_command, commands).items():
            times = []
            for _ in range(repetitions):
                began = time.perf_counter()
                fleet.expect(await connection.request("GET", path), 200)
                times.append((time.perf_counter() - began) * 1000)
            p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
            figures.append(Figure(name=name, value=f"p50 {p50:.1f} ms", runs=f"p95 {p95:.1f} ms"))
        connection.close()
    return [Figure(name="commands in the table", value=f"{commands:,}"), *figures]


_ISO = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


def _queries(vehicle_id: str, user_id: str, day: str, command_id: str, commands: int) -> dict[str, str]:
    def page(**query: str | int) -> str:
        return f"/api/v1/commands?{urlencode(query)}"

    return {
        "newest 50": page(),
        "200 from the middle": page(limit=200, offset=commands // 2),
        "of a vehicle": page(vehicle_id=vehicle_id),
        "of a user": page(user_id=user_id),
        "completed": page(status="completed"),
        "failed": page(status="failed"),
        "outcome_unknown": page(status="outcome_unknown"),
        "pending": page(status="pending"),
        "of a vehicle, failed": page(vehicle_id=vehicle_id, status="failed"),
        "by command name": page(command_name="ClearDTC"),
        "of the last day": page(since=day),
        "before the last day": page(until=day),
        "one command": f"/api/v1/commands/{command_id}",
        "timeline of one command": f"/api/v1/commands/{command_id}/timeline",
    }


if __name__ == "__main__":
    run_alone(TITLE, measure)
