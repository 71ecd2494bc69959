"""Critical values and chart constants, against tables computed elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from services.framework.spc.constants import a3, b3, b4, c4
from services.framework.spc.panel import Floats
from services.framework.spc.runs import anhoej_limits, runs_limits
from tests.oracles.cases import table


def test_anhoej_limits_are_those_of_qbinom() -> None:
    rows = table("critical_anhoej")["table"]
    found = [(n, *anhoej_limits(n)) for n in (row["n_useful"] for row in rows)]
    assert len(rows) == 500
    assert found == [(r["n_useful"], r["longest_run_max"], r["n_crossings_min"]) for r in rows]


@pytest.mark.parametrize(("tail", "column"), [(0.025, "2.5pct"), (0.05, "5pct")])
def test_limits_of_the_number_of_runs_are_swed_and_eisenharts(tail: float, column: str) -> None:
    rows = table("critical_runs_exact")["table"]
    found = [runs_limits(row["n"] // 2, row["n"] - row["n"] // 2, tail) for row in rows]
    few, many = f"too_few_at_or_below_{column}", f"too_many_at_or_above_{column}"
    assert len(rows) == 91
    assert found == [(row[few], row[many]) for row in rows]


@pytest.mark.parametrize(("name", "formula"), [("c4", c4), ("A3", a3), ("B3", b3), ("B4", b4)])
def test_constants_of_subgroups(name: str, formula: Callable[[Floats], Floats]) -> None:
    rows = table("constants")["table"]
    found = formula(np.array([float(row["n"]) for row in rows]))
    assert len(rows) == 49
    np.testing.assert_allclose(found, [row[name] for row in rows], rtol=1e-12)
