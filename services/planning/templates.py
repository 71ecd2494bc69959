"""Whole-system measures as templates, from which a measure and an aim on it can be started.

The thirteen measures are those of IHI's Whole System Measures (Martin and others, 2007). Names and
dimensions of the first six were read in a public summary, the others are from memory of the paper;
frequency, lag, kind and rule set are recommendations of this project. The fifteen of Whole System
Measures 2.0 (2016) are not among them: they could not be read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from services.framework.periods import Frequency
from services.framework.plan import Direction, Kind, Plan

SOURCE = "Whole System Measures (IHI, 2007)"
READ, RECALLED = "read in a public summary", "from memory of the paper"
BLANK = "___"
_UP, _DOWN = Direction.INCREASE, Direction.DECREASE
_MONTH, _QUARTER, _YEAR = Frequency.MONTH, Frequency.QUARTER, Frequency.YEAR
_SHARE, _RATE, _VALUE = Kind.PROPORTION, Kind.RATE, Kind.VALUE


@dataclass(frozen=True, slots=True)
class Template:
    """A measure as it is usually taken: ``lag_days`` after its period it is there.

    ``sureness`` says how its name and unit are known; ``note`` what to mind.
    """

    id: str
    name: str
    definition: str
    kind: Kind
    per: int
    unit: str
    direction: Direction
    frequency: Frequency
    lag_days: int
    rule_set: str
    chart: str
    sureness: str
    note: str = ""
    source: str = SOURCE


@dataclass(frozen=True, slots=True)
class Start:
    """An aim to be started: how good (``target``) from where (``baseline``), by when, by whom."""

    aim: str
    name: str
    baseline: float
    target: float
    start: str
    deadline: str
    sponsor: str


class StartRefusedError(ValueError):
    """The aim cannot be started so; ``field`` is the field of `Start` that is to blame."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


_SLOW = "It comes too seldom to steer by: watch a monthly proxy beside it."
TEMPLATES = {
    each.id: each
    for each in (
        Template(
            "adverse-events",
            "Adverse events",
            "Adverse events found by a trigger tool in a sample of records, per 1,000 "
            "patient-days.",
            _RATE, 1000, "events / 1,000 patient-days", _DOWN, _MONTH, 30, "shewhart", "U", READ,
        ),
        Template(
            "staff-injuries",
            "Occupational injury and illness",
            "Nonfatal injuries and illnesses at work, per 100 full-time equivalents.",
            _RATE, 100, "cases / 100 FTE", _DOWN, _MONTH, 20, "shewhart", "U", READ,
        ),
        Template(
            "hsmr",
            "Hospital standardised mortality ratio",
            "Deaths observed per 100 deaths expected of the same patients.",
            _RATE, 100, "ratio", _DOWN, _MONTH, 45, "shewhart", "XmR", READ,
            "A new base of the model is a new definition, not an improvement.",
        ),
        Template(
            "mortality",
            "Unadjusted mortality",
            "Deaths in hospital, per 100 discharges.",
            _SHARE, 100, "%", _DOWN, _MONTH, 15, "shewhart", "P", READ,
        ),
        Template(
            "functional-outcomes",
            "Functional health outcomes",
            "Mean score by which patients rate how they function.",
            _VALUE, 1, "score", _UP, _QUARTER, 45, "run", "run chart", READ, _SLOW,
        ),
        Template(
            "readmissions",
            "Readmissions within 30 days",
            "Discharges followed by an unplanned readmission within 30 days, per 100 discharges.",
            _SHARE, 100, "%", _DOWN, _MONTH, 50, "shewhart", "P", READ,
            "A month is complete 30 days after its end at the earliest.",
        ),
        Template(
            "core-reliability",
            "Reliability of core measures",
            "Patients who received all of the care due to them, of those to whom it was due.",
            _SHARE, 100, "%", _UP, _MONTH, 30, "shewhart", "P", RECALLED,
            "All or none: a patient who missed one part counts as missed.",
        ),
        Template(
            "satisfaction",
            "Patient satisfaction",
            "Answers in the top box of the overall rating, per 100 answers.",
            _SHARE, 100, "%", _UP, _MONTH, 30, "shewhart", "P", RECALLED,
        ),
        Template(
            "experience",
            "Patient experience",
            "Patients who agree that they get exactly the help that they need, when they need it.",
            _SHARE, 100, "%", _UP, _MONTH, 30, "shewhart", "P", RECALLED,
        ),
        Template(
            "third-next-available",
            "Third next available appointment",
            "Days to the third next free appointment, the median of the weeks of a month.",
            _VALUE, 1, "days", _DOWN, _MONTH, 5, "shewhart", "XmR", RECALLED,
        ),
        Template(
            "hospital-days-last-six-months",
            "Hospital days in the last six months of life",
            "Days in hospital during the last six months of life, per person who died.",
            _VALUE, 1, "days", _DOWN, _YEAR, 90, "run", "run chart", RECALLED, _SLOW,
        ),
        Template(
            "cost-per-capita",
            "Cost of health care per person",
            "Cost of health care per person of the population and year.",
            _VALUE, 1, "per person and year", _DOWN, _QUARTER, 60, "run", "run chart", RECALLED,
            _SLOW,
        ),
        Template(
            "equity-gap",
            "Equity gap",
            "How far two strata lie apart in another whole-system measure.",
            _VALUE, 1, "points", _DOWN, _MONTH, 30, "run", "small multiples", RECALLED,
            "Better still, name the strata of the other measure itself: the gap is then watched "
            "with the level of each.",
        ),
    )
}  # fmt: skip


def as_json(template: Template) -> dict[str, Any]:
    """A template for machines."""
    return asdict(template)


def measure_of(template: Template) -> dict[str, Any]:
    """The measure as a plan file has it."""
    part: dict[str, Any] = {
        "id": template.id,
        "name": template.name,
        "kind": template.kind.value,
        "direction": template.direction.value,
        "frequency": template.frequency.value,
        "unit": template.unit,
    }
    if template.per != 1:
        part["per"] = template.per
    return part | {"lag_days": template.lag_days, "rule_set": template.rule_set}


def started(template: Template, start: Start, plan: Plan) -> str:
    """A plan file that adds the aim, and the measure where the plan has none of its id.

    Raises StartRefusedError for an aim that the plan already has, or a measure that ended.
    """
    if start.aim in plan.aims:
        detail = f"the plan already has an aim {start.aim!r}; give this one another id"
        raise StartRefusedError("aim", detail)
    held = plan.measures.get(template.id)
    if held is not None and held.ended is not None:
        raise StartRefusedError("", f"the plan ended its measure {template.id} on {held.ended}")
    aim = {
        "id": start.aim,
        "name": start.name,
        "measure": template.id,
        "baseline": {"value": start.baseline},
        "target": start.target,
        "start": start.start,
        "deadline": start.deadline,
        "sponsor": start.sponsor,
    }
    document = {"bigdot": 1, "organisation": {"id": plan.organisation.id}, "aims": [aim]}
    if held is None:
        document["measures"] = [measure_of(template)]
    return json.dumps(document, ensure_ascii=False)


def to_fill_in(template: Template, given: dict[str, str]) -> str:
    """A plan file as text, to be put into a plan: what is not ``given`` is left blank (``___``)."""

    def said(name: str, usual: str = BLANK) -> str:
        return given.get(name) or usual

    measure = measure_of(template)
    lines = [
        f"# {template.name}: {template.definition}",
        f"# {template.source}; name and unit {template.sureness}.",
        *([f"# {template.note}"] if template.note else []),
        f"# Fill in each {BLANK}, then: bigdot plan diff FILE",
        "bigdot: 1",
        f"organisation: {{id: {said('organisation')}}}",
        "measures:",
        *(_line(i, name, value) for i, (name, value) in enumerate(measure.items())),
        "aims:",
        f"  - id: {said('aim', f'{template.id}-aim')}",
        f"    name: {json.dumps(said('name', template.name), ensure_ascii=False)}",
        f"    measure: {template.id}",
        f"    baseline: {{value: {said('baseline')}}}    # the level to improve on",
        f"    target: {said('target')}    # how good",
        f"    start: {said('start')}    # the first {template.frequency.value}",
        f"    deadline: {said('deadline')}    # by when: a {template.frequency.value}",
        f"    sponsor: {said('sponsor')}    # one of the plan's people",
    ]
    return "\n".join(lines) + "\n"


def _line(place: int, name: str, value: Any) -> str:
    return f"  {' ' if place else '-'} {name}: {json.dumps(value, ensure_ascii=False)}"
