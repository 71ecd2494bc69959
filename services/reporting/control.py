"""A measure of an aim on a control chart: limits, special causes, icons, and a proposal to re-base.

The chart, its rules and its icons are the engine's (:mod:`services.framework.spc`), asked here as
``docs/spc.md`` says: which chart suits the kind of measure, limits frozen from the aim's baseline,
the measure's own rule set where it names one. Values that are not judged are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median
from typing import Literal, NamedTuple

from services.framework.noise import has_counts
from services.framework.periods import Period, between
from services.framework.plan import Aim, AimMeasure, Direction, Intent, Kind, Measure
from services.framework.season import whole_years
from services.framework.series import Point, Series
from services.framework.spc.answer import Answer, Question, answer
from services.framework.spc.icons import Assurance, Variation
from services.framework.spc.icons import Direction as Better
from services.framework.spc.options import ChartKind, Options, SpcError
from services.framework.spc.proposal import Proposal, Wanted, sustained_runs
from services.framework.spc.rules import HIGH, LOW, Rule
from services.framework.spc.signals import Signal
from services.framework.texts import count, listed, number, periods
from services.framework.trajectory import better

Tone = Literal["better", "worse", "other"]
Cells = tuple[float | None, ...]
LEAST_BASELINE = 10
"""Baseline values that limits can be frozen from; with fewer they rest on all values."""
LEAST_LIMITS = 12
"""Values below which a run chart is drawn, which has no limits."""
LARGE = 1000
CHANCE = (0.9, 1.1)
"""σz between which points vary as chance has them; beyond, and over 1,000 a period, P′ and U′."""
_TITLES = {
    ChartKind.RUN: "run chart",
    ChartKind.XMR: "XmR chart",
    ChartKind.P: "P chart",
    ChartKind.P_PRIME: "P′ chart",
    ChartKind.U: "U chart",
    ChartKind.U_PRIME: "U′ chart",
    ChartKind.C: "C chart",
    ChartKind.T: "T chart",
}
_WANTED: dict[Better, Wanted] = {"increase": "above", "decrease": "below", "neutral": "both"}


class Place(NamedTuple):
    """What the chart says at one period; ``rules`` are those that mark it, in words."""

    centre: float | None
    lower: float | None
    upper: float | None
    tone: Tone | None = None
    rules: tuple[str, ...] = ()


class Rebase(NamedTuple):
    """A new baseline that the values suggest: from which period, about which level, and why."""

    first: Period
    level: float
    words: str


@dataclass(frozen=True, slots=True)
class Control:
    """A chart as read; where there is none ``answer`` is None and ``notes`` say why.

    ``periods`` are those of the chart's points; ``title`` names the chart and its rules.
    """

    direction: Better
    title: str = ""
    notes: tuple[str, ...] = ()
    answer: Answer | None = None
    periods: tuple[Period, ...] = ()
    rebase: Rebase | None = None
    digits: int = 1

    @property
    def variation(self) -> Variation | None:
        """What the last value shows."""
        return self.answer.icons.variation if self.answer else None

    @property
    def assurance(self) -> Assurance | None:
        """Whether the process, by these limits, will meet the target."""
        return self.answer.icons.assurance if self.answer else None

    @property
    def places(self) -> dict[int, Place]:
        """What the chart says of each period, by ordinal."""
        if self.answer is None:
            return {}
        return {period.ordinal: self._place(at) for at, period in enumerate(self.periods)}

    @property
    def signals(self) -> tuple[str, ...]:
        """Every special cause in words, the latest first."""
        found = self.answer.verdict.signals if self.answer else ()
        latest = sorted(found, key=lambda signal: signal.points[-1], reverse=True)
        return tuple(self._told(signal) for signal in latest)

    def _place(self, at: int) -> Place:
        assert self.answer is not None  # noqa: S101 - asked by places alone
        chart, verdict = self.answer.chart, self.answer.verdict
        rules = tuple(rule.words for rule in verdict.by_point[at])
        lines = (chart.centre[at], chart.lower[at], chart.upper[at])
        return Place(*lines, self._tone(at) if rules else None, rules)

    def _tone(self, at: int) -> Tone:
        """Whether the rules that mark a point find it on the better side, the worse, or neither."""
        assert self.answer is not None  # noqa: S101 - asked by places alone
        marks = self.answer.verdict.findings.marks
        bits = 0
        for rule, cells in marks.items():
            bits |= 0 if rule is Rule.HUGGING else int(cells[0, at])
        good, bad = (HIGH, LOW) if self.direction == "increase" else (LOW, HIGH)
        if self.direction == "neutral" or not bits & (HIGH | LOW):
            return "other"
        return "better" if bits & good else "worse" if bits & bad else "other"

    def _told(self, signal: Signal) -> str:
        first, last = (self.periods[at - 1] for at in (signal.points[0], signal.points[-1]))
        where = first.label if first == last else f"{first.label} to {last.label}"
        if signal.rule is Rule.OUTSIDE_LIMITS:
            return f"{where}: {self._outside(signal)}"
        return f"{where}: {signal.text}"

    def _outside(self, signal: Signal) -> str:
        """As the engine says it, with the measure's own decimals."""
        assert self.answer is not None  # noqa: S101 - there is a signal
        chart, at = self.answer.chart, signal.points[0] - 1
        limit = (chart.upper if signal.side == "high" else chart.lower)[at]
        value, over = chart.values[at], "above" if signal.side == "high" else "below"
        if value is None or limit is None:
            return signal.text
        digits = self.digits
        while digits < _FINEST and number(value, digits) == number(limit, digits):
            digits += 1
        return f"{number(value, digits)} is {over} the limit {number(limit, digits)}"


_FINEST = 6


def control_of(
    aim: Aim, declared: AimMeasure, measure: Measure, series: Series, *, level: float, digits: int
) -> Control:
    """The chart of one measure of an aim; ``level`` is its baseline, ``digits`` its decimals."""
    direction = _direction(aim, declared, measure, level)
    if measure.window > 1:
        overlap = periods(measure.window, measure.frequency)
        return Control(
            direction, notes=(f"No limits and no run rules: values over {overlap} overlap.",)
        )
    stretch = _stretch(aim, declared, series)
    if not stretch.points:
        return Control(direction, notes=("No chart yet: no value is final.",))
    try:
        return _charted(declared, measure, stretch, direction, digits)
    except SpcError as error:
        return Control(direction, notes=(f"No limits: {error}.",))


def _direction(aim: Aim, declared: AimMeasure, measure: Measure, level: float) -> Better:
    """Which way is better; a neutral measure improves to its target, a range has no such way."""
    target = declared.target
    if isinstance(target, tuple) or aim.intent is Intent.WITHIN:
        return "neutral"
    if measure.direction is Direction.NEUTRAL and (target is None or aim.intent is Intent.HOLD):
        return "neutral"
    goal = level if target is None else target
    return "increase" if better(measure.direction, level, goal) > 0 else "decrease"


class _Stretch(NamedTuple):
    """The judged points from the baseline on, and how many periods of it are the baseline.

    ``base`` is how many judged values there are in those; ``periods`` are all from the first point
    to the last.
    """

    points: tuple[Point, ...]
    freeze: int
    base: int
    periods: tuple[Period, ...]

    def cells(self, numbers: Sequence[float | None]) -> Cells:
        """A number of each point by period; None where there is no point."""
        start = self.points[0].ordinal
        found: list[float | None] = [None] * len(self.periods)
        for point, value in zip(self.points, numbers, strict=True):
            found[point.ordinal - start] = value
        return tuple(found)


def _stretch(aim: Aim, declared: AimMeasure, series: Series) -> _Stretch:
    stated = declared.baseline
    end = stated.last or (aim.start.shift(-1) if aim.start else None)
    points = tuple(
        p for p in series.points if p.judged and (not stated.first or p.period >= stated.first)
    )
    base = [p for p in points if end is not None and p.ordinal <= end.ordinal]
    every = between(points[0].period, points[-1].period) if points else ()
    if len(base) < LEAST_BASELINE:
        return _Stretch(points, 0, len(base), every)
    return _Stretch(points, base[-1].ordinal - points[0].ordinal + 1, len(base), every)


def _charted(
    declared: AimMeasure,
    measure: Measure,
    stretch: _Stretch,
    direction: Better,
    digits: int,
) -> Control:
    found = _answered(_question(declared, measure, stretch, direction))
    return Control(
        direction,
        named(found),
        (*_notes(found, stretch), *_partless(measure, stretch)),
        found,
        stretch.periods,
        _rebase(found, stretch, direction, digits),
        digits,
    )


def named(found: Answer) -> str:
    """The chart, and the rules with their version."""
    rules = found.verdict.rule_set
    return f"{_TITLES[found.chart.kind]}; {rules.title}, {rules.name} version {rules.version}"


class _Asked(NamedTuple):
    """What is asked of the engine, so that the same need not be asked twice."""

    values: Cells
    sizes: Cells | None
    labels: tuple[str, ...]
    chart: ChartKind
    rules: str | None
    direction: Better
    target: float | None
    options: Options

    @property
    def question(self) -> Question:
        """The same for the engine."""
        return Question(
            self.values,
            self.sizes,
            self.labels,
            self.chart,
            self.rules,
            self.direction,
            self.target,
            self.options,
        )


def _question(
    declared: AimMeasure, measure: Measure, stretch: _Stretch, direction: Better
) -> _Asked:
    counted = has_counts(measure, stretch.points)
    target = declared.target
    numerators = [p.numerator if counted else p.value for p in stretch.points]
    low, high = measure.valid
    return _Asked(
        stretch.cells(numerators),
        stretch.cells([p.denominator for p in stretch.points]) if counted else None,
        tuple(period.label for period in stretch.periods),
        _kind(measure, stretch, counted=counted),
        measure.rule_set,
        direction,
        target if isinstance(target, int | float) else None,
        Options(
            freeze=stretch.freeze or None,
            rebase=_parts(measure, stretch),
            multiply=measure.per if counted else 1.0,
            floor=None if counted or low is None else low,
            ceiling=None if counted or high is None else high,
        ),
    )


def _parts(measure: Measure, stretch: _Stretch) -> tuple[int, ...]:
    """The first point of each new part that the plan declares, from 1."""
    start, last = stretch.periods[0].ordinal, stretch.periods[-1].ordinal
    return tuple(p.ordinal - start + 1 for p in measure.rebase if start < p.ordinal <= last)


def _kind(measure: Measure, stretch: _Stretch, *, counted: bool) -> ChartKind:
    if measure.rule_set == "run" or (not stretch.freeze and len(stretch.points) < LEAST_LIMITS):
        return ChartKind.RUN
    if counted:
        return ChartKind.P_PRIME if measure.kind is Kind.PROPORTION else ChartKind.U_PRIME
    return ChartKind.C if measure.kind is Kind.EVENTS else ChartKind.XMR


_PLAINER = {ChartKind.P_PRIME: ChartKind.P, ChartKind.U_PRIME: ChartKind.U}


@lru_cache(maxsize=512)
def _answered(asked: _Asked) -> Answer:
    """The answer; of small counts that vary as chance has them, by the plainer P or U chart."""
    found = answer(asked.question)
    plainer = _PLAINER.get(found.chart.kind)
    if plainer is None:
        return found
    sizes = [size for size in asked.sizes or () if size]
    low, high = CHANCE
    if median(sizes) <= LARGE and low <= float(found.chart.panel.dispersion[0, -1]) <= high:
        return answer(asked._replace(chart=plainer).question)
    return found


def _notes(found: Answer, stretch: _Stretch) -> Iterator[str]:
    """What the limits rest on, and what the chart says of its own weakness."""
    if found.chart.kind is ChartKind.RUN:
        yield f"The centre line is the median of {_base_words(stretch)}; it has no limits"
    else:
        yield f"Limits rest on {_base_words(stretch)}"
    for part in found.chart.parts[1:]:
        first, own = stretch.periods[part.first - 1].label, count(part.n_base, "value")
        yield f"From {first} on, as the plan says, they rest on {own} from there"
    if said := part_year(stretch):
        yield said
    yield from weaknesses(found)


def _partless(measure: Measure, stretch: _Stretch) -> Iterator[str]:
    """The parts of the plan that are none, since no value lies before or none from there on."""
    first, last = stretch.periods[0], stretch.periods[-1]
    without = [p.label for p in measure.rebase if not first.ordinal < p.ordinal <= last.ordinal]
    if without:
        yield (
            f"No part begins with {listed(without)}, as the plan says: "
            f"the chart's values are of {first.label} to {last.label}"
        )


def weaknesses(found: Answer) -> Iterator[str]:
    """What a chart says of its own weakness, each as a sentence without its full stop."""
    yield from (note[0].upper() + note[1:].replace("sigma_z", "σz") for note in found.chart.notes)


def part_year(stretch: _Stretch) -> str | None:
    """What a baseline of no whole years means for its level; None where it is of whole years."""
    if not stretch.freeze:
        return None
    first, last = stretch.points[0].period, stretch.points[stretch.base - 1].period
    if whole_years(first, last):
        return None
    return "The baseline is not of whole years, so that its level carries the season of its months"


def _base_words(stretch: _Stretch) -> str:
    every = f"all {count(len(stretch.points), 'value')}"
    if not stretch.freeze:
        few = f", as the baseline has {stretch.base} of {LEAST_BASELINE}" if stretch.base else ""
        return every + few
    first, last = stretch.points[0].period, stretch.points[stretch.base - 1].period
    return f"the baseline, {first.label} to {last.label}"


def _rebase(answered: Answer, stretch: _Stretch, direction: Better, digits: int) -> Rebase | None:
    """The last run on the better side in the last part that still lasts, as a proposal."""
    begin = answered.chart.parts[-1].first - 1
    values, every = answered.chart.values[begin:], stretch.periods[begin:]
    labels = [period.label for period in every]
    baseline = stretch.freeze or LEAST_LIMITS
    found = sustained_runs(values, labels, _WANTED[direction], baseline).proposals
    if not found or not _lasts(values, found[-1]):
        return None
    last = found[-1]
    first = every[last.first - 1]
    since = values[last.first - 1 :]
    held = sum(1 for value in since if value is not None)
    many = periods(held, first.frequency) if held == len(since) else count(held, "value")
    side = "the better side" if direction != "neutral" else "one side"
    words = (
        f"The last {many} lie on {side} of the median before, "
        f"{number(last.before, digits)}: a new baseline from {first.label}, about "
        f"{number(last.after, digits)}, is proposed. Nothing changes until a plan says so."
    )
    return Rebase(first, last.after, words)


def _lasts(values: Sequence[float | None], found: Proposal) -> bool:
    """Whether no value since has gone back over the median that the run left."""
    side = found.after - found.before
    since = (value for value in values[found.first - 1 :] if value is not None)
    return all((value - found.before) * side >= 0 for value in since)
