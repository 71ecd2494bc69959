"""Use case: try a setting of one expectation on the stored history, beside the setting as it is.

Each subject that the expectation judges is lived again under both plans, from the facts as they
became known. The plan is today's throughout: what it declares now is taken to have been declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.alerting.lifecycle import Change
from services.evaluation.replay import Load, Sent, Span, Tally, loads, replay, tally
from services.framework.evaluate import evaluate_only
from services.framework.expectations.register import CATALOGUE, switch_of
from services.framework.facts import Facts, Observation
from services.framework.judgement import Evaluation, Subject, SubjectKind
from services.framework.periods import Period, midnight
from services.framework.plan import Plan, Switch
from services.ports.clock import Clock
from services.ports.evaluation import HistoryStore

LOOKS_BACK = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Side:
    """A setting, and what came of it.

    ``found`` is what it would tell if it were on, ``sent`` what it does tell by its switch.
    """

    switch: Switch
    found: tuple[Sent, ...]
    sent: tuple[Sent, ...]
    tally: Tally
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """The setting as it is and the proposed one, over the same span and the same subjects.

    ``judged`` of ``subjects`` were lived again before the time was spent. ``more`` are the alerts
    that only the proposed setting opens, ``fewer`` those that only the present one does.
    """

    expectation: str
    span: Span
    subjects: int
    judged: int
    now: Side
    proposed: Side
    more: tuple[Sent, ...]
    fewer: tuple[Sent, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every subject was lived again."""
        return self.judged == self.subjects


class Trials:
    """Tries settings on the stored history."""

    def __init__(self, store: HistoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def compare(
        self,
        organisation_id: int,
        expectation: str,
        plans: tuple[Plan, Plan],
        spent: Callable[[], bool],
    ) -> Trial:
        """Compare the plan as it is with the proposed one, as far as time allows.

        ``spent`` is asked after each subject whether to stop. Raises KeyError for an expectation
        that the catalogue does not have.
        """
        now, proposed = plans
        span = span_of(now, self._clock.business_now())
        subjects = subjects_of(now, expectation)
        told: tuple[list[Sent], list[Sent]] = ([], [])
        judged = 0
        for subject in subjects:
            facts = self._facts(organisation_id, now, subject)
            first = lived(now, facts, subject, span, expectation)
            told[0].extend(first)
            same = _numbers(now, subject) == _numbers(proposed, subject)
            told[1].extend(first if same else lived(proposed, facts, subject, span, expectation))
            judged += 1
            if spent():
                break
        sides = [
            _side(plan, expectation, found, span) for plan, found in zip(plans, told, strict=True)
        ]
        more, fewer = _apart(sides[1], sides[0]), _apart(sides[0], sides[1])
        return Trial(expectation, span, len(subjects), judged, sides[0], sides[1], more, fewer)

    def _facts(self, organisation_id: int, plan: Plan, subject: Subject) -> Facts:
        history = self._store.history(organisation_id, plan, subject)
        return as_received(plan, history.facts, history.adopted_at)


def span_of(plan: Plan, now: datetime) -> Span:
    """From the first thing that the plan says began, two years back at most, until now."""
    begun = [aim.start.begins_at(plan.zone) for aim in plan.aims.values() if aim.start]
    begun += [midnight(p.start, plan.zone) for p in plan.projects.values() if p.start]
    first = max(now - LOOKS_BACK, min(begun, default=now))
    return Span(min(first, now), now)


def subjects_of(plan: Plan, expectation: str) -> tuple[Subject, ...]:
    """What the expectation judges. Raises KeyError for an unknown expectation."""
    rule = CATALOGUE[expectation]
    named: dict[SubjectKind, Iterable[str]] = {
        SubjectKind.AIM: plan.aims,
        SubjectKind.PROJECT: plan.projects,
        SubjectKind.MEASURE: plan.measures,
        SubjectKind.PERSON: plan.people,
        SubjectKind.ORGANISATION: (plan.organisation.id,),
    }
    kinds = [rule.kind, *([rule.also] if rule.also else [])]
    return tuple(Subject(kind, key) for kind in kinds for key in named[kind])


def lived(plan: Plan, facts: Facts, subject: Subject, span: Span, expectation: str) -> list[Sent]:
    """What the expectation would have told of a subject, had it been on."""
    if switch_of(plan, expectation) is Switch.OFF:
        return []

    def judge(plan: Plan, facts: Facts, subject: Subject, as_of: datetime) -> Evaluation:
        return evaluate_only(plan, facts, subject, as_of, expectation)

    return replay(plan, facts, subject, span, judge, statuses=False)


def as_received(plan: Plan, facts: Facts, adopted_at: datetime) -> Facts:
    """The facts with values known when they were received, as the feed says, if it does.

    A value of a period that had ended when the plan was adopted was loaded as history: it is taken
    to have come when it was due, if that is before it was loaded.
    """
    observations = {
        key: tuple(_as_received(plan, each, adopted_at) for each in held)
        for key, held in facts.observations.items()
        if key.measure in plan.measures
    }
    return replace(facts, observations=observations)


def _as_received(plan: Plan, each: Observation, adopted_at: datetime) -> Observation:
    if each.received_at is not None:
        return replace(each, known_at=min(each.known_at, each.received_at))
    if each.period.ends_at(plan.zone) > adopted_at:
        return each
    measure = plan.measures[each.key.measure]
    whole = Period.containing(each.period.start, measure.frequency)
    return replace(each, known_at=min(each.known_at, whole.late_at(measure.lag_days, plan.zone)))


def _numbers(plan: Plan, subject: Subject) -> tuple[object, ...]:
    """All of the settings that bear on a subject, in so far as a trial may change them."""
    held: Mapping[str, float] = {}
    if subject.kind is SubjectKind.AIM:
        held = plan.aims[subject.id].parameters
    elif subject.kind is SubjectKind.MEASURE:
        held = plan.measures[subject.id].parameters
    off = sorted(each for each, switch in plan.rules.items() if switch is Switch.OFF)
    return dict(plan.parameters), dict(held), off


def _side(plan: Plan, expectation: str, found: list[Sent], span: Span) -> Side:
    switch = switch_of(plan, expectation)
    told = tuple(sorted(found, key=lambda each: each.at))
    sent = told if switch is Switch.ON else ()
    return Side(switch, told, sent, tally(told), loads(told, span, plan.zone))


def _apart(these: Side, those: Side) -> tuple[Sent, ...]:
    """The alerts that one setting sends and the other does not."""
    known = {(s.subject, s.about, s.at) for s in those.sent if s.change is Change.OPEN}
    opened = (s for s in these.sent if s.change is Change.OPEN)
    return tuple(s for s in opened if (s.subject, s.about, s.at) not in known)
