"""Runs about the centre line: which points count, the limits, and where the longest run lies."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, product
from math import comb

import numpy as np
import pytest

from services.framework.spc import Options, RunsResult, anhoej_limits, chart, runs_limits, sides


def runs(values: Sequence[float | None], centre: float = 0, **options: object) -> RunsResult:
    made = chart("run", values, options=Options(centre=centre, **options))  # type: ignore[arg-type]
    return made.parts[0].runs


def test_ties_and_missing_values_neither_break_nor_extend_a_run() -> None:
    found = runs([1, 2, 0, 3, None, 1, -1, 0, -2, 1])
    assert (found.n_obs, found.n_useful) == (10, 7)
    assert (found.longest_run, found.crossings) == (4, 2)
    assert (found.longest_first, found.longest_last) == (1, 6)


def test_an_excluded_point_is_dropped_before_runs_are_counted() -> None:
    found = runs([1, 2, -3, 3, 1, -1], exclude=(3,))
    assert (found.n_obs, found.n_useful) == (5, 5)
    assert (found.longest_run, found.crossings) == (4, 1)


def test_the_first_of_equal_runs_is_named() -> None:
    found = runs([-1, 1, 1, -1, -1, 1])
    assert (found.longest_first, found.longest_last) == (2, 3)


def test_a_run_may_end_with_the_series() -> None:
    found = runs([1, -1, -1, 0, -1, None])
    assert (found.longest_run, found.longest_first, found.longest_last) == (3, 2, 5)


def test_arithmetic_noise_is_a_tie() -> None:
    found = runs([0.1 + 0.2, 0.3, 0.4, 0.2], centre=0.3)
    assert found.n_useful == 2


def test_a_small_difference_about_a_large_level_is_none() -> None:
    found = runs([1e9 + 0.5, 1e9 - 0.5, 1e9 + 0.25], centre=1e9)
    assert found.n_useful == 3


def test_no_useful_point_has_no_limits_and_no_signal() -> None:
    assert runs([0, None, 0]) == RunsResult(3, 0, None, None, None, None, signal=False)


@pytest.mark.parametrize(("length", "signals"), [(7, False), (8, False), (9, True)])
def test_a_run_longer_than_the_limit_is_a_signal(length: int, signals: bool) -> None:
    values = [*[1.0] * length, *[-1.0, 1.0] * 12][:24]
    found = runs(values)
    assert (found.longest_run, found.longest_run_max) == (length, 8)
    assert found.signal is signals


@pytest.mark.parametrize(("crossings", "signals"), [(7, True), (8, False)])
def test_fewer_crossings_than_the_limit_are_a_signal(crossings: int, signals: bool) -> None:
    runs_of_three = [side for turn in range(8) for side in [1.0 if turn % 2 else -1.0] * 3]
    values = runs_of_three if crossings == 7 else [*runs_of_three[:-1], -runs_of_three[-1]]
    found = runs(values)
    assert (found.crossings, found.crossings_min) == (crossings, 8)
    assert found.signal is signals


@pytest.mark.parametrize(("points", "limits"), [(10, (6, 2)), (24, (8, 8)), (46, (9, 17))])
def test_limits_of_runs(points: int, limits: tuple[int, int]) -> None:
    assert anhoej_limits(points) == limits


def test_runs_need_a_point() -> None:
    with pytest.raises(ValueError, match="at least 1 useful point, not 0"):
        anhoej_limits(0)


@pytest.mark.parametrize(("above", "below"), [(3, 4), (5, 5), (2, 7), (1, 6)])
def test_exact_limits_count_every_order(above: int, below: int) -> None:
    counts = [
        len(list(groupby(order)))
        for order in product((0, 1), repeat=above + below)
        if sum(order) == above
    ]
    assert len(counts) == comb(above + below, above)
    for tail in (0.025, 0.05, 0.2):
        few, many = runs_limits(above, below, tail)
        few_fits = [k for k in range(1, 12) if sum(c <= k for c in counts) <= tail * len(counts)]
        many_fits = [k for k in range(1, 12) if sum(c >= k for c in counts) <= tail * len(counts)]
        assert (few or 1) == max([k for k in few_fits if k >= min(counts)], default=1)
        assert (many or 12) == min([k for k in many_fits if k <= max(counts)], default=12)


def test_points_on_one_side_only_have_one_run() -> None:
    assert runs_limits(8, 0) == (None, None)


def test_parts_are_tested_each_on_its_own_and_a_freeze_as_a_whole() -> None:
    low, high = [1.0, 2, 1, 2, 1, 2, 1, 2], [11.0, 12, 11, 12, 11, 12, 11, 12]
    parted = chart("run", [*low, *high], options=Options(rebase=(9,)))
    frozen = chart("run", [*low, *high], options=Options(freeze=8))
    assert [part.runs.longest_run for part in parted.parts] == [1, 1]
    assert [part.runs.longest_first for part in parted.parts] == [1, 9]
    assert [part.runs.longest_run for part in frozen.parts] == [9]


@pytest.mark.parametrize("options", [Options(), Options(mr_runs=True)])
def test_ranges_that_share_points_are_not_tested_unless_asked(options: Options) -> None:
    values: list[float | None] = [*[1.0, 1.5] * 10, *[1.0, 9.0] * 10]
    assert chart("mr", values, options=options).parts[0].runs.signal is options.mr_runs


def test_unordered_points_are_not_tested() -> None:
    values: list[float | None] = [*[1.0] * 12, *[5.0] * 12]
    assert chart("xmr", values).parts[0].runs.signal
    assert not chart("xmr", values, options=Options(ordered=False)).parts[0].runs.signal


def test_sides_of_a_line() -> None:
    found = sides(np.array([1.0, 2, 3, np.nan]), np.array([2.0, 2, 2, 2]))
    assert found.tolist() == [-1, 0, 1, 0]
