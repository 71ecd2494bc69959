"""What holds of every judgement, whatever the data: the laws of the verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from math import isfinite

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.evaluation.backtest import backtest, read_history
from services.framework.evaluate import evaluate
from services.framework.facts import Facts, Maturity, Observation
from services.framework.judgement import Status, Subject, SubjectKind, Verdict
from services.framework.periods import Frequency, Period
from services.framework.plan import (
    AimMeasure,
    Baseline,
    Direction,
    Intent,
    Kind,
    PathPoint,
    Plan,
)
from services.framework.series import read_series
from services.framework.spc import Options, chart
from services.framework.spc.rule_sets import RULE_SETS
from services.framework.spc.signals import verdict as spc_verdict
from services.framework.verdict import judge
from tests.unit.framework.builders import KEY, a_measure, a_plan, an_aim, an_observation, month

FIRST = month("2022-01")
DOWN, UP = Direction.DECREASE, Direction.INCREASE


@dataclass(frozen=True)
class Case:
    """An aim with its values, in numbers that binary fractions hold exactly.

    ``before`` months of baseline from January 2022 on, ``months`` to the deadline; ``cells`` are
    values from the first month of the baseline on, None where none came. ``target`` is a level, or
    a range for an aim to stay within.
    """

    intent: Intent
    path: str | tuple[float, ...]
    before: int
    months: int
    target: float | tuple[float, float] | None
    cells: tuple[float | None, ...]
    valid: tuple[float, float] | None = None
    lag: int = 0

    def moved(self, scale: float, shift: float) -> Case:
        """Everything that is in the measure's units, scaled and shifted; mirrored if below 0."""

        def move(value: float) -> float:
            return value * scale + shift

        def moved(ends: tuple[float, float]) -> tuple[float, float]:
            low, high = sorted(map(move, ends))
            return low, high

        path, goal = self.path, self.target
        return replace(
            self,
            path=path if isinstance(path, str) else tuple(map(move, path)),
            target=goal if goal is None else moved(goal) if isinstance(goal, tuple) else move(goal),
            cells=tuple(None if cell is None else move(cell) for cell in self.cells),
            valid=moved(self.valid) if self.valid else None,
        )

    def plan(self, direction: Direction = DOWN) -> Plan:
        start = FIRST.shift(self.before)
        part = AimMeasure("m", Baseline(FIRST, start.shift(-1)), self.target, self._path(start))
        aim = an_aim(
            measures=(part,),
            intent=self.intent,
            start=start,
            deadline=start.shift(self.months - 1),
            lag=self.lag,
        )
        return a_plan(aim, a_measure(direction=direction, valid=self.valid or (None, None)))

    def _path(self, start: Period) -> str | tuple[PathPoint, ...]:
        if isinstance(self.path, str):
            return self.path
        return tuple(PathPoint(start.shift(3 * i), v) for i, v in enumerate(self.path, 1))

    def facts(self) -> Facts:
        return known(self.cells)

    @property
    def last(self) -> Period:
        return FIRST.shift(len(self.cells) - 1)


def known(cells: Sequence[float | None]) -> Facts:
    found = [an_observation(FIRST.shift(i), v) for i, v in enumerate(cells) if v is not None]
    return Facts({KEY: tuple(found)})


def verdict_of(plan: Plan, facts: Facts, month_end: Period) -> Verdict:
    """The verdict as of the end of a month, without its chain."""
    aim = plan.aims["a"]
    as_of = month_end.ends_at(plan.zone)
    return judge(plan, aim, lambda key: read_series(plan, facts, key), as_of).verdict


def said(case: Case, direction: Direction = DOWN) -> Verdict:
    return verdict_of(case.plan(direction), case.facts(), case.last)


def statuses(verdict: Verdict) -> list[tuple[Period, Status]]:
    return [(reading.period, reading.status) for reading in verdict.readings]


noise = st.integers(-40, 40).map(lambda eighths: eighths / 8)
courses = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.75, 1.0, 1.25, 2.0])


@st.composite
def cases(draw: st.DrawFn, *, intents: Sequence[Intent] = tuple(Intent)) -> Case:
    """Baselines around 100, and values on, ahead of or behind the way to 84, with holes."""
    intent = draw(st.sampled_from(list(intents)))
    before = draw(st.sampled_from([4, 8, 12, 24]))
    months = draw(st.integers(4, 24))
    pace = draw(courses)
    swing = draw(st.sampled_from([0.0, 0.0, 6.0]))
    since = draw(st.integers(0, months + 3))
    target: float | tuple[float, float] | None = 84.0
    if intent is Intent.WITHIN:
        target = (95.0, 105.0)
    elif intent is Intent.HOLD:
        target, pace = draw(st.sampled_from([None, 100.0, 102.0])), pace / 2
    cells: list[float | None] = []
    for i in range(before + since):
        gone = max(0, i - before + 1) / months
        wave = swing * (1, 1, 0.5, 0, -0.5, -1, -1, -1, -0.5, 0, 0.5, 1)[i % 12]
        lost = draw(st.integers(0, 11)) == 0
        whole = round(8 * (100 - 16 * pace * gone + wave)) / 8
        cells.append(None if lost else whole + draw(noise))
    path: str | tuple[float, ...] = draw(st.sampled_from(["linear", "s_curve", "stepped", ""]))
    if path == "":
        path = (97.0, 95.0, 90.0)[: (months - 1) // 3]
    valid = draw(st.sampled_from([None, (0.0, 200.0), (80.0, 112.0)]))
    return Case(intent, path, before, months, target, tuple(cells), valid, draw(st.integers(0, 2)))


# --- units and directions ------------------------------------------------------------------------


def lines_moved(plain: Verdict, moved: Verdict, scale: float, shift: float) -> None:
    """The statuses are the same, the path and the values moved, and lags and limits the same."""
    assert statuses(moved) == statuses(plain)
    assert (moved.status, moved.since) == (plain.status, plain.since)
    size = 1e-9 * (abs(shift) + 200 * abs(scale))
    for ours, theirs in zip(moved.readings, plain.readings, strict=True):
        assert ours.expected == pytest.approx(scale * (theirs.expected or 0) + shift, abs=size)
        for name in ("lag", "ewma", "limit"):
            mine, other = getattr(ours, name), getattr(theirs, name)
            assert mine == other or mine == pytest.approx(other, rel=1e-6, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(cases(), st.sampled_from([0.25, 4.0, 64.0]), st.sampled_from([-512.0, 0.0, 1024.0]))
def test_neither_the_unit_nor_the_origin_matters(case: Case, scale: float, shift: float) -> None:
    lines_moved(said(case), said(case.moved(scale, shift)), scale, shift)


@settings(max_examples=80, deadline=None)
@given(cases())
def test_mirrored_data_and_direction_give_a_mirrored_verdict(case: Case) -> None:
    plain, mirrored = said(case), said(case.moved(-1, 200), UP)
    lines_moved(plain, mirrored, -1, 200)
    if plain.forecast is not None:
        assert mirrored.forecast is not None
        assert mirrored.probability == pytest.approx(plain.probability, abs=1e-3)


# --- what is known -------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(cases(), st.integers(1, 3), st.integers(0, 4000))
def test_a_further_value_never_changes_what_was_said_before(
    case: Case, more: int, value: int
) -> None:
    plan = case.plan()
    rows: list[Mapping[str, str | None]] = [
        {"measure": "m", "period": FIRST.shift(i).label, "value": "" if v is None else str(v)}
        for i, v in enumerate([*case.cells, *[value / 8] * more])
    ]
    assume(len(case.cells) > case.before)
    early, late = (list(backtest(plan, read_history(plan, r))) for r in (rows[:-more], rows))
    assert late[: len(early)] == early
    assert len(late) == len(early) + more


@settings(max_examples=80, deadline=None)
@given(cases(), st.integers(0, 30), st.sampled_from(["none", "partial", "hidden", "withdrawn"]))
def test_what_is_not_judged_changes_no_status(case: Case, at: int, how: str) -> None:
    """A value that is missing, partial, suppressed or withdrawn is not a zero."""
    at = min(at, len(case.cells) - 1)
    assume(FIRST.shift(at) != case.plan().aims["a"].deadline)
    without = (*case.cells[:at], None, *case.cells[at + 1 :])
    plain = verdict_of(case.plan(), known(without), case.last)
    wanting = an_observation(
        FIRST.shift(at),
        0.0 if how == "partial" else None,
        maturity=Maturity.PARTIAL if how == "partial" else Maturity.FINAL,
        suppressed=how == "hidden",
        withdrawn=how == "withdrawn",
    )
    facts = known(without)
    if how != "none":
        facts = Facts({KEY: (*facts.observations[KEY], wanting)})
    found = verdict_of(case.plan(), facts, case.last)
    shared = min(len(found.readings), len(plain.readings))
    assert statuses(found)[:shared] == statuses(plain)[:shared]
    assert found.status is plain.status
    assert found.value == plain.value


def test_a_zero_is_a_value() -> None:
    base = (100.0, 102.0, 98.0, 101.0, 99.0, 100.0, 102.0, 98.0)
    case = Case(Intent.HOLD, "linear", 8, 12, 100.0, (*base, 100.0, 101.0, 99.0, 0.0))
    gone = replace(case, cells=(*case.cells[:-1], None))
    assert said(case).readings[-1].value == 0.0
    assert said(gone).readings[-1].value == 99.0


# --- rules of charts -----------------------------------------------------------------------------

stretch = st.lists(st.one_of(st.none(), st.integers(-40, 40)), min_size=3, max_size=20).filter(
    lambda cells: any(cell is not None for cell in cells)
)


@settings(max_examples=60, deadline=None)
@given(stretch, stretch, st.sampled_from(sorted(RULE_SETS)))
def test_a_rule_never_looks_beyond_its_rebase(
    before: list[float | None], after: list[float | None], name: str
) -> None:
    rules, split = RULE_SETS[name], len(before)
    both = chart("xmr", [*before, *after], options=rules.options(Options(rebase=(split + 1,))))
    whole = spc_verdict(both, rules).by_point
    for cells, marked in ((before, whole[:split]), (after, whole[split:])):
        alone = spc_verdict(chart("xmr", cells, options=rules.options(Options())), rules)
        assert marked == alone.by_point


# --- nothing breaks it ---------------------------------------------------------------------------

nasty = st.one_of(
    st.none(),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 1e-300, 1e15, 1e100, -1e100, 1e200, 1.7e308]),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), -1.7e308]),
    st.floats(-1e6, 1e6),
    st.integers(0, 30).map(float),
)
sizes = st.one_of(
    st.none(), st.sampled_from([0.0, 1.0, 5e-324, 1e-300, 1e100, 1.7e308]), st.integers(1, 900)
)
alike = st.one_of(st.just(0.0), st.sampled_from([1.0, -3.5, 1e100, 0.1]))


def told(answer: object) -> Iterator[object]:
    """Every number and text in an answer, however deep."""
    if is_dataclass(answer) and not isinstance(answer, type):
        for one in fields(answer):
            yield from told(getattr(answer, one.name))
    elif isinstance(answer, Mapping):
        yield from told(tuple(answer.values()))
    elif isinstance(answer, tuple | list):
        for item in answer:
            yield from told(item)
    else:
        yield answer


@st.composite
def anything(draw: st.DrawFn) -> tuple[Plan, Facts, datetime]:
    """An aim of any kind on values that nobody should send."""
    kind, frequency = draw(st.sampled_from(list(Kind))), draw(st.sampled_from(list(Frequency)))
    first = Period.containing(FIRST.start, frequency)
    before, since = draw(st.sampled_from([0, 1, 3, 12])), draw(st.integers(0, 14))
    cell = st.just(draw(alike)) if draw(st.booleans()) else nasty
    goal = draw(st.sampled_from([0.0, 1.0, 0.5, 1e100, -4.0]))
    intent = draw(st.sampled_from(list(Intent)))
    start = first.shift(before)
    stated = draw(st.sampled_from([None, None, 0.0, 1.0, 1e100]))
    span = None if stated is not None else (first if before else None)
    part = AimMeasure(
        "m",
        Baseline(span, start.shift(-1) if span else None, stated),
        (goal, goal + 1) if intent is Intent.WITHIN else goal,
        draw(st.sampled_from(["linear", "s_curve", "stepped"])),
    )
    aim = an_aim(
        measures=(part,),
        intent=intent,
        start=start,
        deadline=start.shift(draw(st.sampled_from([0, 1, 11, 40]))),
    )
    measure = a_measure(
        kind=kind,
        frequency=frequency,
        direction=draw(st.sampled_from(list(Direction))),
        per=draw(st.sampled_from([1, 1000])),
        window=draw(st.sampled_from([1, 1, 3])),
    )
    rows = tuple(_row(draw, kind, first.shift(i), draw(cell)) for i in range(before + since))
    plan = a_plan(aim, measure)
    return plan, Facts({KEY: rows}), first.shift(before + since).ends_at(plan.zone)


def _row(draw: st.DrawFn, kind: Kind, period: Period, value: float | None) -> Observation:
    counted = kind in (Kind.PROPORTION, Kind.RATE) and draw(st.booleans())
    over = draw(sizes) if counted else None
    return an_observation(
        period,
        value,
        numerator=value if counted else None,
        denominator=over,
        complete_through=period.last_day if kind is Kind.EVENTS else None,
    )


@settings(max_examples=150, deadline=None)
@given(anything())
def test_every_answer_is_finite_whatever_comes(asked: tuple[Plan, Facts, datetime]) -> None:
    plan, facts, as_of = asked
    answer = evaluate(plan, facts, Subject(SubjectKind.AIM, "a"), as_of)
    for item in told(answer):
        if isinstance(item, float):
            assert isfinite(item)
        if isinstance(item, str):
            assert not re.search(r"\b(nan|inf)\b", item), item


# --- what would change it ------------------------------------------------------------------------

NUMBER = r"(-?[\d.]+) or (worse|better|less|more)"
TURN = re.compile(rf"^{NUMBER}(?:, or {NUMBER})? in (\S+) would (make it|end) (.+)\.$")
AS_BAD: Mapping[str, frozenset[Status]] = {
    "off track": frozenset({Status.OFF_TRACK, Status.DETERIORATING}),
    "slipping": frozenset({Status.SLIPPING, Status.DETERIORATING}),
    "deteriorating": frozenset({Status.DETERIORATING}),
}


@settings(max_examples=150, deadline=None)
@given(cases())
def test_the_value_that_would_change_it_does_and_one_short_of_it_does_not(case: Case) -> None:
    before = said(case)
    match = TURN.match(before.would_change or "")
    if match is None:
        return
    *numbers, at, does, what = match.groups()
    for number, side in (numbers[:2], numbers[2:]):
        if number is None:
            continue
        bad = AS_BAD[what] if does == "make it" else frozenset({before.status})
        turned, kept = (
            _with(case, month(at), value) for value in (float(number), _short_of(number, side))
        )
        assert (turned in bad) is (does == "make it")
        assert (kept in bad) is (does == "end")


def _short_of(number: str, side: str) -> float:
    """A little more than the last decimal that is said, on the side that changes nothing."""
    step = 1.01 * 10.0 ** -len(number.partition(".")[2])
    return float(number) + (step if side in ("less", "better") else -step)


def _with(case: Case, period: Period, value: float) -> Status:
    """The status once the period shows this value; what comes is better when it is lower."""
    before = (*case.cells, None)[: period.ordinal - FIRST.ordinal]
    return said(replace(case, cells=(*before, value))).status
