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
from services.framework.spc.panel import Ints, Panel
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
    varied = _variations(findings, last, direction)
    assured = _assurances(panel, last, direction, target)
    varied[uncommon & (varied == _CODES.index(Variation.COMMON_CAUSE))] = 0
    assured[few & (assured == _SURE.index(Assurance.HIT_OR_MISS))] = 0
    return [_ICONS[code] for code in (varied * len(_SURE) + assured).tolist()]


_CODES = (None, *Variation)
_SURE = (None, *Assurance)
_ICONS = tuple(Icons(varied, assured) for varied in _CODES for assured in _SURE)


def last_points(panel: Panel) -> Ints:
    """The place of each series' last value; -1 where it has none."""
    seen = ~np.isnan(panel.values)
    last = panel.values.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    return np.where(seen.any(axis=1), last, -1)


def _variations(findings: Findings, last: Ints, direction: Direction) -> Ints:
    """The variation icon of each series, by its place in ``_CODES``: that of its last value."""
    marks = [rows for rule, rows in findings.marks.items() if rule is not Rule.HUGGING]
    if not marks:
        return np.zeros(len(last), dtype=np.int64)
    asked = findings.rule_set.parameters.conflict
    joined = _joined(marks, "precedence" if direction == "neutral" else asked, last)
    names = _NAMES[direction]
    codes = np.array([_CODES.index(names[bits]) for bits in (0, HIGH, LOW, _BOTH)])
    return np.where(last < 0, 0, codes[joined])


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
    return [_SURE[code] for code in _assurances(panel, last, direction, target).tolist()]


def _assurances(panel: Panel, last: Ints, direction: Direction, target: float | None) -> Ints:
    if target is None or direction == "neutral":
        return np.zeros(len(last), dtype=np.int64)
    rows = np.arange(len(last))
    lower, upper = panel.lower[rows, last], panel.upper[rows, last]
    wanted = np.full(lower.shape, target)
    above, below = sides(wanted, upper) > 0, sides(wanted, lower) < 0
    limits = ~(np.isnan(lower) & np.isnan(upper)) & (last >= 0)
    over, under = (Assurance.FAIL, Assurance.PASS)
    if direction == "decrease":
        over, under = under, over
    found = np.where(above, _SURE.index(over), _SURE.index(Assurance.HIT_OR_MISS))
    return np.where(limits, np.where(below & ~above, _SURE.index(under), found), 0)
