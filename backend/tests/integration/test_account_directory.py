"""Names of accounts for everybody who shares a vehicle, and sessions of others for admins; over real HTTP."""

from uuid import uuid4

import httpx

from support.running_app import RunningApp

V1 = "/api/v1"


async def id_of(client: httpx.AsyncClient) -> str:
    found: str = (await client.get(f"{V1}/auth/me")).json()["user_id"]
    return found


async def test_a_viewer_learns_who_is_behind_an_id_and_nothing_more(running_app: RunningApp) -> None:
    async with await running_app.add_user("erika") as erika, await running_app.add_user("otto", "viewer") as otto:
        wanted = [await id_of(erika), await id_of(otto), str(uuid4())]
        answer = await otto.get(f"{V1}/users/names", params={"user_id": wanted})
        assert answer.status_code == 200
        assert answer.json()["items"] == [
            {"user_id": wanted[0], "username": "erika"},
            {"user_id": wanted[1], "username": "otto"},
        ]
        assert (await otto.get(f"{V1}/users/names")).json()["items"] == []
        too_many = await otto.get(f"{V1}/users/names", params={"user_id": [str(uuid4()) for _ in range(101)]})
        assert too_many.status_code == 422


async def test_an_admin_sees_the_sessions_of_an_account_and_ends_one(running_app: RunningApp) -> None:
    async with await running_app.add_user("erika") as erika:
        user_id = await id_of(erika)
        async with await running_app.sign_in("erika") as second:
            seen = (await running_app.admin.get(f"{V1}/users/{user_id}/sessions")).json()["items"]
            assert [session["current"] for session in seen] == [False, False]
            ours = (await second.get(f"{V1}/auth/sessions")).json()["items"]
            ended = next(session["session_id"] for session in ours if session["current"])

            answer = await running_app.admin.delete(f"{V1}/users/{user_id}/sessions/{ended}")

            assert answer.status_code == 204
            assert (await second.get(f"{V1}/auth/me")).status_code == 401
        assert (await erika.get(f"{V1}/auth/me")).status_code == 200
    trail = await running_app.admin.get(f"{V1}/audit-logs", params={"action": "session.revoked"})
    (entry,) = trail.json()["items"]
    assert (entry["object_id"], entry["actor_name"]) == (ended, "admin")
    assert entry["details"] == {"reason": "ended by an admin", "user_id": user_id}


async def test_a_session_is_ended_only_under_its_own_account(running_app: RunningApp) -> None:
    async with await running_app.add_user("erika") as erika, await running_app.add_user("otto") as otto:
        session = (await erika.get(f"{V1}/auth/sessions")).json()["items"][0]["session_id"]
        other = await id_of(otto)
        assert (await running_app.admin.delete(f"{V1}/users/{other}/sessions/{session}")).status_code == 404
        assert (await erika.get(f"{V1}/auth/me")).status_code == 200
