"""Adoption: did the board adopt the aim as it stands (AIM-02), and how many are there (AIM-05)?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

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
from services.framework.facts import AimRevision
from services.framework.judgement import Input, Severity, SubjectKind
from services.framework.periods import Period, PeriodError
from services.framework.plan import ALL, SYSTEM, Aim
from services.framework.signals import aim_look
from services.framework.texts import count, listed

AIM_02 = Expectation(
    id="AIM-02",
    title="Not adopted by the board",
    asks="Have the board adopt the aim as it stands, and record the minute.",
    text="The board adopts an aim within 60 days, and again when it is eased.",
    source="Seven Leadership Leverage Points (2008), point 1; the numbers of days are ours",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("board", "executive"),
    clears="when an adoption of the aim as it stands is recorded",
    parameters=(
        Parameter("days", 60, 0, 365, "days after its start that an aim may stand unadopted"),
        Parameter("crit_days", 90, 1, 730, "days after which that is critical"),
        Parameter("times", 2, 1, 10, "revisions not adopted from which it is critical"),
    ),
)

AIM_05 = Expectation(
    id="AIM-05",
    title="Too many aims, or none",
    asks="Choose the few aims that matter most; end or replace the others.",
    text="The organisation has a few system-level aims: at least one, at most five.",
    source="Seven Leadership Leverage Points (2008), point 1 (a few); five is ours",
    sureness=Sureness.HIGH,
    kind=SubjectKind.ORGANISATION,
    severity=Severity.WARN,
    audience=("executive", "board"),
    clears="when there are one to five",
    parameters=(Parameter("most", 5, 1, 30, "system-level aims that are not too many"),),
)


class Taken(NamedTuple):
    """An adoption, declared or told: when, and of which target and deadline (None: as then)."""

    on: date
    target: float | tuple[float, float] | None
    deadline: Period | None


def aim_is_adopted(situation: Situation) -> Iterable[Finding]:
    """AIM-02. An aim is eased when its target moves back towards the baseline, or its date back.

    Easing is no fault where the definition of the measure changed that day, since its path is then
    re-expressed. An adoption takes in what was revised up to its day, unless it names another
    target or date than the one that holds.
    """
    about = str(situation.subject)
    aim = situation.plan.aims[situation.subject.id]
    taken = _taken(situation, aim)
    if taken:
        yield _of_revisions(situation, aim, taken[-1])
        return
    begun = aim.start.start if aim.start else None
    if begun is None:
        yield Finding(awaiting(AIM_02, about, "The aim says not when it begins."))
        return
    days = parameter(situation, AIM_02, "days")
    ladder = Ladder.of(begun, days, max(days, parameter(situation, AIM_02, "crit_days")))
    reason = f"{aim.name} has not been adopted by the board; it began on {begun}."
    inputs: dict[str, Input] = {"since": begun.isoformat(), "adoptions": 0}
    yield climbed(situation, AIM_02, ladder, Words(about, reason, reason), inputs)


def _of_revisions(situation: Situation, aim: Aim, last: Taken) -> Finding:
    """What was eased and not adopted since."""
    about = str(situation.subject)
    eased = _unadopted(situation, aim, last)
    inputs: dict[str, Input] = {"adopted_on": last.on.isoformat(), "eased": len(eased)}
    if not eased:
        return Finding(passed(AIM_02, about, f"Adopted on {last.on}, as it stands.", inputs))
    many = len(eased) >= parameter(situation, AIM_02, "times")
    what = listed(f"{r.field} from {_plain(r.old)} to {_plain(r.new)} on {r.on}" for r in eased)
    times = f"{count(len(eased), 'time')} without" if many else "without"
    reason = f"{aim.name} was eased {times} the board's adoption: {what}."
    since = situation.begins(eased[0].on)
    return Finding(tripped(AIM_02, about, reason, inputs, Severity.CRIT if many else None, since))


def _taken(situation: Situation, aim: Aim) -> list[Taken]:
    """The adoptions of the aim by today, in order."""
    found = [
        Taken(a.on, a.target, a.deadline) for a in situation.facts.adoptions if a.aim == aim.id
    ]
    if aim.adopted is not None:
        found.append(Taken(aim.adopted.on, aim.adopted.target, aim.adopted.deadline))
    return sorted((t for t in found if t.on <= situation.today), key=lambda taken: taken.on)


def _unadopted(situation: Situation, aim: Aim, last: Taken) -> list[AimRevision]:
    revisions = [
        r for r in situation.facts.revisions if r.aim == aim.id and r.on <= situation.today
    ]
    expressed = {r.on for r in revisions if _part(r) == "definition"}
    eased = [r for r in revisions if _eases(situation, aim, r) and r.on not in expressed]
    return [r for r in eased if r.on > last.on or _names_another(aim, last, r)]


def _names_another(aim: Aim, last: Taken, revision: AimRevision) -> bool:
    """Whether the adoption is of another target or date than the one that holds."""
    if _part(revision) == "deadline":
        return last.deadline is not None and last.deadline != aim.deadline
    return last.target is not None and aim.primary is not None and last.target != aim.primary.target


def _part(revision: AimRevision) -> str:
    """The revised field by its own name: ``target`` of ``measures/hsmr/target``."""
    return revision.field.replace(".", "/").rpartition("/")[2]


def _eases(situation: Situation, aim: Aim, revision: AimRevision) -> bool:
    part = _part(revision)
    if part == "deadline":
        old, new = (_period(aim, value) for value in (revision.old, revision.new))
        return old is not None and new is not None and new > old
    look = aim_look(situation.plan, aim)
    if part != "target" or look is None:
        return False
    was, now = _numbers(revision.old), _numbers(revision.new)
    if was is None or now is None or len(was) != len(now):
        return False
    if len(now) > 1:
        return now[0] < was[0] or now[-1] > was[-1]
    return look.sign * (now[0] - was[0]) < 0


def _period(aim: Aim, value: object) -> Period | None:
    if isinstance(value, Period) or aim.deadline is None:
        return value if isinstance(value, Period) else None
    try:
        return Period.parse(str(value), aim.deadline.frequency)
    except PeriodError:
        return None


def _numbers(value: object) -> list[float] | None:
    """A target as one number or two; None for what is no number."""
    many = value if isinstance(value, list | tuple) else [value]
    found = [float(each) for each in many if isinstance(each, int | float)]
    return found if len(found) == len(many) else None


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def aims_are_few(situation: Situation) -> Iterable[Finding]:
    """AIM-05 over the aims that are not ended, of the whole system and all its patients."""
    plan, about = situation.plan, str(situation.subject)
    whole = [a for a in plan.aims.values() if (a.site, a.stratum) == (SYSTEM, ALL)]
    active = [a for a in whole if a.ended is None or a.ended > situation.today]
    next_at = situation.next_of(*(a.ended for a in active))
    inputs: dict[str, Input] = {"aims": len(active)}
    most = int(parameter(situation, AIM_05, "most"))
    if not active:
        reason = "The organisation has no system-level aim."
        yield Finding(tripped(AIM_05, about, reason, inputs, Severity.CRIT), next_at)
    elif len(active) > most:
        reason = f"The organisation has {len(active)} system-level aims, more than {most}."
        yield Finding(tripped(AIM_05, about, reason, inputs), next_at)
    else:
        reason = f"The organisation has {count(len(active), 'system-level aim')}."
        yield Finding(passed(AIM_05, about, reason, inputs), next_at)
