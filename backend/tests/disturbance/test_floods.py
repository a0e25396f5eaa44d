"""More work than can be done at once: nothing fires late, and one user's flood delays nobody else."""

import pytest

from app.domain.command_states import CommandStatus
from app.settings import Settings
from support.disturbing import all_ended, fleet, submit_all
from support.page_socket import page_socket
from support.running_app import RunningApp, running
from support.viewers import token_of

pytestmark = pytest.mark.disturbance


async def test_commands_that_cannot_start_in_time_never_start(running_app: RunningApp, database_url: str) -> None:
    (vehicle,) = await fleet(database_url, "sim:?delay=0.1")
    commands = await submit_all(running_app, [vehicle] * 60, expires_in_s=4)
    ledger = await all_ended(database_url, commands, within_s=20)  # also: none started after its expiry
    ended = [account.status for account in ledger.accounts.values()]
    started = ended.count(CommandStatus.COMPLETED)
    assert 1 <= started < 60
    assert ended == [CommandStatus.COMPLETED] * started + [CommandStatus.EXPIRED] * (60 - started)
    for account in ledger.accounts.values():
        if account.status is CommandStatus.EXPIRED:
            assert account.completed_at is not None
            assert 0 <= (account.completed_at - account.expires_at).total_seconds() < 10


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


async def test_a_flood_of_changes_costs_a_page_nothing_of_what_it_watches(
    running_app: RunningApp, database_url: str
) -> None:
    flooded = await fleet(database_url, *["sim:?delay=0"] * 20)
    (vehicle,) = await fleet(database_url, "sim:?delay=0.3")
    async with page_socket(running_app.ws_url, token_of(running_app.admin)) as page:
        await page.subscribe("all", "commands")
        watched = await running_app.submit(vehicle)
        await page.subscribe("one", "command", command_id=watched)
        flood = await submit_all(running_app, flooded * 10)
        ledger = await all_ended(database_url, [watched, *flood], within_s=60)
        await page.is_told({"event": "unsubscribed", "id": "one", "reason": "ended"})
        assert [frame["sequence_number"] for frame in page.of("one") if frame["event"] == "response"] == [1, 2, 3]
        for command in flood:
            await page.is_told({"sub": "all", "command_id": command, "status": str(ledger.of(command).status)})
        told = [frame for frame in page.of("all") if frame["event"] == "command"]
    life = ["pending", "in_progress", "completed"]
    for command in flood:
        states = [life.index(str(frame["status"])) for frame in told if frame["command_id"] == command]
        assert states == [0, 1, 2], "each change once, in the order of a life"
