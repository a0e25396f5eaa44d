"""The checks of `sovd doctor` that ask nobody: what they find, and what they advise."""

from collections import namedtuple
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.cli.doctor_checks import Level
from app.cli.doctor_set_up import check_disk, check_exposure, check_keys, check_page
from app.settings import Settings

Usage = namedtuple("Usage", "total used free")


def test_a_page_that_was_not_built_is_named_with_the_way_to_it(tmp_path: Path) -> None:
    missing = check_page(tmp_path)
    assert (missing.level, "make page" in missing.what_to_do) == (Level.WARN, True)
    (tmp_path / "index.html").touch()
    assert check_page(tmp_path).level is Level.OK


@pytest.mark.parametrize(("free", "level"), [(5 * 1024**3, Level.OK), (500 * 1024**2, Level.WARN)])
def test_little_space_is_told_before_it_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(0, 0, free))
    assert check_disk(tmp_path / "not" / "made" / "yet").level is level


def test_a_key_that_others_can_read_is_a_fault(tmp_path: Path) -> None:
    key = tmp_path / "token-secret"
    key.write_text("signs")
    key.chmod(0o640)
    found = check_keys(Settings(), tmp_path)
    assert (found.level, str(key) in found.what_to_do) == (Level.FAIL, True)
    key.chmod(0o600)
    assert check_keys(Settings(), tmp_path).level is Level.OK


def test_keys_of_one_machine_are_told_where_there_may_be_more(tmp_path: Path) -> None:
    url, secret = SecretStr("postgresql://db/sovd"), SecretStr("x" * 40)
    half = check_keys(Settings(database_url=url, token_secret=secret), tmp_path)
    assert (half.level, "SOVD_SECRET_KEY" in half.found, "TOKEN" in half.found) == (Level.WARN, True, False)
    whole = check_keys(Settings(database_url=url, token_secret=secret, secret_key=secret), tmp_path)
    assert (whole.level, "x" * 40 in whole.found) == (Level.OK, False)


@pytest.mark.parametrize(
    ("host", "proxies", "level"),
    [
        ("127.0.0.1", "127.0.0.1", Level.OK),
        ("localhost", "127.0.0.1", Level.OK),
        ("0.0.0.0", "127.0.0.1", Level.WARN),  # noqa: S104 - what the check is about
        ("0.0.0.0", "172.31.250.0/24", Level.OK),  # noqa: S104 - what the check is about
    ],
)
def test_plain_http_for_other_machines_is_told(host: str, proxies: str, level: Level) -> None:
    assert check_exposure(Settings(host=host, trusted_proxies=proxies)).level is level
