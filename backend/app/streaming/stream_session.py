"""Merge of replay and live: pure, no I/O, no waiting.

Two parts. A `Timeline` is one command's recent stream, shared by all its viewers: live events and store snapshots go
in, gap-free frames come out. A `ViewerCursor` is one viewer's place: it walks the timeline, and a stored replay where
the timeline does not reach back far enough.

What holds for every viewer, whatever is lost, doubled or late on the bus:
- each chunk after the viewer's starting point exactly once and in order;
- then, where the command ended badly, one `error`, then one terminal `status`, and nothing after it;
- before that, each non-terminal status at most once and never backwards, `progress` only while the command runs.

Two rules give this. A chunk that does not follow the last one is not taken: the store is asked (a chunk is stored
before it is published). A terminal status is taken from the bus only when the final chunk is here already; otherwise
the store, which knows chunks and status of one moment, is asked for the ending.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.command_states import BAD_ENDINGS, CommandStatus
from app.domain.stream_events import EventKind, StreamEvent, error_event, response_event, status_event
from app.domain.stream_snapshot import StreamSnapshot

_STAGES = {CommandStatus.PENDING: 1, CommandStatus.IN_PROGRESS: 2}
_ENDED = 3


def stage_of(status: CommandStatus) -> int:
    """How far a status is along the life of a command; all terminal ones are equally far."""
    return _STAGES.get(status, _ENDED)


def ending_frames(snapshot: StreamSnapshot) -> list[StreamEvent]:
    """The last frames of an ended command: `error` where it ended badly, then `status`."""
    frames = []
    if snapshot.status in BAD_ENDINGS and snapshot.error is not None:
        frames.append(error_event(snapshot.command_id, snapshot.error))
    frames.append(status_event(snapshot.command_id, snapshot.status, snapshot.completed_at))
    return frames


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLimits:
    """What a timeline keeps for its viewers; a viewer further behind reads from the store."""

    frames: int = 512
    text_length: int = 1024 * 1024


class Timeline:
    """One command's recent frames, gap-free. Positions count all frames ever appended, so they stay valid."""

    __slots__ = (
        "_ending_seen",
        "_final_seen",
        "_limits",
        "_text_length",
        "ended",
        "floor",
        "frames",
        "last",
        "needs_store",
        "present",
        "stage",
        "start",
    )

    def __init__(self, first: StreamSnapshot, limits: TimelineLimits | None = None) -> None:
        """Begins with what the store knows; where that is only a page of it, the timeline begins after the rest."""
        self._limits = limits or TimelineLimits()
        self.frames: list[StreamEvent] = []
        self.start = 0
        self._text_length = 0
        before = first.after if first.reaches_end else first.last_sequence_number
        self.last = min(before, first.last_sequence_number)
        self.floor = self.last
        self.stage = 0
        self.present: StreamEvent | None = None
        self.ended = False
        self.needs_store = False
        self._final_seen = False
        self._ending_seen = False
        self.absorb(first)

    @property
    def end(self) -> int:
        """Position after the newest frame."""
        return self.start + len(self.frames)

    def reading_store(self) -> None:
        """A read of the store begins now: it answers all that was asked so far, not what is asked from here on."""
        self.needs_store = False

    def is_behind(self, last_sequence_number: int, status: CommandStatus) -> bool:
        """Whether the store is further than this timeline."""
        return not self.ended and (last_sequence_number > self.last or stage_of(status) > self.stage)

    def add_live(self, event: StreamEvent) -> None:
        """Take an event from the bus: append it, ignore it as known or out of place, or set `needs_store`."""
        if self.ended:
            return
        match event.kind:
            case EventKind.RESPONSE:
                self._add_live_chunk(event)
            case EventKind.STATUS:
                self._add_live_status(event)
            case EventKind.PROGRESS:
                if not self._final_seen and not self._ending_seen:
                    self._append(event)
            case EventKind.ERROR:
                self._ending_seen = True

    def absorb(self, snapshot: StreamSnapshot) -> int:
        """Take what the store knows; returns how many chunks were new.

        A snapshot that begins after this timeline's last chunk would leave a hole: it is ignored.
        """
        if self.ended or min(snapshot.after, snapshot.last_sequence_number) > self.last:
            return 0
        stage = stage_of(snapshot.status)
        if self.stage < stage < _ENDED:
            self._enter(status_event(snapshot.command_id, snapshot.status, None), stage)
        last_before = self.last
        for chunk in snapshot.chunks:
            if chunk.sequence_number == self.last + 1:
                self._append_chunk(response_event(chunk))
        if stage == _ENDED and self.last >= snapshot.last_sequence_number:
            self._finish(ending_frames(snapshot))
        elif self.last < snapshot.last_sequence_number:
            self.needs_store = True
        return self.last - last_before

    def from_position(self, position: int) -> Sequence[StreamEvent]:
        """Frames from `position` (not before `start`) on."""
        return self.frames[position - self.start :]

    def position_after(self, number: int) -> int:
        """Where a viewer goes on who has all chunks up to `number`; `number` is not below `floor`."""
        for offset in range(len(self.frames) - 1, -1, -1):
            frame_number = self.frames[offset].sequence_number
            if frame_number is not None and frame_number <= number:
                return self.start + offset + 1
        return self.start

    def _add_live_chunk(self, event: StreamEvent) -> None:
        number = event.sequence_number or 0
        if number == self.last + 1:
            self._append_chunk(event)
        elif number > self.last:
            self.needs_store = True

    def _add_live_status(self, event: StreamEvent) -> None:
        status = event.status
        if status is None:
            return
        stage = stage_of(status)
        if stage < _ENDED:
            if stage > self.stage and not self._ending_seen:
                self._enter(event, stage)
        elif status is CommandStatus.COMPLETED and self._final_seen:
            self._finish([event])
        else:
            self._ending_seen = True
            self.needs_store = True

    def _enter(self, event: StreamEvent, stage: int) -> None:
        self.stage = stage
        self.present = event
        self._append(event)

    def _finish(self, frames: Sequence[StreamEvent]) -> None:
        self.frames.extend(frames)  # beyond the limits on purpose: no trimming may part an error from its status
        self.ended = True
        self.stage = _ENDED
        self.needs_store = False

    def _append_chunk(self, event: StreamEvent) -> None:
        self.last += 1
        self._final_seen = event.is_final
        self._append(event)

    def _append(self, event: StreamEvent) -> None:
        self.frames.append(event)
        self._text_length += len(event.text)
        if len(self.frames) > 2 * self._limits.frames or self._text_length > 2 * self._limits.text_length:
            self._trim()

    def _trim(self) -> None:
        """Drop the oldest frames down to the limits, but keep the newest one; half at a time keeps this cheap."""
        gone = 0
        while len(self.frames) - gone > 1 and (
            len(self.frames) - gone > self._limits.frames or self._text_length > self._limits.text_length
        ):
            frame = self.frames[gone]
            self._text_length -= len(frame.text)
            self.floor = frame.sequence_number or self.floor
            gone += 1
        del self.frames[:gone]
        self.start += gone


class ViewerCursor:
    """One viewer's place in a stream. `number` is the last chunk it has."""

    __slots__ = ("_joined_late", "_position", "_stage", "ended", "number")

    def __init__(self, after: int) -> None:
        """`after`: the viewer has the chunks up to this number (0: none)."""
        self.number = after
        self._position = -1
        self._stage = 0
        self._joined_late = False
        self.ended = False

    def needs_replay(self, timeline: Timeline) -> bool:
        """Whether chunks are missing that only the store still has: just joined, or too slow."""
        return not self.ended and self._position < timeline.start and self.number < timeline.floor

    def take(self, timeline: Timeline) -> list[StreamEvent]:
        """All frames that are new to this viewer, in order. Nothing while `needs_replay`."""
        taken: list[StreamEvent] = []
        if self.ended or self.needs_replay(timeline):
            return taken
        if self._position < timeline.start:
            self._join(timeline, taken)
        taken.extend(frame for frame in timeline.from_position(self._position) if self._is_new(frame))
        self._position = timeline.end
        self.ended = timeline.ended
        return taken

    def replay(self, snapshot: StreamSnapshot) -> list[StreamEvent]:
        """Frames of a page of the store that was read after `number`; the ending too where the page reaches it."""
        taken: list[StreamEvent] = []
        if self.ended:
            return taken
        stage = stage_of(snapshot.status)
        if self._stage < stage < _ENDED:
            self._stage = stage
            taken.append(status_event(snapshot.command_id, snapshot.status, None))
        for chunk in snapshot.chunks:
            if chunk.sequence_number == self.number + 1:
                self.number += 1
                taken.append(response_event(chunk))
        self._position = -1
        if stage == _ENDED and self.number >= snapshot.last_sequence_number:
            taken.extend(ending_frames(snapshot))
            self.ended = True
        return taken

    def _join(self, timeline: Timeline, taken: list[StreamEvent]) -> None:
        """Enter the timeline where the viewer's chunks end, with the present status first while the command runs."""
        self._position = timeline.position_after(self.number)
        if timeline.ended:
            self._joined_late = True  # what the command was doing is over: chunks and the ending only
        elif timeline.present is not None and timeline.stage > self._stage:
            self._stage = timeline.stage
            taken.append(timeline.present)

    def _is_new(self, frame: StreamEvent) -> bool:
        match frame.kind:
            case EventKind.RESPONSE:
                if frame.sequence_number != self.number + 1:
                    return False
                self.number += 1
                return True
            case EventKind.STATUS:
                stage = stage_of(frame.status or CommandStatus.PENDING)
                if stage <= self._stage or (self._joined_late and stage < _ENDED):
                    return False
                self._stage = stage
                return True
            case EventKind.PROGRESS:
                return not self._joined_late
            case EventKind.ERROR:
                return True
