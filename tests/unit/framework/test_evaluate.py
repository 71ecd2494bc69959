"""The whole judgement: laws that hold for any plan and any facts, and the next time to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.framework.evaluate import ENGINE_VERSION, evaluate
from services.framework.facts import (
    Facts,
    Maturity,
    MilestoneChange,
    MilestoneEvent,
    Observation,
    Role,
    RoleChange,
    SeriesKey,
    StateChange,
)
from services.framework.judgement import Evaluation, Subject, SubjectKind
from services.framework.periods import Frequency, Period
from services.framework.plan import (
    Adoption,
    Driver,
    Intent,
    Kind,
    Milestone,
    Person,
    Plan,
    Project,
    ProjectState,
    Serve,
    Site,
)
from services.framework.series import known_to
from tests.unit.framework.builders import (
    A1,
    KEY,
    a_measure,
    a_plan,
    an_aim,
    at,
    day,
    judged,
    month,
    values,
)

FIRST, LAST = date(2024, 9, 1), date(2026, 6, 1)
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
MAYBE = st.one_of(st.none(), DAYS)
INSTANTS = st.integers(0, (LAST - FIRST).days * 24).map(
    lambda n: datetime(2024, 9, 1, tzinfo=UTC) + timedelta(hours=n)
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """An aim with two drivers, two projects and three milestones; anything may end."""
    drivers = tuple(
        Driver(d, "a", d, share=0.3, linked_on=draw(MAYBE), ended=draw(MAYBE)) for d in ("x", "y")
    )
    aim = an_aim(
        draw(st.sampled_from([88.0, (95.0, 108.0)])),
        intent=draw(st.sampled_from([Intent.IMPROVE, Intent.HOLD])),
        drivers=drivers,
        ended=draw(MAYBE),
        adopted=draw(st.sampled_from([None, Adoption("Board", day("2024-11-01"))])),
    )
    if isinstance(aim.measures[0].target, tuple):
        aim = replace(aim, intent=Intent.WITHIN)
    measure = a_measure(
        lag_days=draw(st.integers(0, 45)),
        judge_provisional=draw(st.booleans()),
        ended=draw(MAYBE),
        rollup=draw(st.sampled_from([None, "sum"])),
    )
    people = {p: Person(p, p.upper(), ended=draw(MAYBE)) for p in ("cmo", "sister", "lead")}
    projects = [draw(a_project("p", "x")), draw(a_project("q", "y"))]
    sites = {"royal": Site("royal", "Royal", draw(MAYBE)), "general": Site("general", "General")}
    return a_plan(aim, measure, projects, people=people, sites=sites)


@st.composite
def a_project(draw: st.DrawFn, name: str, driver: str) -> Project:
    milestones = tuple(Milestone(f"m{i}", name, f"M{i}", draw(DAYS), draw(MAYBE)) for i in range(2))
    return Project(
        name,
        name.upper(),
        draw(MAYBE),
        draw(MAYBE),
        draw(st.sampled_from(["lead", None])),
        draw(st.sampled_from(["sister", None])),
        state=draw(st.sampled_from(list(ProjectState))),
        serves=(Serve(f"a/{driver}"),),
        milestones=milestones,
        ended=draw(MAYBE),
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Values with holes, some provisional, partial or suppressed, and events at any date."""
    numbers = draw(st.lists(st.one_of(st.none(), st.integers(80, 120)), max_size=26))
    start = month("2024-01")
    observations = tuple(
        Observation(
            KEY,
            start.shift(i),
            None if hidden else float(number),
            datetime.combine(start.shift(i).end, datetime.min.time(), UTC) + timedelta(days=delay),
            maturity=maturity,
            suppressed=hidden,
        )
        for i, number in enumerate(numbers)
        if number is not None
        for maturity in [draw(st.sampled_from([*([Maturity.FINAL] * 5), *Maturity]))]
        for hidden in [draw(st.integers(0, 9)) == 0]
        for delay in [draw(st.integers(-10, 60))]
    )
    known = at("2024-09-01")
    states = draw(st.lists(st.tuples(st.sampled_from(list(ProjectState)), DAYS), max_size=3))
    roles = draw(st.lists(st.tuples(st.sampled_from(["sister", None]), DAYS), max_size=3))
    milestones = draw(st.lists(st.tuples(st.sampled_from(list(MilestoneChange)), DAYS), max_size=3))
    return Facts(
        {KEY: observations, SeriesKey("m", "royal"): observations[:3]},
        tuple(
            MilestoneEvent("p/m0", change, on, known)
            for change, on in sorted(milestones, key=lambda item: item[1])
        ),
        states=tuple(
            StateChange("p", state, on, known)
            for state, on in sorted(states, key=lambda item: item[1])
        ),
        roles=tuple(
            RoleChange("project:p", Role.LEADER, person, on, known)
            for person, on in sorted(roles, key=lambda item: item[1])
        ),
    )


SUBJECTS = st.sampled_from(["aim:a", "measure:m", "project:p", "project:q"])


def _said(evaluation: Evaluation) -> tuple[object, ...]:
    return evaluation.outcomes, evaluation.verdict


@settings(max_examples=150, deadline=None)
@given(plans(), facts(), SUBJECTS, INSTANTS, st.floats(0, 1))
def test_nothing_changes_before_it_is_next_due(
    plan: Plan, known: Facts, subject: str, as_of: datetime, share: float
) -> None:
    now = judged(plan, known, subject, as_of)
    until = now.next_due or as_of + timedelta(days=4000)
    assert until > as_of
    within = until - as_of - timedelta(microseconds=1)
    for instant in (as_of + within * share, as_of + within):
        assert _said(judged(plan, known, subject, instant)) == _said(now)


@settings(max_examples=80, deadline=None)
@given(plans(), facts(), SUBJECTS, INSTANTS)
def test_what_became_known_later_changes_nothing_said_earlier(
    plan: Plan, known: Facts, subject: str, as_of: datetime
) -> None:
    early = known_to(known, as_of)
    fewer = {key: rows[:-1] for key, rows in known.observations.items()}
    if all(o.known_at > as_of for rows in known.observations.values() for o in rows[-1:]):
        shorter = known_to(replace(known, observations=fewer), as_of)
        assert judged(plan, early, subject, as_of) == judged(plan, shorter, subject, as_of)


@settings(max_examples=50, deadline=None)
@given(plans(), facts(), SUBJECTS, INSTANTS)
def test_the_same_question_has_the_same_answer(
    plan: Plan, known: Facts, subject: str, as_of: datetime
) -> None:
    once = judged(plan, known, subject, as_of)
    assert once == judged(replace(plan), replace(known), subject, as_of)
    assert all(o.reason for o in once.outcomes)
    assert all((o.severity is not None) == o.tripped for o in once.outcomes)
    assert all(bool(o.audience) == o.tripped for o in once.outcomes)


def test_missing_is_not_zero() -> None:
    plan = a_plan()
    without = judged(plan, Facts(values([*A1[:15], None])), "aim:a", at("2025-05-10"))
    zero = judged(plan, Facts(values([*A1[:15], 0.0])), "aim:a", at("2025-05-10"))
    before = judged(plan, Facts(values(A1[:15])), "aim:a", at("2025-05-10"))
    assert _said(without) == _said(before)
    assert _said(zero) != _said(before)


def test_an_aim_is_next_due_when_its_value_would_blind_it() -> None:
    evaluation = judged(a_plan(), Facts(values(A1[:17])), "aim:a", at("2025-06-15"))
    assert evaluation.next_due == at("2025-08-18T23:00")


def test_a_measure_is_next_due_when_its_value_is_late() -> None:
    evaluation = judged(a_plan(), Facts(values(A1[:17])), "measure:m", at("2025-06-15"))
    assert evaluation.next_due == at("2025-07-20T23:00")


def test_a_project_is_next_due_when_a_milestone_would_trip() -> None:
    pilot = Milestone("pilot", "p", "Pilot", day("2025-02-28"))
    project = Project("p", "P", day("2024-11-01"), None, "cmo", "lead", milestones=(pilot,))
    plan = a_plan(projects=[project])
    assert judged(plan, Facts(), "project:p", at("2025-01-01")).next_due == at("2025-03-08")
    warned = judged(plan, Facts(), "project:p", at("2025-03-08"))
    assert warned.next_due == at("2025-03-30T23:00")
    assert judged(plan, Facts(), "project:p", at("2025-03-31")).next_due is None


def test_a_value_before_its_periods_end_waits_for_the_end() -> None:
    plan = a_plan(measure=a_measure(judge_provisional=True))
    series = values(A1[:17])[KEY]
    early = replace(
        series[-1],
        period=month("2025-06"),
        known_at=at("2025-06-20"),
        maturity=Maturity.PROVISIONAL,
    )
    evaluation = judged(plan, Facts({KEY: (*series, early)}), "aim:a", at("2025-06-20"))
    assert evaluation.next_due == at("2025-06-30T23:00")
    assert evaluation.verdict is not None
    assert evaluation.verdict.period == month("2025-05")


@pytest.mark.parametrize(
    "subject", ["aim:none", "project:none", "measure:none", "person:none", "organisation:none"]
)
def test_a_subject_that_the_plan_does_not_have_has_no_outcomes(subject: str) -> None:
    evaluation = judged(a_plan(), Facts(), subject, at("2025-01-01"))
    assert (evaluation.outcomes, evaluation.verdict, evaluation.next_due) == ((), None, None)


def test_counted_events_are_judged_as_rare_events() -> None:
    plan = a_plan(an_aim(1.0), a_measure(kind=Kind.EVENTS, lag_days=5))
    days = [
        Observation(
            KEY,
            Period(month("2024-01").shift(i).start, Frequency.DAY),
            float(4 + i % 3),
            at("2026-01-01"),
            complete_through=month("2024-01").shift(i).last_day,
        )
        for i in range(22)
    ]
    verdict = judged(plan, Facts({KEY: tuple(days)}), "aim:a", at("2026-01-02")).verdict
    assert verdict is not None
    assert verdict.baseline == 4.9
    assert verdict.status.is_bad


def test_the_engine_has_a_version() -> None:
    assert ENGINE_VERSION
    assert evaluate(a_plan(), Facts(), Subject(SubjectKind.AIM, "a"), at("2025-01-01")).verdict
