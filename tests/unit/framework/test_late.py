"""What is late, and what late facts change of what was said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.framework.evaluate import evaluate
from services.framework.facts import (
    Facts,
    Maturity,
    MilestoneChange,
    MilestoneEvent,
    Observation,
)
from services.framework.judgement import Subject
from services.framework.late import (
    Case,
    LateFact,
    Month,
    Restated,
    Told,
    because,
    in_time,
    late_of,
    may_be_late,
    restate,
    spans,
    without,
)
from services.framework.plan import Milestone, Plan, Project
from tests.unit.framework.builders import A2, KEY, a_plan, an_aim, at, day, month

SINCE = at("2025-08-20")
AIM, PROJECT = Subject.parse("aim:a"), Subject.parse("project:p")


def _value(period: str, value: float | None, known: str, **said: object) -> Observation:
    return replace(Observation(KEY, month(period), value, at(known)), **said)  # type: ignore[arg-type]


HELD = (_value("2025-06", 44, "2025-07-20"), _value("2025-07", 55, "2025-08-20"))


def _facts(*more: Observation) -> Facts:
    ordered = sorted((*HELD, *more), key=lambda o: (o.period.start, o.version))
    return Facts({KEY: tuple(ordered)})


@pytest.mark.parametrize(
    ("fresh", "words"),
    [
        (
            _value("2025-07", 41, "2025-09-02", version=2),
            "Deaths of 2025-07 corrected from 55 to 41",
        ),
        (
            _value("2025-06", None, "2025-09-02", version=2, withdrawn=True, reason="wrong ward"),
            "Deaths of 2025-06, 44, withdrawn: wrong ward",
        ),
        (
            _value("2025-05", 40, "2025-09-02"),
            "Deaths of 2025-05, 40, came after later values",
        ),
        (_value("2025-08", 40, "2025-09-20"), None),
    ],
)
def test_a_value_is_late_where_one_like_it_or_after_it_was_known(
    fresh: Observation, words: str | None
) -> None:
    plan, facts = a_plan(), _facts(fresh)
    late = late_of(plan, _facts(), facts, SINCE)
    assert [each.words for each in late] == ([] if words is None else [words])
    assert may_be_late(plan, facts, SINCE + timedelta(minutes=6)) is bool(late)
    assert without(facts, late) == (_facts() if late else facts)


def test_what_was_seen_before_is_not_late_again() -> None:
    facts = _facts(_value("2025-07", 41, "2025-08-20", version=2))
    assert may_be_late(a_plan(), facts, SINCE)
    assert late_of(a_plan(), facts, facts, SINCE) == ()
    assert len(late_of(a_plan(), _facts(), facts, SINCE)) == 1


def test_what_was_stamped_just_before_the_check_and_kept_after_it_is_not_lost() -> None:
    facts = _facts(_value("2025-06", 41, "2025-08-19T23:58", version=2))
    assert may_be_late(a_plan(), facts, SINCE)
    assert len(late_of(a_plan(), _facts(), facts, SINCE)) == 1


def test_a_final_value_after_a_partial_one_is_not_late() -> None:
    partial = _value("2025-08", 30, "2025-09-01", maturity=Maturity.PARTIAL)
    final = _value("2025-08", 43, "2025-09-20", version=2)
    assert late_of(a_plan(), _facts(partial), _facts(partial, final), at("2025-09-20")) == ()


def _event(on: str, known: str, change: MilestoneChange) -> MilestoneEvent:
    return MilestoneEvent("p/pilot", change, day(on), at(known))


@pytest.mark.parametrize(
    ("on", "change", "late"),
    [
        ("2025-08-24", MilestoneChange.COMPLETED, True),
        ("2025-08-25", MilestoneChange.COMPLETED, False),
        ("2025-09-25", MilestoneChange.COMPLETED, False),
        ("2025-08-01", MilestoneChange.REDATED, False),
    ],
)
def test_an_event_is_late_the_day_after(on: str, change: MilestoneChange, late: bool) -> None:
    plan, facts = _with_project(), Facts(milestones=(_event(on, "2025-08-25T09:00", change),))
    found = late_of(plan, Facts(), facts, SINCE)
    assert bool(found) is late
    assert may_be_late(plan, facts, SINCE) is late
    if late:
        assert found[0].words == "Pilot completed of 2025-08-24, told on 2025-08-25"
        assert in_time(facts, plan.zone).milestones[0].known_at == at("2025-08-23T23:00")


def _with_project() -> Plan:
    pilot = Milestone("pilot", "p", "Pilot", day("2025-02-28"))
    project = Project(
        "p", "Sepsis six", day("2024-11-01"), None, "cmo", "lead", milestones=(pilot,)
    )
    return a_plan(projects=[project])


def test_facts_in_time_are_known_when_they_should_have_been() -> None:
    early, correction = _value("2025-05", 40, "2025-09-02"), _value("2025-07", 41, "2025-09-02")
    facts = _facts(early, replace(correction, version=2))
    known = {
        (o.period.label, o.version): o.known_at
        for o in in_time(facts, a_plan().zone).observations[KEY]
    }
    assert known == {
        ("2025-05", 1): at("2025-07-20"),
        ("2025-06", 1): at("2025-07-20"),
        ("2025-07", 1): at("2025-08-20"),
        ("2025-07", 2): at("2025-08-20"),
    }


def _history(*, worst: float) -> Facts:
    """A2, each value on the 20th after its month; July corrected to ``worst`` on 2 September."""
    months = [f"{2024 + n // 12}-{n % 12 + 1:02}" for n in range(19)]
    found = []
    for label, value in zip(months, A2, strict=False):
        known = month(label).ends_at(a_plan().zone) + timedelta(days=19)
        found.append(Observation(KEY, month(label), value, known))
    found.append(_value("2025-07", worst, "2025-09-02", version=2))
    return Facts({KEY: tuple(found)})


def _restated(worst: float) -> Restated | None:
    plan, facts = a_plan(an_aim(21.0)), _history(worst=worst)
    late = late_of(plan, without(facts, [_last(facts)]), facts, at("2025-08-25"))
    now = at("2025-09-03")
    case = Case(plan, AIM, facts, late, at("2025-08-25"))
    told = [Told("STATUS", "aim:a", at("2025-08-20T12:00"), None)]
    return restate(case, evaluate(plan, facts, AIM, now), told)


def _last(facts: Facts) -> LateFact:
    return LateFact("observations", facts.observations[KEY][-1], day("2025-07-01"), "")


def test_a_correction_restates_the_status_of_the_months_that_it_changes() -> None:
    restated = _restated(40)
    assert restated is not None
    assert restated.months == (Month("2025-07", "deteriorating", "off_track"),)
    assert spans(restated.months) == ("2025-07: deteriorating, now off track",)
    assert because(restated) == "Because: Deaths of 2025-07 corrected from 55 to 40."
    assert restated.findings == ()
    assert restated.period == "2025-07"


def test_a_correction_that_changes_no_status_restates_nothing() -> None:
    assert _restated(54) is None


def test_neighbouring_months_that_changed_alike_are_one() -> None:
    months = [Month(f"2025-0{n}", "off_track", "on_track") for n in (3, 4, 5)]
    months.append(Month("2025-06", "off_track", "at_risk"))
    assert spans(months) == (
        "2025-03 to 2025-05: off track, now on track",
        "2025-06: off track, now at risk",
    )


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("2025-03-01", "By what is known now it was not so when it was told, on 2025-03-08."),
        ("2025-03-12", "By what is known now it was over by 2025-03-19 already."),
        ("2025-03-19", None),
    ],
)
def test_an_alert_is_restated_where_the_truth_in_time_would_have_changed_it(
    on: str, words: str | None
) -> None:
    plan = _with_project()
    facts = Facts(milestones=(_event(on, "2025-03-20T09:00", MilestoneChange.COMPLETED),))
    late = late_of(plan, Facts(), facts, at("2025-03-08"))
    case = Case(plan, PROJECT, facts, late, at("2025-03-19") - timedelta(minutes=1))
    case = case._replace(checked_at=at("2025-03-19") if words else at("2025-03-18"))
    told = [
        Told("MIL-01", "milestone:p/pilot", at("2025-03-08"), None),
        Told("DAT-01", "milestone:p/pilot", at("2025-03-08"), None),
        Told("PRJ-02", "project:p/leader", at("2025-01-08"), at("2025-02-08")),
    ]
    found = restate(case, evaluate(plan, facts, PROJECT, at("2025-03-20T10:00")), told)
    assert (found.findings[0].words if found else None) == words
    if found:
        assert [f.expectation for f in found.findings] == ["MIL-01"]
        assert found.of("MIL-01", "milestone:p/pilot") == words
        assert found.of("PRJ-02", "project:p/leader") is None
