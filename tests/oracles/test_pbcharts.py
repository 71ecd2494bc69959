"""pbcharts' I′ charts, moving S charts and run charts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.framework.spc import Chart, Options, chart
from services.framework.spc.chart import Line
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import LEFT_OUT

_KINDS = {"ip": "ip", "ms": "mr", "run": "run"}
_NAMES = {
    "longest.run": "longest_run",
    "longest.run.max": "longest_run_max",
    "n.crossings": "crossings",
    "n.crossings.min": "crossings_min",
    "n.useful": "n_useful",
    "runs.signal": "signal",
}


def _chart(case: Case) -> Chart:
    """The parameters that give pbcharts' answer; its split names the last point of a part."""
    params, data = case.params, case.data
    split = re.search(r"split=(\d+)", case.call)
    options = Options(
        freeze=params.get("freeze"),
        exclude=params.get("exclude") or (),
        rebase=[int(split[1]) + 1] if split else [],
        screen=params.get("screened_ms", False),
        mr_upper=3.2665,
        mr_runs=True,
        bridge_excluded=True,
    )
    kind = _KINDS[params["chart"]]
    sizes: Any = None if kind == "run" else data["den"]
    return chart(kind, data["num"], sizes, options=options)


@pytest.mark.parametrize("case", params_of("pbc_", without=LEFT_OUT))
def test_chart_is_pbcharts(case: Case) -> None:
    made, data = _chart(case), case.data
    found = differences("y", made.values, data["y"])
    found += differences("cl", made.centre, data["cl"])
    lower, upper = _limits(case, made)
    found += differences("lcl", lower, data["lcl"])
    found += differences("ucl", upper, data["ucl"])
    for theirs, ours in _NAMES.items():
        told = [getattr(made.parts[part].runs, ours) for part in made.part]
        found += differences(theirs, told, data[theirs])
    assert not found


def _limits(case: Case, made: Chart) -> tuple[Line, Line]:
    """As pbcharts draws them: on moving S charts no lower one, and none before the first range."""
    if case.params["chart"] != "ms":
        return made.lower, made.upper
    return (None,) * len(made.lower), (None, *made.upper[1:])
