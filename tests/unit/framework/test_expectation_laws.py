"""Laws that hold of every expectation, for any plan and any facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.framework.facts import (
    Adopted,
    AimRevision,
    BoardMeeting,
    Explanation,
    Facts,
    MilestoneChange,
    MilestoneEvent,
    Observation,
    ProgressScore,
    Publication,
    Review,
    ReviewAction,
    Role,
    RoleChange,
    SavingsValidated,
    SeriesKey,
    StateChange,
)
from services.framework.plan import (
    Adoption,
    Allocation,
    Direction,
    Driver,
    Kind,
    Milestone,
    Person,
    Plan,
    Profile,
    Project,
    ProjectState,
    Savings,
    Serve,
    Site,
    Stratum,
)
from tests.unit.framework.builders import a_measure, a_plan, an_aim, at, day, judged, month

FIRST, LAST = date(2024, 10, 1), date(2026, 4, 1)
DAYS = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
MAYBE = st.one_of(st.none(), DAYS)
KNOWN = at("2024-09-01")
INSTANTS = st.integers(0, (LAST - FIRST).days * 24).map(
    lambda n: datetime(2024, 10, 1, tzinfo=UTC) + timedelta(hours=n)
)
PEOPLE = ("cmo", "sister", "lead")
SUBJECTS = st.sampled_from(
    ["aim:a", "project:p", "project:q", "measure:m", "person:lead", "organisation:o"]
)
KEYS = (
    SeriesKey("m"),
    SeriesKey("x"),
    SeriesKey("y"),
    SeriesKey("m", "royal"),
    SeriesKey("m", "general"),
    SeriesKey("m", "system", "rich"),
    SeriesKey("m", "system", "poor"),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Two drivers, two projects, two sites, two groups; anything may be vacant or end."""
    drivers = tuple(
        Driver(
            d,
            "a",
            d,
            share=draw(st.sampled_from([None, 0.5])),
            measure=draw(st.sampled_from([None, d])),
            target=draw(st.sampled_from([None, 90.0])),
            linked_on=draw(MAYBE),
            ended=draw(MAYBE),
        )
        for d in ("x", "y")
    )
    aim = an_aim(
        draw(st.sampled_from([88.0, 100.0])),
        drivers=drivers,
        adopted=draw(st.sampled_from([None, Adoption("Board", day("2024-11-01"))])),
        partners=draw(st.sampled_from([(), ("lead",)])),
        balancing=draw(st.sampled_from([(), ("y",)])),
        ended=draw(st.one_of(st.none(), st.none(), DAYS)),
    )
    kind = draw(st.sampled_from([Kind.VALUE, Kind.RATE]))
    people = {p: Person(p, p, ended=draw(st.one_of(st.none(), DAYS))) for p in PEOPLE}
    plan = a_plan(aim, a_measure(kind=kind, strata=("rich", "poor")), people=people)
    up = {m: a_measure(id=m, name=m, direction=Direction.INCREASE) for m in ("x", "y")}
    projects = [draw(projects_on(name, driver)) for name, driver in (("p", "x"), ("q", "y"))]
    return replace(
        plan,
        measures={**plan.measures, **up},
        projects={project.id: project for project in projects},
        sites={s: Site(s, s, draw(MAYBE)) for s in ("royal", "general")},
        strata={s: Stratum(s, s, draw(MAYBE)) for s in ("rich", "poor")},
        profile=Profile.FULL,
        parameters={"SIG-01.points": 10.0, "MIX-01.points": 10.0},
    )


@st.composite
def projects_on(draw: st.DrawFn, name: str, driver: str) -> Project:
    number = st.sampled_from([None, 0.5, 5.0])
    people = st.sampled_from([None, "lead", "sister"])
    return Project(
        name,
        name,
        draw(MAYBE),
        draw(MAYBE),
        draw(people),
        draw(people),
        aim_text=draw(st.sampled_from([None, "95 %"])),
        strategic=draw(st.booleans()),
        state=draw(st.sampled_from([ProjectState.ACTIVE, *ProjectState])),
        serves=draw(
            st.sampled_from([(), (Serve(f"a/{driver}", draw(number), draw(number), 0.5),)])
        ),
        milestones=(Milestone("m", name, "M", draw(DAYS), draw(MAYBE)),),
        allocations=(Allocation("lead", 0.6, draw(st.sampled_from([None, 0.9]))),),
        savings=draw(st.sampled_from([None, Savings(1.0, "GBP", day("2025-02-01"))])),
        chartered_on=draw(MAYBE),
        ended=draw(MAYBE),
    )


@st.composite
def known_facts(draw: st.DrawFn) -> Facts:
    """Series that drift, jump or lie flat, some values early; events on any day."""
    series = {key: draw(observed(key)) for key in KEYS if draw(st.integers(0, 3))}
    days = st.lists(DAYS, max_size=3).map(sorted)
    each: dict[str, Any] = {
        "scores": [ProgressScore("p", draw(st.integers(1, 10)), d, KNOWN) for d in draw(days)],
        "reviews": [
            Review(draw(st.sampled_from(["project:p", "aim:a"])), d, KNOWN, None, "yes",
                   draw(st.sampled_from([None, "no"])), draw(st.sampled_from([None, "go on"])))
            for d in draw(days)
        ],
        "states": [
            StateChange("p", draw(st.sampled_from(list(ProjectState))), d, KNOWN, None, None,
                        draw(st.sampled_from([None, "lead"])))
            for d in draw(days)
        ],
        "roles": [
            RoleChange("project:p", Role.LEADER, draw(st.sampled_from([None, "lead"])), d, KNOWN)
            for d in draw(days)
        ],
        "milestones": [
            MilestoneEvent("p/m", draw(st.sampled_from(list(MilestoneChange))), d, KNOWN)
            for d in draw(days)
        ],
        "adoptions": [Adopted("a", "Board", d, KNOWN) for d in draw(days)],
        "revisions": [AimRevision("a", "target", 85.0, 88.0, d, KNOWN) for d in draw(days)],
        "actions": [
            ReviewAction("project:p", str(i), "Act", None, draw(MAYBE), KNOWN, d, draw(MAYBE))
            for i, d in enumerate(draw(days))
        ],
        "meetings": [BoardMeeting(d, KNOWN, 120.0, 20.0, False) for d in draw(days)],
        "publications": [Publication("a", month("2024-12"), d, KNOWN) for d in draw(days)],
        "validations": [SavingsValidated("p", d, KNOWN) for d in draw(days)],
        "explanations": [
            Explanation(draw(st.sampled_from(["aim:a", "measure:m"])),
                        draw(st.sampled_from(["DGN-04", "DAT-04"])), "So.", d, KNOWN)
            for d in draw(days)
        ],
    }  # fmt: skip
    return Facts(series, **{name: tuple(events) for name, events in each.items()})


@st.composite
def observed(draw: st.DrawFn, key: SeriesKey) -> tuple[Observation, ...]:
    many, drift = draw(st.integers(0, 24)), draw(st.sampled_from([0.0, 1.0, -1.5]))
    jump, early = draw(st.sampled_from([0.0, 25.0, -25.0])), draw(st.integers(0, 40))
    holes = draw(st.sets(st.integers(0, 24), max_size=2))
    start, made = month("2024-01"), []
    for i in range(many):
        value = 103.0 + (i * 7 % 5) - 2 + max(0, i - 9) * drift + (jump if i == 14 else 0.0)
        end = datetime.combine(start.shift(i).end, datetime.min.time(), UTC)
        known = end + timedelta(days=10 - early)
        counted: dict[str, Any] = {"numerator": value, "denominator": 100.0}
        if i not in holes:
            made.append(Observation(key, start.shift(i), value, known, 1, **counted))
    return tuple(made)


@settings(max_examples=150, deadline=None)
@given(plans(), known_facts(), SUBJECTS, INSTANTS, st.floats(0, 1))
def test_nothing_that_is_said_changes_before_it_is_next_due(
    plan: Plan, facts: Facts, subject: str, as_of: datetime, share: float
) -> None:
    now = judged(plan, facts, subject, as_of)
    until = now.next_due or as_of + timedelta(days=2000)
    assert until > as_of
    within = until - as_of - timedelta(microseconds=1)
    for instant in (as_of + within * share, as_of + within):
        then = judged(plan, facts, subject, instant)
        assert then.outcomes == now.outcomes
        assert then.verdict == now.verdict
        assert then.diagnosis == now.diagnosis


@settings(max_examples=100, deadline=None)
@given(plans(), known_facts(), SUBJECTS, INSTANTS)
def test_every_outcome_says_why_and_no_number_is_lost(
    plan: Plan, facts: Facts, subject: str, as_of: datetime
) -> None:
    evaluation = judged(plan, facts, subject, as_of)
    keys = [(o.expectation, o.about) for o in evaluation.outcomes]
    assert len(keys) == len(set(keys))
    for outcome in evaluation.outcomes:
        assert outcome.reason
        assert (outcome.severity is not None) == outcome.tripped == bool(outcome.audience)
        numbers = [v for v in outcome.inputs.values() if isinstance(v, float)]
        assert all(v - v == 0 for v in numbers)
