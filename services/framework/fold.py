"""The fold behind a verdict: one measure of an aim, period by period, to a status.

The table of statuses, with entry and exit of each, is in :mod:`services.framework.verdict`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import NamedTuple

from services.framework.ewma import LAMBDA
from services.framework.facts import Maturity
from services.framework.judgement import Status
from services.framework.noise import MIN_EVENTS, Noise
from services.framework.plan import Aim, AimMeasure, Intent, Measure
from services.framework.season import A_YEAR
from services.framework.series import Point, Series
from services.framework.texts import scale_of
from services.framework.trajectory import (
    FARTHEST,
    MATERIAL,
    NOTHING_YET,
    SURE_OF_LEVEL,
    BaselineLevel,
    Evidence,
    GlidePath,
    Lag,
    baseline_level,
    baseline_points,
    better,
    limit_over,
)

MIN_POINTS = 2
RECENT = 3
REACHED = 1.645
SURELY_SHORT = 2.5
SHORT_IF_OFF = 1.0
BEYOND = 3.0

DECIDED = (Status.MISSED, Status.CLOSE)
_BEHIND = (Status.OFF_TRACK, Status.DETERIORATING)


@dataclass(frozen=True)
class Course:
    """One measure of an aim, ready to be judged: from which level, to which target, how.

    ``sign`` is +1 where higher is better. ``low`` and ``high`` are the range of a within aim and
    None otherwise. ``memory`` is 1 for a rolling figure, whose values are not independent.
    It has no slots, so that what every period asks of it is worked out once.
    """

    aim: Aim
    declared: AimMeasure
    measure: Measure
    series: Series
    level: BaselineLevel
    target: float
    sign: int
    path: GlidePath
    baseline: tuple[Point, ...]
    low: float | None = None
    high: float | None = None

    @cached_property
    def memory(self) -> float:
        """The weight of the newest value."""
        return LAMBDA if self.measure.window == 1 else 1.0

    @property
    def history(self) -> tuple[Point, ...]:
        """The judged values before the aim's start."""
        start = self.aim.start
        before = start.ordinal if start else 0
        return tuple(p for p in self.series.points if p.judged and p.ordinal < before)

    @property
    def periods(self) -> int:
        """How many periods the aim has; without an end two years count."""
        start, deadline = self.aim.start, self.aim.deadline
        if start is None or deadline is None:
            return round(2 * A_YEAR.get(self.measure.frequency, 1.0))
        return deadline.ordinal - start.ordinal + 1

    @cached_property
    def sure(self) -> float:
        """The limit of the running means, in standard errors beyond what is material.

        A level to hold has no gap by which a lag could be found small, so there it is wider.
        """
        return limit_over(self.periods) if self.improves else self.sure_of_level

    @cached_property
    def sure_of_level(self) -> float:
        """The limit of the running mean behind a level, in standard errors."""
        return limit_over(self.periods, SURE_OF_LEVEL)

    @cached_property
    def material(self) -> float:
        """The least lag that matters, in the measure's units: a share of the gap, 0 to hold."""
        return MATERIAL * self.gap if self.improves else 0.0

    @cached_property
    def gap(self) -> float:
        """The distance from the baseline to the target, in the measure's units."""
        return abs(self.target - self.level.value)

    @property
    def scale(self) -> float:
        """That of which a hundredth is worth telling."""
        ends = None if self.low is None or self.high is None else (self.low, self.high)
        return scale_of(self.level.value, ends or self.target, improves=self.improves)

    @cached_property
    def improves(self) -> bool:
        """Whether the aim is to get better, rather than to hold a level or stay in a range."""
        return self.aim.intent is Intent.IMPROVE

    def expected(self, ordinal: int) -> float:
        """What the value of the period should be: on the path, or at the level to hold."""
        return self.path.at(ordinal) if self.improves else self.target

    def shared(self, ordinal: int) -> float:
        """The error of the baseline in what is expected of the period, in values' noise."""
        if not self.improves:
            return 0.0 if self.declared.target is not None else self.level.whole_error
        error = self.level.error
        return (1 - self.path.share(ordinal)) * error if error else 0.0

    def lag(self, value: float, expected: float, sigma: float) -> float:
        """How far ``value`` lies behind ``expected``, in standard deviations."""
        return self.sign * (expected - value) / sigma


def prepared(aim: Aim, declared: AimMeasure, measure: Measure, series: Series) -> Course | str:
    """The course of one measure of an aim, or what is wanting before there is one."""
    points = baseline_points(declared, aim, series)
    level = baseline_level(declared, measure, points)
    if aim.start is None or (aim.deadline is None and aim.intent is Intent.IMPROVE):
        return "the aim has no start or no deadline"
    if level is None:
        return "the baseline has no value yet"
    goal = declared.target
    low, high = goal if isinstance(goal, tuple) else (None, None)
    target = _single(aim, goal, level.value)
    if target is None:
        return "the aim has no target"
    sign = better(measure.direction, level.value, target)
    path = GlidePath(aim, declared, measure, level.value, target)
    return Course(
        aim, declared, measure, series, level, target, sign, path, tuple(points), low, high
    )


def _single(aim: Aim, goal: float | tuple[float, float] | None, baseline: float) -> float | None:
    """The one level that is judged: the target, the middle of a range, or the level to hold."""
    if isinstance(goal, tuple):
        return (goal[0] + goal[1]) / 2
    return baseline if goal is None and aim.intent is Intent.HOLD else goal


class Step(NamedTuple):
    """One period of the fold; without a judged value and a noise only ``status`` says anything.

    ``sigma`` is the noise of its value, by which lags are standardised once what a running mean of
    them adds (``recall``) is in it.
    ``short`` is the standardised distance from the target, positive on the wrong side; ``season``
    what the time of year adds to the value, in the measure's units.
    """

    ordinal: int
    point: Point | None
    expected: float
    sigma: float | None
    path: Evidence
    short: float
    status: Status
    season: float = 0.0


@dataclass(slots=True)
class Fold:
    """The statuses of one measure, period by period from the aim's start.

    ``before`` is how many judged values stand before the start, ``shown`` how many since;
    ``seasonal`` whether the time of year moves the judgement.
    """

    course: Course
    status: Status = Status.WAITING
    since: int | None = None
    steps: list[Step] = field(default_factory=list)
    wanting: int = MIN_POINTS
    awaiting: bool = False
    shown: int = 0
    before: int = field(init=False)
    seasonal: bool = field(init=False)
    path: Lag = field(init=False)
    upper: Lag = field(init=False)
    worse: Lag = field(init=False)
    slip: Lag | None = None
    _noise: Noise = field(init=False)
    _behind: Evidence = NOTHING_YET
    _recent: list[tuple[int, float, float]] = field(default_factory=list)
    _judged: list[Step] = field(default_factory=list)
    _decided: bool = False
    _deadline: int | None = None
    _improves: bool = True
    _error: float = 0.0
    _material: float = 0.0

    def __post_init__(self) -> None:
        self.path, self.upper, self.worse = self._lag(), self._lag(), self._lag()
        course = self.course
        self._deadline = course.aim.deadline.ordinal if course.aim.deadline else None
        self._improves, self._error = course.improves, course.level.error
        self._material = course.material
        history = course.history
        self.before = len(history)
        self._noise = Noise(course.measure, course.baseline, course.gap, history)
        self.seasonal = self._noise.has_season

    def _lag(self) -> Lag:
        return Lag(self.course.memory, self.course.sure)

    @property
    def judged(self) -> Sequence[Step]:
        """The steps with a judged value and a known noise."""
        return self._judged

    def run(self, last: int) -> Fold:
        """Fold every period from the aim's start to the ordinal ``last``; gives itself back.

        Run again with a later ``last`` it goes on from where it stands.
        """
        start = self.course.aim.start
        assert start is not None  # noqa: S101  (prepared() gives no course without one)
        points = self.course.series.by_ordinal
        found = reversed(self.course.series.points)
        settled = next((p.ordinal for p in found if p.settled and p.ordinal <= last), None)
        begin = self.steps[-1].ordinal + 1 if self.steps else start.ordinal
        for ordinal in range(begin, begin if settled is None else settled + 1):
            self._take(ordinal, points.get(ordinal))
        deadline = self._deadline
        self.awaiting = deadline is not None and not self._decided and last >= deadline
        return self

    def _take(self, ordinal: int, point: Point | None) -> None:
        expected = self.course.expected(ordinal)
        sigma = None
        short = season = 0.0
        shown = point if point is not None and point.judged else None
        if shown is not None:
            self.shown += 1
            sigma = self._noise_of(shown, expected)
        if point is not None and point.value is not None and sigma is not None:
            if self.seasonal:
                season = self._noise.seasonal(ordinal, expected, point.denominator)
            value = point.value - season
            self._behind = self._lagging(ordinal, value, expected, sigma)
            short = self._short(point, value)
            worse = self._worse(point, value, sigma)
            self._move(ordinal, self._next(ordinal, short, worse))
        if point is not None and self._decides(point, sigma is not None):
            self._decided = True
            self._move(ordinal, self._at_deadline())
        noise = None if sigma is None else sigma / self._noise.recall
        step = Step(ordinal, shown, expected, noise, self._behind, short, self.status, season)
        self.steps.append(step)
        if sigma is not None:
            self._judged.append(step)
        if shown is not None:
            self._noise.learn(shown, expected)
            if self.wanting:
                self.wanting = max(self._noise.wanting, MIN_POINTS - len(self._judged), 0)

    def _noise_of(self, point: Point, expected: float) -> float | None:
        """The noise of a judged value by what came before it; None while it is not known."""
        if self._noise.wanting or self.has_few_events:
            return None
        return self._noise.running(expected, point.denominator)

    @property
    def has_few_events(self) -> bool:
        """Whether too few events are known to judge by.

        With fewer than 5 the counts of a small site say nothing of its care: it waits, and is never
        red (the catalogue's ``too_few``).
        """
        events = self._noise.events
        return events is not None and events < MIN_EVENTS

    def _short(self, point: Point, value: float) -> float:
        """How far a value is from the target, in its own noise, positive on the wrong side."""
        target = self.course.target
        short = self.course.lag(value, target, self._noise.at(target, point.denominator))
        self._recent = [*self._recent, (point.ordinal, short, self._behind.lag or 0.0)][-RECENT:]
        return short

    def _lagging(self, ordinal: int, value: float, expected: float, sigma: float) -> Evidence:
        course = self.course
        if course.low is None or course.high is None:
            lag, shared = course.lag(value, expected, sigma), course.shared(ordinal)
            return self.path.add(lag, shared, self._material / sigma)
        below = self.path.add((course.low - value) / sigma)
        above = self.upper.add((value - course.high) / sigma)
        return max(below, above, key=lambda side: (side.ewma, side.lag))

    def _next(self, ordinal: int, short: float, worse: bool) -> Status:
        """The status after a judged value; the order of the questions is the precedence."""
        reached = self._improves and self._reached(ordinal)
        slipping = self._slipping(short, reached)
        if self.status in DECIDED or self._after(ordinal):
            return self.status
        if len(self._judged) + 1 < MIN_POINTS:
            return Status.WAITING
        if worse:
            return Status.DETERIORATING
        if slipping is not None:
            return slipping
        return Status.ACHIEVED if reached else self._against_path(self._behind)

    def _after(self, ordinal: int) -> bool:
        """Past the deadline only an achieved aim, or one that holds, goes on being judged."""
        if self._deadline is None or ordinal <= self._deadline:
            return False
        return not self._decided or (self._improves and self.slip is None)

    def _worse(self, point: Point, value: float, sigma: float) -> bool:
        """Whether the value is surely worse than the baseline; a within aim has harm both ways."""
        course = self.course
        if course.low is not None:
            return False
        if self._noise.counts:
            sigma = self._noise.running(course.level.value, point.denominator)
        lag = course.lag(value, course.level.value, sigma)
        evidence = self.worse.add(lag, self._error, self._material / sigma)
        beyond = lag > BEYOND
        if self.status is Status.DETERIORATING:
            return beyond or not evidence.cleared
        lagging = self._behind.sure
        return (self._improves or lagging) and (evidence.sure or (lagging and beyond))

    def _reached(self, ordinal: int) -> bool:
        """Whether the last three values are at or better than the target, by an interval.

        One far past it counts for no more than 2 standard deviations: no single value decides.
        """
        shorts = [max(short, -FARTHEST) for at, short, _ in self._recent if at > ordinal - RECENT]
        return len(shorts) == RECENT and -_joint(shorts) >= REACHED

    def _slipping(self, short: float, reached: bool) -> Status | None:
        """Achieved or slipping, once the aim was achieved; None before."""
        if reached and (self.slip is None or self.status is Status.SLIPPING):
            self.slip = Lag(self.course.memory, self.course.sure_of_level)
            return Status.ACHIEVED
        if self.slip is None:
            return None
        slipped = self.slip.add(short / self._noise.recall)
        if reached or slipped.cleared:
            return Status.ACHIEVED
        stays = self.status in (Status.SLIPPING, Status.DETERIORATING)
        return Status.SLIPPING if stays or slipped.sure else Status.ACHIEVED

    def _against_path(self, evidence: Evidence) -> Status:
        fine = Status.ON_TRACK if self._improves else Status.HOLDING
        if evidence.sure or (self.status in _BEHIND and not evidence.cleared):
            return Status.OFF_TRACK
        doubted = self.status in _BEHIND or self.status is Status.AT_RISK
        if evidence.doubt or (doubted and not evidence.settled):
            return Status.AT_RISK
        return fine

    def _decides(self, point: Point, known: bool) -> bool:
        """Whether this is the deadline's period with nothing more to come, first seen so."""
        if self._decided or point.ordinal != self._deadline:
            return False
        final = point.judged and point.maturity is Maturity.FINAL
        return (known or bool(self._judged)) and (final or point.suppressed or point.withdrawn)

    def _at_deadline(self) -> Status:
        off = self.status in _BEHIND or self.status is Status.SLIPPING
        if not self._improves:
            return Status.MISSED if off else self.status
        if self.status in (Status.ACHIEVED, Status.WAITING):
            return self.status
        short = _joint([lag for _, _, lag in self._recent])
        if short > SURELY_SHORT or (off and short > SHORT_IF_OFF):
            return Status.MISSED
        return Status.CLOSE

    def _move(self, ordinal: int, status: Status) -> None:
        if status is not self.status or self.since is None:
            self.status, self.since = status, ordinal

    @property
    def decided(self) -> bool:
        """Whether the deadline's value has settled how the aim ends."""
        return self._decided

    def shorts_before(self, ordinal: int) -> list[float]:
        """How far the last values were from the target that a value of the period joins."""
        before = [short for at, short, _ in self._recent if ordinal - RECENT < at < ordinal]
        return [max(short, -FARTHEST) for short in before]

    def season_next(self, ordinal: int, expected: float) -> float:
        """What the time of year would add to a coming value, in the measure's units."""
        last = self._judged[-1].point if self._judged else None
        return self._noise.seasonal(ordinal, expected, last.denominator if last else None)

    @property
    def recall(self) -> float:
        """By how much a running mean of lags is noisier than one of independent values."""
        return self._noise.recall

    def sigma_next(self, expected: float) -> float:
        """The noise of a value of the next period, of the same size as the last."""
        last = self._judged[-1].point if self._judged else None
        return self._noise.at(expected, last.denominator if last else None)


def _joint(lags: Sequence[float]) -> float:
    """The standardised mean of independent standardised lags."""
    return sum(lags) / sqrt(len(lags)) if lags else 0.0
