"""What the benchmarks hold a forecast against: scores, the straight line, others' calls."""

from __future__ import annotations

import pytest

from benchmarks.peers import PEERS, cusum, ewma, spc_rules, three_in_a_row, two_in_a_row
from benchmarks.scores import (
    Score,
    Told,
    brier,
    calibration_error,
    reliability,
    straight_line,
    student_below,
)


def _told(probability: float, reached: bool, value: float = 0.0) -> Told:
    return Told(6, probability, 0.5, reached, value, (-1, 1), (-2, 2))


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    assert brier([1.0, 0.0, 0.5], [True, False, True]) == pytest.approx(0.25 / 3)


def test_reliability_sets_what_was_told_beside_what_came() -> None:
    rows = [_told(0.12, reached=False), _told(0.18, reached=True), _told(1.0, reached=True)]
    low, high = reliability(rows)
    assert (low.low, low.many, low.came) == (0.1, 2, 0.5)
    assert low.told == pytest.approx(0.15)
    assert (high.low, high.many, high.came) == (0.9, 1, 1.0)
    assert calibration_error(rows) == pytest.approx((2 * 0.35 + 0) / 3)


def test_a_score_counts_what_lay_in_the_intervals() -> None:
    score = Score.of([_told(0.7, True, 0.5), _told(0.7, True, 1.5), _told(0.7, False, 3.0)])
    assert score.within_80 == pytest.approx(1 / 3)
    assert score.within_95 == pytest.approx(2 / 3)
    assert score.base_rate == pytest.approx(2 / 9)
    assert score.line == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("t", "freedom", "share"),
    [(6.314, 1, 0.95), (2.920, 2, 0.95), (2.353, 3, 0.95), (-2.228, 10, 0.025), (0.0, 7, 0.5)],
)
def test_students_t_is_that_of_the_tables(t: float, freedom: int, share: float) -> None:
    assert student_below(t, freedom) == pytest.approx(share, abs=2e-4)


def test_a_straight_line_goes_on() -> None:
    falling = [(i, 100.0 - i + (0.1 if i % 2 else -0.1)) for i in range(10)]
    assert straight_line(falling, 20, 85.0, -1) == pytest.approx(1.0, abs=1e-3)
    assert straight_line(falling, 20, 75.0, -1) == pytest.approx(0.0, abs=1e-3)
    assert straight_line(falling[:3], 20, 85.0, -1) is None


def test_peers_call_when_they_say_they_do() -> None:
    quiet = [0.05] * 12
    assert two_in_a_row([0.2, 0.0, 0.2, 0.2], []) == 3
    assert three_in_a_row([0.3, 0.3, 0.2, 0.3, 0.3, 0.3], []) == 5
    assert spc_rules([], [0.1] * 8) == 7
    assert spc_rules([], [0.0, 3.1]) == 1
    assert cusum([], [2.0, 2.0, 2.0]) == 2
    assert cusum([], quiet) is None
    assert ewma([], [2.8]) == 0
    assert ewma([], quiet) is None


def test_no_peer_calls_an_aim_that_is_ahead() -> None:
    assert [peer([-0.5] * 24, [-2.0] * 24) for peer in PEERS.values()] == [None] * len(PEERS)
