"""A small part of the calibration benchmark, so that a broken forecast fails a test."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.calibration import told_in
from benchmarks.scores import Score
from benchmarks.worlds import BAD, GOOD, HARD, PLAIN, World, simulate


@pytest.mark.parametrize("world", [PLAIN, HARD[0], HARD[3]], ids=lambda world: world.name)
def test_chances_beat_a_straight_line_and_the_base_rate(world: World) -> None:
    """288 to 432 chances a world: few, so that only a good part of the lead is asked for."""
    rng = np.random.default_rng(20)
    score = Score.of(told_in(world, simulate(world, {**GOOD, **BAD}, 3, rng)))
    assert score.ours < score.line - 0.01
    assert score.ours < score.yes_or_no - 0.03
    assert score.ours < 0.6 * score.base_rate
    assert score.error < 0.12
    assert 0.7 < score.within_80 < 0.95
    assert score.within_95 > 0.9
