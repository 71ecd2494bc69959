"""A chart in the terminal: a row a point, with its place between the limits drawn beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.framework.texts import digits_for, number

if TYPE_CHECKING:
    from services.framework.spc.answer import Answer, Question
    from services.framework.spc.chart import Chart, Line, Part
    from services.framework.spc.proposals import Offer
    from services.framework.spc.rules import Rule
    from services.framework.spc.signals import Signal

_WIDTH = 33
_NO_TERMINAL = 130
_WIDE = 105
"""Columns from which the numbers of the lines stand beside each point."""
_VARIATION = {
    "improvement": "special cause: improvement",
    "concern": "special cause: concern",
    "high": "special cause: high",
    "low": "special cause: low",
    "common_cause": "common cause",
}
_ASSURANCE = {
    "pass": "the target will be met",
    "fail": "the target will not be met",
    "hit_or_miss": "the target will be hit or missed by chance",
}


def show(answer: Answer, name: str, question: Question, offers: Sequence[Offer]) -> None:
    """Print the chart, the signals, what to know of them, and proposals to re-base."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_NO_TERMINAL)
    rules, numbers = answer.verdict.rule_set, _Numbers(answer.chart)
    console.print(Text(f"{name}: {answer.chart.kind} chart, {rules.title}", style="bold"))
    console.print(_table(answer, question.target, numbers, wide=console.width >= _WIDE))
    for line in (*_lines(answer, question, numbers), *_proposed(offers)):
        console.print(Text(line), soft_wrap=True)


def _table(answer: Answer, target: float | None, numbers: _Numbers, *, wide: bool) -> Table:
    """A row a point; the numbers of its lines beside it where there is room."""
    table = Table(box=None, pad_edge=False)
    for title in ("", "period"):
        table.add_column(title, no_wrap=True)
    for title in ("value", "centre", "lower", "upper") if wide else ("value",):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("signals")
    chart, strip = answer.chart, _Strip(answer, target)
    starts = {part.first for part in chart.parts[1:]}
    for at, label in enumerate(chart.labels):
        rules = answer.verdict.by_point[at]
        lines = (chart.centre[at], chart.lower[at], chart.upper[at]) if wide else ()
        if at + 1 in starts:
            table.add_section()
        table.add_row(
            f"{at + 1}{'x' if chart.excluded[at] else ''}",
            Text(str(label)),
            numbers.value(chart.values[at]),
            *(numbers.line(cell) for cell in lines),
            strip.line(at),
            Text(", ".join(_named(rule, wide=wide) for rule in rules), style="bold"),
        )
    return table


_BRIEF = {"outside_limits": "outside", "two_of_three": "2 of 3"}


def _named(rule: Rule, *, wide: bool) -> str:
    return rule.words if wide else _BRIEF.get(rule, rule.words)


class _Numbers:
    """Numbers of one chart, all with the same decimals: those that tell its values apart."""

    def __init__(self, chart: Chart) -> None:
        known = [cell for cell in chart.values if cell is not None] or [0.0]
        spread = max(known) - min(known)
        self._digits = digits_for(spread or abs(known[0]))
        self._whole = all(cell == int(cell) for cell in known)

    def value(self, cell: float | None) -> str:
        """A value; whole numbers are written as such."""
        return "" if cell is None else number(cell, 0 if self._whole else self._digits)

    def line(self, cell: float | None) -> str:
        """A number of a line."""
        return "" if cell is None else number(cell, self._digits)

    def outside(self, value: float, limit: float, over: str) -> str:
        """A value and the limit that it passes, with as many decimals as tell them apart."""
        digits = self._digits
        while digits < _FINEST and number(value, digits) == number(limit, digits):
            digits += 1
        return f"{number(value, digits)} is {over} the limit {number(limit, digits)}"


_FINEST = 9


class _Strip:
    """One line of characters a point, all on one scale."""

    def __init__(self, answer: Answer, target: float | None) -> None:
        chart = answer.chart
        columns = (chart.values, chart.centre, chart.lower, chart.upper, (target,))
        seen = [cell for column in columns for cell in column if cell is not None] or [0.0]
        self._answer, self._target = answer, target
        self._low, self._high = min(seen), max(seen)

    def line(self, at: int) -> Text:
        chart = self._answer.chart
        cells = [" "] * _WIDTH
        marks = ((self._target, "T"), (chart.lower[at], "┊"), (chart.upper[at], "┊"))
        for value, mark in (*marks, (chart.centre[at], "│")):
            self._put(cells, value, mark)
        special = bool(self._answer.verdict.by_point[at])
        self._put(cells, chart.values[at], "◆" if special else "●")
        return Text("".join(cells), style="bold" if special else "")

    def _put(self, cells: list[str], value: float | None, mark: str) -> None:
        if value is None:
            return
        reach = self._high - self._low
        share = (value - self._low) / reach if reach > 0 else 0.5
        cells[round(share * (_WIDTH - 1))] = mark


def _lines(answer: Answer, question: Question, numbers: _Numbers) -> Iterator[str]:
    labels = answer.chart.labels
    yield ""
    yield f"{answer.verdict.words}."
    for signal in answer.verdict.signals:
        first, last = labels[signal.points[0] - 1], labels[signal.points[-1] - 1]
        where = f"{first}" if first == last else f"{first} to {last}"
        yield f"  {where}: {signal.rule.words}: {_told(answer.chart, signal, numbers)}"
    for place, part in enumerate(answer.chart.parts, start=1):
        yield f"part {place}: {_part(answer.chart, part, numbers)}"
    if answer.icons.variation:
        yield f"variation: {_VARIATION[answer.icons.variation]}"
    if answer.icons.assurance:
        yield f"assurance: {_ASSURANCE[answer.icons.assurance]} ({question.target:g})"
    for part_number in answer.verdict.too_few:
        useful = answer.verdict.findings.n_useful[0, part_number - 1]
        wanted = answer.verdict.rule_set.parameters.min_points
        yield f"note: part {part_number}: {useful} useful points of {wanted}: too few to judge"
    for note in answer.chart.notes:
        yield f"note: {note}"


def _told(chart: Chart, signal: Signal, numbers: _Numbers) -> str:
    """A signal's own words, with the chart's decimals where it names a value."""
    at, high = signal.points[0] - 1, signal.side == "high"
    value, limit = chart.values[at], (chart.upper if high else chart.lower)[at]
    if signal.rule != "outside_limits" or value is None or limit is None:
        return signal.text
    return numbers.outside(value, limit, "above" if high else "below")


def _part(chart: Chart, part: Part, numbers: _Numbers) -> str:
    """The lines of a part, where they are level, and its runs."""
    here = slice(part.first - 1, part.last)
    said = [f"points {part.first} to {part.last}"]
    centre, lower, upper = (_level(line[here]) for line in (chart.centre, chart.lower, chart.upper))
    if centre is not None:
        said.append(f"centre {numbers.line(centre)}")
    if lower is not None and upper is not None:
        said.append(f"limits {numbers.line(lower)} to {numbers.line(upper)}")
    runs = part.runs
    if runs.n_useful:
        said.append(
            f"{runs.n_useful} useful; longest run {runs.longest_run} (limit {runs.longest_run_max})"
        )
        said.append(f"crossings {runs.crossings} (at least {runs.crossings_min})")
    return ", ".join(said)


def _level(line: Line) -> float | None:
    """The number of a line that is the same all along; None where it is not."""
    found = set(line)
    return next(iter(found)) if len(found) == 1 else None


def _proposed(offers: Sequence[Offer]) -> Iterator[str]:
    """Each proposal to re-base, and how it would be taken up."""
    for _, one in offers:
        yield f"proposal: a new part from {one.label}, point {one.first}: {one.reason}"
    if offers:
        yield "  nothing is applied; --rebase N,N draws the chart with new parts"
