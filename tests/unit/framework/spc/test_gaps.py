"""The chance of a long time without an event."""

from __future__ import annotations

from math import exp, log

import pytest

from services.framework.spc.gaps import chance_of_gap


def test_it_is_exponential() -> None:
    assert chance_of_gap(20, 20) == pytest.approx(exp(-1))
    assert chance_of_gap(20 * log(20), 20) == pytest.approx(0.05)
    assert chance_of_gap(0, 20) == 1


@pytest.mark.parametrize(("gap", "apart"), [(-1, 20), (5, 0), (5, -3), (float("nan"), 3)])
def test_what_is_no_time_is_refused(gap: float, apart: float) -> None:
    with pytest.raises(ValueError, match="has no chance"):
        chance_of_gap(gap, apart)
