"""One series on one chart: checked, charted, tested for runs, and put in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.framework.spc.chart import Chart, Part, cells
from services.framework.spc.checks import as_row, check, check_labels
from services.framework.spc.limits import Numbers, panel
from services.framework.spc.notes import notes, unsized_notes
from services.framework.spc.options import ChartKind, Options, SpcError
from services.framework.spc.panel import Panel
from services.framework.spc.runs import Runs, RunsResult, analyse
from services.framework.spc.subgroups import Label, Subgroups

Cells = Sequence[float | None]


def chart(
    kind: ChartKind | str,
    values: Cells,
    denominators: Cells | None = None,
    *,
    spreads: Cells | None = None,
    labels: Sequence[Label] | None = None,
    options: Options | None = None,
) -> Chart:
    """The chart of one series of ``values`` (``None`` = missing).

    ``denominators`` are what values are counts of (p, pp), over (u, up, ip, mr, xmr, run) or, for
    xbar and s, the sizes of subgroups, whose standard deviations are ``spreads``. ``labels`` are
    1, 2, … unless given. A denominator that is 0 or missing leaves its point out.

    Raises:
        SpcError: no such chart can be made; it names the point.
    """
    asked, chosen = _kind(kind), options or Options()
    numbers = Numbers(
        as_row(values, "value"),
        None if denominators is None else as_row(denominators, "denominator"),
        None if spreads is None else as_row(spreads, "standard deviation"),
    )
    names = tuple(range(1, len(values) + 1)) if labels is None else tuple(labels)
    check(asked, numbers, names, chosen)
    if labels is not None:
        check_labels(names)
    return _read(panel(asked, numbers, chosen), names, chosen, _unsized(numbers))


def chart_of(groups: Subgroups, kind: ChartKind | str, options: Options | None = None) -> Chart:
    """The xbar or s chart of measurements in subgroups.

    Raises:
        SpcError: as :func:`chart`.
    """
    return chart(
        kind, groups.means, groups.sizes, spreads=groups.spreads, labels=groups.labels,
        options=options,
    )  # fmt: skip


def _kind(kind: ChartKind | str) -> ChartKind:
    try:
        return ChartKind(kind)
    except ValueError:
        known = ", ".join(ChartKind)
        message = f"no chart is called {kind!r}; the charts are {known}"
        raise SpcError(message) from None


def _unsized(numbers: Numbers) -> list[int]:
    """The points that have a value and no denominator, or one of 0."""
    if numbers.denominators is None or numbers.spreads is not None:
        return []
    lost = ~np.isnan(numbers.values[0]) & ~(numbers.denominators[0] > 0)
    return (np.flatnonzero(lost) + 1).tolist()


def read(made: Panel, row: int, labels: tuple[Label, ...], options: Options) -> Chart:
    """Series ``row`` of a panel as a chart; ``options`` are what it was made with."""
    return _read(made.row(row), labels, options, [])


def _read(one: Panel, labels: tuple[Label, ...], options: Options, unsized: list[int]) -> Chart:
    parts = _parts(one, analyse(one))
    sigma = np.full(one.sigma.shape, np.nan) if one.power != 1 else one.sigma * one.scale
    return Chart(
        kind=one.kind,
        labels=labels,
        values=cells(one.values[0]),
        centre=cells(one.centre[0]),
        lower=cells(one.lower[0]),
        upper=cells(one.upper[0]),
        sigma=cells(sigma[0]),
        part=tuple(place for place, (a, b) in enumerate(one.bounds) for _ in range(a, b)),
        excluded=tuple(one.excluded.tolist()),
        parts=parts,
        notes=(*notes(one, parts, labels, options), *unsized_notes(unsized, labels)),
        panel=one,
    )


def _parts(one: Panel, tested: Runs) -> tuple[Part, ...]:
    known = ~np.isnan(one.values[0])
    return tuple(
        Part(
            first=start + 1,
            last=stop,
            n=int(known[start:stop].sum()),
            n_base=int((known & one.base)[start:stop].sum()),
            runs=_result(tested, place),
        )
        for place, (start, stop) in enumerate(one.bounds)
    )


def _result(tested: Runs, part: int) -> RunsResult:
    useful = int(tested.n_useful[0, part])
    if not useful:
        return RunsResult(int(tested.n_obs[0, part]), 0, None, None, None, None, signal=False)
    return RunsResult(
        n_obs=int(tested.n_obs[0, part]),
        n_useful=useful,
        longest_run=int(tested.longest[0, part]),
        longest_run_max=int(tested.longest_max[0, part]),
        crossings=int(tested.crossings[0, part]),
        crossings_min=int(tested.crossings_min[0, part]),
        signal=bool(tested.signal[0, part]),
        longest_first=int(tested.first[0, part]) + 1,
        longest_last=int(tested.last[0, part]) + 1,
    )
