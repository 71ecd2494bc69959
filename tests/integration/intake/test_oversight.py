"""What boards, reviews and teams tell: kept, marked, and read as the facts of a judgement."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask.testing import FlaskClient

from services.evaluation.judge import Judged
from services.evaluation.recompute import recompute
from services.framework import facts as told
from services.framework.facts import AimRevision, Facts
from services.framework.judgement import Subject
from services.framework.periods import Frequency, Period
from services.framework.plan import Plan
from services.persistence import tables
from services.persistence.bearings import Bearing, bearing
from services.persistence.snapshots import load_facts
from tests.integration.intake.conftest import NOW, Hospital

LATER = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
CORE = "bigdot: 1\norganisation: {id: northfield}\n"


def known(hospital: Hospital, subject: str) -> tuple[Plan, Facts]:
    """The plan in force, and what the judgement of a subject is made from."""
    plan = hospital.services.plan_store.current(hospital.id)
    with hospital.services.engine.connect() as connection:
        looked_at = bearing(connection, hospital.id, plan, Subject.parse(subject))
        return plan, load_facts(connection, hospital.id, plan, looked_at)


def touched(hospital: Hospital, kind: str, item: dict[str, Any]) -> set[str]:
    """The subjects that an item marks."""
    before = hospital.stale()
    assert hospital.record(kind, item) == ["created"]
    return {name for name, last in hospital.stale().items() if last != before[name]}


def apply(hospital: Hospital, text: str, at: datetime = LATER, reason: str = "minute 9") -> None:
    hospital.services.clock.freeze(at)
    hospital.services.plans.apply(hospital.id, CORE + text, author="board", reason=reason)


def month(name: str) -> Period:
    return Period.parse(name, Frequency.MONTH)


PROJECT, AIM = {"project:sepsis-ed", "aim:hsmr-88"}, {"aim:hsmr-88"}
ON = {"on": "2026-11-10"}
ITEMS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("adoptions", {"aim": "hsmr-88", "by": "Board", "minute": "26/9", **ON}, AIM),
    ("tests", {"project": "sepsis-ed", "prediction": "8 of 10", **ON}, PROJECT),
    ("actions", {"project": "sepsis-ed", "action": "a", "text": "Free two beds", **ON}, PROJECT),
    ("actions", {"aim": "hsmr-88", "action": "a", "text": "Ask finance", **ON}, AIM),
    ("meetings", {"minutes": 120, "quality_minutes": 30, **ON}, {"organisation:northfield"}),
    ("publications", {"aim": "hsmr-88", "period": "2026-10", **ON}, AIM),
    ("validations", {"project": "sepsis-ed", "amount": 12000.5, "by": "cmo", **ON}, PROJECT),
    ("explanations", {"aim": "hsmr-88", "expectation": "TRJ-01", "text": "x", **ON}, AIM),
    (
        "explanations",
        {"measure": "bundle", "expectation": "DAT-01", "text": "x", **ON},
        PROJECT | {"measure:bundle"},
    ),
    ("spreads", {"project": "sepsis-ed", "unit": "Ward 7", **ON}, PROJECT),
]


def test_each_marks_what_it_touches_and_is_kept_once(hospital: Hospital) -> None:
    for kind, item, marks in ITEMS:
        assert touched(hospital, kind, item) == marks, item
        assert hospital.record(kind, item) == ["unchanged"], item
    assert {r["kind"] for r in hospital.rows(tables.journal)} == {kind for kind, _, _ in ITEMS}


def test_the_facts_of_an_aim_and_its_projects(hospital: Hospital) -> None:
    for kind, item, _ in ITEMS:
        hospital.record(kind, item)
    day = date(2026, 11, 10)
    _, aim = known(hospital, "aim:hsmr-88")
    assert aim.adoptions == (told.Adopted("hsmr-88", "Board", day, NOW, "26/9"),)
    assert aim.tests == (told.TestOfChange("sepsis-ed", day, NOW, "8 of 10"),)
    assert [(a.subject, a.id, a.text) for a in aim.actions] == [
        ("project:sepsis-ed", "a", "Free two beds"),
        ("aim:hsmr-88", "a", "Ask finance"),
    ]
    assert aim.publications == (told.Publication("hsmr-88", month("2026-10"), day, NOW),)
    assert aim.validations == (told.SavingsValidated("sepsis-ed", day, NOW, 12000.5, "cmo"),)
    assert [(e.subject, e.expectation) for e in aim.explanations] == [
        ("aim:hsmr-88", "TRJ-01"),
        ("measure:bundle", "DAT-01"),
    ]
    assert aim.spreads == (told.Spread("sepsis-ed", "Ward 7", day, NOW),)
    assert (aim.meetings, aim.revisions) == ((), ())
    _, whole = known(hospital, "organisation:northfield")
    assert whole.meetings == (told.BoardMeeting(day, NOW, 120, 30),)
    _, bundle = known(hospital, "measure:bundle")
    assert [e.text for e in bundle.explanations] == ["x"]
    _, project = known(hospital, "project:sepsis-ed")
    assert (len(project.tests), len(project.actions), project.adoptions) == (1, 1, ())


def test_a_later_word_leaves_the_rest_as_it_was(hospital: Hospital) -> None:
    action = {"project": "sepsis-ed", "action": "beds"}
    given = {**action, "text": "Free two beds", "owner": "cmo", "due": "2026-11-15", **ON}
    done = {**action, "on": "2026-11-18", "done_on": "2026-11-17"}
    assert hospital.record("actions", given, done, done) == ["created", "corrected", "unchanged"]
    test = {"project": "sepsis-ed", "test": "huddle"}
    assert hospital.record("tests", {**test, "prediction": "8 of 10", **ON}) == ["created"]
    result = {**test, "result": "6 of 10", "decision": "adapt", "on": "2026-11-12"}
    assert hospital.record("tests", result) == ["corrected"]
    _, facts = known(hospital, "project:sepsis-ed")
    first, last = facts.actions
    assert (first.done_on, last.done_on) == (None, date(2026, 11, 17))
    assert (last.text, last.owner, last.due) == ("Free two beds", "cmo", date(2026, 11, 15))
    assert facts.tests[-1].prediction == "8 of 10"
    assert (facts.tests[-1].result, facts.tests[-1].decision) == ("6 of 10", told.Decision.ADAPT)


def test_a_role_marks_whoever_had_it_and_has_it(hospital: Hospital) -> None:
    people = "people: [{id: ann, name: Ann}, {id: bob, name: Bob}]\n"
    apply(hospital, people)
    role = {"project": "sepsis-ed", "role": "leader"}
    to_ann = touched(hospital, "projects", {**role, "person": "ann", "on": "2026-11-02"})
    assert to_ann == PROJECT | {"person:ann", "person:sister"}
    to_bob = touched(hospital, "projects", {**role, "person": "bob", "on": "2026-11-03"})
    assert to_bob == PROJECT | {"person:ann", "person:bob", "person:sister"}
    paused = {"project": "sepsis-ed", "state": "paused", "on": "2026-11-04", "reason": "winter"}
    people_of_it = {"person:ann", "person:bob", "person:sister", "person:cmo"}
    assert touched(hospital, "projects", paused) == PROJECT | people_of_it | {
        "organisation:northfield"
    }
    _, ann = known(hospital, "person:ann")
    assert [change.person for change in ann.roles] == ["ann", "bob"]
    assert [str(change.state) for change in ann.states] == ["paused"]
    _, whole = known(hospital, "organisation:northfield")
    assert (len(whole.states), whole.roles) == (1, ())


def test_revisions_say_who_when_and_why(hospital: Hospital) -> None:
    apply(hospital, "aims: [{id: hsmr-88, target: 92, deadline: 2027-03}]\n")
    several = "measures: [{measure: hsmr, baseline: {value: 103}, target: 94}, {measure: fed}]"
    apply(hospital, f"aims: [{{id: hsmr-88, {several}}}]\n", LATER.replace(day=2), "minute 10")
    drivers = "drivers: [{id: sepsis, share: 0.5}, {id: new, name: Handover}]"
    serves = "serves: [{driver: hsmr-88/sepsis, effect: 7}]"
    both = f"aims: [{{id: hsmr-88, {drivers}}}]\nprojects: [{{id: sepsis-ed, {serves}}}]\n"
    apply(hospital, both, LATER.replace(day=3), "minute 11")
    _, facts = known(hospital, "aim:hsmr-88")
    assert facts.revisions[:2] == (
        AimRevision("hsmr-88", "target", 88, 92, date(2026, 12, 1), LATER, "minute 9", "board"),
        AimRevision(
            "hsmr-88",
            "deadline",
            month("2026-12"),
            month("2027-03"),
            date(2026, 12, 1),
            LATER,
            "minute 9",
            "board",
        ),
    )
    later = [(r.field, r.old, r.new, r.reason) for r in facts.revisions[2:]]
    assert later[0] == ("target", 92, 94, "minute 10")
    assert sorted((field, reason) for field, _, _, reason in later[1:]) == [
        ("drivers", "minute 11"),
        ("drivers", "minute 11"),
        ("predictions", "minute 11"),
    ]
    assert {"id": "sepsis", "share": 0.4} in [old for _, old, _, _ in later]
    assert [{"driver": "hsmr-88/sepsis", "effect": 7}] in [new for _, _, new, _ in later]


def test_what_was_declared_first_is_no_revision_and_an_old_version_knows_no_later_one(
    hospital: Hospital,
) -> None:
    apply(hospital, "aims: [{id: hsmr-88, target: 92}, {id: new, name: New, measure: falls}]\n")
    assert known(hospital, "aim:new")[1].revisions == ()
    first = hospital.services.plan_store.version(hospital.id, 1)
    with hospital.services.engine.connect() as connection:
        facts = load_facts(connection, hospital.id, first, Bearing((), ("aim:hsmr-88",)))
    assert facts.revisions == ()


def test_an_adoption_of_a_version_is_of_what_it_declared(hospital: Hospital) -> None:
    apply(hospital, "aims: [{id: hsmr-88, target: 92, deadline: 2027-03}]\n")
    apply(hospital, "aims: [{id: hsmr-88, target: 95}]\n", LATER.replace(day=2))
    board = {"aim": "hsmr-88", "by": "Board"}
    for day, more in enumerate(({"version": 1}, {"version": 2}, {"version": 3}, {"target": 90})):
        on = f"2026-11-0{day + 1}"
        assert hospital.record("adoptions", {**board, "on": on, **more}) == ["created"]
    assert hospital.record("adoptions", {**board, **ON, "version": 4}) == ["rejected"]
    _, facts = known(hospital, "aim:hsmr-88")
    assert [(a.target, a.deadline and a.deadline.label) for a in facts.adoptions] == [
        (88, "2026-12"),
        (92, "2027-03"),
        (95, "2027-03"),
        (90, None),
    ]


def test_a_judgement_can_be_made_again_from_what_it_saw(hospital: Hospital) -> None:
    """Of every kind of subject, also when more has been told since."""
    services = hospital.services
    for kind, item, _ in ITEMS:
        hospital.record(kind, item)
    while services.judge.next() is not Judged.NOTHING:
        pass
    rows = hospital.rows(tables.evaluation)
    assert {r["subject_id"] for r in rows} == {r["id"] for r in hospital.rows(tables.subject)}
    for kind, item, _ in ITEMS:
        assert hospital.record(kind, {**item, "on": "2026-11-11"}) != ["unchanged"]
    for row in rows:
        assert recompute(services.evaluation_store, hospital.id, row["id"]).holds
        seen = services.evaluation_store.seen(hospital.id, row["id"])
        assert {event.on for event in _events(seen.facts)} <= {date(2026, 11, 10)}


def _events(facts: Facts) -> list[Any]:
    names = ("adoptions", "tests", "actions", "meetings", "publications", "explanations")
    return [event for name in names for event in getattr(facts, name)]


def test_a_balancing_measure_sites_and_strata_are_seen_by_the_aim(hospital: Hospital) -> None:
    split = "measures: [{id: hsmr, sites: [royal], strata: [most-deprived]}]\n"
    apply(hospital, split + "aims: [{id: hsmr-88, balancing: [falls]}]\n")
    value = {"measure": "hsmr", "period": "2026-09", "value": 99}
    for more in ({"site": "royal"}, {"stratum": "most-deprived"}, {}):
        assert touched(hospital, "measurements", value | more) == {"measure:hsmr", "aim:hsmr-88"}
    falls = {"measure": "falls", "period": "2026-W40", "numerator": 3, "denominator": 1000}
    assert touched(hospital, "measurements", falls) == {"measure:falls", "aim:hsmr-88"}
    _, facts = known(hospital, "aim:hsmr-88")
    assert {(k.measure, k.site, k.stratum) for k in facts.observations} == {
        ("hsmr", "royal", "all"),
        ("hsmr", "system", "most-deprived"),
        ("hsmr", "system", "all"),
        ("falls", "system", "all"),
    }


def test_over_http_an_answer_says_what_was_kept_and_what_is_wrong(client: FlaskClient) -> None:
    kept = client.post("/api/v1/adoptions", json=ITEMS[0][1])
    assert (kept.status_code, kept.json) == (
        202,
        {"result": "created", "subject": "aim:hsmr-88", "on": "2026-11-10"},
    )
    corrected = client.post("/api/v1/adoptions", json={**ITEMS[0][1], "target": 90}).get_json()
    assert (corrected["before"]["target"], corrected["after"]["target"]) == (None, 90)
    answer = client.post("/api/v1/explanations", json={**ITEMS[7][1], "expectation": "TRJ-99"})
    wrong = answer.get_json()
    assert (answer.status_code, wrong["code"]) == (422, "unknown_expectation")
    assert wrong["errors"][0]["pointer"] == "#/expectation"
    keyed = {"Idempotency-Key": "m-1"}
    first, second = (
        client.post("/api/v1/meetings", json=ITEMS[4][1], headers=keyed) for _ in range(2)
    )
    assert (first.status_code, first.data) == (second.status_code, second.data)
    batch = [ITEMS[9][1], {**ITEMS[9][1], "unit": None}]
    assert client.post("/api/v1/spreads", json=batch).status_code == 207


def test_a_review_before_its_project_is_refused(hospital: Hospital) -> None:
    early = {"project": "sepsis-ed", "on": "2025-10-31", "executing": "yes"}
    assert hospital.record("reviews", early, {**early, "on": "2025-11-01"}) == [
        "rejected",
        "created",
    ]
