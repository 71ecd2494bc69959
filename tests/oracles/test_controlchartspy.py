"""controlchartspy, the engine of PowerBI-SPC: limits, four rules, variation and assurance icons."""

from __future__ import annotations

from typing import Any

import pytest

from services.framework.spc import Chart, ChartKind, Options, chart
from services.framework.spc.icons import Direction, assurances, last_points
from services.framework.spc.rule_sets import RuleSet, rule_set
from services.framework.spc.rules import HIGH, LOW, Rule
from services.framework.spc.signals import Verdict, verdict
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import LEFT_OUT

_KINDS = {"i": "xmr", "i_m": "xmr", "i_mm": "xmr"}
_RULES = {
    "astpoint": Rule.OUTSIDE_LIMITS,
    "shift": Rule.SHIFT,
    "trend": Rule.TREND,
    "two_in_three": Rule.TWO_OF_THREE,
}
_ASSURANCE = {"consistentPass": "pass", "consistentFail": "fail", "inconsistent": "hit_or_miss"}


def _rules(case: Case) -> RuleSet:
    """Ties are stepped over, as by default; two of three wherever the third lies."""
    params = case.params
    return rule_set(
        "mdc",
        {
            "shift_n": params.get("shift_n", 7),
            "trend_n": params.get("trend_n", 7),
            "two_of_three": "zone",
            "limit_factor": "3/1.128" if params["chart"] != "i_mm" else "3/0.954",
            "min_points": 0,
        },
    )


def _inputs(case: Case) -> dict[str, Any]:
    """The columns asked about, incomplete rows dropped first, as the peer does."""
    columns = case.params.get("columns") or {"y": "y", "n": "n", "sd": "sd"}
    given = {key: case.input[name] for key, name in columns.items() if name in case.input}
    given.pop("x", None)
    rows = [row for row in zip(*given.values(), strict=True) if None not in row]
    kept = [row for row in rows if "n" not in given or row[list(given).index("n")]]
    return {key: [row[at] for row in kept] for at, key in enumerate(given)}


def _chart(case: Case) -> Chart:
    given, kind = _inputs(case), case.params["chart"]
    values, sizes, spreads = given["y"], given.get("n"), given.get("sd")
    if kind == "s":
        spreads = values
    if kind == "mr" and sizes:
        values, sizes = [y / n for y, n in zip(values, sizes, strict=True)], None
    options = Options(
        centre="median" if kind in {"i_m", "i_mm"} else None,
        spread="median_mr" if kind == "i_mm" else "mean_mr",
        freeze=case.params.get("subset"),
        screen=case.params.get("screen", True),
        mr_zones="zero",
    )
    chosen = _rules(case).options(options)
    return chart(_KINDS.get(kind, kind), values, sizes, spreads=spreads, options=chosen)


@pytest.mark.parametrize("case", params_of("cc_", "fuzz_cc_", without=LEFT_OUT))
def test_chart_is_controlcharts(case: Case) -> None:
    made, data = _chart(case), case.data
    first = 1 if made.kind is ChartKind.MR else 0  # a range is of two points
    found = differences("value", made.values[first:], data["value"])
    found += differences("centre", made.centre[first:], data["target"])
    for sigmas, name in ((3, "99"), (2, "95"), (1, "68")) if "ll99" in data else ():
        lower, upper = made.line(sigmas)
        found += differences("ll" + name, lower[first:], data["ll" + name])
        found += differences("ul" + name, upper[first:], data["ul" + name])
    judged = verdict(made, _rules(case))
    found += _wrong_rules(case, judged, first)
    found += _wrong_icons(case, made, judged)
    assert not found


def _wrong_rules(case: Case, judged: Verdict, first: int) -> list[str]:
    """Points marked on another side; one in two trends may bear the later one's colour."""
    found = []
    for name, rule in _RULES.items():
        marks = judged.findings.marks[rule][0, first:].tolist()
        for at, (ours, theirs) in enumerate(zip(marks, case.data[name], strict=True)):
            if theirs not in _colours(ours, case.params.get("direction", "increase")):
                found.append(f"{name}[{at}]: {ours}, not {theirs}")
    return found


def _colours(marks: int, direction: str) -> set[str]:
    high, low = _COLOURS[direction]
    found = {colour for bit, colour in ((HIGH, high), (LOW, low)) if marks & bit}
    return found or {"none"}


_COLOURS = {
    "increase": ("improvement", "deterioration"),
    "decrease": ("deterioration", "improvement"),
    "neutral": ("neutral_high", "neutral_low"),
}


def _wrong_icons(case: Case, made: Chart, judged: Verdict) -> list[str]:
    direction: Direction = case.params.get("direction", "increase")
    theirs = case.expected["icon_last_point"]
    last = last_points(made.panel)
    bits = 0
    for marks in judged.findings.marks.values():
        bits |= int(marks[0, last[0]])
    found = differences("variation", _icons(bits, direction), theirs["variation"])
    [sure] = assurances(made.panel, last, direction, case.params.get("target"))
    return found + differences("assurance", [sure], [_ASSURANCE.get(theirs["assurance"])])


def _icons(bits: int, direction: Direction) -> list[str]:
    """All icons that the rules give the last point; the peer shows two where they disagree."""
    names = {
        "increase": ("improvementHigh", "concernLow"),
        "decrease": ("concernHigh", "improvementLow"),
        "neutral": ("neutralHigh", "neutralLow"),
    }[direction]
    return [name for bit, name in zip((HIGH, LOW), names, strict=True) if bits & bit] or [
        "commonCause"
    ]
