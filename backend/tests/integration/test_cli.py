"""The program `sovd` as a real child process against the whole application."""

import asyncio
import itertools
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from support.engines import ValkeyProcess
from support.running_app import ADMIN_PASSWORD, USER_PASSWORD, RunningApp, running, settings_for_tests
from support.sovd_process import SovdUser

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(
    module_database_url: str, valkey: ValkeyProcess, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApp]:
    """One application for all tests here: each has a vehicle of its own."""
    settings = settings_for_tests(module_database_url, valkey.url, tmp_path_factory.mktemp("home"))
    async with running(settings) as app:
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anna(served: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> SovdUser:
    """An engineer who has signed in with `sovd login`."""
    return await new_user(served, "anna", tmp_path_factory.mktemp("anna"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(served: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> SovdUser:
    """The administrator, signed in."""
    user = SovdUser(tmp_path_factory.mktemp("admin"), served.base_url)
    assert (await user.sign_in("admin", ADMIN_PASSWORD)).code == 0
    return user


async def new_user(served: RunningApp, name: str, folder: Path) -> SovdUser:
    """A new engineer who has signed in with `sovd login`."""
    async with await served.add_user(name):
        pass
    user = SovdUser(folder, served.base_url)
    signed_in = await user.sign_in(name, USER_PASSWORD)
    assert signed_in.code == 0, signed_in.err
    return user


async def new_vehicle(served: RunningApp, address: str) -> tuple[str, str]:
    """A new vehicle of known presence: its VIN and its id."""
    vehicle_id = await served.add_vehicle(address, number=next(_numbers))
    return str((await served.vehicle(vehicle_id))["vin"]), vehicle_id


def kinds(events: list[dict[str, object]]) -> list[object]:
    return [event.get("sequence_number") or event.get("status") or event["event"] for event in events]


async def test_a_table_for_people_and_exit_code_0(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=0")
    listed = await anna.call("vehicles")
    assert vin in listed.out
    assert "connected" in listed.out
    ran = await anna.call("run", "ReadDTC", "--vehicle", vin)
    assert ran.code == 0, ran.err
    for part in ("P0420 Catalyst System Efficiency Below Threshold (Bank 1) (confirmed)", "P0171", "completed after"):
        assert part in ran.out
    assert "\x1b" not in ran.out
    assert "Traceback" not in ran.err


async def test_presence_of_a_vehicle_looked_back_at(served: RunningApp, anna: SovdUser) -> None:
    vin, vehicle_id = await new_vehicle(served, "sim:?delay=0")
    shown = await anna.call("vehicle", "presence", vin)
    assert shown.code == 0, shown.err
    first, _, *rows = shown.out.splitlines()
    assert first.startswith(f"{vin}: online ")
    assert "recorded since" in first
    assert ["connected" in rows[0], " now " in rows[0], "unknown" in rows[-1]] == [True, True, True]
    assert "it was new, and not asked yet" in shown.out
    told = json.loads((await anna.call("vehicle", "presence", vin, "--all", "--since", "2d", "--json")).out)
    assert [item["connection_status"] for item in told["items"]] == ["connected", "unknown"]
    assert (told["total"], told["items"][0]["until"]) == (2, None)
    one = await anna.call("vehicle", "presence", vehicle_id, "--limit", "1")
    assert "1 of 2 shown" in one.err
    assert (await anna.call("vehicle", "presence", vin, "--since", "yesterday")).code == 2


async def test_ndjson_arrives_event_by_event_while_the_vehicle_answers(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=0.4")
    process = await anna.start("run", "ReadDTC", "--vehicle", vin[-6:], "-p", "ecuAddress=0x10", "--json")
    assert process.stdout is not None
    lines: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while not lines or lines[-1]["event"] != "response":
            lines.append(json.loads(await process.stdout.readline()))
        assert process.returncode is None
        rest, _ = await process.communicate()
    events = [*lines, *map(json.loads, rest.decode().splitlines())]
    assert kinds(events) == ["pending", "in_progress", 1, 2, 3, "completed"]
    assert events[0]["event"] == "accepted"
    assert events[2]["response_payload"]["ecuAddress"] == "0x10"
    assert process.returncode == 0


async def test_watch_after_the_end_shows_the_stored_answer(served: RunningApp, anna: SovdUser) -> None:
    _, vehicle_id = await new_vehicle(served, "sim:?delay=0")
    command_id = await served.submit(vehicle_id)
    await served.ended(command_id)
    whole = await anna.call("watch", command_id, "--json")
    assert [kind for kind in kinds(whole.events) if kind != "in_progress"] == [1, 2, 3, "completed"]
    rest = await anna.call("watch", command_id, "--after", "2", "--json")
    assert kinds(rest.events)[-2:] == [3, "completed"]
    assert whole.code == rest.code == 0
    shown = await anna.call("show", command_id)
    assert "Timeline:" in shown.out
    assert "3 final" in shown.out


@pytest.mark.parametrize(
    ("address", "arguments", "expected"),
    [
        ("sim:?delay=0&fail_after=0", ["ReadDTC"], (1, "failed after")),
        ("sim:?delay=0&silent_after=0", ["ClearDTC", "-p", "ecuAddress=0x10", "--timeout", "1"], (3, "may have acted")),
        ("sim:?offline", ["ReadDTC", "--expires-in", "1"], (4, "did not start in time")),
    ],
    ids=["failed", "outcome_unknown", "expired"],
)
async def test_the_exit_code_tells_a_bad_outcome(
    served: RunningApp, anna: SovdUser, address: str, arguments: list[str], expected: tuple[int, str]
) -> None:
    vin, _ = await new_vehicle(served, address)
    ran = await anna.call("run", *arguments, "--vehicle", vin)
    code, word = expected
    assert ran.code == code, ran.out + ran.err
    assert word in ran.out


async def test_cancelled_has_its_own_exit_code(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?offline")
    accepted = await anna.call("run", "ReadDTC", "--vehicle", vin, "--no-wait")
    command_id = accepted.out.strip()
    watching = await anna.start("watch", command_id, "--json")
    cancelled = await anna.call("cancel", command_id, "--reason", "wrong car")
    assert (cancelled.code, cancelled.out.split(":")[0].strip()) == (0, "cancelled")
    out, _ = await asyncio.wait_for(watching.communicate(), 20)
    assert watching.returncode == 5
    assert json.loads(out.decode().splitlines()[-1])["status"] == "cancelled"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "ReadDTC", "--vehicle", "NOSUCHVIN"], "there is no vehicle 'NOSUCHVIN'"),
        (["run", "OpenDoors", "--vehicle", "{vin}"], "OpenDoors"),
        (["run", "ReadDTC", "--vehicle", "{vin}", "-p", "ecuAddress=16"], "/command_params/ecuAddress"),
        (["run", "ReadDTC", "--vehicle", "{vin}", "-p", "ecuAddress"], "name=value"),
        (["run", "ReadDTC"], "--vehicle"),
        (["watch", "latest"], "no command id"),
        (["watch", "00000000-0000-4000-8000-000000000000"], "sovd history"),
        (["user", "list"], "administrator"),
        (["vehicle", "remove", "{vin}"], "--yes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_refusals_have_exit_code_2_and_say_what_to_do(
    served: RunningApp, anna: SovdUser, arguments: list[str], words: str
) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=0")
    refused = await anna.call(*(argument.format(vin=vin) for argument in arguments))
    assert refused.code == 2, refused.out
    assert words in refused.err
    assert "Traceback" not in refused.err
    assert refused.out == ""


async def test_a_wrong_password_is_refused_without_a_trace_of_it(served: RunningApp, tmp_path: Path) -> None:
    user = SovdUser(tmp_path, served.base_url)
    refused = await user.sign_in("admin", "a-wrong-password")
    assert refused.code == 6
    assert "password is wrong" in refused.err
    assert "correlation id" in refused.err
    assert "a-wrong-password" not in refused.err
    assert not (tmp_path / "credentials.json").exists()


async def test_login_asks_and_does_not_show_what_is_typed(served: RunningApp, tmp_path: Path) -> None:
    user = SovdUser(tmp_path, served.base_url)
    async with user.at_terminal("login") as session:
        await session.shows("User name:")
        session.types("admin\n")
        await session.shows("Password of admin")
        session.types(f"{ADMIN_PASSWORD}\n")
        await session.shows("signed in")
        assert await session.leaves_with() == 0
        assert ADMIN_PASSWORD not in session.everything
    assert (await user.call("vehicles")).code == 0


async def test_without_a_sign_in_it_says_sovd_login(served: RunningApp, tmp_path: Path) -> None:
    user = SovdUser(tmp_path, served.base_url)
    refused = await user.call("vehicles")
    assert (refused.code, "sovd login" in refused.err) == (6, True)
    assert (await user.call("login", "--username", "admin")).code == 2, "no terminal to ask at"


async def test_a_server_that_is_away_is_told_in_one_line(tmp_path: Path, unused_tcp_port: int) -> None:
    user = SovdUser(tmp_path, f"http://127.0.0.1:{unused_tcp_port}")
    refused = await user.call("vehicles", env={"SOVD_TOKEN": "any"})
    assert refused.code == 6
    assert "cannot reach http://127.0.0.1" in refused.err
    assert "sovd serve" in refused.err


async def test_logout_ends_the_session_on_the_server_too(served: RunningApp, tmp_path: Path) -> None:
    leaver = await new_user(served, "leaver", tmp_path)
    tokens = json.loads((tmp_path / "credentials.json").read_text())["servers"][leaver.server]
    assert (await leaver.call("logout")).code == 0
    assert (await leaver.call("vehicles")).code == 6
    assert (await leaver.call("vehicles", env={"SOVD_TOKEN": tokens["access_token"]})).code == 6
    assert "not signed in" in (await leaver.call("logout")).out


async def test_the_history_is_filtered_and_names_the_vehicle(served: RunningApp, anna: SovdUser) -> None:
    (vin, first), (other_vin, second) = [await new_vehicle(served, "sim:?delay=0") for _ in range(2)]
    for vehicle_id in (first, first, second):
        await served.ended(await served.submit(vehicle_id))
    listed = await anna.call("history", "--vehicle", vin, "--since", "1h", "--json")
    assert listed.document["total"] == 2
    table = await anna.call("history", "--limit", "1")
    assert other_vin in table.out
    assert "1 of " in table.err
    everything = await anna.call("history", "--all", "--status", "completed", "--vehicle", vin, "--json")
    assert len(everything.document["items"]) == 2
    assert (await anna.call("history", "--user", "me", "--vehicle", vin, "--json")).document["items"] == []


async def test_the_same_key_watches_the_same_command(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=0")
    arguments = ("run", "ReadDTC", "--vehicle", vin, "--idempotency-key", "build-42", "--json")
    ids = {(await anna.call(*arguments)).events[0]["command_id"] for _ in range(2)}
    assert len(ids) == 1


async def test_ctrl_c_with_json_stops_watching_and_the_command_goes_on(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=1")
    process = await anna.start("run", "ReadDTC", "--vehicle", vin, "--json")
    assert process.stdout is not None
    async with asyncio.timeout(20):
        command_id = json.loads(await process.stdout.readline())["command_id"]
        assert json.loads(await process.stdout.readline())["event"] == "status"
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert process.returncode == 130
    assert f"sovd watch {command_id} --after" in err.decode()
    assert (await served.ended(command_id))["status"] == "completed"


async def test_ctrl_c_at_a_terminal_offers_to_cancel(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?offline")
    async with anna.at_terminal("run", "ReadDTC", "--vehicle", vin) as session:
        await session.shows("place 1 in the queue")
        session.interrupts()
        await session.shows("[c]ancel")
        session.types("w\n")
        await session.shows("pending")
        session.interrupts()
        await session.shows("[c]ancel")
        session.types("c\n")
        assert await session.leaves_with() == 5


async def test_a_second_ctrl_c_leaves_and_the_command_goes_on(served: RunningApp, anna: SovdUser) -> None:
    _, vehicle_id = await new_vehicle(served, "sim:?offline")
    command_id = await served.submit(vehicle_id)
    async with anna.at_terminal("watch", command_id) as session:
        await session.shows("pending")
        session.interrupts()
        await session.shows("[c]ancel")
        session.interrupts()
        await session.shows("the command goes on")
        assert await session.leaves_with() == 130
    assert (await served.when(command_id, {"pending"}))["status"] == "pending"


async def test_a_terminal_shows_the_live_table(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=0.2")
    async with anna.at_terminal("run", "ReadDTC", "--vehicle", vin) as session:
        for text in ("P0420", "P0171", "completed"):
            await session.shows(text)
        assert await session.leaves_with() == 0


async def test_a_reader_that_leaves_early_is_no_error_to_shout_about(served: RunningApp, anna: SovdUser) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=0.2")
    process = await anna.start("run", "ReadDTC", "--vehicle", vin, "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    await process.stdout.readline()
    transport = process._transport  # type: ignore[attr-defined]  # asyncio has no public way to close one pipe early
    transport.get_pipe_transport(1).close()
    err = (await asyncio.wait_for(process.stderr.read(), 20)).decode()
    assert await asyncio.wait_for(process.wait(), 20) == 1
    assert err == ""


async def test_the_registry_is_administered(served: RunningApp, admin: SovdUser) -> None:
    vin = "WVWZZZ1JZXW000777"
    arguments = ("--make", "VW", "--model", "Golf", "--address", "sim:?delay=0", "-m", "bench=7")
    added = await admin.call("vehicle", "add", vin, *arguments, "--json")
    assert added.document["metadata"] == {"bench": 7}
    changed = await admin.call("vehicle", "set", vin, "--model", "Polo", "-m", "rack=a", "--json")
    assert (changed.document["model"], changed.document["metadata"]) == ("Polo", {"bench": 7, "rack": "a"})
    assert (await admin.call("vehicle", "set", vin)).code == 2
    assert (await admin.call("vehicle", "remove", vin, "--yes")).code == 0
    assert (await admin.call("vehicles", "--search", vin, "--json")).document["items"] == []


async def test_accounts_are_administered(served: RunningApp, admin: SovdUser, tmp_path: Path) -> None:
    vin, _ = await new_vehicle(served, "sim:?delay=0")
    password = "a-password-of-carl"
    arguments = ("user", "add", "carl", "--role", "viewer", "--vehicle", vin, "--password-stdin", "--json")
    added = await admin.call(*arguments, stdin=f"{password}\n")
    assert added.code == 0, added.err
    assert len(added.document["vehicle_ids"]) == 1
    carl = SovdUser(tmp_path, served.base_url)
    assert (await carl.sign_in("carl", password)).code == 0
    assert (await carl.call("vehicles")).code == 0
    assert "switched off carl" in (await admin.call("user", "disable", "carl")).out
    assert (await carl.call("vehicles")).code == 6
    assert (await admin.call("user", "enable", "carl")).code == 0
    changed = await admin.call("user", "set", "carl", "--role", "engineer", "--all-vehicles", "--json")
    assert (changed.document["role"], changed.document["vehicle_ids"]) == ("engineer", None)
    new = await admin.call("user", "password", "carl", "--password-stdin", stdin="another-password-of-carl\n")
    assert new.code == 0, new.err
    assert (await carl.sign_in("carl", "another-password-of-carl")).code == 0
    assert "carl" in (await admin.call("user", "list")).out
    assert (await admin.call("user", "disable", "nobody")).code == 2


async def test_whoever_waits_for_the_audit_trail_sees_that_it_is_worked_on(admin: SovdUser, tmp_path: Path) -> None:
    async with admin.at_terminal("audit", "verify") as session:
        await session.shows("the server checks the audit trail")
        await session.shows("intact: ")
    async with admin.at_terminal("audit", "export", "-o", str(tmp_path / "trail.ndjson")) as session:
        await session.shows("entries are written")
        await session.shows("entries written to")
    async with admin.at_terminal("audit", "verify", "--json") as session:
        await session.shows('"intact": true')
        assert session.everything.startswith("{")


async def test_the_audit_trail_is_read_verified_and_exported(
    served: RunningApp, admin: SovdUser, tmp_path: Path
) -> None:
    listed = await admin.call("audit", "list", "--action", "auth.login", "--json")
    assert {entry["action"] for entry in listed.document["items"]} == {"auth.login"}
    assert "auth.login" in (await admin.call("audit", "list")).out
    verified = await admin.call("audit", "verify")
    assert verified.code == 0, verified.out
    assert verified.out.startswith("intact: ")
    wrong_head = await admin.call("audit", "verify", "--expected-head", f"1:{'0' * 64}")
    assert (wrong_head.code, wrong_head.out[:10]) == (1, "NOT intact")
    target = tmp_path / "trail.ndjson"
    assert (await admin.call("audit", "export", "-o", str(target))).code == 0
    assert all(json.loads(line)["entry"] for line in target.read_text().splitlines())
    assert (await admin.call("audit", "export", "-o", str(target))).code == 2
    assert len((await admin.call("audit", "export")).events) >= len(target.read_text().splitlines())


async def test_commands_are_listed_with_what_they_take(anna: SovdUser) -> None:
    listed = await anna.call("commands")
    assert "ReadDataByID" in listed.out
    names = {item["name"] for item in (await anna.call("commands", "--json")).document["items"]}
    assert {"ReadDTC", "ClearDTC", "ReadDataByID"} <= names


async def test_a_script_may_bring_its_own_token(served: RunningApp, tmp_path: Path) -> None:
    token = served.admin.headers["Authorization"].removeprefix("Bearer ")
    user = SovdUser(tmp_path, served.base_url)
    assert (await user.call("vehicles", env={"SOVD_TOKEN": token})).code == 0
    refused = await user.call("vehicles", env={"SOVD_TOKEN": "spent"})
    assert (refused.code, "spent" in refused.err) == (6, False)
