"""What a leaver holds, and what handing it over makes of the plan and of its events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.framework.facts import Facts, ReviewAction, Role, RoleChange, StateChange
from services.framework.holdings import holdings, kept
from services.framework.plan import Plan, ProjectState
from services.framework.roster import Roster
from services.planning.declared import to_plan
from services.planning.declared_events import Declaration, declared_events
from services.planning.draft import draft
from services.planning.export import to_text
from services.planning.handover import Handover, HandoverRefusedError, Held, check, check_held
from services.planning.parts import normal

KNOWN = datetime(2025, 3, 1, tzinfo=UTC)
ON = date(2025, 6, 2)
SAID = Declaration(ON, datetime(2025, 6, 2, 9, tzinfo=UTC), "cmo", "retires")
PLAN = """\
bigdot: 1
organisation: {id: n, name: Northfield, zone: Europe/London}
people:
  - {id: ann, name: Ann, email: ann@n.example, roles: [executive, finance, partner]}
  - {id: bob, name: Bob, email: bob@n.example, roles: [executive]}
  - {id: cat, name: Cat, email: cat@n.example,
     away: [{from: 2025-05-20, to: 2025-06-20, cover: ann},
            {from: 2025-01-01, to: 2025-01-05, cover: ann}]}
measures:
  - {id: m, name: M, kind: value, direction: decrease, frequency: month, owner: ann}
  - {id: old, name: Old, kind: value, direction: decrease, frequency: month, owner: ann,
     ended: 2025-01-01}
aims:
  - {id: a, name: A, measure: m, baseline: {value: 9}, target: 5, start: 2025-01,
     deadline: 2026-12, sponsor: ann, partners: [ann], drivers: [{id: d, name: D}]}
  - {id: done, name: Done, sponsor: ann, ended: 2025-02-01, outcome: reached}
projects:
  - id: p
    name: P
    sponsor: bob
    leader: ann
    advisor: ann
    serves: [{driver: a/d}]
    allocations: [{person: ann, fte: 0.4, planned: 0.5}, {person: bob, fte: 0.3}]
  - {id: won, name: Won, leader: ann, state: completed, sustainer: ann}
  - {id: off, name: Off, leader: ann, state: stopped}
routes:
  - {aim: a, to: [bob, ann], by: [mail]}
  - {aim: a, to: [cat], by: [mail]}
  - {to: [ann], by: [mail]}
waivers:
  - {id: w, expectation: MIL-01, about: "project:p", from: 2025-06-01, until: 2025-06-30, by: ann,
     reason: moves}
"""
DOCUMENT = normal(draft(PLAN).document)


NOTHING = Facts()


def a_plan(**ended: date) -> Plan:
    """The plan; somebody of it may have left."""
    plan = to_plan(draft(PLAN).document)
    people = {
        name: replace(person, ended=ended.get(name, person.ended))
        for name, person in plan.people.items()
    }
    return replace(plan, people=people)


def role(about: str, person: str | None, on: date, part: Role = Role.SPONSOR) -> RoleChange:
    return RoleChange(about, part, person, on, KNOWN)


def action(**changes: Any) -> ReviewAction:
    plain = ReviewAction("project:p", "x", "Ask", "ann", None, KNOWN, date(2025, 3, 1))
    return replace(plain, **changes)


def held(facts: Facts = NOTHING, to: str = "bob", **others: str) -> Held:
    named = {name.replace("__", ":"): person for name, person in others.items()}
    about = (a_plan(), facts, "ann", ON)
    return Held(Handover("ann", to, ON, named), holdings(*about), kept(*about))


def words(facts: Facts = NOTHING) -> list[str]:
    return [f"{each.about} {each.words}" for each in held(facts).holdings]


def after(held: Held, facts: Facts) -> tuple[Plan, Facts]:
    """The plan and the facts once it is handed over, as applying the patch makes them."""
    plan = a_plan()
    new = to_plan(draft(to_text(held.patch(DOCUMENT)), DOCUMENT).document)
    events = (*declared_events(plan, new, SAID), *held.events(plan, SAID))

    def of(kind: type[Any], known: tuple[Any, ...]) -> tuple[Any, ...]:
        mine = [each for each in events if isinstance(each, kind)]
        return tuple(sorted((*known, *mine), key=lambda each: (each.on, each.known_at)))

    return new, replace(
        facts,
        roles=of(RoleChange, facts.roles),
        states=of(StateChange, facts.states),
        actions=of(ReviewAction, facts.actions),
    )


FULL = Facts(
    roles=(
        role("aim:a", "bob", date(2025, 2, 1)),
        role("project:p", "ann", date(2025, 2, 1)),
        role("project:p", "ann", date(2025, 9, 1), Role.CLINICAL_LEAD),
        role("aim:a", "ann", date(2025, 9, 1)),
    ),
    states=(
        StateChange("won", ProjectState.COMPLETED, date(2025, 3, 1), KNOWN, None, None, "ann"),
    ),
    actions=(
        action(),
        action(id="done"),
        action(id="done", done_on=date(2025, 4, 1)),
        action(id="theirs", owner="bob"),
        action(id="gone", subject="project:off"),
    ),
)


def test_everything_that_the_plan_and_its_events_give_is_listed_and_what_is_over_is_not() -> None:
    assert words() == [
        "aim:a sponsor",
        "project:p leader",
        "project:p advisor",
        "project:p time: 0.4 of full time",
        "project:won keeps up what it won",
        "measure:m owner of the measure",
        "aim:a told by a route",
        "organisation:n told by a route",
        "person:cat cover for the leave of 20 May 2025 to 20 June 2025",
    ]


def test_an_event_outranks_what_is_declared_and_what_is_to_come_is_held_too() -> None:
    said = words(FULL)
    assert "aim:a sponsor" not in said
    assert "aim:a sponsor from 1 September 2025" in said
    assert "project:p sponsor" in said
    assert "project:p clinical lead from 1 September 2025" in said
    assert [each for each in said if "action" in each] == ["project:p action of a review: Ask"]


def test_what_stays_says_why() -> None:
    said = {each.words: each.why for each in held().kept}
    assert list(said) == [
        "patient or family partner",
        "accepted MIL-01 for a while",
        "executive and finance among the people",
    ]
    assert said["executive and finance among the people"].endswith("nobody else is finance")


@pytest.mark.parametrize("facts", [NOTHING, FULL])
def test_afterwards_the_leaver_holds_nothing_on_any_day_to_come(facts: Facts) -> None:
    plan, told = after(held(facts), facts)
    for on in (ON, date(2025, 9, 1), date(2026, 9, 1)):
        assert holdings(plan, told, "ann", on) == ()
    assert plan.people["ann"].ended == ON


def test_roles_pass_from_the_day_and_those_to_come_on_theirs() -> None:
    plan, told = after(held(FULL), FULL)
    aim, project = plan.aims["a"], plan.projects["p"]
    before, now = (Roster.of(plan, told, day) for day in (date(2025, 6, 1), ON))
    later = Roster.of(plan, told, date(2025, 9, 1))
    assert now.holder(aim, Role.SPONSOR).person == "bob"
    assert before.holder(project, Role.SPONSOR).person == "ann"
    assert now.holder(project, Role.SPONSOR) == ("bob", ON)
    assert now.holder(project, Role.CLINICAL_LEAD).person is None
    assert later.holder(project, Role.CLINICAL_LEAD).person == "bob"
    assert later.holder(aim, Role.SPONSOR).person == "bob"
    won = now.standing(plan.projects["won"])
    assert (now.sustainer(plan.projects["won"]), won.since) == ("bob", date(2025, 3, 1))


def test_time_is_added_where_there_is_some_already_and_no_more_than_whole() -> None:
    plan, _ = after(held(), NOTHING)
    (only,) = plan.projects["p"].allocations
    assert (only.person, only.fte, only.planned) == ("bob", 0.7, 0.8)
    other, _ = after(held(to="cat", person__cat="bob"), NOTHING)
    assert [(a.person, a.fte) for a in other.projects["p"].allocations] == [
        ("cat", 0.4),
        ("bob", 0.3),
    ]
    document = {"allocations": [{"person": "ann", "fte": 0.9}, {"person": "bob", "fte": 0.3}]}
    (project,) = [p for p in DOCUMENT["projects"] if p["id"] == "p"]
    full = {**DOCUMENT, "routes": [], "projects": [{**project, **document}]}
    found = replace(held(), holdings=tuple(h for h in held().holdings if h.about == "project:p"))
    assert found.patch(full)["projects"][0]["allocations"] == [{"person": "bob", "fte": 1.0}]


def test_routes_name_each_once_and_others_of_the_same_thing_stay() -> None:
    plan, _ = after(held(), NOTHING)
    assert [(route.aim, route.to) for route in plan.routes] == [
        ("a", ("bob",)),
        ("a", ("cat",)),
        (None, ("bob",)),
    ]


def test_somebody_else_takes_over_what_is_named() -> None:
    plan, _ = after(held(aim__a="cat", organisation__n="cat"), NOTHING)
    assert plan.aims["a"].sponsor == "cat"
    assert plan.projects["p"].leader == "bob"
    assert [route.to for route in plan.routes] == [("bob", "cat"), ("cat",), ("cat",)]
    assert [away.cover for away in plan.people["cat"].away] == ["bob", "ann"]


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        (Handover("ann", "zoe", ON), "to", "zoe is not among the people"),
        (Handover("ann", "ann", ON), "to", "ann is the leaver"),
        (Handover("ann", "bob", date(2025, 6, 4)), "on", "4 June 2025 is still to come"),
        (Handover("ann", "bob", ON, {"aim:a": "zoe"}), "except", "zoe is not among"),
    ],
)
def test_what_cannot_be_is_refused(asked: Handover, field: str, said: str) -> None:
    with pytest.raises(HandoverRefusedError, match=said) as refused:
        check(a_plan(), asked, date(2025, 6, 3))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("ended", "field", "said"),
    [
        ({"ann": date(2025, 6, 3)}, "person", "Ann left on 3 June 2025 already"),
        ({"bob": date(2025, 6, 2)}, "to", "Bob has left on 2 June 2025"),
        ({"bob": date(2025, 8, 2)}, "to", "Bob leaves on 2 August 2025"),
    ],
)
def test_nobody_who_left_or_leaves_hands_or_takes_over(
    ended: dict[str, date], field: str, said: str
) -> None:
    with pytest.raises(HandoverRefusedError, match=said) as refused:
        check(a_plan(**ended), Handover("ann", "bob", ON), date(2025, 6, 3))
    assert refused.value.field == field


def test_who_leaves_later_may_hand_over_now() -> None:
    check(a_plan(ann=date(2025, 7, 1)), Handover("ann", "bob", ON), ON)


@pytest.mark.parametrize(
    ("leaves", "refused"),
    [
        ([(date(2025, 6, 1), date(2025, 7, 2))], False),
        ([(date(2025, 6, 1), date(2025, 7, 3))], True),
        ([(date(2025, 6, 3), date(2025, 12, 31))], False),
        ([(date(2025, 6, 1), date(2025, 6, 5)), (date(2025, 6, 6), date(2025, 8, 1))], True),
    ],
)
def test_who_is_away_the_whole_time_takes_nothing_over(
    leaves: list[tuple[date, date]], refused: bool
) -> None:
    plan = a_plan()
    away = tuple(replace(plan.people["cat"].away[0], since=s, until=u) for s, u in leaves)
    bob = replace(plan.people["bob"], away=away)
    plan = replace(plan, people={**plan.people, "bob": bob})
    if refused:
        with pytest.raises(HandoverRefusedError, match="name somebody who is there"):
            check(plan, Handover("ann", "bob", ON), ON)
    else:
        check(plan, Handover("ann", "bob", ON), ON)


def test_nobody_covers_for_themselves() -> None:
    plan, _ = after(held(to="cat"), NOTHING)
    assert [away.cover for away in plan.people["cat"].away] == [None, "ann"]
    plan, _ = after(held(to="cat", person__cat="bob"), NOTHING)
    assert [away.cover for away in plan.people["cat"].away] == ["bob", "ann"]


def test_nothing_is_taken_over_that_is_not_held() -> None:
    with pytest.raises(HandoverRefusedError, match="Ann holds nothing of measure:old"):
        check_held(a_plan(), held(measure__old="bob"))
