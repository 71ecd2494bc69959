"""Small numbers: what is hidden cannot be worked out from what is shown, and sums stay right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.framework.facts import Facts, Observation, SeriesKey
from services.framework.periods import Frequency, Period
from services.framework.plan import ALL, SYSTEM, Direction, Kind, Measure, Plan, Site, Stratum
from services.framework.series import read_series
from services.framework.suppression import Observations, is_small, protected, protects
from tests.unit.framework.builders import a_plan

LEAST = 5
AT = datetime(2026, 2, 20, tzinfo=UTC)
MONTH = Period.parse("2026-01", Frequency.MONTH)
SITES, STRATA = ("north", "south", "east", "west"), ("young", "old", "oldest")
BUNDLE = Measure(
    "bundle",
    "Bundle",
    Kind.PROPORTION,
    Direction.INCREASE,
    Frequency.MONTH,
    per=100,
    sites=SITES,
    strata=STRATA,
    rollup="sum",
    suppress_below=LEAST,
)


def _plan(measure: Measure) -> Plan:
    return a_plan(
        sites={site: Site(site, site) for site in SITES},
        strata={stratum: Stratum(stratum, stratum) for stratum in STRATA},
        measures={measure.id: measure},
    )


def _told(
    site: str, stratum: str, top: float | None, bottom: float | None = 200, version: int = 1
) -> Observation:
    value = None if top is None or not bottom else 100 * top / bottom
    key = SeriesKey("bundle", site, stratum)
    known = (AT, version, top, bottom if top is not None else None)
    return Observation(key, MONTH, value, *known, suppressed=top is None)


def _by_key(*told: Observation) -> Observations:
    found: Observations = {}
    for one in told:
        found[one.key] = (*found.get(one.key, ()), one)
    return found


def _shown(plan: Plan, told: Observations) -> dict[tuple[str, str], float | None]:
    """What a page sees at every place: read as series are, sums of sites among them."""
    facts = Facts(observations=protected(plan, told))
    places = [(site, stratum) for site in (SYSTEM, *SITES) for stratum in (ALL, *STRATA)]
    answer = {}
    for place in places:
        points = read_series(plan, facts, SeriesKey("bundle", *place)).points
        if points:
            answer[place] = points[0].value
    return answer


def test_a_small_cell_is_hidden_with_the_next_smallest_and_the_sum_stays() -> None:
    plan = _plan(BUNDLE)
    told = _by_key(*(_told(s, ALL, n) for s, n in zip(SITES, (3, 20, 40, 60), strict=True)))
    shown = _shown(plan, told)
    assert shown == {
        (SYSTEM, ALL): 100 * 123 / 800,
        ("north", ALL): None,
        ("south", ALL): None,
        ("east", ALL): 20.0,
        ("west", ALL): 30.0,
    }
    assert _shown(_plan(replace(BUNDLE, suppress_below=None)), told)["north", ALL] == 1.5


def test_at_the_count_nothing_is_hidden_and_below_it_all() -> None:
    assert not is_small(BUNDLE, 5, 5)
    assert is_small(BUNDLE, 4, 200)
    assert is_small(BUNDLE, 0, 4)
    assert not is_small(BUNDLE, 0, 200)
    assert not is_small(BUNDLE, None, None)
    assert not protects(None)
    assert not protects(replace(BUNDLE, kind=Kind.EVENTS))
    plan = _plan(BUNDLE)
    told = _by_key(*(_told(s, ALL, n) for s, n in zip(SITES, (5, 20, 40, 0), strict=True)))
    assert _shown(plan, told)["north", ALL] == 2.5
    few = _by_key(*(_told(s, ALL, n) for s, n in zip(SITES, (1, 1, 0, 0), strict=True)))
    assert _shown(plan, few)[SYSTEM, ALL] is None


def test_what_a_sender_hides_is_not_the_rest_of_a_whole_that_is_told() -> None:
    plan = _plan(BUNDLE)
    parts = [_told(s, ALL, n) for s, n in zip(SITES, (None, 20, 40, 60), strict=True)]
    assert _shown(plan, _by_key(*parts))["south", ALL] == 10
    with_whole = _shown(plan, _by_key(*parts, _told(SYSTEM, ALL, 123, 800)))
    assert with_whole[SYSTEM, ALL] is not None
    assert with_whole["north", ALL] is with_whole["south", ALL] is None


def test_a_correction_does_not_tell_what_was_small_before_or_is_hidden_now() -> None:
    plan = _plan(BUNDLE)
    told = _by_key(_told("north", ALL, 3), _told("north", ALL, 30, version=2))
    first, second = protected(plan, told)[SeriesKey("bundle", "north", ALL)]
    assert (first.value, second.value) == (None, 15.0)
    back = _by_key(_told("north", ALL, 30), _told("north", ALL, 3, version=2))
    assert [o.value for o in protected(plan, back)[SeriesKey("bundle", "north", ALL)]] == [None] * 2


COUNT = st.one_of(st.integers(0, 12), st.integers(0, 150))


@settings(max_examples=150, deadline=None)
@given(st.lists(COUNT, min_size=12, max_size=12), st.booleans())
def test_no_hidden_cell_follows_from_the_shown_ones(counts: list[int], fed: bool) -> None:
    """Every site and stratum told, with their sums told too or reckoned: solve for the hidden."""
    measure = replace(BUNDLE, rollup=None if fed else "sum")
    plan = _plan(measure)
    cells = {(t, s): counts[3 * i + j] for i, t in enumerate(SITES) for j, s in enumerate(STRATA)}
    for t in SITES:
        cells[t, ALL] = sum(cells[t, s] for s in STRATA)
    sums = {(SYSTEM, s): sum(cells[t, s] for t in SITES) for s in (ALL, *STRATA)}
    told = [_told(t, s, n, 1000) for (t, s), n in cells.items()]
    told += [_told(t, s, n, 4000) for (t, s), n in sums.items()] if fed else []
    shown = _shown(plan, _by_key(*told))
    for place, count in {**cells, **sums}.items():
        assert shown[place] is None or not 0 < count < LEAST, place
    _cannot_be_solved({**cells, **sums}, {p for p, value in shown.items() if value is None})


def _cannot_be_solved(cells: dict[tuple[str, str], int], hidden: set[tuple[str, str]]) -> None:
    unknown = sorted(hidden)
    lines = [[(SYSTEM, s), *((t, s) for t in SITES)] for s in (ALL, *STRATA)]
    lines += [[(t, ALL), *((t, s) for s in STRATA)] for t in (SYSTEM, *SITES)]
    system = np.array(
        [[(p in line) * (-1.0 if p == line[0] else 1.0) for p in unknown] for line in lines]
    )
    rank = np.linalg.matrix_rank(system) if unknown else 0
    for column, place in enumerate(unknown):
        alone = np.zeros((1, len(unknown)))
        alone[0, column] = 1
        small = 0 < cells[place] < LEAST
        assert not small or np.linalg.matrix_rank(np.vstack([system, alone])) > rank, place
