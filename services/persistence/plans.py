"""Plans in the database: every version, what changed in it, and the subjects it makes stale."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from services.framework.facts import MilestoneEvent, ReviewAction, RoleChange, StateChange
from services.framework.judgement import Subject
from services.framework.plan import Organisation, Plan
from services.persistence import tables
from services.persistence.audit import append as append_audit
from services.persistence.departures import depart
from services.persistence.engine import inserting, reading, writing
from services.persistence.marking import marked
from services.planning.declared import to_plan
from services.planning.dependents import subjects_of_plan
from services.planning.parts import PlanDocument
from services.ports.access import AuditEntry
from services.ports.planning import (
    DeclaredEvent,
    NewVersion,
    PlanChange,
    PlanningError,
    PlanRecord,
    SettingChange,
    StaleBaseError,
    UnknownOrganisationError,
)

_ORGANISATION = tables.organisation
_VERSION = tables.plan_version
_CHANGE = tables.plan_change
_SUBJECT = tables.subject
_CACHED, _ROOM = 128, 100_000
"""Plans that are kept built, and the parts that they may have between them."""
SOURCE = "plan"
_TUNED = "/parameters"


class PlanStore:
    """Keeps every version of every plan; plans are built once a process and version."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._plans: OrderedDict[tuple[int, int], Plan] = OrderedDict()
        self._guard = threading.Lock()

    def create_organisation(self, organisation: Organisation, at: datetime) -> int:
        """Make a tenant with an empty plan and give its id. Raises PlanningError if taken."""
        values = {
            "slug": organisation.id,
            "name": organisation.name,
            "zone": organisation.zone,
            "year_starts": organisation.year_starts,
            "created_at": at,
        }
        insert = _ORGANISATION.insert().values(values).returning(_ORGANISATION.c.id)
        try:
            with writing(self._engine) as connection:
                made: int = connection.execute(insert).scalar_one()
                return made
        except IntegrityError:
            raise PlanningError(f"there is an organisation {organisation.id} already") from None

    def organisation_id(self, slug: str) -> int | None:
        """The id of the tenant of that slug; None where there is none."""
        query = sa.select(_ORGANISATION.c.id).where(_ORGANISATION.c.slug == slug)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def current_version(self, organisation_id: int) -> int:
        """The number of the version in force; 0 where none was applied.

        Raises UnknownOrganisationError.
        """
        with self._engine.connect() as connection:
            return _current_version(connection, organisation_id)

    def current(self, organisation_id: int) -> Plan:
        """The plan in force; an empty one of version 0 where none was applied.

        Raises UnknownOrganisationError.
        """
        return self.version(organisation_id, self.current_version(organisation_id))

    def version(self, organisation_id: int, version: int) -> Plan:
        """One version of the plan. Raises LookupError where there is none."""
        key = (organisation_id, version)
        with self._guard:
            if key in self._plans:
                self._plans.move_to_end(key)
                return self._plans[key]
        plan = self._build(organisation_id, version)
        if version > 0:
            self._keep(key, plan)
        return plan

    def record(self, organisation_id: int, version: int | None = None) -> PlanRecord | None:
        """A version as it is kept (the one in force for None); None where there is none.

        Raises UnknownOrganisationError.
        """
        with reading(self._engine) as connection:
            number = _current_version(connection, organisation_id) if version is None else version
            return _record(connection, organisation_id, number)

    def history(self, organisation_id: int) -> tuple[PlanRecord, ...]:
        """Every version, the first first, without the documents."""
        columns = [c for c in _VERSION.c if c.name not in ("id", "document")]
        query = sa.select(*columns).where(_VERSION.c.organisation_id == organisation_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_VERSION.c.version))
            return tuple(
                PlanRecord(r.version, {}, r.known_at, r.effective_from, r.author, r.reason)
                for r in rows
            )

    def changes(
        self,
        organisation_id: int,
        version: int | None = None,
        entity: tuple[str, str] | None = None,
    ) -> tuple[tuple[int, PlanChange], ...]:
        """What changed in which version: in one version only, or of one (kind, key) only."""
        query = sa.select(_CHANGE).where(_CHANGE.c.organisation_id == organisation_id)
        if version is not None:
            query = query.where(_CHANGE.c.version == version)
        if entity is not None:
            query = query.where(_CHANGE.c.kind == entity[0], _CHANGE.c.key == entity[1])
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_CHANGE.c.id))
            return tuple(
                (r.version, PlanChange(r.kind, r.key, r.change, r.pointer, r.before, r.after))
                for r in rows
            )

    def settings(self, organisation_id: int) -> tuple[SettingChange, ...]:
        """Every change of a switch or a parameter, the oldest first."""
        same = sa.and_(
            _VERSION.c.organisation_id == _CHANGE.c.organisation_id,
            _VERSION.c.version == _CHANGE.c.version,
        )
        of_version = [_VERSION.c[name] for name in ("version", "known_at", "author", "reason")]
        of_change = [_CHANGE.c[name] for name in ("kind", "key", "before", "after")]
        tuned = sa.or_(_CHANGE.c.kind.in_(("rule", "parameter")), _CHANGE.c.pointer == _TUNED)
        query = (
            sa.select(*of_version, *of_change)
            .join_from(_CHANGE, _VERSION, same)
            .where(_CHANGE.c.organisation_id == organisation_id, tuned)
            .order_by(_CHANGE.c.id)
        )
        with reading(self._engine) as connection:
            return tuple(_setting(row) for row in connection.execute(query))

    def append(self, organisation_id: int, new: NewVersion) -> int:
        """Keep a version, file what it declares anew, mark every subject stale; all or nothing.

        Gives the version's number. Raises StaleBaseError where another came in between,
        UnknownOrganisationError.
        """
        version = new.base + 1
        with writing(self._engine) as connection:
            current = _locked_version(connection, organisation_id)
            if current != new.base:
                raise StaleBaseError(new.base, current)
            _keep_version(connection, organisation_id, version, new)
            sequences = _mark_all(connection, organisation_id, new)
            for event in new.events:
                _file(connection, organisation_id, event, new, sequences)
            if new.departure is not None:
                depart(connection, organisation_id, new)
            append_audit(connection, _audit(organisation_id, version, new))
        return version

    def _build(self, organisation_id: int, version: int) -> Plan:
        with reading(self._engine) as connection:
            if version == 0:
                return Plan(_organisation(connection, organisation_id))
            record = _record(connection, organisation_id, version)
        if record is None:
            raise LookupError(f"organisation {organisation_id} has no plan version {version}")
        return to_plan(PlanDocument.model_validate(record.document), version)

    def _keep(self, key: tuple[int, int], plan: Plan) -> None:
        with self._guard:
            self._plans[key] = plan
            parts = sum(map(_parts, self._plans.values()))
            while len(self._plans) > _CACHED or (parts > _ROOM and len(self._plans) > 1):
                parts -= _parts(self._plans.popitem(last=False)[1])


def _parts(plan: Plan) -> int:
    """How large a plan is in memory: its aims, drivers, measures, projects and milestones."""
    own = len(plan.aims) + len(plan.drivers) + len(plan.measures) + len(plan.projects)
    return own + len(plan.milestones)


def _setting(row: Any) -> SettingChange:
    """A change of one field; of a whole rule or parameter the value that it holds."""
    change = SettingChange(**row._mapping)
    if row.kind not in ("rule", "parameter"):
        return change
    before, after = (
        side["value"] if isinstance(side, dict) else side for side in (row.before, row.after)
    )
    return replace(change, before=before, after=after)


def _current_version(connection: sa.Connection, organisation_id: int) -> int:
    query = sa.select(_ORGANISATION.c.plan_version).where(_ORGANISATION.c.id == organisation_id)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return _known(found, organisation_id)


def _locked_version(connection: sa.Connection, organisation_id: int) -> int:
    """The version in force, under a lock that leaves rows which refer to the tenant free."""
    query = sa.select(_ORGANISATION.c.plan_version).where(_ORGANISATION.c.id == organisation_id)
    locked = query.with_for_update(key_share=True)
    return _known(connection.execute(locked).scalar_one_or_none(), organisation_id)


def _known(version: int | None, organisation_id: int) -> int:
    if version is None:
        raise UnknownOrganisationError(f"there is no organisation {organisation_id}")
    return version


def _organisation(connection: sa.Connection, organisation_id: int) -> Organisation:
    query = sa.select(_ORGANISATION).where(_ORGANISATION.c.id == organisation_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownOrganisationError(f"there is no organisation {organisation_id}")
    return Organisation(row.slug, row.name, row.zone, row.year_starts)


def _record(connection: sa.Connection, organisation_id: int, version: int) -> PlanRecord | None:
    query = sa.select(_VERSION).where(
        _VERSION.c.organisation_id == organisation_id, _VERSION.c.version == version
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return PlanRecord(
        row.version, row.document, row.known_at, row.effective_from, row.author, row.reason
    )


def _keep_version(
    connection: sa.Connection, organisation_id: int, version: int, new: NewVersion
) -> None:
    organisation = new.plan.organisation
    connection.execute(
        _VERSION.insert().values(
            organisation_id=organisation_id,
            version=version,
            document=dict(new.document),
            known_at=new.known_at,
            effective_from=new.effective_from,
            author=new.author,
            reason=new.reason,
        )
    )
    connection.execute(
        _CHANGE.insert(),
        [
            {"organisation_id": organisation_id, "version": version, **asdict(c)}
            for c in new.changes
        ],
    )
    connection.execute(
        _ORGANISATION.update()
        .where(_ORGANISATION.c.id == organisation_id)
        .values(
            name=organisation.name,
            zone=organisation.zone,
            year_starts=organisation.year_starts,
            plan_version=version,
        )
    )


def _mark_all(
    connection: sa.Connection, organisation_id: int, new: NewVersion
) -> dict[tuple[str, str], int]:
    """Make the plan's subjects, and mark all of the organisation's as stale, locked in id order.

    Gives each subject's new sequence by kind and key.
    """
    _add_subjects(connection, organisation_id, subjects_of_plan(new.plan))
    mine = _SUBJECT.c.organisation_id == organisation_id
    connection.execute(
        sa.select(_SUBJECT.c.id).where(mine).order_by(_SUBJECT.c.id).with_for_update(key_share=True)
    ).all()
    marks = marked(mine, new.recorded_at, new.recorded_at)
    rows = connection.execute(marks.returning(_SUBJECT.c.kind, _SUBJECT.c.key, _SUBJECT.c.sequence))
    return {(row.kind, row.key): row.sequence for row in rows}


def _add_subjects(
    connection: sa.Connection, organisation_id: int, subjects: Iterable[Subject]
) -> None:
    rows = [
        {"organisation_id": organisation_id, "kind": s.kind.value, "key": s.id} for s in subjects
    ]
    connection.execute(inserting(connection, _SUBJECT).on_conflict_do_nothing(), rows)


def _file(
    connection: sa.Connection,
    organisation_id: int,
    event: DeclaredEvent,
    new: NewVersion,
    sequences: dict[tuple[str, str], int],
) -> None:
    """Keep an event that the version declares, under the sequence of its subject."""
    table, subject, values = _row(event)
    content = json.dumps([table.name, str(subject), values, event.on.isoformat(), new.base + 1])
    connection.execute(
        table.insert().values(
            organisation_id=organisation_id,
            subject_key=str(subject),
            **values,
            on=event.on,
            reason=new.reason,
            actor=new.author,
            source=SOURCE,
            known_at=event.known_at,
            sequence=sequences[subject.kind.value, subject.id],
            digest=hashlib.sha256(content.encode()).digest(),
        )
    )


def _row(event: DeclaredEvent) -> tuple[sa.Table, Subject, dict[str, Any]]:
    match event:
        case RoleChange():
            subject = Subject.parse(event.subject)
            return tables.role_change, subject, {"role": event.role.value, "person": event.person}
        case StateChange():
            subject = Subject.parse(f"project:{event.project}")
            state = {
                "state": event.state.value,
                "decided_by": event.decided_by,
                "sustainer": event.sustainer,
            }
            return tables.state_change, subject, state
        case MilestoneEvent():
            subject = Subject.parse(f"project:{event.milestone.partition('/')[0]}")
            moved = {"milestone": event.milestone, "change": event.change.value}
            return tables.milestone_event, subject, moved
        case ReviewAction():
            owned = {"action": event.id, "owner": event.owner}
            return tables.review_action, Subject.parse(event.subject), owned


def _audit(organisation_id: int, version: int, new: NewVersion) -> AuditEntry:
    return AuditEntry(
        organisation_id=organisation_id,
        at=new.recorded_at,
        actor=new.author,
        via=new.via,
        action="plan.apply",
        target=f"plan:{version}",
        detail={"reason": new.reason, "changes": len(new.changes)},
    )
