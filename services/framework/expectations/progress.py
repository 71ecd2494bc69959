"""Progress: do scores rise (PRJ-03), in time (PRJ-04), and is a high one borne out (PRJ-05)?

Scores are those of the 0.5 to 5.0 scale; the last one given stands until the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import ceil
from statistics import median
from typing import NamedTuple

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Ladder,
    Parameter,
    Situation,
    Sureness,
    awaiting,
    parameter,
    passed,
    tripped,
)
from services.framework.expectations.projects import idle
from services.framework.facts import ProgressScore
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.plan import Driver, Project
from services.framework.signals import Reading, driver_look

PRJ_03 = Expectation(
    id="PRJ-03",
    title="Project stuck",
    asks="Say what holds the project up, or decide to stop it; score it monthly.",
    text="A project's progress score rises, and is given at least every 45 days.",
    source="IHI, Assessment Scale for Collaboratives (scored monthly); the days are ours",
    sureness=Sureness.READ,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("sponsor", "advisor"),
    clears="when the score rises (or falls), or the project is stopped",
    parameters=(
        Parameter("low_days", 45, 14, 365, "days that a score of up to 1.5 may stand"),
        Parameter("middle_days", 90, 14, 365, "days that a score of 2.0 or 2.5 may stand"),
        Parameter("high_days", 120, 14, 365, "days that a score of 3.0 or 3.5 may stand"),
        Parameter("rescore_days", 45, 14, 365, "days in which a project is scored anew"),
    ),
)

PRJ_04 = Expectation(
    id="PRJ-04",
    title="Project behind",
    asks="Decide what brings the project back on course, or change its scope or its end.",
    text="A project's progress score keeps up with the share of its time that has gone.",
    source="design, after a radiology network's expected levels and the length of Collaboratives",
    sureness=Sureness.DESIGN,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("sponsor", "advisor"),
    clears="when the score has caught up",
    parameters=(
        Parameter("at_2_0", 0.15, 0, 1, "share of its time by which a score of 2.0 is expected"),
        Parameter("at_2_5", 0.3, 0, 1, "the same of 2.5"),
        Parameter("at_3_0", 0.5, 0, 1, "the same of 3.0"),
        Parameter("at_3_5", 0.7, 0, 1, "the same of 3.5"),
        Parameter("at_4_0", 1.0, 0, 1, "the same of 4.0"),
    ),
)

PRJ_05 = Expectation(
    id="PRJ-05",
    title="Score not borne out",
    asks="Write down what the score rests on, or score the project anew.",
    text="A progress score of 3.0 and more is borne out by the measure of what the project serves.",
    source="IHI-derived wording of the progress scale: 20 % and 50 % of the goals",
    sureness=Sureness.READ,
    kind=SubjectKind.PROJECT,
    severity=Severity.WATCH,
    audience=("advisor", "sponsor"),
    clears="when the score names its evidence, the measure bears it out, or it is scored anew",
    parameters=(
        Parameter("met_at_3", 0.2, 0, 1, "share of the goal that a score of 3.0 stands for"),
        Parameter("met_at_4", 0.5, 0, 1, "share of the goal that a score of 4.0 stands for"),
    ),
)

_STEPS = ((4, "at_2_0"), (5, "at_2_5"), (6, "at_3_0"), (7, "at_3_5"), (8, "at_4_0"))
"""Expected scores, in half steps, each with the parameter that says by when."""
_STUCK = ((3, "low_days"), (5, "middle_days"), (7, "high_days"))
"""The highest score, in half steps, to which a number of days belongs; 4.0 and more may stand."""


def progress_is_made(situation: Situation) -> Iterable[Finding]:
    """PRJ-03: the same score for too long is a warning; no new score for too long is watched."""
    project, about = situation.plan.projects[situation.subject.id], str(situation.subject)
    at_rest = idle(situation, project)
    if at_rest is not None:
        yield Finding(passed(PRJ_03, about, at_rest))
        return
    scored = last_score(situation, project)
    stuck, unscored = stuck_since(situation, project), _unscored(situation, project)
    today = situation.today
    inputs: dict[str, Input] = {"score": scored.score if scored else None}
    next_at = situation.next_of(
        stuck.trips if stuck else None, unscored.trips if unscored else None
    )
    if stuck is not None and stuck.severity(today) is not None:
        assert scored is not None  # noqa: S101 - a project without a score is not stuck on one
        inputs["since"] = stuck.since.isoformat()
        reason = f"{project.name} has stood at {scored.score} since {stuck.since}."
        since = situation.begins(stuck.trips)
        yield Finding(tripped(PRJ_03, about, reason, inputs, Severity.WARN, since), next_at)
    elif unscored is not None and unscored.severity(today) is not None:
        inputs["since"] = unscored.since.isoformat()
        reason = f"{project.name} has not been scored since {unscored.since}."
        since = situation.begins(unscored.trips)
        yield Finding(tripped(PRJ_03, about, reason, inputs, Severity.WATCH, since), next_at)
    else:
        given = f"stands at {scored.score}" if scored else "has no score yet"
        yield Finding(passed(PRJ_03, about, f"{project.name} {given}.", inputs), next_at)


def last_score(situation: Situation, project: Project) -> ProgressScore | None:
    """The score that stands."""
    scores = situation.scores.get(project.id)
    return scores[-1] if scores else None


def stuck_since(situation: Situation, project: Project) -> Ladder | None:
    """When an active project's score, given so often, is the same for too long; None: never."""
    scores = situation.scores.get(project.id)
    if not scores or not situation.roster.is_active(project):
        return None
    name = next((name for most, name in _STUCK if scores[-1].half_steps <= most), None)
    if name is None:
        return None
    back = situation.roster.standing(project).since
    since = max(_unchanged_since(scores), back or date.min)
    return Ladder.of(since, parameter(situation, PRJ_03, name))


def _unchanged_since(scores: Sequence[ProgressScore]) -> date:
    """The day of the first of the last scores that are all equal."""
    since = scores[-1].on
    for score in reversed(scores):
        if score.half_steps != scores[-1].half_steps:
            break
        since = score.on
    return since


def _unscored(situation: Situation, project: Project) -> Ladder | None:
    """When an active project has gone too long without a score, from the last or its beginning."""
    scores = situation.scores.get(project.id)
    begun = situation.roster.standing(project).since or project.start
    days = [day for day in (scores[-1].on if scores else None, begun) if day is not None]
    return Ladder.of(max(days), parameter(situation, PRJ_03, "rescore_days")) if days else None


class Pace(NamedTuple):
    """The score expected of a project by today, in half steps, since when, and the next date."""

    expected: int
    since: date
    next_on: date | None


def progress_is_on_time(situation: Situation) -> Iterable[Finding]:
    """PRJ-04. A project without a score is PRJ-03's, one without dates PRJ-01's."""
    project, about = situation.plan.projects[situation.subject.id], str(situation.subject)
    at_rest = idle(situation, project)
    scored, pace = last_score(situation, project), pace_of(situation, project)
    if at_rest is not None or scored is None or pace is None:
        wanting = "has no score yet" if scored is None else "has no dates to be judged by"
        why = at_rest or f"{project.name} {wanting}."
        yield Finding((passed if at_rest else awaiting)(PRJ_04, about, why))
        return
    inputs: dict[str, Input] = {"score": scored.score, "expected": pace.expected / 2}
    next_at = situation.next_of(pace.next_on)
    if scored.half_steps >= pace.expected:
        reason = f"{project.name} stands at {scored.score}, as it should."
        yield Finding(passed(PRJ_04, about, reason, inputs), next_at)
        return
    reason = (
        f"{project.name} stands at {scored.score}; "
        f"{pace.expected / 2} was expected by {pace.since}."
    )
    since = situation.begins(max(pace.since, scored.on))
    yield Finding(tripped(PRJ_04, about, reason, inputs, since=since), next_at)


def is_behind(situation: Situation, project: Project) -> bool:
    """Whether an active project's score is below what is expected by now (PRJ-04)."""
    scored, pace = last_score(situation, project), pace_of(situation, project)
    return scored is not None and pace is not None and scored.half_steps < pace.expected


def pace_of(situation: Situation, project: Project) -> Pace | None:
    """What is expected of the project by today; None where it has no dates."""
    if project.start is None or project.end is None or project.end <= project.start:
        return None
    length = (project.end - project.start).days
    expected, since, next_on = 0, project.start, None
    for half_steps, name in _STEPS:
        share = parameter(situation, PRJ_04, name)
        on = project.start + timedelta(days=ceil(share * length))
        if on <= situation.today:
            expected, since = max(expected, half_steps), max(since, on)
        elif next_on is None or on < next_on:
            next_on = on
    return Pace(expected, since, next_on)


def score_is_borne_out(situation: Situation) -> Iterable[Finding]:
    """PRJ-05: by the best of the drivers that the project serves, or by evidence in words.

    The share of the goal met is that of the driver's way from its baseline mean to its target, at
    the median of the last three values. A score of 4.5 needs an improvement signal as well.
    """
    project, about = situation.plan.projects[situation.subject.id], str(situation.subject)
    scored = last_score(situation, project)
    at_rest = idle(situation, project)
    if at_rest is not None or scored is None or scored.score < _MODEST:
        reason = at_rest or f"{project.name} claims no result that needs evidence."
        yield Finding(passed(PRJ_05, about, reason))
        return
    readings = list(_served(situation, project))
    met = max((share for r, d in readings if (share := _met(r, d)) is not None), default=None)
    inputs: dict[str, Input] = {
        "score": scored.score,
        "met": None if met is None else round(met, 3),
    }
    fault = _fault(situation, scored, met, [reading for reading, _ in readings])
    next_at = situation.next_value([r.look.key for r, _ in readings])
    if fault is None or scored.evidence:
        why = "its evidence is written down" if fault else "the measure bears it out"
        reason = f"{project.name} stands at {scored.score}: {why}."
        yield Finding(passed(PRJ_05, about, reason, inputs), next_at)
        return
    reason = f"{project.name} stands at {scored.score}, but {fault}."
    since = situation.begins(scored.on)
    yield Finding(tripped(PRJ_05, about, reason, inputs, since=since), next_at)


_MODEST, _SIGNIFICANT, _SUSTAINABLE = 3.0, 4.0, 4.5
_HAIR = 1e-9


def _served(situation: Situation, project: Project) -> Iterable[tuple[Reading, Driver]]:
    """The readings of the drivers that the project serves, where there are any."""
    drivers = (situation.plan.drivers.get(serve.driver) for serve in project.serves)
    for driver in drivers:
        if driver is None:
            continue
        look = driver_look(situation.plan, situation.plan.aims[driver.aim], driver)
        if look is not None:
            yield situation.reading(look), driver


def _met(reading: Reading, driver: Driver) -> float | None:
    """The share of the driver's way that has been gone; None where nobody can tell."""
    if reading.wanting is not None or driver.target is None or reading.centre is None:
        return None
    way = driver.target - reading.centre
    last = [p.value for p in reading.after[-3:] if p.value is not None]
    return (median(last) - reading.centre) / way if way and last else None


def _fault(
    situation: Situation, scored: ProgressScore, met: float | None, readings: Sequence[Reading]
) -> str | None:
    """What the score claims and the measure does not show."""
    high = scored.score >= _SIGNIFICANT
    need = parameter(situation, PRJ_05, "met_at_4" if high else "met_at_3")
    if met is None:
        return "no measure of what it serves can bear it out"
    if met < need - _HAIR:
        return f"{max(met, 0):.0%} of the goal is met, and {need:.0%} is what it stands for"
    if scored.score >= _SUSTAINABLE and not any(r.improved for r in readings):
        return "no measure of what it serves shows a signal of improvement"
    return None
