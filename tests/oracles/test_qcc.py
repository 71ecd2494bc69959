"""qcc's centres, limits, points beyond them and runs. Options name its choices.

Of a run of seven or more on one side qcc flags the seventh point and later ones; the rules here
name the whole run.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from statistics import fmean, stdev
from typing import Any, Literal

import pytest

from services.framework.spc import Chart, Options, chart
from services.framework.spc.rule_sets import rule_set
from services.framework.spc.rules import Rule
from services.framework.spc.signals import verdict
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import LEFT_OUT

_WAYS: dict[str | None, Literal["shewhart", "unweighted", "pooled"]] = {
    None: "shewhart",
    "UWAVE-SD": "unweighted",
    "RMSDF": "pooled",
}


def _options(case: Case) -> Options:
    """The parameters that give qcc's answer."""
    g_chart = case.params["chart"] == "g"
    return Options(
        centre="mean" if g_chart else None,
        freeze=case.params.get("freeze"),
        spread="sd_c4" if case.params.get("sigma") == "sd/c4" else "mean_mr",
        g_counts="including",
        subgroup_sigma=_WAYS[case.params.get("std_dev")],
    )


def _chart(case: Case) -> Chart:
    kind = {"i": "xmr"}.get(case.params["chart"], case.params["chart"])
    if kind in {"xbar", "s"}:
        return _subgrouped(case, kind)
    values: Any = case.input[case.params.get("y") or _column(case)]
    sizes = case.params.get("n")
    return chart(kind, values, case.input[sizes] if sizes else None, options=_options(case))  # type: ignore[arg-type]


def _column(case: Case) -> str:
    """The column that the call names: ``qcc(d$breaches, …)``."""
    found = re.search(r"d\$(\w+)", case.call)
    assert found
    return found[1]


def _subgrouped(case: Case, kind: str) -> Chart:
    rows: Any = zip(case.input["g"], case.input["y"], strict=True)
    ordered = sorted((row for row in rows if row[1] is not None), key=itemgetter(0))
    groups = [[y for _, y in found] for _, found in groupby(ordered, key=itemgetter(0))]
    sizes = [len(one) for one in groups]
    spreads = [stdev(one) if len(one) > 1 else None for one in groups]
    means = [fmean(one) for one in groups]
    return chart(kind, means, sizes, spreads=spreads, options=_options(case))


@pytest.mark.parametrize("case", params_of("qcc_", without=LEFT_OUT))
def test_chart_is_qccs(case: Case) -> None:
    made, theirs = _chart(case), case.expected
    old = len(theirs["statistics"])
    found = differences("centre", set(made.centre), [theirs["center"]])
    found += differences("values", made.values[:old], theirs["statistics"])
    found += differences("lcl", made.lower[:old], _stretched(theirs["lcl"], old))
    found += differences("ucl", made.upper[:old], _stretched(theirs["ucl"], old))
    assert not found
    assert _beyond(made) == sorted(theirs["beyond_limits"])
    assert _violating(made) == sorted(theirs["violating_runs"])


def _stretched(limits: list[float], points: int) -> list[float]:
    return limits * points if len(limits) == 1 else limits


def _violating(made: Chart) -> list[int]:
    shifts = verdict(made, rule_set("shewhart", {"shift_n": 7})).signals
    runs = [signal.points for signal in shifts if signal.rule is Rule.SHIFT]
    return sorted(point for points in runs for point in points[6:])


def _beyond(made: Chart) -> list[int]:
    lines = zip(made.values, made.lower, made.upper, strict=True)
    return [
        point
        for point, (value, lower, upper) in enumerate(lines, start=1)
        if value is not None and lower is not None and upper is not None
        and (value < lower or value > upper)
    ]  # fmt: skip
