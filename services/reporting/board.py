"""The board: every aim as a tile, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.framework.facts import Facts, Role
from services.framework.judgement import Status
from services.framework.plan import Aim, Plan
from services.framework.roster import Roster
from services.framework.series import Point
from services.ports.reporting import Judgement
from services.reporting.control import Control
from services.reporting.lines import Line, line_of
from services.reporting.oversight import Questions, asked_of
from services.reporting.sparkline import Sparkline, sparkline
from services.reporting.words import (
    WORST_FIRST,
    brief_unit,
    chance_words,
    goal,
    label_name,
    period_name,
    quantity,
)

NOT_JUDGED = "Not judged yet: the first judgement follows within seconds of the first value."


@dataclass(frozen=True, slots=True)
class Tile:
    """An aim on the board, in words; ``control`` is the chart of its first measure."""

    id: str
    name: str
    status: Status
    statement: str
    since: str | None
    blind_since: str | None
    value: str | None
    value_period: str | None
    expected: str | None
    target: str | None
    probability: str | None
    sponsor: str | None
    line: Sparkline | None
    reason: str
    ended: bool = False
    control: Control | None = None
    questions: Questions | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The tiles, and how many there are of each status, the worst first."""

    tiles: tuple[Tile, ...]
    counts: tuple[tuple[Status, int], ...]
    blind: int
    alerts: int = 0


def board_of(
    plan: Plan, facts: Facts, judgements: Mapping[str, Judgement], roster: Roster, alerts: int
) -> Board:
    """The board of a plan."""
    tiles = [
        tile_of(plan, aim, primary_line(plan, facts, aim), judgements.get(f"aim:{aim.id}"), roster)
        for aim in plan.aims.values()
    ]
    tiles.sort(key=lambda tile: (tile.ended, WORST_FIRST.index(tile.status)))
    counts = Counter(tile.status for tile in tiles if not tile.ended)
    found = tuple((status, counts[status]) for status in WORST_FIRST if counts[status])
    return Board(tuple(tiles), found, sum(1 for tile in tiles if tile.blind_since), alerts)


def verdict_of(judgement: Judgement | None) -> Mapping[str, Any]:
    """The verdict in a stored evaluation; empty where nothing was judged."""
    return (judgement.body.get("verdict") or {}) if judgement else {}


def status_of(judgement: Judgement | None) -> Status:
    """The status in a stored evaluation; waiting where nothing was judged."""
    return Status(judgement.status) if judgement and judgement.status else Status.WAITING


def statement_of(aim: Aim, line: Line | None) -> str:
    """How good, by when, in one sentence."""
    if line is None:
        return "No measure yet"
    unit = unit_beside(line)
    wanted = goal(line.declared.target, unit, line.digits)
    base = line.course.level.value if line.course else line.declared.baseline.value
    by = f" by {period_name(aim.deadline)}" if aim.deadline else ""
    match aim.intent.value:
        case "within":
            said = f"{line.measure.name} within {wanted}"
        case "hold":
            said = f"{line.measure.name} held at {wanted or 'its baseline'}"
        case _:
            begin = "" if base is None else f" from {quantity(base, '', line.digits)}"
            said = f"{line.measure.name}{begin} to {wanted or 'a target not yet set'}"
    return f"{said}{by}"


def unit_beside(line: Line) -> str:
    """The unit to write beside a number: none where the measure's name ends with it."""
    named = line.measure.name.casefold().endswith(line.measure.unit.casefold())
    return "" if named else line.measure.unit


def primary_line(plan: Plan, facts: Facts, aim: Aim) -> Line | None:
    """The line of the aim's first measure."""
    declared = aim.primary
    if declared is None or declared.measure not in plan.measures:
        return None
    return line_of(plan, facts, aim, declared)


def small(line: Line, words: str) -> Sparkline | None:
    """The line as a small drawing."""
    target = line.target
    return sparkline(
        [point.value for point in line.points],
        [point.expected for point in line.points],
        None if target is None else sum(target) / 2,
        words,
    )


def sponsor_of(plan: Plan, roster: Roster, aim: Aim) -> str | None:
    """Who answers for the aim; None where nobody does."""
    person = roster.holder(aim, Role.SPONSOR).person
    if person is None:
        return None
    known = plan.people.get(person)
    return known.name if known else person


def tile_of(
    plan: Plan, aim: Aim, line: Line | None, judgement: Judgement | None, roster: Roster
) -> Tile:
    """The aim in words, by its first measure's line and its last judgement."""
    verdict, status = verdict_of(judgement), status_of(judgement)
    unit, digits = (unit_beside(line), line.digits) if line else ("", 1)
    last = line.last if line else None
    brief = brief_unit(unit)
    shown = quantity(last.value, brief, digits) if last else None
    expected = line.course.expected(last.ordinal) if line and line.course and last else None
    chance = verdict.get("probability")
    begun = bool(last and aim.start and last.period >= aim.start)
    return Tile(
        aim.id,
        aim.name,
        status,
        statement_of(aim, line),
        label_name(verdict.get("since"), line.measure.frequency) if line else None,
        label_name(verdict.get("blind_since"), line.measure.frequency) if line else None,
        shown,
        _dated(last) if last else None,
        quantity(expected, brief, digits) if begun and expected is not None else None,
        goal(line.declared.target, brief, digits) if line else None,
        chance_words(chance),
        sponsor_of(plan, roster, aim),
        small(line, _described(aim, line, shown)) if line else None,
        str(verdict.get("reason") or NOT_JUDGED),
        aim.ended is not None and aim.ended <= roster.on,
        line.control if line else None,
        asked_of(plan, aim, judgement),
    )


def _dated(last: Point) -> str:
    """The period of a value; where it is not judged, what it lacks."""
    name = period_name(last.period)
    return name if last.judged else f"{name}, {last.note or 'not yet final'}"


def _described(aim: Aim, line: Line, shown: str | None) -> str:
    last = line.last
    if last is None or shown is None:
        return f"{aim.name}: no value yet"
    many = sum(1 for point in line.series.points if point.value is not None)
    wanted = goal(line.declared.target, line.measure.unit, line.digits)
    return f"{line.measure.name}, {many} values, the last {shown} in {period_name(last.period)}" + (
        f"; target {wanted}" if wanted else ""
    )
