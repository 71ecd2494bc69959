"""What a rule set says of one chart: each signal with its points and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.framework.spc.chart import Chart
from services.framework.spc.findings import Findings, judge
from services.framework.spc.rule_sets import Parameters, RuleSet
from services.framework.spc.rules import HIGH, LOW, NEAR, Rule
from services.framework.spc.runs import anhoej_limits, runs_limits

Side = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A special cause: which rule of which set saw it, and the points that it rests on.

    ``points`` count from 1 in the chart, ``part`` from 1. ``side`` is where the points lie, for a
    trend where it goes; ``None`` where the rule has no side. ``text`` says it with its numbers.
    """

    rule_set: str
    version: str
    rule: Rule
    side: Side | None
    points: tuple[int, ...]
    part: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a rule set says of a chart.

    ``by_point`` are the rules that mark each point, the first to speak first; ``too_few`` names
    the parts (from 1) with too few useful points for silence to mean that there is no signal.
    """

    rule_set: RuleSet
    signals: tuple[Signal, ...]
    by_point: tuple[tuple[Rule, ...], ...]
    too_few: tuple[int, ...]
    findings: Findings

    @property
    def words(self) -> str:
        """The verdict in one line."""
        if self.signals:
            rules = dict.fromkeys(signal.rule.words for signal in self.signals)
            counted = "1 signal" if len(self.signals) == 1 else f"{len(self.signals)} signals"
            return f"{counted}: {', '.join(rules)}"
        return "too few to judge" if self.too_few else "no signal"


def verdict(chart: Chart, rules: RuleSet) -> Verdict:
    """What ``rules`` say of ``chart``."""
    found = judge(chart.panel, rules)
    marks = {rule: rows[0].tolist() for rule, rows in found.marks.items()}
    reader = _Reader(chart, rules, found)
    return Verdict(
        rules,
        tuple(sorted(reader.signals(marks), key=lambda signal: (signal.points[0], signal.part))),
        tuple(tuple(rule for rule in marks if marks[rule][at]) for at in range(len(chart.values))),
        tuple(part for part, few in enumerate(found.too_few[0].tolist(), start=1) if few),
        found,
    )


class _Reader:
    """Signals out of marks."""

    def __init__(self, chart: Chart, rules: RuleSet, found: Findings) -> None:
        self._chart = chart
        self._rules = rules
        self._found = found

    def signals(self, marks: dict[Rule, list[int]]) -> Iterator[Signal]:
        for number, part in enumerate(self._chart.parts, start=1):
            kept = [at for at in range(part.first - 1, part.last) if self._is_kept(at)]
            for rule, cells in marks.items():
                seen = range(part.first - 1, part.last) if rule in _POINTWISE else kept
                yield from self._of_points(rule, cells, list(seen), number)
            yield from self._of_part(number, kept)

    def _is_kept(self, at: int) -> bool:
        return self._chart.values[at] is not None and not self._chart.excluded[at]

    def _of_points(
        self, rule: Rule, cells: list[int], kept: list[int], part: int
    ) -> Iterator[Signal]:
        for bit, side in _SIDES:
            marked = [place for place, at in enumerate(kept) if cells[at] & bit]
            for group in self._groups(rule, marked, kept, side):
                points = tuple(kept[place] + 1 for place in group)
                yield self._signal(rule, side, points, part)

    def _groups(
        self, rule: Rule, marked: list[int], kept: list[int], side: Side | None
    ) -> Iterator[list[int]]:
        """Marked places that make one signal: neighbours, or for two of three one apart."""
        group: list[int] = []
        for place in marked:
            if group and not self._joins(rule, group[-1], place, kept, side):
                yield group
                group = []
            group.append(place)
        if group:
            yield group

    def _joins(
        self, rule: Rule, before: int, place: int, kept: list[int], side: Side | None
    ) -> bool:
        if rule in _POINTWISE:
            return False
        if rule is Rule.TREND:
            was, now = self._chart.values[kept[before]], self._chart.values[kept[place]]
            turned = was is not None and now is not None and (now < was) is (side == "high")
            return place == before + 1 and (now == was or not turned)
        return place - before <= (_REACH if rule is Rule.TWO_OF_THREE else 1)

    def _of_part(self, number: int, kept: list[int]) -> Iterator[Signal]:
        points = tuple(at + 1 for at in kept)
        for rule, flags in self._found.parts.items():
            if flags[0, number - 1] and points:
                yield self._signal(rule, None, points, number)

    def _signal(self, rule: Rule, side: Side | None, points: tuple[int, ...], part: int) -> Signal:
        told = _Told(self._chart, self._rules.parameters, self._found, points, part - 1, side)
        text = _TEXTS[rule](told)
        return Signal(self._rules.name, self._rules.version, rule, side, points, part, text)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the words of a signal are made of."""

    chart: Chart
    asked: Parameters
    found: Findings
    points: tuple[int, ...]
    part: int
    side: Side | None

    @property
    def over(self) -> str:
        return "above" if self.side == "high" else "below"

    @property
    def in_a_row(self) -> str:
        """So many points in a row, those on the centre line not counted."""
        chart = self.chart
        count = sum(chart.values[at - 1] != chart.centre[at - 1] for at in self.points)
        return f"{count} points in a row {self.over} the centre line"

    @property
    def anhoej(self) -> tuple[int, int]:
        return anhoej_limits(int(self.found.n_useful[0, self.part]))

    @property
    def runs(self) -> int:
        return int(self.found.n_runs[0, self.part])


def _outside(told: _Told) -> str:
    at = told.points[0] - 1
    limit = (told.chart.upper if told.side == "high" else told.chart.lower)[at]
    return f"{told.chart.values[at]:.6g} is {told.over} the limit {limit:.6g}"


def _trend(told: _Told) -> str:
    going = "up" if told.side == "high" else "down"
    return f"{len(told.points)} points going {going} (a trend is {told.asked.trend_n})"


def _too_few_runs(told: _Told) -> str:
    return f"{told.runs} runs about the centre line (by chance at least {_chance(told)[0] + 1})"


def _too_many_runs(told: _Told) -> str:
    return f"{told.runs} runs about the centre line (by chance at most {_chance(told)[1] - 1})"


def _chance(told: _Told) -> tuple[int, int]:
    above = int(told.found.above[0, told.part])
    below = int(told.found.n_useful[0, told.part]) - above
    few, many = runs_limits(above, below, told.asked.tail)
    return few or 0, many or 0


_TEXTS: dict[Rule, Callable[[_Told], str]] = {
    Rule.OUTSIDE_LIMITS: _outside,
    Rule.SHIFT: lambda told: f"{told.in_a_row} (a shift is {told.asked.shift_n})",
    Rule.LONG_RUN: lambda told: f"{told.in_a_row} (by chance at most {told.anhoej[0]})",
    Rule.TREND: _trend,
    Rule.TWO_OF_THREE: lambda told: (
        f"{len(told.points)} points close to or past the limit {told.over} the centre line"
    ),
    Rule.HUGGING: lambda told: f"{len(told.points)} points in a row close to the centre line",
    Rule.FEW_CROSSINGS: lambda told: (
        f"{told.runs - 1} crossings of the centre line (by chance at least {told.anhoej[1]})"
    ),
    Rule.TOO_FEW_RUNS: _too_few_runs,
    Rule.TOO_MANY_RUNS: _too_many_runs,
}
_POINTWISE = {Rule.OUTSIDE_LIMITS}
_REACH = 2
_SIDES: tuple[tuple[int, Side | None], ...] = ((HIGH, "high"), (LOW, "low"), (NEAR, None))
