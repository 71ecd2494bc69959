"""The portfolio: does every driver have a project at work (PRT-01)?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    parameter,
    passed,
)
from services.framework.judgement import Input, Outcome, Severity, SubjectKind
from services.framework.plan import Aim, Driver, Intent, Project, ProjectState

PRT_01 = Expectation(
    id="PRT-01",
    title="Driver without a project",
    asks="Link or start a project for the driver, or end the driver.",
    text="Every primary driver of an aim has a project at work on it.",
    source="Nolan, Execution of Strategic Improvement Initiatives (2007); leverage point 2",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor",),
    clears="when a project on the driver is active, or completed with a named sustainer",
    parameters=(
        Parameter("days", 30, 0, 365, "days that a driver may stand without a project"),
        Parameter("crit_share", 0.25, 0, 1, "predicted share of the gap from which it is critical"),
    ),
)


def driver_has_project(situation: Situation) -> Iterable[Finding]:
    """PRT-01 of each primary driver. Aims that hold or stay within have no portfolio to cover."""
    aim = situation.plan.aims[situation.subject.id]
    if aim.intent is not Intent.IMPROVE:
        reason = f"Not asked of an aim to {'hold' if aim.intent is Intent.HOLD else 'stay within'}."
        yield Finding(passed(PRT_01, str(situation.subject), reason))
        return
    for driver in aim.drivers:
        if driver.primary:
            yield _covered(situation, aim, driver)


def _covered(situation: Situation, aim: Aim, driver: Driver) -> Finding:
    about, today = f"driver:{driver.key}", situation.today
    serving = situation.plan.serving[driver.key]
    at_work = [p for p in serving if _serves(situation, p)]
    inputs: dict[str, Input] = {"driver": driver.key, "projects": len(serving)}
    inputs |= {"at_work": len(at_work), "share": driver.share}
    if driver.ended is not None and driver.ended <= today:
        return Finding(passed(PRT_01, about, f"{driver.name} was ended.", inputs))
    if at_work:
        reason = f"{driver.name}: {at_work[0].name} is at work."
        return Finding(passed(PRT_01, about, reason, inputs))
    since = _bare_since(situation, aim, driver, serving)
    return _bare(situation, driver, since, inputs)


def _bare(
    situation: Situation, driver: Driver, since: date | None, inputs: dict[str, Input]
) -> Finding:
    """A driver without a project at work since a date."""
    about = f"driver:{driver.key}"
    if since is None:
        reason = f"{driver.name} has no project at work; the aim has not begun."
        return Finding(passed(PRT_01, about, reason, inputs))
    trips = since + timedelta(days=int(parameter(situation, PRT_01, "days")))
    inputs = inputs | {"since": since.isoformat()}
    reason = f"{driver.name} has had no project at work since {since}."
    if situation.today < trips:
        return Finding(passed(PRT_01, about, reason, inputs), situation.begins(trips))
    heavy = (driver.share or 0) >= parameter(situation, PRT_01, "crit_share")
    severity = Severity.CRIT if heavy else PRT_01.severity
    if driver.share is not None:
        reason = f"{reason[:-1]}; {driver.share:.0%} of the aim was to come from it."
    outcome = Outcome(
        PRT_01.id, about, True, reason, severity, situation.begins(since), inputs, PRT_01.audience
    )
    return Finding(outcome)


def _serves(situation: Situation, project: Project) -> bool:
    """At work now, or completed with somebody who keeps up what it won."""
    if situation.roster.is_active(project):
        return True
    done = situation.roster.standing(project).state is ProjectState.COMPLETED
    return done and situation.roster.sustainer(project) is not None


def _bare_since(
    situation: Situation, aim: Aim, driver: Driver, serving: Iterable[Project]
) -> date | None:
    """Since when nobody works on the driver: its linking, or the last project's end."""
    linked = driver.linked_on or (aim.adopted.on if aim.adopted else None)
    linked = linked or (aim.start.start if aim.start else None)
    if linked is None or linked > situation.today:
        return None
    ends = [end for p in serving if (end := _left(situation, p)) is not None]
    return max([linked, *ends])


def _left(situation: Situation, project: Project) -> date | None:
    """When a project that is not at work ceased to be; None for one that never was."""
    if project.ended is not None and project.ended <= situation.today:
        return project.ended
    standing = situation.roster.standing(project)
    begun = standing.state not in (ProjectState.PROPOSED, ProjectState.ACTIVE)
    return standing.since if begun else None
