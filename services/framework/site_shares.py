"""Which sites make the whole's move: the change of Σ numerator ÷ Σ denominator, site by site.

A site brings its change of result at its mean share of the work, and its change of share at how far
its mean result lies from the whole's (Kitagawa 1955, centred on the whole so that a share that
moves from one average site to another brings nothing). What the sites bring adds up to the move.

Only periods in which every site shows a value count: what is hidden bears on nothing here, so that
nothing hidden can be worked out from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.framework.facts import Facts, SeriesKey
from services.framework.periods import Period
from services.framework.plan import SYSTEM, Aim, Direction, Measure, Plan
from services.framework.series import Point, Series, read_series, sites_of
from services.framework.texts import digits_for, listed, number, periods, with_unit

RECENT = 6
_LEAST = 3
_DIGITS = 2
_TWO = 2


@dataclass(frozen=True, slots=True)
class Share:
    """What a site brings to the whole's move, in the measure's units: in all, by its results
    (``within``), and by its share of the work (``mix``)."""

    site: str
    brings: float
    within: float
    mix: float


@dataclass(frozen=True, slots=True)
class Move:
    """The whole before the aim began and lately, over so many periods, and what each site brings.

    ``left_out`` periods are without a value of some site, or with one that is hidden.
    """

    before: float
    after: float
    periods: tuple[int, int]
    left_out: int
    shares: tuple[Share, ...]


def move_of(
    measure: Measure, sites: Sequence[tuple[str, Series]], start: Period | None
) -> Move | None:
    """How the sites make the whole's move from before ``start`` to the last six periods since.

    None where there are not two sites with counts, or fewer than three whole periods before and
    since.
    """
    if start is None or len(sites) < _TWO:
        return None
    shown = [{p.period: p for p in series.points if _counted(p)} for _, series in sites]
    whole = sorted(set.intersection(*map(set, shown)), key=lambda p: p.ordinal)
    every = {p.period for _, series in sites for p in series.points}
    before = [p for p in whole if p < start]
    since = [p for p in whole if not p < start][-RECENT:]
    if min(len(before), len(since)) < _LEAST:
        return None
    was, now = ([_pooled(p[at] for at in when) for p in shown] for when in (before, since))
    shares = tuple(_shares(measure, [site for site, _ in sites], was, now))
    first, last = (_whole(measure, sums) for sums in (was, now))
    return Move(first, last, (len(before), len(since)), len(every) - len(whole), shares)


def sites_said(plan: Plan, aim: Aim, facts: Facts) -> str | None:
    """Which sites make the move of an aim of the whole system, in a sentence; None: untold."""
    declared = aim.primary
    measure = plan.measures.get(declared.measure) if declared else None
    if declared is None or measure is None or aim.site != SYSTEM:
        return None
    sites = []
    for site in sites_of(plan, measure):
        key = SeriesKey(measure.id, site, aim.stratum, declared.definition)
        sites.append((site, read_series(plan, facts, key)))
    move = move_of(measure, sites, aim.start)
    return None if move is None else moved_words(plan, measure, move)


def moved_words(plan: Plan, measure: Measure, move: Move) -> str:
    """The whole's move, the sites that make most of it, and those that hold it back."""
    before, since = (periods(many, measure.frequency) for many in move.periods)
    spread = move.after - move.before
    digits = min(_DIGITS, digits_for(spread or move.before or 1.0))
    first, last = (with_unit(number(v, digits), measure.unit) for v in (move.before, move.after))
    said = f"The whole went from {first} ({before} before the aim) to {last} (the last {since})"
    if measure.direction is not Direction.NEUTRAL:
        good = 1 if measure.direction is Direction.INCREASE else -1
        ranked = sorted(move.shares, key=lambda s: -good * s.brings)
        carry = [_named(plan, measure, s) for s in ranked if good * s.brings > 0]
        back = [_named(plan, measure, s) for s in ranked[::-1] if good * s.brings < 0]
        said += f"; carried by {listed(carry)}" if carry else "; no site carries it"
        said += f"; held back by {listed(back)}" if back else ""
    if move.left_out:
        left = periods(move.left_out, measure.frequency)
        said += f". Left out: {left} in which a site is missing or hidden"
    return f"{said}."


def signed(change: float, measure: Measure) -> str:
    """A change with its sign and unit: ``+1.20 points`` of a percentage."""
    unit = "points" if measure.unit == "%" else measure.unit
    words = number(change, _DIGITS)
    return with_unit(words if words.startswith("-") else f"+{words}", unit)


def _named(plan: Plan, measure: Measure, share: Share) -> str:
    name = plan.sites[share.site].name if share.site in plan.sites else share.site
    return f"{name} ({signed(share.brings, measure)})"


def _counted(point: Point) -> bool:
    """Whether a point shows its value and has counts that may be added up."""
    return point.value is not None and point.numerator is not None and bool(point.denominator)


def _pooled(points: Iterable[Point]) -> tuple[float, float]:
    held = list(points)
    return sum(p.numerator or 0.0 for p in held), sum(p.denominator or 0.0 for p in held)


def _whole(measure: Measure, sums: Sequence[tuple[float, float]]) -> float:
    return sum(x for x, _ in sums) / sum(n for _, n in sums) * measure.per


def _shares(
    measure: Measure,
    names: Sequence[str],
    was: Sequence[tuple[float, float]],
    now: Sequence[tuple[float, float]],
) -> Iterable[Share]:
    work = [sum(n for _, n in sums) for sums in (was, now)]
    middle = (_whole(measure, was) + _whole(measure, now)) / 2
    for name, (x0, n0), (x1, n1) in zip(names, was, now, strict=True):
        r0, r1 = x0 / n0 * measure.per, x1 / n1 * measure.per
        w0, w1 = n0 / work[0], n1 / work[1]
        within = (r1 - r0) * (w0 + w1) / 2
        mix = (w1 - w0) * ((r0 + r1) / 2 - middle)
        yield Share(name, within + mix, within, mix)
