"""Which subjects a fact touches: what must be judged anew when it comes in."""

from __future__ import annotations

from functools import lru_cache

from services.framework.judgement import Subject, SubjectKind
from services.framework.plan import ALL, SYSTEM, Aim, Plan


def subjects_of_measurement(
    plan: Plan, measure: str, site: str = SYSTEM, stratum: str = ALL
) -> tuple[Subject, ...]:
    """The measure, and every aim that a value of it at ``site`` for ``stratum`` can move.

    An aim is moved where it judges the measure there, or has a driver on it there. An ended aim is
    not moved.
    """
    return _Touched.of(plan).by(plan, measure, site, stratum)


def subjects_of_project(plan: Plan, project: str) -> tuple[Subject, ...]:
    """The project, and the aims whose drivers it serves; only the subject if it is unknown."""
    found = plan.projects.get(project)
    served = {serve.driver.partition("/")[0] for serve in found.serves} if found else set()
    aims = (Subject(SubjectKind.AIM, aim) for aim in plan.aims if aim in served)
    return (Subject(SubjectKind.PROJECT, project), *aims)


def subjects_of_aim(_plan: Plan, aim: str) -> tuple[Subject, ...]:
    """The aim."""
    return (Subject(SubjectKind.AIM, aim),)


def subjects_of_plan(plan: Plan) -> tuple[Subject, ...]:
    """Everything that can be judged: the organisation, measures, aims, projects and people."""
    return (
        Subject(SubjectKind.ORGANISATION, plan.organisation.id),
        *(Subject(SubjectKind.MEASURE, measure) for measure in plan.measures),
        *(Subject(SubjectKind.AIM, aim) for aim in plan.aims),
        *(Subject(SubjectKind.PROJECT, project) for project in plan.projects),
        *(Subject(SubjectKind.PERSON, person) for person in plan.people),
    )


class _Touched:
    """For each measure the aims that look at it, each with the place that it looks at."""

    def __init__(self, plan: Plan) -> None:
        self._looks: dict[str, list[tuple[str, str, str]]] = {}
        self._known: dict[tuple[str, str, str], tuple[Subject, ...]] = {}
        for aim in plan.aims.values():
            if aim.ended is None:
                self._add(aim)

    @classmethod
    def of(cls, plan: Plan) -> _Touched:
        """The index of ``plan``, made once."""
        return _index(_Same(plan))

    def _add(self, aim: Aim) -> None:
        for judged in aim.measures:
            self._looks.setdefault(judged.measure, []).append((aim.id, aim.site, aim.stratum))
        for driver in aim.drivers:
            if driver.measure is not None and driver.ended is None:
                place = (aim.id, driver.site, driver.stratum)
                self._looks.setdefault(driver.measure, []).append(place)

    def by(self, plan: Plan, measure: str, site: str, stratum: str) -> tuple[Subject, ...]:
        """The measure and the aims touched by a value at ``site`` for ``stratum``."""
        key = (measure, site, stratum)
        if key not in self._known:
            known = plan.measures.get(measure)
            rolled = known is not None and known.rollup is not None
            aims = (
                aim
                for aim, at, group in self._looks.get(measure, ())
                if group == stratum and (at == site or (rolled and at == SYSTEM))
            )
            subjects = (Subject(SubjectKind.AIM, aim) for aim in dict.fromkeys(aims))
            self._known[key] = (Subject(SubjectKind.MEASURE, measure), *subjects)
        return self._known[key]


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
