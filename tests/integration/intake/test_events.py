"""What becomes of milestones, scores, reviews, states and roles."""

from __future__ import annotations

from typing import Any

from services.persistence import tables
from tests.integration.intake.conftest import NOW, Hospital

PILOT = {"project": "sepsis-ed", "milestone": "pilot"}


def milestone(change: str, on: str, **more: Any) -> dict[str, Any]:
    return {**PILOT, "change": change, "on": on, **more}


def test_a_milestone_marks_the_project_and_the_aims_it_serves(hospital: Hospital) -> None:
    before = hospital.stale()
    assert hospital.record("milestones", milestone("completed", "2026-02-20")) == ["created"]
    after = hospital.stale()
    assert {n for n in after if after[n] != before[n]} == {"project:sepsis-ed", "aim:hsmr-88"}
    [row] = hospital.rows(tables.milestone_event)
    assert row["milestone"] == "sepsis-ed/pilot"
    assert row["sequence"] == after["project:sepsis-ed"]


def test_a_milestone_goes_to_and_fro(hospital: Hospital) -> None:
    done, open_again = milestone("completed", "2026-02-20"), milestone("reopened", "2026-02-20")
    batch = [done, done, open_again, done]
    assert hospital.record("milestones", *batch) == [
        "created",
        "unchanged",
        "corrected",
        "corrected",
    ]
    moves = [milestone("redated", day) for day in ("2026-05-01", "2026-06-01", "2026-05-01")]
    assert hospital.record("milestones", *moves) == ["created", "corrected", "corrected"]


def test_scores_are_held_exactly(hospital: Hospital) -> None:
    score = {"project": "sepsis-ed", "score": 3.5, "on": "2026-11-01", "scored_by": "sister"}
    assert hospital.record("progress", score) == ["created"]
    assert hospital.record("progress", score) == ["unchanged"]
    assert hospital.record("progress", score | {"score": 4}) == ["corrected"]
    assert [r["half_steps"] for r in hospital.rows(tables.progress_score)] == [7, 8]
    for wrong in (0, 0.25, 5.5, 3.7, True, "4"):
        assert hospital.record("progress", score | {"score": wrong}) == ["rejected"]


def test_reviews_of_an_aim(hospital: Hospital) -> None:
    review = {"aim": "hsmr-88", "on": "2026-11-01", "reviewer": "cmo", "executing": "yes"}
    assert hospital.record("reviews", review, review) == ["created", "unchanged"]
    [row] = hospital.rows(tables.review)
    assert (row["subject_key"], row["executing"]) == ("aim:hsmr-88", "yes")


def test_states_and_roles(hospital: Hospital) -> None:
    stopped = {
        "project": "sepsis-ed",
        "state": "stopped",
        "on": "2026-11-02",
        "reason": "money",
        "decided_by": "cmo",
    }
    vacant = {"project": "sepsis-ed", "role": "leader", "person": None, "on": "2026-11-02"}
    assert hospital.record("projects", stopped, vacant, stopped, vacant) == [
        "created",
        "created",
        "unchanged",
        "unchanged",
    ]
    assert hospital.rows(tables.state_change)[0]["decided_by"] == "cmo"
    assert hospital.rows(tables.role_change)[0]["person"] is None


def test_the_same_event_answers_as_it_did(hospital: Hospital) -> None:
    def take(*items: dict[str, Any]) -> list[Any]:
        return hospital.services.intake.record(
            hospital.id, "milestones", list(items), actor="a", source="s"
        )

    events = [
        milestone("redated", "2026-05-01", id="1"),
        milestone("redated", "2026-06-01", id="2"),
    ]
    first = [take(event) for event in events]
    assert [take(event) for event in events] == first
    assert first[1][0].before["on"].isoformat() == "2026-05-01"
    assert [each.result for each in take(milestone("redated", "2026-07-01", id="1"))] == [
        "rejected"
    ]


def test_what_the_plan_declared_is_no_news(hospital: Hospital) -> None:
    edit = (
        "bigdot: 1\norganisation: {id: northfield}\nprojects: [{id: sepsis-ed, leader: null,"
        " state: paused, milestones: [{id: pilot, due: 2026-05-14}]}]\n"
    )
    hospital.services.plans.apply(hospital.id, edit, author="board", reason="money", known_at=NOW)
    today = NOW.date().isoformat()
    state: dict[str, Any] = {"project": "sepsis-ed", "state": "paused", "on": today}
    state["reason"] = "money"
    vacant: dict[str, Any] = {"project": "sepsis-ed", "role": "leader", "person": None, "on": today}
    before = hospital.stale()
    assert hospital.record("projects", state, vacant) == ["unchanged"] * 2
    assert hospital.record("milestones", milestone("redated", "2026-05-14")) == ["unchanged"]
    assert hospital.stale() == before
    filled = [vacant | {"person": "cmo"}, state | {"reason": "staff"}]
    assert hospital.record("projects", *filled) == ["corrected"] * 2
