"""Several judges and feeds at once: each subject judged, nothing lost, nothing told twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.bootstrap import MailOptions, Options, Services
from services.evaluation import judge
from services.evaluation.judge import Judged
from services.evaluation.recompute import recompute
from services.framework.evaluate import evaluate
from services.persistence import judgements, known, snapshots, tables
from tests.integration.pipeline.conftest import HARM, HSMR, PLAN, Hospital


def _services(url: str) -> Services:
    mail = MailOptions(merge_seconds=0)
    return Services(Options(url, ("k" * 40,), mail=mail, embedded=True))


@contextmanager
def _each_its_own(url: str, work: Callable[[Services], None], threads: int) -> Iterator[None]:
    """Run ``work`` in threads that share no engine, while the block runs; errors are raised."""
    errors: list[BaseException] = []

    def run() -> None:
        services = _services(url)
        try:
            work(services)
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            services.close()

    started = [threading.Thread(target=run) for _ in range(threads)]
    for thread in started:
        thread.start()
    yield
    for thread in started:
        thread.join(120)
    assert not errors, errors


def test_two_judges_share_many_subjects(postgres_url: str) -> None:
    services = _services(postgres_url)
    services.clock.freeze(datetime(2025, 8, 20, 12, tzinfo=UTC))
    hospitals = [_hospital(services, number) for number in range(24)]
    for hospital in hospitals:
        hospital.feed("harm", HARM)
    waiting = [row for row in hospitals[0].rows(tables.subject) if row.rank_at is not None]
    assert len(waiting) >= 500
    begin, judged = threading.Barrier(2), Counter[int]()

    def judge_all(services: Services) -> None:
        begin.wait(30)
        while services.judge.next() is not Judged.NOTHING:
            judged[threading.get_ident()] += 1

    with _each_its_own(postgres_url, judge_all, 2):
        pass
    assert len(judged) == 2, "both took part"
    assert min(judged.values()) >= len(waiting) // 10
    assert judged.total() >= len(waiting)
    assert not [row for row in hospitals[0].rows(tables.subject) if row.rank_at is not None]
    alerts = hospitals[0].rows(tables.alert)
    assert len({(a.organisation_id, a.expectation, a.about) for a in alerts}) == len(alerts)
    told = Counter(
        (m.alert_id, m.episode, m.step, m.recipient, m.channel)
        for m in hospitals[0].rows(tables.message)
    )
    assert set(told.values()) == {1}
    statuses = Counter(hospital.status("harm-21") for hospital in hospitals)
    assert statuses == {"deteriorating": 24}
    services.close()


def _hospital(services: Services, number: int) -> Hospital:
    plan = PLAN.replace("{id: northfield,", f"{{id: northfield-{number},", 1)
    identifier = services.plans.create_organisation(plan)
    services.plans.apply(identifier, plan, author="advisor", reason="first")
    return Hospital(services, identifier)


def test_events_of_projects_arrive_while_their_aim_is_judged(
    hospital: Hospital, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a judgement says it saw is what it saw: computed again, it comes out the same."""
    monkeypatch.setattr(judgements, "APART", timedelta(0))
    hospital.services.clock.run_from(datetime(2025, 8, 20, 12, tzinfo=UTC))
    hospital.feed("harm", HARM)
    stop = threading.Event()

    def judging(services: Services) -> None:
        while not stop.is_set():
            services.judge.next()

    projects = [row.key for row in hospital.rows(tables.subject) if row.kind == "project"]
    with _each_its_own(database_url, judging, 2):
        for turn in range(40):
            project = projects[turn % len(projects)]
            score = {"project": project, "score": 0.5 + turn % 9 / 2, "on": "2025-08-19"}
            assert set(hospital.post("progress", score)) <= {"created", "corrected"}
        stop.set()
    hospital.judge()
    for row in hospital.rows(tables.subject):
        assert row.judged_sequence == row.sequence
    _all_come_out_the_same(hospital)


def test_every_evaluation_comes_out_the_same_again(hospital: Hospital) -> None:
    for count in range(11, len(HARM) + 1):
        hospital.at(2024 + count // 12, count % 12 + 1, 20)
        hospital.feed("harm", HARM[:count])
        hospital.feed("hsmr", HSMR[:count])
        hospital.judge()
    _all_come_out_the_same(hospital)


def _all_come_out_the_same(hospital: Hospital) -> None:
    rows = hospital.rows(tables.evaluation)
    assert len(rows) > 20
    for row in rows:
        again = recompute(hospital.services.evaluation_store, hospital.id, row.id)
        assert again.holds, (row.id, row.body, again.evaluation)


def test_a_fact_that_arrives_while_its_subject_is_judged_stays_to_be_judged(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed waits for the judge's lock, then marks: the mark must outlive the judgement."""
    hospital.at(2025, 8, 20)
    hospital.judge()
    hospital.feed("harm", HARM[:12])
    arrived: list[threading.Thread] = []
    loads = snapshots.Loaded

    def slow(*given: Any) -> Any:
        loaded = loads(*given)
        if not arrived:
            arrived.append(threading.Thread(target=lambda: hospital.feed("harm", HARM)))
            arrived[0].start()
            arrived[0].join(0.5)
        return loaded

    monkeypatch.setattr(known, "Loaded", slow)
    hospital.judge()
    arrived[0].join(30)
    hospital.judge()
    assert hospital.status("harm-21") == "deteriorating"
    for row in hospital.rows(tables.subject):
        assert (row.rank_at, row.judged_sequence) == (None, row.sequence)


def test_no_feed_waits_for_what_has_piled_up_and_what_came_meanwhile_is_judged_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgements, "APART", timedelta(0))
    monkeypatch.setattr(judgements, "LONG", timedelta(0))
    services = _services(postgres_url)
    services.clock.freeze(datetime(2025, 8, 20, 12, tzinfo=UTC))
    hospital = _hospital(services, 1)
    hospital.judge()
    hospital.feed("harm", HARM[:12])
    judging = evaluate
    fed: list[str] = []

    def meanwhile(plan: Any, facts: Any, subject: Any, as_of: Any) -> Any:
        if not fed:
            feed = threading.Thread(target=lambda: hospital.feed("harm", HARM))
            feed.start()
            feed.join(30)
            assert not feed.is_alive()
            fed.append(str(subject))
        return judging(plan, facts, subject, as_of)

    monkeypatch.setattr(judge, "evaluate", meanwhile)
    services.judge.several()
    rows = {f"{row.kind}:{row.key}": row for row in hospital.rows(tables.subject)}
    assert rows[fed[0]].judged_sequence < rows[fed[0]].sequence
    assert rows[fed[0]].rank_at is not None
    hospital.judge()
    assert hospital.status("harm-21") == "deteriorating"
    assert not [row for row in hospital.rows(tables.subject) if row.rank_at is not None]
    _all_come_out_the_same(hospital)
    services.close()


def test_what_a_person_sends_is_judged_before_a_bulk_load(hospital: Hospital) -> None:
    hospital.at(2025, 8, 20)
    hospital.judge()
    bulk = [{"measure": "harm", "period": f"2024-{n % 12 + 1:02d}", "value": n} for n in range(12)]
    hospital.services.intake.record(
        hospital.id, "measurements", bulk, actor="feed", source="feed", bulk=True
    )
    hospital.feed("hsmr", HSMR[:3])
    with hospital.services.engine.begin() as connection:
        connection.execute(tables.subject.update().values(not_before=None))
    ranks = {str(r.key): r.rank_at for r in hospital.rows(tables.subject) if r.rank_at}
    hospital.services.judge.next()
    left = {r.key for r in hospital.rows(tables.subject) if r.rank_at}
    (first,) = set(ranks) - left
    assert first in {"hsmr", "hsmr-88"}
    assert ranks["harm"] > ranks["hsmr"]
