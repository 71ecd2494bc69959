"""What each site brings to the whole's move: it adds up, and nothing hidden bears on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.framework.facts import Facts, Observation, SeriesKey
from services.framework.plan import Aim, Kind, Measure, Plan, Site
from services.framework.series import read_series
from services.framework.site_shares import Move, move_of, sites_said
from services.framework.suppression import protected
from services.reporting.sites import Sites, sites_of_aim
from tests.unit.framework.builders import a_measure, a_plan, an_aim, an_observation, month

SITES = ("north", "south", "east")
MONTHS = tuple(f"2024-{m:02}" for m in range(7, 13)) + tuple(f"2025-{m:02}" for m in range(1, 7))
Counts = dict[str, list[tuple[int, int]]]


def _measure(suppress: int | None = None) -> Measure:
    plain = a_measure(sites=SITES, rollup="sum", suppress_below=suppress)
    return replace(plain, kind=Kind.PROPORTION, per=100, unit="%", valid=(None, None))


def _plan(suppress: int | None = None) -> Plan:
    aim = an_aim(5.0, start=month("2025-01"), deadline=month("2026-12"))
    return a_plan(aim, _measure(suppress), sites={s: Site(s, s.title()) for s in SITES})


def _told(counts: Counts) -> dict[SeriesKey, tuple[Observation, ...]]:
    return {
        SeriesKey("m", site): tuple(
            an_observation(
                at, x / n * 100, key=SeriesKey("m", site), numerator=float(x), denominator=float(n)
            )
            for at, (x, n) in zip(MONTHS, told, strict=True)
        )
        for site, told in counts.items()
    }


def _facts(plan: Plan, counts: Counts) -> Facts:
    return Facts(protected(plan, _told(counts)))


def _seen(plan: Plan, counts: Counts) -> tuple[Move | None, Sites | None]:
    aim: Aim = plan.aims["a"]
    facts = _facts(plan, counts)
    series = [(s, read_series(plan, facts, SeriesKey("m", s))) for s in SITES]
    return move_of(plan.measures["m"], series, aim.start), sites_of_aim(plan, aim, facts)


def _level(north: tuple[int, int], south: tuple[int, int], east: tuple[int, int]) -> Counts:
    """Before and since, in cases of 100, the same in each month."""
    said = {"north": north, "south": south, "east": east}
    return {s: [(a, 100)] * 6 + [(b, 100)] * 6 for s, (a, b) in said.items()}


def test_the_sites_that_carry_the_move_are_named_with_what_they_bring() -> None:
    move, sites = _seen(_plan(), _level((30, 18), (20, 20), (10, 13)))
    assert move is not None
    assert [move.before, move.after] == pytest.approx([20, 17])
    assert [s.brings for s in move.shares] == [pytest.approx(v) for v in (-4.0, 0.0, 1.0)]
    assert sites is not None
    assert sites.move is not None
    assert "carried by North (-4.00 points); held back by East (+1.00 points)." in sites.move
    assert [line.brings for line in sites.lines] == ["-4.00 points", "+0.00 points", "+1.00 points"]


def test_a_share_that_moves_is_told_from_a_result_that_moves() -> None:
    counts = _level((30, 30), (10, 10), (20, 20))
    counts["south"][6:] = [(30, 300)] * 6
    move, _ = _seen(_plan(), counts)
    assert move is not None
    assert [s.within for s in move.shares] == [pytest.approx(0)] * 3
    assert sum(s.mix for s in move.shares) == pytest.approx(move.after - move.before)
    assert move.shares[1].mix < 0


def test_an_aim_without_sites_says_nothing_of_them() -> None:
    plan = _plan()
    counts = _level((30, 18), (20, 20), (10, 13))
    said = sites_said(plan, plan.aims["a"], _facts(plan, counts))
    assert said is not None
    assert said.startswith("The whole went from 20.00% (6 months before the aim) to 17.00% (the ")
    assert said.endswith("held back by East (+1.00 points).")
    own = replace(plan.aims["a"], site="north")
    assert sites_said(plan, own, _facts(plan, counts)) is None
    assert sites_said(plan, plan.aims["a"], Facts()) is None


def test_too_few_whole_months_tell_nothing() -> None:
    plan, counts = _plan(5), _level((30, 18), (20, 20), (10, 13))
    counts["east"][:4] = [(2, 100)] * 4
    move, sites = _seen(plan, counts)
    assert move is None
    assert sites is not None
    assert (sites.move, {line.brings for line in sites.lines}) == (None, {None})


_CELL = st.tuples(st.integers(0, 40), st.integers(40, 200))
_COUNTS = st.fixed_dictionaries({s: st.lists(_CELL, min_size=12, max_size=12) for s in SITES})


@given(counts=_COUNTS)
def test_what_the_sites_bring_adds_up_to_the_move(counts: Counts) -> None:
    move, _ = _seen(_plan(), counts)
    assert move is not None
    assert sum(s.brings for s in move.shares) == pytest.approx(move.after - move.before, abs=1e-9)


@given(counts=_COUNTS, data=st.data())
def test_nothing_hidden_can_be_worked_out_from_it(counts: Counts, data: Any) -> None:
    """Whatever stands behind what is hidden, page and API say the same to the last digit."""
    plan = _plan(5)
    facts = _facts(plan, counts)
    other: Counts = {site: list(cells) for site, cells in counts.items()}
    for site in SITES:
        for at, one in enumerate(facts.observations[SeriesKey("m", site)]):
            if one.suppressed:
                other[site][at] = data.draw(_CELL)
    changed = _hide_alike(facts, _told(other))
    seen = []
    for each in (facts, changed):
        series = [(s, read_series(plan, each, SeriesKey("m", s))) for s in SITES]
        aim = plan.aims["a"]
        found = sites_of_aim(plan, aim, each)
        seen.append((move_of(plan.measures["m"], series, aim.start), found))
    assert seen[0] == seen[1]


def _hide_alike(facts: Facts, told: dict[SeriesKey, tuple[Observation, ...]]) -> Facts:
    """Other counts behind the same hidden cells."""
    return Facts(
        {
            key: tuple(
                replace(one, numerator=new.numerator, denominator=new.denominator)
                if one.suppressed
                else one
                for one, new in zip(known, told[key], strict=True)
            )
            if key in told
            else known
            for key, known in facts.observations.items()
        }
    )
