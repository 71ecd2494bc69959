"""The past, lived again: what would have been told, to whom and when, and what came of it.

A subject is judged at every instant at which the live service would have judged it: when a fact
about it became known, and when time alone could have changed an outcome. The alerts' own lifecycle
makes steps of that, and the rules for recipients say who would have heard. Messages that overtake
each other within the minutes that a mail waits are counted each.

**Came true.** An alert that was opened on the course of an aim (its status, and TRJ, SIG and DGN
findings about the aim itself) came true if the aim ended missed, and did not if it ended achieved
or close. Where the history ends before the aim does, it came true if the next values, at least
`FEWEST` and up to `FOLLOWING`, lay on average `BEHIND` standard deviations or more behind the path.
Every other alert states a fact, and came true if it stood for `LASTING`, so that somebody had to
act. Where the history ends too early nobody can tell. An alert that was heeded looks like one that
did not come true: the figure is a floor.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from zoneinfo import ZoneInfo

from services.alerting.cover import covered
from services.alerting.lifecycle import STATUS, Change
from services.alerting.recipients import Recipient, of_finding, of_status
from services.alerting.rehearsal import Rehearsal, Step
from services.framework.facts import Facts
from services.framework.judgement import (
    Evaluation,
    Status,
    Subject,
    Verdict,
)
from services.framework.periods import local_date, midnight
from services.framework.plan import Plan
from services.framework.roster import Roster
from services.framework.series import known_to

Judge = Callable[[Plan, Facts, Subject, datetime], Evaluation]
FEWEST, FOLLOWING, BEHIND = 3, 6, 0.5
LASTING = timedelta(days=14)
WEEK = timedelta(days=7)
_OF_COURSE = ("TRJ-", "SIG-", "DGN-")
_GOOD_ENDS = frozenset({Status.ACHIEVED, Status.CLOSE})


class Truth(StrEnum):
    """Whether an alert came true."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that would have been sent, of one step of one alert, to all who hear it.

    ``truth`` is said of the step that opens an alert about something wrong, else None.
    """

    at: datetime
    expectation: str
    subject: str
    about: str
    change: Change
    reason: str
    to: tuple[Recipient, ...]
    status: Status | None = None
    truth: Truth | None = None

    def as_json(self) -> dict[str, object]:
        """The message as plain values."""
        return {
            "at": self.at.isoformat().replace("+00:00", "Z"),
            "expectation": self.expectation,
            "about": self.about,
            "change": self.change.value,
            "status": self.status.value if self.status else None,
            "reason": self.reason,
            "to": [{"person": each.person, "channel": each.channel} for each in self.to],
            "came_true": self.truth.value if self.truth else None,
        }


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of business time, both ends included."""

    first: datetime
    last: datetime

    @property
    def weeks(self) -> int:
        """Its length in weeks, rounded up; at least one."""
        return max(1, ceil((self.last - self.first) / WEEK))


def replay(
    plan: Plan,
    facts: Facts,
    subject: Subject,
    span: Span,
    judge: Judge,
    *,
    statuses: bool = True,
) -> list[Sent]:
    """What would have been told about a subject within a span, in order of time.

    ``facts`` are everything known by the end of the span; each judgement sees what was known then.
    The status of an aim is told only with ``statuses``.
    """
    rehearsal, sent = Rehearsal(), list[Sent]()
    verdict: Verdict | None = None
    for evaluation, known in _lived(plan, facts, subject, span, judge):
        at, verdict = evaluation.as_of, evaluation.verdict
        steps = list(rehearsal.judged(at, evaluation.outcomes))
        if statuses and verdict is not None:
            ended = plan.aims[subject.id].ended
            over = ended is not None and midnight(ended, plan.zone) <= at
            steps += rehearsal.verdict(at, str(subject), verdict, ended=over)
        if steps:
            roster = Roster.of(plan, known, local_date(at, plan.zone))
            sent += (_sent(plan, roster, subject, step) for step in steps)
    over = verdict is not None and _is_over(plan, subject, span.last)
    return [_judged_since(sent, n, (verdict, over), span.last) for n in range(len(sent))]


def _is_over(plan: Plan, subject: Subject, at: datetime) -> bool:
    deadline = plan.aims[subject.id].deadline
    return deadline is not None and deadline.ends_at(plan.zone) <= at


def _lived(
    plan: Plan, facts: Facts, subject: Subject, span: Span, judge: Judge
) -> Iterator[tuple[Evaluation, Facts]]:
    """Each judgement within the span, with the facts that it saw."""
    known = _known_at(facts)
    at: datetime | None = span.first
    seen, count = Facts(), -1
    while at is not None and at <= span.last:
        passed = bisect_right(known, at)
        if passed != count:
            seen, count = known_to(facts, at), passed
        evaluation = judge(plan, seen, subject, at)
        yield evaluation, seen
        coming = [*known[passed : passed + 1]]
        if evaluation.next_due is not None and evaluation.next_due > at:
            coming.append(evaluation.next_due)
        at = min(coming, default=None)


def _known_at(facts: Facts) -> list[datetime]:
    """The instants at which something became known, in order."""
    instants = {o.known_at for observations in facts.observations.values() for o in observations}
    for each in fields(facts):
        if each.name != "observations":
            instants |= {event.known_at for event in getattr(facts, each.name)}
    return sorted(instants)


def _sent(plan: Plan, roster: Roster, subject: Subject, step: Step) -> Sent:
    if step.expectation == STATUS:
        to = of_status(plan, roster, subject.id)
    else:
        to = of_finding(plan, roster, subject, step.outcome)
    change, status = step.decision.change, step.decision.status
    heard = covered(plan, roster.on, to)
    said = (step.at, step.expectation, str(subject), step.about, change, step.reason, heard)
    return Sent(*said, status)


def _judged_since(
    sent: Sequence[Sent], number: int, course: tuple[Verdict | None, bool], last: datetime
) -> Sent:
    """The message with what came of it, where it opened an alert about something wrong."""
    one, (verdict, over) = sent[number], course
    if one.change is not Change.OPEN:
        return one
    of_course = one.expectation == STATUS or one.expectation.startswith(_OF_COURSE)
    if of_course and one.about == one.subject and verdict is not None:
        truth = followed(verdict, one.at, over=over)
    else:
        later = (s for s in sent[number + 1 :] if _same(s, one) and s.change is Change.RESOLVE)
        ended = next((s.at for s in later), None)
        truth = lasted(one.at, ended, last)
    return replace(one, truth=truth)


def _same(this: Sent, that: Sent) -> bool:
    return (this.expectation, this.about) == (that.expectation, that.about)


def followed(verdict: Verdict, at: datetime, *, over: bool) -> Truth:
    """Whether an aim went on as an alert at ``at`` said, by its verdict at the end of the history.

    ``over`` says that its deadline had passed by then.
    """
    if verdict.status is Status.MISSED:
        return Truth.YES
    if over and verdict.status in _GOOD_ENDS:
        return Truth.NO
    later = (r.lag for r in verdict.readings if r.period.end > at.date())
    lags = [lag for lag in later if lag is not None][:FOLLOWING]
    if len(lags) < FEWEST:
        return Truth.UNKNOWN
    return Truth.YES if sum(lags) / len(lags) >= BEHIND else Truth.NO


def lasted(opened: datetime, ended: datetime | None, last: datetime) -> Truth:
    """Whether what was found stood for `LASTING`, as far as the history goes."""
    until = ended or last
    if until - opened >= LASTING:
        return Truth.YES
    return Truth.NO if ended is not None else Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class Load:
    """What one person would have got: messages in all, a week on average, in the fullest week."""

    person: str
    messages: int
    a_week: float
    fullest: int
    fullest_week: date


def loads(sent: Iterable[Sent], span: Span, zone: ZoneInfo) -> tuple[Load, ...]:
    """How many messages each person would have got, who gets most first. Weeks begin on Monday."""
    weeks: dict[str, dict[date, int]] = {}
    for one in sent:
        day = local_date(one.at, zone)
        monday = day - timedelta(days=day.weekday())
        for recipient in one.to:
            held = weeks.setdefault(recipient.person, {})
            held[monday] = held.get(monday, 0) + 1
    found = [_load(person, held, span) for person, held in weeks.items()]
    return tuple(sorted(found, key=lambda load: (-load.messages, load.person)))


def _load(person: str, weeks: dict[date, int], span: Span) -> Load:
    messages = sum(weeks.values())
    week, fullest = max(weeks.items(), key=lambda item: (item[1], item[0]))
    return Load(person, messages, messages / span.weeks, fullest, week)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many alerts were opened, and what came of them."""

    opened: int
    true: int
    untrue: int
    unknown: int

    @property
    def words(self) -> str:
        """``3 alerts: 2 came true, 1 did not``."""
        said = [
            f"{self.true} came true",
            *([f"{self.untrue} did not"] if self.untrue else []),
            *([f"{self.unknown} too early to tell"] if self.unknown else []),
        ]
        alerts = "1 alert" if self.opened == 1 else f"{self.opened} alerts"
        return f"{alerts}: {', '.join(said)}" if self.opened else "no alert"


def tally(sent: Iterable[Sent]) -> Tally:
    """What came of the alerts that were opened."""
    truths = [one.truth for one in sent if one.truth is not None]
    yes, no = truths.count(Truth.YES), truths.count(Truth.NO)
    return Tally(len(truths), yes, no, len(truths) - yes - no)
