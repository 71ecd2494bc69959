"""Use case: judge what is stale or due, one subject a transaction, and owe what it makes news."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from services.alerting.content import of_finding as finding_content
from services.alerting.content import of_status as status_content
from services.alerting.lifecycle import (
    SAID_BY_STATUS,
    STATUS,
    Change,
    Decision,
    decide_finding,
    decide_status,
)
from services.alerting.recipients import MAIL, Recipient
from services.alerting.recipients import of_finding as who_hears_finding
from services.alerting.recipients import of_status as who_hears_status
from services.framework.evaluate import evaluate
from services.framework.judgement import Evaluation, Outcome, Verdict
from services.framework.late import Case, Restated, Told, because, restate, spans
from services.framework.periods import local_date, midnight
from services.framework.roster import Roster
from services.ports.clock import Clock
from services.ports.delivery import Handover
from services.ports.evaluation import (
    AlertChange,
    JudgementStore,
    Owed,
    Snapshot,
    UnreadableSubjectError,
)

_NEWS = frozenset({Change.OPEN, Change.STEP, Change.ANNOUNCE})


class Judged(Enum):
    """What came of asking for the next subject."""

    NOTHING = "nothing to judge"
    QUIET = "judged, nothing to tell"
    NEWS = "judged, messages owed"


class Judge:
    """Judges subjects as of business time. ``merge`` is how long a mail waits for others."""

    def __init__(self, store: JudgementStore, clock: Clock, merge: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._merge = merge

    def next(self, hand: Handover | None = None) -> Judged:
        """Judge one subject, if any is stale or due.

        A subject that cannot be judged is put off, so that the others go on. Given somebody to
        hand over to, what leaves at once is sent as soon as it is committed.
        """
        judged: Snapshot | None = None
        try:
            with self._store.next() as work:
                if work is None:
                    return Judged.NOTHING
                judged = work.snapshot
                evaluation = evaluate(judged.plan, judged.facts, judged.subject, judged.as_of)
                restated = _restated(judged, evaluation)
                changes = self._changes(judged, evaluation, _Past(restated, work.restated_to))
                lease = hand.lease(judged.system) if hand else None
                leaving = work.store(evaluation, changes, lease, restated)
        except UnreadableSubjectError as error:
            now = self._clock.system_now()
            self._store.failed(error.organisation_id, error.subject, str(error), now)
            return Judged.QUIET
        except Exception as error:
            if judged is None:
                raise
            name = type(error).__name__
            why = f"{name}: {error}"
            self._store.failed(judged.organisation_id, judged.subject, why, judged.system)
            return Judged.QUIET
        if hand and lease:
            hand.send(leaving, lease)
        return Judged.NEWS if any(change.decision.tells for change in changes) else Judged.QUIET

    def _changes(
        self, snapshot: Snapshot, evaluation: Evaluation, past: _Past
    ) -> list[AlertChange]:
        owing = self._owed(snapshot.system)
        changes = [*_of_findings(snapshot, evaluation, owing, past)]
        if evaluation.verdict is not None:
            changes.append(_of_status(snapshot, evaluation, owing, past))
        return [change for change in changes if change.decision.change is not Change.NOTHING]

    def _owed(self, system: datetime) -> _Owing:
        return _Owing(system, self._merge)


class _Past(NamedTuple):
    """What late facts make of the past, and whether an earlier restatement reached to a period."""

    restated: Restated | None
    reaches: Callable[[str], bool]

    def words(self, expectation: str, about: str) -> str | None:
        """What is restated of an alert, and by what; of a status else of which periods."""
        if self.restated is None:
            return None
        found = self.restated.of(expectation, about)
        if found is None and expectation == STATUS and self.restated.months:
            found = f"{'; '.join(spans(self.restated.months))}."
        return f"Restated. {found} {because(self.restated)}" if found else None

    def keeps_back(self, verdict: Verdict) -> bool:
        """Whether a status is news of a month long past: restated, while no value comes.

        It is told with the next value, if it still is so.
        """
        if verdict.blind_since is None or verdict.period is None:
            return False
        period = verdict.period.label
        anew = self.restated is not None and bool(self.restated.months)
        return anew or self.reaches(period)


def _restated(judged: Snapshot, evaluation: Evaluation) -> Restated | None:
    """What facts that came late change of what was said before."""
    if not judged.late or judged.checked_at is None:
        return None
    case = Case(judged.plan, judged.subject, judged.facts, judged.late, judged.checked_at)
    told = (
        Told(*key, standing.opened_at, None if standing.open else standing.resolved_at)
        for key, standing in judged.standings.items()
        if standing.opened_at is not None
    )
    return restate(case, evaluation, told)


class _Owing:
    """Makes messages owed: mail waits to be merged, other channels do not wait."""

    def __init__(self, system: datetime, merge: timedelta) -> None:
        self._system = system
        self._merge = merge

    @property
    def mail_due(self) -> datetime:
        """When a mail owed now leaves."""
        return self._system + self._merge

    def __call__(self, recipient: Recipient, content: dict[str, Any]) -> Owed:
        due = self.mail_due if recipient.channel == MAIL else self._system
        return Owed(recipient.person, recipient.channel, content, due)


def _of_status(
    snapshot: Snapshot, evaluation: Evaluation, owing: _Owing, past: _Past
) -> AlertChange:
    verdict, aim = evaluation.verdict, snapshot.subject.id
    assert verdict is not None  # noqa: S101 - asked by the caller
    about = str(snapshot.subject)
    standing = snapshot.standings.get((STATUS, about))
    decision = decide_status(standing, verdict, ended=_has_ended(snapshot, evaluation))
    if decision.change in _NEWS and past.keeps_back(verdict):
        decision = Decision(Change.NOTHING, "Restated of a month long past: not sent.")
    restated = past.words(STATUS, about) if decision.tells else None
    reason = f"{verdict.reason} {restated}" if restated else verdict.reason
    owed: Iterable[Owed] = ()
    if decision.tells:
        content = status_content(snapshot.plan, snapshot.plan.aims[aim], verdict, decision)
        content["reason"] = reason
        told = who_hears_status(snapshot.plan, _roster(snapshot, evaluation), aim)
        owed = [owing(recipient, content) for recipient in told]
    return AlertChange(STATUS, about, decision, reason, tuple(owed), restated=restated)


def _has_ended(snapshot: Snapshot, evaluation: Evaluation) -> bool:
    ended = snapshot.plan.aims[snapshot.subject.id].ended
    return ended is not None and midnight(ended, snapshot.plan.zone) <= evaluation.as_of


def _roster(snapshot: Snapshot, evaluation: Evaluation) -> Roster:
    on = local_date(evaluation.as_of, snapshot.plan.zone)
    return Roster.of(snapshot.plan, snapshot.facts, on)


def _of_findings(
    snapshot: Snapshot, evaluation: Evaluation, owing: _Owing, past: _Past
) -> Iterable[AlertChange]:
    """A change for each outcome, and a resolution for what is no longer looked at at all."""
    roster = _roster(snapshot, evaluation)
    looked_at = set()
    for outcome in evaluation.outcomes:
        if outcome.expectation not in SAID_BY_STATUS:
            looked_at.add((outcome.expectation, outcome.about))
            yield _of_outcome(snapshot, roster, outcome, owing, past)
    for (expectation, about), standing in snapshot.standings.items():
        if expectation != STATUS and (expectation, about) not in looked_at and standing.open:
            gone = Outcome(expectation, about, False, "It is no longer asked for.")
            yield _of_outcome(snapshot, roster, gone, owing, past)


def _of_outcome(
    snapshot: Snapshot, roster: Roster, outcome: Outcome, owing: _Owing, past: _Past
) -> AlertChange:
    key = (outcome.expectation, outcome.about)
    decision = decide_finding(snapshot.standings.get(key), outcome)
    if not decision.tells:
        return AlertChange(*key, decision, outcome.reason)
    content = finding_content(snapshot.plan, snapshot.subject, outcome, decision)
    if decision.change is Change.RESOLVE:
        restated = past.words(*key)
        reason = f"{outcome.reason} {restated}" if restated else outcome.reason
        content["reason"] = reason
        due = owing.mail_due
        return AlertChange(*key, decision, reason, to_told=content, mail_due=due, restated=restated)
    told = who_hears_finding(snapshot.plan, roster, snapshot.subject, outcome)
    owed = tuple(owing(recipient, content) for recipient in told)
    return AlertChange(*key, decision, outcome.reason, owed)
