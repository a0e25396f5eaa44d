"""The whole of `sovd serve` is killed, with and without its private engines, and started again on the same data."""

from pathlib import Path

import pytest

from app.domain.command_states import CommandStatus
from app.embedded.engines import EmbeddedEngines
from support.disturbing import all_ended, fleet, submit_all, when
from support.embedded_processes import engine_pids, kill_all, open_folder, until
from support.ledger import Ledger
from support.processes import QUICK_LEASES, installation

pytestmark = pytest.mark.disturbance

LANES = 5
PER_LANE = 5


def five_run(ledger: Ledger) -> bool:
    """One command per vehicle stands between two chunks, the others wait."""
    running = [item for item in ledger.accounts.values() if item.status is CommandStatus.IN_PROGRESS]
    return len(running) == LANES and all(len(item.chunks) == 1 for item in running)


@pytest.mark.parametrize("with_engines", [False, True], ids=["engines-survive", "engines-killed-too"])
async def test_killed_server_with_five_running_and_twenty_waiting(tmp_path: Path, *, with_engines: bool) -> None:
    with open_folder() as folder:
        home = folder / "home"
        async with installation(tmp_path, None, None, home=home, **QUICK_LEASES) as processes:
            server = processes.api(worker=True)
            service = await processes.service(server)
            async with EmbeddedEngines.running(home) as engines:
                assert engines.database_url is not None
                vehicles = await fleet(engines.database_url, *["sim:?delay=0.7"] * LANES)
                commands = await submit_all(service, vehicles * PER_LANE)
                before = await when(engines.database_url, five_run, within_s=20, what="five run")
                server.kill()
                if with_engines:
                    kill_all(engine_pids(home))
                server.start()
                await server.ready()
                ledger = await all_ended(engines.database_url, commands, within_s=30)
            assert await server.terminate() == 0
            await until(lambda: engine_pids(home) == [])
    cut_short = {key for key, item in before.accounts.items() if item.status is CommandStatus.IN_PROGRESS}
    for key, account in ledger.accounts.items():
        expected = CommandStatus.FAILED if key in cut_short else CommandStatus.COMPLETED
        assert (account.status, account.attempt) == (expected, 1)
    assert len(ledger.accounts) == LANES * PER_LANE
