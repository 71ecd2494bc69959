"""Small numbers kept from view, with whatever they could be worked out from.

A measure says from which count on its cells may be shown (``suppress_below``). A cell is hidden
where its numerator lies between nothing and that count, or its denominator below it. A whole and
its parts (sites, strata) are one equation: a single hidden cell in it would be the difference of
the others, so the smallest part is hidden too, until no cell can be worked out from all equations
together, and what is hidden in one is not small itself (complementary suppression, as in
statistical disclosure control).

A hidden value keeps its counts, so that a sum of sites goes on being right; nothing that is judged
or shown for the cell itself has them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.framework.facts import Observation, SeriesKey
from services.framework.periods import Period
from services.framework.plan import ALL, SYSTEM, Kind, Measure, Plan

Observations = dict[SeriesKey, tuple[Observation, ...]]
_Place = tuple[str, str]


@dataclass(slots=True)
class _Cell:
    """A cell of one period: its counts (None: not known), and whether it is hidden."""

    numerator: float | None
    denominator: float | None
    hidden: bool = False
    known: Observation | None = None


_Equation = tuple[_Cell, list[_Cell]]
_NOTHING = 1e-9


def is_small(measure: Measure, numerator: float | None, denominator: float | None) -> bool:
    """Whether counts are too small to be shown; nothing at all is not."""
    least = measure.suppress_below
    if least is None or numerator is None or measure.kind is Kind.EVENTS:
        return False
    return 0 < numerator < least or (denominator is not None and 0 < denominator < least)


def protects(measure: Measure | None) -> bool:
    """Whether cells of a measure may have to be hidden."""
    return (
        measure is not None
        and measure.suppress_below is not None
        and measure.kind in (Kind.PROPORTION, Kind.RATE)
    )


def protected(
    plan: Plan, observations: Mapping[SeriesKey, tuple[Observation, ...]]
) -> Observations:
    """The observations with every small value hidden, and what would give it away.

    Of a measure that protects its cells, every site and stratum must be among them. A correction
    hides the earlier values of a hidden cell, too. Cells that are only sums of sites are hidden by
    a suppressed observation in their place.
    """
    found = dict(observations)
    by_table: dict[tuple[str, int], list[SeriesKey]] = defaultdict(list)
    for key in observations:
        if protects(plan.measures.get(key.measure)):
            by_table[key.measure, key.definition].append(key)
    for (name, _), keys in by_table.items():
        _protect(plan.measures[name], keys, found)
    return found


def _protect(measure: Measure, keys: list[SeriesKey], found: Observations) -> None:
    hidden: dict[SeriesKey, set[Period]] = defaultdict(set)
    for period, table in _tables(measure, keys, found).items():
        _add_sums(measure, table)
        _close(measure, table)
        for site, stratum in (place for place, cell in table.items() if cell.hidden):
            key = SeriesKey(measure.id, site, stratum, keys[0].definition)
            hidden[key].add(period)
            if all(o.period != period for o in found.get(key, ())):
                held = (*found.get(key, ()), _stand_in(key, period, table))
                found[key] = tuple(sorted(held, key=lambda o: o.period.ordinal))
    for key in {*keys, *hidden}:
        found[key] = tuple(
            _hidden(o)
            if o.period in hidden[key] or is_small(measure, o.numerator, o.denominator)
            else o
            for o in found[key]
        )


def _tables(
    measure: Measure, keys: Iterable[SeriesKey], found: Observations
) -> dict[Period, dict[_Place, _Cell]]:
    """The current cells of each period, by site and stratum."""
    tables: dict[Period, dict[_Place, _Cell]] = defaultdict(dict)
    for key in keys:
        for one in found[key]:
            if one.withdrawn:
                tables[one.period].pop((key.site, key.stratum), None)
            else:
                tables[one.period][key.site, key.stratum] = _cell(measure, one)
    return tables


def _cell(measure: Measure, one: Observation) -> _Cell:
    small = is_small(measure, one.numerator, one.denominator)
    return _Cell(one.numerator, one.denominator, small or one.suppressed, one)


def _hidden(one: Observation) -> Observation:
    return (
        one
        if one.withdrawn or one.suppressed
        else replace(one, value=None, suppressed=True, hidden=True)
    )


def _stand_in(key: SeriesKey, period: Period, table: Mapping[_Place, _Cell]) -> Observation:
    """What stands in the place of a sum that must not be shown."""
    known = [c.known.known_at for c in table.values() if c.known is not None]
    return Observation(key, period, None, max(known), suppressed=True)


def _add_sums(measure: Measure, table: dict[_Place, _Cell]) -> None:
    """The sums of sites that nobody reports, as cells of their own."""
    if measure.rollup != "sum":
        return
    for stratum in {stratum for _, stratum in table}:
        parts = [c for (site, s), c in table.items() if s == stratum and site != SYSTEM]
        given = [c for c in parts if c.numerator is not None and c.denominator is not None]
        if given and (SYSTEM, stratum) not in table:
            top = sum(c.numerator or 0.0 for c in given)
            bottom = sum(c.denominator or 0.0 for c in given)
            table[SYSTEM, stratum] = _Cell(top, bottom, is_small(measure, top, bottom))


def _close(measure: Measure, table: Mapping[_Place, _Cell]) -> None:
    """Hide cells until none can be worked out; each round hides one more, so it ends."""
    if any(cell.hidden for cell in table.values()):
        equations = list(_equations(table))
        while any(_hide_one(measure, *each) for each in equations) or _hide_worked_out(equations):
            pass


def _equations(table: Mapping[_Place, _Cell]) -> Iterator[_Equation]:
    """Every whole with its parts: the sites of a stratum, the strata of a site.

    A sum that nobody reported is of the parts whose counts are known.
    """
    for (site, stratum), whole in table.items():
        lines = []
        if site == SYSTEM:
            lines.append([c for (t, s), c in table.items() if s == stratum and t != SYSTEM])
        if stratum == ALL:
            lines.append([c for (t, s), c in table.items() if t == site and s != ALL])
        for line in lines:
            parts = [c for c in line if whole.known or c.numerator is not None]
            if parts:
                yield whole, parts


def _hide_one(measure: Measure, whole: _Cell, parts: list[_Cell]) -> bool:
    """Hide the smallest part that is still shown, where the hidden ones can be worked out."""
    hidden = [cell for cell in parts if cell.hidden]
    if whole.hidden:
        return not hidden and _hide_smallest(parts)
    return bool(hidden) and _small_together(measure, hidden) and _hide_smallest(parts)


def _hide_worked_out(equations: list[_Equation]) -> bool:
    """Hide a part beside a cell that all equations together determine."""
    cells = {id(c): c for whole, parts in equations for c in (whole, *parts) if c.hidden}
    place = {name: column for column, name in enumerate(cells)}
    lines = np.zeros((len(equations), len(cells)))
    for row, (whole, parts) in enumerate(equations):
        for cell, sign in ((whole, -1.0), *((part, 1.0) for part in parts)):
            if cell.hidden:
                lines[row, place[id(cell)]] = sign
    _, sizes, directions = np.linalg.svd(lines)
    free = directions[int((sizes > _NOTHING).sum()) :]
    for name, column in place.items():
        if not (np.abs(free[:, column]) > _NOTHING).any():
            beside = (ps for w, ps in equations if any(id(c) == name for c in (w, *ps)))
            if any(_hide_smallest(parts) for parts in beside):
                return True
    return False


def _hide_smallest(parts: Iterable[_Cell]) -> bool:
    """Hide the smallest part that is shown; whether there was one. Those of nothing go last."""
    shown = [c for c in parts if not c.hidden and c.numerator is not None]
    if shown:
        min(shown, key=lambda c: (not c.numerator, c.numerator or 0.0)).hidden = True
    return bool(shown)


def _small_together(measure: Measure, hidden: list[_Cell]) -> bool:
    """Whether hidden parts are one alone, or small even in their sum."""
    some = [c for c in hidden if c.numerator is None or c.numerator > 0]
    known = sum(c.numerator or 0.0 for c in hidden)
    return len(some) < 2 or known < (measure.suppress_below or 0)  # noqa: PLR2004 - one alone
