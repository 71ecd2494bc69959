"""Where an aim will stand at its deadline: the forecast, the chance of reaching it, in words.

*Reached* is one event, the one that the verdict settles when the deadline's value is final: the aim
ends achieved or close, not missed (:mod:`services.framework.verdict`); an aim to hold a level or to
stay in a range is reached if it has not lost it by then. The chance is that of the same test on
values still to come: the mean of the last three lags against its limits, and whether the aim would
then stand as off track.

Weekly and daily values are taken together by four weeks while the deadline is far off, so that a
forecast looks back over years, and ahead, in at most some fifty steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import ceil, exp, hypot, inf, lgamma, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

from services.framework.fold import (
    DECIDED,
    RECENT,
    SHORT_IF_OFF,
    SURELY_SHORT,
    Course,
    Fold,
)
from services.framework.judgement import Forecast, Status
from services.framework.past import BENDS, LATELY, RUNNING, Keeping, Past
from services.framework.periods import Frequency
from services.framework.plan import Intent, Kind
from services.framework.series import Point
from services.framework.texts import count, digits_for, number, periods
from services.framework.trajectory import elapsed_of, share_of
from services.framework.turning import bounds

if TYPE_CHECKING:
    from services.framework.forecast import Mixture

MIN_SINCE = 4
MIN_VALUES = 8
STEPS = 48
FAR = 240
TOGETHER = {Frequency.DAY: 28, Frequency.WEEK: 4}
A_YEAR = {
    Frequency.DAY: 365.25,
    Frequency.WEEK: 365.25 / 7,
    Frequency.MONTH: 12.0,
    Frequency.QUARTER: 4.0,
    Frequency.YEAR: 1.0,
}
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
SEEN_CHANGE = 4.0
"""For an aim to hold: how many times the noise of a value a change has that is surely seen."""
STAYS_OFF, GETS_OFF = 0.6, 0.85
"""The share of the limit at which the running mean has an aim off track at the deadline: that left
by hysteresis for one that is off track now, a little under the limit for one that is not."""
FEW = 20.0
"""Counts below which an interval follows the distribution of counts."""
_MOST = 1000
_POISSON = 1e-6
_NONE_AT_ALL = 1e-9
_SURE_OF = 0.01
_OFF = frozenset({Status.OFF_TRACK, Status.DETERIORATING, Status.SLIPPING})


class Outlook(NamedTuple):
    """The forecast, or why there is none, in words; no words where the end is settled."""

    forecast: Forecast | None
    words: str | None


def outlook(course: Course, fold: Fold) -> Outlook:
    """The forecast for the aim's deadline from what was folded."""
    deadline = course.aim.deadline
    if fold.status in DECIDED or (deadline and fold.steps and _over(fold, deadline.ordinal)):
        return Outlook(None, None)
    wanting = _wanting(course, fold)
    if wanting is not None:
        return Outlook(None, f"No forecast: {wanting}.")
    forecast = _forecast(course, fold)
    return Outlook(forecast, _words(course, forecast))


def _over(fold: Fold, deadline: int) -> bool:
    return bool(fold.judged) and fold.judged[-1].ordinal >= deadline


def _wanting(course: Course, fold: Fold) -> str | None:
    """What is wanting for a forecast; None where nothing is."""
    deadline = course.aim.deadline
    if deadline is None:
        return "the aim has no date to reach"
    if course.measure.window > 1:
        return f"values over {periods(course.measure.window, course.measure.frequency)} overlap"
    since = fold.shown
    if since < MIN_SINCE:
        return f"{count(since, 'value')} since the start of the {MIN_SINCE} that it needs"
    if fold.before + since < MIN_VALUES:
        return f"{count(fold.before + since, 'value')} in all of the {MIN_VALUES} that it needs"
    if not fold.judged:
        return "the noise of its values is not known yet"
    ahead = ceil((deadline.ordinal - fold.judged[-1].ordinal) / _together(course, fold))
    return "its date is too far off" if ahead > FAR else None


def _together(course: Course, fold: Fold) -> int:
    """How many periods are one step; single periods once the deadline is near."""
    deadline = course.aim.deadline
    many = TOGETHER.get(course.measure.frequency, 1)
    left = deadline.ordinal - fold.judged[-1].ordinal if deadline else 0
    return many if left >= 2 * many else 1


def _forecast(course: Course, fold: Fold) -> Forecast:
    from services.framework.forecast import predicted  # noqa: PLC0415 - who asks pays for numpy

    view = _viewed(course, fold)
    mixture = predicted(view.past)
    low95, low80, middle, high80, high95 = _within(
        bounds(course.measure), _quantiles(course, fold, view, mixture)
    )
    deadline = course.aim.deadline
    assert deadline is not None  # noqa: S101  (there is no forecast without one)
    chance = min(1.0, max(0.0, _chance(course, fold, view, mixture)))
    return Forecast(deadline, middle, (low80, high80), (low95, high95), round(chance, 4))


class _View(NamedTuple):
    """The past, scaled: 1 is ``unit`` of the measure, 0 the baseline, and up is better.

    Each step is ``together`` periods; ``size`` is how many steps' units the noise is by which lags
    are standardised.
    """

    past: Past
    unit: float
    size: float
    together: int
    baseline: float
    sign: int
    last: int
    deadline: int

    def scaled(self, value: float) -> float:
        """A value of the measure in units of the past."""
        return self.sign * (value - self.baseline) / self.unit

    def unscaled(self, scaled: float) -> float:
        """The value of the measure."""
        return self.baseline + self.sign * scaled * self.unit

    def ordinal(self, step: int) -> int:
        """The last period of the step so many ahead, at most the deadline."""
        return min(self.last + step * self.together, self.deadline)


def _viewed(course: Course, fold: Fold) -> _View:
    """The past as it stands after what was folded."""
    last = fold.judged[-1].ordinal
    deadline = course.aim.deadline.ordinal if course.aim.deadline else last
    together = _together(course, fold)
    size = sqrt(together)
    unit = fold.sigma_next(course.target) / size
    sign = course.sign if course.low is None else 1
    ahead = ceil((deadline - last) / together)
    values = _stepped(course, last, together, sign / unit)
    shares, bends = _marks(course, last, together, len(values), ahead)
    memory = 1 - (1 - course.memory) ** together
    past = Past(
        values,
        ahead,
        shares,
        bends,
        gap=(course.target - course.level.value) * sign / unit
        if course.improves
        else SEEN_CHANGE * size,
        year=A_YEAR[course.measure.frequency] / together,
        memory=memory,
        anchored=_anchored(course),
        keeps=_keeping(course),
        lately=RECENT if together == 1 else 1,
        extra=_extra(together, course.memory, memory),
    )
    return _View(past, unit, size * fold.recall, together, course.level.value, sign, last, deadline)


def _keeping(course: Course) -> Keeping:
    if course.improves:
        return Keeping.NO
    return Keeping.LEVEL if course.low is None else Keeping.RANGE


def _anchored(course: Course) -> bool:
    """Whether no value before the start is known."""
    start = course.aim.start
    first = next((point.ordinal for point in course.series.points if point.judged), None)
    return start is None or first is None or first >= start.ordinal


def _extra(together: int, memory: float, stepped: float) -> tuple[float, float, float]:
    """The variance of single values beyond that of their steps' means, in units of the steps'."""
    if together == 1:
        return 0.0, 0.0, 0.0
    running = together * memory / (2 - memory) - stepped / (2 - stepped)
    return together - 1.0, max(0.0, together / RECENT - 1.0), max(0.0, running)


def _stepped(course: Course, last: int, together: int, scale: float) -> list[float | None]:
    """The judged values up to ``last`` by step, each the scaled mean of its values."""
    if together == 1:
        return _single(course, last, scale)
    totals, many, level = [0.0] * STEPS, [0] * STEPS, course.level.value
    for point in reversed(course.series.points):
        back = (last - point.ordinal) // together
        if back >= STEPS:
            break
        if back >= 0 and point.judged and point.value is not None:
            totals[back] += point.value - level
            many[back] += 1
    while not many[-1]:
        many.pop()
    means = zip(totals, many, strict=False)
    return [scale * total / count if count else None for total, count in means][::-1]


def _single(course: Course, last: int, scale: float) -> list[float | None]:
    """The same where each period is a step."""
    found: list[float | None] = [None] * STEPS
    level, earliest = course.level.value, 0
    for point in reversed(course.series.points):
        back = last - point.ordinal
        if back >= STEPS:
            break
        if back >= 0 and point.judged and point.value is not None:
            found[back] = scale * (point.value - level)
            earliest = back
    return found[earliest::-1]


Marks = tuple[tuple[float, ...], tuple[int, ...]]
Frame = tuple[int, int, int, int, int]
"""The path's first and last period, from the last value; periods a step; steps behind and ahead."""


def _marks_of(frame: Frame, share: Callable[[int], float]) -> Marks:
    """The declared share of the way at each step, and the steps at which a course can bend.

    ``share`` is that of a period, counted from the last value.
    """
    begin, end, together, steps, ahead = frame
    places = ((i - steps + 1) * together for i in range(steps + ahead))
    ways = (0.0 if at <= begin else share(min(at, end)) for at in places)
    bends = (begin + max(1, round((end - begin) * j / BENDS)) for j in range(1, BENDS + 1))
    return tuple(round(way, 6) for way in ways), tuple(
        steps - 1 + ceil(at / together) for at in bends
    )


@lru_cache(maxsize=512)
def _shared_marks(shape: str, frame: Frame) -> Marks:
    """The marks of a path of a named shape: aims of one shape and length share them."""
    begin, end, *_ = frame

    def share(at: int) -> float:
        return share_of(shape, elapsed_of(at - begin, end - begin))

    return _marks_of(frame, share)


def _marks(course: Course, last: int, together: int, steps: int, ahead: int) -> Marks:
    """The declared share of the way at each step, and the steps at which a course can bend."""
    start, deadline = course.aim.start, course.aim.deadline
    begin = (start.ordinal - 1 + course.aim.lag) if start else last
    end = deadline.ordinal if deadline else last
    frame = (begin - last, end - last, together, steps, ahead)
    if not course.improves or course.gap == 0:
        return _shared_marks("linear", frame)
    path = course.declared.path
    if isinstance(path, str) and course.measure.window == 1 and _is_free(course):
        return _shared_marks(path, frame)
    way, level = course.target - course.level.value, course.level.value
    return _marks_of(frame, lambda at: (course.path.at(last + at) - level) / way)


def _is_free(course: Course) -> bool:
    """Whether the whole path lies in the measure's valid range."""
    low, high = course.measure.valid
    ends = (course.level.value, course.target)
    return (low is None or low <= min(ends)) and (high is None or max(ends) <= high)


def _chance(course: Course, fold: Fold, view: _View, mixture: Mixture) -> float:
    """The probability that the verdict at the deadline is a good one."""
    kept = (1 - view.past.memory) ** view.past.ahead
    limit = (STAYS_OFF if fold.status in _OFF else GETS_OFF) * _limit(course, view)
    late, always = _season_ahead(course, fold, view)
    below, above = (view.size * (kept * side.ewma - limit) for side in (fold.path, fold.upper))
    if course.low is not None and course.high is not None:
        low, high = (view.scaled(v) * mixture.mass[RUNNING] for v in (course.low, course.high))
        falls = mixture.at_least(RUNNING, high - above + always)
        return max(0.0, mixture.at_least(RUNNING, low + below + always) - falls)
    if not course.improves:
        level = view.scaled(course.target) * mixture.mass[RUNNING]
        return mixture.at_least(RUNNING, level + below + always)
    known = _known_lags(fold, view)
    lately = mixture.on_path[LATELY] + late + view.size * known / RECENT
    surely, barely = (
        lately - view.size * short / sqrt(RECENT) for short in (SHORT_IF_OFF, SURELY_SHORT)
    )
    return mixture.stands(surely, barely, mixture.on_path[RUNNING] + below + always)


def _season_ahead(course: Course, fold: Fold, view: _View) -> tuple[float, float]:
    """What the time of year adds to the mean of the last values, and to the running mean.

    The verdict takes its season from a value before it judges it, so it is to be added here.
    """
    past = view.past
    late = always = 0.0
    if not fold.seasonal:
        return late, always
    for step in range(1, past.ahead + 1):
        ordinal = view.ordinal(step)
        season = fold.season_next(ordinal, course.expected(ordinal)) * view.sign / view.unit
        always += past.memory * (1 - past.memory) ** (past.ahead - step) * season
        late += season / past.lately if step > past.ahead - past.lately else 0.0
    return late, always


def _limit(course: Course, view: _View) -> float:
    """What the running mean of many lags must pass to be more than noise at the deadline."""
    spread = sqrt(course.memory / (2 - course.memory))
    material = course.material / (view.unit * view.size)
    return material + course.sure * hypot(spread, course.shared(view.deadline))


def _known_lags(fold: Fold, view: _View) -> float:
    """The sum of those of the last lags at the deadline that are known already."""
    known = max(0, view.past.lately - view.past.ahead)
    return sum(step.path.lag or 0.0 for step in fold.judged[len(fold.judged) - known :])


def _quantiles(course: Course, fold: Fold, view: _View, mixture: Mixture) -> list[float]:
    """The quantiles of the deadline's value, of rare counts by their distribution."""
    found = sorted(view.unscaled(q) for q in mixture.quantiles(LEVELS))
    size = _size(course, fold.judged[-1].point)
    if size is None or found[len(LEVELS) // 2] * size >= FEW:
        return found
    mean, variance = mixture.moments()
    centre, spread = view.unscaled(mean) * size, (view.unit * size) ** 2 * variance
    return [q / size for q in counts_at(LEVELS, max(centre, 0.0), spread)]


def _size(course: Course, last: Point | None) -> float | None:
    """By what a value is to be multiplied to be a count; None for a figure that is none."""
    if course.measure.kind is Kind.EVENTS:
        return 1.0
    counted = course.measure.kind in (Kind.PROPORTION, Kind.RATE)
    denominator = last.denominator if last else None
    return denominator / course.measure.per if counted and denominator else None


def counts_at(levels: Sequence[float], mean: float, variance: float) -> list[float]:
    """Quantiles of a count of this mean: negative binomial where it varies more than Poisson."""
    if mean < _NONE_AT_ALL:
        return [0.0 for _ in levels]
    excess = variance / mean - 1
    answer, share, many = [], 0.0, -1
    for level in levels:
        while share < level and many < _MOST:
            many += 1
            share += _chance_of(many, mean, excess)
        answer.append(float(max(many, 0)))
    return answer


def _chance_of(many: int, mean: float, excess: float) -> float:
    """Of exactly so many: Poisson, or negative binomial with variance ``mean * (1 + excess)``."""
    if excess < _POISSON:
        return exp(many * log(mean) - mean - lgamma(many + 1))
    size = mean / excess
    ways = lgamma(many + size) - lgamma(size) - lgamma(many + 1)
    return exp(ways - size * log(1 + excess) + many * log(excess / (1 + excess)))


def _within(ends: tuple[float | None, float | None], values: Iterable[float]) -> list[float]:
    """The values inside the measure's range, to six figures."""
    low = -inf if ends[0] is None else ends[0]
    high = inf if ends[1] is None else ends[1]
    return [float(f"{min(high, max(low, value)):.6g}") for value in values]


def _words(course: Course, forecast: Forecast) -> str:
    digits = digits_for(course.scale)
    value, low, high = (number(v, digits) for v in (forecast.value, *forecast.interval_80))
    chance = percent(forecast.probability)
    return (
        f"At this pace {value} ({low} to {high}) by {forecast.deadline}; "
        f"{chance} chance of {_goal(course, digits)}."
    )


def _goal(course: Course, digits: int) -> str:
    if course.low is not None and course.high is not None:
        return f"staying within {number(course.low, digits)} to {number(course.high, digits)}"
    doing = "reaching" if course.aim.intent is Intent.IMPROVE else "holding"
    return f"{doing} {number(course.target, digits)}"


def percent(chance: float) -> str:
    """``12%``; never 0 or 100, which no forecast knows."""
    if chance < _SURE_OF:
        return "under 1%"
    return "over 99%" if chance > 1 - _SURE_OF else f"{100 * chance:.0f}%"
