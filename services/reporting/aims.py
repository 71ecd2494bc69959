"""An aim on a page of its own: how good, by when, where it stands, what lies below it, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.framework.facts import Facts
from services.framework.plan import SYSTEM, Aim, Driver, Plan, Project
from services.framework.roster import Roster
from services.framework.series import Series
from services.framework.texts import count, day_name, listed
from services.ports.reporting import (
    AlertLine,
    Chart,
    ChartMark,
    ChartPoint,
    Judgement,
    Level,
    Place,
)
from services.reporting.between import between_events, days_of, is_rare
from services.reporting.board import Tile, primary_line, tile_of, verdict_of
from services.reporting.control import Control
from services.reporting.fan import fan_of
from services.reporting.lines import Line, driver_series, line_of, place_of
from services.reporting.oversight import Questions, RestatedWords, asked_of
from services.reporting.sites import Sites, sites_of_aim
from services.reporting.sparkline import Sparkline, sparkline
from services.reporting.sufficiency import Sufficiency
from services.reporting.words import (
    assurance_words,
    digits_of,
    goal,
    period_name,
    quantity,
    variation_words,
)

TITLES = {
    "AIM-01": "The aim is complete",
    "DAT-01": "Data is on time",
    "DAT-02": "Data is there at all",
    "MIL-01": "Milestones are kept",
    "PRJ-02": "Roles are filled",
    "PRT-01": "Every driver has a project",
    "STATUS": "Status of the aim",
    "TRJ-01": "The aim keeps to its path",
    "TRJ-04": "The aim reaches its target",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a chart's table."""

    period: str
    value: str
    expected: str
    centre: str
    limits: str
    note: str


VALUES, BETWEEN = "values", "between"


@dataclass(frozen=True, slots=True)
class Panel:
    """A measure of the aim: its chart, what the rules say of it, and the same as a table.

    ``proposal`` says why a new baseline is proposed. ``view`` is ``values``, or ``between`` for the
    time between rare events.
    """

    measure: str
    chart: Chart
    rows: tuple[Row, ...]
    control: Control
    proposal: str | None
    view: str = VALUES

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """What the chart's marks mean, of those that it has: a style's name and words."""
        points, chart = self.chart.points, self.chart
        tones = {point.tone for point in points}
        limited = any(p.low is not None or p.high is not None for p in points)
        has = {
            "k-partial": any(p.value is not None and not p.judged for p in points),
            "k-better": "better" in tones,
            "k-worse": "worse" in tones,
            "k-other": "other" in tones,
            "k-corrected": any(p.corrected for p in points),
            "k-path": any(p.expected is not None for p in points),
            "k-target": bool(chart.target or chart.deadline),
            "k-base": limited,
            "k-centre": not limited and any(p.centre is not None for p in points),
            "k-fan": bool(chart.fan),
            "k-proposal": chart.proposal is not None,
            "k-mark": bool(chart.marks),
        }
        return tuple((name, words) for name, words in _KEY.items() if has[name])


_KEY = {
    "k-partial": "not yet final",
    "k-better": "special cause, better",
    "k-worse": "special cause, worse",
    "k-other": "special cause",
    "k-corrected": "corrected",
    "k-path": "path",
    "k-target": "target and deadline",
    "k-base": "centre line and control limits",
    "k-centre": "median",
    "k-fan": "forecast: 80 and 95% of the chance",
    "k-proposal": "proposed baseline",
    "k-mark": "milestone (filled: done)",
}


@dataclass(frozen=True, slots=True)
class DriverLine:
    """A driver with its measure's last value and its projects (id, name, state)."""

    id: str
    name: str
    share: str | None
    measure: str | None
    value: str | None
    target: str | None
    line: Sparkline | None
    projects: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """What one expectation said, with what it looked at."""

    expectation: str
    title: str
    tripped: bool
    severity: str | None
    reason: str
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AimPage:
    """All that an aim's page shows; ``chain`` are links as the evaluation stored them."""

    tile: Tile
    adopted: str | None
    would_change: str | None
    outlook: str | None
    panels: tuple[Panel, ...]
    drivers: tuple[DriverLine, ...]
    chain: tuple[Mapping[str, Any], ...]
    alerts: tuple[AlertLine, ...]
    reasons: tuple[Reason, ...]
    judged: Judgement | None
    questions: Questions | None
    restated: tuple[RestatedWords, ...] = ()
    sufficiency: Sufficiency | None = None
    sites: Sites | None = None


def subjects_of(plan: Plan, aim: Aim) -> tuple[str, ...]:
    """The aim and the projects below it, as subjects."""
    served = (f"project:{p.id}" for d in aim.drivers for p in plan.serving[d.key])
    return (f"aim:{aim.id}", *dict.fromkeys(served))


def places_of(plan: Plan, aim: Aim) -> tuple[Place, ...]:
    """Where the values of the aim and of its drivers are read."""
    own = [place_of(plan, m.measure, aim.site, aim.stratum) for m in aim.measures]
    if aim.primary is not None and aim.site == SYSTEM:
        known = plan.measures.get(aim.primary.measure)
        own += [Place(known.id, None, aim.stratum)] if known is not None and known.sites else []
    drivers = (driver for driver in aim.drivers if driver.measure)
    below = [place_of(plan, str(d.measure), d.site, d.stratum) for d in drivers]
    return tuple(dict.fromkeys(own + below))


def measures_of(aim: Aim) -> tuple[str, ...]:
    """The measures of the aim and of its drivers."""
    drivers = (driver.measure for driver in aim.drivers if driver.measure)
    return tuple(dict.fromkeys([*(m.measure for m in aim.measures), *drivers]))


def aim_page(
    plan: Plan,
    aim: Aim,
    facts: Facts,
    judgement: Judgement | None,
    alerts: tuple[AlertLine, ...],
    roster: Roster,
) -> AimPage:
    """The page of ``aim``."""
    verdict = verdict_of(judgement)
    marks = _marks(plan, aim, roster)
    known = (declared for declared in aim.measures if declared.measure in plan.measures)
    return AimPage(
        tile_of(plan, aim, primary_line(plan, facts, aim), judgement, roster),
        _adopted(aim),
        verdict.get("would_change"),
        verdict.get("outlook"),
        tuple(
            panel
            for declared in known
            for panel in panels_of(line_of(plan, facts, aim, declared), marks, roster.on)
        ),
        tuple(
            _driver(plan, facts, driver, roster)
            for driver in aim.drivers
            if _stands(driver, roster)
        ),
        tuple(verdict.get("chain") or ()),
        alerts,
        reasons_of(judgement),
        judgement,
        asked_of(plan, aim, judgement),
        sites=sites_of_aim(plan, aim, facts),
    )


def reasons_of(judgement: Judgement | None) -> tuple[Reason, ...]:
    """Every expectation of a stored evaluation but those in shadow, what tripped first."""
    outcomes = judgement.body.get("outcomes") or () if judgement else ()
    found = [_reason(outcome) for outcome in outcomes if not outcome.get("shadow")]
    return tuple(sorted(found, key=lambda reason: not reason.tripped))


def _reason(outcome: Mapping[str, Any]) -> Reason:
    expectation = str(outcome["expectation"])
    inputs = outcome.get("inputs") or {}
    return Reason(
        expectation,
        TITLES.get(expectation, expectation),
        bool(outcome["tripped"]),
        outcome.get("severity"),
        str(outcome["reason"]),
        tuple((name.replace("_", " "), shown(value)) for name, value in inputs.items()),
    )


def shown(value: object) -> str:
    """An input of an expectation as people read it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "–" if value is None else str(value)


def _adopted(aim: Aim) -> str | None:
    if aim.adopted is None:
        return None
    minute = f", minute {aim.adopted.minute}" if aim.adopted.minute else ""
    return f"Adopted by {aim.adopted.by} on {day_name(aim.adopted.on)}{minute}"


def _stands(driver: Driver, roster: Roster) -> bool:
    return driver.ended is None or driver.ended > roster.on


def _marks(plan: Plan, aim: Aim, roster: Roster) -> tuple[ChartMark, ...]:
    """The milestones of the projects below the aim."""
    projects: dict[str, Project] = {}
    for driver in aim.drivers:
        projects |= {project.id: project for project in plan.serving[driver.key]}
    found = []
    for project in projects.values():
        for milestone in project.milestones:
            due, completed, _ = roster.commitment(milestone)
            name = f"{project.name}: {milestone.name}"
            found.append(ChartMark(completed or due, name, completed is not None))
    return tuple(sorted(found, key=lambda mark: mark.on))


def panels_of(line: Line, marks: tuple[ChartMark, ...], today: date) -> tuple[Panel, ...]:
    """The panel of a measure, and of rare events also that of the time between them."""
    found = panel_of(line, marks, today)
    beside = _between(line) if is_rare(line) else None
    return (found, beside) if beside else (found,)


def _between(line: Line) -> Panel | None:
    days = [days_of(observed) for observed in line.observed]
    throughs = [through for _, through in days if through is not None]
    every = tuple(sorted({day for found, _ in days for day in found}))
    made = between_events(line, every, min(throughs, default=None))
    if made is None:
        return None
    control, points = made
    name = f"{line.measure.name}: days between"
    last = points[-1]
    words = f"{name}: {quantity(last.value, 'days', 0)} {last.note or 'up to ' + last.name}."
    chart = Chart(name, "days", f"{words}{_said(control, points)}", points)
    return Panel(line.measure.id, chart, _rows(points, 0), control, None, BETWEEN)


def panel_of(line: Line, marks: tuple[ChartMark, ...], today: date) -> Panel:
    """A measure of an aim as of ``today``, with ``marks`` of milestones on its chart."""
    points = line.points
    first, end = (points[0].start, points[-1].start) if points else (None, None)
    shown = tuple(m for m in marks if first and end and first <= m.on <= end)
    rebase = line.control.rebase
    chart = Chart(
        line.measure.name,
        line.measure.unit,
        _in_words(line),
        points,
        line.target,
        line.aim.deadline.start if line.aim.deadline else None,
        shown,
        period_name(line.last.period) if line.last else None,
        fan_of(line.course, today),
        Level(rebase.first.start, line.control.periods[-1].start, rebase.level) if rebase else None,
    )
    return Panel(
        line.measure.id,
        chart,
        _rows(points, line.digits),
        line.control,
        rebase.words if rebase else None,
    )


def _rows(points: Sequence[ChartPoint], digits: int) -> tuple[Row, ...]:
    """The chart's points as a table, the latest first."""
    rows = [
        Row(
            point.name,
            quantity(point.value, "", digits),
            quantity(point.expected, "", digits),
            quantity(point.centre, "", digits),
            _limits(point.low, point.high, digits),
            point.note or "",
        )
        for point in points
        if point.value is not None or point.note
    ]
    return tuple(reversed(rows))


def _limits(low: float | None, high: float | None, digits: int) -> str:
    if low is None and high is None:
        return "–"
    return f"{quantity(low, '', digits)} to {quantity(high, '', digits)}"


def _in_words(line: Line) -> str:
    """What the chart shows, for who cannot see it."""
    last = line.last
    if last is None:
        return f"{line.measure.name}: no value yet."
    unit, digits = line.measure.unit, line.digits
    parts = [f"the last value is {quantity(last.value, unit, digits)}, {period_name(last.period)}"]
    if line.course is not None:
        parts.append(f"the baseline is {quantity(line.course.level.value, unit, digits)}")
        parts.append(f"the path is at {quantity(line.course.expected(last.ordinal), unit, digits)}")
    wanted = goal(line.declared.target, unit, digits)
    if wanted:
        parts.append(f"the target is {wanted}")
    return f"{line.measure.name} over time: {listed(parts, 9)}.{_said(line.control, line.points)}"


def _said(control: Control, points: Sequence[ChartPoint]) -> str:
    """The limits and what the rules found, as sentences."""
    place = list(control.places.values())[-1] if control.answer else None
    said = []
    if place is not None and (place.lower is not None or place.upper is not None):
        said.append(f"control limits {_limits(place.lower, place.upper, control.digits)}")
    if control.variation:
        said.append(variation_words(control.variation, control.direction))
    if control.assurance:
        said.append(assurance_words(control.assurance, control.direction))
    marked = sum(1 for point in points if point.tone)
    if marked:
        said.append(f"{count(marked, 'point')} marked as special cause")
    return "".join(f" {words[0].upper()}{words[1:]}." for words in said)


def _driver(plan: Plan, facts: Facts, driver: Driver, roster: Roster) -> DriverLine:
    series = driver_series(plan, facts, driver)
    projects = tuple(
        (project.id, project.name, roster.standing(project).state.value)
        for project in plan.serving[driver.key]
    )
    value, target, line = _driver_value(driver, series) if series else (None, None, None)
    return DriverLine(
        driver.id,
        driver.name,
        None if driver.share is None else f"{100 * driver.share:.0f}%",
        series.measure.name if series else None,
        value,
        target,
        line,
        projects,
    )


def _driver_value(
    driver: Driver, series: Series
) -> tuple[str | None, str | None, Sparkline | None]:
    """A driver's last value, its target, and its line."""
    values = [point.value for point in series.points]
    unit, digits = series.measure.unit, digits_of(*values, driver.target)
    last = next((p for p in reversed(series.points) if p.value is not None), None)
    shown = f"{quantity(last.value, unit, digits)}, {period_name(last.period)}" if last else None
    words = f"{series.measure.name}: {shown or 'no value yet'}"
    return (
        shown,
        goal(driver.target, unit, digits),
        sparkline(values, (), driver.target, words),
    )


def open_of(alerts: Iterable[AlertLine]) -> tuple[AlertLine, ...]:
    """The alerts that are not resolved."""
    return tuple(alert for alert in alerts if alert.state != "resolved")
