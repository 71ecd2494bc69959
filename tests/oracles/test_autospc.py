"""autospc's automatic limits (Stable Shift Algorithm): what it applies is proposed here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.framework.spc import Numbers, Options, chart
from services.framework.spc.checks import as_row
from services.framework.spc.proposal import Rebasing, Stability, stable_shifts
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import LEFT_OUT

_KINDS = {"i": "xmr", "cp": "xmr", "p": "p", "pp": "pp"}
"""Its C′ chart is an XmR chart: counts over equal areas, widened by their own variation."""


def _inputs(case: Case) -> tuple[str, Numbers, Options]:
    kind = case.params["chart"]
    counts = kind in {"p", "pp"}
    column = "within4h" if counts else "attendances" if kind == "cp" else "pct4h"
    sizes = as_row(case.input["attendances"], "n") if counts else None  # type: ignore[arg-type]
    options = Options(
        multiply=100 if counts else 1, screen=kind != "p", floor=0 if kind == "cp" else None
    )
    return _KINDS[kind], Numbers(as_row(case.input[column], "y"), sizes), options  # type: ignore[arg-type]


def _rebasing(case: Case) -> Rebasing:
    kind, numbers, options = _inputs(case)
    params = case.params
    asked = Stability(params.get("period_min", 21), params.get("shift_rule_threshold", 8))
    return stable_shifts(kind, numbers, case.data["x"], options, asked)


@pytest.mark.parametrize("case", params_of("autospc_", without=LEFT_OUT))
def test_proposals_are_what_autospc_applies(case: Case) -> None:
    kind, numbers, _ = _inputs(case)
    mine, data = _rebasing(case), case.data
    options, proposals = mine.options, mine.proposals
    if case.params.get("baseline_only"):
        first = [point for point in options.exclude if point <= (options.freeze or 0)]
        options, proposals = replace(options, rebase=(), exclude=first), ()
    sizes = None if numbers.denominators is None else numbers.denominators[0].tolist()
    applied = chart(kind, numbers.values[0].tolist(), sizes, labels=data["x"], options=options)
    found = differences("y", applied.values, data["y"])
    found += differences("cl", applied.centre, data["cl"])
    found += differences("lcl", applied.lower, data["lcl"])
    found += differences("ucl", applied.upper, _possible(case))
    found += differences("excluded", applied.excluded, [bool(flag) for flag in data["excluded"]])
    breaks = [at for at, flag in enumerate(data["breakPoint"], start=1) if flag]
    assert not found
    assert [one.first for one in proposals] == breaks


def _possible(case: Case) -> list[float]:
    """The peer's upper limits; it draws some of a percentage above 100, where none are here."""
    most = 100 if case.params["chart"] in {"p", "pp"} else float("inf")
    return [min(limit, most) for limit in case.data["ucl"]]
