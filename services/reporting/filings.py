"""What was filed about an aim, a project or the organisation, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.framework.expectations.register import CATALOGUE
from services.framework.plan import Plan
from services.framework.texts import day_name, number
from services.ports.filing import FiledEvent, FiledRow, FilingStore, StepSince
from services.ports.reporting import Judgement, ReportStore
from services.reporting.naming import name_of

MOST = 10
_RESULTS = {
    "created": "It is kept.",
    "corrected": "It corrects what was filed before of the same; both stay in the journal.",
    "unchanged": "It was filed before: nothing changed.",
}
_HIDDEN = frozenset({"id", "source", "project", "aim", "measure"})


@dataclass(frozen=True, slots=True)
class Filed:
    """Something filed: when it was so, what it says (field and words), by whom, told when."""

    on: str
    by: str
    known_at: datetime
    said: tuple[tuple[str, str], ...]
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bearing:
    """An expectation that looks at what was filed, and what it says now (None: not judged)."""

    id: str
    title: str
    says: str | None
    tripped: bool
    shadow: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was filed, what became of it, and what it changes.

    ``judged`` says whether everything known has been judged; ``steps`` is what happened to the
    subject's alerts since.
    """

    kind: str
    subject: str
    name: str
    by: str
    result: str
    known_at: datetime
    said: tuple[tuple[str, str], ...]
    bears_on: tuple[Bearing, ...]
    steps: tuple[StepSince, ...]
    judged: bool


class Filings:
    """Every answer is of one organisation; ``bearing`` gives who is judged by a subject's facts."""

    def __init__(
        self,
        store: FilingStore,
        reports: ReportStore,
        plan_of: Callable[[int], Plan],
        bearing: Callable[[Plan, str], tuple[str, ...]],
    ) -> None:
        self._store = store
        self._reports = reports
        self._plan_of = plan_of
        self._bearing = bearing

    def latest(self, organisation_id: int, kind: str, subject: str) -> tuple[Filed, ...]:
        """What was filed last of one kind about a subject (``kind:id``), the latest first."""
        plan = self._plan_of(organisation_id)
        rows = self._store.latest(organisation_id, kind, subject, MOST)
        return tuple(_filed(plan, row) for row in rows)

    def receipt(
        self,
        organisation_id: int,
        source: str,
        event_id: str,
        watches: Callable[[str], Iterable[str]],
    ) -> Receipt | None:
        """What became of an event; None for one that was never filed.

        ``watches`` gives the expectations that look at a kind.
        """
        event = self._store.event(organisation_id, source, event_id)
        plan = self._plan_of(organisation_id)
        subject = _subject(plan, event) if event else None
        if event is None or subject is None:
            return None
        touched = self._bearing(plan, subject)
        judgement = self._reports.look(organisation_id, judged=[subject]).judgements.get(subject)
        asked = (*watches(event.kind), *_named(event))
        return Receipt(
            event.kind,
            subject,
            name_of(plan, subject),
            _person(plan, event.actor),
            _RESULTS.get(event.result, event.result),
            event.known_at,
            tuple(_words(plan, event.body)),
            tuple(b for e in dict.fromkeys(asked) for b in _bearings(judgement, e)),
            self._store.steps_since(organisation_id, touched, event.known_at),
            not self._store.waiting(organisation_id, touched),
        )


def _named(event: FiledEvent) -> tuple[str, ...]:
    named = event.body.get("expectation")
    return (str(named),) if named else ()


def _subject(plan: Plan, event: FiledEvent) -> str | None:
    for kind in ("aim", "project", "measure"):
        if event.body.get(kind):
            return f"{kind}:{event.body[kind]}"
    whole = event.kind in ("meetings", "self-assessments")
    return f"organisation:{plan.organisation.id}" if whole else None


def _bearings(judgement: Judgement | None, expectation: str) -> list[Bearing]:
    title = CATALOGUE[expectation].title if expectation in CATALOGUE else expectation
    outcomes = judgement.body.get("outcomes") or () if judgement else ()
    found = [o for o in outcomes if o["expectation"] == expectation]
    if not found:
        return [Bearing(expectation, title, None, False, False)]
    return [
        Bearing(expectation, title, str(o["reason"]), bool(o["tripped"]), bool(o.get("shadow")))
        for o in found
    ]


def _filed(plan: Plan, row: FiledRow) -> Filed:
    said = tuple(_words(plan, row.said))
    return Filed(day_name(row.on), _person(plan, row.actor), row.known_at, said, row.said)


def _words(plan: Plan, said: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in said.items():
        if value is not None and name not in _HIDDEN:
            yield name.replace("_", " "), _shown(plan, name, value)


def _shown(plan: Plan, name: str, value: object) -> str:
    """A value as people read it: people by name, dates by day."""
    match value:
        case bool():
            return "yes" if value else "no"
        case date():
            return day_name(value)
        case float():
            return number(value, 2).rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
        case [low, high]:
            return f"{low:g} to {high:g}"
        case str() if name in _PEOPLE:
            return _person(plan, value)
        case _:
            return str(value)


_PEOPLE = frozenset({"by", "owner", "reviewer", "person", "scored_by"})


def _person(plan: Plan, identifier: str) -> str:
    known = plan.people.get(identifier)
    return known.name if known else identifier
