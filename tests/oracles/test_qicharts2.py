"""qicharts2's answers, point by point: values, lines at two and three σ, and the runs tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from statistics import fmean, median, stdev
from typing import Any

import pytest

from services.framework.spc import Chart, Options, SpcError, chart
from services.framework.spc.chart import Line
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import ACCIDENTS, LEFT_OUT

KINDS = {"i": "xmr"}
FOLDS: dict[str, Callable[[list[Any]], Any]] = {
    "mean": fmean,
    "sum": sum,
    "median": median,
    "sd": stdev,
}
SCREENS = {"xmr", "t", "ip", "pp", "up"}
Row = tuple[Any, float | None, float | None]


def _case_rows(case: Case, facet: str | None) -> list[Row]:
    """(x, y, n) of each row of the case's input, in order of x."""
    params = case.params
    x = case.input[params.get("x", "x")]
    y = case.input[params.get("y", "y")]
    sizes = _sizes_column(case)
    n = case.input[sizes] if sizes else [None] * len(x)
    rows = list(zip(x, y, n, strict=True))
    if facet is not None:
        column = case.input[params["facets"].removeprefix("~ ")]
        rows = [row for row, name in zip(rows, column, strict=True) if name == facet]
    if params.get("x_period") == "month":
        rows = [(f"{str(when)[:7]}-01", value, size) for when, value, size in rows]
    return sorted(rows, key=itemgetter(0))  # type: ignore[arg-type]


def _sizes_column(case: Case) -> str | None:
    inline = "n" if case.id.startswith("fuzz") and "n" in case.input else None
    return case.params.get("n") or inline


class _Folded:
    """A case's rows, one point for each x, as qic folds them before it charts."""

    def __init__(self, case: Case, facet: str | None) -> None:
        rows = _case_rows(case, facet)
        self.has_sizes = bool(_sizes_column(case))
        groups = [list(found) for _, found in groupby(rows, key=itemgetter(0))]
        self.labels = [group[0][0] for group in groups]
        self.values = [[y for _, y, _ in group if y is not None] for group in groups]
        self._pairs = [
            [(y, n) for _, y, n in group if y is not None and n is not None] for group in groups
        ]

    def fold(self, name: str) -> list[float | None]:
        """Each x's values in one number."""
        least = 2 if name == "sd" else 1
        return [float(FOLDS[name](one)) if len(one) >= least else None for one in self.values]

    def numerators(self) -> list[float | None]:
        return [sum(y for y, _ in one) if one else None for one in self._pairs]

    def denominators(self) -> list[float | None]:
        return [sum(n for _, n in one) if one else None for one in self._pairs]


def _chart(case: Case, facet: str | None = None) -> Chart:
    kind = KINDS.get(case.params["chart"], case.params["chart"])
    folded = _Folded(case, facet)
    options = _options(case, kind, folded)
    if kind in {"xbar", "s"}:
        sizes = [len(one) for one in folded.values]
        return chart(kind, folded.fold("mean"), sizes, spreads=folded.fold("sd"), options=options)
    if folded.has_sizes:
        return chart(kind, folded.numerators(), folded.denominators(), options=options)
    fold = "sum" if kind == "c" else case.params.get("agg_fun", "mean")
    return chart(kind, folded.fold(fold), options=options)


def _options(case: Case, kind: str, folded: _Folded) -> Options:
    """The parameters that give qicharts2's answer."""
    params, points = case.params, len(folded.labels)
    named = isinstance(folded.labels[0], str) and not folded.labels[0][:4].isdigit()
    values = [value for one in folded.values for value in one]
    return Options(
        centre=params.get("cl"),
        freeze=_freeze(params, points),
        rebase=_rebase(case, points),
        exclude=params.get("exclude") or (),
        screen=case.screened and kind in SCREENS,
        multiply=params.get("multiply") or 1,
        floor=0 if params.get("y_neg") is False and min(values) >= 0 else None,
        ordered=not named,
        spread="sd" if named else "mean_mr",
        screened_out="none",
        sigma_of="all",
        t_centre="transformed",
        mr_zones="zero",
    )


def _freeze(params: Any, points: int) -> int | None:
    """A freeze beyond the data is all the data; with parts there is none."""
    asked = params.get("freeze")
    return None if asked is None or params.get("part") else min(asked, points)


def _rebase(case: Case, points: int) -> list[int]:
    """qic names the last point of each part; a column's name parts where its value changes."""
    part = case.params.get("part")
    if part is None:
        return []
    if isinstance(part, list) and isinstance(part[0], str):
        column = case.input[part[0]]
        return [at + 1 for at in range(1, len(column)) if column[at] != column[at - 1]]
    return sorted({last + 1 for last in part if 0 < last < points})


def _sigma_signals(made: Chart) -> list[bool]:
    return [
        value is not None and lower is not None and upper is not None
        and (value < lower or value > upper)
        for value, lower, upper in zip(made.values, made.lower, made.upper, strict=True)
    ]  # fmt: skip


def _of_parts(made: Chart, field: str) -> list[Any]:
    return [getattr(made.parts[part].runs, field) for part in made.part]


def _unlimited(lower: Sequence[Any], upper: Sequence[Any]) -> list[Any]:
    """qic says 0 for a T chart's lower limit even where there is no limit."""
    return [None if high is None else low for low, high in zip(lower, upper, strict=True)]


def _compare(made: Chart, data: Any, *, runs: bool, t_chart: bool) -> list[str]:
    lower95, upper95 = made.line(2)
    lcl = _unlimited(data["lcl"], data["ucl"]) if t_chart else data["lcl"]
    found = differences("y", made.values, data["y"])
    found += differences("cl", made.centre, data["cl"])
    found += differences("lcl", made.lower, lcl)
    found += differences("ucl", made.upper, data["ucl"])
    found += _inner("lcl.95", lower95, data, t_chart=t_chart)
    found += _inner("ucl.95", upper95, data, t_chart=t_chart)
    found += differences("sigma.signal", _sigma_signals(made), data["sigma.signal"])
    if runs:
        found += _compare_runs(made, data)
    return found


def _inner(name: str, line: Line, data: Any, *, t_chart: bool) -> list[str]:
    if name not in data:
        return []
    theirs = data[name]
    if t_chart and name == "lcl.95":  # where qic floors the outer limit at 0, it drops the inner
        theirs = [
            0 if low is None and high is not None else low
            for low, high in zip(theirs, data["ucl.95"], strict=True)
        ]
    return differences(name, line, theirs)


def _compare_runs(made: Chart, data: Any) -> list[str]:
    fields = {
        "n.obs": "n_obs",
        "n.useful": "n_useful",
        "longest.run": "longest_run",
        "longest.run.max": "longest_run_max",
        "n.crossings": "crossings",
        "n.crossings.min": "crossings_min",
        "runs.signal": "signal",
    }
    return [
        line
        for theirs, ours in fields.items()
        for line in differences(theirs, _of_parts(made, ours), data[theirs])
    ]


@pytest.mark.parametrize("case", params_of("qic_", "fuzz_qic_", without=LEFT_OUT))
def test_chart_is_qicharts2s(case: Case) -> None:
    if "error" in case.expected:
        with pytest.raises(SpcError, match="time between events must be over 0"):
            _chart(case)
        return
    facets = sorted(set(case.data["facet1"])) if "facets" in case.params else [None]
    found = [line for facet in facets for line in _compare_facet(case, facet)]
    assert not found


def _compare_facet(case: Case, facet: str | None) -> list[str]:
    data = case.data
    if facet is not None:
        at = [place for place, name in enumerate(data["facet1"]) if name == facet]
        data = {name: [column[place] for place in at] for name, column in data.items()}
    return _compare(
        _chart(case, facet),
        data,
        runs=case.id not in ACCIDENTS,
        t_chart=case.params["chart"] == "t",
    )
