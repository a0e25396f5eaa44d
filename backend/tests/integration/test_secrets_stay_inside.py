"""A session of the whole application at debug level, secrets in right and wrong places: none comes out anywhere."""

import io
import logging
from collections.abc import Awaitable, Iterator

import httpx
import pytest
import structlog
from sqlalchemy import text

from app.observability.logs import configure_logging
from app.settings import Settings
from app.storage.engine import Database
from support.running_app import ADMIN_PASSWORD, USER_PASSWORD, RunningApp, running
from support.viewers import token_of, watch

WRONG = "Wr0ng-s3cret-of-somebody"
NEW_PASSWORD = "N3w-s3cret-of-erika"
IN_ADDRESS = "s3cret-in-an-address"
MISPLACED = "m1splaced-s3cret-value"
OF_VEHICLE = "the-token-of-the-vehicle-itself"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged at debug level, as JSON; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging("debug", "json", stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)


async def keep(answers: list[httpx.Response], call: Awaitable[httpx.Response]) -> None:
    """Make a call and keep its answer."""
    answers.append(await call)


async def sign_in_and_out(client: httpx.AsyncClient, answers: list[httpx.Response]) -> set[str]:
    """Right and wrong passwords, refresh, reuse, change of password. Gives the tokens; keeps answers to errors."""
    tokens: set[str] = set()
    right = {"username": "erika", "password": USER_PASSWORD}
    pair = (await client.post("/api/v1/auth/login", json=right)).json()
    fresh = (await client.post("/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})).json()
    for body in (pair, fresh):
        tokens |= {body["access_token"], body["refresh_token"]}
    login, refresh = "/api/v1/auth/login", "/api/v1/auth/refresh"
    for path, body in (
        (login, {"username": "erika", "password": WRONG}),
        (login, {"username": WRONG, "password": "erika"}),
        (login, {"username": "erika", "password": [WRONG]}),
        (login, {"username": {"password": WRONG}, "password": 7}),
        (login, {"username": "erika", "passwort": WRONG}),
        (refresh, {"refresh_token": pair["refresh_token"]}),
        (refresh, {"refresh_token": fresh["access_token"]}),
        (refresh, {"refresh_token": MISPLACED + "\0"}),
    ):
        await keep(answers, client.post(path, json=body))
    await keep(answers, client.post(login, content=f'{{"password": "{WRONG}"'.encode()))
    await keep(answers, client.post(login, content=WRONG.encode(), headers={"Content-Type": "text/plain"}))
    return tokens


async def act_with_token(client: httpx.AsyncClient, answers: list[httpx.Response]) -> None:
    """An engineer's and an admin's calls with secrets in fields where they do not belong."""
    bad_addresses = (f"sovd+https://user:{IN_ADDRESS}@host/", f"sim:?token={IN_ADDRESS}", f"{IN_ADDRESS}@sim:")
    vehicle = {"vin": "WVWZZZ1JZXW000077", "make": "VW", "model": "Golf"}
    for address in bad_addresses:
        await keep(answers, client.post("/api/v1/vehicles", json=vehicle | {"address": address}))
    for body in (
        {"username": "otto", "password": "short", "role": "viewer"},
        {"username": MISPLACED + " ", "password": MISPLACED, "role": MISPLACED},
        {"username": "otto", "password": {"value": MISPLACED}, "role": "viewer"},
        {"username": "otto", "password": MISPLACED, "role": "viewer", "is_active": MISPLACED},
        {"username": "erika", "password": MISPLACED, "role": "viewer"},
    ):
        await keep(answers, client.post("/api/v1/users", json=body))
    change = {"current_password": WRONG, "new_password": NEW_PASSWORD}
    await keep(answers, client.post("/api/v1/auth/password", json=change))
    token = token_of(client)
    for path in ("/api/v1/commands", "/api/v1/vehicles/x", "/api/v1/nowhere", "/metrics", "/"):
        await keep(answers, client.get(path, params={"token": token, "limit": "x"}))
    await keep(answers, client.get("/api/v1/auth/me", headers={"Authorization": f"Basic {MISPLACED}"}))
    await keep(answers, client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {MISPLACED}.{token}"}))


async def stream(app: RunningApp, token: str, command_id: str) -> None:
    """Every way to present a token to a stream, right and wrong."""
    for presented in (token, token[:-4] + "AAAA"):
        header = await watch(app, command_id, presented)
        query = await watch(app, command_id, query=f"?token={presented}")
        offer = await watch(app, command_id, subprotocols=["sovd.v1", f"bearer.{presented}"])
        assert header.close_code == query.close_code == offer.close_code
        assert presented not in f"{header} {query} {offer}"


async def everything_stored(settings: Settings) -> str:
    """All that the audit trail and the commands hold, as text."""
    assert settings.database_url is not None
    database = Database(settings.database_url.get_secret_value(), name="tests")
    async with database.autocommit() as db:
        tables = ("audit_log", "commands", "responses", "vehicles", "vehicle_secrets")
        rows = [(await db.execute(text(f"SELECT * FROM {table}"))).all() for table in tables]  # noqa: S608 - our names
        users = (await db.execute(text("SELECT username, email FROM users"))).all()
    await database.close()
    return f"{rows} {users}"


async def test_no_secret_reaches_logs_answers_audit_or_figures(app_settings: Settings, logged: io.StringIO) -> None:
    answers: list[httpx.Response] = []
    async with running(app_settings.model_copy(update={"log_level": "debug"})) as app:
        vehicle_id = await app.add_vehicle()
        kept = f"/api/v1/vehicles/{vehicle_id}/secrets"
        answers.append(await app.admin.put(f"{kept}/bearer_token", json={"value": OF_VEHICLE}))
        answers.append(await app.admin.put(f"{kept}/security_access", json={"value": OF_VEHICLE, "x": 1}))
        answers.append(await app.admin.get(kept))
        command_id = await app.submit(vehicle_id, reason="the engine light is on")
        await app.ended(command_id)
        async with await app.add_user("erika", role="admin") as erika:
            async with httpx.AsyncClient(base_url=app.base_url, trust_env=False) as anonymous:
                secrets = await sign_in_and_out(anonymous, answers)
            await act_with_token(erika, answers)
            await stream(app, token_of(erika), command_id)
            secrets |= {token_of(erika), token_of(app.admin)}
        audit = [line async for line in (await app.admin.get("/api/v1/audit-logs/export")).aiter_lines()]
        figures = (await app.admin.get("/metrics")).text
        stored = await everything_stored(app_settings)
    assert app_settings.token_secret is not None
    secrets |= {OF_VEHICLE, WRONG, NEW_PASSWORD, IN_ADDRESS, MISPLACED, ADMIN_PASSWORD, USER_PASSWORD}
    secrets |= {app_settings.token_secret.get_secret_value(), "$argon2"}
    secrets |= {part for secret in secrets if secret.count(".") == 2 for part in secret.split(".")[1:]}
    places = [("log", logged.getvalue()), ("audit", "\n".join(audit)), ("metrics", figures), ("tables", stored)]
    places += [(f"answer to {answer.request.url}", f"{answer.text} {answer.headers}") for answer in answers]
    assert logged.getvalue().count("\n") > 50
    assert len(answers) > 25
    assert [(place, secret) for place, shown in places for secret in secrets if secret in shown] == []
