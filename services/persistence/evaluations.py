"""Stored evaluations: their bodies, their hashes, and what each of them saw."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa

from services.framework.evaluate import ENGINE_VERSION
from services.framework.judgement import Evaluation, Subject, SubjectKind
from services.framework.plan import Plan
from services.persistence import tables
from services.persistence.bearings import bearing
from services.persistence.engine import reading
from services.persistence.evaluation_text import written
from services.persistence.json_text import to_text
from services.persistence.plans import PlanStore
from services.persistence.snapshots import load_facts
from services.ports.evaluation import History, Said, Seen

_EVALUATION, _SUBJECT = tables.evaluation, tables.subject


class DatabaseEvaluationStore:
    """Reads evaluations together with what they were made from."""

    def __init__(self, engine: sa.Engine, plans: PlanStore) -> None:
        self._engine = engine
        self._plans = plans

    def seen(self, organisation_id: int, evaluation_id: int) -> Seen:
        """What the evaluation saw. Raises LookupError for one of nobody's."""
        query = (
            sa.select(_EVALUATION, _SUBJECT.c.kind, _SUBJECT.c.key)
            .join(_SUBJECT, _SUBJECT.c.id == _EVALUATION.c.subject_id)
            .where(
                _EVALUATION.c.id == evaluation_id,
                _EVALUATION.c.organisation_id == organisation_id,
            )
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            if row is None:
                raise LookupError(f"there is no evaluation {evaluation_id}")
            plan = self._plans.version(organisation_id, row.plan_version)
            subject = Subject(SubjectKind(row.kind), row.key)
            looked_at = bearing(connection, organisation_id, plan, subject)
            facts = load_facts(connection, organisation_id, plan, looked_at, row.seen)
        said = Said(row.outcome_hash, row.body, row.engine_version)
        return Seen(subject, plan, facts, row.as_of, said)

    def history(self, organisation_id: int, plan: Plan, subject: Subject) -> History:
        """The facts that bear on a subject by a plan. Raises LookupError without a plan."""
        version = tables.plan_version.c
        first = sa.select(sa.func.min(version.known_at)).where(
            version.organisation_id == organisation_id
        )
        with reading(self._engine) as connection:
            adopted_at: datetime | None = connection.scalar(first)
            if adopted_at is None:
                raise LookupError(f"organisation {organisation_id} has no plan")
            looked_at = bearing(connection, organisation_id, plan, subject)
            facts = load_facts(connection, organisation_id, plan, looked_at)
        return History(facts, adopted_at)

    def said(self, evaluation: Evaluation) -> Said:
        """What a judgement says, as it would be stored."""
        kept = written(evaluation)
        return Said(kept.outcome_hash, json.loads(to_text(kept.body)), ENGINE_VERSION)
