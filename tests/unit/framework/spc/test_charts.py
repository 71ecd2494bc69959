"""Charts of one series: lines, parts, baselines, exclusions, and what is said of them."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import Any

import pytest

from services.framework.spc import Chart, Options, chart, chart_of, subgroups

STEADY = [10.0, 12, 9, 11, 10, 14, 8, 10, 11, 12, 13, 9]


def lines(made: Chart, point: int = 1) -> Any:
    """The lower limit, centre line and upper limit at ``point``."""
    at = point - 1
    return made.lower[at], made.centre[at], made.upper[at]


def test_xmr_is_the_mean_and_three_sigma_of_the_mean_moving_range() -> None:
    made = chart("xmr", [10, 12, 11, 15])
    ranges = (2 + 1 + 4) / 3
    assert lines(made) == pytest.approx((12 - 3 * ranges / 1.128, 12, 12 + 3 * ranges / 1.128))


def test_limit_factor_is_three_sigma_in_mean_moving_ranges() -> None:
    made = chart("xmr", [10, 12, 11, 15], options=Options(limit_factor=2.66))
    assert made.upper[0] == pytest.approx(12 + 2.66 * 7 / 3)


def test_a_median_moving_range_has_its_own_constant() -> None:
    made = chart("xmr", [10, 12, 11, 15], options=Options(spread="median_mr", centre="median"))
    assert lines(made)[1:] == pytest.approx((11.5, 11.5 + 3 * 2 / 0.954))


def test_run_chart_has_the_median_and_no_limits() -> None:
    made = chart("run", [3, None, 1, 8, 2])
    assert lines(made) == (None, 2.5, None)
    assert list(made.values) == [3, None, 1, 8, 2]


def test_moving_ranges_start_with_the_second_point() -> None:
    made = chart("mr", [10, 12, 11, 15])
    assert list(made.values) == [None, 2, 1, 4]
    assert lines(made) == pytest.approx((0, 7 / 3, 3.267 * 7 / 3))


def test_a_missing_value_is_not_zero_and_is_not_bridged() -> None:
    made = chart("xmr", [10, 12, None, 20, 21])
    assert made.centre[2] == pytest.approx(63 / 4)
    assert made.sigma[0] == pytest.approx((2 + 1) / 2 / 1.128)


def test_an_excluded_point_is_bridged_unless_asked_not_to() -> None:
    values = [10.0, 12, 50, 13, 11]
    bridged = chart("xmr", values, options=Options(exclude=(3,)))
    apart = chart("xmr", values, options=Options(exclude=(3,), bridge_excluded=False))
    assert bridged.sigma[0] == pytest.approx((2 + 1 + 2) / 3 / 1.128)
    assert apart.sigma[0] == pytest.approx((2 + 2) / 2 / 1.128)
    assert bridged.centre[0] == pytest.approx(46 / 4)
    assert bridged.excluded == (False, False, True, False, False)


def test_proportions_weigh_by_their_denominators() -> None:
    made = chart("p", [5, 30], [10, 100])
    centre = 35 / 110
    half = 3 * sqrt(centre * (1 - centre) / 100)
    assert made.values == pytest.approx((0.5, 0.3))
    assert lines(made, 2) == pytest.approx((centre - half, centre, centre + half))


def test_limits_of_proportions_stay_within_0_and_1() -> None:
    made = chart("p", [9, 10, 1, 2], [10, 10, 10, 10])
    assert lines(made)[0] == pytest.approx(0.55 - 3 * sqrt(0.55 * 0.45 / 10))
    assert lines(made)[2] == 1


def test_a_zero_denominator_leaves_its_point_out_and_says_so() -> None:
    made = chart(
        "u", [5, 3, 4, 0], [10, 0, 10, 10], labels=["2026-01", "2026-02", "2026-03", "2026-04"]
    )
    assert list(made.values) == [0.5, None, 0.4, 0]
    assert lines(made, 2) == (None, 0.3, None)
    assert "no denominator, so left out: 2026-02" in made.notes


def test_rates_per_so_many() -> None:
    made = chart("u", [5, 3], [1000, 1000], options=Options(multiply=1000))
    half = 3 * sqrt(4)
    assert lines(made) == pytest.approx((0, 4, 4 + half))
    assert list(made.values) == [5, 3]
    assert made.sigma[0] == pytest.approx(2)


@pytest.mark.parametrize("kind", ["u", "up", "xmr", "ip"])
def test_a_given_centre_is_on_the_scale_that_is_drawn(kind: str) -> None:
    options = Options(multiply=1000, centre=4.5)
    assert chart(kind, [5, 3, 4], [1000] * 3, options=options).centre[0] == pytest.approx(4.5)


def test_prime_charts_say_how_the_limits_were_changed() -> None:
    wide = chart("pp", [10, 90, 15, 85, 20, 80], [100] * 6)
    narrow = chart("up", [50, 50, 51, 50, 50, 51], [100] * 6)
    assert any("over-dispersed: limits widened by sigma_z 12" in note for note in wide.notes)
    assert any("under-dispersed: limits narrowed by sigma_z 0.075" in note for note in narrow.notes)


def test_normalised_individuals_with_equal_sizes_are_individuals() -> None:
    values = [10.0, 12, 11, 15, 9]
    primed = chart("ip", [value * 4 for value in values], [4] * 5)
    ranges = (2 + 1 + 4 + 6) / 4
    assert primed.centre[0] == pytest.approx(11.4)
    assert primed.sigma[0] == pytest.approx(ranges * sqrt(3.141592653589793) / 2)


def test_counts_between_events() -> None:
    made = chart("g", [3, 7, 2, 8])
    assert lines(made) == pytest.approx((0, 5, 5 + 3 * sqrt(30)))
    assert chart("g", [3, 7, 2, 9], options=Options(centre="mean")).centre[0] == 5.25


def test_times_between_events_are_judged_after_a_power() -> None:
    made = chart("t", [3, 30, 12, 7, 20])
    rooted = chart("xmr", [value ** (1 / 3.6) for value in (3, 30, 12, 7, 20)])
    low, middle, high = lines(rooted)
    assert lines(made) == pytest.approx((max(low, 0) ** 3.6, middle**3.6, high**3.6))
    assert list(made.values) == [3, 30, 12, 7, 20]
    assert list(made.sigma) == [None] * 5


def test_a_given_time_between_events_is_in_the_datas_unit() -> None:
    made = chart("t", [3, 30, 12, 7, 20], options=Options(centre=10))
    assert made.centre[0] == pytest.approx(10)


def test_subgroups_have_a_mean_and_a_spread() -> None:
    groups = subgroups(["a", "a", "b", "b", "b", "c", "c"], [1, 3, 4, None, 8, 5, 7])
    assert list(groups.sizes) == [2, 2, 2]
    assert list(groups.means) == [2, 6, 6]
    assert groups.spreads == pytest.approx((sqrt(2), sqrt(8), sqrt(2)))
    means, spreads = chart_of(groups, "xbar"), chart_of(groups, "s")
    mean_s = (2 * sqrt(2) + sqrt(8)) / 3
    assert lines(means)[1:] == pytest.approx((14 / 3, 14 / 3 + 2.6586807763582745 * mean_s))
    assert lines(spreads) == pytest.approx((0, mean_s, 3.266531919288603 * mean_s))
    assert means.labels == ("a", "b", "c")


def test_frozen_limits_rest_on_the_first_points_only() -> None:
    made = chart("xmr", [10, 12, 11, 90, 95], options=Options(freeze=3))
    assert lines(made, 5) == pytest.approx((11 - 4.5 / 1.128, 11, 11 + 4.5 / 1.128))
    assert made.parts[0].n_base == 3


def test_each_part_has_lines_of_its_own() -> None:
    made = chart("xmr", [10, 12, 11, 20, 22, 21], options=Options(rebase=(4,)))
    assert list(made.centre) == [11, 11, 11, 21, 21, 21]
    assert made.sigma == pytest.approx((1.5 / 1.128,) * 6)
    assert list(made.part) == [0, 0, 0, 1, 1, 1]
    assert [(part.first, part.last) for part in made.parts] == [(1, 3), (4, 6)]


def test_a_freeze_counts_from_the_start_of_each_part() -> None:
    options = Options(rebase=(4,), freeze=2)
    made = chart("xmr", [10, 12, 99, 20, 22, 99], options=options)
    assert list(made.centre) == [11, 11, 11, 21, 21, 21]


def test_screening_drops_large_ranges_once() -> None:
    values = [*STEADY, 60.0, *STEADY]
    plain, screened = chart("xmr", values), chart("xmr", values, options=Options(screen=True))
    kept = [abs(b - a) for a, b in pairwise(values)]
    kept = [one for one in kept if one < 3.267 * sum(kept) / len(kept)]
    assert screened.sigma[0] == pytest.approx(sum(kept) / len(kept) / 1.128)
    assert screened.centre == plain.centre
    assert "screening dropped 2 moving ranges" in screened.notes


@pytest.mark.parametrize(("mr_upper", "mean_range"), [(2.0, 1), (2.01, 2)])
def test_a_range_on_its_limit_is_screened_out(mr_upper: float, mean_range: float) -> None:
    made = chart("xmr", [0, 1, 2, 6], options=Options(screen=True, mr_upper=mr_upper))
    assert made.sigma[0] == pytest.approx(mean_range / 1.128)


def test_no_range_is_taken_across_parts() -> None:
    made = chart("mr", [1, 2, 50, 53], options=Options(rebase=(3,)))
    assert list(made.values) == [None, 1, None, 3]


@pytest.mark.parametrize("screen", [False, True])
@pytest.mark.parametrize("kind", ["xmr", "t", "ip", "pp", "up"])
def test_where_nothing_varies_the_limits_are_the_centre(kind: str, screen: bool) -> None:
    sizes = [100] * 20 if kind in {"pp", "up", "ip"} else None
    made = chart(kind, [5] * 20, sizes, options=Options(screen=screen))
    low, middle, high = lines(made)
    assert (low, high) == pytest.approx((middle, middle))
    assert "no variation" in made.notes
    assert not made.parts[0].runs.signal


@pytest.mark.parametrize("kind", ["p", "pp", "u", "up", "c"])
def test_where_nothing_ever_happens_the_limits_are_zero(kind: str) -> None:
    made = chart(kind, [0] * 14, None if kind == "c" else [50, 60] * 7)
    assert lines(made) == (0, 0, 0)
    assert made.notes == ("no variation", "too few to judge runs: 0 of 10 useful points")


def test_equal_proportions_of_varying_sizes_do_not_vary() -> None:
    made = chart("pp", [3, 6, 9, 21] * 4, [10, 20, 30, 70] * 4)
    assert made.notes == ("no variation", "too few to judge runs: 0 of 10 useful points")


def test_one_point_has_a_centre_and_no_limits() -> None:
    made = chart("xmr", [7])
    assert lines(made) == (None, 7, None)
    assert made.notes == (
        "provisional: 1 of 13 points",
        "too few to judge runs: 0 of 10 useful points",
    )


def test_a_baseline_without_points_says_so_and_has_no_lines() -> None:
    made = chart("xmr", [7, 8, 9], options=Options(freeze=2, exclude=(1, 2)))
    assert lines(made) == (None, None, None)
    assert made.notes == ("no point is left to set limits by",)


def test_notes_name_the_part_they_are_of() -> None:
    months = [f"2026-{month:02d}" for month in range(1, 13)]
    made = chart("xmr", STEADY, labels=months, options=Options(rebase=(9,), min_points=8))
    assert "part 2 (from 2026-09): provisional: 4 of 8 points" in made.notes
    assert not any(note.startswith("part 1 (from 2026-01): provisional") for note in made.notes)


def test_the_least_that_a_measure_can_be_bounds_its_limits() -> None:
    made = chart("xmr", [1, 9, 2, 8], options=Options(floor=0, ceiling=10))
    assert lines(made) == (0, 5, 10)
    assert made.line(2) == ((0,) * 4, (10,) * 4)


def test_lines_at_other_distances() -> None:
    made = chart("xmr", STEADY)
    low, middle, high = lines(made)
    lower, upper = made.line(2)
    assert lower[0] == pytest.approx(middle - (middle - low) * 2 / 3)
    assert upper[0] == pytest.approx(middle + (high - middle) * 2 / 3)


@pytest.mark.parametrize("kind", ["run", "xmr", "mr", "ip", "c", "g", "t"])
def test_no_answer_holds_a_nan(kind: str) -> None:
    made = chart(kind, [5, None, 7, 9, None])
    for line in (made.values, made.centre, made.lower, made.upper, made.sigma, *made.line(2)):
        assert all(cell is None or cell == cell for cell in line)  # noqa: PLR0124  # NaN
