"""Judging in the database: whose turn it is, what is known of it, and all that it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from services.alerting.budget import SINGLY
from services.alerting.lifecycle import Change, Decision
from services.alerting.overtaken import Heard, To, hears, overtaken, told_of_wrong
from services.framework.evaluate import ENGINE_VERSION
from services.framework.judgement import Evaluation, Subject, SubjectKind
from services.framework.late import Restated, because
from services.framework.leave import is_here
from services.framework.periods import local_date
from services.persistence import tables
from services.persistence.attention import KEPT, UNTOLD, Attention
from services.persistence.bulk import insert_numbered, insert_rows
from services.persistence.clock import ClockReading, read_clock
from services.persistence.engine import is_sqlite, reading, writing
from services.persistence.evaluation_text import written
from services.persistence.known import Known, known_of
from services.persistence.plans import PlanStore
from services.ports.clock import Clock
from services.ports.delivery import Part, Slot
from services.ports.evaluation import AlertChange, UnreadableSubjectError

_SUBJECT, _EVALUATION = tables.subject, tables.evaluation
_ALERT, _MESSAGE = tables.alert, tables.message
APART, LONG = timedelta(seconds=2), timedelta(seconds=3)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=1)
_MAIL = "mail"
_JUDGES, _INT4 = 7_201, 2**31 - 1
_LOOKED_AT = 1_000
_ACKNOWLEDGED = ("acknowledged_at", "acknowledged_by", "acknowledged_note")
_DECIDED = ("decision", "decided_at", "decided_by", "decided_note", "decided_until")
_OF_EPISODE = (*_ACKNOWLEDGED, *_DECIDED)


class DatabaseJudgementStore:
    """Finds what is stale or due; a subject is one judge's from its reading to its storing.

    A subject is judged again `APART` later at the earliest, or ``apart`` where that is given.
    """

    def __init__(
        self,
        engine: sa.Engine,
        plans: PlanStore,
        clock: Clock,
        domain: str,
        apart: timedelta | None = None,
    ) -> None:
        self._engine = engine
        self._plans = plans
        self._clock = clock
        self._domain = domain
        self._apart = apart

    @contextmanager
    def next(self, most: int = 1) -> Iterator[Sequence[_Work]]:
        """The next subjects, by rank; none where none waits. Commits when left well.

        One, or up to ``most`` of one organisation where the first has waited for `LONG`: work that
        piles up is done faster together. Judges pass by what another has; no feed waits for one.
        """
        if is_sqlite(self._engine) and not self._any():
            yield ()
            return
        with writing(self._engine) as connection:
            works = self._read(connection, most)
            yield works
            _flush(connection, works)

    def _read(self, connection: sa.Connection, most: int) -> list[_Work]:
        """What is to be judged; what another judge has just been through is passed by.

        One alone is read under its lock, which is quick; what a feed holds, and several, from a
        snapshot, which no feed waits for.
        """
        clock = read_clock(connection)
        given = _at(self._clock.system_now(), clock)
        apart = APART if self._apart is None else self._apart
        alone = True
        while turns := _turns(connection, given, most):
            alone = alone and len(turns) == 1
            with self._view(connection, alone=alone) as view:
                rows = _claimed(view, turns, given, alone=alone)
                known = self._known(view, rows, clock)
            if rows:
                every = zip(rows, known, strict=True)
                attention = Attention(connection, rows[0].organisation_id)
                named = self._domain, attention
                return [_Work(connection, row, each, named, apart) for row, each in every]
            alone = False
        return []

    def _view(
        self, connection: sa.Connection, *, alone: bool
    ) -> AbstractContextManager[sa.Connection]:
        """What to read by; SQLite's writer sees no other's change anyway."""
        own = alone or is_sqlite(connection)
        return nullcontext(connection) if own else reading(self._engine)

    def _known(
        self, snapshot: sa.Connection, rows: Sequence[Any], clock: ClockReading
    ) -> list[Known]:
        """What is known of them, as of an instant from which on nothing more is seen.

        What one subject alone cannot be read by is said of it.
        """
        if not rows:
            return []
        system = self._clock.system_now()
        now = system, clock.business(system)
        first = rows[0]
        try:
            plan = self._plans.version(first.organisation_id, first.plan_version)
            return list(known_of(snapshot, rows, plan, now))
        except Exception as error:
            subject = Subject(SubjectKind(first.kind), first.key)
            why = f"{type(error).__name__}: {error}"
            raise UnreadableSubjectError(
                first.organisation_id, subject, why, alone=len(rows) == 1
            ) from error

    def _any(self) -> bool:
        """Whether anything waits, asked without the writer's lock."""
        with reading(self._engine) as connection:
            now = self._clock.system_now()
            return bool(_waiting(connection, _at(now, read_clock(connection)), 1))

    def failed(self, organisation_id: int, subject: Subject, error: str, now: datetime) -> None:
        """Put the subject off, twice as long each time, and keep the error."""
        mine = sa.and_(
            _SUBJECT.c.organisation_id == organisation_id,
            _SUBJECT.c.kind == subject.kind.value,
            _SUBJECT.c.key == subject.id,
        )
        with writing(self._engine) as connection:
            attempts = connection.scalar(sa.select(_SUBJECT.c.attempts).where(mine)) or 0
            wait = min(_FIRST_WAIT * 2 ** min(attempts, 10), _LONGEST_WAIT)
            connection.execute(
                _SUBJECT.update()
                .where(mine)
                .values(
                    attempts=attempts + 1,
                    last_error=error[:500],
                    not_before=now + wait,
                    rank_at=sa.func.coalesce(_SUBJECT.c.rank_at, now),
                )
            )


def _turns(connection: sa.Connection, at: Mapping[str, datetime], most: int) -> list[Any]:
    """The first that waits, or the first ``most`` of its organisation if it has waited long."""
    turns = _waiting(connection, at, 1)
    if turns and most > 1 and _waited(turns[0], at):
        several, owner = _waiting(connection, at, most), turns[0].organisation_id
        return [row for row in several if row.organisation_id == owner]
    return turns


def _waiting(connection: sa.Connection, at: Mapping[str, datetime], most: int) -> list[Any]:
    """What waits, by rank, and no other judge has; what time made due ranks as if marked now."""
    lite = is_sqlite(connection)
    rows = list(connection.execute(_stale(lite), {**at, "most": most}))
    if len(rows) < most:
        rows += connection.execute(_due(lite), {**at, "most": most - len(rows)})
    return rows


def _claimed(
    connection: sa.Connection, turns: Sequence[Any], at: Mapping[str, datetime], *, alone: bool
) -> list[Any]:
    """Those of them that still wait, in the order given; one ``alone`` is locked."""
    order = {row.id: place for place, row in enumerate(turns)}
    claimed = _CLAIMED_ALONE if alone else _CLAIMED
    rows = connection.execute(claimed, {**at, "subjects": list(order)}).all()
    return sorted(rows, key=lambda row: order[row.id])


def _first(lite: bool, first_by: sa.Column[Any], *those: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Subjects that may be judged now, in an index's order: it is read no further than asked.

    On PostgreSQL each is taken by an advisory lock, which lasts as long as the transaction.
    """
    subject, most = _SUBJECT.c, sa.bindparam("most", type_=sa.Integer)
    waiting = (
        sa.select(subject.id, subject.organisation_id, subject.rank_at, subject.wake_at)
        .where(*those, _ALLOWED)
        .order_by(first_by)
    )
    if lite:
        return waiting.limit(most)
    line = waiting.limit(_LOOKED_AT).subquery()
    number = sa.cast(line.c.id % _INT4, sa.Integer)
    mine = sa.func.pg_try_advisory_xact_lock(_JUDGES, number)
    return sa.select(line).where(mine).limit(most)


def _last(column: sa.Column[Any]) -> sa.Label[Any]:
    """A column of the subject's last evaluation."""
    query = sa.select(column).where(_EVALUATION.c.subject_id == _SUBJECT.c.id)
    newest = query.order_by(_EVALUATION.c.id.desc()).limit(1)
    return newest.scalar_subquery().label(f"last_{column.name}")


_PLAN_VERSION = (
    sa.select(tables.organisation.c.plan_version)
    .where(tables.organisation.c.id == _SUBJECT.c.organisation_id)
    .scalar_subquery()
    .label("plan_version")
)
_LAST = (
    _last(_EVALUATION.c.id),
    _last(_EVALUATION.c.outcome_hash),
    _last(_EVALUATION.c.valid_to),
)
_ALLOWED = sa.or_(
    _SUBJECT.c.not_before.is_(None),
    _SUBJECT.c.not_before <= sa.bindparam("system_now", type_=_SUBJECT.c.not_before.type),
)
_IS_STALE = _SUBJECT.c.rank_at.is_not(None)
_IS_DUE = _SUBJECT.c.wake_at <= sa.bindparam("business_now", type_=_SUBJECT.c.wake_at.type)
_CLAIMED = (
    sa.select(_SUBJECT, _PLAN_VERSION, *_LAST)
    .where(_SUBJECT.c.id.in_(sa.bindparam("subjects", expanding=True)))
    .where(_ALLOWED, sa.or_(_IS_STALE, _IS_DUE))
)
_CLAIMED_ALONE = _CLAIMED.with_for_update(skip_locked=True, key_share=True, of=_SUBJECT)
_SEEN_ALL = _SUBJECT.c.sequence == sa.bindparam("saw")
_JUDGED = (
    _SUBJECT.update()
    .where(_SUBJECT.c.id == sa.bindparam("subject"))
    .values(
        rank_at=sa.case((_SEEN_ALL, sa.null()), else_=_SUBJECT.c.rank_at),
        marked_at=sa.case((_SEEN_ALL, sa.null()), else_=_SUBJECT.c.marked_at),
    )
)
_HELD = _EVALUATION.update().where(_EVALUATION.c.id == sa.bindparam("last"))
_OPENED = _ALERT.insert().returning(_ALERT.c.id)
_CHANGED = _ALERT.update().where(_ALERT.c.id == sa.bindparam("alert"))
_LAST_RESTATED = (
    sa.select(tables.restatement.c.period)
    .where(tables.restatement.c.subject_id == sa.bindparam("subject"))
    .order_by(tables.restatement.c.id.desc())
    .limit(1)
)


@cache
def _stale(lite: bool) -> sa.Select[Any]:
    return _first(lite, _SUBJECT.c.rank_at, _IS_STALE)


@cache
def _due(lite: bool) -> sa.Select[Any]:
    return _first(lite, _SUBJECT.c.wake_at, _SUBJECT.c.rank_at.is_(None), _IS_DUE)


def _at(system_now: datetime, clock: ClockReading) -> dict[str, datetime]:
    return {"system_now": system_now, "business_now": clock.business(system_now)}


def _waited(row: Any, at: Mapping[str, datetime]) -> bool:
    """Whether what waits has waited for long."""
    if row.rank_at is not None:
        return bool(at["system_now"] - row.rank_at >= LONG)
    return bool(at["business_now"] - row.wake_at >= LONG)


class _Work:
    """One subject being judged."""

    def __init__(
        self,
        connection: sa.Connection,
        row: Any,
        known: Known,
        named: tuple[str, Attention],
        apart: timedelta,
    ) -> None:
        self._connection = connection
        self._row = row
        self._apart = apart
        self._alerts = known.alerts
        self._system, self._business = known.snapshot.system, known.snapshot.as_of
        self._domain, self._attention = named
        self._lease: datetime | None = None
        self._leaving: list[Slot] = []
        self.snapshot = known.snapshot
        self.judged: dict[str, Any] | None = None
        self.held: dict[str, Any] | None = None
        self.new: dict[str, Any] | None = None
        self.opening: list[AlertChange] = []
        self.events: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []

    def restated_to(self, period: str) -> bool:
        """Whether what was last restated of the subject reached to ``period``."""
        found = self._connection.execute(_LAST_RESTATED, {"subject": self._row.id}).first()
        return found is not None and bool(found.period == period)

    def store(
        self,
        evaluation: Evaluation,
        changes: Sequence[AlertChange],
        lease: datetime | None,
        restated: Restated | None = None,
    ) -> Sequence[Slot]:
        """Keep what changed and what is owed, and clear the mark; gives what was leased."""
        self._lease = lease
        self._keep(evaluation)
        for change in changes:
            self._note(change)
        if restated is not None:
            told = {(c.expectation, c.about) for c in changes if c.restated and c.decision.tells}
            self._restate(restated, told)
        self.judged = {
            "subject": self._row.id,
            "judged_sequence": self._row.sequence,
            "saw": self._row.sequence,
            "not_before": self._system + self._apart,
            "wake_at": self._wakes(evaluation),
            "attempts": 0,
            "last_error": None,
        }
        return self._leaving

    def _wakes(self, evaluation: Evaluation) -> datetime | None:
        """When time alone could next change something: the answer, or that an alert is snoozed."""
        sleeping = (a.snoozed_until for a in self._alerts.values() if a.state == "open")
        ends = [end for end in sleeping if end is not None and end > self._business]
        return min([*ends, *([evaluation.next_due] if evaluation.next_due else [])], default=None)

    def _keep(self, evaluation: Evaluation) -> None:
        """A new row if the outcome changed, else the last one holds on."""
        body, digest = written(evaluation)
        if self._row.last_outcome_hash == digest:
            self.held = {"last": self._row.last_id, "valid_to": evaluation.as_of}
            return
        verdict = evaluation.verdict
        self.new = {
            "valid_to": evaluation.as_of,
            "body": body,
            "plan_version": self.snapshot.plan.version,
            "engine_version": ENGINE_VERSION,
            "seen": dict(self.snapshot.seen),
            "organisation_id": self._row.organisation_id,
            "subject_id": self._row.id,
            "as_of": evaluation.as_of,
            "status": verdict.status.value if verdict else None,
            "reason": verdict.reason if verdict else None,
            "blind_since": verdict.blind_since.label if verdict and verdict.blind_since else None,
            "outcome_hash": digest,
        }

    def _restate(self, restated: Restated, told: Collection[tuple[str, str]]) -> None:
        """Keep what is restated; an alert that no step tells of it hears of it in its timeline."""
        row = {
            "organisation_id": self._row.organisation_id,
            "subject_id": self._row.id,
            "at": self._business,
            "period": restated.period,
            "causes": list(restated.causes),
            "months": [month._asdict() for month in restated.months],
            "findings": [finding._asdict() for finding in restated.findings],
        }
        self._connection.execute(tables.restatement.insert(), row)
        for finding in restated.findings:
            alert = self._alerts.get((finding.expectation, finding.about))
            if alert is not None and (finding.expectation, finding.about) not in told:
                words = f"{finding.words} {because(restated)}"
                self._happened((alert.id, alert.episode, alert.step), "restated", None, words, {})

    def _note(self, change: AlertChange) -> None:
        """Write what becomes of an alert; a new one waits for others, unless it leaves at once."""
        alert = self._alerts.get((change.expectation, change.about))
        if alert is not None:
            self._change(alert, change)
        elif self._leaves_at_once(change):
            identifier = self._connection.execute(_OPENED, self.new_alert(change)).scalar_one()
            self.opened(change, identifier)
        else:
            self.opening.append(change)

    def _leaves_at_once(self, change: AlertChange) -> bool:
        """Whether some of what is owed is sent as soon as it is committed."""
        return any(self._leased(one.channel, one.due_at) for one in change.owed)

    def _leased(self, channel: str, due: datetime) -> datetime | None:
        """Until when a message is leased to be sent at once; None for one that waits."""
        return self._lease if due <= self._system and channel != _MAIL else None

    def new_alert(self, change: AlertChange) -> dict[str, Any]:
        """The row of an alert that there is not yet; every one has the same columns."""
        return {
            **dict.fromkeys(_OF_EPISODE),
            "resolved_at": None,
            "snoozed_until": None,
            "opened_at": self._business,
            **self._values(change.decision, self._business),
            "reason": change.reason,
            "organisation_id": self._row.organisation_id,
            "subject_id": self._row.id,
            "expectation": change.expectation,
            "about": change.about,
        }

    def opened(self, change: AlertChange, identifier: int) -> None:
        """Tell of a new alert, now that it is written."""
        if change.decision.tells:
            self._tell((identifier, 1, 1), change, ())
        else:
            self._set_aside((identifier, 1, 1), change)

    def _change(self, alert: Any, change: AlertChange) -> None:
        """Change an alert that there is, and tell of it."""
        decision = change.decision
        begins = _begins(decision)
        episode = alert.episode + 1 if begins else alert.episode
        step = 1 if begins else alert.step + (1 if decision.tells else 0)
        values = self._values(decision, alert.changed_at)
        said = {"alert": alert.id, "reason": change.reason, "episode": episode, "step": step}
        self._connection.execute(_CHANGED, values | said)
        if decision.tells:
            owed = [To(one.recipient, one.channel) for one in change.owed]
            told = self._overtake(alert.id, change, owed)
            self._tell((alert.id, episode, step), change, told)
        else:
            self._set_aside((alert.id, episode, step), change)

    def _set_aside(self, where: tuple[int, int, int], change: AlertChange) -> None:
        """Owe what is never told singly to the digests of those whom it concerns."""
        for one in change.owed:
            self._owe(where, (one.recipient, one.channel), one.content, one.due_at, SINGLY)

    def _tell(self, where: tuple[int, int, int], change: AlertChange, told: Sequence[To]) -> None:
        """Owe what is to be heard of a step; ``where`` is the alert, its episode and step."""
        owed = {To(one.recipient, one.channel): one for one in change.owed}
        self._event(where, change)
        hearing = hears(change.decision, owed, told)
        for to, one in owed.items():
            if to in hearing:
                self._owe(where, to, one.content, one.due_at, self._kept(change, to))
        if change.to_told is not None:
            self._tell_again(where, change, told)

    def _values(self, decision: Decision, changed_at: datetime) -> dict[str, Any]:
        """What a decision makes of an alert's row; ``changed_at`` is its last change so far."""
        values: dict[str, Any] = {"severity": decision.severity.value}
        if decision.change is Change.REVISE:
            return values | {"changed_at": changed_at}
        status = decision.status.value if decision.status else None
        values |= {"changed_at": self._business, "status": status}
        if not decision.silent:
            values["snoozed_until"] = None
        if decision.change in (Change.RESOLVE, Change.ANNOUNCE):
            values |= {"state": "resolved", "resolved_at": self._business}
        elif decision.change is Change.OPEN:
            values |= {"state": "open", "resolved_at": None, "opened_at": self._business}
        return values | (dict.fromkeys(_OF_EPISODE) if _begins(decision) else {})

    def _event(self, where: tuple[int, int, int], change: AlertChange) -> None:
        decision = change.decision
        status = decision.status.value if decision.status else None
        detail: dict[str, Any] = {"why": decision.why}
        if change.restated:
            detail["restated"] = change.restated
        kind = decision.change.value
        self._happened(where, kind, status, change.reason, detail)

    def _happened(
        self,
        where: tuple[int, int, int],
        kind: str,
        status: str | None,
        reason: str,
        detail: Mapping[str, Any],
    ) -> None:
        """A line of an alert's timeline; ``where`` is the alert, its episode and step."""
        event = {
            "organisation_id": self._row.organisation_id,
            "alert_id": where[0],
            "episode": where[1],
            "step": where[2],
            "kind": kind,
            "at": self._business,
            "actor": "bigdot",
            "status": status,
            "reason": reason,
            "detail": dict(detail),
        }
        self.events.append(event)

    def _owe(
        self,
        where: tuple[int, int, int],
        to: tuple[str, str],
        content: Mapping[str, Any],
        due: datetime,
        kept: str | None,
    ) -> None:
        """Owe a message; one that is ``kept`` for a reason waits for the person's digest."""
        ahead = self._business + (due - self._system)
        due = self._attention.due(self.snapshot.plan, to[0], due, ahead)
        leased = None if kept else self._leased(to[1], due)
        message_id = f"<{uuid4().hex}@{self._domain}>"
        message = {
            "organisation_id": self._row.organisation_id,
            "alert_id": where[0],
            "episode": where[1],
            "step": where[2],
            "recipient": to[0],
            "channel": to[1],
            "state": KEPT if kept else "sending" if leased else "owed",
            "last_error": kept,
            "closed_at": self._system if kept else None,
            "content": dict(content),
            "message_id": message_id,
            "told_of": self._business,
            "owed_at": self._system,
            "due_at": leased or due,
            "attempts": 1 if leased else 0,
        }
        if not leased:
            self.messages.append(message)
            return
        insert = _MESSAGE.insert().returning(_MESSAGE.c.id)
        number: int = self._connection.execute(insert, message).scalar_one()
        parts = (Part(number, *where, dict(content)),)
        self._leaving.append(Slot(self._row.organisation_id, to[0], to[1], message_id, 1, parts))

    def _overtake(self, alert: int, change: AlertChange, owed: Collection[To]) -> tuple[To, ...]:
        """Drop what waits and is no longer so; gives who was told that something was wrong."""
        waiting = _waits_to_leave(self._connection, alert)
        dropped = overtaken(change.decision, waiting, owed)
        for number, why in dropped.items():
            self._connection.execute(
                _MESSAGE.update()
                .where(_MESSAGE.c.id == number)
                .values(state="dropped", last_error=why, closed_at=self._system)
            )
        if dropped:
            led = sa.and_(_MESSAGE.c.slot.in_(dropped), _MESSAGE.c.closed_at.is_(None))
            self._connection.execute(_MESSAGE.update().where(led).values(slot=None))
        return told_of_wrong(_heard(self._connection, alert, waiting))

    def _tell_again(
        self, where: tuple[int, int, int], change: AlertChange, told: Sequence[To]
    ) -> None:
        """Owe those who were told, and have not left, what became of it."""
        plan = self.snapshot.plan
        today = local_date(self._business, plan.zone)
        for to in told:
            if not is_here(plan, to.person, today):
                continue
            due = change.mail_due if to.channel == _MAIL and change.mail_due else self._system
            self._owe(where, to, change.to_told or {}, due, self._kept(change, to))

    def _kept(self, change: AlertChange, to: To) -> str | None:
        """Why a step waits for a person's digest; None where it is sent at once."""
        step = change.expectation, change.decision
        return self._attention.kept(self.snapshot.plan, to.person, step, self._business)


def _begins(decision: Decision) -> bool:
    """Whether an episode of the alert begins."""
    return decision.change in (Change.OPEN, Change.ANNOUNCE)


def _waits_to_leave(connection: sa.Connection, alert: int) -> dict[int, To]:
    """Messages of an alert that surely reached nobody yet, locked.

    Not those that a sender has claimed, or is claiming, nor those that may have arrived.
    """
    rows = connection.execute(_UNSENT, {"alert": alert})
    return {row.id: To(row.recipient, row.channel) for row in rows}


def _unsent() -> sa.Select[Any]:
    m, attempt = _MESSAGE.c, tables.delivery_attempt.c
    unsure = sa.exists().where(attempt.message_id == m.id, attempt.result == "unknown")
    return (
        sa.select(m.id, m.recipient, m.channel)
        .where(
            m.alert_id == sa.bindparam("alert"), m.state == "owed", m.closed_at.is_(None), ~unsure
        )
        .order_by(m.id)
        .with_for_update(skip_locked=True)
    )


def _heard(connection: sa.Connection, alert: int, waiting: Collection[int]) -> list[Heard]:
    """What left of an alert, or may have left: neither given up, nor dropped, nor waiting."""
    rows = connection.execute(_LEFT, {"alert": alert}).all()
    return [Heard(To(r.recipient, r.channel), r.kind) for r in rows if r.id not in waiting]


def _left() -> sa.Select[Any]:
    m, event = _MESSAGE.c, tables.alert_event.c
    step = sa.and_(
        event.alert_id == m.alert_id,
        event.episode == m.episode,
        event.step == m.step,
        event.kind.in_([change.value for change in Change]),
    )
    return (
        sa.select(m.id, m.recipient, m.channel, event.kind)
        .join_from(_MESSAGE, tables.alert_event, step)
        .where(m.alert_id == sa.bindparam("alert"), m.state.not_in(UNTOLD))
        .order_by(m.id)
    )


_UNSENT, _LEFT = _unsent(), _left()


def _flush(connection: sa.Connection, works: Sequence[_Work]) -> None:
    """Write what was judged: new alerts, evaluations, how long the last held, what is owed, marks.

    The mark of a subject that something came for meanwhile stays. Feeds lock by id, and so do we.
    """
    _open(connection, works)
    insert_rows(connection, tables.alert_event, [event for work in works for event in work.events])
    insert_rows(connection, _MESSAGE, [message for work in works for message in work.messages])
    insert_rows(connection, _EVALUATION, [work.new for work in works if work.new])
    _each(connection, _HELD, [work.held for work in works if work.held])
    judged = [work.judged for work in works if work.judged]
    _each(connection, _JUDGED, sorted(judged, key=itemgetter("subject")))


def _each(
    connection: sa.Connection, statement: sa.Update, values: Sequence[Mapping[str, Any]]
) -> None:
    if values:
        connection.execute(statement, list(values) if len(values) > 1 else values[0])


def _open(connection: sa.Connection, works: Sequence[_Work]) -> None:
    """Write the new alerts of all of them together, and what is told of each."""
    opening = [(work, change) for work in works for change in work.opening]
    if opening:
        rows = [work.new_alert(change) for work, change in opening]
        identifiers = insert_numbered(connection, _ALERT, rows)
        for (work, change), identifier in zip(opening, identifiers, strict=True):
            work.opened(change, identifier)
