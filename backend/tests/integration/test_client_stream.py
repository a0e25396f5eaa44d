"""The client's live stream against a real socket peer that breaks, refuses, restarts and repeats itself."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Response

from app.client import (
    Event,
    FixedToken,
    NotSignedIn,
    ResponseEvent,
    SovdClient,
    StatusEvent,
    Unauthorized,
    UnknownObject,
)
from app.client.event_stream import StreamInterrupted
from app.client.tokens import Exchange
from support.stream_peer import COMMAND_ID, Act, StreamPeer, answering, chunk, sending, sse, status

WHOLE = (status("in_progress"), chunk(1), chunk(2), chunk(3, final=True), status("completed"))


class RenewableToken:
    """Hands out token-1, token-2, … and counts."""

    def __init__(self) -> None:
        self.renewals = 0

    async def current(self) -> str:
        return "token-1"

    async def renew(self, refused: str, exchange: Exchange) -> str:
        self.renewals += 1
        return f"token-{self.renewals + 1}"


async def followed(
    peer: StreamPeer, *, after: int = 0, tokens: RenewableToken | FixedToken | None = None, patience_s: float = 5.0
) -> list[Event]:
    async with peer.running(), SovdClient.open(peer.url, tokens or FixedToken("t")) as client, asyncio.timeout(20):
        return [event async for event in client.follow(COMMAND_ID, after, reconnect_for_s=patience_s)]


def numbers(events: list[Event]) -> list[int]:
    return [event.sequence_number for event in events if isinstance(event, ResponseEvent)]


def states(events: list[Event]) -> list[str]:
    return [event.status.value for event in events if isinstance(event, StatusEvent)]


async def test_all_events_arrive_in_order_and_the_stream_ends_after_the_terminal_status() -> None:
    events = await followed(peer := StreamPeer([sending(*WHOLE)]))
    assert numbers(events) == [1, 2, 3]
    assert states(events) == ["in_progress", "completed"]
    assert peer.asked == [f"/ws/responses/{COMMAND_ID}?after=0"]


async def test_the_token_travels_in_the_header_and_never_in_the_address() -> None:
    await followed(peer := StreamPeer([sending(*WHOLE)]), tokens=FixedToken("very-secret"))
    assert peer.tokens == ["Bearer very-secret"]
    assert all("very-secret" not in path for path in peer.asked)


@pytest.mark.parametrize("code", [None, 1000, 1001, 1011, 1012, 1013], ids=str)
async def test_a_stream_that_ends_early_is_taken_up_after_the_last_chunk(code: int | None) -> None:
    first = sending(status("in_progress"), chunk(1), chunk(2), code=code)
    second = sending(chunk(3, final=True), status("completed"))
    events = await followed(peer := StreamPeer([first, second]))
    assert numbers(events) == [1, 2, 3]
    assert peer.asked[-1].endswith("?after=2")


async def test_chunks_and_states_sent_twice_are_shown_once() -> None:
    again = sending(status("in_progress"), chunk(1), chunk(2, final=True), status("completed"))
    events = await followed(StreamPeer([sending(status("in_progress"), chunk(1), code=1012), again]))
    assert numbers(events) == [1, 2]
    assert states(events) == ["in_progress", "completed"]


async def test_a_hole_is_filled_by_asking_again_from_the_store() -> None:
    events = await followed(peer := StreamPeer([sending(chunk(1), chunk(3)), sending(*WHOLE[2:])]))
    assert numbers(events) == [1, 2, 3]
    assert peer.asked[-1].endswith("?after=1")


async def test_following_starts_after_the_given_number() -> None:
    events = await followed(peer := StreamPeer([sending(*WHOLE[3:])]), after=2)
    assert numbers(events) == [3]
    assert peer.asked[0].endswith("?after=2")


async def test_an_unknown_command_is_told_by_the_close_code() -> None:
    with pytest.raises(UnknownObject):
        await followed(StreamPeer([sending(code=4404)]))


async def test_an_expired_token_is_renewed_and_the_stream_goes_on() -> None:
    tokens = RenewableToken()
    script: list[Act | Response] = [sending(chunk(1), code=1008), sending(chunk(2, final=True), status("completed"))]
    events = await followed(peer := StreamPeer(script), tokens=tokens)
    assert numbers(events) == [1, 2]
    assert peer.tokens == ["Bearer token-1", "Bearer token-2"]


async def test_every_expiry_on_a_long_stream_is_worth_one_renewal() -> None:
    tokens = RenewableToken()
    parts: list[Act | Response] = [sending(chunk(number), code=1008) for number in (1, 2, 3)]
    events = await followed(StreamPeer([*parts, sending(status("completed"))]), tokens=tokens)
    assert numbers(events) == [1, 2, 3]
    assert tokens.renewals == 3


async def test_a_renewed_token_that_is_refused_as_well_ends_the_attempt() -> None:
    tokens = RenewableToken()
    with pytest.raises(Unauthorized, match="account is off"):
        await followed(StreamPeer([sending(code=1008, reason="account is off")] * 2), tokens=tokens)
    assert tokens.renewals == 1


async def test_a_given_token_cannot_be_renewed() -> None:
    with pytest.raises(NotSignedIn):
        await followed(StreamPeer([sending(code=1008)]), tokens=FixedToken("spent"))


@pytest.mark.parametrize("refusal", [200, 400, 403, 404, 405, 426])
async def test_server_sent_events_take_over_where_a_proxy_knows_no_websocket(refusal: int) -> None:
    events = await followed(peer := StreamPeer([answering(refusal), sse(*WHOLE)]))
    assert numbers(events) == [1, 2, 3]
    assert peer.asked[-1] == f"/api/v1/commands/{COMMAND_ID}/events?after=0"


async def test_server_sent_events_resume_too() -> None:
    script: list[Act | Response] = [answering(403), sse(*WHOLE[:3]), sse(*WHOLE[3:])]
    events = await followed(peer := StreamPeer(script))
    assert numbers(events) == [1, 2, 3]
    assert peer.asked[-1].endswith("events?after=2")


async def test_a_proxy_that_cuts_every_websocket_is_got_round() -> None:
    events = await followed(StreamPeer([answering(502), answering(503), sse(*WHOLE)]))
    assert numbers(events) == [1, 2, 3]


async def test_a_refused_token_is_renewed_over_http_as_well() -> None:
    tokens = RenewableToken()
    script: list[Act | Response] = [answering(401), answering(403), answering(401)]
    with pytest.raises(Unauthorized):
        await followed(StreamPeer(script), tokens=tokens)
    assert tokens.renewals == 1


async def test_a_server_that_stays_away_ends_the_attempt_in_the_given_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    peer = StreamPeer([])
    async with peer.running():
        pass  # the port is free again: nobody listens there
    async with SovdClient.open(peer.url, FixedToken("t")) as client:
        with pytest.raises(StreamInterrupted) as caught:
            [event async for event in client.follow(COMMAND_ID, 7, reconnect_for_s=0.8)]
    assert caught.value.last_sequence_number == 7
    assert loop.time() - began < 20


async def test_a_server_that_accepts_and_always_closes_at_once_does_not_hold_us_for_ever() -> None:
    with pytest.raises(StreamInterrupted):
        await followed(StreamPeer([sending(code=1013)] * 50), patience_s=0.8)


async def test_the_viewer_is_told_when_the_link_breaks_and_stands_again() -> None:
    told: list[bool] = []
    peer = StreamPeer([sending(chunk(1), code=1012), sending(chunk(2, final=True), status("completed"))])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client:
        async for _ in client.follow(COMMAND_ID, on_link=told.append):
            pass
    assert told == [True, False, True]


async def test_an_event_of_a_later_version_is_passed_over() -> None:
    later = '{"event": "weather", "command_id": "x"}'
    assert numbers(await followed(StreamPeer([sending(later, *WHOLE)]))) == [1, 2, 3]


async def test_leaving_early_closes_the_connection() -> None:
    closed = asyncio.Event()

    async def one_chunk_then_wait(connection: ServerConnection) -> None:
        await connection.send(chunk(1))
        await connection.wait_closed()
        closed.set()

    watching: Callable[[ServerConnection], Awaitable[None]] = one_chunk_then_wait
    peer = StreamPeer([watching])
    async with peer.running(), SovdClient.open(peer.url, FixedToken("t")) as client, asyncio.timeout(10):
        stream = client.follow(COMMAND_ID)
        assert isinstance(await anext(stream), ResponseEvent)
        await stream.aclose()
        await closed.wait()
