"""Three ways to show a running command: a live table for a terminal, lines for a file or pipe, NDJSON for a script."""

from collections.abc import Callable
from typing import Protocol

from rich.live import Live

from app.cli.payloads import describe_payload
from app.cli.plain_text import one_line
from app.cli.quantities import show_seconds
from app.cli.run_view import RunView
from app.cli.terminal import Terminal
from app.client.events import Event, ProgressEvent, ResponseEvent, StatusEvent

Clock = Callable[[], float]
"""Seconds since watching began."""


class Presenter(Protocol):
    """Shows a run. `begin` and `pause` come in turns; each event is shown as soon as it is here."""

    def begin(self) -> None:
        """Start, or go on after a pause."""
        ...

    def pause(self) -> None:
        """Leave the screen to others: a question, or the end."""
        ...

    def show(self, event: Event) -> None:
        """Show an event, already part of the view."""
        ...

    def link(self, stands: bool) -> None:
        """The connection broke or stands again."""
        ...


class LivePresenter:
    """A table that grows, with the seconds running."""

    def __init__(self, terminal: Terminal, view: RunView, clock: Clock) -> None:
        self._terminal = terminal
        self._view = view
        self._clock = clock
        self._live: Live | None = None

    def begin(self) -> None:
        """Put the table on the screen."""
        self._live = Live(
            console=self._terminal.out,
            get_renderable=lambda: self._view.screen(self._clock()),
            refresh_per_second=8,
            vertical_overflow="visible",
        )
        self._live.start(refresh=True)

    def pause(self) -> None:
        """Leave the table on the screen as it is now."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(self, event: Event) -> None:
        """Draw at once; the clock alone is drawn a few times a second."""
        if self._live is not None:
            self._live.refresh()

    def link(self, stands: bool) -> None:
        """Say so in the table."""
        self._view.link_stands = stands
        if self._live is not None:
            self._live.refresh()


class LinePresenter:
    """One line per event: for files, pipes and terminals without cursor control."""

    def __init__(self, terminal: Terminal, view: RunView, clock: Clock) -> None:
        self._terminal = terminal
        self._view = view
        self._clock = clock

    def begin(self) -> None:
        """Name the command."""
        self._terminal.line(one_line(self._view.title))

    def pause(self) -> None:
        """Nothing to clear away."""

    def show(self, event: Event) -> None:
        """Print the event."""
        now = show_seconds(self._clock())
        match event:
            case ResponseEvent():
                seen_at = show_seconds(self._view.chunks[-1][0])
                for line in describe_payload(event.response_payload):
                    self._terminal.line(f"{seen_at}  #{event.sequence_number}  {line}")
            case ProgressEvent():
                self._terminal.line(f"{now}  {one_line(event.message)}")
            case StatusEvent(status=status) if status.is_terminal:
                self._terminal.line(self._view.state_line(self._clock()).plain)
            case StatusEvent(status=status):
                self._terminal.line(f"{now}  {status}")
            case _:  # an error is part of the state line that follows it
                pass

    def link(self, stands: bool) -> None:
        """Tell changes only."""
        if stands != self._view.link_stands:
            self._view.link_stands = stands
            self._terminal.note("connected again" if stands else "connection lost, reconnecting")


class JsonPresenter:
    """The events exactly as the server sent them, one per line."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def begin(self) -> None:
        """Nothing before the first event."""

    def pause(self) -> None:
        """Nothing to clear away."""

    def show(self, event: Event) -> None:
        """Print and flush."""
        self._terminal.line(event.text)

    def link(self, stands: bool) -> None:
        """A script needs no word of it: no event is lost or doubled."""


def choose_presenter(terminal: Terminal, view: RunView, clock: Clock) -> Presenter:
    """The presenter that fits where the output goes."""
    if terminal.as_json:
        return JsonPresenter(terminal)
    if terminal.out.is_terminal and not terminal.out.is_dumb_terminal:
        return LivePresenter(terminal, view, clock)
    return LinePresenter(terminal, view, clock)
