"""Capacity: is anybody stretched too thin (CAP-01)?"""

from __future__ import annotations

from collections.abc import Iterable

from services.framework.coverage import Held, Load, loads, stretched
from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    parameter,
    passed,
    tripped,
)
from services.framework.expectations.projects import name_of
from services.framework.facts import Role
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.texts import listed

CAP_01 = Expectation(
    id="CAP-01",
    title="Stretched too thin",
    asks="Share out the projects, or release the time that was planned.",
    text="Nobody leads more than two strategic projects, sponsors more than three, is allocated "
    "beyond full time, or gets less than 80 % of the time planned for a project.",
    source="Nolan, Execution of Strategic Improvement Initiatives (2007); the numbers are ours",
    sureness=Sureness.MEDIUM,
    kind=SubjectKind.PERSON,
    severity=Severity.WARN,
    audience=("project_sponsors", "aim_sponsor"),
    clears="when the load is rebalanced",
    parameters=(
        Parameter("leads", 2, 1, 20, "strategic projects that a person may lead"),
        Parameter("sponsors", 3, 1, 20, "strategic projects that a person may sponsor"),
        Parameter("allocated", 0.8, 0, 1, "share of the planned time that must be given"),
        Parameter("whole", 1.0, 0.1, 2, "full-time equivalents that a person may be allocated"),
    ),
)


def load_is_bearable(situation: Situation) -> Iterable[Finding]:
    """CAP-01, over projects at work today. Somebody who has left carries nothing."""
    person, about = situation.subject.id, str(situation.subject)
    roster = situation.roster
    held = [
        Held(p, roster.holder(p, Role.LEADER).person, roster.holder(p, Role.SPONSOR).person)
        for p in roster.may_carry(person)
        if roster.is_active(p)
    ]
    known = loads(held, parameter(situation, CAP_01, "allocated"))
    load = known.get(person) if roster.is_here(person) else None
    load = load or Load(person)
    names = ("leads", "sponsors", "whole")
    faults = list(stretched(load, *(parameter(situation, CAP_01, name) for name in names)))
    inputs: dict[str, Input] = {
        "leads": len(load.leads),
        "sponsors": len(load.sponsors),
        "fte": round(load.fte, 3),
        "short": len(load.short),
    }
    name = name_of(situation, person)
    if not faults:
        yield Finding(passed(CAP_01, about, f"{name} can carry what {name} holds.", inputs))
        return
    yield Finding(tripped(CAP_01, about, f"{name} {listed(faults, 4)}.", inputs))
