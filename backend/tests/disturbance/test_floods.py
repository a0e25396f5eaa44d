"""More work than can be done at once: nothing fires late, and one user's flood delays nobody else."""

import pytest

from app.domain.command_states import CommandStatus
from app.settings import Settings
from support.disturbing import all_ended, fleet, submit_all
from support.running_app import RunningApp, running

pytestmark = pytest.mark.disturbance


async def test_commands_that_cannot_start_in_time_never_start(running_app: RunningApp, database_url: str) -> None:
    (vehicle,) = await fleet(database_url, "sim:?delay=0.1")
    commands = await submit_all(running_app, [vehicle] * 40, expires_in_s=2)
    ledger = await all_ended(database_url, commands, within_s=8)  # also: none started after its expiry
    ended = [account.status for account in ledger.accounts.values()]
    started = ended.count(CommandStatus.COMPLETED)
    assert 1 <= started < 40
    assert ended == [CommandStatus.COMPLETED] * started + [CommandStatus.EXPIRED] * (40 - started)
    for account in ledger.accounts.values():
        if account.status is CommandStatus.EXPIRED:
            assert account.completed_at is not None
            assert 0 <= (account.completed_at - account.expires_at).total_seconds() < 3


async def test_flood_of_one_user_does_not_delay_another(app_settings: Settings, database_url: str) -> None:
    flooded = await fleet(database_url, *["sim:?delay=0.05"] * 40)
    (vehicle,) = await fleet(database_url, "sim:?delay=0")
    slots = 4
    async with running(app_settings.model_copy(update={"worker_slots": slots})) as app:
        async with await app.add_user("flo") as flo, await app.add_user("erika") as erika:
            flood = await submit_all(app, flooded * 5, client=flo)
            command = await app.submit(vehicle, client=erika)
            ledger = await all_ended(database_url, [command], within_s=15)
            waited_for = [
                account
                for account in ledger.accounts.values()
                if account.command_id in flood
                and "in_progress" in account.events
                and ledger.of(command).history[0].occurred_at
                < account.first_started_at
                < ledger.of(command).first_started_at
            ]
        # A slot becomes free, and it is hers: at most the round of claims that was on its way came before.
        assert len(waited_for) <= slots
