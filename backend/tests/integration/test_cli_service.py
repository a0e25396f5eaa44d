"""The commands that look after the service itself, as real child processes on a real database and Valkey."""

from pathlib import Path

import pytest

from app.embedded.engines import EmbeddedEngines
from support.http_peer import Answer, HttpPeer
from support.running_app import ADMIN_PASSWORD, RunningApp
from support.sovd_process import Result, SovdUser


@pytest.fixture
def owner(tmp_path: Path) -> SovdUser:
    """Whoever runs the service; no server is running at this address."""
    return SovdUser(tmp_path, "http://127.0.0.1:9")


def levels(result: Result) -> dict[str, str]:
    return {item["name"]: item["level"] for item in result.document["items"]}


async def test_doctor_before_and_after_migrate(owner: SovdUser, empty_database_url: str, redis_url: str) -> None:
    environment = {"SOVD_DATABASE_URL": empty_database_url, "SOVD_REDIS_URL": redis_url, "SOVD_PORT": "0"}
    before = await owner.call("doctor", "--json", env=environment)
    assert before.code == 0, before.err
    found = levels(before)
    assert found.pop("Web page") in {"ok", "warn"}, "the page may or may not have been built"
    assert found == {
        "Python": "ok",
        "Settings": "ok",
        "Data directory": "ok",
        "Disk": "ok",
        "PostgreSQL": "ok",
        "Schema": "warn",
        "Redis": "ok",
        "Clock": "ok",
        "Keys": "warn",
        "Reachable": "ok",
        "Port": "ok",
        "Server": "warn",
    }
    assert (await owner.call("migrate", env=environment)).code == 0
    assert levels(await owner.call("doctor", "--json", env=environment))["Schema"] == "ok"


async def test_doctor_prints_nothing_but_its_findings_beside_running_engines(
    owner: SovdUser, tmp_path: Path, database_url: str
) -> None:
    async with EmbeddedEngines.running(tmp_path / "data", database=False):
        found = await owner.call("doctor", "--json", env={"SOVD_DATABASE_URL": database_url, "SOVD_PORT": "0"})
    assert (levels(found)["Redis"], found.err) == ("ok", "")


async def test_doctor_names_what_is_wrong_and_what_to_do(owner: SovdUser) -> None:
    away = "postgresql://nobody:a-secret@127.0.0.1:9/none"
    environment = {"SOVD_DATABASE_URL": away, "SOVD_REDIS_URL": "redis://127.0.0.1:9/0", "SOVD_PORT": "0"}
    found = await owner.call("doctor", env=environment)
    assert found.code == 1
    assert "correct SOVD_DATABASE_URL" in found.out
    assert "correct SOVD_REDIS_URL" in found.out
    assert "a-secret" not in found.out + found.err


async def test_doctor_knows_our_server_and_another_program_on_the_port(
    running_app: RunningApp, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    user = SovdUser(tmp_path, running_app.base_url)
    environment = {"SOVD_DATABASE_URL": database_url, "SOVD_REDIS_URL": redis_url}
    port = running_app.base_url.rsplit(":", 1)[1]
    ours = await user.call("doctor", "--json", env=environment | {"SOVD_PORT": port})
    assert (levels(ours)["Port"], levels(ours)["Server"], ours.code) == ("ok", "ok", 0)
    async with HttpPeer([Answer(status=404)]).running() as stranger:
        taken = stranger.url.rsplit(":", 1)[1]
        other = await user.call("doctor", "--json", env=environment | {"SOVD_PORT": taken})
    assert (levels(other)["Port"], other.code) == ("fail", 1)


async def test_wrong_settings_are_named_by_every_command_that_reads_them(owner: SovdUser) -> None:
    for command in ("serve", "worker", "migrate"):
        refused = await owner.call(command, env={"SOVD_LEASE_S": "soon"})
        assert (refused.code, "SOVD_LEASE_S" in refused.err, "soon" in refused.err) == (2, True, False)
    found = await owner.call("doctor", "--json", env={"SOVD_LEASE_S": "soon"})
    assert (levels(found)["Settings"], found.code) == ("fail", 1)


async def test_a_locked_out_admin_gets_in_again_at_the_console(
    running_app: RunningApp, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    user = SovdUser(tmp_path, running_app.base_url)
    assert (await user.sign_in("admin", ADMIN_PASSWORD)).code == 0
    environment = {"SOVD_DATABASE_URL": database_url, "SOVD_REDIS_URL": redis_url}
    arguments = ("user", "password", "admin", "--local", "--password-stdin")
    weak = await user.call(*arguments, stdin="short\n", env=environment)
    assert weak.code == 2
    done = await user.call(*arguments, stdin="a-brand-new-password\n", env=environment)
    assert done.code == 0, done.err
    assert (await user.call("vehicles")).code == 6, "the old session has ended"
    assert (await user.sign_in("admin", "a-brand-new-password")).code == 0
    trail = await user.call("audit", "list", "--action", "user.updated", "--json")
    assert trail.document["items"][0]["actor_name"] == "admin (at the console)"
    nobody = await user.call("user", "password", "nobody", "--local", "--password-stdin", stdin="x\n", env=environment)
    assert nobody.code == 2
