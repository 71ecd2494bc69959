"""NHS England's icons: is the latest point special cause, and will the target be met?

Source: Making Data Count, Strengthening your decisions; as NHSRplotthedots 0.2.2 implements it:
variation is that of the last point, assurance that of the last point's limits, both strict.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.framework.spc.findings import Findings
from services.framework.spc.panel import Flags, Floats, Ints, Panel
from services.framework.spc.rules import HIGH, LOW, Marks, Rule
from services.framework.spc.runs import sides

Direction = Literal["increase", "decrease", "neutral"]
"""Which way is better."""


class Variation(StrEnum):
    """What the latest point shows."""

    IMPROVEMENT = "improvement"
    CONCERN = "concern"
    HIGH = "high"
    LOW = "low"
    COMMON_CAUSE = "common_cause"


class Assurance(StrEnum):
    """Whether the process, as it runs now, will meet the target."""

    PASS = "pass"  # noqa: S105 - an icon's name
    FAIL = "fail"
    HIT_OR_MISS = "hit_or_miss"


class Icons(NamedTuple):
    """The icons of one series; ``None`` where too few points, no limit, target or direction."""

    variation: Variation | None
    assurance: Assurance | None


def icons(
    panel: Panel, findings: Findings, direction: Direction = "neutral", target: float | None = None
) -> list[Icons]:
    """The icons of every series of a panel, from what a rule set found in it.

    Common cause and hit or miss are conclusions from silence: with too few useful points in the
    last part they are withheld, and common cause too where a rule speaks of that part as a whole.
    """
    few = findings.too_few[:, -1]
    uncommon = few.copy()
    for flags in findings.parts.values():
        uncommon |= flags[:, -1]
    last = last_points(panel)
    varied = variations(findings, last, direction)
    assured = assurances(panel, last, direction, target)
    return [
        Icons(
            None if odd and seen is Variation.COMMON_CAUSE else seen,
            None if quiet and sure is Assurance.HIT_OR_MISS else sure,
        )
        for odd, quiet, seen, sure in zip(
            uncommon.tolist(), few.tolist(), varied, assured, strict=True
        )
    ]


def last_points(panel: Panel) -> Ints:
    """The place of each series' last value; -1 where it has none."""
    seen = ~np.isnan(panel.values)
    last = panel.values.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    return np.where(seen.any(axis=1), last, -1)


def variations(findings: Findings, last: Ints, direction: Direction) -> list[Variation | None]:
    """The variation icon of each series: that of its last value."""
    marks = [rows for rule, rows in findings.marks.items() if rule is not Rule.HUGGING]
    if not marks:
        return [None] * len(last)
    asked = findings.rule_set.parameters.conflict
    joined = _joined(marks, "precedence" if direction == "neutral" else asked, last)
    names = _NAMES[direction]
    return [
        None if at < 0 else names[bits]
        for at, bits in zip(last.tolist(), joined.tolist(), strict=True)
    ]


def _joined(marks: list[Marks], conflict: str, last: Ints) -> NDArray[np.uint8]:
    """The sides that each series' last point is marked on: by any rule, or by the first to."""
    cells = [rows[np.arange(len(last)), last] & np.uint8(HIGH | LOW) for rows in marks]
    if conflict == "improvement":
        return np.asarray(np.bitwise_or.reduce(cells), dtype=np.uint8)
    found = cells[0]
    for cell in cells[1:]:
        found = np.where(found != 0, found, cell)
    return found


_COMMON, _BOTH = Variation.COMMON_CAUSE, HIGH | LOW
_NAMES: dict[Direction, dict[int, Variation]] = {
    "increase": {
        0: _COMMON,
        HIGH: Variation.IMPROVEMENT,
        LOW: Variation.CONCERN,
        _BOTH: Variation.IMPROVEMENT,
    },
    "decrease": {
        0: _COMMON,
        HIGH: Variation.CONCERN,
        LOW: Variation.IMPROVEMENT,
        _BOTH: Variation.IMPROVEMENT,
    },
    "neutral": {0: _COMMON, HIGH: Variation.HIGH, LOW: Variation.LOW, _BOTH: Variation.HIGH},
}


def assurances(
    panel: Panel, last: Ints, direction: Direction, target: float | None
) -> list[Assurance | None]:
    """The assurance icon of each series: where the target lies about its last value's limits.

    A target past the limits on the better side is never met by chance (fail), on the other side
    always (pass). ``None`` without a target or a better side, and where there are no limits.
    """
    if target is None or direction == "neutral":
        return [None] * len(last)
    rows = np.arange(len(last))
    lower, upper = panel.lower[rows, last], panel.upper[rows, last]
    above, below = _beyond(target, lower, upper)
    limits = ~(np.isnan(lower) & np.isnan(upper)) & (last >= 0)
    better = direction == "increase"
    return [
        _assurance(bool(high), bool(low), better) if known else None
        for high, low, known in zip(above, below, limits, strict=True)
    ]


def _beyond(target: float, lower: Floats, upper: Floats) -> tuple[Flags, Flags]:
    wanted = np.full(lower.shape, target)
    return sides(wanted, upper) > 0, sides(wanted, lower) < 0


def _assurance(above: bool, below: bool, more_is_better: bool) -> Assurance:
    if not (above or below):
        return Assurance.HIT_OR_MISS
    return Assurance.FAIL if above is more_is_better else Assurance.PASS
