"""What bears on a subject: where its judgement looks, and the subjects whose events count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import ALL, SYSTEM, Aim, Driver, Plan, Project
from services.persistence import tables

_OF_PERSON = (tables.role_change.name, tables.state_change.name)
_OF_ORGANISATION = (
    tables.state_change.name, tables.board_meeting.name, tables.explanation.name
)  # fmt: skip


class Look(NamedTuple):
    """Where a judgement looks at a measure; site and stratum are None where it looks at all."""

    measure: str
    site: str | None = None
    stratum: str | None = None

    def sees(self, site: str, stratum: str) -> bool:
        """Whether a value for a place is looked at."""
        return self.site in (None, site) and self.stratum in (None, stratum)


class Bearing(NamedTuple):
    """What bears on a subject: where it looks at measures, and the subjects whose events count.

    ``kinds`` are the tables of the events that count, none: every one. Of ``sponsored``, the aims
    whose sponsors may be told, only the changes of roles count.
    """

    looks: tuple[Look, ...]
    subjects: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    sponsored: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every subject whose sequence says what was seen."""
        measures = dict.fromkeys(f"measure:{look.measure}" for look in self.looks)
        return (*measures, *self.subjects, *self.sponsored)


def bearing(
    connection: sa.Connection, organisation_id: int, plan: Plan, subject: Subject
) -> Bearing:
    """What the judgement of ``subject`` looks at; what a person holds is told by events, too."""
    declared = declared_bearing(plan, subject)
    if subject.kind is not SubjectKind.PERSON:
        return declared
    role = tables.role_change.c
    held = sa.select(role.subject_key).where(
        role.organisation_id == organisation_id, role.person == subject.id
    )
    by_events = sorted(connection.scalars(held.distinct()))
    return declared._replace(subjects=tuple(dict.fromkeys((*declared.subjects, *by_events))))


def declared_bearing(plan: Plan, subject: Subject) -> Bearing:
    """What the judgement of ``subject`` looks at, as the plan alone has it."""
    match subject.kind:
        case SubjectKind.MEASURE:
            sponsored = tuple(f"aim:{aim.id}" for aim in plan.moved_by.get(subject.id, ()))
            return Bearing((Look(subject.id),), (str(subject),), sponsored=sponsored)
        case SubjectKind.PROJECT if subject.id in plan.projects:
            project = plan.projects[subject.id]
            looks = tuple(dict.fromkeys(_of_project(plan, project)))
            served = dict.fromkeys(f"aim:{s.driver.partition('/')[0]}" for s in project.serves)
            return Bearing(looks, (str(subject),), sponsored=tuple(served))
        case SubjectKind.AIM if subject.id in plan.aims:
            return _bearing_on_aim(plan, plan.aims[subject.id])
        case SubjectKind.PERSON:
            held = (f"project:{p.id}" for p in plan.carried_by.get(subject.id, ()))
            return Bearing((), (str(subject), *held), _OF_PERSON)
        case SubjectKind.ORGANISATION:
            projects = (f"project:{project}" for project in plan.projects)
            return Bearing((), (str(subject), *projects), _OF_ORGANISATION)
        case _:
            return Bearing((), (str(subject),))


def _bearing_on_aim(plan: Plan, aim: Aim) -> Bearing:
    looks = [_judged_look(plan, aim, judged.measure) for judged in aim.measures]
    looks += [_look(plan, measure, aim.site, aim.stratum) for measure in aim.balancing]
    looks += [look for driver in aim.drivers for look in _of_driver(plan, driver)]
    projects = (p.id for driver in aim.drivers for p in plan.serving[driver.key])
    measures = dict.fromkeys(f"measure:{look.measure}" for look in looks)
    served = dict.fromkeys(f"project:{project}" for project in projects)
    return Bearing(tuple(dict.fromkeys(looks)), (f"aim:{aim.id}", *served, *measures))


def _of_project(plan: Plan, project: Project) -> Iterator[Look]:
    """The project's own measure, and those of the drivers that it serves."""
    if project.measure is not None:
        yield _look(plan, project.measure, SYSTEM, ALL)
    for serve in project.serves:
        if serve.driver in plan.drivers:
            yield from _of_driver(plan, plan.drivers[serve.driver])


def _of_driver(plan: Plan, driver: Driver) -> Iterator[Look]:
    if driver.measure is not None:
        yield _look(plan, driver.measure, driver.site, driver.stratum)


def _judged_look(plan: Plan, aim: Aim, measure: str) -> Look:
    """What an aim is judged on: of the whole system also by each site and each stratum."""
    look, known = _look(plan, measure, aim.site, aim.stratum), plan.measures.get(measure)
    if known is not None and known.sites and look.site == SYSTEM:
        look = look._replace(site=None)
    if known is not None and known.strata and look.stratum == ALL:
        look = look._replace(stratum=None)
    return look


def _look(plan: Plan, measure: str, site: str, stratum: str) -> Look:
    """One place, or every site where the system's value is rolled up from them."""
    known = plan.measures.get(measure)
    rolled = site == SYSTEM and known is not None and known.rollup is not None
    return Look(measure, None if rolled else site, stratum)
