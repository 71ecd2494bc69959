"""The judgement of a subject: a pure function of the plan, the facts known, and an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from services.framework.chain import weakest
from services.framework.diagnosis import diagnose
from services.framework.expectations.catalogue import Finding, Situation
from services.framework.expectations.register import ENTRIES, entries_for, switch_of
from services.framework.facts import Facts
from services.framework.judgement import Evaluation, Subject, SubjectKind
from services.framework.plan import Aim, Plan, Project, Switch
from services.framework.verdict import judge
from services.framework.waivers import accepted

ENGINE_VERSION = "9"


def evaluate(plan: Plan, facts: Facts, subject: Subject, as_of: datetime) -> Evaluation:
    """Judge ``subject`` as of an aware instant, from the ``facts`` known to the caller's K.

    Live, K is ``as_of``; a backtest passes what was known then
    (:func:`services.framework.series.known_to`), a restatement everything. A subject that the plan
    does not have, or that has no expectations of its own, has no outcomes. The answer is the same
    at every instant from ``as_of`` until its ``next_due``. Raises KeyError for a plan that names
    a measure it does not declare.
    """
    situation = Situation(plan, facts, subject, as_of)
    match subject.kind:
        case SubjectKind.AIM if subject.id in plan.aims:
            return _aim(situation, plan.aims[subject.id])
        case SubjectKind.PROJECT if subject.id in plan.projects:
            return _answered(situation, _found(situation), [plan.projects[subject.id]])
        case SubjectKind.MEASURE if subject.id in plan.measures:
            return _answered(situation, _found(situation), [])
        case SubjectKind.PERSON if subject.id in plan.people:
            return _answered(situation, _found(situation), plan.projects.values())
        case SubjectKind.ORGANISATION if subject.id == plan.organisation.id:
            return _answered(situation, _found(situation), [])
        case _:
            return Evaluation(subject, as_of, ())


def _aim(situation: Situation, aim: Aim) -> Evaluation:
    """An aim's verdict, its findings, and the chain below it; nothing is asked of an ended aim."""
    judged = judge(situation.plan, aim, situation.series, situation.as_of)
    if aim.ended is not None and situation.begins(aim.ended) <= situation.as_of:
        return Evaluation(situation.subject, situation.as_of, (), judged.verdict)
    situation = situation.after(judged.verdict)
    findings = _found(situation)
    chain = weakest(situation, aim, (f.outcome for f in findings))
    verdict = replace(judged.verdict, chain=chain.links)
    serving = situation.plan.serving
    projects = [p for driver in aim.drivers for p in serving[driver.key]]
    answer = _answered(situation, findings, projects, [judged.next_at, *_dates(situation, aim)])
    asked = diagnose(situation, aim)
    due = _earliest([answer.next_due, asked.next_at, situation.next_of(chain.next_on)])
    return replace(answer, verdict=verdict, next_due=due, diagnosis=asked.diagnosis)


def evaluate_only(
    plan: Plan, facts: Facts, subject: Subject, as_of: datetime, expectation: str
) -> Evaluation:
    """What one expectation says of ``subject``, whatever its switch; else as :func:`evaluate`.

    An aim has its verdict, and no chain and no diagnosis. Raises KeyError for an expectation that
    the catalogue does not have.
    """
    situation = Situation(plan, facts, subject, as_of)
    entry = ENTRIES[expectation]
    due: list[datetime | None] = []
    if subject.kind is SubjectKind.AIM:
        aim = plan.aims[subject.id]
        judged = judge(plan, aim, situation.series, as_of)
        situation = situation.after(judged.verdict)
        if aim.ended is not None and situation.begins(aim.ended) <= as_of:
            return Evaluation(subject, as_of, (), judged.verdict)
        due += [judged.next_at, *_dates(situation, aim)]
    answer = _answered(situation, list(entry.judge(situation)), plan.projects.values(), due)
    return replace(answer, verdict=situation.verdict)


def _found(situation: Situation) -> list[Finding]:
    """What every expectation of the subject says; one in shadow says it to nobody."""
    found: list[Finding] = []
    for entry in entries_for(situation.subject.kind):
        switch = switch_of(situation.plan, entry.expectation.id)
        if switch is Switch.ON:
            found += entry.judge(situation)
        elif switch is Switch.SHADOW:
            found += (Finding(f.outcome.in_shadow(), f.next_at) for f in entry.judge(situation))
    return found


def _answered(
    situation: Situation,
    findings: Iterable[Finding],
    projects: Iterable[Project],
    due: Iterable[datetime | None] = (),
) -> Evaluation:
    findings = list(findings)
    if situation.plan.waivers:
        findings = [accepted(situation, finding) for finding in findings]
    return Evaluation(
        situation.subject,
        situation.as_of,
        tuple(finding.outcome for finding in findings),
        next_due=_earliest(
            [*due, *(finding.next_at for finding in findings), _calendar(situation, projects)]
        ),
    )


def _earliest(instants: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in instants if at is not None), default=None)


def _calendar(situation: Situation, projects: Iterable[Project]) -> datetime | None:
    """The next date on which something already planned or recorded takes effect."""
    days: set[date | None] = set(situation.roster.coming[:1])
    for project in projects:
        days |= {project.start, project.ended, *(m.ended for m in project.milestones)}
    if situation.subject.kind is not SubjectKind.MEASURE:
        days |= {person.ended for person in situation.plan.people.values()}
    else:
        days |= _measure_dates(situation)
    later = [day for day in days if day is not None and day > situation.today]
    return situation.begins(min(later)) if later else None


def _dates(situation: Situation, aim: Aim) -> Iterable[datetime]:
    """When a driver, a site or a stratum comes or ends, and from when drivers need projects."""
    days = [day for driver in aim.drivers for day in (driver.linked_on, driver.ended)]
    days += [aim.adopted.on if aim.adopted else None, aim.start.start if aim.start else None]
    days += [site.ended for site in situation.plan.sites.values()]
    days += [stratum.ended for stratum in situation.plan.strata.values()]
    return [situation.begins(day) for day in days if day is not None and day > situation.today]


def _measure_dates(situation: Situation) -> set[date | None]:
    """When the measure, or a site, a stratum or an aim of the plan, ends."""
    plan = situation.plan
    sites = {site.ended for site in plan.sites.values()}
    strata = {stratum.ended for stratum in plan.strata.values()}
    return sites | strata | plan.aims_end | {plan.measures[situation.subject.id].ended}
