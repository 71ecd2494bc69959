"""Write the committed synthetic cases anew: ``python -m tests.oracles.pick``.

A column that says one thing at every point is written once; columns no test reads are left out.
"""

from __future__ import annotations

import json
from typing import Any

from tests.oracles.cases import SYNTHETIC, Case, cases

_QIC = {
    "y", "cl", "lcl", "ucl", "lcl.95", "ucl.95", "sigma.signal", "n.obs", "n.useful",
    "longest.run", "longest.run.max", "n.crossings", "n.crossings.min", "runs.signal",
}  # fmt: skip
_PTD = {"f", "y", "mean_col", "lpl", "upl", "special_cause_type"}
_CC = {
    "value", "target", "ll99", "ll95", "ll68", "ul68", "ul95", "ul99", "astpoint", "shift", "trend",
    "two_in_three",
}  # fmt: skip
_COLUMNS = {"qicharts2": _QIC, "NHSRplotthedots": _PTD, "controlchartspy": _CC}
_ICONS = {"icons", "icon_last_point"}
_MAX_FUZZ = 78
"""So many of the random cases, six of each chart."""
_EVERY = 4
"""One in so many of the random cases of the NHS rules."""


def main() -> None:
    """Write ``synthetic/*.jsonl``."""
    synthetic = [one for one in cases("qic_syn_") if "facets" not in one.params]
    random = sorted(cases("fuzz_qic_"), key=lambda one: (_turn(one), one.id))[:_MAX_FUZZ]
    _write("qicharts2", [*synthetic, *sorted(random, key=lambda one: one.id)])
    _write("qcc", cases("qcc_syn_"))
    _write("nhsrplotthedots", [*cases("ptd_syn", "ptd_rule_"), *cases("fuzz_ptd_")[::_EVERY]])
    _write("controlchartspy", [*cases("cc_syn", "cc_rule_"), *cases("fuzz_cc_")[::_EVERY]])
    _write("runchart", [*cases("fuzz_ihi_"), *cases("nhspy_syn"), *cases("rcr_syn")])


def _turn(case: Case) -> int:
    alike = [one.id for one in cases("fuzz_qic_") if one.params["chart"] == case.params["chart"]]
    return alike.index(case.id)


def _write(name: str, chosen: list[Case]) -> None:
    lines = [json.dumps(_slim(one), separators=(",", ":"), ensure_ascii=False) for one in chosen]
    (SYNTHETIC / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _slim(case: Case) -> dict[str, Any]:
    expected = dict(case.expected)
    if "data" in expected:
        data = {
            name: column
            for name, column in case.data.items()
            if name in _COLUMNS[case.peer.split()[0]]
        }
        icons = {name: table for name, table in expected.items() if name in _ICONS}
        expected = {"data": {name: folded(column) for name, column in data.items()}} | icons
    return {
        "id": case.id,
        "peer": case.peer,
        "call": case.call,
        "params": dict(case.params),
        "input": dict(case.input),
        "expected": expected,
        "note": case.note,
    }


def folded(column: list[Any]) -> Any:
    """``column``, or its length and its cell where all cells say the same."""
    same = len(column) > 1 and all(cell == column[0] for cell in column)
    return {"points": len(column), "each": column[0]} if same else column


if __name__ == "__main__":
    main()
