"""Where output goes: results to standard output, everything else to standard error."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, RenderableType

from app.cli.plain_text import one_line

_UNFOLDED = 4000
"""Columns of a file or pipe: each item of a listing stays on one line, for the programs that read it."""


def _out() -> Console:
    # No markup and no highlighting anywhere: text from vehicles and servers is shown, never interpreted.
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNFOLDED
    return console


def _err() -> Console:
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


@dataclass(frozen=True, slots=True)
class Terminal:
    """The two streams. rich leaves colours out where the stream is no terminal or NO_COLOR is set."""

    as_json: bool = False
    out: Console = field(default_factory=_out)
    err: Console = field(default_factory=_err)

    def show(self, *renderables: RenderableType) -> None:
        """Print a result for people."""
        for renderable in renderables:
            self.out.print(renderable)

    def json(self, document: object) -> None:
        """Print one JSON document, indented."""
        self.line(json.dumps(document, indent=2, ensure_ascii=False))

    def line(self, text: str) -> None:
        """Print a line exactly as it is, at once: a script reads along."""
        self.out.file.write(text + "\n")
        self.out.file.flush()

    def note(self, text: str) -> None:
        """Tell something beside the result."""
        self.err.print(one_line(text), soft_wrap=not self.err.is_terminal)

    @contextmanager
    def working(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show a person that work goes on, and for how long, until the block ends; what it gives changes the text.

        Shows nothing where nobody looks: standard error is no terminal, or JSON was asked for.
        """
        if self.as_json or not self.err.is_terminal:
            yield lambda _: None
            return
        from rich.progress import (  # noqa: PLC0415 - takes long to load, and few acts take long
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=self.err, transient=True) as progress:
            task = progress.add_task(one_line(text), total=None)
            yield lambda changed: progress.update(task, description=one_line(changed))

    @property
    def can_ask(self) -> bool:
        """Whether a person sits there to answer."""
        return sys.stdin.isatty() and self.err.is_terminal
