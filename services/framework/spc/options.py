"""What a chart may be asked: its kind, its parts, its baseline, and how limits are estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

MR_CONSTANT = 1.128
"""Mean moving range of two points over σ, d₂(2) as printed tables round it."""
MEDIAN_MR_CONSTANT = 0.954
"""Median moving range of two points over σ, d₄(2) as printed tables round it."""
MR_UPPER = 3.267
"""Upper limit of a moving range in mean moving ranges, D₄(2); also where screening begins."""


class SpcError(ValueError):
    """A series or an option that no chart can be made of. ``point`` is the 1-based culprit."""

    def __init__(self, message: str, point: int | None = None) -> None:
        super().__init__(message)
        self.point = point


class ChartKind(StrEnum):
    """The charts, by the names that options and answers use."""

    RUN = "run"
    XMR = "xmr"
    MR = "mr"
    I_PRIME = "ip"
    P = "p"
    P_PRIME = "pp"
    U = "u"
    U_PRIME = "up"
    C = "c"
    G = "g"
    T = "t"
    X_BAR = "xbar"
    S = "s"

    @property
    def is_unbounded(self) -> bool:
        """Whether its values may be below 0, and so its limits."""
        return self in {ChartKind.RUN, ChartKind.XMR, ChartKind.I_PRIME, ChartKind.X_BAR}

    @property
    def is_proportion(self) -> bool:
        """Whether its values are at most 1, and so its limits."""
        return self in {ChartKind.P, ChartKind.P_PRIME}


Centre = Literal["mean", "median"]
Spread = Literal["mean_mr", "median_mr", "sd", "sd_c4"]
"""How σ is had: of moving ranges, or the standard deviation (of unordered subgroups)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a chart is made. All points and parts count from 1.

    The first group is what a user chooses; the second is where programs differ, with this one's
    choice as the default.
    """

    centre: Centre | float | None = None
    """The centre line: mean, median or a number as drawn; ``None`` is the chart's own."""
    freeze: int | None = None
    """Limits from the first so many points, of each part."""
    rebase: Sequence[int] = ()
    """The first point of each new part."""
    exclude: Sequence[int] = ()
    """Points left out of the limits; they are still judged."""
    screen: bool = False
    """Whether moving ranges at or over their own upper limit are dropped, once (Nelson 1982)."""
    limit_factor: float | None = None
    """Three σ in mean (or median) moving ranges: 2.66, or 3/1.128 (the default)."""
    multiply: float = 1.0
    """Rate per so many: values and limits are scaled by it, last."""
    min_points: int = 13
    """Below so many points in the baseline the limits are called provisional."""
    floor: float | None = None
    """No limit is drawn below this, the least that the measure can be."""
    ceiling: float | None = None
    """No limit is drawn above this, the most that the measure can be."""
    ordered: bool = True
    """Whether points follow each other in time; where not (wards, say), runs mean nothing."""

    spread: Spread = "mean_mr"
    mr_upper: float | None = None
    """Upper limit of a moving range, and of screening: 3.267, for I′ 3.2665."""
    sigma_of: Literal["base", "all"] = "base"
    """I′: whether its ranges keep to the baseline, or take all points (qicharts2)."""
    bridge_excluded: bool = True
    """Whether the range before and after an excluded point is taken across it."""
    screened_out: Literal["centre", "none"] = "centre"
    """Limits where screening left no range, as when all are equal: the centre, or none."""
    g_counts: Literal["between", "including"] = "between"
    """G: whether the cases counted are those between events, or include the event (qcc)."""
    t_centre: Literal["data", "transformed"] = "data"
    """T: the scale on which a given centre is stated (qicharts2: the transformed one)."""
    mr_zones: Literal["centre", "zero"] = "centre"
    """MR: from where its inner lines are spaced (qicharts2: from zero)."""
    mr_runs: bool = False
    """MR: whether runs are tested, though ranges that share a point depend on each other."""
    subgroup_sigma: Literal["shewhart", "unweighted", "pooled"] = "shewhart"
    """X-bar: mean s, pooled where sizes differ; mean of s/c₄; or pooled s/c₄ of all (qcc)."""
