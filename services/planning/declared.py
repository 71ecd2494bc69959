"""From a plan file's document to the plan that the framework judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.framework.periods import Frequency, Period, PeriodError
from services.framework.plan import (
    Adoption,
    Aim,
    AimMeasure,
    Allocation,
    Away,
    Baseline,
    Driver,
    Measure,
    Milestone,
    Organisation,
    PathPoint,
    Person,
    Plan,
    Project,
    Route,
    Savings,
    Serve,
    Site,
    Stratum,
    Waiver,
)
from services.planning.parts import (
    AdoptionPart,
    AimMeasurePart,
    AimPart,
    BaselinePart,
    MeasurePart,
    OrganisationPart,
    Part,
    PersonPart,
    PlanDocument,
    ProjectPart,
)

Frequencies = Mapping[str, Frequency]


def to_plan(document: PlanDocument, version: int = 0) -> Plan:
    """The plan that ``document`` declares.

    Raises PeriodError for a period that does not fit its measure's frequency; lint says where.
    """
    frequencies = {measure.id: measure.frequency for measure in document.measures}
    return Plan(
        organisation=_organisation(document.organisation),
        sites={p.id: Site(p.id, p.name, p.ended) for p in document.sites},
        strata={p.id: Stratum(p.id, p.name, p.ended) for p in document.strata},
        people={p.id: _person(p) for p in document.people},
        measures={m.id: _measure(m) for m in document.measures},
        aims={a.id: _aim(a, frequencies) for a in document.aims},
        projects={p.id: _project(p) for p in document.projects},
        routes=tuple(Route(r.to, r.by, r.aim, r.project, r.measure) for r in document.routes),
        parameters=dict(document.parameters),
        version=version,
        profile=document.profile,
        rules=dict(document.rules),
        waivers={w.id: Waiver(since=w.from_, **_fields(w, "from_")) for w in document.waivers},
    )


def _fields(part: Part, *without: str) -> dict[str, Any]:
    return {name: getattr(part, name) for name in type(part).model_fields if name not in without}


def _organisation(part: OrganisationPart) -> Organisation:
    meetings = tuple(sorted(set(part.board_meetings)))
    return Organisation(**_fields(part, "board_meetings"), board_meetings=meetings)


def _person(part: PersonPart) -> Person:
    away = tuple(Away(each.from_, each.to, each.cover) for each in part.away)
    return Person(**_fields(part, "away"), away=away)


def _measure(part: MeasurePart) -> Measure:
    return Measure(
        **_fields(part, "unit", "parameters", "rebase"),
        unit=part.unit or "",
        parameters=dict(part.parameters),
        rebase=tuple(some_period(name, part.frequency) for name in part.rebase),
    )


def _aim(part: AimPart, frequencies: Frequencies) -> Aim:
    judged = part.judged
    first = primary(judged)
    frequency = frequencies.get(first.measure) if first else None
    return Aim(
        id=part.id,
        name=part.name,
        intent=part.intent,
        measures=tuple(_aim_measure(m, m is first, frequencies) for m in judged),
        start=period(part.start, frequency),
        deadline=period(part.deadline, frequency),
        sponsor=part.sponsor,
        site=part.site,
        stratum=part.stratum,
        succeed=part.succeed,
        lag=part.lag,
        adopted=_adoption(part.adopted, frequency) if part.adopted else None,
        drivers=tuple(Driver(aim=part.id, **_fields(d)) for d in part.drivers),
        ended=part.ended,
        outcome=part.outcome,
        outcome_minute=part.minute,
        successor=part.successor,
        partners=part.partners,
        balancing=part.balancing,
        not_breakthrough_because=part.not_breakthrough_because,
        parameters=dict(part.parameters),
    )


def _adoption(part: AdoptionPart, frequency: Frequency | None) -> Adoption:
    return Adoption(**_fields(part, "deadline"), deadline=period(part.deadline, frequency))


def primary(measures: Iterable[AimMeasurePart]) -> AimMeasurePart | None:
    """The measure marked primary, else the first; None where there is none."""
    every = tuple(measures)
    return next((m for m in every if m.primary), every[0] if every else None)


def _aim_measure(part: AimMeasurePart, first: bool, frequencies: Frequencies) -> AimMeasure:
    frequency = frequencies.get(part.measure)
    path = part.path
    return AimMeasure(
        measure=part.measure,
        baseline=_baseline(part.baseline, frequency),
        target=part.target,
        path=path if isinstance(path, str) else tuple(_points(part, frequency)),
        primary=first,
        definition=part.definition,
    )


def _points(part: AimMeasurePart, frequency: Frequency | None) -> Iterable[PathPoint]:
    for point in part.path:
        if not isinstance(point, str):
            yield PathPoint(some_period(point.period, frequency), point.value)


def _baseline(part: BaselinePart | None, frequency: Frequency | None) -> Baseline:
    if part is None:
        return Baseline()
    return Baseline(period(part.from_, frequency), period(part.to, frequency), part.value)


def period(text: str | None, frequency: Frequency | None) -> Period | None:
    """The named period; None for None."""
    return None if text is None else some_period(text, frequency)


def some_period(text: str, frequency: Frequency | None) -> Period:
    """The named period; where no measure says the frequency, the one that the name fits.

    Raises PeriodError.
    """
    if frequency is not None:
        return Period.parse(text, frequency)
    for candidate in Frequency:
        try:
            return Period.parse(text, candidate)
        except PeriodError:
            continue
    raise PeriodError(f"{text!r} names no real period")


def _project(part: ProjectPart) -> Project:
    return Project(
        **_fields(part, "serves", "milestones", "allocations", "savings"),
        serves=tuple(Serve(**_fields(s)) for s in part.serves),
        milestones=tuple(Milestone(m.id, part.id, m.name, m.due, m.ended) for m in part.milestones),
        allocations=tuple(Allocation(**_fields(a)) for a in part.allocations),
        savings=Savings(**_fields(part.savings)) if part.savings else None,
    )
