"""How much more counts scatter than their distribution says."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.framework.dispersion import Dispersion
from services.framework.ewma import recalled

WHITE = [0.4, -0.9, 1.1, -0.3, 0.2, 0.8, -1.2, 0.5, -0.6, 0.1, 0.9, -1.0]
RESIDUALS = st.lists(st.floats(-30, 30), max_size=40)


def _of(residuals: list[float]) -> Dispersion:
    return Dispersion(list(enumerate(residuals)))


def _since(residuals: list[float]) -> float:
    dispersion = Dispersion()
    for ordinal, residual in enumerate(residuals):
        dispersion.add(ordinal, residual)
    return dispersion.scale.sigma


def test_counts_as_said_are_hardly_wider() -> None:
    assert 1.0 <= _of(WHITE * 3).scale.sigma < 1.1


def test_nothing_known_is_what_was_likely_beforehand() -> None:
    nothing = Dispersion()
    one = 2 / 3 + sum(sqrt(d) for d in (1.5, 2.0, 3.0, 4.5)) / 12
    running = 2 / 3 + sum(sqrt(1 + (d - 1) * recalled(0.9)) for d in (1.5, 2.0, 3.0, 4.5)) / 12
    assert nothing.scale.sigma == pytest.approx(one)
    assert nothing.scale.sigma * nothing.scale.recall == pytest.approx(running)


def test_a_wide_baseline_widens() -> None:
    wide, plain = _of([2 * each for each in WHITE]), _of(WHITE)
    assert wide.scale.sigma > 1.4 * plain.scale.sigma
    assert wide.scale.recall > 1.3 * plain.scale.recall


def test_wide_ranges_since_widen_and_narrow_ones_narrow() -> None:
    assert _since([4.0, -4.0] * 6) > Dispersion().scale.sigma > _since([0.0, 0.1] * 6)


def test_a_steady_drift_does_not_widen() -> None:
    assert _since([0.3 * i for i in range(24)]) < Dispersion().scale.sigma


def test_an_outlier_in_the_baseline_is_left_out() -> None:
    twice = [*WHITE, *WHITE]
    assert _of([*twice, 12.0]).scale.sigma < 1.15 * _of(twice).scale.sigma
    assert _of([*twice, 2.5, -2.5]).scale.sigma > _of([*twice, 12.0, -12.0]).scale.sigma


def test_an_outlier_since_counts_for_little() -> None:
    assert _since([*WHITE, 12.0]) == _since([*WHITE, 120.0])


def test_a_gap_is_bridged_by_no_range() -> None:
    alone, after_gap = Dispersion([(0, 0.0)]), Dispersion([(0, 0.0)])
    after_gap.add(2, 40.0)
    assert after_gap.scale.sigma == alone.scale.sigma


@given(RESIDUALS, RESIDUALS)
def test_it_lies_between_as_said_and_the_widest_guess(
    before: list[float], since: list[float]
) -> None:
    dispersion = _of(before)
    for ordinal, residual in enumerate(since, len(before)):
        dispersion.add(ordinal, residual)
    widest = sqrt(1 + 3.5 * recalled(0.9))
    assert 1.0 <= dispersion.scale.sigma <= sqrt(4.5) + 1e-9
    assert dispersion.scale.recall >= 1 - 1e-9
    assert dispersion.scale.sigma * dispersion.scale.recall <= widest + 1e-9


@given(RESIDUALS)
def test_it_has_no_side(residuals: list[float]) -> None:
    mirrored = _of([-each for each in residuals])
    assert mirrored.scale.sigma == pytest.approx(_of(residuals).scale.sigma)
