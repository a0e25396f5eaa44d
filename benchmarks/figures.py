"""What a benchmark found, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure. `runs` are the single measurements behind it, `target` what it should reach."""

    name: str
    value: str
    runs: str = ""
    target: str = ""


def rate(name: str, runs: Sequence[float], unit: str) -> Figure:
    """The median of rates, with the spread of the single runs."""
    return Figure(name=name, value=f"{median(runs):,.0f} {unit}", runs=spread(runs, "{:,.0f}"))


def ratio(name: str, ours: Sequence[float], floor: Sequence[float], *, target: float) -> Figure:
    """Median of ours over median of the floor; the single ratios pair runs that followed each other."""
    pairs = [mine / bare for mine, bare in zip(ours, floor, strict=True)]
    return Figure(
        name=name,
        value=f"{median(ours) / median(floor):.2f}",
        runs=spread(pairs, "{:.2f}"),
        target=f">= {target}",
    )


def spread(runs: Sequence[float], form: str) -> str:
    """Every single run, in the order in which they were made."""
    return "  ".join(form.format(run) for run in runs)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left", show_edge=False)
    for heading in ("figure", "median", "single runs", "target"):
        table.add_column(heading)
    for figure in figures:
        table.add_row(figure.name, figure.value, figure.runs, figure.target)
    Console(width=150).print(table, "")
