"""Use case: judge what is stale or due, one subject a transaction, and owe what it makes news."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from services.alerting.content import of_finding as finding_content
from services.alerting.content import of_status as status_content
from services.alerting.cover import covered
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
from services.alerting.snoozing import woken
from services.framework.evaluate import evaluate
from services.framework.judgement import Evaluation, Outcome, SubjectKind, Verdict
from services.framework.late import Case, Restated, Told, because, restate, spans
from services.framework.periods import local_date, midnight
from services.framework.plan import Aim
from services.framework.roster import Roster
from services.framework.site_shares import sites_said
from services.framework.verdict import ending
from services.ports.clock import Clock
from services.ports.delivery import Handover, Slot
from services.ports.evaluation import (
    AlertChange,
    JudgementStore,
    Owed,
    Snapshot,
    UnreadableSubjectError,
    Work,
)

_NEWS = frozenset({Change.OPEN, Change.STEP, Change.ANNOUNCE})
MOST = 100
"""Subjects of one transaction, where work has piled up."""
LONGEST_SECONDS = 0.4
"""Time after which no further one is judged in a transaction."""


class Judged(Enum):
    """What came of asking for the next subject."""

    NOTHING = "nothing to judge"
    QUIET = "judged, nothing to tell"
    NEWS = "judged, messages owed"


class _Round:
    """What comes of the subjects of one transaction, until its time is over."""

    def __init__(self, hand: Handover | None) -> None:
        self._hand = hand
        self._end = 0.0
        self._judged = 0
        self.is_over = False
        self.works: Sequence[Work] = ()
        self.lease: datetime | None = None
        self.leaving: list[Slot] = []
        self.failed: list[tuple[Snapshot, Exception]] = []
        self.tells = False

    def begin(self, works: Sequence[Work]) -> None:
        """Take what is to be judged; its time runs from now."""
        self.works = works
        self._end = time.monotonic() + LONGEST_SECONDS

    @property
    def came(self) -> Judged:
        """What came of it."""
        if not self.works:
            return Judged.NOTHING
        return Judged.NEWS if self.tells else Judged.QUIET

    def leased(self, system: datetime) -> datetime | None:
        """Until when what leaves at once is leased: of all of them alike."""
        if self.lease is None and self._hand is not None:
            self.lease = self._hand.lease(system)
        return self.lease

    def judged(self) -> None:
        """Note that one more was; a judgement does not wait for too many others."""
        self._judged += 1
        self.is_over = time.monotonic() >= self._end

    def fitting(self, most: int) -> int:
        """How many to take next time: as many as fitted, or more where all did."""
        return max(2, self._judged) if self.is_over else min(MOST, most * 2)


class Judge:
    """Judges subjects as of business time. ``merge`` is how long a mail waits for others."""

    def __init__(self, store: JudgementStore, clock: Clock, merge: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._merge = merge
        self._singly = 0
        self._most = MOST

    def next(self, hand: Handover | None = None) -> Judged:
        """Judge one subject, if any is stale or due.

        A subject that cannot be judged is put off, so that the others go on. Given somebody to
        hand over to, what leaves at once is sent as soon as it is committed.
        """
        return self._judge(hand, 1)

    def several(self, hand: Handover | None = None) -> Judged:
        """Judge one subject, or several in one transaction where work has piled up.

        If that cannot be written, nothing of it was: they are then judged one by one.
        """
        if self._singly > 0:
            self._singly -= 1
            return self._judge(hand, 1)
        return self._judge(hand, self._most)

    def _judge(self, hand: Handover | None, most: int) -> Judged:
        round_ = _Round(hand)
        try:
            with self._store.next(most) as works:
                round_.begin(works)
                self._each(round_)
        except UnreadableSubjectError as unread:
            self._unread(unread, most)
            return Judged.QUIET
        except Exception as unwritten:
            if not round_.works:
                raise
            self._unwritten(round_, unwritten)
            return Judged.QUIET
        for snapshot, error in round_.failed:
            self._put_off(snapshot, error)
        if most > 1:
            self._most = round_.fitting(most)
        if hand and round_.lease:
            hand.send(round_.leaving, round_.lease)
        return round_.came

    def _each(self, round_: _Round) -> None:
        for work in round_.works:
            if not round_.is_over:
                self._one(work, round_)

    def _unread(self, error: UnreadableSubjectError, most: int) -> None:
        if error.alone:
            now = self._clock.system_now()
            self._store.failed(error.organisation_id, error.subject, str(error), now)
        else:
            self._singly = most

    def _unwritten(self, round_: _Round, error: Exception) -> None:
        if len(round_.works) > 1:
            self._singly = len(round_.works)
        else:
            self._put_off(round_.works[0].snapshot, error)

    def _one(self, work: Work, round_: _Round) -> None:
        """Judge one of a round; what cannot be judged is left unwritten."""
        snapshot = work.snapshot
        try:
            evaluation = evaluate(snapshot.plan, snapshot.facts, snapshot.subject, snapshot.as_of)
            restated = _restated(snapshot, evaluation)
            changes = self._changes(snapshot, evaluation, _Past(restated, work.restated_to))
        except Exception as error:  # noqa: BLE001 - a fault of ours, which stops no other subject
            round_.failed.append((snapshot, error))
            return
        lease = round_.leased(snapshot.system)
        round_.leaving += work.store(evaluation, changes, lease, restated)
        round_.tells |= any(change.decision.tells for change in changes)
        round_.judged()

    def _put_off(self, snapshot: Snapshot, error: Exception) -> None:
        why = f"{type(error).__name__}: {error}"
        self._store.failed(snapshot.organisation_id, snapshot.subject, why, snapshot.system)

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
        if recipient.note:
            content = content | {"cover": recipient.note}
        return Owed(recipient.person, recipient.channel, content, due)


def _of_status(
    snapshot: Snapshot, evaluation: Evaluation, owing: _Owing, past: _Past
) -> AlertChange:
    verdict, aim = evaluation.verdict, snapshot.subject.id
    assert verdict is not None  # noqa: S101 - asked by the caller
    about = str(snapshot.subject)
    standing = snapshot.standings.get((STATUS, about))
    decision = decide_status(standing, verdict, ended=_has_ended(snapshot, evaluation))
    decision = woken(standing, decision, snapshot.as_of)
    if decision.change in _NEWS and past.keeps_back(verdict):
        decision = Decision(Change.NOTHING, "Restated of a month long past: not sent.")
    restated = past.words(STATUS, about) if decision.tells else None
    reason = f"{verdict.reason} {restated}" if restated else verdict.reason
    owed: Iterable[Owed] = ()
    if decision.tells:
        content = status_content(snapshot.plan, snapshot.plan.aims[aim], verdict, decision)
        content["reason"] = reason
        content |= _sites(snapshot, snapshot.plan.aims[aim])
        roster = _roster(snapshot, evaluation)
        told = covered(snapshot.plan, roster.on, who_hears_status(snapshot.plan, roster, aim))
        owed = [owing(recipient, content) for recipient in told]
    return AlertChange(STATUS, about, decision, reason, tuple(owed), restated=restated)


def _sites(snapshot: Snapshot, aim: Aim) -> dict[str, str]:
    """Which sites make the aim's move, where that can be told."""
    said = sites_said(snapshot.plan, aim, snapshot.facts)
    return {} if said is None else {"sites": said}


def _has_ended(snapshot: Snapshot, evaluation: Evaluation) -> bool:
    ended = snapshot.plan.aims[snapshot.subject.id].ended
    return ended is not None and midnight(ended, snapshot.plan.zone) <= evaluation.as_of


def _roster(snapshot: Snapshot, evaluation: Evaluation) -> Roster:
    on = local_date(evaluation.as_of, snapshot.plan.zone)
    return Roster.of(snapshot.plan, snapshot.facts, on)


def _no_longer(snapshot: Snapshot, evaluation: Evaluation) -> str:
    """Why a finding is not looked at any more: its aim has ended, or it is not asked for."""
    if snapshot.subject.kind is SubjectKind.AIM and _has_ended(snapshot, evaluation):
        return f"It is no longer asked for. {ending(snapshot.plan.aims[snapshot.subject.id])}"
    return "It is no longer asked for."


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
            gone = Outcome(expectation, about, False, _no_longer(snapshot, evaluation))
            yield _of_outcome(snapshot, roster, gone, owing, past)


def _of_outcome(
    snapshot: Snapshot, roster: Roster, outcome: Outcome, owing: _Owing, past: _Past
) -> AlertChange:
    key = (outcome.expectation, outcome.about)
    standing = snapshot.standings.get(key)
    decision = woken(standing, decide_finding(standing, outcome), snapshot.as_of)
    if not decision.tells and not (decision.silent and decision.change is Change.OPEN):
        return AlertChange(*key, decision, outcome.reason)
    content = finding_content(snapshot.plan, snapshot.subject, outcome, decision)
    if decision.change is Change.RESOLVE:
        restated = past.words(*key)
        reason = f"{outcome.reason} {restated}" if restated else outcome.reason
        content["reason"] = reason
        due = owing.mail_due
        return AlertChange(*key, decision, reason, to_told=content, mail_due=due, restated=restated)
    hearing = who_hears_finding(snapshot.plan, roster, snapshot.subject, outcome)
    told = covered(snapshot.plan, roster.on, hearing)
    owed = tuple(owing(recipient, content) for recipient in told)
    return AlertChange(*key, decision, outcome.reason, owed)
