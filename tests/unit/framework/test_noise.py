"""The season and the spread of a measure."""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import cos, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.framework.ewma import recalled
from services.framework.noise import Spread
from services.framework.periods import Frequency
from services.framework.season import Season

WINTER = [3.0 * cos(2 * pi * i / 12) for i in range(24)]
WHITE = [0.4, -0.9, 1.1, -0.3, 0.2, 0.8, -1.2, 0.5, -0.6, 0.1, 0.9, -1.0]


def _season(values: list[float], sigma: float = 1.0) -> Season:
    return Season(Frequency.MONTH, list(enumerate(values)), sigma)


def test_two_years_show_a_season() -> None:
    season = _season([w + n for w, n in zip(WINTER, WHITE * 2, strict=True)])
    assert season.effect(24) == pytest.approx(3.0, abs=0.6)
    assert season.effect(30) == pytest.approx(-3.0, abs=0.6)


def test_a_single_year_shows_none() -> None:
    assert _season(WINTER[:12]).effect(12) == 0.0


def test_noise_shows_none() -> None:
    assert _season(WHITE * 2).effect(24) == 0.0


def test_a_steady_trend_is_no_season() -> None:
    assert _season([0.5 * i for i in range(24)]).effect(24) == pytest.approx(0.0, abs=1e-6)


@given(st.lists(st.floats(-5, 5), min_size=24, max_size=40), st.floats(0.1, 10))
def test_a_season_scales_with_its_data(values: list[float], scale: float) -> None:
    plain, scaled = _season(values), _season([scale * v for v in values], scale)
    assert scaled.effect(40) == pytest.approx(scale * plain.effect(40), rel=1e-6, abs=1e-6)


def _spread(values: list[float]) -> Spread:
    spread = Spread()
    for ordinal, value in enumerate(values):
        spread.add(ordinal, value)
    return spread


def test_one_outlier_hardly_widens_the_spread() -> None:
    assert _spread([*WHITE[:6], 15.0, *WHITE[6:]]).scale.sigma < 1.3 * _spread(WHITE).scale.sigma


def test_values_that_recall_each_other_make_a_running_mean_noisier() -> None:
    slow = list(accumulate([0.6, 0.5, 0.7, -0.4, -0.6, -0.5, -0.7, 0.5, 0.6, 0.4, -0.5, -0.6]))
    ranges = [abs(b - a) for a, b in pairwise(slow)]
    alone = sum(ranges) / len(ranges) / 1.128 * (1 + 2 / len(ranges))
    assert _spread(slow).scale.sigma == pytest.approx(alone)
    assert _spread(slow).scale.recall > _spread(WHITE).scale.recall >= 1


def test_few_values_are_taken_to_recall_each_other_as_monthly_figures_do() -> None:
    assert _spread(WHITE[:4]).scale.recall == pytest.approx(sqrt(recalled(0.3) / 0.7))


def test_a_gap_is_bridged_by_no_range() -> None:
    spread = Spread()
    for ordinal, value in ((0, 1.0), (2, 9.0), (3, 10.0)):
        spread.add(ordinal, value)
    assert spread.many == 1
