"""Every proposal to re-base a chart that was asked for, by both ways of finding one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from services.framework.spc.answer import Answer, Question, chosen
from services.framework.spc.checks import as_row
from services.framework.spc.icons import Direction
from services.framework.spc.limits import Numbers
from services.framework.spc.options import ChartKind
from services.framework.spc.panel import Flags, Floats
from services.framework.spc.proposal import (
    Proposal,
    Stability,
    Wanted,
    stable_shifts,
    sustained_runs,
)

BASELINE = 13
"""Points that the first median rests on, where no freeze says otherwise."""
_WANTED: dict[Direction, Wanted] = {"increase": "above", "decrease": "below", "neutral": "both"}
_NO_SHIFTS = {ChartKind.RUN, ChartKind.MR, ChartKind.X_BAR, ChartKind.S}


class Offer(NamedTuple):
    """A proposal, and by which way it was found: ``sustained_run`` or ``stable_shift``.

    Its points count from 1 in the whole series.
    """

    method: str
    proposal: Proposal

    def as_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        found = self.proposal
        return {
            "method": self.method,
            "from": found.first,
            "period": found.label,
            "to": found.last,
            "before": found.before,
            "after": found.after,
            "reason": found.reason,
        }


def proposals(question: Question, found: Answer) -> tuple[Offer, ...]:
    """Where the last part of a chart might be re-based, and why; nothing is applied.

    Runs on the better side of the median (either side where none is better), and shifts that last.
    Where parts or points left out are given, they stand.
    """
    part = found.chart.parts[-1]
    here = slice(part.first - 1, part.last)
    offers = [*_runs(question, found, here), *_shifts(question, found, here)]
    moved = [Offer(o.method, _moved(o.proposal, part.first - 1)) for o in offers]
    return tuple(sorted(moved, key=lambda offer: (offer.proposal.first, offer.method)))


def _moved(proposal: Proposal, by: int) -> Proposal:
    return replace(proposal, first=proposal.first + by, last=proposal.last + by)


def _runs(question: Question, found: Answer, here: slice) -> Iterator[Offer]:
    chart = found.chart
    left_out = zip(chart.values[here], chart.excluded[here], strict=True)
    values = [None if excluded else value for value, excluded in left_out]
    baseline = max(2, question.options.freeze or BASELINE)
    wanted = _WANTED[question.direction or "neutral"]
    made = sustained_runs(values, chart.labels[here], wanted, baseline)
    yield from (Offer("sustained_run", one) for one in made.proposals)


def _shifts(question: Question, found: Answer, here: slice) -> Iterator[Offer]:
    chart, options = found.chart, chosen(question)[1]
    few = len(chart.values[here]) < Stability().period
    if few or chart.kind in _NO_SHIFTS or isinstance(options.centre, int | float):
        return
    kept = ~np.array(chart.excluded[here])
    numbers = Numbers(_cells(question.values, here, kept), _sizes(question, here, kept))
    made = stable_shifts(chart.kind, numbers, chart.labels[here], options)
    yield from (Offer("stable_shift", one) for one in made.proposals)


def _sizes(question: Question, here: slice, kept: Flags) -> Floats | None:
    sizes = question.denominators
    return None if sizes is None else _cells(sizes, here, kept)


def _cells(cells: Sequence[float | None], here: slice, kept: Flags) -> Floats:
    """One series of the numbers ``here``, without those that are left out."""
    row = as_row(cells, "value")[:, here]
    return np.where(kept, row, np.nan)
