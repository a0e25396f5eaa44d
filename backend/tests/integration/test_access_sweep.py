"""Every route, caller and object: one table says what is answered, and every refusal leaves a trace."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.domain.json_values import decode_json_object, encode_json
from app.services.refusal_throttle import RefusalThrottle
from support.access_table import CALLERS, ROWS, Row
from support.running_app import ADMIN_PASSWORD, USER_PASSWORD, RunningApp
from support.viewers import read_to_end

CORRELATION = "the-same-for-all"


@dataclass
class World:
    """Accounts, vehicles and commands, one of each kind in the table."""

    app: RunningApp
    callers: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    vehicles: dict[str, str] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    user_id: str = ""
    data_set_id: str = ""
    foreign_session: str = ""

    async def target(self, row: Row, caller: str) -> str:
        """The id of the object of a row, as seen from a caller."""
        if row.target == "none":
            return str(uuid4())
        if "vehicle_id}" in row.path or row.route == "POST /api/v1/commands":
            return self.vehicles[row.target]
        if "command_id}" in row.path or row.method == "WS":
            return self.commands[row.target]
        if "data_set_id}" in row.path:
            return self.data_set_id
        if "session_id}" in row.path:
            return self.foreign_session if row.target == "far" else await self.own_session(caller)
        return self.user_id

    async def own_session(self, caller: str) -> str:
        """A second session of the caller, to be ended."""
        if caller in {"none", "off"}:
            return str(uuid4())
        password = ADMIN_PASSWORD if caller == "admi" else USER_PASSWORD
        async with await self.app.sign_in(caller if caller != "admi" else "admin", password) as other:
            items = (await other.get("/api/v1/auth/sessions")).json()["items"]
        current: str = next(item["session_id"] for item in items if item["current"])
        return current


def body_of(row: Row, target: str) -> dict[str, object] | None:
    """A body that passes every check but the ones in the table."""
    vehicle: dict[str, object] = {
        "vin": f"WVWZZZ1JZXW{1:06d}",
        "make": "VW",
        "model": "Golf",
        "address": "sim:?delay=0",
    }
    bodies: dict[str, dict[str, object]] = {
        "POST /api/v1/auth/login": {"username": "admin", "password": "not this one"},
        "POST /api/v1/auth/browser-session": {"username": "admin", "password": "not this one"},
        "POST /api/v1/auth/refresh": {"refresh_token": "never-issued"},
        "POST /api/v1/auth/password": {"current_password": "not this one", "new_password": "good and long enough"},
        "POST /api/v1/vehicles": vehicle,
        "PATCH /api/v1/vehicles/{vehicle_id}": {},
        "PUT /api/v1/vehicles/{vehicle_id}/secrets/{name}": {"value": "kept inside"},
        "POST /api/v1/commands": {"vehicle_id": target, "command_name": "ReadDTC", "command_params": {}},
        "POST /api/v1/vehicles/{vehicle_id}/command-previews": {"command_name": "ReadDTC"},
        "POST /api/v1/users": {"username": "view", "password": "good and long enough", "role": "viewer"},
        "PATCH /api/v1/users/{user_id}": {},
        "POST /api/v1/commands/{command_id}/redecodings": {},
        "POST /api/v1/diagnostic-data/{data_set_id}/assignments": {},
        "POST /api/v1/diagnostic-data/{data_set_id}/encodings": {"data_id": "0xF190", "value": "A"},
        "POST /api/v1/diagnostic-data/{data_set_id}/decodings": {"raw": "62F19041"},
    }
    return bodies.get(row.route)


@asynccontextmanager
async def world_in(app: RunningApp) -> AsyncIterator[World]:
    """Build the world; every refusal is written down one by one, however many there are."""
    app.app.state.sovd.audit._throttle = RefusalThrottle(allowance=1_000_000)
    world = World(app=app)
    for number, name in enumerate(("near", "far"), start=1):
        world.vehicles[name] = await app.add_vehicle(number=number)
    async with AsyncExitStack() as stack:
        anonymous = httpx.AsyncClient(base_url=app.base_url, timeout=20, trust_env=False)
        world.callers["none"] = await stack.enter_async_context(anonymous)
        for name, role, more in (
            ("off", "engineer", {}),
            ("view", "viewer", {}),
            ("engi", "engineer", {}),
            ("scop", "engineer", {"vehicle_ids": [world.vehicles["near"]]}),
        ):
            world.callers[name] = await stack.enter_async_context(await app.add_user(name, role, **more))
        password = ADMIN_PASSWORD
        world.callers["admi"] = await stack.enter_async_context(await app.sign_in("admin", password))
        await fill(world)
        yield world


async def fill(world: World) -> None:
    """Ended commands to look at, waiting ones that keep the vehicles busy, and one account switched off."""
    app, callers = world.app, world.callers
    for name, client in (("near", callers["engi"]), ("far", callers["admi"])):
        world.commands[name] = await app.submit(world.vehicles[name], client=client)
        await app.ended(world.commands[name])
        changed = await app.admin.patch(f"/api/v1/vehicles/{world.vehicles[name]}", json={"address": "sim:?offline"})
        assert changed.status_code == 200
        await app.submit(world.vehicles[name])
    bench = b"identifiers: [{id: 0xF190, name: VIN, type: text, length: 1, writable: true}]"
    stored = await app.admin.post("/api/v1/diagnostic-data", params={"file_name": "bench.yaml"}, content=bench)
    world.data_set_id = stored.json()["data_set_id"]
    world.user_id = (await callers["view"].get("/api/v1/auth/me")).json()["user_id"]
    async with await app.add_user("somebody") as somebody:
        world.foreign_session = (await somebody.get("/api/v1/auth/sessions")).json()["items"][0]["session_id"]
    off_id = (await callers["off"].get("/api/v1/auth/me")).json()["user_id"]
    assert (await app.admin.patch(f"/api/v1/users/{off_id}", json={"is_active": False})).status_code == 200


@dataclass(frozen=True, slots=True)
class Answer:
    """Status or close code, and everything else that a caller can see but its own correlation id and the time."""

    status: int
    rest: tuple[object, ...]


async def call(world: World, row: Row, caller: str, correlation_id: str) -> Answer:
    """Make one call of the table."""
    target = await world.target(row, caller)
    client = world.callers[caller]
    path = row.path
    for name in ("vehicle_id", "command_id", "session_id", "user_id", "data_set_id", "assignment_id"):
        path = path.replace(f"{{{name}}}", target)
    path = path.replace("secrets/{name}", "secrets/bearer_token")
    if row.route == "POST /api/v1/diagnostic-data":
        path += "?file_name=bench.yaml"
    if row.path == "/ws/events":
        return await subscribe(world, target, client, correlation_id)
    if row.method == "WS":
        return await watch(world, path.rpartition("/")[2], client, correlation_id)
    headers = {"X-Correlation-ID": correlation_id, "X-SOVD-Request": "page"}
    answer = await client.request(row.method, path, json=body_of(row, target), headers=headers)
    shown = sorted((name, value) for name, value in answer.headers.items() if name not in {"date", "x-correlation-id"})
    return Answer(answer.status_code, (shown, answer.text.replace(correlation_id, "")))


async def watch(world: World, command_id: str, client: httpx.AsyncClient, correlation_id: str) -> Answer:
    """The close code and reason of a WebSocket."""
    headers = {"X-Correlation-ID": correlation_id}
    if "Authorization" in client.headers:
        headers["Authorization"] = client.headers["Authorization"]
    url = f"{world.app.ws_url}/ws/responses/{command_id}"
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        watched = await read_to_end(socket)
    assert watched.close_code is not None
    return Answer(watched.close_code, (watched.close_reason,))


async def subscribe(world: World, command_id: str, client: httpx.AsyncClient, correlation_id: str) -> Answer:
    """The answer to a subscription over the page's socket, or its close code."""
    headers = {"X-Correlation-ID": correlation_id}
    if "Authorization" in client.headers:
        headers["Authorization"] = client.headers["Authorization"]
    async with connect(f"{world.app.ws_url}/ws/events", additional_headers=headers, proxy=None) as socket:
        try:
            await socket.send(encode_json({"op": "subscribe", "id": "x", "topic": "command", "command_id": command_id}))
            answer = decode_json_object(await socket.recv())
        except ConnectionClosed:
            assert socket.close_code is not None
            return Answer(socket.close_code, (socket.close_reason,))
    return Answer({"subscribed": 101, "error": 4404}[answer["event"]], tuple(sorted(answer.items())))


async def test_the_table_knows_every_route_and_no_other(running_app: RunningApp) -> None:
    routes = set()
    for route in iter_route_contexts(running_app.app.routes):
        methods = {method for method in route.methods or {"WS"} if method != "HEAD"}
        routes |= {f"{method} {route.path}" for method in methods}
    assert routes == {row.route for row in ROWS}


async def test_every_caller_gets_what_the_table_says_and_refusals_leave_a_trace(running_app: RunningApp) -> None:
    async with world_in(running_app) as world:
        refused = set()
        wrong = []
        for row in ROWS:
            for caller in CALLERS:
                correlation_id = uuid4().hex
                answer = await call(world, row, caller, correlation_id)
                if answer.status != row.expected[caller]:
                    wrong.append(f"{row.route} {row.target} as {caller}: {answer.status} {answer.rest}")
                if is_refusal(row, caller):
                    refused.add(correlation_id)
        assert not wrong, "\n".join(wrong)
        assert await refusals_written_down(running_app) >= refused


def is_refusal(row: Row, caller: str) -> bool:
    """Whether the answer keeps the caller out, openly or by looking like an unknown object."""
    status = row.expected[caller]
    hidden = caller == "scop" and status in {404, 4404} and row.expected["engi"] not in {404, 4404}
    return status in {401, 403, 1008} or hidden


async def refusals_written_down(app: RunningApp) -> set[str]:
    """Correlation ids of all refusals in the audit trail."""
    found: set[str] = set()
    total = 1
    while len(found) < total:
        params: dict[str, str | int] = {"outcome": "refused", "limit": 200, "offset": len(found)}
        page = (await app.admin.get("/api/v1/audit-logs", params=params)).json()
        total = page["total"]
        ids = {entry["correlation_id"] for entry in page["items"]}
        assert len(ids) == len(page["items"]), "a refusal was written down twice"
        found |= ids
    return found


async def test_hidden_objects_look_like_unknown_ones_byte_for_byte(running_app: RunningApp) -> None:
    hidden = [row for row in ROWS if row.target == "far" and row.expected["scop"] in {404, 4404}]
    unknown = {row.route: row for row in ROWS if row.target == "none"}
    assert len(hidden) > 8
    async with world_in(running_app) as world:
        for row in hidden:
            first = await call(world, row, "scop", CORRELATION)
            second = await call(world, unknown[row.route], "scop", CORRELATION)
            assert first == second, row.route


async def test_lists_and_filters_show_nothing_out_of_scope(running_app: RunningApp) -> None:
    async with world_in(running_app) as world:
        scoped = world.callers["scop"]
        vehicles = (await scoped.get("/api/v1/vehicles")).json()
        commands = (await scoped.get("/api/v1/commands")).json()
        assert [item["vehicle_id"] for item in vehicles["items"]] == [world.vehicles["near"]]
        assert vehicles["total"] == 1
        assert {item["vehicle_id"] for item in commands["items"]} == {world.vehicles["near"]}
        for path, hidden, unknown in (
            ("commands", {"vehicle_id": world.vehicles["far"]}, {"vehicle_id": str(uuid4())}),
            ("vehicles", {"search": f"{2:06d}"}, {"search": "no such vehicle"}),
        ):
            answers = [await scoped.get(f"/api/v1/{path}", params=params) for params in (hidden, unknown)]
            assert answers[0].text == answers[1].text
            assert answers[0].json()["total"] == 0


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": False}, {"vehicle_ids": []}])
async def test_rights_that_are_withdrawn_are_gone_at_the_next_call(
    running_app: RunningApp, change: dict[str, object]
) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    async with await running_app.add_user("erika") as erika:
        await running_app.submit(vehicle_id, client=erika)
        user_id = (await erika.get("/api/v1/auth/me")).json()["user_id"]
        assert (await running_app.admin.patch(f"/api/v1/users/{user_id}", json=change)).status_code == 200
        body = {"vehicle_id": vehicle_id, "command_name": "ReadDTC", "command_params": {}}
        expected = {"role": 403, "is_active": 401, "vehicle_ids": 404}[next(iter(change))]
        assert (await erika.post("/api/v1/commands", json=body)).status_code == expected
