"""Whatever the bus loses, doubles or delays: every viewer sees each chunk once, in order, then one ending.

The model plays a command whose steps are stored first and published after, a bus that may drop and double messages
and deliver them late, viewers that join at any moment with any starting point, read at any moment, and a store that
may be asked at any moment. In the end everything is asked once more, as the sweep does.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.domain.command import Chunk, CommandError
from app.domain.command_states import BAD_ENDINGS, TERMINAL, CommandStatus
from app.domain.identifiers import CommandId, ResponseId
from app.domain.stream_events import (
    EventKind,
    StreamEvent,
    error_event,
    progress_event,
    response_event,
    status_event,
)
from app.domain.stream_snapshot import StreamSnapshot
from app.streaming.stream_session import Timeline, TimelineLimits, ViewerCursor, stage_of

_ID = CommandId(UUID(int=7))
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ERROR = CommandError(code="vehicle_timeout", message="no answer", details={})


def _chunk(number: int, *, is_final: bool) -> Chunk:
    return Chunk(
        command_id=_ID,
        response_id=ResponseId(UUID(int=number)),
        sequence_number=number,
        response_payload={"n": number},
        is_final=is_final,
        received_at=_NOW,
    )


@dataclass
class _Store:
    chunks: list[Chunk] = field(default_factory=list)
    status: CommandStatus = CommandStatus.PENDING

    def read(self, after: int, limit: int) -> StreamSnapshot:
        return StreamSnapshot(
            command_id=_ID,
            after=after,
            chunks=tuple(chunk for chunk in self.chunks if chunk.sequence_number > after)[:limit],
            last_sequence_number=len(self.chunks),
            status=self.status,
            error=_ERROR if self.status in BAD_ENDINGS else None,
            completed_at=_NOW if self.status in TERMINAL else None,
        )


@dataclass
class _Viewer:
    after: int
    cursor: ViewerCursor
    joined_over: bool
    joined_running: bool
    seen: list[StreamEvent] = field(default_factory=list)

    def read(self, timeline: Timeline, store: _Store, limit: int) -> None:
        """As the hub does it: replay while needed, then what the timeline has."""
        while self.cursor.needs_replay(timeline):
            snapshot = store.read(self.cursor.number, limit)
            timeline.absorb(snapshot)
            self.seen += self.cursor.replay(snapshot)
        self.seen += self.cursor.take(timeline)

    def check(self) -> None:
        numbers = [frame.sequence_number for frame in self.seen if frame.kind is EventKind.RESPONSE]
        assert numbers == list(range(self.after + 1, self.after + 1 + len(numbers)))
        stages = [stage_of(frame.status) for frame in self.seen if frame.status is not None]
        assert stages == sorted(set(stages))
        kinds = [frame.kind for frame in self.seen]
        ends = [at for at, frame in enumerate(self.seen) if frame.status in TERMINAL]
        assert ends in ([], [len(self.seen) - 1]), "nothing follows the ending"
        assert kinds.count(EventKind.ERROR) <= 1
        if EventKind.ERROR in kinds:
            assert kinds[-2:] == [EventKind.ERROR, EventKind.STATUS]
        assert self.cursor.ended == bool(ends)

    def check_complete(self, store: _Store) -> None:
        self.check()
        numbers = [frame.sequence_number for frame in self.seen if frame.kind is EventKind.RESPONSE]
        assert numbers == list(range(self.after + 1, len(store.chunks) + 1))
        assert self.seen[-1].status is store.status
        assert (EventKind.ERROR in [frame.kind for frame in self.seen]) == (store.status in BAD_ENDINGS)
        if self.joined_over:
            assert {frame.kind for frame in self.seen[:-2]} <= {EventKind.RESPONSE}
        if self.joined_running:
            assert self.seen[0].status is not None, "the present status comes first"


class StreamMerge(RuleBasedStateMachine):
    """See the module's docstring."""

    @initialize(
        done=st.integers(0, 4),
        frames=st.integers(1, 6),
        limit=st.integers(1, 4),
        after=st.integers(0, 6),
    )
    def begin(self, done: int, frames: int, limit: int, after: int) -> None:
        """The first viewer opens the timeline, maybe when the command is under way already."""
        self.store = _Store()
        self.bus: list[StreamEvent] = []
        self.viewers: list[_Viewer] = []
        self.limit = limit
        for _ in range(done):
            self.answer(is_final=False)
        self.bus.clear()
        self.timeline = Timeline(self.store.read(after, limit), TimelineLimits(frames=frames))
        self.join(after)

    @rule()
    def start(self) -> None:
        """The command starts."""
        if self.store.status is CommandStatus.PENDING:
            self.store.status = CommandStatus.IN_PROGRESS
            self.bus.append(status_event(_ID, CommandStatus.IN_PROGRESS, None))

    @rule(is_final=st.booleans())
    def answer(self, is_final: bool) -> None:
        """The vehicle answers: the chunk is stored, then published."""
        self.start()
        if self.store.status is not CommandStatus.IN_PROGRESS or len(self.store.chunks) > 12:
            return
        chunk = _chunk(len(self.store.chunks) + 1, is_final=is_final)
        self.store.chunks.append(chunk)
        self.bus.append(response_event(chunk))
        if is_final:
            self.store.status = CommandStatus.COMPLETED
            self.bus.append(status_event(_ID, CommandStatus.COMPLETED, _NOW))

    @rule()
    def work_on(self) -> None:
        """The vehicle says it needs more time."""
        if self.store.status is CommandStatus.IN_PROGRESS:
            self.bus.append(progress_event(_ID, "still working", _NOW))

    @rule(status=st.sampled_from(sorted(TERMINAL)))
    def end(self, status: CommandStatus) -> None:
        """The command ends without a final chunk."""
        if self.store.status in TERMINAL:
            return
        self.store.status = status
        if status in BAD_ENDINGS:
            self.bus.append(error_event(_ID, _ERROR))
        self.bus.append(status_event(_ID, status, _NOW))

    @rule(at=st.integers(0, 5), fate=st.sampled_from(["deliver", "deliver", "deliver", "double", "lose", "overtake"]))
    def pass_on(self, at: int, fate: str) -> None:
        """The bus delivers, doubles or loses a message."""
        if not self.bus:
            return
        event = self.bus.pop(min(at, len(self.bus) - 1) if fate == "overtake" else 0)
        if fate != "lose":
            self.timeline.add_live(event)
        if fate == "double":
            self.bus.insert(min(at, len(self.bus)), event)

    @rule(after=st.integers(0, 14))
    def join(self, after: int) -> None:
        """A viewer joins. One that starts beyond the last chunk waits for later ones."""
        after = min(after, len(self.store.chunks))
        running = self.store.status not in TERMINAL
        self.viewers.append(_Viewer(after, ViewerCursor(after), self.timeline.ended, running))
        self.viewers[-1].read(self.timeline, self.store, self.limit)

    @rule(which=st.integers(0, 20))
    def read(self, which: int) -> None:
        """A viewer reads what is there."""
        self.viewers[which % len(self.viewers)].read(self.timeline, self.store, self.limit)

    @rule()
    def repair(self) -> None:
        """The store is asked, as after a hole."""
        self.timeline.reading_store()
        self.timeline.absorb(self.store.read(self.timeline.last, self.limit))

    @rule()
    def stale_read(self) -> None:
        """A read of the store that was answered late."""
        snapshot = self.store.read(max(0, self.timeline.last - 2), self.limit)
        self.pass_on(0, "deliver")
        self.timeline.absorb(snapshot)

    @invariant()
    def every_viewer_is_sound(self) -> None:
        """At every moment."""
        for viewer in getattr(self, "viewers", ()):
            viewer.check()

    def teardown(self) -> None:
        """The command ends, half of the bus is lost, the sweep asks the store: now everybody has everything."""
        if not hasattr(self, "store"):
            return
        self.end(CommandStatus.OUTCOME_UNKNOWN)
        for event in self.bus[::2]:
            self.timeline.add_live(event)
        for _ in range(20):
            if not self.timeline.is_behind(len(self.store.chunks), self.store.status):
                break
            self.repair()
        assert self.timeline.ended
        for viewer in self.viewers:
            viewer.read(self.timeline, self.store, self.limit)
            viewer.check_complete(self.store)


TestStreamMerge = StreamMerge.TestCase
TestStreamMerge.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(after=st.integers(0, 30), chunks=st.integers(0, 20))
def test_a_command_that_is_over_is_replayed_and_ended(after: int, chunks: int) -> None:
    store = _Store([_chunk(n, is_final=n == chunks) for n in range(1, chunks + 1)], CommandStatus.COMPLETED)
    timeline = Timeline(store.read(after, 5))
    cursor = ViewerCursor(after)
    seen: list[StreamEvent] = []
    while cursor.needs_replay(timeline):
        seen += cursor.replay(store.read(cursor.number, 5))
    seen += cursor.take(timeline)

    assert [frame.sequence_number for frame in seen] == [*range(after + 1, chunks + 1), None]
    assert seen[-1].status is CommandStatus.COMPLETED
    assert cursor.ended
    assert cursor.take(timeline) == []


def test_a_start_beyond_the_last_chunk_waits_for_later_ones() -> None:
    store = _Store([_chunk(1, is_final=False)], CommandStatus.IN_PROGRESS)
    timeline = Timeline(store.read(2, 5))
    cursor = ViewerCursor(2)
    assert [frame.kind for frame in cursor.take(timeline)] == [EventKind.STATUS]

    for number in (2, 3):
        timeline.add_live(response_event(_chunk(number, is_final=False)))

    assert [frame.sequence_number for frame in cursor.take(timeline)] == [3]


def test_live_events_go_on_as_the_text_they_came_in() -> None:
    timeline = Timeline(_Store([], CommandStatus.IN_PROGRESS).read(0, 5))
    cursor = ViewerCursor(0)
    cursor.take(timeline)
    event = response_event(_chunk(1, is_final=True))
    end = status_event(_ID, CommandStatus.COMPLETED, _NOW)

    timeline.add_live(event)
    timeline.add_live(end)

    assert not timeline.needs_store
    assert [frame.text for frame in cursor.take(timeline)] == [event.text, end.text]


def test_a_bad_ending_is_taken_from_the_store() -> None:
    timeline = Timeline(_Store([], CommandStatus.IN_PROGRESS).read(0, 5))
    timeline.add_live(error_event(_ID, _ERROR))
    timeline.add_live(status_event(_ID, CommandStatus.FAILED, _NOW))
    assert timeline.needs_store
    assert not timeline.ended


def test_large_texts_are_not_kept_without_end() -> None:
    timeline = Timeline(_Store([], CommandStatus.IN_PROGRESS).read(0, 5), TimelineLimits(text_length=1000))
    for number in range(1, 200):
        timeline.add_live(response_event(_chunk(number, is_final=False)))
    assert sum(len(frame.text) for frame in timeline.frames) <= 2000
    assert ViewerCursor(0).needs_replay(timeline)
