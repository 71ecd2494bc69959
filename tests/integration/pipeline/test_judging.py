"""Events in, a verdict, an alert, a mail: the main job on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.evaluation import judge
from services.framework.evaluate import evaluate
from services.framework.judgement import Subject
from services.persistence import tables
from tests.integration.pipeline.conftest import HARM, HSMR, Hospital

STATUS = tables.alert.c.expectation == "STATUS"


def test_an_aim_that_falls_off_track_is_told_once(hospital: Hospital) -> None:
    hospital.at(2025, 8, 20)
    hospital.feed("harm", HARM)
    hospital.judge()
    hospital.deliver()
    assert hospital.status("harm-21") == "deteriorating"
    (alert,) = hospital.rows(tables.alert, STATUS)
    assert (alert.state, alert.about, alert.status) == ("open", "aim:harm-21", "deteriorating")
    mails = hospital.rows(tables.mailbox, tables.mailbox.c.subject.startswith("Deteriorating"))
    assert len(mails) == 1
    hospital.feed("harm", HARM)
    hospital.judge()
    hospital.deliver()
    assert hospital.rows(tables.alert, STATUS) == [alert]
    assert hospital.rows(tables.mailbox, tables.mailbox.c.subject.startswith("Deter")) == mails


def test_each_transition_is_a_step_of_the_same_alert(hospital: Hospital) -> None:
    for known in range(11, len(HARM) + 1):
        hospital.at(2024 + (known + 0) // 12, known % 12 + 1, 20)
        hospital.feed("harm", HARM[:known])
        hospital.judge()
        hospital.deliver()
    (alert,) = hospital.rows(tables.alert, STATUS)
    steps = hospital.rows(tables.alert_event, tables.alert_event.c.alert_id == alert.id)
    assert [step.status for step in steps] == ["off_track", "deteriorating"]
    assert [(step.episode, step.step) for step in steps] == [(1, 1), (1, 2)]
    told = hospital.rows(tables.message, tables.message.c.alert_id == alert.id)
    assert [message.step for message in told] == [1, 2]
    assert {message.state for message in told} == {"sent"}


def test_the_mail_names_roles_and_never_people(hospital: Hospital) -> None:
    hospital.at(2025, 8, 20)
    hospital.feed("harm", HARM)
    hospital.judge()
    hospital.deliver()
    mail = hospital.rows(tables.mailbox, tables.mailbox.c.subject.startswith("Deter"))[0]
    plan = hospital.services.plan_store.current(hospital.id)
    leaders = {plan.people[p.leader].name for p in plan.projects.values() if p.leader}
    for body in (mail.text, mail.html):
        assert not [name for name in leaders if name in body]
        assert "/aims/harm-21" in body
    assert "Target" in mail.text


def test_late_data_is_the_data_owners_and_clears_by_itself(hospital: Hospital) -> None:
    hospital.at(2025, 6, 18)
    for measure, values in (("hsmr", HSMR), ("harm", HARM)):
        hospital.feed(measure, values[:17])
    hospital.judge()
    late = tables.alert.c.expectation == "DAT-01"
    assert not hospital.rows(tables.alert, late, tables.alert.c.about == "measure:hsmr")
    hospital.at(2025, 7, 21)
    hospital.judge()
    (alert,) = hospital.rows(tables.alert, late, tables.alert.c.about == "measure:hsmr")
    assert alert.state == "open"
    hospital.feed("hsmr", HSMR)
    hospital.judge()
    (alert,) = hospital.rows(tables.alert, late, tables.alert.c.about == "measure:hsmr")
    assert alert.state == "resolved"


def test_time_alone_wakes_a_subject_exactly_when_it_said(hospital: Hospital) -> None:
    hospital.judge()
    (due,) = {
        row.wake_at
        for row in hospital.rows(tables.subject)
        if (row.kind, row.key) == ("project", "medicines")
    }
    assert due is not None
    hospital.services.clock.freeze(due - timedelta(seconds=1))
    judged_before = hospital.rows(tables.evaluation)
    hospital.judge()
    waits = [r for r in hospital.rows(tables.subject) if r.wake_at == due]
    assert waits
    hospital.services.clock.freeze(due)
    hospital.judge()
    assert not [r for r in hospital.rows(tables.subject) if r.wake_at == due]
    assert len(hospital.rows(tables.evaluation)) >= len(judged_before)


def test_an_unchanged_outcome_is_not_stored_again(hospital: Hospital) -> None:
    hospital.judge()
    stored = [row.id for row in hospital.rows(tables.evaluation)]
    with hospital.services.engine.begin() as connection:
        connection.execute(
            tables.subject.update().values(rank_at=hospital.services.clock.system_now())
        )
    assert hospital.judge() > 0
    assert [row.id for row in hospital.rows(tables.evaluation)] == stored


def test_a_subject_that_cannot_be_judged_stops_no_other(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(plan, facts, subject, as_of):  # type: ignore[no-untyped-def]
        if subject == Subject.parse("aim:hsmr-88"):
            raise ZeroDivisionError("a fault of ours")
        return evaluate(plan, facts, subject, as_of)

    monkeypatch.setattr(judge, "evaluate", broken)
    hospital.judge()
    bad = [r for r in hospital.rows(tables.subject) if r.last_error]
    assert [(r.kind, r.key, r.attempts) for r in bad] == [("aim", "hsmr-88", 1)]
    assert hospital.status("harm-21") is not None


def test_who_took_an_aim_over_hears_what_its_sponsor_is_told_of_its_measure(
    hospital: Hospital,
) -> None:
    hospital.at(2025, 1, 20)
    hospital.feed("hsmr", HSMR[:12])
    change = {"aim": "hsmr-88", "role": "sponsor", "person": "ceo", "on": "2025-01-15"}
    assert hospital.post("projects", change) == ["created"]
    hospital.at(2025, 4, 25)
    hospital.judge()
    hospital.deliver()
    blind = tables.alert.c.expectation == "DAT-02", tables.alert.c.about == "measure:hsmr"
    (alert,) = hospital.rows(tables.alert, *blind)
    told = hospital.rows(tables.message, tables.message.c.alert_id == alert.id)
    assert {message.recipient for message in told} == {"analyst", "ceo"}
