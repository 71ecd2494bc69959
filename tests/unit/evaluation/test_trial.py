"""A setting tried on history: what only it sends, what no longer goes out, and when time is up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from services.alerting.lifecycle import Change
from services.evaluation.replay import Truth
from services.evaluation.trial import Trial, Trials, as_received, span_of, subjects_of
from services.framework.facts import Facts, MilestoneChange, MilestoneEvent
from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import Milestone, Plan, Profile, Project, Switch
from services.ports.evaluation import History
from tests.unit.framework.builders import KEY, a_measure, a_plan, an_observation, at

NOW = at("2025-06-01T12:00")
DONE = MilestoneEvent("p/m", MilestoneChange.COMPLETED, date(2025, 2, 12), at("2025-02-12T09:00"))


class OneHistory:
    """The same facts of every subject; counts how often it was asked."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.asked: list[Subject] = []

    def history(self, organisation_id: int, plan: Plan, subject: Subject) -> History:
        self.asked.append(subject)
        return History(self.facts, at("2024-11-01"))


class StandingClock:
    """Business time stands at `NOW`."""

    def business_now(self) -> datetime:
        return NOW

    def system_now(self) -> datetime:
        return datetime.now(UTC)


def with_projects(*names: str) -> Plan:
    """A project of each name, with a milestone due on 1 February 2025, led by its leader."""
    projects = {
        name: Project(
            name, name.upper(), date(2024, 12, 1), None, sponsor="cmo", leader="lead",
            milestones=(Milestone("m", name, "Pilot", date(2025, 2, 1)),),
        )
        for name in names
    }  # fmt: skip
    return replace(a_plan(), projects=projects)


def tried(plan: Plan, proposed: Plan, *, facts: Facts | None = None, spent: bool = False) -> Trial:
    store = OneHistory(facts or Facts(milestones=(DONE,)))
    return Trials(store, StandingClock()).compare(1, "MIL-01", (plan, proposed), lambda: spent)


def test_a_smaller_number_sends_what_the_larger_does_not() -> None:
    plan = with_projects("p")
    trial = tried(replace(plan, parameters={"MIL-01.days": 14}), plan)
    assert trial.now.sent == ()
    assert [(s.change, s.at) for s in trial.proposed.sent] == [
        (Change.OPEN, at("2025-02-09")),
        (Change.RESOLVE, at("2025-02-12T09:00")),
    ]
    (opened,) = trial.more
    assert (opened.about, opened.truth, trial.fewer) == ("milestone:p/m", Truth.NO, ())
    assert {r.person for r in opened.to} == {"lead", "cmo"}
    assert trial.is_whole
    assert tried(plan, plan).more == ()


def test_an_aim_of_its_own_number_is_told_apart() -> None:
    plan = with_projects("p")
    longer = replace(plan, parameters={"MIL-01.days": 14})
    trial = tried(plan, longer)
    assert (trial.more, len(trial.fewer)) == ((), 1)


def test_a_switch_sends_what_was_found_in_shadow() -> None:
    plan = with_projects("p")
    quiet = replace(plan, rules={"MIL-01": Switch.SHADOW})
    trial = tried(quiet, replace(quiet, profile=Profile.FULL, rules={}))
    assert (len(trial.now.found), trial.now.sent) == (2, ())
    assert trial.now.tally == trial.proposed.tally
    assert len(trial.more) == 1
    off = tried(plan, replace(plan, rules={"MIL-01": Switch.OFF}))
    assert (off.proposed.found, len(off.fewer)) == ((), 1)


def test_it_stops_when_its_time_is_spent_and_says_how_far_it_came() -> None:
    plan = with_projects("p", "q", "r")
    trial = tried(plan, plan, facts=Facts(), spent=True)
    assert (trial.judged, trial.subjects, trial.is_whole) == (1, 3, False)


def test_it_looks_at_what_the_expectation_judges() -> None:
    plan = with_projects("p", "q")
    names = {rule: [str(s) for s in subjects_of(plan, rule)] for rule in ("MIL-01", "DAT-01")}
    assert names == {"MIL-01": ["project:p", "project:q"], "DAT-01": ["measure:m"]}
    assert subjects_of(plan, "REV-03")[-1] == Subject(SubjectKind.AIM, "a")


def test_history_reaches_back_to_the_first_beginning_and_two_years_at_most() -> None:
    assert span_of(with_projects("p"), NOW).first == at("2024-11-01")
    assert span_of(a_plan(), NOW + timedelta(days=1000)).weeks == 105
    assert span_of(replace(a_plan(), aims={}), NOW).first == NOW


def test_loaded_history_came_when_it_was_due_and_a_received_value_when_it_was_received() -> None:
    plan = replace(a_plan(), measures={"m": a_measure(lag_days=20)})
    loaded, adopted = at("2025-03-01"), at("2024-11-01")
    old = an_observation("2024-06", 1.0, known_at=loaded)
    new = an_observation("2024-12", 1.0, known_at=loaded)
    said = an_observation("2024-12", 1.0, known_at=loaded, received_at=at("2025-01-15"))
    gone = replace(KEY, measure="gone")
    facts = Facts({KEY: (old, new, said), gone: (old,)})
    (seen,) = as_received(plan, facts, adopted).observations.values()
    assert [o.known_at for o in seen] == [at("2024-07-20T23:00"), loaded, at("2025-01-15")]
