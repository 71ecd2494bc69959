"""NHSRplotthedots: limits, the label of every point, variation and assurance icons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from services.framework.spc import Chart, Options, SpcError, chart
from services.framework.spc.icons import Direction, icons
from services.framework.spc.rule_sets import rule_set
from services.framework.spc.rules import HIGH, Rule
from services.framework.spc.signals import Verdict, verdict
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import LEFT_OUT

RULES = rule_set(
    "mdc",
    {
        "ties": "break",
        "two_of_three": "ptd",
        "conflict": "precedence",
        "min_points": 0,
    },
)
"""The parameters that give its answer: a tie or a gap ends a pattern, two σ to three σ only."""
_ICONS = {"pass": "pass", "fail": "fail", "inconsistent": "hit_or_miss"}
_LEAST_FREEZE = 12


def _series(case: Case) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """Each facet of the answer's table, by name."""
    data = case.data
    for facet in dict.fromkeys(data["f"]):
        rows = [at for at, name in enumerate(data["f"]) if name == facet]
        yield facet, {name: [column[at] for at in rows] for name, column in data.items()}


def _inputs(case: Case, facet: str) -> tuple[list[str], list[Any]]:
    """The dates and values asked about, in order of time, as the peer sorts them."""
    params, given = case.params, case.input
    facets = given[params["facet_field"]] if "facet_field" in params else None
    rows = zip(given[params["date_field"]], given[params["value_field"]], strict=True)
    wanted = [row for at, row in enumerate(rows) if facets is None or facets[at] == facet]
    wanted.sort(key=lambda row: str(row[0]))
    return [str(on) for on, _ in wanted], [value for _, value in wanted]


def _rebase(case: Case, facet: str, dates: list[str]) -> list[int]:
    """The peer passes over dates that are not there; here the number of a point is asked for."""
    asked = case.params.get("rebase") or []
    if isinstance(asked, dict):
        asked = asked.get(facet, [])
    return [dates.index(on) + 1 for on in asked if on in dates]


def _target(case: Case, facet: str) -> float | None:
    asked = case.params.get("target")
    return asked.get(facet) if isinstance(asked, dict) else asked


def _chart(case: Case, facet: str) -> Chart:
    dates, values = _inputs(case, facet)
    asked = Options(
        rebase=_rebase(case, facet, dates),
        freeze=case.params.get("fix_after_n_points"),
        screen=case.params.get("screen_outliers", True),
        screened_out="none",
    )
    return chart("xmr", values, labels=dates, options=RULES.options(asked))


def _label(found: Verdict, at: int) -> set[str]:
    """What the peer may call a point; one in two trends may bear either name."""
    if not found.by_point[at]:
        return {"Common Cause"}
    rule = found.by_point[at][0]
    bits = int(found.findings.marks[rule][0, at])
    above, below = bits & HIGH, bits & ~HIGH
    return {name for bit, name in ((above, _NAMES[rule][0]), (below, _NAMES[rule][1])) if bit}


_NAMES = {
    Rule.OUTSIDE_LIMITS: ("Above UCL", "Below LCL"),
    Rule.TREND: ("7 Point Trend (Increasing)", "7 Point Trend (Decreasing)"),
    Rule.TWO_OF_THREE: ("2 in 3 Above CL", "2 in 3 Below CL"),
    Rule.SHIFT: ("7 Points Above CL", "7 Points Below CL"),
}


def _labels(found: Verdict, theirs: list[str]) -> list[str]:
    names = (_label(found, at) for at in range(len(theirs)))
    return [
        f"{at}: {sorted(ours)}, not {label}"
        for at, (ours, label) in enumerate(zip(names, theirs, strict=True), start=1)
        if label not in ours
    ]


def _icons(case: Case, facet: str) -> dict[str, str]:
    table = case.expected["icons"]
    rows = zip(table["f"], table["type"], table["icon"], strict=True)
    return {kind: icon for name, kind, icon in rows if name == facet}


@pytest.mark.parametrize("case", params_of("ptd_", "fuzz_ptd_", without=LEFT_OUT))
def test_series_is_nhsrplotthedots(case: Case) -> None:
    if "error" in case.expected:
        _check_refusal(case)
        return
    found: list[str] = []
    for facet, theirs in _series(case):
        made = _chart(case, facet)
        found += differences("y", made.values, theirs["y"])
        found += differences("mean", made.centre, theirs["mean_col"])
        found += differences("lpl", made.lower, theirs["lpl"])
        found += differences("upl", made.upper, theirs["upl"])
        judged = verdict(made, RULES)
        found += _labels(judged, theirs["special_cause_type"])
        found += _wrong_icons(case, facet, made, judged)
    assert not found


def _wrong_icons(case: Case, facet: str, made: Chart, judged: Verdict) -> list[str]:
    direction: Direction = case.params["improvement_direction"]
    target, theirs = _target(case, facet), _icons(case, facet)  # none of ours without a target
    [ours] = icons(made.panel, judged.findings, direction, target)
    found = differences("variation", [ours.variation], [_variation(theirs["variation"])])
    if target is not None and made.upper[-1] is not None and "assurance" in theirs:
        found += differences("assurance", [ours.assurance], [_ICONS[theirs["assurance"]]])
    return found


def _variation(icon: str) -> str:
    """Its icon without the letter, which the direction gives."""
    if icon == "common_cause":
        return icon
    first, second = icon.split("_")
    return second if first == "neutral" else first


def _check_refusal(case: Case) -> None:
    """A repeated date is refused here too; a freeze of under 12 points is provisional instead."""
    if case.params.get("fix_after_n_points", _LEAST_FREEZE) < _LEAST_FREEZE:
        made = _chart(case, "no facet")
        assert any("provisional: 6 of 13" in note for note in made.notes)
        return
    with pytest.raises(SpcError, match="is there already"):
        _chart(case, "no facet")


def test_rebase_dates_are_iso() -> None:
    """Else sorting by text would not be sorting by time."""
    [case] = [one.values[0] for one in params_of("ptd_synptd_unsorted")]
    dates, _ = _inputs(case, "no facet")
    assert dates == sorted(dates, key=date.fromisoformat)
