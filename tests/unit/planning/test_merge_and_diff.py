"""Laying a file over a plan, and telling what changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.framework.facts import MilestoneEvent, RoleChange, StateChange
from services.planning.declared import to_plan
from services.planning.declared_events import Declaration, declared_events
from services.planning.diff import diff, sentences
from services.planning.document import PlanError
from services.planning.draft import draft
from services.planning.findings import errors_of
from services.planning.lint import lint
from services.planning.parts import normal
from tests.unit.planning.plans import SHORT

HEAD = "bigdot: 1\norganisation: {id: northfield}\n"
BASE: dict[str, Any] = normal(draft(SHORT).document)


def _told(text: str) -> list[str]:
    return sentences(diff(BASE, normal(draft(HEAD + text, BASE).document)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("aims: [{id: hsmr-88, target: 90}]", ["aim hsmr-88: target 88 → 90"]),
        ("aims: [{id: hsmr-88, sponsor: null}]", ["aim hsmr-88: sponsor cmo → not set"]),
        ("aims: [{id: hsmr-88, lag: 0}]", []),
        ("measures: [{id: hsmr, lag_days: 20}]", []),
        ("measures: [{id: hsmr, lag_days: 30}]", ["measure hsmr: lag_days not set → 30"]),
        ("aims: [{id: hsmr-88, ended: 2025-12-31}]", ["aim hsmr-88: ends on 2025-12-31"]),
        (
            "aims: [{id: hsmr-88, drivers: [{id: falls, name: Falls}]}]",
            ["driver hsmr-88/falls: new (Falls)"],
        ),
        (
            "aims: [{id: hsmr-88, baseline: {from: 2024-01, to: 2024-10}}]",
            ["aim hsmr-88: baseline value 103 → from 2024-01, to 2024-10"],
        ),
        (
            "projects: [{id: sepsis-ed, milestones: [{id: pilot, due: 2025-03-31}]}]",
            ["milestone sepsis-ed/pilot: due 2025-02-28 → 2025-03-31"],
        ),
        ("parameters: {MIL-01.days: 14}", ["parameter MIL-01.days: new (14)"]),
        (
            "routes: [{aim: hsmr-88, to: [sister]}]",
            ["route aim:hsmr-88: to cmo by mail, board-chat → to sister by mail"],
        ),
        (
            "routes: [{aim: hsmr-88, to: []}]",
            ["route aim:hsmr-88: removed (was to cmo by mail, board-chat)"],
        ),
        ("routes: [{to: [cmo]}]", ["route organisation: new (to cmo by mail)"]),
        ("people: []", []),
        (
            "sites: [{id: general}, {id: royal}]",
            ["sites stand in another order: general, royal"],
        ),
        ("sites: [{id: general}]", []),
    ],
)
def test_what_is_named_changes_and_the_rest_stays(text: str, told: list[str]) -> None:
    assert _told(text) == told


def test_what_is_not_named_is_reported_as_kept() -> None:
    found = draft(HEAD + "sites: [{id: royal}]\naims: [{id: hsmr-88}]\n", BASE)
    assert ("site", "general") in found.kept
    assert ("driver", "hsmr-88/sepsis") in found.kept
    assert ("aim", "hsmr-88") not in found.kept
    assert ("route", "aim:hsmr-88") not in found.kept
    assert "use `ended:` to end" in sentences((), found.kept)[0]


def test_one_measure_gives_way_to_several_and_back() -> None:
    judged = "{measure: hsmr, target: 88, primary: true}, {measure: bundle, target: 0.9}"
    several = f"aims: [{{id: hsmr-88, measures: [{judged}]}}]"
    first = draft(HEAD + several, BASE).document
    assert [part.measure for part in first.aims[0].judged] == ["hsmr", "bundle"]
    back = draft(HEAD + "aims: [{id: hsmr-88, measure: hsmr, target: 85}]", normal(first)).document
    assert [(part.measure, part.target) for part in back.aims[0].judged] == [("hsmr", 85)]


def test_a_new_entity_must_be_whole() -> None:
    with pytest.raises(PlanError, match="aim new: `name` is missing"):
        draft(HEAD + "aims: [{id: new}]", BASE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aims: {a: 1}", "`aims` is a list"),
        ("aims: [1]", "a mapping with an id"),
        ("routes: 5", "`routes`"),
    ],
)
def test_a_wrong_shape_is_refused(text: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        draft(HEAD + text, BASE)


def test_an_error_far_from_the_file_is_still_told() -> None:
    found = draft(HEAD + "measures: [{id: hsmr, frequency: quarter}]", BASE)
    findings = errors_of(lint(found))
    assert {finding.code for finding in findings} == {"period"}
    assert all("aim hsmr-88" in finding.message for finding in findings)


def _events(text: str) -> tuple[object, ...]:
    said = Declaration(date(2025, 3, 3), datetime(2025, 3, 3, tzinfo=UTC), "cmo", "agreed")
    before = to_plan(draft(SHORT).document)
    return declared_events(before, to_plan(draft(HEAD + text, BASE).document), said)


def test_a_later_declaration_is_an_event() -> None:
    role, state, due = _events(
        "projects: [{id: sepsis-ed, leader: cmo, state: paused,"
        " milestones: [{id: pilot, due: 2025-04-30}]}]"
    )
    assert isinstance(role, RoleChange)
    assert (role.subject, role.person, role.on) == ("project:sepsis-ed", "cmo", date(2025, 3, 3))
    assert isinstance(state, StateChange)
    assert (state.state, state.decided_by) == ("paused", "cmo")
    assert isinstance(due, MilestoneEvent)
    assert (due.milestone, due.on) == ("sepsis-ed/pilot", date(2025, 4, 30))


def test_a_sponsor_of_an_aim_declared_anew_is_an_event_and_a_new_project_is_none() -> None:
    (role,) = _events("aims: [{id: hsmr-88, sponsor: sister}]")
    assert isinstance(role, RoleChange)
    assert (role.subject, role.person) == ("aim:hsmr-88", "sister")
    assert _events("projects: [{id: new, name: New, leader: cmo, state: paused}]") == ()
