"""The event bus against a real Valkey: delivery, order, loss noticed, everything subscribed again."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.domain.bus_messages import BusMessage
from app.eventbus.event_bus import EventBus
from app.eventbus.publisher import OutgoingLimits
from app.eventbus.redis_link import LinkTiming
from support.engines import ValkeyProcess
from support.waiting import until

_QUICK = LinkTiming(connect_s=0.5, ping_every_s=0.1, silence_s=0.3, first_delay_s=0.01, longest_delay_s=0.1)


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[EventBus]:
    async with EventBus(redis_url).running() as bus:
        assert await bus.wait_connected(5.0)
        yield bus


@pytest.fixture
def own_valkey(engine_folder: Path, request: pytest.FixtureRequest) -> Iterator[ValkeyProcess]:
    """A Valkey this test may kill."""
    server = ValkeyProcess(engine_folder / f"valkey-{abs(hash(request.node.name)) % 100_000}")
    server.start()
    yield server
    server.stop()


async def test_messages_arrive_in_order_and_unchanged(bus: EventBus) -> None:
    received: list[str] = []
    await bus.subscribe("a", received.append)
    sent = [f'{{"n": {n}, "text": "Grüße"}}' for n in range(5000)]

    for start in range(0, 5000, 50):
        await bus.publish([BusMessage("a", body) for body in sent[start : start + 50]])
    await until(lambda: len(received) == 5000)

    assert received == sent


async def test_each_handler_gets_its_channel_only(bus: EventBus) -> None:
    first: list[str] = []
    second: list[str] = []
    other: list[str] = []
    await bus.subscribe("a", first.append)
    await bus.subscribe("a", second.append)
    await bus.subscribe("b", other.append)

    await bus.publish([BusMessage("a", "1"), BusMessage("b", "2"), BusMessage("c", "3")])
    await until(lambda: bool(first and second and other))

    assert (first, second, other) == (["1"], ["1"], ["2"])


async def test_the_last_handler_to_go_leaves_the_channel(bus: EventBus, valkey: ValkeyProcess) -> None:
    first = await bus.subscribe("a", lambda _: None)
    second = await bus.subscribe("a", lambda _: None)

    first.close()
    first.close()
    assert b":1\r\n" in valkey.command("PUBSUB", "NUMSUB", "a")
    second.close()
    await until(lambda: b":0\r\n" in valkey.command("PUBSUB", "NUMSUB", "a"))


async def test_a_failing_handler_harms_no_other(bus: EventBus) -> None:
    received: list[str] = []

    def fail(_: str) -> None:
        raise ValueError("broken")

    await bus.subscribe("a", fail)
    await bus.subscribe("a", received.append)
    await bus.publish([BusMessage("a", "1")])

    await until(lambda: received == ["1"])
    assert bus.is_connected


async def test_one_connection_in_and_one_out(bus: EventBus, valkey: ValkeyProcess) -> None:
    for number in range(50):
        await bus.subscribe(f"channel {number}", lambda _: None)
    clients = valkey.command("CLIENT", "LIST").decode()

    assert clients.count("name=sovd-in") == 1
    assert clients.count("name=sovd-out") == 1


async def test_a_loss_is_told_and_all_channels_come_back(own_valkey: ValkeyProcess) -> None:
    states: list[bool] = []
    received: list[str] = []
    bus = EventBus(own_valkey.url, timing=_QUICK)
    bus.on_state_change(states.append)
    async with bus.running():
        assert await bus.wait_connected(5.0)
        for number in range(1200):
            await bus.subscribe(f"channel {number}", received.append)

        own_valkey.kill()
        await until(lambda: states == [True, False])
        assert not bus.is_connected
        while_away = await bus.subscribe("while away", received.append, wait_s=30.0)
        own_valkey.start()
        assert await bus.wait_connected(5.0)
        await bus.publish([BusMessage("channel 1199", "old"), BusMessage("while away", "new")])
        await until(lambda: received == ["old", "new"])

        while_away.close()
    assert states[:3] == [True, False, True]


async def test_a_silent_loss_is_told_too(own_valkey: ValkeyProcess) -> None:
    """The server kicks our connections out: TCP ends them, redis-py alone would say nothing."""
    states: list[bool] = []
    received: list[str] = []
    bus = EventBus(own_valkey.url, timing=_QUICK)
    bus.on_state_change(states.append)
    async with bus.running():
        assert await bus.wait_connected(5.0)
        await bus.subscribe("a", received.append)

        own_valkey.command("CLIENT", "KILL", "TYPE", "pubsub")
        await until(lambda: states == [True, False, True])
        await bus.publish([BusMessage("a", "1")])
        await until(lambda: received == ["1"])


async def test_a_server_that_falls_silent_is_noticed() -> None:
    """A half-open connection: accepted, logged in, then nothing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            if b"PING" not in data:
                writer.write(b"+OK\r\n" * data.count(b"CLIENT"))
        writer.close()

    listener = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(answer, sock=listener)
    states: list[bool] = []
    bus = EventBus(f"redis://127.0.0.1:{listener.getsockname()[1]}", timing=_QUICK)
    bus.on_state_change(states.append)
    async with server, bus.running():
        await until(lambda: states[:2] == [True, False])


async def test_publishing_while_away_keeps_the_newest_and_counts_the_rest(own_valkey: ValkeyProcess) -> None:
    received: list[str] = []
    bus = EventBus(own_valkey.url, timing=_QUICK, limits=OutgoingLimits(messages=3))
    async with EventBus(own_valkey.url, timing=_QUICK).running() as other:
        assert await other.wait_connected(5.0)
        await other.subscribe("a", received.append)
        await bus.publish([BusMessage("a", str(number)) for number in range(10)])
        assert bus.dropped_messages == 7

        async with bus.running():
            await until(lambda: received == ["7", "8", "9"])


async def test_starts_and_stops_without_redis_and_keeps_its_secret(capsys: pytest.CaptureFixture[str]) -> None:
    bus = EventBus("redis://user:hunter2@127.0.0.1:1/0", timing=_QUICK)
    async with bus.running():
        await bus.publish([BusMessage("a", "1")])
        subscription = await bus.subscribe("a", lambda _: None, wait_s=30.0)
        assert not await bus.wait_connected(0.3)
        subscription.close()
    assert "hunter2" not in "".join(capsys.readouterr())
