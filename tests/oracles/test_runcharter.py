"""runcharter's re-based medians, as proposals."""

from __future__ import annotations

from typing import Any

import pytest

from services.framework.spc.proposal import Proposal, sustained_runs
from tests.oracles.cases import Case, params_of
from tests.oracles.comparing import differences
from tests.oracles.left_out import LEFT_OUT


def _groups(case: Case) -> dict[str, list[tuple[str, float | None]]]:
    """Group → its dates and values, in order of time."""
    names = ("org_code", "period", "pct4h") if "org_code" in case.input else ("grp", "date", "y")
    groups: dict[str, Any] = {}
    for group, on, value in zip(*(case.input[name] for name in names), strict=True):
        groups.setdefault(str(group), []).append((on, value))
    return {group: sorted(rows) for group, rows in groups.items()}


@pytest.mark.parametrize("case", params_of("rcr_", without=LEFT_OUT))
def test_medians_are_runcharters(case: Case) -> None:
    theirs, params = case.expected["sustained"], case.params
    names = theirs.get("org_code") or theirs["grp"]
    found: list[str] = []
    for group, rows in _groups(case).items():
        mine = sustained_runs(
            [value for _, value in rows],
            [on for on, _ in rows],
            params["direction"],
            params["med_rows"],
            params["runlength"],
        ).proposals
        places = [at for at, name in enumerate(names) if name == group]
        told = {key: [column[at] for at in places] for key, column in theirs.items()}
        found += _differences(rows, mine, told, params["med_rows"])
    assert not found


def _differences(
    rows: list[tuple[str, float | None]],
    mine: tuple[Proposal, ...],
    theirs: dict[str, list[Any]],
    baseline: int,
) -> list[str]:
    """The peer's table begins with the baseline, whose median is what the first proposal leaves."""
    starts, ends = [rows[0][0]], [rows[baseline - 1][0]]
    medians = theirs["median"][:1]
    if mine:
        medians = [mine[0].before]
    medians += [one.after for one in mine]
    starts += [str(one.label) for one in mine]
    ends += [str(one.last_label) for one in mine]
    found = differences("median", medians, theirs["median"])
    found += differences("start", starts, theirs["start_date"])
    found += differences("end", ends, theirs["end_date"])
    return found + differences("extend_to", [*starts[1:], rows[-1][0]], theirs["extend_to"])
