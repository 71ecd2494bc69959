"""Why an aim stands as it does: what was sent and by what, and of all else why nothing was sent.

An answer is made of what was stored: the evaluation that stood at the instant asked for, those of
whatever bears on the aim, and the alerts as they were then. It is judged again from the journal,
and says whether the same comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.alerting.lifecycle import SAID_BY_STATUS, STATUS
from services.framework.expectations.register import CATALOGUE, switch_of
from services.framework.judgement import Status, Subject
from services.framework.periods import midnight
from services.framework.plain import plain
from services.framework.plan import Aim, Plan, Switch
from services.framework.texts import day_name
from services.ports.access import UnknownError
from services.ports.clock import Clock
from services.ports.reporting import Again, AlertRecord, AlertStep, Evaluated, MessageLine, WhyStore
from services.reporting.aims import measures_of
from services.reporting.naming import name_of
from services.reporting.oversight import (
    Questions,
    RestatedWords,
    frequency_of,
    questions_of,
    restated_words,
)
from services.reporting.sites import Sites

_OPENS = frozenset({"open", "opened", "step", "announce"})
_RESOLVES = "resolve"
_ANNOUNCES = "announce"
_SHAPE = "is no date, as in 2026-11-20, and no instant with its zone, as in 2026-11-20T09:00:00Z"


class AsOfError(ValueError):
    """What was given is no time that can be asked about; its text may be shown."""


class State(StrEnum):
    """How an expectation stands."""

    FAILS = "fails"
    SHADOW = "fails in shadow"
    WAIVED = "waived"
    WAITS = "waits"
    HOLDS = "holds"
    OFF = "switched off"


STATES = tuple(State)


@dataclass(frozen=True, slots=True)
class Told:
    """A message: to whom, by what channel, what became of it, and when it left (business time)."""

    to: str
    channel: str
    state: str
    at: datetime | None
    because: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to an alert, and who was told of it."""

    kind: str
    at: datetime
    by: str | None
    status: str | None
    reason: str
    restated: bool
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class AlertSaid:
    """An alert as it stood then; ``steps`` are those of all its episodes."""

    id: int
    expectation: str
    about: str
    name: str
    is_open: bool
    since: datetime
    resolved: datetime | None
    reason: str
    acknowledged_by: str | None
    steps: tuple[Step, ...]

    @property
    def told(self) -> tuple[Told, ...]:
        """Every message of the alert."""
        return tuple(told for step in self.steps for told in step.told)


@dataclass(frozen=True, slots=True)
class Said:
    """What one expectation said, with its inputs; ``alert`` is that which it opened.

    ``silence`` says why nobody was told, or is told again.
    """

    subject: str
    subject_name: str
    expectation: str
    title: str
    text: str
    about: str
    name: str
    state: State
    severity: str | None
    reason: str
    since: str | None
    inputs: Mapping[str, Any]
    alert: int | None
    silence: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """An evaluation that the answer rests on, and whether it comes out the same again."""

    subject: str
    name: str
    as_of: datetime
    valid_to: datetime
    plan_version: int
    engine_version: str
    again: Again


@dataclass(frozen=True, slots=True)
class Why:
    """The whole answer; ``next_due`` is when time alone could next change it."""

    aim: str
    name: str
    status: str | None
    reason: str
    since: str | None
    blind_since: str | None
    would_change: str | None
    next_due: str | None
    questions: Questions | None
    chain: tuple[Mapping[str, Any], ...]
    said: tuple[Said, ...]
    alerts: tuple[AlertSaid, ...]
    judged: tuple[Judged, ...]
    restated: tuple[RestatedWords, ...]
    sites: Sites | None
    evaluation: Evaluated

    @property
    def same(self) -> bool:
        """Whether every evaluation comes out the same again."""
        return all(judged.again.same for judged in self.judged)

    @property
    def counts(self) -> dict[State, int]:
        """How many expectations stand how."""
        return {state: sum(1 for s in self.said if s.state is state) for state in STATES}


class Whys:
    """Answers why; ``plan_of`` gives an organisation's current plan, ``plan_at`` a version of it.

    ``again`` makes a stored evaluation again, by its id; ``sites`` says which sites carried an aim.
    """

    def __init__(
        self,
        store: WhyStore,
        plan_of: Callable[[int], Plan],
        plan_at: Callable[[int, int], Plan],
        again: Callable[[int, int], Again],
        sites: Callable[[int, Plan, Aim, datetime], Sites | None],
        clock: Clock,
    ) -> None:
        self._store = store
        self._plan_of = plan_of
        self._plan_at = plan_at
        self._again = again
        self._sites = sites
        self._clock = clock

    def why(self, organisation_id: int, aim_id: str, as_of: str | None = None) -> Why | None:
        """Why the aim stood as it did ``as_of`` a date or an instant (now); None: not judged yet.

        Raises UnknownError for an aim that the plan does not have and for a time before its first
        judgement, AsOfError for what is no time, or is yet to come.
        """
        plan = self._plan_of(organisation_id)
        if aim_id not in plan.aims:
            raise UnknownError("there is no such aim")
        at = instant_of(as_of, plan, self._clock.business_now())
        subject = f"aim:{aim_id}"
        own = self._store.evaluated(organisation_id, [subject], at).get(subject)
        if own is None:
            self._refuse_too_early(organisation_id, plan, subject)
            return None
        then = self._plan_at(organisation_id, own.plan_version)
        if aim_id not in then.aims:
            then = plan
        subjects = self._bearing(organisation_id, then, then.aims[aim_id])
        evaluated = self._store.evaluated(organisation_id, subjects, at)
        found = [evaluated[each] for each in subjects if each in evaluated]
        alerts = [_alert(then, r) for r in self._store.told(organisation_id, subjects, at)]
        judged = tuple(self._judged(organisation_id, then, each) for each in found)
        late = self._store.restated(organisation_id, subjects, at)
        restated = tuple(restated_words(then, each) for each in late)
        answer = _answer(then, then.aims[aim_id], own, found, alerts, judged)
        sites = self._sites(organisation_id, then, then.aims[aim_id], at)
        return replace(answer, restated=restated, sites=sites)

    def _refuse_too_early(self, organisation_id: int, plan: Plan, subject: str) -> None:
        first = self._store.first_judged(organisation_id, subject)
        if first is not None:
            on = day_name(first.astimezone(plan.zone).date())
            raise UnknownError(f"the aim was first judged on {on}; there is no answer before that")

    def aims_of(self, organisation_id: int, subject: str) -> tuple[tuple[str, str], ...]:
        """The aims on which a subject (``kind:id``) bears by the current plan: id and name."""
        plan = self._plan_of(organisation_id)
        aims = plan.aims.values()
        return tuple((aim.id, aim.name) for aim in aims if subject in bearing_on(plan, aim))

    def _bearing(self, organisation_id: int, plan: Plan, aim: Aim) -> list[str]:
        """Whatever bears on the aim, with those who were given a part in it by an event."""
        declared = bearing_on(plan, aim)
        people = self._store.people_of(organisation_id, declared)
        return list(dict.fromkeys((*declared, *(f"person:{person}" for person in people))))

    def _judged(self, organisation_id: int, plan: Plan, found: Evaluated) -> Judged:
        return Judged(
            found.subject,
            name_of(plan, found.subject),
            found.as_of,
            found.valid_to,
            found.plan_version,
            found.engine_version,
            self._again(organisation_id, found.id),
        )


def bearing_on(plan: Plan, aim: Aim) -> tuple[str, ...]:
    """The aim, and the projects, measures and people of the plan whose findings bear on it.

    What is found of the whole organisation bears on every aim.
    """
    projects = {p.id: p for d in aim.drivers for p in plan.serving[d.key]}
    keys = [f"aim:{aim.id}", *(f"project:{project}" for project in projects)]
    keys += [f"measure:{measure}" for measure in (*measures_of(aim), *aim.balancing)]
    parts = [aim.sponsor]
    for p in projects.values():
        parts += [p.sponsor, p.leader, p.clinical_lead, p.advisor]
        parts += [allocation.person for allocation in p.allocations]
    keys += [f"person:{person}" for person in parts if person]
    keys.append(f"organisation:{plan.organisation.id}")
    return tuple(dict.fromkeys(keys))


def instant_of(text: str | None, plan: Plan, now: datetime) -> datetime:
    """The instant asked for: a date means its end in the plan's zone, None and today now.

    Raises AsOfError.
    """
    if text is None:
        return now
    try:
        at = _parsed(text.strip(), plan)
    except (ValueError, OverflowError):
        raise AsOfError(f"{text!r} {_SHAPE}") from None
    if at > now:
        today = now.astimezone(plan.zone).date()
        if at != midnight(today + timedelta(days=1), plan.zone):
            raise AsOfError(f"{text!r} is yet to come: it is {day_name(today)}")
        return now
    return at


def _parsed(text: str, plan: Plan) -> datetime:
    if len(text) == len("2026-11-20"):
        return midnight(date.fromisoformat(text) + timedelta(days=1), plan.zone)
    found = datetime.fromisoformat(text.replace(" ", "+"))
    if found.tzinfo is None:
        raise ValueError(text)
    return found.astimezone(UTC)


def _answer(
    plan: Plan,
    aim: Aim,
    own: Evaluated,
    found: Sequence[Evaluated],
    alerts: Sequence[AlertSaid],
    judged: tuple[Judged, ...],
) -> Why:
    verdict = own.body.get("verdict") or {}
    return Why(
        aim.id,
        aim.name,
        own.status,
        str(verdict.get("reason") or "Not judged yet."),
        verdict.get("since"),
        verdict.get("blind_since"),
        verdict.get("would_change"),
        own.body.get("next_due"),
        questions_of(own.body, frequency_of(plan, aim)),
        tuple(verdict.get("chain") or ()),
        tuple(_everything(plan, found, {(a.expectation, a.about): a for a in alerts})),
        tuple(sorted(alerts, key=_first)),
        judged,
        (),
        None,
        own,
    )


def _first(alert: AlertSaid) -> tuple[bool, bool, float]:
    """What is open first, the status before findings, the latest before older ones."""
    return not alert.is_open, alert.expectation != STATUS, -alert.since.timestamp()


Alerts = Mapping[tuple[str, str], AlertSaid]


def _everything(plan: Plan, found: Iterable[Evaluated], alerts: Alerts) -> Iterator[Said]:
    """What every expectation of every subject said, and which were not asked at all."""
    for each in found:
        subject = Subject.parse(each.subject)
        if each.body.get("verdict"):
            yield _of_status(plan, each, alerts)
        asked = set()
        for outcome in each.body.get("outcomes") or ():
            asked.add(outcome["expectation"])
            yield _of_outcome(plan, each, outcome, alerts)
        for known in CATALOGUE.values():
            mine = subject.kind in (known.kind, known.also)
            off = switch_of(plan, known.id) is Switch.OFF
            if mine and off and known.id not in asked:
                yield _switched_off(plan, each, known.id)


def _of_status(plan: Plan, found: Evaluated, alerts: Alerts) -> Said:
    verdict, status = found.body["verdict"], Status(found.status or Status.WAITING)
    waits = status is Status.WAITING
    state = State.FAILS if status.is_bad else State.WAITS if waits else State.HOLDS
    alert = alerts.get((STATUS, found.subject))
    silence = f"{status.words} needs no message."
    if status is Status.AT_RISK:
        silence = "At risk is short of sure: nobody is told of it at once."
    return Said(
        found.subject,
        name_of(plan, found.subject),
        STATUS,
        status.words,
        "The aim stands well.",
        found.subject,
        name_of(plan, found.subject),
        state,
        None,
        str(verdict.get("reason", "")),
        verdict.get("since"),
        {name: verdict.get(name) for name in ("period", "value", "expected", "target", "baseline")},
        alert.id if alert and alert.is_open else None,
        _silence_of(alert) if state is State.FAILS else silence,
    )


def _of_outcome(plan: Plan, found: Evaluated, outcome: Mapping[str, Any], alerts: Alerts) -> Said:
    expectation, about = str(outcome["expectation"]), str(outcome["about"])
    known, state = CATALOGUE.get(expectation), _state(outcome)
    alert = alerts.get((expectation, about))
    if expectation in SAID_BY_STATUS:
        alert = alerts.get((STATUS, found.subject))
    is_open = alert is not None and alert.is_open
    return Said(
        found.subject,
        name_of(plan, found.subject),
        expectation,
        known.title if known else expectation,
        known.text if known else "",
        about,
        name_of(plan, about),
        state,
        outcome.get("severity"),
        str(outcome["reason"]),
        outcome.get("since"),
        outcome.get("inputs") or {},
        alert.id if alert and is_open else None,
        _silence(expectation, state, alert),
    )


def _switched_off(plan: Plan, found: Evaluated, expectation: str) -> Said:
    known, name = CATALOGUE[expectation], name_of(plan, found.subject)
    reason = "The plan switched it off."
    said = (found.subject, name, known.id, known.title, known.text, found.subject, name)
    return Said(*said, State.OFF, None, reason, None, {}, None, _QUIET[State.OFF])


def _state(outcome: Mapping[str, Any]) -> State:
    if outcome["tripped"]:
        if outcome.get("waived"):
            return State.WAIVED
        return State.SHADOW if outcome.get("shadow") else State.FAILS
    return State.WAITS if outcome.get("waiting") else State.HOLDS


_QUIET = {
    State.OFF: "It is not judged, so nobody is told.",
    State.SHADOW: "Judged in shadow: it is recorded, and nobody is told.",
    State.WAIVED: "It is accepted for a while, so nobody is told.",
    State.WAITS: "It could not be judged yet, so nobody is told.",
    State.HOLDS: "It is so: there is nothing to tell.",
}


def _silence(expectation: str, state: State, alert: AlertSaid | None) -> str | None:
    """Why nobody was told of an outcome, or is told again."""
    if state is not State.FAILS:
        return _QUIET[state]
    if expectation in SAID_BY_STATUS:
        return "Told as the aim's status."
    known = CATALOGUE.get(expectation)
    if known is not None and not known.singly:
        return "Never told singly: it is read here and in digests."
    return _silence_of(alert)


def _silence_of(alert: AlertSaid | None) -> str | None:
    """Of what fails: why nobody was told, or that it is open and was told before."""
    if alert is None or not alert.is_open:
        return "No alert is open: what late facts say of a month long past is not sent."
    last = [told for step in alert.steps if step.at >= alert.since for told in step.told]
    if not last:
        return "An alert is open; nobody holds a part that is told of it."
    if not any(told.state in _LEFT for told in last):
        return f"An alert is open; nothing has left: {last[-1].because or last[-1].state}."
    return "It was told when it opened; it is told again only where it gets worse, or ends."


_LEFT = frozenset({"sent", "owed", "sending"})


def _alert(plan: Plan, record: AlertRecord) -> AlertSaid:
    line, steps = record.alert, record.steps
    moves = [step for step in steps if step.kind in _OPENS or step.kind == _RESOLVES]
    last = moves[-1] if moves else steps[-1]
    over = last.kind in (_RESOLVES, _ANNOUNCES)
    episode = [step for step in moves if step.episode == last.episode] or [last]
    seen = [s for s in steps if s.kind == "acknowledged" and s.episode == last.episode]
    return AlertSaid(
        line.id,
        line.expectation,
        line.about,
        name_of(plan, line.about),
        not over,
        episode[0].at,
        last.at if over else None,
        last.reason,
        _person(plan, seen[-1].actor) if seen else None,
        tuple(_step(plan, step, record.messages) for step in steps),
    )


def _step(plan: Plan, step: AlertStep, messages: Iterable[MessageLine]) -> Step:
    key = (step.episode, step.step)
    moves = step.kind in _OPENS or step.kind == _RESOLVES
    mine = [m for m in messages if moves and (m.episode, m.step) == key]
    by = None if step.actor == "bigdot" else _person(plan, step.actor)
    told = tuple(_told(plan, message, step.at) for message in mine)
    restated = "restated" in step.detail or step.kind == "restated"
    return Step(step.kind, step.at, by, step.status, step.reason, restated, told)


def _told(plan: Plan, message: MessageLine, owed: datetime) -> Told:
    to = _person(plan, message.recipient)
    at = message.business(message.sent_at, owed) if message.sent_at else None
    return Told(to, message.channel, message.state, at, message.last_error)


def _person(plan: Plan, identifier: str) -> str:
    known = plan.people.get(identifier)
    return known.name if known else identifier


def as_json(why: Why) -> dict[str, Any]:
    """The answer as plain values; ``evaluation`` is what was stored."""
    made: dict[str, Any] = plain(why)
    evaluation = made.pop("evaluation")
    body = evaluation.pop("body")
    evaluation.pop("id")
    return made | {
        "recomputed": {"same": why.same, "evaluations": made.pop("judged")},
        "expectations": made.pop("said"),
        "evaluation": body | evaluation,
    }
