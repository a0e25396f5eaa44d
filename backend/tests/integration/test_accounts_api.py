"""Signing in, accounts and the audit trail over real HTTP."""

import asyncio
import json
import logging
from uuid import uuid4

import httpx
import pytest
import websockets

from support.running_app import ADMIN_PASSWORD, USER_PASSWORD, RunningApp

V1 = "/api/v1"


async def tokens(app: RunningApp, username: str, password: str = USER_PASSWORD) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=app.base_url, trust_env=False) as client:
        answer = await client.post(f"{V1}/auth/login", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, str] = answer.json()
    return found


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, object] = answer.json()
    assert body["code"] == code
    assert body["correlation_id"] == answer.headers["X-Correlation-ID"]
    return body


async def test_signing_in_gives_the_answer_of_the_contract(running_app: RunningApp) -> None:
    pair = await tokens(running_app, "ADMIN", ADMIN_PASSWORD)
    assert pair.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert pair["token_type"] == "bearer"
    assert int(pair["expires_in"]) == 900
    me = (await running_app.admin.get(f"{V1}/auth/me")).json()
    assert (me["username"], me["role"], me["is_active"], me["vehicle_ids"]) == ("admin", "admin", True, None)


async def test_a_refused_sign_in_says_no_more_than_that(running_app: RunningApp) -> None:
    for username in ("admin", "nobody", "no name\n"):
        wrong = {"username": username, "password": "wrong-password"}
        answer = await running_app.admin.post(f"{V1}/auth/login", json=wrong)
        body = problem(answer, 401, "not_authenticated")
        assert body["detail"] == "the user name or the password is wrong"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_without_a_valid_token_nothing_is_told(running_app: RunningApp) -> None:
    paths = ("auth/me", "auth/sessions", "users", f"users/{uuid4()}", "audit-logs", "audit-logs/export")
    async with httpx.AsyncClient(base_url=running_app.base_url, trust_env=False) as client:
        for header in (None, "", "Bearer", "Bearer x", "Basic YWRtaW46YWRtaW4=", "Bearer a.b.c"):
            headers = {} if header is None else {"Authorization": header}
            for path in paths:
                problem(await client.get(f"{V1}/{path}", headers=headers), 401, "not_authenticated")


async def test_refresh_rotates_and_reuse_ends_the_session(running_app: RunningApp) -> None:
    first = await tokens(running_app, "admin", ADMIN_PASSWORD)
    url = f"{V1}/auth/refresh"
    second = await running_app.admin.post(url, json={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    problem(await running_app.admin.post(url, json={"refresh_token": first["refresh_token"]}), 401, "not_authenticated")
    spent = {"refresh_token": second.json()["refresh_token"]}
    problem(await running_app.admin.post(url, json=spent), 401, "not_authenticated")
    dead = {"Authorization": f"Bearer {second.json()['access_token']}"}
    problem(await running_app.admin.get(f"{V1}/auth/me", headers=dead), 401, "not_authenticated")
    assert (await running_app.admin.get(f"{V1}/auth/me")).status_code == 200


async def test_sessions_are_listed_ended_and_signed_out(running_app: RunningApp) -> None:
    async with await running_app.add_user("erika") as here, await running_app.sign_in("erika") as there:
        listed = (await here.get(f"{V1}/auth/sessions")).json()
        assert (listed["total"], [item["current"] for item in listed["items"]].count(True)) == (2, 1)
        (other,) = [item for item in listed["items"] if not item["current"]]
        assert (await here.delete(f"{V1}/auth/sessions/{other['session_id']}")).status_code == 204
        problem(await there.get(f"{V1}/auth/me"), 401, "not_authenticated")
        problem(await here.delete(f"{V1}/auth/sessions/{other['session_id']}"), 404, "not_found")
        assert (await here.post(f"{V1}/auth/logout")).status_code == 204
        problem(await here.get(f"{V1}/auth/me"), 401, "not_authenticated")


async def test_the_own_password_is_changed(running_app: RunningApp) -> None:
    url = f"{V1}/auth/password"
    async with await running_app.add_user("erika") as erika:
        wrong = await erika.post(url, json={"current_password": "not it", "new_password": "another horse battery"})
        assert problem(wrong, 422, "invalid_request")["errors"] == [
            {"pointer": "/current_password", "message": "this is not the current password"}
        ]
        right = {"current_password": USER_PASSWORD, "new_password": "another horse battery"}
        assert (await erika.post(url, json=right)).status_code == 204
        assert (await erika.get(f"{V1}/auth/me")).status_code == 200
        await tokens(running_app, "erika", "another horse battery")


async def test_accounts_are_administered(running_app: RunningApp) -> None:
    admin, vehicle_id = running_app.admin, str(uuid4())
    body = {"username": "Erika", "password": USER_PASSWORD, "role": "viewer", "vehicle_ids": [vehicle_id]}
    created = await admin.post(f"{V1}/users", json=body)
    assert created.status_code == 201
    user = created.json()
    assert created.headers["Location"] == f"{V1}/users/{user['user_id']}"
    assert (user["username"], user["vehicle_ids"], "password" in user) == ("erika", [vehicle_id], False)
    problem(await admin.post(f"{V1}/users", json=body), 409, "username_taken")
    url = f"{V1}/users/{user['user_id']}"
    patched = (await admin.patch(url, json={"email": "erika@example.org", "vehicle_ids": None})).json()
    assert (patched["email"], patched["vehicle_ids"], patched["role"]) == ("erika@example.org", None, "viewer")
    assert (await admin.get(url)).json() == patched
    listed = (await admin.get(f"{V1}/users", params={"limit": 1, "offset": 1})).json()
    assert listed == {"items": [patched], "total": 2, "limit": 1, "offset": 1}
    problem(await admin.get(f"{V1}/users/{uuid4()}"), 404, "not_found")
    problem(await admin.patch(f"{V1}/users/{uuid4()}", json={"role": "admin"}), 404, "not_found")


async def test_the_last_admin_cannot_go(running_app: RunningApp) -> None:
    me = (await running_app.admin.get(f"{V1}/auth/me")).json()
    for change in ({"is_active": False}, {"role": "viewer"}):
        answer = await running_app.admin.patch(f"{V1}/users/{me['user_id']}", json=change)
        problem(answer, 409, "last_admin")


WRONG_FIELDS: list[tuple[dict[str, object], str]] = [
    ({"password": "secret"}, "/password"),
    ({"password": "x" * 257}, "/password"),
    ({"password": "erika.mustermann", "username": "Erika.Mustermann"}, "/password"),
    ({"password": ["secret-in-a-list"]}, "/password"),
    ({"username": "two words"}, "/username"),
    ({"role": "root"}, "/role"),
    ({"email": "nowhere"}, "/email"),
    ({"vehicle_ids": ["x"]}, "/vehicle_ids/0"),
    ({"is_admin": True}, "/is_admin"),
]


async def test_wrong_fields_are_named_and_no_secret_comes_back(running_app: RunningApp) -> None:
    for change, pointer in WRONG_FIELDS:
        body = {"username": "erika", "password": "a secret nobody may read", "role": "viewer"} | change
        answer = await running_app.admin.post(f"{V1}/users", json=body)
        errors = problem(answer, 422, "invalid_request")["errors"]
        assert isinstance(errors, list)
        assert [error["pointer"] for error in errors] == [pointer]
        assert "secret" not in answer.text
        assert "x" * 20 not in answer.text


@pytest.mark.parametrize("role", ["viewer", "engineer"])
async def test_only_admins_reach_accounts_and_trail_and_attempts_show_there(running_app: RunningApp, role: str) -> None:
    async with await running_app.add_user("erika", role) as erika:
        me = (await erika.get(f"{V1}/auth/me")).json()["user_id"]
        new = {"username": "mallory", "password": USER_PASSWORD, "role": "admin"}
        attempts = [
            await erika.get(f"{V1}/users"),
            await erika.post(f"{V1}/users", json=new),
            await erika.get(f"{V1}/users/{me}"),
            await erika.get(f"{V1}/users/{uuid4()}"),
            await erika.patch(f"{V1}/users/{me}", json={"role": "admin"}),
            await erika.patch(f"{V1}/users/{uuid4()}", json={"role": "admin"}),
            await erika.get(f"{V1}/audit-logs"),
            await erika.get(f"{V1}/audit-logs/verification"),
            await erika.get(f"{V1}/audit-logs/export"),
        ]
        for attempt in attempts:
            problem(attempt, 403, "forbidden")
        assert (await erika.get(f"{V1}/auth/me")).json()["role"] == role
    refused = (await running_app.admin.get(f"{V1}/audit-logs", params={"actor": "erika", "outcome": "refused"})).json()
    assert refused["total"] == len(attempts)
    assert {item["ip_address"] for item in refused["items"]} == {"127.0.0.1"}
    assert {item["correlation_id"] for item in refused["items"]} == {
        attempt.headers["X-Correlation-ID"] for attempt in attempts
    }


async def test_the_trail_is_read_verified_and_taken_along(running_app: RunningApp) -> None:
    admin = running_app.admin
    page = (await admin.get(f"{V1}/audit-logs", params={"action": "auth.login", "limit": 1})).json()
    assert page["total"] == len(page["items"]) == 1
    assert page["items"][0]["actor_name"] == "admin"
    verification = f"{V1}/audit-logs/verification"
    async with asyncio.timeout(10):
        while True:  # sealing runs in the background
            result = (await admin.get(verification)).json()
            if result["unsealed"] == 0:
                break
            await asyncio.sleep(0.02)
    assert (result["intact"], result["first_bad"], result["checked"] > 0) == (True, None, True)
    head = {"expected_position": result["head"]["position"], "expected_digest": result["head"]["chain_digest"]}
    assert (await admin.get(verification, params=head)).json()["intact"] is True
    forged = await admin.get(verification, params=head | {"expected_digest": "0" * 64})
    assert forged.json()["first_bad"]["kind"] == "anchor_mismatch"
    problem(await admin.get(verification, params={"expected_position": 1}), 422, "invalid_request")
    export = await admin.get(f"{V1}/audit-logs/export")
    assert export.headers["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in export.text.splitlines()]
    assert lines[result["checked"] - 1]["chain_digest"] == result["head"]["chain_digest"]


async def test_wrong_filters_are_named(running_app: RunningApp) -> None:
    wrong: dict[str, str] = {
        "since": "yesterday",
        "until": "2025-01-01T00:00:00",
        "outcome": "maybe",
        "limit": "0",
        "actor": "",
    }
    for name, value in wrong.items():
        answer = await running_app.admin.get(f"{V1}/audit-logs", params={name: value})
        errors = problem(answer, 422, "invalid_request")["errors"]
        assert isinstance(errors, list)
        assert [error["pointer"] for error in errors] == [f"/{name}"]


@pytest.mark.parametrize("how", ["switched off", "signed out", "password set"])
async def test_whoever_loses_the_session_loses_open_streams_at_once(running_app: RunningApp, how: str) -> None:
    vehicle_id = await running_app.add_vehicle("sim:?offline")
    async with await running_app.add_user("erika") as erika:
        command_id = await running_app.submit(vehicle_id, client=erika)
        user = (await erika.get(f"{V1}/auth/me")).json()
        headers = {"Authorization": erika.headers["Authorization"]}
        url = f"{running_app.ws_url}/ws/responses/{command_id}"
        async with websockets.connect(url, additional_headers=headers, proxy=None) as socket:
            users = f"{V1}/users/{user['user_id']}"
            match how:
                case "switched off":
                    await running_app.admin.patch(users, json={"is_active": False})
                case "signed out":
                    await erika.post(f"{V1}/auth/logout")
                case _:
                    await running_app.admin.patch(users, json={"password": "another horse battery"})
            async with asyncio.timeout(20):
                await socket.wait_closed()
            assert socket.close_code == 1008
        problem(await erika.get(f"{V1}/auth/me"), 401, "not_authenticated")


async def test_no_secret_reaches_the_log(
    running_app: RunningApp, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    pair = await tokens(running_app, "admin", ADMIN_PASSWORD)
    await running_app.admin.post(f"{V1}/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    await running_app.admin.post(f"{V1}/auth/login", json={"username": "admin", "password": "wrong-password-here"})
    written = caplog.text + "".join(capfd.readouterr())
    for secret in (pair["access_token"], pair["refresh_token"], ADMIN_PASSWORD, "wrong-password-here"):
        assert secret not in written
