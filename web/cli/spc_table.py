"""A chart in the terminal: a row a point, with its place between the limits drawn beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from services.framework.spc.answer import Answer, Question

_WIDTH = 33
_NO_TERMINAL = 130
_WHOLE = 100_000
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


def show(answer: Answer, name: str, question: Question) -> None:
    """Print the chart, the signals and what to know of them."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_NO_TERMINAL)
    rules = answer.verdict.rule_set
    console.print(Text(f"{name}: {answer.chart.kind} chart, {rules.title}", style="bold"))
    console.print(_table(answer, question.target))
    for line in _lines(answer, question):
        console.print(Text(line), soft_wrap=True)


def _table(answer: Answer, target: float | None) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("", "period"):
        table.add_column(title, no_wrap=True)
    for title in ("value", "centre", "lower", "upper"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("signals")
    strip = _Strip(answer, target)
    starts = {part.first for part in answer.chart.parts[1:]}
    for at, label in enumerate(answer.chart.labels):
        chart, rules = answer.chart, answer.verdict.by_point[at]
        cells = (chart.values[at], chart.centre[at], chart.lower[at], chart.upper[at])
        if at + 1 in starts:
            table.add_section()
        table.add_row(
            f"{at + 1}{'x' if chart.excluded[at] else ''}",
            Text(str(label)),
            *(_number(cell) for cell in cells),
            strip.line(at),
            Text(", ".join(rule.words for rule in rules), style="bold" if rules else ""),
        )
    return table


def _number(cell: float | None) -> str:
    if cell is None:
        return ""
    return f"{cell:.0f}" if abs(cell) >= _WHOLE else f"{cell:.6g}"


class _Strip:
    """One line of characters a point, all on one scale."""

    def __init__(self, answer: Answer, target: float | None) -> None:
        chart = answer.chart
        columns = (chart.values, chart.centre, chart.lower, chart.upper, (target,))
        seen = [cell for column in columns for cell in column if cell is not None]
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


def _lines(answer: Answer, question: Question) -> Iterator[str]:
    labels = answer.chart.labels
    yield ""
    yield f"{answer.verdict.words}."
    for signal in answer.verdict.signals:
        first, last = labels[signal.points[0] - 1], labels[signal.points[-1] - 1]
        where = f"{first}" if first == last else f"{first} to {last}"
        yield f"  {where}: {signal.rule.words}: {signal.text}"
    for number, part in enumerate(answer.chart.parts, start=1):
        runs = part.runs
        if runs.n_useful:
            yield (
                f"part {number}: points {part.first} to {part.last}, {runs.n_useful} useful;"
                f" longest run {runs.longest_run} (limit {runs.longest_run_max}),"
                f" crossings {runs.crossings} (at least {runs.crossings_min})"
            )
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
