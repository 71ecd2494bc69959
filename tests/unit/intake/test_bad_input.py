"""Every bad item gets one specific error, at its place; each line of the table is one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.framework.judgement import Subject, SubjectKind
from services.framework.periods import Frequency
from services.framework.plan import (
    Aim,
    AimMeasure,
    Allocation,
    Baseline,
    Direction,
    Intent,
    Kind,
    Measure,
    Milestone,
    Organisation,
    Person,
    Plan,
    Project,
    Site,
    Stratum,
)
from services.intake.bodies import RawItem, from_objects
from services.intake.entries import Checker, Sender, _digest
from services.intake.events import draft_of
from services.intake.items import MeetingItem, ProjectItem
from services.intake.refusals import RefusedError, Trouble
from services.ports.intake import Dependents, EventEntry, MeasurementEntry, Standing

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def measure(name: str, kind: Kind, **more: Any) -> Measure:
    return Measure(name, name, kind, Direction.DECREASE, Frequency.MONTH, **more)


MEASURES = (
    measure("hsmr", Kind.VALUE, valid=(0, 300)),
    measure("bundle", Kind.PROPORTION),
    measure("percent", Kind.PROPORTION, per=100),
    measure("falls", Kind.RATE, per=1000, sites=("royal",)),
    measure("never", Kind.EVENTS),
    measure("gone", Kind.VALUE, ended=date(2026, 6, 1)),
    measure("twice", Kind.VALUE, definition=2),
)
PILOT = Milestone("m", "p", "m", date(2026, 5, 1))
JUDGED = AimMeasure("hsmr", Baseline(value=100), 80)
PLAN = Plan(
    Organisation("o", "o", "Europe/London"),
    sites={"royal": Site("royal", "r"), "shut": Site("shut", "s", date(2026, 6, 1))},
    strata={"poor": Stratum("poor", "p")},
    people={"ann": Person("ann", "Ann"), "left": Person("left", "L", ended=date(2026, 1, 1))},
    measures={each.id: each for each in MEASURES},
    aims={
        "aim": Aim("aim", "a", Intent.IMPROVE, (), None, None),
        "timed": Aim("timed", "t", Intent.IMPROVE, (JUDGED,), None, None),
        "within": Aim("within", "w", Intent.WITHIN, (JUDGED,), None, None),
    },
    projects={
        "p": Project(
            "p", "p", None, None, milestones=(Milestone("m", "p", "m", date(2026, 5, 1)),)
        ),
        "over": Project("over", "o", None, None, ended=date(2026, 6, 1)),
        "begun": Project("begun", "b", date(2026, 3, 1), None, chartered_on=date(2026, 2, 1)),
    },
    version=3,
)
SUBJECTS = {Subject(SubjectKind.MEASURE, name): n for n, name in enumerate(PLAN.measures)} | {
    Subject(SubjectKind.PROJECT, "p"): 90,
    Subject(SubjectKind.AIM, "aim"): 91,
    Subject(SubjectKind.AIM, "timed"): 92,
    Subject(SubjectKind.AIM, "within"): 93,
    Subject(SubjectKind.PROJECT, "begun"): 94,
    Subject(SubjectKind.ORGANISATION, "o"): 95,
    Subject(SubjectKind.PERSON, "ann"): 96,
}
DEPENDENTS = Dependents(
    lambda _plan, name, _site, _stratum: (Subject(SubjectKind.MEASURE, name),),
    lambda _plan, name: (Subject(SubjectKind.PROJECT, name),),
    lambda _plan, name: (Subject(SubjectKind.AIM, name),),
    lambda _plan, name: (Subject(SubjectKind.MEASURE, name),),
)
STANDING = Standing(1, PLAN, 0, None, timedelta(0), SUBJECTS)


def check(
    kind: str, item: Any, measures: frozenset[str] | None = None
) -> MeasurementEntry | EventEntry | tuple[Trouble, ...]:
    raw = from_objects([item])[0] if isinstance(item, dict) else RawItem(0, item, "")
    return Checker(STANDING, DEPENDENTS, kind, NOW, Sender("test", "feed", None, measures)).check(
        raw
    )


def kept(item: dict[str, Any]) -> MeasurementEntry:
    found = check("measurements", item)
    assert isinstance(found, MeasurementEntry), found
    return found


def told(item: Any) -> tuple[Trouble, ...]:
    found = check("measurements", item)
    assert not isinstance(found, MeasurementEntry | EventEntry)
    return found


HSMR = {"measure": "hsmr", "period": "2026-10"}
BUNDLE = {"measure": "bundle", "period": "2026-10"}
PERCENT = {**BUNDLE, "measure": "percent"}
NEVER = {"measure": "never"}
V = {"value": 1}
MEASUREMENTS = [
    ({**HSMR, "measure": "nope", **V}, "unknown_measure", "/measure"),
    ({**HSMR, "measure": "gone", **V}, "ended_measure", "/measure"),
    ({**HSMR, "site": "nope", **V}, "unknown_site", "/site"),
    ({**HSMR, "site": "shut", **V}, "ended_site", "/site"),
    ({**HSMR, "measure": "falls", "site": "shut", **V}, "unknown_site", "/site"),
    ({**HSMR, "stratum": "nope", **V}, "unknown_stratum", "/stratum"),
    ({**HSMR, "definition": 2, **V}, "unknown_definition", "/definition"),
    ({**HSMR, "definition": 0, **V}, "too_small", "/definition"),
    ({**HSMR, "period": "2026-W41", **V}, "bad_period", "/period"),
    ({**HSMR, "period": "2026-13", **V}, "bad_period", "/period"),
    ({**HSMR, "period": "9999-12", **V}, "bad_period", "/period"),
    ({**HSMR, "period": "1899-12", **V}, "too_early", "/period"),
    ({**HSMR, "period": "1000-01", **V}, "too_early", "/period"),
    ({"measure": "hsmr", **V}, "missing", "/period"),
    ({**HSMR, "period": "2026-12", **V}, "future", "/period"),
    ({**HSMR, "period": "2026-11", **V}, "future", "/period"),
    ({**HSMR, "period": "2026-12", **V, "state": "partial"}, "future", "/period"),
    (HSMR, "missing", "/value"),
    ({"period": "2026-10", **V}, "missing", "/measure"),
    ({**HSMR, "value": "ten"}, "wrong_type", "/value"),
    ({**HSMR, "value": True}, "wrong_type", "/value"),
    ({**HSMR, "value": [1]}, "wrong_type", "/value"),
    ({**HSMR, "value": float("nan")}, "not_finite", "/value"),
    ({**HSMR, "value": float("inf")}, "not_finite", "/value"),
    ({**HSMR, "value": 10**400}, "not_finite", "/value"),
    ({**BUNDLE, "numerator": 10**400, "denominator": 1}, "not_finite", "/numerator"),
    ({**HSMR, "numerator": 1e308, "denominator": 1e-308}, "not_finite", "/numerator"),
    ({**HSMR, "value": -1e101}, "too_large", "/value"),
    ({**HSMR, "numerator": 1e101, "denominator": 1}, "too_large", "/numerator"),
    ({**HSMR, "numerator": 1, "denominator": 1e101}, "too_large", "/denominator"),
    ({**HSMR, "numerator": 1e99, "denominator": 1e-9}, "too_large", "/numerator"),
    ({**BUNDLE, "numerator": 11, "denominator": 10}, "numerator_above_denominator", "/numerator"),
    ({**BUNDLE, "observed": 11, "expected": 10}, "numerator_above_denominator", "/observed"),
    ({**BUNDLE, "numerator": 1, "denominator": 0}, "bad_denominator", "/denominator"),
    ({**BUNDLE, "numerator": 1, "denominator": -1}, "bad_denominator", "/denominator"),
    ({**BUNDLE, "numerator": -1, "denominator": 1}, "bad_numerator", "/numerator"),
    ({**BUNDLE, "numerator": 1}, "missing", "/denominator"),
    ({**BUNDLE, "value": 95}, "no_proportion", "/value"),
    ({**BUNDLE, "measure": "falls", "value": -1}, "negative_rate", "/value"),
    ({**HSMR, **V, "patient": "Ann"}, "unknown_field", "/patient"),
    ({**HSMR, **V, "state": "guess"}, "not_allowed", "/state"),
    ({**HSMR, **V, "id": 5}, "wrong_type", "/id"),
    ({**HSMR, **V, "id": ""}, "empty", "/id"),
    ({**HSMR, **V, "id": "x" * 201}, "too_long", "/id"),
    ({**HSMR, **V, "occurred_at": "2026-10-07T09:30:00"}, "no_zone", "/occurred_at"),
    ({**HSMR, **V, "received_at": "yesterday"}, "bad_instant", "/received_at"),
    ({**HSMR, **V, "received_at": 5}, "wrong_type", "/received_at"),
    ({**HSMR, **V, "occurred_at": "2027-01-01T00:00:00Z"}, "future", "/occurred_at"),
    ({**HSMR, "withdrawn": True}, "missing", "/reason"),
    ({**HSMR, "withdrawn": True, "reason": "x", **V}, "contradiction", "/value"),
    ({**HSMR, **V, "event_date": "2026-10-07"}, "not_events", "/event_date"),
    ({**NEVER, "period": "2026-10", "count": 1}, "bad_period", "/period"),
    (NEVER, "missing", "/event_date"),
    ({**NEVER, "event_date": "2026-11-21"}, "future", "/event_date"),
    ({**NEVER, "complete_through": "2026-11-21"}, "future", "/complete_through"),
    ({**NEVER, "event_date": "1899-12-31"}, "too_early", "/event_date"),
    ({**NEVER, "complete_through": "1026-10-07"}, "too_early", "/complete_through"),
    ({**NEVER, "event_date": "2026-02-30"}, "bad_date", "/event_date"),
    ({**NEVER, "event_date": "20261007"}, "bad_date", "/event_date"),
    ({**NEVER, "event_date": "2026-10-07", **V}, "contradiction", "/value"),
    ({**NEVER, "complete_through": "2026-10-07", "count": 1}, "missing", "/event_date"),
    ({**NEVER, "event_date": "2026-10-07", "count": -1}, "too_small", "/count"),
    ("text", "wrong_type", ""),
    (None, "wrong_type", ""),
]
MILESTONE = {"project": "p", "milestone": "m", "change": "completed", "on": "2026-10-01"}
SCORE = {"project": "p", "score": 3.5, "on": "2026-10-01"}
REVIEW = {"project": "p", "on": "2026-10-01"}
STATE = {"project": "p", "state": "paused", "on": "2026-10-01", "reason": "no staff"}
ROLE = {"project": "p", "role": "leader", "person": "ann", "on": "2026-10-01"}
ADOPTED = {"aim": "timed", "by": "Board", "on": "2026-10-01", "minute": "26/9"}
TESTED = {"project": "p", "on": "2026-10-01", "prediction": "8 of 10 within the hour"}
ACTION = {"project": "p", "action": "beds", "text": "Free two beds", "on": "2026-10-01"}
MEETING = {"on": "2026-10-01", "minutes": 120, "quality_minutes": 40, "patient_story": True}
PUBLISHED = {"aim": "timed", "period": "2026-09", "on": "2026-10-01"}
VALIDATED = {"project": "p", "on": "2026-10-01", "amount": 0, "by": "ann"}
EXPLAINED = {"aim": "timed", "expectation": "AIM-01", "text": "Coding changed", "on": "2026-10-01"}
SPREAD = {"project": "p", "unit": "Ward 7", "on": "2026-10-01"}
ASSESSES = "self-assessments"
ASSESSED = {"on": "2026-10-01", "by": "ann", "answers": {"1.1": {"score": 0}}}
EVENTS = [
    ("milestones", {**MILESTONE, "project": "q"}, "unknown_project", "/project"),
    ("milestones", {**MILESTONE, "milestone": "q"}, "unknown_milestone", "/milestone"),
    ("milestones", {**MILESTONE, "on": "2026-11-21"}, "future", "/on"),
    ("milestones", {**MILESTONE, "on": "2026-10-01T00:00:00"}, "bad_date", "/on"),
    ("milestones", {**MILESTONE, "on": "1026-10-01"}, "too_early", "/on"),
    ("milestones", {**MILESTONE, "change": "lost"}, "not_allowed", "/change"),
    ("milestones", {**MILESTONE, "project": "over"}, "ended_project", "/project"),
    ("progress", {**SCORE, "score": 3.7}, "bad_score", "/score"),
    ("progress", {**SCORE, "score": 5.5}, "bad_score", "/score"),
    ("progress", {**SCORE, "score": float("nan")}, "bad_score", "/score"),
    ("progress", {**SCORE, "score": "3"}, "wrong_type", "/score"),
    ("progress", {**SCORE, "scored_by": "bob"}, "unknown_person", "/scored_by"),
    ("progress", {**SCORE, "scored_by": "left"}, "ended_person", "/scored_by"),
    ("reviews", {"on": "2026-10-01"}, "one_of", "/project"),
    ("reviews", {**REVIEW, "aim": "aim"}, "one_of", "/project"),
    ("reviews", {"aim": "nope", "on": "2026-10-01"}, "unknown_aim", "/aim"),
    ("projects", {**STATE, "role": "leader"}, "one_of", "/state"),
    ("projects", {**STATE, "decided_by": "bob"}, "unknown_person", "/decided_by"),
    ("projects", {k: v for k, v in STATE.items() if k != "reason"}, "missing", "/reason"),
    ("projects", {**STATE, "state": "stopped", "reason": ""}, "missing", "/reason"),
    ("projects", {**STATE, "sustainer": "ann"}, "contradiction", "/sustainer"),
    ("projects", {**STATE, "until": STATE["on"]}, "contradiction", "/until"),
    ("projects", {**STATE, "until": "soon"}, "bad_date", "/until"),
    ("projects", {**STATE, "state": "stopped", "until": "2026-12-01"}, "contradiction", "/until"),
    ("projects", {**ROLE, "until": "2026-12-01"}, "contradiction", "/until"),
    ("projects", {"aim": "aim", "state": "completed", "on": "2026-10-01"}, "contradiction", "/aim"),
    ("projects", {"project": "p", "role": "leader", "on": "2026-10-01"}, "missing", "/person"),
    ("projects", {**ROLE, "aim": "aim"}, "one_of", "/project"),
    (
        "projects",
        {"aim": "aim", "role": "leader", "person": "ann", "on": "2026-10-01"},
        "not_allowed",
        "/role",
    ),
    ("reviews", {"project": "begun", "on": "2026-01-31"}, "before_start", "/on"),
    ("adoptions", {**ADOPTED, "aim": "nope"}, "unknown_aim", "/aim"),
    ("adoptions", {**ADOPTED, "on": "2026-11-21"}, "future", "/on"),
    ("adoptions", {**ADOPTED, "version": 4}, "unknown_version", "/version"),
    ("adoptions", {**ADOPTED, "version": 0}, "too_small", "/version"),
    ("adoptions", {**ADOPTED, "target": [1, 2]}, "bad_target", "/target"),
    ("adoptions", {**ADOPTED, "target": "80"}, "wrong_type", "/target"),
    ("adoptions", {**ADOPTED, "target": float("nan")}, "not_finite", "/target"),
    ("adoptions", {**ADOPTED, "aim": "within", "target": 1}, "bad_target", "/target"),
    ("adoptions", {**ADOPTED, "aim": "within", "target": [2, 1]}, "bad_target", "/target"),
    ("adoptions", {**ADOPTED, "deadline": "2027-Q4"}, "bad_period", "/deadline"),
    ("adoptions", {**ADOPTED, "aim": "aim", "deadline": "2027-12"}, "no_measure", "/aim"),
    ("adoptions", {**ADOPTED, "by": "x" * 201}, "too_long", "/by"),
    ("tests", {**TESTED, "project": "q"}, "unknown_project", "/project"),
    ("tests", {"project": "p", "on": "2026-10-01"}, "missing", "/prediction"),
    ("tests", {**TESTED, "decision": "perhaps"}, "not_allowed", "/decision"),
    ("tests", {**TESTED, "prediction": "x" * 2001}, "too_long", "/prediction"),
    ("tests", {**TESTED, "project": "begun", "on": "2026-01-31"}, "before_start", "/on"),
    ("tests", {**TESTED, "patient": "Ann"}, "unknown_field", "/patient"),
    ("actions", {**ACTION, "aim": "aim"}, "one_of", "/project"),
    ("actions", {**ACTION, "owner": "bob"}, "unknown_person", "/owner"),
    ("actions", {**ACTION, "owner": "left"}, "ended_person", "/owner"),
    ("actions", {**ACTION, "done_on": "2026-11-21"}, "future", "/done_on"),
    ("actions", {**ACTION, "due": "soon"}, "bad_date", "/due"),
    ("actions", {"project": "p", "action": "a", "on": "2026-10-01"}, "missing", "/text"),
    ("actions", {"project": "p", "text": "a", "on": "2026-10-01"}, "missing", "/action"),
    ("meetings", {**MEETING, "on": "2026-11-21"}, "future", "/on"),
    ("meetings", {**MEETING, "quality_minutes": 121}, "contradiction", "/quality_minutes"),
    ("meetings", {"on": "2026-10-01", "quality_minutes": 20}, "missing", "/minutes"),
    ("meetings", {**MEETING, "minutes": 0}, "too_small", "/minutes"),
    ("meetings", {**MEETING, "quality_minutes": -1}, "too_small", "/quality_minutes"),
    ("meetings", {**MEETING, "patient_story": "Ann fell"}, "wrong_type", "/patient_story"),
    ("publications", {**PUBLISHED, "period": "2026-W41"}, "bad_period", "/period"),
    ("publications", {**PUBLISHED, "aim": "aim"}, "no_measure", "/aim"),
    ("publications", {**PUBLISHED, "on": "2026-09-30"}, "period_not_over", "/on"),
    ("publications", {**PUBLISHED, "on": "2026-11-21"}, "future", "/on"),
    ("validations", {**VALIDATED, "amount": -1}, "too_small", "/amount"),
    ("validations", {**VALIDATED, "by": "bob"}, "unknown_person", "/by"),
    ("validations", {**VALIDATED, "project": "over"}, "ended_project", "/project"),
    ("explanations", {**EXPLAINED, "expectation": "AIM-99"}, "unknown_expectation", "/expectation"),
    ("explanations", {**EXPLAINED, "measure": "hsmr"}, "one_of", "/project"),
    ("explanations", {**EXPLAINED, "aim": None, "measure": "x"}, "unknown_measure", "/measure"),
    ("explanations", {**EXPLAINED, "text": ""}, "empty", "/text"),
    ("explanations", {**EXPLAINED, "by": "left"}, "ended_person", "/by"),
    ("spreads", {**SPREAD, "project": "q"}, "unknown_project", "/project"),
    ("spreads", {**SPREAD, "project": "begun", "on": "2026-01-31"}, "before_start", "/on"),
    ("spreads", {**SPREAD, "on": "2026-11-21"}, "future", "/on"),
    ("spreads", {"project": "p", "on": "2026-10-01"}, "missing", "/unit"),
    (ASSESSES, {**ASSESSED, "on": "2026-11-21"}, "future", "/on"),
    (ASSESSES, {**ASSESSED, "by": "left"}, "ended_person", "/by"),
    (ASSESSES, {"on": "2026-10-01", "by": "ann"}, "missing", "/answers"),
    (ASSESSES, {**ASSESSED, "answers": {}}, "missing", "/answers"),
    (ASSESSES, {**ASSESSED, "answers": {"8.1": {"score": 1}}}, "unknown_item", "/answers"),
    (ASSESSES, {**ASSESSED, "answers": {"1.1": {"score": 5}}}, "too_large", "/answers/1.1/score"),
    (ASSESSES, {**ASSESSED, "answers": {"1.1": {"score": -1}}}, "too_small", "/answers/1.1/score"),
    (
        ASSESSES,
        {**ASSESSED, "answers": {"1.1": {"score": 2.5}}},
        "wrong_type",
        "/answers/1.1/score",
    ),
    (
        ASSESSES,
        {**ASSESSED, "answers": {"1.1": {"score": True}}},
        "wrong_type",
        "/answers/1.1/score",
    ),
    (
        ASSESSES,
        {**ASSESSED, "answers": {"1.1": {"evidence": "seen"}}},
        "missing",
        "/answers/1.1/score",
    ),
    (
        ASSESSES,
        {**ASSESSED, "answers": {"1.1": {"score": 1, "patient": "Ann"}}},
        "unknown_field",
        "/answers/1.1/patient",
    ),
]
GOOD = [
    ("reviews", {"project": "begun", "on": "2026-02-01"}, [94], ("on", "reviewer")),
    ("adoptions", ADOPTED, [92], ("on",)),
    ("adoptions", {**ADOPTED, "target": 85, "deadline": "2027-12", "version": 3}, [92], ("on",)),
    ("adoptions", {**ADOPTED, "aim": "within", "target": [80, 90]}, [93], ("on",)),
    ("tests", TESTED, [90], ("test", "on")),
    ("tests", {**TESTED, "test": "huddle"}, [90], ("test",)),
    ("tests", {"project": "begun", "on": "2026-02-01", "decision": "adopt"}, [94], ("test", "on")),
    ("actions", ACTION, [90], ("action",)),
    (
        "actions",
        {"aim": "aim", "action": "a", "on": "2026-10-01", "done_on": "2026-10-01"},
        [91],
        ("action",),
    ),
    ("meetings", MEETING, [95], ("on",)),
    ("meetings", {"on": "2026-11-20", "patient_story": False}, [95], ("on",)),
    ("publications", PUBLISHED, [92], ("period",)),
    ("publications", {**PUBLISHED, "period": "2026-09"}, [92], ("period",)),
    ("validations", VALIDATED, [90], ("on",)),
    ("validations", {"project": "p", "on": "2026-11-20"}, [90], ("on",)),
    ("explanations", EXPLAINED, [92], ("expectation", "on", "by")),
    (
        "explanations",
        {**EXPLAINED, "aim": None, "measure": "hsmr"},
        [0],
        ("expectation", "on", "by"),
    ),
    ("spreads", SPREAD, [90], ("unit",)),
    (ASSESSES, ASSESSED, [95], ("on", "by")),
    ("projects", {**STATE, "project": "p"}, [90, 95], ("on",)),
    ("projects", ROLE, [90, 96], ("role", "on")),
]


@pytest.mark.parametrize(("item", "code", "field"), MEASUREMENTS)
def test_a_bad_measurement(item: Any, code: str, field: str) -> None:
    found = check("measurements", item)
    assert not isinstance(found, MeasurementEntry | EventEntry)
    assert [(each.code, each.field) for each in found] == [(code, field)]


@pytest.mark.parametrize(("kind", "item", "code", "field"), EVENTS)
def test_a_bad_event(kind: str, item: Any, code: str, field: str) -> None:
    found = check(kind, item)
    assert not isinstance(found, MeasurementEntry | EventEntry)
    assert [(each.code, each.field) for each in found] == [(code, field)]


@pytest.mark.parametrize(("kind", "item", "marks", "natural"), GOOD)
def test_a_good_event_marks_what_it_touches(
    kind: str, item: dict[str, Any], marks: list[int], natural: tuple[str, ...]
) -> None:
    found = check(kind, item)
    assert isinstance(found, EventEntry), found
    assert (list(found.subjects), found.home) == (marks, marks[0])
    assert found.natural == natural
    assert len(found.key) == len(natural) + 2


def test_a_state_touches_those_whose_load_the_project_is() -> None:
    project = Project("p", "p", None, None, leader="ann", sponsor="ann")
    project = replace(project, allocations=(Allocation("cfo", 0.5),))
    plan = replace(PLAN, projects={"p": project})
    item = ProjectItem.model_validate(STATE)
    found = draft_of(plan, item, NOW.date())
    assert [str(subject) for subject in found.also] == [
        "person:ann",
        "person:cfo",
        "organisation:o",
    ]


def test_before_there_is_a_plan_there_is_no_board_to_meet() -> None:
    item = MeetingItem.model_validate(MEETING)
    with pytest.raises(RefusedError, match="no plan was applied yet"):
        draft_of(replace(PLAN, version=0), item, NOW.date())


def test_a_role_touches_who_had_it_and_who_takes_it() -> None:
    plan = replace(PLAN, projects={"p": Project("p", "p", None, None, leader="bob")})
    found = draft_of(plan, ProjectItem.model_validate(ROLE), NOW.date())
    assert [str(subject) for subject in found.also] == ["person:ann", "person:bob"]


def test_a_refusal_says_what_is_allowed() -> None:
    found = check("measurements", {**HSMR, "measure": "nope", **V})
    assert isinstance(found[0], Trouble)
    assert "hsmr, bundle" in found[0].detail


HUGE = "the number is too large to be kept"
A_FRACTION = "count is a whole number, not a decimal number"


@pytest.mark.parametrize(
    ("item", "detail"),
    [
        ({**HSMR, "value": float("1e400")}, HUGE),
        ({**HSMR, "value": -(10**400)}, HUGE),
        ({**HSMR, "value": float("nan")}, "value is no finite number"),
        ({**HSMR, "value": True}, "value is a number, not true"),
        ({**HSMR, "value": [1]}, "value is a number, not a list"),
        ({**HSMR, "value": {}}, "value is a number, not an object"),
        ({**BUNDLE, "numerator": "1", "denominator": 2}, "numerator is a number, not text"),
        ({**BUNDLE, "observed": False, "expected": 2}, "observed is a number, not false"),
        ({**HSMR, **V, "measure": None}, "measure is text, not null"),
        ({**HSMR, **V, "suppressed": "no"}, "suppressed is true or false, not text"),
        ({**NEVER, "event_date": "2026-10-07", "count": 1.5}, A_FRACTION),
        ({**NEVER, "event_date": "2026-10-07", "count": -1}, "count is at least 0"),
        ({**NEVER, "event_date": "2026-10-07", "count": 2000000}, "count is at most 1000000"),
        ({**HSMR, **V, "state": "guess"}, "state is one of 'partial', 'provisional' or 'final'"),
        ({**HSMR, **V, "id": ""}, "id is empty"),
        ({**HSMR, **V, "id": "x" * 201}, "id has at most 200 characters"),
        ({"period": "2026-10", **V}, "measure is missing"),
        (
            {**HSMR, **V, "period": "1000-01"},
            "1000-01 lies before 1900; is the year mistyped?",
        ),
    ],
)
def test_each_error_has_a_sentence_of_its_own(item: Any, detail: str) -> None:
    assert [trouble.detail for trouble in told(item)] == [detail]


@pytest.mark.parametrize("period", ["1900-01", "1948-07"])
def test_an_old_period_is_kept(period: str) -> None:
    assert kept({**HSMR, **V, "period": period}).period == date.fromisoformat(f"{period}-01")


def test_everything_wrong_in_shape_is_told_at_once() -> None:
    found = check("measurements", {"value": "x" * 30, "a/b": 1})
    assert [each.field for each in found if isinstance(each, Trouble)] == [
        "/measure",
        "/value",
        "/a~1b",
    ]


def test_a_key_may_be_held_to_its_measures() -> None:
    found = check("measurements", {**HSMR, **V}, frozenset({"falls"}))
    assert isinstance(found[0], Trouble)
    assert (found[0].code, found[0].status) == ("forbidden_measure", 403)


def test_counts_give_the_value_and_are_scaled() -> None:
    entry = kept({**PERCENT, "numerator": 1, "denominator": 4})
    assert (entry.value, entry.numerator, entry.denominator) == (25.0, 1.0, 4.0)


@pytest.mark.parametrize(
    ("measure", "value", "numerator", "denominator", "agrees"),
    [
        ("percent", 91, 183, 201, True),  # 91.0448
        ("percent", 91.04, 183, 201, True),
        ("percent", 100 * 183 / 201, 183, 201, True),
        ("percent", 91.1, 183, 201, False),
        ("percent", 90, 183, 201, False),
        ("bundle", 0.91, 183, 201, True),
        ("bundle", 1, 183, 201, False),  # no feed rounds a share to a whole
        ("bundle", 0.9, 183, 201, False),
        ("falls", 4.2, 21, 5000, True),
        ("falls", 4, 21, 5000, True),
        ("falls", 0.0042, 21, 5000, False),  # told per patient-day, not per thousand
        ("hsmr", 1.02e2, 102, 1, True),
        ("hsmr", 1e22, 102, 1, False),
    ],
)
def test_a_value_beside_counts_agrees_with_them_to_its_last_decimal_or_is_refused(
    measure: str, value: float, numerator: int, denominator: int, agrees: bool
) -> None:
    counts = {"numerator": numerator, "denominator": denominator}
    item = {**BUNDLE, "measure": measure, "value": value, **counts}
    if agrees:
        entry = kept(item)
        assert (entry.numerator, entry.denominator) == (numerator, denominator)
        assert entry.value == pytest.approx(kept(item | {"value": None}).value)
        return
    (trouble,) = told(item)
    assert (trouble.code, trouble.field) == ("contradiction", "/value")
    assert f"{value:g}" in trouble.detail
    assert "numerator / denominator" in trouble.detail


@pytest.mark.parametrize(
    ("amount", "flag"), [(300, None), (300.5, "out_of_range"), (-1, "out_of_range")]
)
def test_outside_of_what_is_valid_is_kept_and_flagged(amount: float, flag: str | None) -> None:
    assert kept({**HSMR, "value": amount}).flag == flag


@pytest.mark.parametrize("mark", ["*", "c", "<5", "<11"])
def test_marks_of_suppression(mark: str) -> None:
    entry = kept({**HSMR, "value": mark})
    assert (entry.value, entry.suppressed) == (None, True)


def test_a_running_period_may_be_told_in_part() -> None:
    assert kept({**HSMR, "period": "2026-11", **V, "state": "partial"}).state == "partial"


def test_a_late_value_of_what_has_ended_is_kept() -> None:
    assert kept({**HSMR, "measure": "gone", "period": "2026-05", **V}).period == date(2026, 5, 1)
    assert kept({**HSMR, "site": "shut", "period": "2026-05", **V}).site == "shut"


def test_the_current_definition_is_meant() -> None:
    assert kept({**HSMR, "measure": "twice", **V}).definition == 2
    assert kept({**HSMR, "measure": "twice", **V, "definition": 1}).definition == 1


def test_the_day_is_that_of_the_organisation() -> None:
    """At 23:30 UTC in summer it is tomorrow in London."""
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    checker = Checker(STANDING, DEPENDENTS, "measurements", late, Sender("test", "feed"))
    raw = from_objects([{"measure": "hsmr", "period": "2026-06", "value": 1}])[0]
    assert isinstance(checker.check(raw), MeasurementEntry)


def test_what_was_told_before_a_pause_could_say_until_when_is_no_news() -> None:
    before = {"state": "paused", "on": date(2026, 10, 1)}
    now = _digest("state_change", "project:p", {**before, "until": None})
    assert now == _digest("state_change", "project:p", before)
    assert now != _digest("state_change", "project:p", {**before, "until": date(2026, 12, 1)})
