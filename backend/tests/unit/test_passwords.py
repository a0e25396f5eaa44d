"""Password hashing: right, wrong, nobody; bounded, and never on the loop."""

import asyncio
from collections.abc import Iterator

import pytest

from app.domain.errors import Overloaded
from app.security.passwords import HashingCost, PasswordHashing, generate_password

CHEAP = HashingCost(memory_kib=64, passes=1, lanes=1)


@pytest.fixture
def passwords() -> Iterator[PasswordHashing]:
    hashing = PasswordHashing(CHEAP)
    yield hashing
    hashing.close()


async def test_only_the_right_password_matches(passwords: PasswordHashing) -> None:
    stored = await passwords.hash("correct horse battery")
    assert stored.startswith("$argon2id$")
    assert "horse" not in stored
    assert await passwords.matches("correct horse battery", stored)
    assert not await passwords.matches("correct horse batterY", stored)


async def test_the_same_password_is_hashed_differently_each_time(passwords: PasswordHashing) -> None:
    assert await passwords.hash("correct horse battery") != await passwords.hash("correct horse battery")


async def test_nobody_has_no_password(passwords: PasswordHashing) -> None:
    assert not await passwords.matches("", None)
    assert not await passwords.matches("correct horse battery", None)


async def test_checking_nobody_costs_what_a_real_check_costs() -> None:
    """Compared by what is computed, not by the clock: same algorithm and cost, so same work."""
    passwords = PasswordHashing()
    stored = await passwords.hash("correct horse battery")
    assert stored.split("$")[:4] == passwords._nobody.split("$")[:4]
    assert [len(part) for part in stored.split("$")[4:]] == [len(part) for part in passwords._nobody.split("$")[4:]]
    passwords.close()


async def test_a_stored_text_that_is_no_hash_matches_nothing(passwords: PasswordHashing) -> None:
    assert not await passwords.matches("!", "!")


async def test_too_many_at_once_are_turned_away_and_the_loop_stays_free() -> None:
    passwords = PasswordHashing(HashingCost(memory_kib=8192, passes=4, lanes=1), threads=1, waiting=3)
    running = [asyncio.create_task(passwords.hash("correct horse battery")) for _ in range(4)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in running)
    with pytest.raises(Overloaded):
        await passwords.hash("one too many")
    assert len(await asyncio.gather(*running)) == 4
    assert await passwords.hash("room again") != ""
    passwords.close()


async def test_callers_that_give_up_leave_no_place_taken() -> None:
    passwords = PasswordHashing(CHEAP, threads=1, waiting=2)
    for _ in range(20):
        task = asyncio.create_task(passwords.hash("correct horse battery"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        passwords._threads.submit(lambda: None).result()
    assert await passwords.hash("room again") != ""
    passwords.close()


def test_generated_passwords_are_long_and_differ() -> None:
    assert len(generate_password()) >= 24
    assert generate_password() != generate_password()
