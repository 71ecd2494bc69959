"""The sites below an aim of the whole system: how each stands, and which of them carry the aim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from services.framework.facts import Facts, SeriesKey
from services.framework.periods import Period
from services.framework.plan import SYSTEM, Aim, Direction, Measure, Plan
from services.framework.series import Point, Series, read_series, sites_of
from services.framework.site_shares import move_of, moved_words, signed
from services.framework.texts import listed
from services.reporting.words import digits_of, period_name, quantity

_FEW = 2


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site: its usual value before the aim began, its latest, and what is to be said of it.

    ``at_target`` and ``better`` are None where nobody can tell; ``brings`` is its part of the
    whole's move.
    """

    id: str
    name: str
    before: str
    latest: str
    period: str | None
    at_target: bool | None
    better: bool | None
    says: str
    brings: str | None = None


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of an aim, in the plan's order, and in words which of them carry it.

    ``move`` says how the whole moved since before the aim began; None where that cannot be told.
    """

    words: str
    lines: tuple[SiteLine, ...]
    move: str | None = None


def sites_of_aim(plan: Plan, aim: Aim, facts: Facts) -> Sites | None:
    """The sites that report the aim's first measure; None for an aim that has no two of them.

    A site carries the aim where its latest value is at the target, or better than its own median
    before the aim began. A hidden value says neither.
    """
    declared = aim.primary
    measure = plan.measures.get(declared.measure) if declared else None
    if declared is None or measure is None or aim.site != SYSTEM or not measure.sites:
        return None
    target = declared.target if isinstance(declared.target, int | float) else None
    found = []
    for site in sites_of(plan, measure):
        key = SeriesKey(measure.id, site, aim.stratum, declared.definition)
        found.append((site, read_series(plan, facts, key)))
    if sum(bool(series.points) for _, series in found) < _FEW:
        return None
    newest = max(s.points[-1].period for _, s in found if s.points)
    lines = tuple(_line(plan, aim, measure, each, target, newest) for each in found)
    words = _words(lines, newest, target)
    move = move_of(measure, found, aim.start)
    if move is None:
        return Sites(words, lines)
    brought = {share.site: signed(share.brings, measure) for share in move.shares}
    lines = tuple(replace(line, brings=brought[line.id]) for line in lines)
    return Sites(words, lines, moved_words(plan, measure, move))


def _line(
    plan: Plan,
    aim: Aim,
    measure: Measure,
    of: tuple[str, Series],
    target: float | None,
    newest: Period,
) -> SiteLine:
    site, series = of
    name = plan.sites[site].name if site in plan.sites else site
    known = [p for p in series.points if p.value is not None]
    start = aim.start
    before = [p.value or 0.0 for p in known if start is not None and p.period < start]
    usual = median(before) if before else None
    last = next((p for p in series.points if p.period == newest), None)
    value = last.value if last is not None else None
    digits = digits_of(*(p.value for p in known), target)
    at_target = None if target is None else _as_good(measure, value, target)
    better = None if usual is None or value == usual else _as_good(measure, value, usual)
    return SiteLine(
        site,
        name,
        quantity(usual, measure.unit, digits),
        quantity(value, measure.unit, digits),
        period_name(newest),
        at_target,
        better,
        _says(last, at_target, better),
    )


def _as_good(measure: Measure, value: float | None, level: float) -> bool | None:
    """Whether a value is at a level or better; None where there is none, or no better way."""
    if value is None or measure.direction is Direction.NEUTRAL:
        return None
    return value >= level if measure.direction is Direction.INCREASE else value <= level


def _says(last: Point | None, at_target: bool | None, better: bool | None) -> str:
    if last is None:
        return "no value yet"
    if last.value is None:
        return last.note or "no value"
    if at_target:
        return "at the target"
    if better is None:
        return "not at the target"
    return "better than before, not at the target" if better else "no better than before"


def _words(lines: tuple[SiteLine, ...], newest: Period, target: float | None) -> str:
    seen = [line for line in lines if line.latest != "–"]
    parts = [f"{len(seen)} of {len(lines)} sites show a value for {period_name(newest)}"]
    if target is not None:
        there = [line.name for line in seen if line.at_target]
        parts.append(f"{len(there)} of them at the target{_named(there)}")
    better = [line.name for line in seen if line.better]
    worse = [line.name for line in seen if line.better is False]
    parts.append(f"{len(better)} better than before the aim began{_named(better)}")
    if worse:
        parts.append(f"{len(worse)} not{_named(worse)}")
    return f"{'; '.join(parts)}."


def _named(names: list[str]) -> str:
    return f" ({listed(names, 6)})" if names else ""
