"""What a reader of a chart must know before believing it, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from services.framework.spc.chart import Part
from services.framework.spc.options import ChartKind, Options
from services.framework.spc.panel import Floats, Panel
from services.framework.spc.runs import TIE
from services.framework.spc.subgroups import Label

MIN_USEFUL = 10
"""With fewer useful points the runs tests cannot tell: no verdict, rather than "no signal"."""


def notes(
    one: Panel, parts: Sequence[Part], labels: Sequence[Label], options: Options
) -> tuple[str, ...]:
    """What to know of a panel of one series; where it has several parts, which part it is of."""
    found: list[str] = []
    for place, part in enumerate(parts):
        where = f"part {place + 1} (from {labels[part.first - 1]}): " if len(parts) > 1 else ""
        found += [where + text for text in _notes(one, place, part, options)]
    return tuple(found)


def unsized_notes(points: Sequence[int], labels: Sequence[Label]) -> Iterator[str]:
    """What to know of ``points`` (from 1) that have a value but no denominator."""
    if points:
        named = ", ".join(str(labels[point - 1]) for point in points)
        yield f"no denominator, so left out: {named}"


def _notes(one: Panel, place: int, part: Part, options: Options) -> Iterator[str]:
    if not part.n_base:
        yield "no point is left to set limits by"
        return
    stretch = slice(part.first - 1, part.last)
    level = _is_level(one.values[0, stretch][one.base[stretch]])
    if level:
        yield "no variation"
    if part.n_base < options.min_points and one.kind is not ChartKind.RUN:
        yield f"provisional: {part.n_base} of {options.min_points} points"
    if one.runs_tested and part.runs.n_useful < MIN_USEFUL:
        yield f"too few to judge runs: {part.runs.n_useful} of {MIN_USEFUL} useful points"
    if not level:
        yield from _spread_notes(float(one.dispersion[0, place]), int(one.screened[0, place]))


def _spread_notes(sigma_z: float, screened: int) -> Iterator[str]:
    if sigma_z < 1:
        yield f"under-dispersed: limits narrowed by sigma_z {sigma_z:.2g}"
    if sigma_z > 1:
        yield f"over-dispersed: limits widened by sigma_z {sigma_z:.3g}"
    if screened:
        ranges = "moving range" if screened == 1 else "moving ranges"
        yield f"screening dropped {screened} {ranges}"


def _is_level(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 1 and bool(np.ptp(known) <= TIE * np.abs(known).max())
