"""What the next value would have to be for the status of an aim to turn.

The evidence of :mod:`services.framework.fold` is linear in the next value's lag, so the value at
which it crosses a limit is known beforehand: the same tests, solved for the value.
"""

from __future__ import annotations

from math import ceil, floor, sqrt
from typing import NamedTuple

from services.framework.fold import BEYOND, REACHED, RECENT, Course, Fold
from services.framework.judgement import Status
from services.framework.plan import Kind, Measure
from services.framework.trajectory import FARTHEST, Lag

_HAIR = 1e-9


class Turn(NamedTuple):
    """A value that turns the status, with all values beyond it; ``up`` says on which side.

    ``makes`` is the status that it brings; None where it ends the standing one.
    """

    value: float
    up: bool
    makes: Status | None

    def rounded(self, digits: int) -> float:
        """The value to so many decimals, itself one that turns the status."""
        scale = 10.0**digits
        beyond = ceil if self.up else floor
        return beyond(self.value * scale) / scale


def bounds(measure: Measure) -> tuple[float | None, float | None]:
    """The least and the largest value that a measure can have; None where there is no bound."""
    low, high = measure.valid
    if measure.kind is not Kind.VALUE:
        low = max(0.0, low) if low is not None else 0.0
    if measure.kind is Kind.PROPORTION:
        high = min(measure.per, high) if high is not None else measure.per
    return low, high


def turns(course: Course, fold: Fold, ordinal: int) -> tuple[Turn, ...]:
    """The values of the period that would turn a judged status, if one can; two for a range."""
    coming = _Coming(course, fold, ordinal)
    found = coming.ranged() if course.low is not None else [coming.single()]
    low, high = bounds(course.measure)
    return tuple(
        turn
        for turn in found
        if turn is not None
        and (low is None or turn.value >= low)
        and (high is None or turn.value <= high)
    )


class _Coming:
    """The next value, as a function of what the evidence asks of it.

    How bad a value is grows downwards where higher is better, and upwards where lower is.
    """

    def __init__(self, course: Course, fold: Fold, ordinal: int) -> None:
        self._course, self._fold, self._ordinal = course, fold, ordinal
        self._expected = course.expected(ordinal)
        self._season = fold.season_next(ordinal, self._expected)
        self._shared = course.shared(ordinal)

    def single(self) -> Turn | None:
        """The value that turns an aim with one level."""
        status = self._fold.status
        if status is Status.DETERIORATING:
            return self._ending(self._recovers())
        if status is Status.OFF_TRACK:
            return self._ending(self._easiest(self._on_path(0.5), self._reaches()))
        if status is Status.SLIPPING:
            return self._ending(self._easiest(self._short(0.5), self._reaches()))
        return self._worsening()

    def ranged(self) -> list[Turn | None]:
        """The values below and above a range that turn it, or the one that brings it back."""
        course, fold = self._course, self._fold
        assert course.low is not None and course.high is not None  # noqa: S101, PT018
        if fold.status is Status.OFF_TRACK:
            below = fold.path.ewma >= fold.upper.ewma
            side, edge, sign = (
                (fold.path, course.low, 1) if below else (fold.upper, course.high, -1)
            )
            return [self._turn(self._crossing(side, edge, 0.5, sign=sign), below, None)]
        low = self._crossing(fold.path, course.low, 1, sign=1)
        high = self._crossing(fold.upper, course.high, 1, sign=-1)
        return [self._turn(low, False, Status.OFF_TRACK), self._turn(high, True, Status.OFF_TRACK)]

    def _worsening(self) -> Turn | None:
        """The first of the worse statuses that ever worse values bring."""
        course = self._course
        if self._fold.status is Status.ACHIEVED:
            found = [(self._slips(), Status.SLIPPING)]
        else:
            found = [(self._on_path(1), Status.OFF_TRACK)]
        if course.improves:
            error = course.level.error
            worse = self._crossing(self._fold.worse, course.level.value, 1, error)
            found.append((worse, Status.DETERIORATING))
        known = [
            (-course.sign * value, value, makes) for value, makes in found if value is not None
        ]
        if not known:
            return None
        _, value, makes = min(known, key=lambda each: each[0])
        return self._turn(value, course.sign < 0, makes)

    def _ending(self, value: float | None) -> Turn | None:
        return self._turn(value, self._course.sign > 0, None)

    def _turn(self, value: float | None, up: bool, makes: Status | None) -> Turn | None:
        if value is None:
            return None
        hair = _HAIR * max(abs(value), self._fold.sigma_next(self._expected))
        return Turn(value + (hair if up else -hair), up, makes)

    def _easiest(self, *values: float | None) -> float | None:
        """Of values that all end a bad status, the least good."""
        sign = self._course.sign
        known = [sign * value for value in values if value is not None]
        return sign * min(known) if known else None

    def _on_path(self, share: float) -> float | None:
        return self._crossing(self._fold.path, self._expected, share, self._shared)

    def _short(self, share: float) -> float | None:
        """The value at which the lag behind the target, since achieved, crosses its limit."""
        slip = self._fold.slip
        return None if slip is None else self._crossing(slip, self._course.target, share)

    def _recovers(self) -> float | None:
        """The value that ends deteriorating: the evidence halved, and itself not far off."""
        level = self._course.level
        lag = self._fold.worse.lag_to_reach(0.5, level.error, self._material(level.value))
        if lag < -FARTHEST and self._fold.worse.memory < 1:
            return None
        return self._value(level.value, min(lag, BEYOND), self._course.sign)

    def _slips(self) -> float | None:
        """The value that surely slips, and after which the last three do not reach the target."""
        value, reaching = self._short(1), self._reaches()
        if value is None or reaching is None:
            return value
        sign = self._course.sign
        return sign * min(sign * value, sign * reaching)

    def _reaches(self) -> float | None:
        """The value with which the last three are surely at the target or better."""
        before = self._fold.shorts_before(self._ordinal)
        if not self._course.improves or len(before) < RECENT - 1:
            return None
        short = -REACHED * sqrt(RECENT) - sum(before)
        if short < -FARTHEST:
            return None
        return self._value(self._course.target, short / self._fold.recall, self._course.sign)

    def _crossing(
        self, lag: Lag, level: float, share: float, shared: float = 0.0, sign: int = 0
    ) -> float | None:
        """The value that brings a running lag behind ``level`` to a share of its limit, if one."""
        material = 0.0 if lag is self._fold.slip else self._material(level)
        needed = lag.lag_to_reach(share, shared, material)
        if lag.memory < 1 and abs(needed) > FARTHEST:
            return None
        return self._value(level, needed, sign or self._course.sign)

    def _material(self, level: float) -> float:
        return self._course.material / self._sigma(level)

    def _sigma(self, level: float) -> float:
        """The noise by which the value's lag behind a level is judged."""
        against = self._expected if self._course.low is not None else level
        return self._fold.sigma_next(against) * self._fold.recall

    def _value(self, level: float, lag: float, sign: int) -> float:
        return level - sign * lag * self._sigma(level) + self._season
