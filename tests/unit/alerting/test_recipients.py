"""Who hears what: by expectation and severity, by route and channel, and after people have left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from services.alerting.recipients import Recipient, of_finding, of_status
from services.framework.evaluate import evaluate
from services.framework.facts import Facts, Role, RoleChange
from services.framework.judgement import Outcome, Severity, Subject
from services.framework.periods import local_date
from services.framework.plan import Driver, Milestone, Person, Plan, Project, Route, Serve
from services.framework.roster import Roster
from tests.unit.framework.builders import a_measure, a_plan, an_aim, at, day, values

PEOPLE = ("aim-sponsor", "chief", "deputy", "project-sponsor", "leader", "owner", "bystander")
EVERYWHERE = Route(("chief",))
WARN, CRIT, WATCH = Severity.WARN, Severity.CRIT, Severity.WATCH


class _World(NamedTuple):
    plan: Plan
    facts: Facts = Facts()
    at: str = "2025-02-15"


def _plan(**changes: Any) -> Plan:
    aim = an_aim(
        sponsor="aim-sponsor", drivers=(Driver("d", "a", "Sepsis", linked_on=day("2024-11-01")),)
    )
    project = Project(
        "p",
        "Sepsis six",
        day("2024-11-01"),
        day("2025-12-31"),
        sponsor="project-sponsor",
        leader="leader",
        serves=(Serve("a/d"),),
        milestones=(Milestone("pilot", "p", "Pilot", day("2025-01-31")),),
    )
    people = {i: Person(i, i.title(), f"{i}@x.example") for i in PEOPLE}
    given: dict[str, Any] = {"people": people, "routes": (EVERYWHERE,)}
    return a_plan(aim, a_measure(owner="owner"), (project,), **given | changes)


def _project(**changes: Any) -> Plan:
    plan = _plan()
    return replace(plan, projects={"p": replace(plan.projects["p"], **changes)})


def _aim(**changes: Any) -> Plan:
    plan = _plan()
    return replace(plan, aims={"a": replace(plan.aims["a"], **changes)})


def _bare(share: float) -> Plan:
    drivers = (Driver("d", "a", "Sepsis", share=share, linked_on=day("2024-11-01")),)
    return replace(_aim(drivers=drivers), projects={})


def _left(plan: Plan, *people: str, on: str = "2025-01-10") -> Plan:
    gone = {i: replace(plan.people[i], ended=day(on)) for i in people}
    return replace(plan, people={**plan.people, **gone})


def _roster(world: _World) -> Roster:
    return Roster.of(world.plan, world.facts, local_date(at(world.at), world.plan.zone))


def _outcome(world: _World, subject: str, expectation: str) -> Outcome:
    found = evaluate(world.plan, world.facts, Subject.parse(subject), at(world.at)).findings
    (outcome,) = [o for o in found if o.expectation == expectation]
    return outcome


def _hear(world: _World, subject: str, outcome: Outcome) -> tuple[Recipient, ...]:
    return of_finding(world.plan, _roster(world), Subject.parse(subject), outcome)


BLIND = _World(_plan(), Facts(values([100.0] * 10)), "2025-04-15")
UNJUDGED = _World(replace(_plan(), aims={}, projects={}), BLIND.facts, BLIND.at)
LATE = Facts(values([100.0] * 12))


@pytest.mark.parametrize(
    ("world", "subject", "expectation", "severity", "heard"),
    [
        (_World(_aim(deadline=None)), "aim:a", "AIM-01", CRIT, {"aim-sponsor", "chief"}),
        (_World(_aim(sponsor=None)), "aim:a", "AIM-01", CRIT, {"chief"}),
        (_World(_bare(0.1)), "aim:a", "PRT-01", WARN, {"aim-sponsor"}),
        (_World(_bare(0.5)), "aim:a", "PRT-01", CRIT, {"aim-sponsor"}),
        (_World(_plan(), LATE, "2025-02-25"), "measure:m", "DAT-01", WATCH, {"owner"}),
        (BLIND, "measure:m", "DAT-02", CRIT, {"owner", "aim-sponsor"}),
        (
            _World(_plan(), at="2025-02-10"),
            "project:p",
            "MIL-01",
            WARN,
            {"leader", "project-sponsor"},
        ),
        (
            _World(_plan(), at="2025-04-10"),
            "project:p",
            "MIL-01",
            CRIT,
            {"leader", "project-sponsor", "aim-sponsor"},
        ),
        (
            _World(_project(leader=None), at="2024-11-15"),
            "project:p",
            "PRJ-02",
            WARN,
            {"project-sponsor"},
        ),
        (
            _World(_project(leader=None), at="2025-01-15"),
            "project:p",
            "PRJ-02",
            CRIT,
            {"project-sponsor", "aim-sponsor"},
        ),
        (_World(_project(sponsor=None), at="2024-11-15"), "project:p", "PRJ-02", WARN, {"leader"}),
        (
            _World(_project(sponsor=None), at="2025-01-15"),
            "project:p",
            "PRJ-02",
            CRIT,
            {"leader", "aim-sponsor"},
        ),
    ],
)
def test_each_finding_is_told_to_those_who_answer_for_it(
    world: _World, subject: str, expectation: str, severity: Severity, heard: set[str]
) -> None:
    outcome = _outcome(world, subject, expectation)
    assert outcome.severity is severity
    told = _hear(world, subject, outcome)
    assert {r.person for r in told} == heard
    assert {r.channel for r in told} == {"mail"}
    assert len(told) == len(heard), "each of them once"


def test_a_measure_that_no_aim_is_judged_by_is_its_owners_alone() -> None:
    outcome = Outcome("DAT-02", "measure:m", True, "blind", CRIT, audience=("measure_owner",))
    assert {r.person for r in _hear(UNJUDGED, "measure:m", outcome)} == {"owner"}


@pytest.mark.parametrize(
    ("subject", "route"),
    [
        ("project:p", Route(("leader",), ("room", "mail"), project="p")),
        ("measure:m", Route(("leader",), ("room", "mail"), measure="m")),
        ("aim:a", Route(("leader",), ("room", "mail"), aim="a")),
    ],
)
def test_a_route_of_the_subject_chooses_the_channels_of_those_it_names(
    subject: str, route: Route
) -> None:
    plan = replace(
        _aim(sponsor="leader"),
        measures={"m": a_measure(owner="leader")},
        routes=(EVERYWHERE, route),
    )
    part = {"project": "leader", "measure": "measure_owner", "aim": "sponsor"}
    audience = (part[subject.partition(":")[0]], "sponsor")
    outcome = Outcome("X", subject, True, "why", WARN, audience=audience)
    told = _hear(_World(plan), subject, outcome)
    assert [r.channel for r in told if r.person == "leader"] == ["room", "mail"]
    assert {r.channel for r in told if r.person != "leader"} <= {"mail"}


def test_who_plays_two_parts_is_told_once() -> None:
    outcome = _outcome(_World(_plan(), at="2025-04-10"), "project:p", "MIL-01")
    same = _project(sponsor="leader")
    same = replace(same, aims={"a": replace(same.aims["a"], sponsor="leader")})
    assert _hear(_World(same, at="2025-04-10"), "project:p", outcome) == (
        Recipient("leader", "mail", "leader"),
    )


@pytest.mark.parametrize(
    ("routes", "heard"),
    [
        ((), [("aim-sponsor", "mail")]),
        ((EVERYWHERE,), [("chief", "mail")]),
        ((EVERYWHERE, Route(("deputy",), aim="a")), [("deputy", "mail")]),
        ((EVERYWHERE, Route(("deputy",), aim="other")), [("chief", "mail")]),
        ((EVERYWHERE, Route(("leader",), project="p")), [("chief", "mail")]),
        ((EVERYWHERE, Route(("owner",), measure="m")), [("chief", "mail")]),
        (
            (Route(("chief", "deputy"), ("mail", "room")),),
            [("chief", "mail"), ("chief", "room"), ("deputy", "mail"), ("deputy", "room")],
        ),
        (
            (Route(("chief",), aim="a"), Route(("chief",), ("mail", "room"), aim="a")),
            [("chief", "mail"), ("chief", "room")],
        ),
        ((Route((), aim="a"),), [("aim-sponsor", "mail")]),
    ],
)
def test_a_status_goes_by_the_aims_routes_else_the_organisations_else_to_the_sponsor(
    routes: tuple[Route, ...], heard: list[tuple[str, str]]
) -> None:
    world = _World(_plan(routes=routes))
    told = of_status(world.plan, _roster(world), "a")
    assert [(r.person, r.channel) for r in told] == heard
    assert {r.part for r in told} == {"executive"}


def test_an_aim_without_a_route_and_a_sponsor_has_nobody_to_tell() -> None:
    world = _World(replace(_aim(sponsor=None), routes=()))
    assert of_status(world.plan, _roster(world), "a") == ()


@pytest.mark.parametrize("owner", [None, "owner"])
def test_late_data_without_an_owner_reach_somebody_all_the_same(owner: str | None) -> None:
    """Nobody owns the measure, or who did has left."""
    plan = _left(_plan(), "owner")
    plan = replace(plan, measures={"m": replace(plan.measures["m"], owner=owner)})
    late = _World(plan, LATE, "2025-02-25")
    outcome = _outcome(late, "measure:m", "DAT-01")
    assert [r.person for r in _hear(late, "measure:m", outcome)] == ["aim-sponsor"]
    driving = replace(an_aim(measures=()), sponsor="deputy", drivers=(_measured(),))
    driven = late._replace(plan=replace(plan, aims={"a": driving}))
    assert [r.person for r in _hear(driven, "measure:m", outcome)] == ["deputy"]
    alone = late._replace(plan=replace(plan, aims={}))
    assert [r.person for r in _hear(alone, "measure:m", outcome)] == ["chief"]


def _measured() -> Driver:
    return Driver("d", "a", "Sepsis", measure="m", linked_on=day("2024-11-01"))


def test_the_sponsor_who_is_told_of_a_measure_or_a_project_is_who_took_over() -> None:
    taken = _taken("aim:a", Role.SPONSOR, "deputy")
    outcome = Outcome("X", "measure:m", True, "why", CRIT, audience=("aim_sponsor",))
    for subject in ("measure:m", "project:p", "aim:a"):
        world = _World(_plan(), taken)
        assert [r.person for r in _hear(world, subject, outcome)] == ["deputy"], subject


def _taken(subject: str, role: Role, person: str | None) -> Facts:
    change = RoleChange(subject, role, person, day("2025-01-10"), at("2025-01-10"))
    return Facts(roles=(change,))


def test_who_took_over_a_role_hears_in_place_of_who_had_it() -> None:
    world = _World(_plan(), _taken("project:p", Role.LEADER, "deputy"), "2025-02-10")
    outcome = _outcome(world, "project:p", "MIL-01")
    assert {r.person for r in _hear(world, "project:p", outcome)} == {"deputy", "project-sponsor"}


def test_a_sponsor_who_took_the_aim_over_hears_of_its_status() -> None:
    plan = replace(_plan(), routes=())
    taken = _World(plan, _taken("aim:a", Role.SPONSOR, "deputy"))
    assert [r.person for r in of_status(plan, _roster(taken), "a")] == ["deputy"]
    before = taken._replace(at="2025-01-05")
    assert [r.person for r in of_status(plan, _roster(before), "a")] == ["aim-sponsor"]
    vacant = _World(plan, _taken("aim:a", Role.SPONSOR, None))
    assert of_status(plan, _roster(vacant), "a") == ()


@pytest.mark.parametrize(
    ("gone", "world", "subject", "expectation", "heard"),
    [
        ("owner", BLIND, "measure:m", "DAT-02", {"aim-sponsor"}),
        ("aim-sponsor", BLIND, "measure:m", "DAT-02", {"owner"}),
        (
            "aim-sponsor",
            _World(_plan(), at="2025-04-10"),
            "project:p",
            "MIL-01",
            {"leader", "project-sponsor"},
        ),
        ("leader", _World(_plan(), at="2025-02-10"), "project:p", "MIL-01", {"project-sponsor"}),
        ("chief", _World(_aim(deadline=None)), "aim:a", "AIM-01", {"aim-sponsor"}),
    ],
)
def test_who_has_left_hears_nothing_more(
    gone: str, world: _World, subject: str, expectation: str, heard: set[str]
) -> None:
    left = world._replace(plan=_left(world.plan, gone))
    told = _hear(left, subject, _outcome(left, subject, expectation))
    assert {r.person for r in told} == heard


@pytest.mark.parametrize(
    ("routes", "heard"),
    [
        ((Route(("chief", "deputy")),), ["deputy"]),
        ((EVERYWHERE,), ["aim-sponsor"]),
        ((EVERYWHERE, Route(("deputy",), aim="a")), ["deputy"]),
    ],
)
def test_a_status_passes_by_an_executive_who_has_left(
    routes: tuple[Route, ...], heard: list[str]
) -> None:
    world = _World(_left(_plan(routes=routes), "chief"))
    assert [r.person for r in of_status(world.plan, _roster(world), "a")] == heard
    still = _World(_left(_plan(routes=(EVERYWHERE,)), "chief", on="2025-02-16"))
    assert [r.person for r in of_status(still.plan, _roster(still), "a")] == ["chief"]


def _hears(plan: Plan, subject: str, part: str) -> list[str]:
    outcome = Outcome("X", subject, True, "why", WARN, audience=(part,))
    roster = Roster.of(plan, Facts(), day("2025-02-15"))
    return [r.person for r in of_finding(plan, roster, Subject.parse(subject), outcome)]


def _cast(**roles: str) -> Plan:
    plan = _plan()
    people = {i: replace(p, roles=(roles[i],)) for i, p in plan.people.items() if i in roles}
    return replace(plan, people={**plan.people, **people})


@pytest.mark.parametrize("part", ["board", "finance", "advisor"])
def test_a_part_of_the_organisation_is_played_by_whoever_has_the_role(part: str) -> None:
    plan = _cast(bystander=part)
    assert _hears(plan, "aim:a", part) == ["bystander"]
    gone = replace(plan.people["bystander"], ended=day("2025-02-01"))
    left = replace(plan, people={**plan.people, "bystander": gone})
    assert _hears(left, "aim:a", part) == ([] if part == "advisor" else ["chief"])


def test_the_advisor_of_a_project_is_its_own() -> None:
    plan = _cast(bystander="advisor")
    own = replace(plan.projects["p"], advisor="deputy")
    assert _hears(replace(plan, projects={"p": own}), "project:p", "advisor") == ["deputy"]
    assert _hears(plan, "project:p", "advisor") == []


def test_the_owner_of_an_aims_measure_hears_of_the_aim() -> None:
    assert _hears(_plan(), "aim:a", "measure_owner") == ["owner"]
    assert _hears(_plan(), "measure:m", "measure_owner") == ["owner"]
    assert _hears(_plan(), "project:p", "measure_owner") == []


@pytest.mark.parametrize(
    ("subject", "part", "people"),
    [
        ("aim:a", "project_sponsors", ["project-sponsor"]),
        ("person:leader", "project_sponsors", ["project-sponsor"]),
        ("person:leader", "aim_sponsor", ["aim-sponsor"]),
        ("person:bystander", "project_sponsors", []),
        ("person:bystander", "aim_sponsor", []),
        ("organisation:o", "executive", ["chief"]),
    ],
)
def test_who_hears_of_an_aims_projects_and_of_a_persons_load(
    subject: str, part: str, people: list[str]
) -> None:
    assert _hears(_plan(), subject, part) == people
