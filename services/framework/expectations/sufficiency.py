"""Sufficiency: do the projects of an aim add up to it (PRT-02)?"""

from __future__ import annotations

from collections.abc import Iterable

from services.framework.coverage import ROUNDING, Coverage, counts, coverage_of, gap_of
from services.framework.expectations.aims import level_of
from services.framework.expectations.catalogue import (
    Expectation,
    Finding,
    Parameter,
    Situation,
    Sureness,
    awaiting,
    parameter,
    passed,
    tripped,
    with_audience,
)
from services.framework.judgement import Input, Outcome, Severity, SubjectKind
from services.framework.plan import Aim, Intent, Project
from services.framework.texts import listed

PRT_02 = Expectation(
    id="PRT-02",
    title="Projects do not add up to the aim",
    asks="Add or strengthen projects until their predictions add up, or change the aim.",
    text="The predicted effects of an aim's projects add up to its gap, and are believed in.",
    source="Nolan, Execution of Strategic Improvement Initiatives (2007); the arithmetic is ours",
    sureness=Sureness.HIGH,
    kind=SubjectKind.AIM,
    severity=Severity.WARN,
    audience=("sponsor",),
    clears="when the coverage is restored",
    parameters=(
        Parameter("coverage", 1.0, 0.1, 3, "coverage of the gap that is enough"),
        Parameter("crit_coverage", 0.7, 0, 3, "coverage below which it is critical"),
        Parameter("believed", 0.7, 0, 3, "coverage, weighted by belief, that is enough"),
    ),
)


def projects_add_up(situation: Situation) -> Iterable[Finding]:
    """PRT-02, from the aim's adoption (else its start) on.

    A driver counts while it is not ended, a project unless it was stopped, and a completed one
    while somebody keeps up what it won. What nobody predicted is unknown, not nothing: a coverage
    of which a part is missing is a lower bound, and is not called short. PRT-04 asks for the part.
    """
    about = str(situation.subject)
    aim = situation.plan.aims[situation.subject.id]
    if aim.intent is not Intent.IMPROVE or not aim.drivers:
        why = "Not asked of an aim that is not to improve, or that has no driver."
        yield Finding(passed(PRT_02, about, why))
        return
    cover = _cover(situation, aim)
    if isinstance(cover, str):
        yield Finding(awaiting(PRT_02, about, cover))
        return
    inputs: dict[str, Input] = {
        "coverage": round(cover.share, 3),
        "believed": round(cover.weighted, 3),
        "gap": round(cover.gap, 4),
        "missing": "; ".join(map(str, cover.missing)),
    }
    begun = aim.adopted.on if aim.adopted else aim.start.start if aim.start else None
    if begun is None or begun > situation.today:
        words = f"The projects cover {cover.share:.0%} of the gap; the aim is not adopted yet."
        yield Finding(passed(PRT_02, about, words, inputs), situation.next_of(begun))
        return
    yield Finding(_judged(situation, cover, inputs))


def _judged(situation: Situation, cover: Coverage, inputs: dict[str, Input]) -> Outcome:
    about = str(situation.subject)
    short = cover.share < parameter(situation, PRT_02, "coverage") - ROUNDING
    doubted = cover.weighted < parameter(situation, PRT_02, "believed") - ROUNDING
    words = f"The projects cover {cover.share:.0%} of the gap, {cover.weighted:.0%} as believed"
    if not (short and not cover.unknown) and not (doubted and not cover.missing):
        lacking = f"; {listed(map(str, cover.missing))}" if short or doubted else ""
        bound = "At least: " if lacking else ""
        said = awaiting if lacking else passed
        return said(PRT_02, about, f"{bound}{words}{lacking}.", inputs)
    lost = (
        not cover.unknown and cover.share < parameter(situation, PRT_02, "crit_coverage") - ROUNDING
    )
    outcome = tripped(PRT_02, about, f"{words}.", inputs, Severity.CRIT if lost else None)
    return with_audience(outcome, ("board", "executive")) if lost else outcome


def _cover(situation: Situation, aim: Aim) -> Coverage | str:
    """The coverage of the aim, or why there is none."""
    declared = aim.primary
    measure = situation.plan.measures.get(declared.measure) if declared else None
    if declared is None or measure is None:
        return "The aim has no measure."
    gap = gap_of(aim, level_of(situation, aim, declared, measure))
    if gap is None:
        return "There is no baseline, or no target, to reckon a gap from."
    serving = (p for driver in aim.drivers for p in situation.plan.serving[driver.key])
    projects = {project.id: project for project in serving}.values()
    return coverage_of(aim, gap, [p for p in projects if _counts(situation, p)])


def _counts(situation: Situation, project: Project) -> bool:
    roster = situation.roster
    return counts(roster.standing(project).state, roster.sustainer(project))
