"""Which subjects a fact touches: what must be judged anew when it comes in."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import ALL, SYSTEM, Aim, Driver, Plan, Project
from services.framework.suppression import protects


def subjects_of_measurement(
    plan: Plan, measure: str, site: str = SYSTEM, stratum: str = ALL
) -> tuple[Subject, ...]:
    """The measure, and every aim and project that a value of it at a place can move.

    An aim is moved where it judges the measure there, or has a driver or a balancing measure on it
    there; one of the whole system also by each site and stratum of what it judges (mix, equity). A
    project is moved by its own measure and by those of the drivers it serves. What has ended is not
    moved. Where small numbers are hidden, a value may hide or show another one anywhere.
    """
    return _Touched.of(plan).by(plan, measure, site, stratum)


def subjects_of_measure(plan: Plan, measure: str) -> tuple[Subject, ...]:
    """The measure, and whatever looks at it at any place."""
    return _Touched.of(plan).everywhere(measure)


def subjects_of_project(plan: Plan, project: str) -> tuple[Subject, ...]:
    """The project, and the aims whose drivers it serves; only the subject if it is unknown."""
    found = plan.projects.get(project)
    served = {serve.driver.partition("/")[0] for serve in found.serves} if found else set()
    aims = (Subject(SubjectKind.AIM, aim) for aim in plan.aims if aim in served)
    return (Subject(SubjectKind.PROJECT, project), *aims)


def subjects_of_aim(_plan: Plan, aim: str) -> tuple[Subject, ...]:
    """The aim."""
    return (Subject(SubjectKind.AIM, aim),)


def subjects_by(plan: Plan, name: str) -> tuple[str, ...]:
    """Who is judged by what is told of a subject, all as names (``project:ID``), itself first."""
    kind, _, identifier = name.partition(":")
    of = {"project": subjects_of_project, "aim": subjects_of_aim, "measure": subjects_of_measure}
    known = of.get(kind)
    return tuple(str(subject) for subject in known(plan, identifier)) if known else (name,)


def subjects_of_plan(plan: Plan) -> tuple[Subject, ...]:
    """Everything that can be judged: the organisation, measures, aims, projects and people."""
    return (
        Subject(SubjectKind.ORGANISATION, plan.organisation.id),
        *(Subject(SubjectKind.MEASURE, measure) for measure in plan.measures),
        *(Subject(SubjectKind.AIM, aim) for aim in plan.aims),
        *(Subject(SubjectKind.PROJECT, project) for project in plan.projects),
        *(Subject(SubjectKind.PERSON, person) for person in plan.people),
    )


class _Look(NamedTuple):
    """Where a subject looks at a measure; ``wide``: at every site or stratum of what it judges."""

    subject: Subject
    site: str
    stratum: str
    wide: bool = False


class _Touched:
    """For each measure who looks at it, each with the place that it looks at."""

    def __init__(self, plan: Plan) -> None:
        self._looks: dict[str, list[_Look]] = {}
        self._known: dict[tuple[str, str, str], tuple[Subject, ...]] = {}
        for aim in plan.aims.values():
            if aim.ended is None:
                self._add_aim(aim)
        for project in plan.projects.values():
            if project.ended is None:
                self._add_project(plan, project)

    @classmethod
    def of(cls, plan: Plan) -> _Touched:
        """The index of ``plan``, made once."""
        return _index(_Same(plan))

    def _add_aim(self, aim: Aim) -> None:
        subject = Subject(SubjectKind.AIM, aim.id)
        for judged in aim.measures:
            self._add(judged.measure, _Look(subject, aim.site, aim.stratum, wide=True))
        for measure in aim.balancing:
            self._add(measure, _Look(subject, aim.site, aim.stratum))
        for driver in aim.drivers:
            self._add_driver(subject, driver)

    def _add_project(self, plan: Plan, project: Project) -> None:
        subject = Subject(SubjectKind.PROJECT, project.id)
        if project.measure is not None:
            self._add(project.measure, _Look(subject, SYSTEM, ALL))
        for serve in project.serves:
            driver = plan.drivers.get(serve.driver)
            if driver is not None:
                self._add_driver(subject, driver)

    def _add_driver(self, subject: Subject, driver: Driver) -> None:
        if driver.measure is not None and driver.ended is None:
            self._add(driver.measure, _Look(subject, driver.site, driver.stratum))

    def _add(self, measure: str, look: _Look) -> None:
        self._looks.setdefault(measure, []).append(look)

    def by(self, plan: Plan, measure: str, site: str, stratum: str) -> tuple[Subject, ...]:
        """Who is touched by a value at ``site`` for ``stratum``, the measure first."""
        key = (measure, site, stratum)
        if key not in self._known:
            known = plan.measures.get(measure)
            rolled = known is not None and known.rollup is not None
            guarded = protects(known)
            touched = (
                look.subject
                for look in self._looks.get(measure, ())
                if guarded
                or (
                    (look.site == site or (look.site == SYSTEM and (rolled or look.wide)))
                    and (look.stratum == stratum or (look.stratum == ALL and look.wide))
                )
            )
            self._known[key] = (Subject(SubjectKind.MEASURE, measure), *dict.fromkeys(touched))
        return self._known[key]

    def everywhere(self, measure: str) -> tuple[Subject, ...]:
        """The measure, and whoever looks at it."""
        touched = dict.fromkeys(look.subject for look in self._looks.get(measure, ()))
        return (Subject(SubjectKind.MEASURE, measure), *touched)


class _Same:
    """A plan as a key: the same object, since a plan is not hashable."""

    __slots__ = ("plan",)

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __hash__(self) -> int:
        return id(self.plan)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.plan is self.plan


@lru_cache(maxsize=64)
def _index(same: _Same) -> _Touched:
    return _Touched(same.plan)
