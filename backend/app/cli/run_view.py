"""What the screen of a running command shows. Pure: events in, text and tables out; the seconds are passed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.text import Text

from app.cli.plain_text import one_line
from app.cli.quantities import show_seconds
from app.cli.tables import STATUS_STYLES, answer_text, cell, plain_table
from app.client.events import ErrorEvent, Event, ProgressEvent, ResponseEvent, StatusEvent
from app.domain.command_states import CommandStatus

ADVICE = {
    CommandStatus.OUTCOME_UNKNOWN: "The vehicle may have acted. Find out, for example by reading back, then decide.",
    CommandStatus.EXPIRED: "It did not start in time; the vehicle did nothing. Send it once the vehicle is back.",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """The times of a command that had ended before watching began, in seconds since it started."""

    chunks: Mapping[int, float] = field(default_factory=dict)
    end: float | None = None


@dataclass(slots=True)
class RunView:
    """Everything seen of one command so far. Times are seconds since watching began, or as `recorded`."""

    title: str
    status: CommandStatus
    queue_position: int | None = None
    chunks: list[tuple[float, ResponseEvent]] = field(default_factory=list)
    progress: tuple[float, ProgressEvent] | None = None
    error: ErrorEvent | None = None
    link_stands: bool = True
    ended_after_s: float | None = None
    recorded: Recorded = field(default_factory=Recorded)

    def apply(self, event: Event, elapsed_s: float) -> None:
        """Take in an event."""
        match event:
            case ResponseEvent(sequence_number=number):
                self.chunks.append((self.recorded.chunks.get(number, elapsed_s), event))
                self.progress = None
            case ProgressEvent():
                self.progress = (elapsed_s, event)
            case ErrorEvent():
                self.error = event
            case StatusEvent(status=status):
                self.status = status
                if status.is_terminal:
                    self.ended_after_s = elapsed_s if self.recorded.end is None else self.recorded.end
                    self.progress = None

    @property
    def last_sequence_number(self) -> int:
        """Number of the last chunk seen, 0 if none."""
        return self.chunks[-1][1].sequence_number if self.chunks else 0

    def screen(self, elapsed_s: float) -> RenderableType:
        """The live screen: chunks, what the vehicle is doing, the state."""
        parts: list[RenderableType] = [Text(one_line(self.title), style="bold")]
        if self.chunks:
            parts.append(self._chunk_table())
        if self.progress is not None:
            parts.append(Text(self._progress_line(elapsed_s), style="cyan"))
        if not self.link_stands and self.ended_after_s is None:
            parts.append(Text("connection lost, reconnecting (no chunk will be missing)", style="yellow"))
        parts.append(self.state_line(elapsed_s))
        return Group(*parts)

    def _chunk_table(self) -> RenderableType:
        table = plain_table("#", "After", "Answer")
        for seen_at, chunk in self.chunks:
            number = f"{chunk.sequence_number}{' final' if chunk.is_final else ''}"
            table.add_row(cell(number), cell(show_seconds(seen_at)), answer_text(chunk.response_payload))
        return table

    def _progress_line(self, elapsed_s: float) -> str:
        assert self.progress is not None  # noqa: S101 - the only caller has looked
        since, event = self.progress
        return one_line(f"{event.message} ({show_seconds(elapsed_s - since)})")

    def state_line(self, elapsed_s: float) -> Text:
        """The state in one line, with the advice that goes with a bad end."""
        text = Text(self.status.value, style=STATUS_STYLES[self.status])
        if self.ended_after_s is None:
            place = f", place {self.queue_position} in the queue" if self.queue_position and self._waits() else ""
            text.append(f"{place} ({show_seconds(elapsed_s)})", style="")
            return text
        text.append(f" after {show_seconds(self.ended_after_s)}, {self._count()}", style="default")
        if self.error is not None:
            text.append(f"\n{one_line(f'{self.error.code}: {self.error.error_message}')}", style="default")
        if self.status in ADVICE:
            text.append(f"\n{ADVICE[self.status]}", style="default")
        return text

    def _waits(self) -> bool:
        return self.status is CommandStatus.PENDING

    def _count(self) -> str:
        return f"{len(self.chunks)} chunk{'' if len(self.chunks) == 1 else 's'}"
