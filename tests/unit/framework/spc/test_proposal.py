"""Proposals to re-base: when one is made, what it says, and that nothing is applied."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.framework.spc import Numbers, SpcError, chart
from services.framework.spc.proposal import Rebasing, Stability, stable_shifts, sustained_runs

Values = list[float | None]
FLAT: Values = [10, 11, 9, 10, 12, 8, 10, 11, 9, 10, 11, 9, 10]


def runs(values: Values, baseline: int = 13, run: int = 9) -> Rebasing:
    return sustained_runs(values, range(1, len(values) + 1), "both", baseline, run)


def stable(values: Values, asked: Stability | None = None) -> Rebasing:
    numbers = Numbers(np.array([values], dtype=float))
    return stable_shifts("xmr", numbers, range(1, len(values) + 1), asked=asked)


def even(level: float, points: int) -> Values:
    steps = (0.5, -0.5, 1, -1)
    return [level + steps[at % len(steps)] for at in range(points)]


def noisy(level: float, points: int, seed: int) -> Values:
    source = Random(seed)
    return [level + source.gauss(0, 1) for _ in range(points)]


def test_a_run_proposes_its_own_median() -> None:
    [one] = runs([*FLAT, *[12.0, 13, 12, 14, 12, 13, 12, 13, 12]]).proposals
    assert (one.first, one.last, one.before, one.after) == (14, 22, 10, 12)
    assert one.reason == "9 points in a row above the median 10: theirs is 12"


def test_a_run_short_of_nine_proposes_nothing() -> None:
    found = runs([*FLAT, *[12.0] * 8, 10, 9])
    assert found.proposals == ()
    assert found.reason == "no 9 points in a row on the wanted side"


def test_ties_and_gaps_do_not_break_a_run() -> None:
    [one] = runs([*FLAT, *[12.0] * 5, 10, None, *[13.0] * 4]).proposals
    assert (one.first, one.last, one.after) == (14, 24, 12)


def test_a_run_on_the_other_side_is_not_wanted() -> None:
    down: Values = [*FLAT, *[7.0] * 9]
    assert sustained_runs(down, range(22), "above").proposals == ()
    assert len(sustained_runs(down, range(22), "below").proposals) == 1


def test_the_next_run_is_against_the_new_median() -> None:
    found = runs([*FLAT, *[12.0] * 9, *[15.0] * 9]).proposals
    assert [(one.first, one.before, one.after) for one in found] == [(14, 10, 12), (23, 12, 15)]


def test_too_few_points_are_said_to_be() -> None:
    assert runs([1.0] * 21).reason == "too few points: 21 of 22"
    assert stable([1.0] * 20).reason == "too few points: 20 of 21"


@pytest.mark.parametrize("asked", [{"run": 1}, {"baseline": 1}])
def test_a_run_of_one_is_refused(asked: dict[str, int]) -> None:
    with pytest.raises(SpcError, match="must be at least 2, not 1"):
        runs(FLAT, **asked)


def test_a_shift_that_lasts_is_proposed_where_it_began() -> None:
    [one] = stable([*even(50, 30), *even(55, 30)]).proposals
    assert (one.first, one.last) == (31, 51)
    assert (one.before, one.after) == pytest.approx((50, 55), abs=0.1)
    assert "in a row above the centre line" in one.reason


def test_a_shift_that_swings_back_is_not() -> None:
    found = stable([*even(50, 30), *even(55, 8), 49, *even(50, 30)])
    assert found.proposals == ()
    assert found.reason == "no shift that lasts"


def test_a_shift_too_near_the_end_is_not() -> None:
    assert stable([*even(50, 30), *even(55, 20)]).proposals == ()


def test_the_furthest_outside_are_left_out_of_limits() -> None:
    values = noisy(50, 30, 1)
    values[3], values[7] = 80, 20
    found = stable(values)
    assert found.options.exclude == [4, 8]
    assert stable(values, Stability(exclusions=0)).options.exclude == []


def test_a_proposal_is_not_applied_by_itself() -> None:
    values: Values = [*FLAT, *[12.0] * 9]
    before = chart("run", values)
    found = runs(values)
    assert before.centre == chart("run", values).centre
    assert len(before.parts) == 1
    assert len(chart("run", values, options=found.options).parts) == 2


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(22, 90), st.integers(1, 20))
def test_a_proposal_once_made_stays(seed: int, points: int, more: int) -> None:
    """As later points come, no proposal is taken back or moved ("no regrets")."""
    values = [*noisy(50, points // 2, seed), *noisy(53, points, seed + 1)]
    early, late = stable(values[: points + 10]), stable(values[: points + 10 + more])
    assert late.proposals[: len(early.proposals)] == early.proposals
    ours, theirs = runs(values[:points]), runs(values[: points + more])
    assert theirs.proposals[: len(ours.proposals)] == ours.proposals
