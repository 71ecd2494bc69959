"""Is it enough? What the projects are predicted to bring, and how far people are stretched.

No single project is likely to be enough for a result of the whole system: that the projects, if
they succeed, add up to the aim is predicted in advance (Nolan, *Execution of Strategic Improvement
Initiatives*, 2007). The arithmetic and the thresholds are design choices of this project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from services.framework.plan import Aim, Allocation, Project, ProjectState, Serve

ENOUGH = 1.0
BELIEVED = 0.7
LEADS_AT_MOST = 2
SPONSORS_AT_MOST = 3
ALLOCATED_AT_LEAST = 0.8
WHOLE_TIME = 1.0
ROUNDING = 1e-9


class Missing(NamedTuple):
    """A prediction that nobody made: ``what`` is effect, reach or belief."""

    project: str
    driver: str
    what: str

    def __str__(self) -> str:
        return f"{self.project} predicts no {self.what} for {self.driver}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the projects of an aim are predicted to bring, in the aim's units.

    ``gap`` is |target - baseline|. ``promised`` is Σ effect x reach, ``believed`` Σ effect x reach
    x belief, each over the predictions that were made; ``missing`` are those that were not.
    """

    gap: float
    promised: float
    believed: float
    missing: tuple[Missing, ...] = ()

    @property
    def share(self) -> float:
        """The part of the gap that the projects close if each does what was predicted."""
        return self.promised / self.gap

    @property
    def weighted(self) -> float:
        """The same, each prediction counted as far as it is believed in."""
        return self.believed / self.gap

    @property
    def unknown(self) -> tuple[Missing, ...]:
        """The missing predictions without which ``share`` is a lower bound only."""
        return tuple(each for each in self.missing if each.what != "belief")


def counts(state: ProjectState, sustainer: str | None) -> bool:
    """Whether a project's effect counts: a stopped one's does not, a completed one's while kept."""
    if state is ProjectState.COMPLETED:
        return sustainer is not None
    return state is not ProjectState.STOPPED


def declared_to_count(project: Project) -> bool:
    """Whether the plan alone, without events, lets the project's effect count."""
    completed = project.state is ProjectState.COMPLETED
    return counts(project.state, project.sustainer) and (project.ended is None or completed)


def gap_of(aim: Aim, baseline: float | None) -> float | None:
    """|target - baseline| of the primary measure; None where there is no one gap to close.

    Without ``baseline`` the one that the plan states is taken.
    """
    judged = aim.primary
    if judged is None or judged.target is None or isinstance(judged.target, tuple):
        return None
    start = judged.baseline.value if baseline is None else baseline
    return None if start is None else abs(judged.target - start) or None


def coverage_of(aim: Aim, gap: float, projects: Iterable[Project]) -> Coverage:
    """What ``projects`` (those that count) bring to the ``gap`` of ``aim`` through live drivers.

    A prediction without effect or reach adds nothing to either sum, one without belief nothing to
    what is believed; each is named as missing. Raises ValueError for a gap of nothing.
    """
    if gap <= 0:
        raise ValueError("there is no gap to cover")
    live = {driver.key for driver in aim.drivers if driver.ended is None}
    served = [(p.id, s) for p in projects for s in p.serves if s.driver in live]
    promised = [(serve, _promised(serve)) for _, serve in served]
    return Coverage(
        gap,
        sum(effect for _, effect in promised),
        sum(effect * (serve.belief or 0.0) for serve, effect in promised),
        tuple(missing for project, serve in served for missing in _missing(project, serve)),
    )


def _promised(serve: Serve) -> float:
    return (serve.effect or 0.0) * (serve.reach or 0.0)


def _missing(project: str, serve: Serve) -> Iterator[Missing]:
    for what in ("effect", "reach", "belief"):
        if getattr(serve, what) is None:
            yield Missing(project, serve.driver, what)


class Held(NamedTuple):
    """A project at work, with who leads and who sponsors it now."""

    project: Project
    leader: str | None
    sponsor: str | None


class Shortfall(NamedTuple):
    """An allocation of less time than was planned."""

    project: str
    allocation: Allocation

    @property
    def share(self) -> float:
        """The part of the planned time that is given."""
        return self.allocation.fte / (self.allocation.planned or self.allocation.fte or 1.0)


@dataclass(slots=True)
class Load:
    """What a person carries: strategic projects led and sponsored, and time given to projects.

    ``fte`` is the sum of all allocations in full-time equivalents; ``short`` the allocations of
    less than was planned.
    """

    person: str
    leads: list[str] = field(default_factory=list)
    sponsors: list[str] = field(default_factory=list)
    fte: float = 0.0
    short: list[Shortfall] = field(default_factory=list)


def loads(held: Iterable[Held], allocated_at_least: float = ALLOCATED_AT_LEAST) -> dict[str, Load]:
    """Everybody's load by person, over projects at work; time below the planned share is short."""
    found: dict[str, Load] = {}
    for project, leader, sponsor in held:
        if project.strategic and leader is not None:
            _of(found, leader).leads.append(project.id)
        if project.strategic and sponsor is not None:
            _of(found, sponsor).sponsors.append(project.id)
        for allocation in project.allocations:
            load = _of(found, allocation.person)
            load.fte += allocation.fte
            if (allocation.planned or 0.0) * allocated_at_least > allocation.fte + ROUNDING:
                load.short.append(Shortfall(project.id, allocation))
    return found


def stretched(
    load: Load,
    leads_at_most: float = LEADS_AT_MOST,
    sponsors_at_most: float = SPONSORS_AT_MOST,
    whole: float = WHOLE_TIME,
) -> Iterator[str]:
    """In what a person is stretched too thin, as the end of a sentence about them."""
    for verb, held, most in (
        ("leads", load.leads, leads_at_most),
        ("sponsors", load.sponsors, sponsors_at_most),
    ):
        if len(held) > most:
            yield f"{verb} {len(held)} strategic projects, more than {most:g}: {', '.join(held)}"
    if load.fte > whole + ROUNDING:
        yield f"is allocated {load.fte:g} of full time, more than {whole:g}"
    for project, allocation in load.short:
        yield f"has {allocation.fte:g} of the {allocation.planned:g} planned for {project}"


def _of(found: dict[str, Load], person: str) -> Load:
    return found.setdefault(person, Load(person))
