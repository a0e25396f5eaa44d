"""Listings for any terminal: a table where it fits, two lines per item where it does not. Nothing is cut or folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = 2
_INDENT = 2


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under named columns. On a narrow terminal the columns named in `below` go to a second line of each item."""

    columns: tuple[str, ...]
    below: frozenset[str]
    rows: list[tuple[Text, ...]] = field(default_factory=list)

    def add_row(self, *cells: Text) -> None:
        """One cell for each column."""
        self.rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """What rich asks things that draw themselves."""
        everything = range(len(self.columns))
        if sum(self._widths(everything)) + _GAP * (len(self.columns) - 1) <= options.max_width:
            yield self._table(everything)
        else:
            yield from self._two_lines_each()

    def _table(self, chosen: Sequence[int]) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
        for index in chosen:
            table.add_column(self.columns[index], no_wrap=True)
        for row in self.rows:
            table.add_row(*(row[index] for index in chosen))
        return table

    def _two_lines_each(self) -> Iterator[RenderableType]:
        above = [index for index, name in enumerate(self.columns) if name not in self.below]
        under = [index for index, name in enumerate(self.columns) if name in self.below]
        widths = self._widths(above)
        yield _line([Text(self.columns[index], style="bold") for index in above], widths)
        for row in self.rows:
            yield _line([row[index] for index in above], widths)
            rest = [row[index] for index in under if row[index].plain]
            if rest:
                gap = Text(" " * _GAP)
                yield Padding(gap.join(rest), (0, 0, 0, _INDENT), expand=False)

    def _widths(self, chosen: Sequence[int]) -> list[int]:
        return [max(len(self.columns[index]), *(row[index].cell_len for row in self.rows), 0) for index in chosen]


def _line(cells: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text(overflow="fold")
    for cell, width in zip(cells, widths, strict=True):
        line.append_text(cell)
        line.append(" " * (width - cell.cell_len + _GAP))
    line.rstrip()
    return line
