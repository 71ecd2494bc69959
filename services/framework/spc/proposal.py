"""Where a chart might be re-based, and why: proposals, which nothing here applies.

Two ways are offered. :func:`sustained_runs` asks for a run on one side of the median and proposes
the median of that run (as the R package runcharter does). :func:`stable_shifts` asks for a shift
that lasts: limits from the points after it, which must not swing back (the Stable Shift Algorithm
of the R package autospc). Whoever owns the chart decides, and says so with ``rebase``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

import numpy as np

from services.framework.spc.limits import Numbers, panel
from services.framework.spc.options import ChartKind, Options, SpcError
from services.framework.spc.panel import Floats, Panel
from services.framework.spc.rules import shift
from services.framework.spc.runs import TIE, sides
from services.framework.spc.subgroups import Label

Wanted = Literal["above", "below", "both"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new part that the data suggest. All points count from 1.

    ``first`` is the first point of the part; ``last`` the last that its new centre line rests on,
    and the earliest at which this could be said; ``before`` and ``after`` are the centre lines.
    """

    first: int
    last: int
    label: Label
    last_label: Label
    before: float
    after: float
    reason: str


@dataclass(frozen=True, slots=True)
class Rebasing:
    """The proposals for one chart, in order, and the options that would apply them all.

    ``reason`` says why there is none, if there is none.
    """

    proposals: tuple[Proposal, ...]
    options: Options
    reason: str


# A run on one side of the median -------------------------------------------------


def sustained_runs(
    values: Sequence[float | None],
    labels: Sequence[Label],
    wanted: Wanted = "both",
    baseline: int = 13,
    run: int = 9,
) -> Rebasing:
    """Each run of ``run`` useful points on the wanted side of the median before it.

    The first median is that of the first ``baseline`` points, each later one that of the points
    which made the run; the search goes on behind them.

    Raises:
        SpcError: ``baseline`` or ``run`` is under 2.
    """
    _check_least(baseline=baseline, run=run)
    known = [value for value in values[:baseline] if value is not None]
    if len(values) < baseline + run or not known:
        reason = f"too few points: {len(values)} of {baseline + run}"
        return Rebasing((), Options(freeze=baseline), reason)
    centre = float(median(known))
    found = tuple(_sustained(_Series(values, labels), centre, baseline, run, wanted))
    options = Options(centre="median", rebase=[one.first for one in found])
    return Rebasing(found, options, "" if found else f"no {run} points in a row on the wanted side")


@dataclass(frozen=True, slots=True)
class _Series:
    values: Sequence[float | None]
    labels: Sequence[Label]

    def proposal(self, first: int, last: int, before: float, after: float, reason: str) -> Proposal:
        """A proposal; ``first`` and ``last`` count from 0."""
        return Proposal(
            first + 1, last + 1, self.labels[first], self.labels[last], before, after, reason
        )


def _sustained(
    series: _Series, centre: float, start: int, run: int, wanted: Wanted
) -> Iterator[Proposal]:
    while held := _first_run(series.values, centre, start, run, wanted):
        after = float(median(_known(series.values, held)))
        over = "above" if after > centre else "below"
        reason = f"{run} points in a row {over} the median {centre:.6g}: theirs is {after:.6g}"
        yield series.proposal(held[0], held[-1], centre, after, reason)
        centre, start = after, held[-1] + 1


def _known(values: Sequence[float | None], places: Sequence[int]) -> list[float]:
    return [value for at in places if (value := values[at]) is not None]


def _first_run(
    values: Sequence[float | None], centre: float, start: int, run: int, wanted: Wanted
) -> list[int]:
    """The places of the first ``run`` useful points on one side from ``start``; else none."""
    held: list[int] = []
    side = 0
    for at in range(start, len(values)):
        now = _side(values[at], centre)
        if not now:
            continue
        held, side = ([*held, at], side) if now == side else ([at], now)
        if len(held) == run and wanted in {"both", "above" if side > 0 else "below"}:
            return held
    return []


def _side(value: float | None, centre: float) -> int:
    if value is None or abs(value - centre) <= TIE * max(abs(value), abs(centre)):
        return 0
    return 1 if value > centre else -1


# A shift that lasts ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stability:
    """What makes a shift that lasts."""

    period: int = 21
    """Points that limits rest on."""
    run: int = 8
    """Points on one side of the centre line that make a shift."""
    exclusions: int = 3
    """At most so many points, the furthest outside, are left out of each part's limits."""


def stable_shifts(
    kind: ChartKind | str,
    numbers: Numbers,
    labels: Sequence[Label],
    options: Options | None = None,
    asked: Stability | None = None,
) -> Rebasing:
    """Each shift after which the points make stable limits.

    ``numbers`` are of one series. A shift is passed over where, against the limits made behind it,
    a shift the other way begins in their points, or might.

    Raises:
        SpcError: ``period`` or ``run`` is under 2.
    """
    chosen = asked or Stability()
    _check_least(period=chosen.period, run=chosen.run)
    base = replace(options or Options(), rebase=(), exclude=(), freeze=None)
    points = numbers.values.shape[1]
    if points < chosen.period:
        return Rebasing((), base, f"too few points: {points} of {chosen.period}")
    search = _Search(_Limits(ChartKind(kind), numbers, base, chosen), labels, chosen)
    found = tuple(search.proposals())
    applied = replace(
        base,
        freeze=chosen.period,
        rebase=[part.start + 1 for part in search.parts[1:]],
        exclude=sorted(at + 1 for part in search.parts for at in part.excluded),
    )
    return Rebasing(found, applied, "" if found else "no shift that lasts")


def _check_least(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < _LEAST:
            message = f"{name} must be at least {_LEAST}, not {number}"
            raise SpcError(message)


_LEAST = 2


@dataclass(frozen=True, slots=True)
class _Part:
    """Limits from ``start`` (from 0), drawn on to the end, and what lies where about them."""

    start: int
    excluded: tuple[int, ...]
    centre: float
    side: list[int]
    shifted: list[bool]


class _Search:
    """The search for shifts that last, from left to right."""

    def __init__(self, limits: _Limits, labels: Sequence[Label], asked: Stability) -> None:
        self._limits, self._labels = limits, labels
        self._period, self._run = asked.period, asked.run
        self._points = limits.numbers.values.shape[1]
        self._known = ~np.isnan(limits.numbers.values[0])
        self.parts = [limits.part(0)]

    def proposals(self) -> Iterator[Proposal]:
        """Proposals in order; ``parts`` grows by each."""
        at = self._period
        while self._has_room(at):
            starts = self._starts(at)
            if not starts or not self._has_room(starts[0]):
                return
            at = starts[0]
            part = self._limits.part(at)
            if self._lasts(part, self._side_at(at)):
                yield self._proposal(part)
                self.parts.append(part)
                at += self._period
            elif len(starts) > 1 and not self._goes_on(at):
                at = starts[1]
            else:
                at += 1

    def _has_room(self, at: int) -> bool:
        return at < self._points and int(self._known[at:].sum()) >= self._period

    def _side_at(self, at: int) -> int:
        part = self.parts[-1]
        return part.side[at - part.start]

    def _goes_on(self, at: int) -> bool:
        """Whether all of the next points, a run's length, lie in shifts."""
        part = self.parts[-1]
        return all(part.shifted[at - part.start : at - part.start + self._run])

    def _starts(self, at: int) -> list[int]:
        """Where shifts begin from ``at`` on; ``at`` alone where one that goes on lies there."""
        part = self.parts[-1]
        here = at - part.start
        ahead = part.side[here : here + self._run]
        begins = part.side[here] != part.side[here - 1]
        if not begins and part.shifted[here] and ahead == [part.side[here]] * self._run:
            return [at]
        places = range(at, self._points)
        return [place for place in places if self._begins(part, place - part.start)]

    @staticmethod
    def _begins(part: _Part, here: int) -> bool:
        turned = part.side[here] * part.side[here - 1] == -1
        return part.shifted[here] and (turned or not part.shifted[here - 1])

    def _lasts(self, part: _Part, side: int) -> bool:
        return not self._swings_back(part, side) and not self._may_swing_back(part, side)

    def _swings_back(self, part: _Part, side: int) -> bool:
        """Whether a shift the other way begins in the part's limits, behind its first run."""
        first = next((at for at, s in enumerate(part.side) if s and s != part.side[0]), 0)
        stretch = range(first, self._period) if first else ()
        return any(part.shifted[at] and part.side[at] == -side for at in stretch)

    def _may_swing_back(self, part: _Part, side: int) -> bool:
        """Whether the last run in the part's limits goes the other way, to the series' end."""
        useful = [at for at, s in enumerate(part.side[: self._period]) if s]
        if not useful or part.side[useful[-1]] == side:
            return False
        return all(s in {0, -side} for s in part.side[useful[-1] :])

    def _proposal(self, part: _Part) -> Proposal:
        before, last = self.parts[-1].centre, part.start + self._period - 1
        over = "above" if self._side_at(part.start) > 0 else "below"
        reason = (
            f"at least {self._run} points in a row {over} the centre line {before:.6g};"
            f" the {self._period} points from there hold about {part.centre:.6g}"
        )
        series = _Series((), self._labels)
        return series.proposal(part.start, last, before, part.centre, reason)


@dataclass(frozen=True, slots=True)
class _Limits:
    """Limits of a part, from its first points, drawn on to the end."""

    kind: ChartKind
    numbers: Numbers
    options: Options
    asked: Stability

    def part(self, start: int) -> _Part:
        excluded = self._extremes(start)
        made = self._panel(start, excluded, None)
        side = sides(made.values, made.centre)
        marked = shift(side, self.asked.run, breaks=side == 0)
        return _Part(
            start,
            tuple(start + at - 1 for at in excluded),
            float(made.centre[0, 0]),
            side[0].tolist(),
            (marked[0] > 0).tolist(),
        )

    def _extremes(self, start: int) -> list[int]:
        """The points (from 1 in the part) furthest outside the limits, one after the other."""
        found: list[int] = []
        while len(found) < self.asked.exclusions:
            made = self._panel(start, found, start + self.asked.period)
            outside = _distance(made)
            outside[[at - 1 for at in found]] = 0
            if not outside.max() > 0:
                break
            found += (np.flatnonzero(outside == outside.max()) + 1).tolist()
        return found[: self.asked.exclusions]

    def _panel(self, start: int, excluded: list[int], stop: int | None) -> Panel:
        options = replace(self.options, freeze=self.asked.period, exclude=excluded)
        return panel(self.kind, _cut(self.numbers, slice(start, stop)), options)


def _cut(numbers: Numbers, here: slice) -> Numbers:
    def cut(array: Floats | None) -> Floats | None:
        return None if array is None else array[:, here]

    return Numbers(numbers.values[:, here], cut(numbers.denominators), cut(numbers.spreads))


def _distance(made: Panel) -> Floats:
    """How far each point of the one series lies outside its limits; 0 within them."""
    over, under = made.values - made.upper, made.lower - made.values
    return np.asarray(np.nan_to_num(np.fmax(np.fmax(over, under), 0)[0]))
