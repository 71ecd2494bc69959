"""Work that has piled up is judged several subjects a transaction, and comes out as one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.evaluation import judge
from services.evaluation.judge import Judged
from services.framework.evaluate import evaluate
from services.framework.judgement import Subject
from services.persistence import judgements, tables
from services.persistence.bearings import bearing
from services.persistence.snapshots import Loaded, load_facts
from tests.integration.pipeline.conftest import HARM, HSMR, Hospital, month

AIM = Subject.parse("aim:hsmr-88")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine ends no transaction early."""
    monkeypatch.setattr(judge, "LONGEST_SECONDS", 60.0)


def _pile_up(hospital: Hospital) -> int:
    """Facts that have waited for a minute; how many subjects they made stale."""
    hospital.at(2025, 8, 20)
    hospital.feed("harm", HARM)
    hospital.feed("hsmr", HSMR)
    return _leave_lying(hospital)


def _leave_lying(hospital: Hospital) -> int:
    """Let what is stale have waited for a minute; how many subjects are."""
    long_ago = hospital.services.clock.system_now() - timedelta(minutes=1)
    with hospital.services.engine.begin() as connection:
        waiting = tables.subject.c.rank_at.is_not(None)
        stale = tables.subject.update().where(waiting)
        connection.execute(stale.values(rank_at=long_ago, not_before=None))
    return sum(row.rank_at is not None for row in hospital.rows(tables.subject))


def _drain(hospital: Hospital) -> int:
    """Judge as a worker does; in how many transactions."""
    rounds = 0
    while hospital.services.judge.several() is not Judged.NOTHING:
        rounds += 1
    return rounds


def _said(hospital: Hospital) -> list[tuple[Any, ...]]:
    evaluations = [(r.subject_id, r.outcome_hash) for r in hospital.rows(tables.evaluation)]
    alerts = [(r.expectation, r.about, r.state, r.reason) for r in hospital.rows(tables.alert)]
    return sorted(evaluations) + sorted(alerts)


def test_it_comes_out_as_one_by_one(hospital: Hospital) -> None:
    stale = _pile_up(hospital)
    assert 0 < _drain(hospital) < stale / 3
    together = _said(hospital)
    rows = hospital.rows(tables.subject)
    assert all((r.rank_at, r.judged_sequence) == (None, r.sequence) for r in rows)
    messages = len(hospital.rows(tables.message))
    with hospital.services.engine.begin() as connection:
        for table in (tables.message, tables.alert_event, tables.alert, tables.evaluation):
            connection.execute(sa.delete(table))
        long_ago = hospital.services.clock.system_now()
        connection.execute(tables.subject.update().values(rank_at=long_ago, not_before=None))
    assert hospital.judge() == stale
    assert _said(hospital) == together
    assert len(hospital.rows(tables.message)) == messages


def test_what_has_just_come_is_judged_by_itself(hospital: Hospital) -> None:
    hospital.at(2025, 8, 20)
    _drain(hospital)
    hospital.feed("harm", HARM)
    with hospital.services.engine.begin() as connection:
        connection.execute(tables.subject.update().values(not_before=None))
    stale = sum(row.rank_at is not None for row in hospital.rows(tables.subject))
    hospital.services.judge.several()
    assert sum(row.rank_at is not None for row in hospital.rows(tables.subject)) == stale - 1


def _broken(what: Callable[..., Any]) -> Callable[..., Any]:
    def once_for_the_aim(plan: Any, facts: Any, subject: Subject, as_of: Any) -> Any:
        if subject == AIM:
            raise ZeroDivisionError("a fault of ours")
        return what(plan, facts, subject, as_of)

    return once_for_the_aim


def test_one_that_cannot_be_judged_stops_no_other_of_its_transaction(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = _pile_up(hospital)
    monkeypatch.setattr(judge, "evaluate", _broken(evaluate))
    assert _drain(hospital) < stale / 3
    left = [row for row in hospital.rows(tables.subject) if row.rank_at is not None]
    assert [(row.kind, row.key, row.attempts) for row in left] == [("aim", AIM.id, 1)]
    assert left[0].last_error == "ZeroDivisionError: a fault of ours"


def test_what_cannot_be_written_or_read_together_is_judged_one_by_one(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = _pile_up(hospital)
    keep = judgements._Work.store

    def refuses(work: Any, *given: Any) -> Any:
        if work.snapshot.subject == AIM:
            raise OSError("the disk is full")
        return keep(work, *given)

    monkeypatch.setattr(judgements._Work, "store", refuses)
    assert _drain(hospital) >= stale
    left = [row for row in hospital.rows(tables.subject) if row.rank_at is not None]
    assert [(row.kind, row.key) for row in left] == [("aim", AIM.id)]
    assert left[0].last_error == "OSError: the disk is full"


def test_late_facts_restate_what_is_judged_together_once(hospital: Hospital) -> None:
    hospital.feed("harm", HARM[:10])
    for number in range(15, len(HARM)):
        year, at = divmod(number + 1, 12)
        hospital.at(2024 + year, at + 1, 20)
        hospital.feed("harm", HARM[: number + 1])
        _leave_lying(hospital)
        _drain(hospital)
    assert hospital.status("harm-21") == "deteriorating"
    assert hospital.rows(tables.restatement) == []
    hospital.at(2025, 8, 25)
    corrected = [round(15 * (1 - n / 18) + 22, 1) for n in range(8)]
    for number, value in enumerate((*corrected, 26), 10):
        hospital.post("measurements", {"measure": "harm", "period": month(number), "value": value})
    hospital.feed("hsmr", HSMR)
    stale = _leave_lying(hospital)
    assert _drain(hospital) < stale / 2
    assert hospital.status("harm-21") == "on_track"
    restated = hospital.rows(tables.restatement)
    (of_aim,) = [row for row in restated if row.months and row.months[-1]["now"] == "on_track"]
    assert any("of 2025-07 corrected from 55 to 26" in cause for cause in of_aim.causes)
    with hospital.services.engine.begin() as connection:
        connection.execute(
            tables.subject.update().values(rank_at=hospital.services.clock.system_now())
        )
    _leave_lying(hospital)
    _drain(hospital)
    assert hospital.rows(tables.restatement) == restated


def test_each_is_judged_by_the_same_facts_together_as_alone(hospital: Hospital) -> None:
    _pile_up(hospital)
    role = {"project": "sepsis", "role": "leader", "person": "cno", "on": "2025-08-02"}
    assert hospital.post("projects", role) == ["created"]
    held = hospital.services.plan_store.current(hospital.id)
    subjects = [Subject.parse(f"{r.kind}:{r.key}") for r in hospital.rows(tables.subject)]
    with hospital.services.engine.connect() as connection:
        bearings = [bearing(connection, hospital.id, held, subject) for subject in subjects]
        alone = [load_facts(connection, hospital.id, held, each) for each in bearings]
        together = Loaded(connection, hospital.id, held, bearings)
        assert [together.facts(each) for each in bearings] == alone
    assert any(facts.roles for facts in alone)
