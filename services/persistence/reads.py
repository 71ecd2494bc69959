"""What the API shows: aims with their last judgement, why, and alerts with their steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.alerting.digest import DIGEST
from services.persistence import tables
from services.persistence.engine import reading

_SUBJECT = tables.subject
_EVALUATION = tables.evaluation
_ALERT = tables.alert
_EVENT = tables.alert_event
_AIM = "aim"


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A stored evaluation. ``body`` holds the verdict and every outcome with its inputs."""

    as_of: datetime
    valid_to: datetime
    status: str | None
    reason: str | None
    blind_since: str | None
    plan_version: int
    engine_version: str
    seen: Mapping[str, int]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AimRow:
    """An aim as the current plan declares it, with its last stored evaluation."""

    declared: Mapping[str, Any]
    judged: JudgedRow | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of an alert: opened, changed, told, acknowledged, resolved."""

    kind: str
    at: datetime
    actor: str
    episode: int
    step: int
    status: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as it stands."""

    id: int
    expectation: str
    about: str
    state: str
    severity: str
    status: str | None
    reason: str
    episode: int
    step: int
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_note: str | None
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts: of some states, about one thing, with ids below ``before``."""

    states: tuple[str, ...] = ()
    about: str | None = None
    before: int | None = None
    limit: int = 100


class ApiReads:
    """The read side of the API; every answer is of one organisation."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def aims(self, organisation_id: int) -> tuple[AimRow, ...]:
        """Every aim of the current plan, in its order."""
        with reading(self._engine) as connection:
            declared = _declared(connection, organisation_id)
            latest = _latest(connection, organisation_id, [aim["id"] for aim in declared])
        return tuple(AimRow(aim, latest.get(aim["id"])) for aim in declared)

    def aim(self, organisation_id: int, aim: str) -> AimRow | None:
        """The aim with its last evaluation."""
        with reading(self._engine) as connection:
            declared = _declared(connection, organisation_id)
            found = next((known for known in declared if known["id"] == aim), None)
            if found is None:
                return None
            return AimRow(found, _latest(connection, organisation_id, [aim]).get(aim))

    def alerts(self, organisation_id: int, wanted: AlertFilter) -> tuple[AlertRow, ...]:
        """The alerts that fit, the newest first."""
        query = _alerts(organisation_id).where(_ALERT.c.expectation != DIGEST)
        query = query.order_by(_ALERT.c.id.desc()).limit(wanted.limit)
        if wanted.states:
            query = query.where(_ALERT.c.state.in_(wanted.states))
        if wanted.about is not None:
            query = query.where(_ALERT.c.about == wanted.about)
        if wanted.before is not None:
            query = query.where(_ALERT.c.id < wanted.before)
        with reading(self._engine) as connection:
            return tuple(AlertRow(**row._mapping) for row in connection.execute(query))

    def alert(
        self, organisation_id: int, alert_id: int
    ) -> tuple[AlertRow, tuple[StepRow, ...]] | None:
        """The alert and its steps, the oldest first."""
        steps = (
            sa.select(*(_EVENT.c[name] for name in StepRow.__slots__))
            .where(_EVENT.c.organisation_id == organisation_id, _EVENT.c.alert_id == alert_id)
            .order_by(_EVENT.c.id)
        )
        with reading(self._engine) as connection:
            row = connection.execute(
                _alerts(organisation_id).where(_ALERT.c.id == alert_id)
            ).first()
            if row is None:
                return None
            told = tuple(StepRow(**step._mapping) for step in connection.execute(steps))
        return AlertRow(**row._mapping), told


def _alerts(organisation_id: int) -> sa.Select[Any]:
    return sa.select(*(_ALERT.c[name] for name in AlertRow.__slots__)).where(
        _ALERT.c.organisation_id == organisation_id
    )


def _declared(connection: sa.Connection, organisation_id: int) -> list[dict[str, Any]]:
    """The aims of the current plan version, as the plan file has them."""
    version, organisation = tables.plan_version, tables.organisation
    query = (
        sa.select(version.c.document)
        .join(
            organisation,
            sa.and_(
                organisation.c.id == version.c.organisation_id,
                organisation.c.plan_version == version.c.version,
            ),
        )
        .where(organisation.c.id == organisation_id)
    )
    document = connection.scalar(query) or {}
    return list(document.get("aims") or [])


def _latest(
    connection: sa.Connection,
    organisation_id: int,
    aims: Sequence[str],
) -> dict[str, JudgedRow]:
    """The last evaluation of each aim."""
    newest = (
        sa.select(_EVALUATION.c.id)
        .where(_EVALUATION.c.subject_id == _SUBJECT.c.id)
        .order_by(_EVALUATION.c.as_of.desc(), _EVALUATION.c.id.desc())
        .limit(1)
        .correlate(_SUBJECT)
    )
    columns = [_EVALUATION.c[name] for name in JudgedRow.__slots__]
    query = (
        sa.select(_SUBJECT.c.key, *columns)
        .join(_EVALUATION, _EVALUATION.c.id == newest.scalar_subquery())
        .where(
            _SUBJECT.c.organisation_id == organisation_id,
            _SUBJECT.c.kind == _AIM,
            _SUBJECT.c.key.in_(aims),
        )
    )
    found = {}
    for row in connection.execute(query):
        values = dict(row._mapping)
        aim = values.pop("key")
        found[aim] = JudgedRow(**values)
    return found
