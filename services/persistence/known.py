"""What is known of subjects to be judged: their facts, their alerts, and how far each was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from services.alerting.lifecycle import Standing
from services.framework.facts import Facts
from services.framework.judgement import Severity, Status, Subject, SubjectKind
from services.framework.late import LateFact, late_of, may_be_late
from services.framework.plan import Plan
from services.persistence import tables
from services.persistence.among import MOST_NAMED, Among
from services.persistence.bearings import bearing
from services.persistence.engine import is_sqlite
from services.persistence.snapshots import Loaded
from services.ports.evaluation import Snapshot

_ALERT, _EVALUATION, _SUBJECT = tables.alert, tables.evaluation, tables.subject
Alerts = dict[tuple[str, str], Any]


class Known(NamedTuple):
    """A snapshot of a subject, and the rows of its alerts by expectation and about."""

    snapshot: Snapshot
    alerts: Alerts


def known_of(
    connection: sa.Connection, rows: Sequence[Any], plan: Plan, now: tuple[datetime, datetime]
) -> Iterator[Known]:
    """What is known of each of an organisation's subjects; ``now`` by system and business time.

    On one snapshot: what is committed meanwhile is in none of it.
    """
    organisation_id = rows[0].organisation_id
    subjects = [_subject(row) for row in rows]
    bearings = [bearing(connection, organisation_id, plan, subject) for subject in subjects]
    alerts = _alerts(connection, [row.id for row in rows])
    loaded = Loaded(connection, organisation_id, plan, bearings)
    names = [{str(s), *b.keys} for s, b in zip(subjects, bearings, strict=True)]
    last = _sequences(connection, organisation_id, names)
    for subject, row, looked_at, named in zip(subjects, rows, bearings, names, strict=True):
        held = loaded.facts(looked_at)
        own = {str(subject): int(row.sequence)}
        seen = own | {name: last[name] for name in sorted(named - own.keys()) if name in last}
        snapshot = Snapshot(
            row.id,
            organisation_id,
            subject,
            row.sequence,
            plan,
            held,
            seen,
            {key: _standing(alert) for key, alert in alerts[row.id].items()},
            *now,
            _late(connection, row, plan, held, partial(loaded.facts, looked_at)),
            row.last_valid_to,
        )
        yield Known(snapshot, alerts[row.id])


_OF_SUBJECTS = sa.select(_ALERT).where(
    _ALERT.c.subject_id.in_(sa.bindparam("subjects", expanding=True))
)
_SEQUENCES = sa.select(_SUBJECT.c.kind, _SUBJECT.c.key, _SUBJECT.c.sequence).where(
    _SUBJECT.c.organisation_id == sa.bindparam("organisation")
)


@cache
def _named(lite: bool) -> tuple[sa.Select[Any], Among]:
    among = Among.of((_SUBJECT.c.kind, _SUBJECT.c.key), lite=lite)
    return _SEQUENCES.where(among.condition), among


def _late(
    connection: sa.Connection, row: Any, plan: Plan, facts: Facts, up_to: Callable[[Any], Facts]
) -> tuple[LateFact, ...]:
    """What came late since the last judgement, by the sequences that it saw."""
    since, nothing_new = row.last_valid_to, row.judged_sequence == row.sequence
    if since is None or nothing_new or not may_be_late(plan, facts, since):
        return ()
    last = sa.select(_EVALUATION.c.seen).where(_EVALUATION.c.id == row.last_id)
    seen = connection.execute(last).scalar_one()
    return late_of(plan, up_to(seen), facts, since)


def _alerts(connection: sa.Connection, subjects: Sequence[int]) -> defaultdict[int, Alerts]:
    found: defaultdict[int, Alerts] = defaultdict(dict)
    for row in connection.execute(_OF_SUBJECTS, {"subjects": subjects}).all():
        found[row.subject_id][row.expectation, row.about] = row
    return found


def _standing(row: Any) -> Standing:
    return Standing(
        row.state != "resolved",
        Severity(row.severity),
        Status(row.status) if row.status else None,
        row.reason,
        row.opened_at,
        row.resolved_at,
        row.snoozed_until,
    )


def _sequences(
    connection: sa.Connection, organisation_id: int, names: Sequence[set[str]]
) -> dict[str, int]:
    """How far each subject's facts went when they were read."""
    own: dict[str, Any] = {"organisation": organisation_id}
    if any(len(each) > MOST_NAMED for each in names):
        return {f"{r.kind}:{r.key}": r.sequence for r in connection.execute(_SEQUENCES, own).all()}
    statement, among = _named(is_sqlite(connection))
    found = {}
    for some in among.batches(tuple(name.split(":", 1)) for name in set().union(*names)):
        for row in connection.execute(statement, {**own, **some}).all():
            found[f"{row.kind}:{row.key}"] = row.sequence
    return found


def _subject(row: Any) -> Subject:
    return Subject(SubjectKind(row.kind), row.key)
