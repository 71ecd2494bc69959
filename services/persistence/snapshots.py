"""What is known of a subject: the facts that bear on it, and how far they were seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from services.framework.facts import AimRevision, Facts, Maturity, Observation, SeriesKey
from services.framework.periods import Frequency, Period
from services.framework.plan import Plan
from services.framework.suppression import protected, protects
from services.persistence import facts_reading as read
from services.persistence import tables
from services.persistence.bearings import Bearing, Look
from services.persistence.revisions import Revised, load_revisions
from services.persistence.snapshot_rows import SubjectRows

_MATURITY = {each.value: each for each in Maturity}


def load_facts(
    connection: sa.Connection,
    organisation_id: int,
    plan: Plan,
    looked_at: Bearing,
    seen: Mapping[str, int] | None = None,
) -> Facts:
    """The facts that bear on a subject; with ``seen`` only those up to the given sequences."""
    return Loaded(connection, organisation_id, plan, [looked_at]).facts(looked_at, seen)


class Loaded:
    """What bears on several subjects of one organisation, read together, once."""

    def __init__(
        self,
        connection: sa.Connection,
        organisation_id: int,
        plan: Plan,
        bearings: Sequence[Bearing],
    ) -> None:
        wide = [each._replace(looks=_widened(plan, each.looks)) for each in bearings]
        self._plan = plan
        self._rows = SubjectRows(connection, organisation_id, wide)
        self._revised: defaultdict[str, list[Revised]] = defaultdict(list)
        aims = dict.fromkeys(aim for each in bearings for aim in _aims(each))
        for one in load_revisions(connection, organisation_id, plan, aims):
            self._revised[one.revision.aim].append(one)

    def facts(self, of: Bearing, seen: Mapping[str, int] | None = None) -> Facts:
        """The facts that bear on one of them; with ``seen`` only those up to the sequences."""
        revised = [one for aim in _aims(of) for one in self._revised[aim]]
        return _facts(self._plan, self._rows, of, revised, seen)


def _aims(looked_at: Bearing) -> list[str]:
    return [key.partition(":")[2] for key in looked_at.subjects if key.startswith("aim:")]


def _facts(
    plan: Plan,
    rows: SubjectRows,
    looked_at: Bearing,
    revised: Sequence[Revised],
    seen: Mapping[str, int] | None,
) -> Facts:
    def of(table: sa.Table) -> list[Any]:
        return rows.events(table, looked_at, seen)

    return Facts(
        observations=_observations(plan, rows, looked_at.looks, seen),
        milestones=tuple(read.milestone(r) for r in of(tables.milestone_event)),
        scores=tuple(read.score(r) for r in of(tables.progress_score)),
        reviews=tuple(read.review(r) for r in of(tables.review)),
        states=tuple(read.state(r) for r in of(tables.state_change)),
        roles=tuple(read.role(r) for r in of(tables.role_change)),
        adoptions=tuple(read.adopted(plan, revised, r) for r in of(tables.adoption)),
        revisions=tuple(sorted((r.revision for r in revised), key=_when)),
        tests=tuple(read.tests(of(tables.test_of_change))),
        actions=tuple(read.actions(of(tables.review_action))),
        meetings=tuple(read.meeting(r) for r in of(tables.board_meeting)),
        publications=tuple(read.publications(plan, of(tables.publication))),
        validations=tuple(read.validated(r) for r in of(tables.validation)),
        explanations=tuple(read.explained(r) for r in of(tables.explanation)),
        spreads=tuple(read.spread(r) for r in of(tables.spread)),
    )


def _guards(plan: Plan, look: Look) -> bool:
    """Whether small numbers of the measure looked at are hidden."""
    return protects(plan.measures.get(look.measure))


def _widened(plan: Plan, looks: Sequence[Look]) -> tuple[Look, ...]:
    """The looks; where small numbers are hidden at the whole measure, for one hides another."""
    return tuple(Look(look.measure) if _guards(plan, look) else look for look in looks)


def _observations(
    plan: Plan, rows: SubjectRows, looks: Sequence[Look], seen: Mapping[str, int] | None
) -> dict[SeriesKey, tuple[Observation, ...]]:
    """What is known where is looked, without small numbers and what would give them away."""
    guarded = [look for look in looks if _guards(plan, look)]
    if not guarded:
        return _as_told(plan, rows, looks, seen)
    found = _as_told(plan, rows, [look for look in looks if look not in guarded], seen)
    whole = dict.fromkeys(Look(look.measure) for look in guarded)
    shown = protected(plan, _as_told(plan, rows, whole, seen))
    for key, known in shown.items():
        mine = (look for look in guarded if look.measure == key.measure)
        if any(look.sees(key.site, key.stratum) for look in mine):
            found[key] = known
    return found


def _as_told(
    plan: Plan, rows: SubjectRows, looks: Iterable[Look], seen: Mapping[str, int] | None
) -> dict[SeriesKey, tuple[Observation, ...]]:
    found = {}
    for place, known in rows.values(looks):
        key = SeriesKey(*place)
        measure = plan.measures.get(key.measure)
        if measure is not None:
            last = None if seen is None else seen.get(f"measure:{key.measure}", 0)
            if series := tuple(_known(key, measure.frequency, known, last)):
                found[key] = series
    return found


def _known(
    key: SeriesKey, frequency: Frequency, rows: Sequence[Any], last: int | None
) -> Iterator[Observation]:
    """The observations up to the sequence ``last`` (None: all). Long histories pass here often."""
    for row in rows:
        _, _, _, _, sequence, start, value, known_at, version, top, bottom, state, *said = row
        if last is None or sequence <= last:
            maturity = _MATURITY[state]
            yield Observation(
                key,
                Period(start, frequency),
                value,
                known_at,
                version,
                top,
                bottom,
                maturity,
                *said,
            )


def _when(revision: AimRevision) -> tuple[date, datetime]:
    return revision.on, revision.known_at
