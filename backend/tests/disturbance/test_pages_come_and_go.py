"""Pages that watch many commands over one socket, while everything around them is killed: each chunk once, in order."""

import asyncio
import random

import pytest

from app.domain.command_states import CommandStatus
from support.disturbing import all_ended, fleet, started_again, submit_all, when
from support.engines import PostgresProcess, ValkeyProcess
from support.ledger import Ledger
from support.page_socket import page_socket
from support.processes import QUICK_LEASES, Install, installation
from support.resuming_pages import ResumingPage
from support.resuming_viewers import check_viewers
from support.running_app import Service
from support.viewers import token_of

pytestmark = pytest.mark.disturbance

SEED = 20251028


def pages(service: Service, commands: list[str], count: int, *, restless: bool = False) -> list[ResumingPage]:
    """Pages that all watch the same commands."""
    chance = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    token = token_of(service.admin)
    return [
        ResumingPage.of(
            service.base_url,
            token,
            commands,
            random.Random(chance.random()) if restless else None,  # noqa: S311 - repeatable on purpose
        )
        for _ in range(count)
    ]


def check_pages(watching: list[ResumingPage], ledger: Ledger) -> None:
    """Every page saw every chunk of every command once and in order; states came in the order of a life."""
    life = ["pending", "in_progress"]
    for page in watching:
        check_viewers(page.viewers, ledger)
        for states in page.states.values():
            known = [life.index(state) if state in life else len(life) for state in states]
            assert known == sorted(known)


def has_chunks(ledger: Ledger, commands: list[str], count: int) -> bool:
    """Whether each of the commands has so many chunks or more."""
    return all(len(ledger.of(key).chunks) >= count for key in commands)


async def test_pages_that_vanish_at_random_see_every_chunk_once(install: Install, database_url: str) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0.2"] * 12)
    async with install(**QUICK_LEASES) as processes:
        service = await processes.service(processes.api(worker=True))
        commands = await submit_all(service, vehicles * 3)
        async with asyncio.TaskGroup() as tasks:
            watching = pages(service, commands, 20, restless=True)
            for page in watching:
                tasks.create_task(page.watch(within_s=90))
        check_pages(watching, await all_ended(database_url, commands, within_s=60))
    assert all(page.connections > 1 for page in watching)


async def test_server_killed_and_started_again_mid_stream(install: Install, database_url: str) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=0.7"] * 4)
    async with install(**QUICK_LEASES) as processes:
        server = processes.api()
        service = await processes.service(server)
        processes.worker()
        commands = await submit_all(service, vehicles)
        async with asyncio.TaskGroup() as tasks:
            watching = pages(service, commands, 4)
            for page in watching:
                tasks.create_task(page.watch(within_s=90))
            await when(database_url, lambda ledger: has_chunks(ledger, commands, 1), within_s=40, what="one chunk")
            server.kill()
            server.start()
            await server.ready()
            ledger = await all_ended(database_url, commands, within_s=60)
        check_pages(watching, ledger)
    assert all(page.connections > 1 for page in watching)


async def test_worker_killed_mid_stream(install: Install, database_url: str) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=60"] * 3)
    async with install(**QUICK_LEASES) as processes:
        service = await processes.service(processes.api())
        victim = processes.worker("victim")
        commands = await submit_all(service, vehicles)
        async with asyncio.TaskGroup() as tasks:
            watching = pages(service, commands, 3)
            for page in watching:
                tasks.create_task(page.watch(within_s=90))
            await when(database_url, lambda ledger: has_chunks(ledger, commands, 1), within_s=40, what="one chunk")
            victim.kill()
            processes.worker("successor")
            ledger = await all_ended(database_url, commands, within_s=60)
        check_pages(watching, ledger)
    assert {ledger.of(command).status for command in commands} == {CommandStatus.FAILED}
    assert {page.connections for page in watching} == {1}, "a lost worker is no reason to lose the page"


async def test_valkey_killed_and_restarted_mid_stream(
    database_url: str, own_valkey: ValkeyProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vehicles = await fleet(database_url, *["sim:?delay=1"] * 4)
    folder = tmp_path_factory.mktemp("pages")
    async with installation(folder, database_url, own_valkey.url, **QUICK_LEASES) as processes:
        service = await processes.service(processes.api(worker=True))
        commands = await submit_all(service, vehicles)
        async with asyncio.TaskGroup() as tasks:
            watching = pages(service, commands, 4)
            for page in watching:
                tasks.create_task(page.watch(within_s=90))
            await when(database_url, lambda ledger: has_chunks(ledger, commands, 1), within_s=40, what="one chunk")
            own_valkey.kill()
            own_valkey.restart()
            ledger = await all_ended(database_url, commands, within_s=60)
        check_pages(watching, ledger)
    assert {page.connections for page in watching} == {1}
    assert all(page.resyncs > 0 for page in watching), "a page must know that it may have missed something"


async def test_postgres_killed_and_restarted_mid_stream(
    crashing_database_url: str,
    crashing_postgres: PostgresProcess,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    url = crashing_database_url
    vehicles = await fleet(url, *["sim:?delay=0.8"] * 4)
    async with installation(tmp_path_factory.mktemp("pages"), url, redis_url) as processes:
        service = await processes.service(processes.api(worker=True))
        commands = await submit_all(service, vehicles)
        async with asyncio.TaskGroup() as tasks:
            watching = pages(service, commands, 3)
            for page in watching:
                tasks.create_task(page.watch(within_s=90))
            await when(url, lambda ledger: has_chunks(ledger, commands, 1), within_s=40, what="one chunk")
            crashing_postgres.kill()
            started_again(crashing_postgres)
            ledger = await all_ended(url, commands, within_s=60)
        check_pages(watching, ledger)


async def test_a_page_that_subscribes_while_the_database_is_away_may_ask_again(
    crashing_database_url: str,
    crashing_postgres: PostgresProcess,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with installation(tmp_path_factory.mktemp("pages"), crashing_database_url, redis_url) as processes:
        service = await processes.service(processes.api())
        (vehicle,) = await fleet(crashing_database_url, "sim:?delay=0")
        async with page_socket(service.base_url.replace("http://", "ws://"), token_of(service.admin)) as page:
            await page.subscribe("all", "commands")  # it has been let in: else the socket ends, with 1013
            crashing_postgres.kill()
            refused = await page.subscribe("s1", "vehicle", vehicle_id=vehicle)
            started_again(crashing_postgres)
            assert (refused["event"], refused["code"], refused["retry_can_help"]) == (
                "error",
                "storage_unavailable",
                True,
            )
            answer = refused
            while answer["event"] == "error":
                assert answer["retry_can_help"]
                answer = await page.subscribe("s1", "vehicle", vehicle_id=vehicle)
            assert answer["event"] == "subscribed"
