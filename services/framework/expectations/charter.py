"""Charters: is a project set up to succeed (PRJ-01), linked (PRT-03), and predicted (PRT-04)?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Ladder,
    Parameter,
    Situation,
    Sureness,
    Words,
    climbed,
    parameter,
    passed,
    tripped,
)
from services.framework.expectations.projects import idle
from services.framework.facts import Role
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.plan import Driver, Project, ProjectState
from services.framework.texts import listed

PRJ_01 = Expectation(
    id="PRJ-01",
    title="Charter incomplete",
    asks="Complete the project's charter in the plan.",
    text="An active strategic project has a numeric aim, an end date, a sponsor, a day-to-day "
    "leader, a clinical lead, an improvement advisor and a measure.",
    source="IHI, How to Improve: forming the team",
    sureness=Sureness.READ,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("sponsor",),
    clears="when everything is there, or the project is no longer active",
)

PRT_03 = Expectation(
    id="PRT-03",
    title="Project serves no driver",
    asks="Link the project to a driver, declare it local, or stop it.",
    text="A strategic project serves a driver of an aim.",
    source="Nolan, Execution of Strategic Improvement Initiatives (2007)",
    sureness=Sureness.READ,
    kind=SubjectKind.PROJECT,
    severity=Severity.INFO,
    audience=("sponsor", "executive"),
    clears="when it is linked, declared local, or stopped",
    parameters=(
        Parameter("days", 30, 0, 365, "days after its charter that a project may stand unlinked"),
        Parameter(
            "share", 0.3, 0, 1, "share of strategic projects so beyond which it is a warning"
        ),
    ),
)

PRT_04 = Expectation(
    id="PRT-04",
    title="No prediction",
    asks="Say what the project is predicted to do: its effect, its reach, how sure you are.",
    text="A project that serves a driver has a predicted effect, a reach and a degree of belief.",
    source="Nolan, Execution of Strategic Improvement Initiatives (2007)",
    sureness=Sureness.HIGH,
    kind=SubjectKind.PROJECT,
    severity=Severity.WARN,
    audience=("sponsor", "advisor"),
    clears="when the prediction is recorded",
    parameters=(
        Parameter("days", 30, 0, 365, "days after its charter that a prediction may be wanting"),
    ),
)

_ROLES = (
    (Role.SPONSOR, "a sponsor"),
    (Role.LEADER, "a day-to-day leader"),
    (Role.CLINICAL_LEAD, "a clinical lead"),
    (Role.ADVISOR, "an improvement advisor"),
)
_NUMBER = re.compile(r"\d")


def charter_is_complete(situation: Situation) -> Iterable[Finding]:
    """PRJ-01: what the charter of an active strategic project lacks.

    A numeric aim is one whose text has a number in it. Roles are those that the plan or an event
    ever filled: one that falls vacant later is a vacancy (PRJ-02), not a fault of the charter.
    Local improvement needs no such charter.
    """
    project, about = _subject(situation)
    at_rest = _not_asked(situation, project)
    if at_rest is not None:
        yield Finding(passed(PRJ_01, about, at_rest))
        return
    wanting = list(_wanting(situation, project))
    inputs: dict[str, Input] = {"wanting": "; ".join(wanting)}
    if not wanting:
        yield Finding(passed(PRJ_01, about, "The charter is complete.", inputs))
        return
    reason = f"The charter of {project.name} lacks {listed(wanting, 7)}."
    yield Finding(tripped(PRJ_01, about, reason, inputs))


def _wanting(situation: Situation, project: Project) -> Iterable[str]:
    if not _NUMBER.search(project.aim_text or ""):
        yield "a numeric aim"
    if project.end is None:
        yield "an end date"
    for role, name in _ROLES:
        declared = getattr(project, role.value)
        if declared is None and situation.roster.holder(project, role).person is None:
            yield name
    if project.measure is None:
        yield "a measure"


def project_serves_a_driver(situation: Situation) -> Iterable[Finding]:
    """PRT-03: a driver that was ended, or whose aim was, is served no longer.

    The share is of the strategic projects that the plan has neither ended, completed nor stopped:
    it follows from the plan alone, so that every project of it says the same.
    """
    project, about = _subject(situation)
    at_rest = _not_asked(situation, project)
    linked = _linked(situation, project)
    if at_rest is not None or linked:
        reason = at_rest or f"{project.name} serves {linked[0].name}."
        ends = [_ends(situation, driver) for driver in linked]
        yield Finding(passed(PRT_03, about, reason), situation.next_of(*ends))
        return
    since = chartered(project)
    reason = f"{project.name} is strategic and serves no driver."
    if since is None:
        yield Finding(tripped(PRT_03, about, reason, {"since": None}))
        return
    ladder = Ladder.of(since, parameter(situation, PRT_03, "days"))
    share, ends = _unlinked_share(situation)
    inputs: dict[str, Input] = {"since": since.isoformat(), "share_unlinked": round(share, 3)}
    found = climbed(situation, PRT_03, ladder, Words(about, reason, reason), inputs)
    if found.outcome.tripped and share > parameter(situation, PRT_03, "share"):
        many = f"{reason} So do {share:.0%} of the strategic projects."
        since_at = situation.begins(ladder.trips)
        outcome = tripped(PRT_03, about, many, inputs, Severity.WARN, since_at)
        found = Finding(outcome, found.next_at)
    coming = [at for at in (found.next_at, situation.next_of(*ends)) if at is not None]
    yield Finding(found.outcome, min(coming, default=None))


def _linked(situation: Situation, project: Project) -> list[Driver]:
    """The drivers, not ended, that the project serves."""
    drivers = (situation.plan.drivers.get(serve.driver) for serve in project.serves)
    return [d for d in drivers if d is not None and _stands(situation, d)]


def _stands(situation: Situation, driver: Driver) -> bool:
    end = _ends(situation, driver)
    return end is None or end > situation.today


def _ends(situation: Situation, driver: Driver) -> date | None:
    """When the driver, or its aim, is ended."""
    ends = (driver.ended, situation.plan.aims[driver.aim].ended)
    return min((end for end in ends if end is not None), default=None)


def _unlinked_share(situation: Situation) -> tuple[float, list[date | None]]:
    """The share of strategic projects that serve no driver, and the dates that could change it."""
    over = (ProjectState.COMPLETED, ProjectState.STOPPED)
    every = [p for p in situation.plan.projects.values() if p.strategic and p.state not in over]
    open_ = [p for p in every if p.ended is None or p.ended > situation.today]
    bare = sum(1 for p in open_ if not _linked(situation, p))
    days = [p.ended for p in open_]
    days += [_ends(situation, driver) for p in open_ for driver in _linked(situation, p)]
    return (bare / len(open_) if open_ else 0.0), days


def prediction_is_recorded(situation: Situation) -> Iterable[Finding]:
    """PRT-04, of each active strategic project that serves a driver: of every driver it serves."""
    project, about = _subject(situation)
    at_rest = _not_asked(situation, project)
    if at_rest is not None or not project.serves:
        yield Finding(passed(PRT_04, about, at_rest or "It serves no driver."))
        return
    wanting = list(_unpredicted(project))
    since = chartered(project)
    inputs: dict[str, Input] = {"wanting": "; ".join(wanting)}
    if not wanting:
        yield Finding(passed(PRT_04, about, "Effect, reach and belief are predicted.", inputs))
        return
    reason = f"{project.name} has no prediction of {listed(wanting, 4)}."
    if since is None:
        yield Finding(tripped(PRT_04, about, reason, inputs))
        return
    inputs["since"] = since.isoformat()
    ladder = Ladder.of(since, parameter(situation, PRT_04, "days"))
    yield climbed(situation, PRT_04, ladder, Words(about, reason, reason), inputs)


def _unpredicted(project: Project) -> Iterable[str]:
    for serve in project.serves:
        for part in ("effect", "reach", "belief"):
            if getattr(serve, part) is None:
                yield part if len(project.serves) == 1 else f"{part} ({serve.driver})"


def chartered(project: Project) -> date | None:
    """The day from which a charter is asked after."""
    return project.chartered_on or project.start


def _subject(situation: Situation) -> tuple[Project, str]:
    return situation.plan.projects[situation.subject.id], str(situation.subject)


def _not_asked(situation: Situation, project: Project) -> str | None:
    """Why nothing is asked: local improvement, or a project that is not at work."""
    return (
        idle(situation, project) if project.strategic else f"{project.name} is local improvement."
    )
