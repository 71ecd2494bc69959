"""The path, the noise, and how surely an aim is behind."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.framework.facts import Facts
from services.framework.noise import Noise
from services.framework.plan import Aim, Direction, Kind, Measure, PathPoint
from services.framework.series import Point, read_series
from services.framework.trajectory import (
    FARTHEST,
    SURE,
    SURE_OF_LEVEL,
    Comparison,
    GlidePath,
    Lag,
    baseline_level,
    baseline_points,
    behind,
    better,
    limit_over,
)
from tests.unit.framework.builders import (
    A1,
    KEY,
    a_measure,
    a_plan,
    an_aim,
    counts,
    month,
    values,
)


def _path(path: object = "linear", aim: Aim | None = None, **measure: object) -> GlidePath:
    judged = aim or an_aim()
    declared = replace(judged.measures[0], path=path)  # type: ignore[arg-type]
    return GlidePath(judged, declared, a_measure(**measure), 103.0, 88.0)


@pytest.mark.parametrize("shape", ["linear", "s_curve", "stepped"])
def test_the_path_leaves_the_baseline_before_the_start_and_ends_at_the_deadline(
    shape: str,
) -> None:
    path = _path(shape)
    assert path.at(month("2024-10").ordinal) == 103.0
    assert path.at(month("2020-01").ordinal) == 103.0
    assert path.at(month("2025-12").ordinal) == 88.0
    assert path.at(month("2030-01").ordinal) == 88.0


def test_the_linear_path_takes_equal_steps() -> None:
    path = _path()
    assert path.at(month("2025-05").ordinal) == pytest.approx(95.5)
    assert path.at(month("2025-07").ordinal) == pytest.approx(103 - 15 * 9 / 14)


def test_the_s_curve_is_slow_first_and_half_way_in_the_middle() -> None:
    path = _path("s_curve")
    assert path.at(month("2025-05").ordinal) == pytest.approx(95.5)
    assert path.at(month("2025-01").ordinal) > _path().at(month("2025-01").ordinal)


def test_the_stepped_path_has_four_steps() -> None:
    path = _path("stepped", an_aim(start=month("2025-01")))
    levels = {path.at(month("2025-01").shift(i).ordinal) for i in range(12)}
    assert sorted(levels) == [88.0, 91.75, 95.5, 99.25, 103.0]


def test_declared_points_are_joined_by_lines() -> None:
    path = _path((PathPoint(month("2025-02"), 101.0), PathPoint(month("2025-08"), 95.0)))
    assert path.at(month("2025-02").ordinal) == 101.0
    assert path.at(month("2025-05").ordinal) == 98.0
    assert path.at(month("2024-12").ordinal) == pytest.approx(102.0)
    assert path.at(month("2025-10").ordinal) == pytest.approx(91.5)


def test_a_start_up_lag_holds_the_path_at_the_baseline() -> None:
    path = _path(aim=an_aim(lag=3))
    assert path.at(month("2025-01").ordinal) == 103.0
    assert path.at(month("2025-02").ordinal) < 103.0
    assert path.at(month("2025-12").ordinal) == 88.0


def test_a_lag_as_long_as_the_way_leaves_a_step_at_the_deadline() -> None:
    path = _path(aim=an_aim(lag=14))
    assert path.at(month("2025-11").ordinal) == 103.0
    assert path.at(month("2025-12").ordinal) == 88.0


def test_the_path_stays_within_the_valid_range() -> None:
    path = _path((PathPoint(month("2025-02"), 130.0),), valid=(0.0, 110.0))
    assert path.at(month("2025-02").ordinal) == 110.0


def test_a_rolling_figure_is_held_against_the_path_of_its_window() -> None:
    rolling, single = _path(window=3), _path()
    june = month("2025-06").ordinal
    assert rolling.at(june) == pytest.approx(sum(single.at(june - i) for i in range(3)) / 3)


def test_a_neutral_measure_improves_towards_its_target() -> None:
    assert better(Direction.NEUTRAL, 5, 9) == 1
    assert better(Direction.NEUTRAL, 9, 5) == -1
    assert better(Direction.DECREASE, 5, 9) == -1


def _points(numbers: list[float | None], measure: Measure | None = None) -> list[Point]:
    plan = a_plan(measure=measure or a_measure())
    series = read_series(plan, Facts(values(numbers)), KEY)
    aim = plan.aims["a"]
    return baseline_points(aim.measures[0], aim, series)


def test_the_baseline_is_the_median_of_its_judged_values() -> None:
    points = _points(list(A1))
    assert len(points) == 10
    level = baseline_level(an_aim().measures[0], a_measure(), points)
    assert level is not None
    assert level.value == 103.0


def test_the_baseline_of_counts_is_pooled() -> None:
    measure = a_measure(kind=Kind.PROPORTION, per=100)
    series = read_series(
        a_plan(measure=measure), Facts(counts([(1, 10), (90, 100), (9, 10)], 100)), KEY
    )
    points = baseline_points(an_aim().measures[0], an_aim(), series)
    level = baseline_level(an_aim().measures[0], measure, points)
    assert level is not None
    assert level.value == pytest.approx(100 * 100 / 120)


def test_noise_of_individuals_is_the_mean_moving_range() -> None:
    noise = Noise(a_measure(), _points([1, 3, 2, 6, None, 8, 9]), gap=1)
    ranges = [2, 1, 4, 1]
    expected = sum(ranges) / 4 / 1.128 * (1 + 2 / 4)
    assert noise.at(5, None) == pytest.approx(expected)


def test_noise_of_a_proportion_is_binomial_at_the_path() -> None:
    measure = a_measure(kind=Kind.PROPORTION, per=100)
    even = [(50.0, 100.0), (51.0, 100.0)] * 12
    series = read_series(a_plan(measure=measure), Facts(counts(even, 100)), KEY)
    noise = Noise(measure, series.points, gap=10)
    assert noise.at(80.0, 400.0) == pytest.approx(100 * sqrt(0.8 * 0.2 / 400), rel=0.01)
    assert noise.at(50.0, 100.0) == pytest.approx(noise.at(80.0, 400.0) * 2.5)


def test_overdispersed_counts_widen_the_noise() -> None:
    measure = a_measure(kind=Kind.RATE)
    wild = [(200.0, 1000.0), (300.0, 1000.0), (180.0, 1000.0), (320.0, 1000.0)]
    series = read_series(a_plan(measure=measure), Facts(counts(wild)), KEY)
    noise = Noise(measure, series.points, gap=0.1)
    as_said = sqrt(0.2 / 500)
    assert noise.at(0.2, 500.0) > 1.4 * as_said
    assert noise.running(0.2, 500.0) == noise.at(0.2, 500.0) * noise.recall
    assert noise.recall > 1.5


@pytest.mark.parametrize("numbers", [[], [5.0], [5.0] * 10])
def test_noise_is_never_zero(numbers: list[float]) -> None:
    noise = Noise(a_measure(), _points(list(numbers)), gap=10)
    assert noise.at(5.0, None) == 0.5


def test_noise_without_a_baseline_is_learnt_from_what_comes() -> None:
    noise = Noise(a_measure(), [], gap=10)
    assert noise.wanting == 2
    for ordinal, value in enumerate((5.0, 8.0, 4.0)):
        noise.learn(Point(month("2025-01").shift(ordinal), ordinal, value), expected=5.0)
    assert noise.wanting == 0
    assert noise.at(5.0, None) == pytest.approx(3.5 / 1.128 * (1 + 2 / 2))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), max_size=12), st.booleans())
def test_noise_is_finite_and_positive_whatever_the_counts(
    pairs: list[tuple[int, int]], rate: bool
) -> None:
    measure = a_measure(kind=Kind.RATE if rate else Kind.PROPORTION)
    series = read_series(
        a_plan(measure=measure), Facts(counts([(min(n, d), d) for n, d in pairs])), KEY
    )
    noise = Noise(measure, series.points, gap=0.0)
    for expected in (0.0, 0.5, 1.0):
        sigma = noise.at(expected, 7.0)
        assert isfinite(sigma)
        assert sigma > 0


def test_the_limit_is_exact_in_time() -> None:
    evidence = behind([Comparison(1.0)] * 3)
    for t, step in enumerate(evidence, 1):
        exact = sqrt(0.25 / 1.75 * (1 - 0.75 ** (2 * t)))
        assert step.limit == pytest.approx(SURE * exact)
        assert step.ewma == pytest.approx(1 - 0.75**t)


def test_a_missing_month_carries_the_evidence_on() -> None:
    gap = behind([Comparison(2.0), None, Comparison(2.0)])
    whole = behind([Comparison(2.0), Comparison(2.0)])
    assert gap[1] == gap[0]._replace(lag=None)
    assert gap[2] == whole[1]


def test_an_error_in_common_widens_the_limit() -> None:
    alone = behind([Comparison(1.0)] * 5)[-1]
    shared = behind([Comparison(1.0, 0.5)] * 5)[-1]
    assert shared.limit > alone.limit
    assert shared.ewma == alone.ewma


@given(st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=1, max_size=40))
def test_a_later_period_never_changes_earlier_evidence(lags: list[float | None]) -> None:
    comparisons = [None if lag is None else Comparison(lag) for lag in lags]
    assert behind(comparisons)[:-1] == behind(comparisons[:-1])


def test_a_lag_that_does_not_matter_is_taken_off_what_is_sure() -> None:
    alone, beyond = Lag(), Lag()
    for _ in range(5):
        plain, material = alone.add(1.0), beyond.add(1.0, 0.0, 0.4)
    assert material.ewma == plain.ewma
    assert material.limit == pytest.approx(plain.limit + 0.4)


@given(
    st.lists(st.floats(-5, 5), max_size=20),
    st.floats(0.2, 1.2),
    st.floats(0, 0.5),
    st.floats(0, 0.6),
)
def test_the_lag_to_reach_a_share_of_the_limit_reaches_it(
    lags: list[float], share: float, shared: float, material: float
) -> None:
    lag, ahead = Lag(), Lag()
    for one in lags:
        lag.add(one, shared, material)
        ahead.add(one, shared, material)
    wanted = lag.lag_to_reach(share, shared, material)
    assume(abs(wanted) <= FARTHEST)
    evidence = ahead.add(wanted, shared, material)
    assert evidence.ewma == pytest.approx(evidence.limit * share, abs=1e-9)


def test_one_lag_counts_for_no_more_than_two() -> None:
    assert behind([Comparison(2.0)])[0].ewma == behind([Comparison(9.0)])[0].ewma


def test_a_longer_aim_has_a_wider_limit() -> None:
    assert limit_over(24) == SURE
    assert limit_over(104) > limit_over(24) > limit_over(12)
    assert limit_over(24, SURE_OF_LEVEL) == SURE_OF_LEVEL > SURE
