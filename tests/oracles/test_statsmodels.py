"""The number of runs that statsmodels counts in run charts of real and synthetic series."""

from __future__ import annotations

from typing import Any

import pytest

from services.framework.spc import chart
from tests.oracles.cases import MISSING, cases, is_complete, table

_COUNTED = {one["qic_case"]: one for one in table("statsmodels_runs")["cases"]}
_CASES = [pytest.param(one, id=one.id) for one in cases("qic_") if one.id in _COUNTED]


@pytest.mark.parametrize("case", _CASES)
def test_runs_are_as_many_as_statsmodels_counts(case: Any) -> None:
    theirs = _COUNTED[case.id]
    runs = chart("run", case.data["y"]).parts[0].runs
    assert runs.n_useful == theirs["qicharts2_n_useful"]
    assert runs.crossings is not None
    assert runs.crossings + 1 == theirs["n_runs_useful"]


@pytest.mark.skipif(not is_complete(), reason=MISSING)
def test_every_counted_series_is_among_the_run_charts() -> None:
    assert len(_CASES) == len(_COUNTED) == 22
