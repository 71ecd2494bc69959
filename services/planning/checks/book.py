"""What the checks share: the document with look-ups by id, and the notes that they write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from services.framework.periods import Frequency, Period, PeriodError
from services.framework.plan import Plan, ProjectState
from services.planning.declared import some_period, to_plan
from services.planning.findings import Level
from services.planning.parts import AimPart, DriverPart, MeasurePart, PlanDocument, ProjectPart
from services.planning.source import Where


@dataclass(frozen=True, slots=True)
class Note:
    """One thing found at a path of keys and ids; ``where`` may run deeper than the file does."""

    level: Level
    code: str
    message: str
    where: Where


def wrong(code: str, message: str, *where: str | int) -> Note:
    """An error."""
    return Note(Level.ERROR, code, message, where)


def doubtful(code: str, message: str, *where: str | int) -> Note:
    """A warning."""
    return Note(Level.WARNING, code, message, where)


class Book:
    """A document with look-ups."""

    def __init__(self, document: PlanDocument) -> None:
        self.document = document
        self.people = {person.id: person for person in document.people}
        self.sites = {site.id: site for site in document.sites}
        self.strata = {stratum.id: stratum for stratum in document.strata}
        self.measures: dict[str, MeasurePart] = {m.id: m for m in document.measures}
        self.aims: dict[str, AimPart] = {aim.id: aim for aim in document.aims}
        self.projects: dict[str, ProjectPart] = {p.id: p for p in document.projects}

    @cached_property
    def drivers(self) -> dict[str, DriverPart]:
        """Every driver by ``aim/driver``."""
        return {f"{aim.id}/{d.id}": d for aim in self.document.aims for d in aim.drivers}

    @cached_property
    def place_of(self) -> dict[str, int]:
        """Where each project stands in the file, from 0."""
        return {project.id: place for place, project in enumerate(self.document.projects)}

    @cached_property
    def plan(self) -> Plan | None:
        """The plan that is declared; None where a period does not fit its measure."""
        try:
            return to_plan(self.document)
        except PeriodError:
            return None

    @cached_property
    def live_aims(self) -> tuple[AimPart, ...]:
        """The aims that have not ended."""
        return tuple(aim for aim in self.document.aims if aim.ended is None)

    @cached_property
    def live_projects(self) -> tuple[ProjectPart, ...]:
        """The projects that are not over."""
        return tuple(project for project in self.document.projects if is_live(project))

    def frequency(self, measure: str | None) -> Frequency | None:
        """How often the measure is reported; None for an unknown one."""
        found = self.measures.get(measure or "")
        return found.frequency if found else None


def is_live(project: ProjectPart) -> bool:
    """Whether the project has neither ended nor been declared stopped or completed."""
    over = (ProjectState.COMPLETED, ProjectState.STOPPED)
    return project.ended is None and project.state not in over


def period_or_none(text: str | None, frequency: Frequency | None) -> Period | None:
    """The named period; None where there is none or it does not fit the frequency."""
    try:
        return None if text is None else some_period(text, frequency)
    except PeriodError:
        return None
