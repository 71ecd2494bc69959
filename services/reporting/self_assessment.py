"""The self-assessment as it stands: each item with what is known of it, and how it came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.framework.periods import local_date
from services.framework.plan import Plan
from services.framework.self_assessment import (
    ITEMS,
    OURS,
    POINTS,
    SCALE,
    Answer,
    Assessment,
    Standing,
    in_order,
    known,
    mean_of,
    standings,
)
from services.framework.texts import day_name, number
from services.ports.clock import Clock
from services.ports.filing import FiledRow, FilingStore
from services.ports.reporting import ReportStore

KIND = "self-assessments"
MOST = 400
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class ItemLine:
    """An item with its latest score in words, and what is known of it without any assessment."""

    id: str
    title: str
    text: str
    score: int | None
    says: str
    change: str
    on: str
    evidence: str | None
    action: str | None
    known: str


@dataclass(frozen=True, slots=True)
class PointLine:
    """A leverage point: the mean of what is scored of it, and its items."""

    number: int
    name: str
    mean: str
    items: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class PastLine:
    """An earlier assessment: day, who, how many items it scored, the means by point and in all."""

    on: str
    by: str
    scored: str
    means: tuple[str, ...]
    mean: str


@dataclass(frozen=True, slots=True)
class SelfAssessed:
    """Everything that the page shows; ``past`` has the latest first."""

    points: tuple[PointLine, ...]
    scored: int
    of: int
    mean: str
    past: tuple[PastLine, ...]


class SelfAssessments:
    """Every answer is of one organisation; ``plan_of`` gives its current plan."""

    def __init__(
        self,
        filings: FilingStore,
        reports: ReportStore,
        plan_of: Callable[[int], Plan],
        clock: Clock,
    ) -> None:
        self._filings = filings
        self._reports = reports
        self._plan_of = plan_of
        self._clock = clock

    def page(self, organisation_id: int) -> SelfAssessed:
        """How every item stands, in words, with the history."""
        plan, assessments, says = self._found(organisation_id)
        held = standings(assessments)
        latest = {each.item.id: each.answer for each in held if each.answer is not None}
        points = tuple(
            PointLine(at, name, _mean(latest, at), tuple(_lines(held, at, says)))
            for at, name in enumerate(POINTS, 1)
        )
        past = tuple(_past(plan, each) for each in reversed(assessments))
        return SelfAssessed(points, len(latest), len(ITEMS), _mean(latest), past)

    def as_json(self, organisation_id: int) -> dict[str, Any]:
        """The same for machines: the items as they stand, and every assessment."""
        plan, assessments, says = self._found(organisation_id)
        return {
            "about": OURS,
            "scale": [{"score": score, "means": words} for score, words in enumerate(SCALE)],
            "items": [_item(each, says) for each in standings(assessments)],
            "history": [_told(plan, each) for each in reversed(assessments)],
        }

    def _found(self, organisation_id: int) -> tuple[Plan, tuple[Assessment, ...], dict[str, str]]:
        plan = self._plan_of(organisation_id)
        subject = f"organisation:{plan.organisation.id}"
        rows = self._filings.latest(organisation_id, KIND, subject, MOST)
        today = local_date(self._clock.business_now(), plan.zone)
        subjects = [*(f"aim:{a}" for a in plan.aims), *(f"project:{p}" for p in plan.projects)]
        facts = self._reports.look(organisation_id, events=subjects).facts
        return plan, in_order(map(_assessment, rows)), known(plan, facts, today)


def _assessment(row: FiledRow) -> Assessment:
    answers = {item: Answer(**said) for item, said in row.said["answers"].items()}
    return Assessment(row.on, row.said["by"], row.known_at, answers)


def _lines(held: Sequence[Standing], point: int, says: Mapping[str, str]) -> list[ItemLine]:
    return [_line(each, says) for each in held if each.item.point == point]


def _line(each: Standing, says: Mapping[str, str]) -> ItemLine:
    answer, item = each.answer, each.item
    return ItemLine(
        item.id,
        item.title,
        item.text,
        answer.score if answer else None,
        SCALE[answer.score] if answer else "not scored yet",
        _change(each),
        day_name(each.on) if each.on else NOTHING,
        answer.evidence if answer else None,
        answer.action if answer else None,
        says[item.id],
    )


def _change(each: Standing) -> str:
    """``up 1 from 2``; nothing where there is no score before."""
    if each.change is None:
        return ""
    if not each.change:
        return "as before"
    return f"{'up' if each.change > 0 else 'down'} {abs(each.change)} from {each.before}"


def _mean(answers: Mapping[str, Answer], point: int | None = None) -> str:
    found = mean_of(answers, point)
    return NOTHING if found is None else number(float(found), 1)


def _past(plan: Plan, each: Assessment) -> PastLine:
    return PastLine(
        day_name(each.on),
        _name(plan, each.by),
        f"{len(each.answers)} of {len(ITEMS)}",
        tuple(_mean(each.answers, at) for at in range(1, len(POINTS) + 1)),
        _mean(each.answers),
    )


def _item(each: Standing, says: Mapping[str, str]) -> dict[str, Any]:
    answer = each.answer
    return {
        "id": each.item.id,
        "point": each.item.point,
        "title": each.item.title,
        "text": each.item.text,
        "score": answer.score if answer else None,
        "before": each.before,
        "on": _day(each.on),
        "evidence": answer.evidence if answer else None,
        "action": answer.action if answer else None,
        "known": says[each.item.id],
    }


def _told(plan: Plan, each: Assessment) -> dict[str, Any]:
    mean = mean_of(each.answers)
    return {
        "on": _day(each.on),
        "by": each.by,
        "name": _name(plan, each.by),
        "known_at": each.known_at.isoformat(),
        "mean": None if mean is None else round(float(mean), 2),
        "answers": {
            item: {"score": a.score, "evidence": a.evidence, "action": a.action}
            for item, a in each.answers.items()
        },
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _name(plan: Plan, person: str) -> str:
    found = plan.people.get(person)
    return found.name if found else person
