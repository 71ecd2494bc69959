"""Leadership: patients on the team (LDR-01), finance (LDR-02), the board and the public (LDR-03).

These go out in digests and board packs, never as messages of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Ladder,
    Parameter,
    Situation,
    Sureness,
    Words,
    awaiting,
    climbed,
    parameter,
    passed,
    tripped,
)
from services.framework.expectations.course import judged_since_start
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.periods import local_date
from services.framework.plan import Aim, ProjectState
from services.framework.series import Point
from services.framework.texts import count, listed

LDR_01 = Expectation(
    id="LDR-01",
    title="No patient or family partner",
    asks="Invite patients or families to the aim's team.",
    text="A patient or family partner is on the team of every aim.",
    source="Seven Leadership Leverage Points (2008), point 4; the number of days is ours",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WATCH,
    audience=("sponsor",),
    clears="when one has joined",
    parameters=(Parameter("days", 30, 0, 365, "days that a team may be without one"),),
    singly=False,
)

LDR_02 = Expectation(
    id="LDR-02",
    title="Savings not validated",
    asks="Validate the savings, or say what they come to.",
    text="Finance validates within 60 days the savings that a project claims.",
    source="Seven Leadership Leverage Points (2008), point 5; the number of days is ours",
    sureness=Sureness.HIGH,
    kind=SubjectKind.PROJECT,
    severity=Severity.WATCH,
    audience=("finance",),
    clears="when a validation is recorded",
    parameters=(Parameter("days", 60, 0, 365, "days that a claim may stand unvalidated"),),
    singly=False,
)

LDR_03 = Expectation(
    id="LDR-03",
    title="Little time, no story, or no publication",
    asks="Put quality and a patient's story on the board's agenda; publish the aim's data.",
    text="The board gives a quarter of its time to quality and hears a patient's story, and an "
    "aim's data are published within 30 days.",
    source="IHI, Get Boards on Board; Seven Leadership Leverage Points (2008), point 3",
    sureness=Sureness.READ,
    kind=SubjectKind.ORGANISATION,
    also=SubjectKind.AIM,
    severity=Severity.INFO,
    audience=("board",),
    clears="when the next record complies",
    parameters=(
        Parameter("share", 0.25, 0, 1, "share of the board's time that quality is given"),
        Parameter("meetings", 3, 1, 12, "meetings that are looked at"),
        Parameter("days", 30, 0, 365, "days in which an aim's data are published"),
    ),
    singly=False,
)


def patients_are_on_the_team(situation: Situation) -> Iterable[Finding]:
    """LDR-01, from the aim's adoption (else its start), or from when the last partner left."""
    aim, about = situation.plan.aims[situation.subject.id], str(situation.subject)
    here = [p for p in aim.partners if situation.roster.is_here(p)]
    inputs: dict[str, Input] = {"partners": len(here)}
    if here:
        yield Finding(passed(LDR_01, about, f"{count(len(here), 'partner')} on the team.", inputs))
        return
    since = _alone_since(situation, aim)
    if since is None:
        yield Finding(awaiting(LDR_01, about, "The aim says not when it begins.", inputs))
        return
    inputs["since"] = since.isoformat()
    reason = f"{aim.name} has had no patient or family partner since {since}."
    ladder = Ladder.of(since, parameter(situation, LDR_01, "days"))
    yield climbed(situation, LDR_01, ladder, Words(about, reason, reason), inputs)


def _alone_since(situation: Situation, aim: Aim) -> date | None:
    begun = aim.adopted.on if aim.adopted else aim.start.start if aim.start else None
    people = (situation.plan.people.get(partner) for partner in aim.partners)
    left = [p.ended for p in people if p is not None and p.ended is not None]
    return max([day for day in (begun, *left) if day is not None], default=None)


def savings_are_validated(situation: Situation) -> Iterable[Finding]:
    """LDR-02. A project that was stopped claims nothing; one that is completed still does."""
    project, about = situation.plan.projects[situation.subject.id], str(situation.subject)
    claim = project.savings
    stopped = situation.roster.standing(project).state is ProjectState.STOPPED
    if claim is None or stopped:
        yield Finding(passed(LDR_02, about, "No savings are claimed."))
        return
    inputs: dict[str, Input] = {
        "amount": claim.amount,
        "currency": claim.currency,
        "claimed_on": claim.claimed_on.isoformat(),
    }
    done = [
        v
        for v in situation.facts.validations
        if v.project == project.id and claim.claimed_on <= v.on <= situation.today
    ]
    if done:
        reason = f"Validated on {done[-1].on}."
        yield Finding(passed(LDR_02, about, reason, inputs))
        return
    said = f"{claim.amount:,.0f} {claim.currency}"
    reason = f"{project.name} claims {said} since {claim.claimed_on}; finance has not validated it."
    ladder = Ladder.of(claim.claimed_on, parameter(situation, LDR_02, "days"))
    yield climbed(situation, LDR_02, ladder, Words(about, reason, reason), inputs)


def board_leads(situation: Situation) -> Iterable[Finding]:
    """LDR-03: of the organisation its board's meetings, of an aim the publication of its data.

    Minutes are added up over the meetings that say how long they were; a story is wanting where
    none of the meetings that say so heard one. Nothing is asked before so many meetings are known;
    what is said of a day's meeting again corrects it.
    """
    if situation.subject.kind is SubjectKind.AIM:
        yield _publication(situation)
        return
    about = str(situation.subject)
    many = int(parameter(situation, LDR_03, "meetings"))
    known = {m.on: m for m in situation.facts.meetings if m.on <= situation.today}
    meetings = list(known.values())[-many:]
    if len(meetings) < many:
        reason = f"{count(len(meetings), 'meeting')} known of the {many} that are looked at."
        yield Finding(awaiting(LDR_03, about, reason, {"meetings": len(meetings)}))
        return
    timed = [m for m in meetings if m.minutes and m.quality_minutes is not None]
    total = sum(m.minutes or 0.0 for m in timed)
    share = sum(m.quality_minutes or 0.0 for m in timed) / total if total else None
    told = [m.patient_story for m in meetings if m.patient_story is not None]
    inputs: dict[str, Input] = {
        "meetings": len(meetings),
        "quality_share": None if share is None else round(share, 3),
        "stories": sum(told),
    }
    faults = []
    if share is not None and share < parameter(situation, LDR_03, "share") - _HAIR:
        faults.append(f"gave {share:.0%} of its time to quality")
    if told and not any(told):
        faults.append("heard no patient's story")
    if not faults:
        yield Finding(passed(LDR_03, about, "The board's last meetings comply.", inputs))
        return
    reason = f"In its last {many} meetings the board {listed(faults)}."
    yield Finding(tripped(LDR_03, about, reason, inputs))


_HAIR = 1e-9


def _publication(situation: Situation) -> Finding:
    """The aim's oldest value that has come, and is not published, nor any later one."""
    aim, about = situation.plan.aims[situation.subject.id], str(situation.subject)
    out = [p for p in situation.facts.publications if p.aim == aim.id and p.on <= situation.today]
    last = max((p.period.start for p in out), default=date.min)
    owed = [p for p in judged_since_start(situation, aim) if p.period.start > last]
    if not owed:
        return Finding(passed(LDR_03, about, "Every value that came is published."))
    since = _came(situation, aim, owed[0])
    inputs: dict[str, Input] = {"unpublished": len(owed), "since": since.isoformat()}
    reason = f"The data of {aim.name} are unpublished from {owed[0].period} on."
    ladder = Ladder.of(since, parameter(situation, LDR_03, "days"))
    return climbed(situation, LDR_03, ladder, Words(about, reason, reason), inputs)


def _came(situation: Situation, aim: Aim, point: Point) -> date:
    """The local date on which the period's value first was known, not before the period ended."""
    declared = aim.primary
    known: list[datetime] = [
        o.known_at
        for key, observations in situation.facts.observations.items()
        if declared is not None and key.measure == declared.measure
        for o in observations
        if o.period == point.period
    ]
    came = local_date(min(known), situation.plan.zone) if known else point.period.end
    return max(came, point.period.end)
