"""The forecast: what it expects, how surely, its laws, and when it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.framework.facts import Facts, Observation
from services.framework.fold import Course, Fold, prepared
from services.framework.forecast import below, calmed, predicted
from services.framework.hypotheses import MANNERS, holding, improving
from services.framework.judgement import Forecast, Status, Verdict
from services.framework.outlook import counts_at, outlook, percent
from services.framework.past import AT_END, Past
from services.framework.periods import Frequency, Period
from services.framework.plan import AimMeasure, Baseline, Direction, Intent, Kind, Plan
from services.framework.series import read_series
from tests.unit.framework.builders import (
    KEY,
    a_measure,
    a_plan,
    an_aim,
    at,
    counts,
    month,
    values,
    verdict_of,
)

STEADY = [100.0, 102, 98, 101, 99, 100, 102, 98, 101, 99]
"""Ten baseline months around 100; the aim then runs from November 2024 to December 2025."""


def _path(i: int, target: float = 86.0) -> float:
    return 100 - (100 - target) * i / 14


def _verdict(since: Sequence[float | None], plan: Plan | None = None) -> Verdict:
    """The verdict just after the last of the months since November 2024."""
    series = values([*STEADY, *since])
    last = month("2024-10").shift(len(since))
    plan = plan or a_plan(an_aim(86.0))
    return verdict_of(plan, Facts(series), last.late_at(30, plan.zone))


def _forecast(since: Sequence[float | None], plan: Plan | None = None) -> Forecast:
    found = _verdict(since, plan).forecast
    assert found is not None
    return found


ON_PATH = [_path(i) + (-1) ** i for i in range(1, 15)]
FLAT = [100.0 + (-1) ** i for i in range(1, 15)]


def test_values_on_the_path_are_likely_to_get_there() -> None:
    found = _forecast(ON_PATH[:10])
    assert found.probability > 0.75
    assert found.interval_80[0] < 86 < found.interval_80[1]


def test_values_that_do_not_move_are_not() -> None:
    found = _forecast(FLAT[:8])
    assert found.probability < 0.1
    assert 97 < found.value < 102


def test_few_values_leave_it_open() -> None:
    """Four months of a promising slope are not yet a promise."""
    assert 0.2 < _forecast(ON_PATH[:4]).probability < 0.8


def test_a_slope_is_not_drawn_on_as_a_straight_line() -> None:
    """Six months of noise that happen to fall by 1 a month do not go on for eight more."""
    falling = [100.5, 99.0, 98.5, 97.0, 96.5, 95.0]
    far = a_plan(replace(an_aim(97.0), deadline=month("2026-12")))
    assert _forecast(falling, far).value > 95.0 - 0.5 * 20


def test_the_interval_narrows_as_the_deadline_comes_near() -> None:
    widths = [
        found.interval_95[1] - found.interval_95[0]
        for found in (_forecast(ON_PATH[:4]), _forecast(ON_PATH[:8]), _forecast(ON_PATH[:13]))
    ]
    assert widths == sorted(widths, reverse=True)


def test_one_outlier_does_not_turn_the_forecast() -> None:
    quiet = _forecast(ON_PATH[:9])
    wild = _forecast([*ON_PATH[:5], ON_PATH[5] + 60, *ON_PATH[6:9]])
    assert abs(wild.value - quiet.value) < 6
    assert abs(wild.probability - quiet.probability) < 0.35


def test_a_missing_month_is_no_zero() -> None:
    whole, holed = _forecast(ON_PATH[:9]), _forecast([*ON_PATH[:5], None, *ON_PATH[6:9]])
    assert abs(whole.value - holed.value) < 1.0
    assert abs(whole.probability - holed.probability) < 0.1


def test_leaving_a_step_out_is_exact() -> None:
    """A step without a value gives what a model without that step's value gives, however reached.

    The same past with the last steps of a longer horizon unknown must predict alike: the value two
    steps ahead of the fifth is the value one step ahead of an unknown sixth.
    """
    shares = tuple(i / 7 for i in range(8))
    bends = tuple(range(8))
    five = [0.3, -0.2, 0.5, 0.9, 0.4]
    plain = Past(five, 2, shares[:7], bends, 3.0, 12.0, 0.2)
    holed = Past([*five, None], 1, shares[:7], bends, 3.0, 12.0, 0.2)
    for level in (-1.0, 0.5, 2.0):
        near, far = (predicted(past).at_least(AT_END, level) for past in (plain, holed))
        assert near == pytest.approx(far, abs=2e-3)


# What is refused, and how it is said.


def test_too_few_values_since_the_start_are_refused_in_words() -> None:
    verdict = _verdict(ON_PATH[:3])
    assert (verdict.forecast, verdict.probability) == (None, None)
    assert verdict.outlook == "No forecast: 3 values since the start of the 4 that it needs."


def test_too_few_values_in_all_are_refused_in_words() -> None:
    part = AimMeasure("m", Baseline(value=100.0), 86.0)
    plan = a_plan(an_aim(measures=(part,)))
    series = values(ON_PATH[:5], first="2024-11")
    verdict = verdict_of(plan, Facts(series), at("2025-04-25"))
    assert verdict.forecast is None
    assert verdict.outlook == "No forecast: 5 values in all of the 8 that it needs."


def test_an_aim_without_a_date_is_refused_in_words() -> None:
    part = AimMeasure("m", Baseline(month("2024-01"), month("2024-10")), 100.0)
    aim = an_aim(measures=(part,), intent=Intent.HOLD, deadline=None)
    verdict = _verdict(FLAT[:6], a_plan(aim))
    assert verdict.outlook == "No forecast: the aim has no date to reach."


def test_a_rolling_figure_is_refused_in_words() -> None:
    verdict = _verdict(ON_PATH[:9], a_plan(an_aim(86.0), a_measure(window=12)))
    assert verdict.outlook == "No forecast: values over 12 months overlap."


def test_nothing_is_forecast_once_the_deadline_has_come() -> None:
    verdict = _verdict(ON_PATH)
    assert verdict.status is Status.CLOSE
    assert (verdict.forecast, verdict.outlook) == (None, None)


def test_a_past_without_values_or_future_is_refused() -> None:
    for past in (
        Past([None], 1, (0.0, 1.0), (1,) * 8, 1.0, 12.0, 0.2),
        Past([1.0], 0, (1.0,), (1,) * 8, 1.0, 12.0, 0.2),
    ):
        with pytest.raises(ValueError, match="needs a known value"):
            predicted(past)


def test_it_is_said_in_words() -> None:
    found = _verdict(FLAT[:10])
    assert found.forecast is not None
    low, high = found.forecast.interval_80
    said = f"At this pace {found.forecast.value:.1f} ({low:.1f} to {high:.1f}) by 2025-12; "
    assert found.outlook == said + f"{percent(found.forecast.probability)} chance of reaching 86.0."


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.0, "under 1%"), (0.004, "under 1%"), (0.123, "12%"), (0.996, "over 99%")],
)
def test_a_chance_is_never_said_to_be_nothing_or_all(chance: float, words: str) -> None:
    assert percent(chance) == words


# Kinds, intents and frequencies.


def test_a_proportion_stays_inside_its_range() -> None:
    part = AimMeasure("m", Baseline(month("2024-01"), month("2024-10")), 0.99)
    measure = a_measure(kind=Kind.PROPORTION, direction=Direction.INCREASE)
    plan = a_plan(an_aim(measures=(part,)), measure)
    shares = [0.93, 0.95, 0.94, 0.96, 0.93, 0.95, 0.94, 0.95, 0.96, 0.94, 0.96, 0.97, 0.97, 0.98]
    series = counts([(round(share * 200), 200) for share in shares])
    found = verdict_of(plan, Facts(series), at("2025-03-25")).forecast
    assert found is not None
    assert found.interval_95[0] > 0.8
    assert found.interval_95[1] <= 1.0


def test_rare_counts_have_whole_and_no_negative_values() -> None:
    measure = a_measure(kind=Kind.RATE)
    part = AimMeasure("m", Baseline(month("2024-01"), month("2024-10")), 0.001)
    plan = a_plan(an_aim(measures=(part,)), measure)
    falls = [3, 2, 4, 3, 2, 3, 1, 4, 3, 2, 2, 3, 1, 2, 2, 1]
    series = counts([(many, 1000) for many in falls])
    found = verdict_of(plan, Facts(series), at("2025-05-25")).forecast
    assert found is not None
    numbers = [1000 * v for v in (*found.interval_95, *found.interval_80, found.value)]
    assert all(number == pytest.approx(round(number), abs=1e-6) for number in numbers)
    assert found.interval_95[0] >= 0


def test_counts_follow_their_distribution() -> None:
    """Poisson of mean 3: the 2.5, 50 and 97.5 % points are 0, 3 and 7."""
    assert counts_at((0.025, 0.5, 0.975), 3.0, 3.0) == [0.0, 3.0, 7.0]
    assert counts_at((0.025, 0.5, 0.975), 3.0, 12.0)[2] > 7
    assert counts_at((0.5,), 0.0, 1.0) == [0.0]


def test_a_level_that_holds_is_likely_to_hold() -> None:
    part = AimMeasure("m", Baseline(month("2024-01"), month("2024-10")), 100.0)
    plan = a_plan(an_aim(measures=(part,), intent=Intent.HOLD))
    held, lost = _verdict(FLAT[:8], plan), _verdict([104.0 + i for i in range(8)], plan)
    assert held.probability is not None
    assert lost.probability is not None
    assert held.probability > 0.75
    assert lost.probability < 0.1
    assert held.outlook is not None
    assert held.outlook.endswith("chance of holding 100.0.")


def test_a_range_is_left_on_either_side() -> None:
    part = AimMeasure("m", Baseline(month("2024-01"), month("2024-10")), (96.0, 104.0))
    plan = a_plan(
        an_aim(measures=(part,), intent=Intent.WITHIN), a_measure(direction=Direction.NEUTRAL)
    )
    inside = _forecast(FLAT[:8], plan).probability
    below_it = _forecast([94.0 - i for i in range(8)], plan).probability
    above_it = _forecast([106.0 + i for i in range(8)], plan).probability
    assert inside > 0.75
    assert max(below_it, above_it) < 0.1
    assert below_it == pytest.approx(above_it, abs=0.02)


def _in_periods(
    frequency: Frequency, first: str, start: int, span: int, numbers: Sequence[float]
) -> Verdict:
    begin = Period.parse(first, frequency)
    part = AimMeasure("m", Baseline(begin, begin.shift(start - 1)), 86.0)
    aim = an_aim(measures=(part,), start=begin.shift(start), deadline=begin.shift(start + span - 1))
    plan = a_plan(aim, a_measure(frequency=frequency))
    known = tuple(
        Observation(KEY, begin.shift(i), number, begin.shift(i).ends_at(plan.zone))
        for i, number in enumerate(numbers)
    )
    last = begin.shift(len(numbers) - 1)
    return verdict_of(plan, Facts({KEY: known}), last.ends_at(plan.zone))


@pytest.mark.parametrize(
    ("frequency", "first", "start", "span"),
    [
        (Frequency.DAY, "2024-01-01", 200, 400),
        (Frequency.WEEK, "2024-W01", 52, 104),
        (Frequency.QUARTER, "2020-Q1", 8, 12),
        (Frequency.YEAR, "2005", 8, 10),
    ],
)
def test_every_frequency_is_forecast(
    frequency: Frequency, first: str, start: int, span: int
) -> None:
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 2, start + span)
    for passed in (0.6, 0.9):
        gone = int(span * passed)
        kept = [100.0] * start + [100 - 14 * i / span for i in range(1, gone + 1)]
        flat = [100.0] * (start + gone)
        good = _in_periods(frequency, first, start, span, [*(kept + noise[: len(kept)])])
        bad = _in_periods(frequency, first, start, span, [*(flat + noise[: len(flat)])])
        assert good.forecast is not None
        assert bad.forecast is not None
        assert good.forecast.probability > 0.5
        assert bad.forecast.probability < 0.15
        assert good.forecast.value == pytest.approx(86, abs=6)
        assert bad.forecast.value == pytest.approx(100, abs=6)


def test_a_winter_deadline_is_not_promised_by_a_summer() -> None:
    """Three years that dip every January: the forecast of a January lies below that of June."""

    def seasonal(i: int) -> float:
        return 90 + 5 * math.cos(2 * math.pi * (i % 12 - 6) / 12) + (0.4 if i % 2 else -0.4)

    history = [seasonal(i) for i in range(42)]
    begin = month("2021-01")
    measure = a_measure(direction=Direction.INCREASE)
    found = {}
    for label in ("2024-12", "2025-01", "2025-06"):
        part = AimMeasure("m", Baseline(begin.shift(24), begin.shift(35)), 95.0)
        aim = an_aim(measures=(part,), start=begin.shift(36), deadline=month(label))
        known = Facts(values(history, first="2021-01"))
        found[label] = verdict_of(a_plan(aim, measure), known, at("2024-07-25")).forecast
    winter, summer = found["2025-01"], found["2025-06"]
    assert winter is not None
    assert summer is not None
    assert winter.value < 88
    assert summer.value > 91


# Laws.

noisy = st.lists(st.floats(-4, 4), min_size=4, max_size=13)
steps = st.integers(1, 12).flatmap(
    lambda many: st.lists(st.floats(-2, 12), min_size=many, max_size=many)
)


def _moved(numbers: Sequence[float], shift: float, scale: float, **measure: Any) -> Forecast:
    """The forecast of an aim from 100 to 86 with everything shifted and scaled."""

    def move(value: float) -> float:
        return shift + scale * value

    part = AimMeasure("m", Baseline(month("2024-01"), month("2024-10")), move(86.0))
    plan = a_plan(an_aim(measures=(part,)), a_measure(**measure))
    series = values([move(v) for v in (*STEADY, *numbers)])
    last = month("2024-10").shift(len(numbers))
    found = verdict_of(plan, Facts(series), last.late_at(30, plan.zone)).forecast
    assert found is not None
    return found


@given(noisy, st.floats(-1000, 1000), st.floats(0.01, 100))
@settings(max_examples=40, deadline=None)
def test_it_shifts_and_scales_with_the_data(
    numbers: list[float], shift: float, scale: float
) -> None:
    since = [_path(i) + n for i, n in enumerate(numbers, 1)]
    plain, moved = _moved(since, 0, 1), _moved(since, shift, scale)
    near = scale * 0.05 + abs(shift) * 1e-4
    assert moved.probability == pytest.approx(plain.probability, abs=0.002)
    assert moved.value == pytest.approx(shift + scale * plain.value, abs=near)
    for ours, theirs in zip(moved.interval_95, plain.interval_95, strict=True):
        assert ours == pytest.approx(shift + scale * theirs, abs=near)


@given(noisy)
@settings(max_examples=40, deadline=None)
def test_mirrored_data_give_a_mirrored_forecast(numbers: list[float]) -> None:
    since = [_path(i) + n for i, n in enumerate(numbers, 1)]
    plain = _moved(since, 0, 1)
    mirrored = _moved(since, 0, -1, direction=Direction.INCREASE)
    assert mirrored.probability == pytest.approx(plain.probability, abs=0.002)
    assert mirrored.value == pytest.approx(-plain.value, abs=0.01)
    assert mirrored.interval_80[0] == pytest.approx(-plain.interval_80[1], abs=0.01)


@given(noisy)
@settings(max_examples=40, deadline=None)
def test_the_intervals_are_nested_around_the_median(numbers: list[float]) -> None:
    found = _moved([_path(i) + n for i, n in enumerate(numbers, 1)], 0, 1)
    low95, high95 = found.interval_95
    low80, high80 = found.interval_80
    assert low95 <= low80 <= found.value <= high80 <= high95
    assert 0 <= found.probability <= 1


@given(steps, st.integers(1, 24))
@settings(max_examples=60, deadline=None)
def test_a_harder_level_is_never_likelier(numbers: list[float], ahead: int) -> None:
    many = len(numbers) + ahead
    shares = tuple(i / (many - 1) if many > 1 else 1.0 for i in range(many))
    bends = tuple(round((many - 1) * j / 8) for j in range(1, 9))
    found = predicted(Past(numbers, ahead, shares, bends, 8.0, 12.0, 0.2))
    chances = [found.at_least(AT_END, level) for level in np.linspace(-10, 20, 31)]
    assert all(a >= b - 1e-12 for a, b in pairwise(chances))
    stands = [found.stands(level, level - 1, level - 2) for level in np.linspace(-10, 20, 31)]
    assert all(0 <= chance <= 1 for chance in [*chances, *stands])


@given(noisy, st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_what_comes_later_never_changes_an_earlier_forecast(
    numbers: list[float], later: int
) -> None:
    since = [_path(i) + n for i, n in enumerate(numbers, 1)]
    plan = a_plan(an_aim(86.0))
    as_of = month("2024-10").shift(len(since)).ends_at(plan.zone)
    early = verdict_of(plan, Facts(values([*STEADY, *since])), as_of)
    more = verdict_of(plan, Facts(values([*STEADY, *since, *([500.0] * later)])), as_of)
    assert early.forecast == more.forecast


def test_a_fold_that_goes_on_tells_the_same_as_one_made_anew() -> None:
    plan = a_plan(an_aim(86.0))
    numbers = [*STEADY, *ON_PATH[:4], None, *ON_PATH[5:12]]
    series = read_series(plan, Facts(values(numbers)), KEY)
    aim = plan.aims["a"]
    course = prepared(aim, aim.measures[0], plan.measures["m"], series)
    assert isinstance(course, Course)
    going = Fold(course)
    for last in (month("2024-11").shift(i).ordinal for i in range(12)):
        anew = Fold(course).run(last)
        assert outlook(course, going.run(last)) == outlook(course, anew)
        assert going.steps == anew.steps


def test_a_harder_target_is_not_likelier() -> None:
    """The whole aim moved further off, on the same values."""
    for since in (ON_PATH[:6], ON_PATH[:10], FLAT[:6], FLAT[:10]):
        targets = (97.0, 94.0, 90.0, 86.0, 80.0, 70.0)
        chances = [_forecast(since, a_plan(an_aim(target))).probability for target in targets]
        assert all(a >= b - 0.05 for a, b in pairwise(chances)), chances


# The parts.


def test_the_priors_are_whole() -> None:
    assert sum(manner.weight for manner in MANNERS) == pytest.approx(1)
    path = tuple(j / 8 for j in range(1, 9))
    for rows, weights in (improving(path), holding(both_ways=False), holding(both_ways=True)):
        assert weights.sum(axis=1) == pytest.approx(np.ones(len(MANNERS)))
        assert not rows[0].any()


@pytest.mark.parametrize(
    ("courses", "kept", "worse"), [(improving, 0.15, 0.10), (holding, 0.50, 0.40)]
)
def test_a_measure_that_goes_its_own_way_stays_or_gets_worse(
    courses: Callable[[Any], tuple[Any, Any]], kept: float, worse: float
) -> None:
    """It takes no course that ends better than it began, and the others as often as aims do."""
    path = tuple(j / 8 for j in range(1, 9))
    rows, weights = courses(path if courses is improving else False)
    ends = rows @ np.array(path)
    for manner, weight in zip(MANNERS, weights, strict=True):
        if manner.own == 1:
            assert not weight[ends > 0].any()
            assert weight[0] == pytest.approx(kept / (kept + worse))
            assert weight[ends < 0].sum() == pytest.approx(worse / (kept + worse))


def test_a_range_is_left_on_either_side_alike() -> None:
    rows, weights = holding(both_ways=True)
    ends = rows.sum(axis=1)
    for weight in weights:
        assert weight[ends > 0].sum() == pytest.approx(weight[ends < 0].sum())


def test_students_t_is_near_enough() -> None:
    """Against its tables: 2.306 and 3.355 leave 2.5 and 0.5 % above with 8 degrees of freedom."""
    shares = below(np.array([-3.355, -2.306, 0.0, 1.86, 2.306]), 8.0)
    assert shares == pytest.approx([0.005, 0.025, 0.5, 0.95, 0.975], abs=0.002)
    normal = [0.5 * math.erfc(-z / math.sqrt(2)) for z in (-3.0, -1.0, 0.3, 2.0)]
    assert below(np.array([-3.0, -1.0, 0.3, 2.0]), 1e6) == pytest.approx(normal, abs=2e-4)


def test_calm_values_are_left_alone_and_wild_ones_held() -> None:
    calm = np.array([0.1, -0.4, 0.6, 1.0, -1.2, 0.3])
    assert calmed(calm).tolist() == calm.tolist()
    wild = calm.copy()
    wild[2] = 40.0
    assert calmed(wild)[2] < 5
    assert calmed(np.array([9.0, -9.0])).tolist() == [9.0, -9.0]
