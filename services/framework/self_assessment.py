"""A self-assessment of the seven leverage points: fourteen items of our own, two a point.

The points are those of Seven Leadership Leverage Points (IHI, second edition 2008). The items and
the scale from 0 to 4 are this project's proposal: neither is IHI's own tool.

What was not scored is unknown, never nought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from services.framework.facts import Facts, Role
from services.framework.periods import Frequency
from services.framework.plan import Aim, Plan, Project
from services.framework.roster import Roster
from services.framework.texts import count

_T = TypeVar("_T")
OURS = "These items and their scale are Bigdot's own, after the seven points; they are not IHI's."
SCALE = ("absent", "talked about", "started", "reliable", "system-wide, with evidence")
POINTS = (
    "Aims at the highest level of governance",
    "An executable strategy, and its oversight",
    "Leaders' attention",
    "Patients and families on the team",
    "The CFO as a champion of quality",
    "Engaged physicians",
    "Capability to improve",
)
_REVIEWED = timedelta(days=35)
_PUBLISHED = timedelta(days=90)
_AT_LEAST_MONTHLY = frozenset({Frequency.DAY, Frequency.WEEK, Frequency.MONTH})
_NOT_RECORDED = "Nothing that is recorded says so; judge it by your own evidence."


@dataclass(frozen=True, slots=True)
class Item:
    """An item: ``point`` counts from 1, ``text`` is what reliable (3) looks like."""

    id: str
    point: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How far an item is (0 to 4), by which evidence, and what is planned."""

    score: int
    evidence: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """One self-assessment: on which day, by whom, and what was scored, by item."""

    on: date
    by: str
    known_at: datetime
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Standing:
    """An item's latest score, the day of it, and the score before; None where there is none."""

    item: Item
    on: date | None = None
    answer: Answer | None = None
    before: int | None = None

    @property
    def change(self) -> int | None:
        """How far the score moved since the one before."""
        if self.answer is None or self.before is None:
            return None
        return self.answer.score - self.before


ITEMS = {
    each.id: each
    for each in (
        Item(
            "1.1",
            1,
            "Aims adopted by the board",
            "The board has adopted each system-level aim, how good and by when, in a minute.",
        ),
        Item(
            "1.2",
            1,
            "The big dot every month",
            "The measure of each aim comes monthly or oftener, and the board sees it.",
        ),
        Item(
            "2.1",
            2,
            "Drivers that are measured",
            "Each primary driver of each aim has a measure of its own.",
        ),
        Item(
            "2.2",
            2,
            "Projects predicted to be enough",
            "Each project says in advance what it will bring, and how far that is believed in.",
        ),
        Item(
            "3.1",
            3,
            "Executives review",
            "Reviews of the projects are in the executives' calendars, and are held.",
        ),
        Item("3.2", 3, "Open data", "The aims' data are published, the bad months too."),
        Item(
            "4.1",
            4,
            "Partners on the teams",
            "Patients or their families are members of each aim's team.",
        ),
        Item(
            "4.2",
            4,
            "Partners on the board's committee",
            "Patients or their families are members of the board or of its quality committee.",
        ),
        Item(
            "5.1",
            5,
            "Savings confirmed by finance",
            "Finance confirms what projects claim to save before it is counted.",
        ),
        Item("5.2", 5, "An aim about waste", "There is an aim to cut waste, and the CFO leads it."),
        Item(
            "6.1", 6, "A clinical lead for each project", "Each project has a clinician leading it."
        ),
        Item(
            "6.2",
            6,
            "A plan to engage physicians",
            "It is written down how physicians are engaged, and it is followed.",
        ),
        Item(
            "7.1",
            7,
            "Enough improvement advisors",
            "Each project has an advisor with the time for it.",
        ),
        Item("7.2", 7, "Leaders trained", "Leaders have learnt the method and use it themselves."),
    )
}


def in_order(assessments: Iterable[Assessment]) -> tuple[Assessment, ...]:
    """The assessments by day, the oldest first; a later word of one day and person replaces it."""
    told = {(a.on, a.by): a for a in sorted(assessments, key=lambda a: a.known_at)}
    return tuple(sorted(told.values(), key=lambda a: (a.on, a.known_at)))


def standings(assessments: Sequence[Assessment]) -> tuple[Standing, ...]:
    """How each item stands after ``assessments``, which are `in_order`."""
    return tuple(_standing(item, assessments) for item in ITEMS.values())


def _standing(item: Item, assessments: Sequence[Assessment]) -> Standing:
    scored = [a for a in assessments if item.id in a.answers]
    if not scored:
        return Standing(item)
    last, earlier = scored[-1], scored[:-1]
    before = earlier[-1].answers[item.id].score if earlier else None
    return Standing(item, last.on, last.answers[item.id], before)


def mean_of(answers: Mapping[str, Answer], point: int | None = None) -> Fraction | None:
    """The mean of the scored items, of one point if given; None where none was scored."""
    scores = [a.score for i, a in answers.items() if point in (None, ITEMS[i].point)]
    return Fraction(sum(scores), len(scores)) if scores else None


def known(plan: Plan, facts: Facts, today: date) -> dict[str, str]:
    """What the plan and the facts themselves say about each item, a sentence each."""
    seen = _Seen(plan, facts, Roster.of(plan, facts, today), today)
    return {item: says(seen) for item, says in _KNOWN.items()}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the sentences are made from."""

    plan: Plan
    facts: Facts
    roster: Roster
    today: date

    @property
    def aims(self) -> list[Aim]:
        """The aims that have not ended."""
        return [a for a in self.plan.aims.values() if a.ended is None or a.ended > self.today]

    @property
    def projects(self) -> list[Project]:
        """The strategic projects at work."""
        projects = self.plan.projects.values()
        return [p for p in projects if p.strategic and self.roster.is_active(p)]

    def since(self, span: timedelta, on: date) -> bool:
        """Whether a day is one of the last ``span``."""
        return self.today - span <= on <= self.today


def _adopted(seen: _Seen) -> str:
    minuted = {a.aim for a in seen.facts.adoptions if a.minute and a.on <= seen.today}
    minuted |= {a.id for a in seen.aims if a.adopted is not None and a.adopted.minute}
    return _of(seen.aims, "aim", "adopted with a minute", lambda a: a.id in minuted)


def _monthly(seen: _Seen) -> str:
    measures = seen.plan.measures
    frequent = {m for m, each in measures.items() if each.frequency in _AT_LEAST_MONTHLY}
    said = "with a measure that comes monthly or oftener"
    return _of(seen.aims, "aim", said, lambda a: bool(a.primary and a.primary.measure in frequent))


def _measured(seen: _Seen) -> str:
    drivers = [d for a in seen.aims for d in a.drivers if d.primary and d.ended is None]
    return _of(drivers, "primary driver", "with a measure", lambda d: d.measure is not None)


def _predicted(seen: _Seen) -> str:
    serves = [s for p in seen.projects for s in p.serves]
    said = "with effect, reach and belief predicted"
    return _of(
        serves,
        "link of a project to a driver",
        said,
        lambda s: None not in (s.effect, s.reach, s.belief),
        many="links of projects to drivers",
    )


def _reviewed(seen: _Seen) -> str:
    lately = {r.subject for r in seen.facts.reviews if seen.since(_REVIEWED, r.on)}
    said = f"reviewed in the last {_REVIEWED.days} days"
    return _of(seen.projects, "project", said, lambda p: f"project:{p.id}" in lately)


def _published(seen: _Seen) -> str:
    lately = {p.aim for p in seen.facts.publications if seen.since(_PUBLISHED, p.on)}
    said = f"with data published in the last {_PUBLISHED.days} days"
    return _of(seen.aims, "aim", said, lambda a: a.id in lately)


def _partnered(seen: _Seen) -> str:
    said = "with a patient or family partner on the team"
    return _of(seen.aims, "aim", said, lambda a: any(map(seen.roster.is_here, a.partners)))


def _on_the_board(seen: _Seen) -> str:
    here = (p for p in seen.plan.people.values() if seen.roster.is_here(p.id))
    board = [p for p in here if "board" in p.roles]
    partners = sum("partner" in p.roles for p in board)
    if not board:
        return "The plan names nobody of the board."
    people = "person" if len(board) == 1 else "people"
    return f"{partners} of {len(board)} {people} of the board a partner."


def _validated(seen: _Seen) -> str:
    claims = [(p.id, p.savings) for p in seen.plan.projects.values() if p.savings is not None]
    done = {
        project
        for project, claim in claims
        for v in seen.facts.validations
        if v.project == project and claim.claimed_on <= v.on <= seen.today
    }
    said = "confirmed by finance"
    return _of(claims, "claim of savings", said, lambda c: c[0] in done, many="claims of savings")


def _led(seen: _Seen) -> str:
    return _held(seen, Role.CLINICAL_LEAD, "with a clinical lead")


def _advised(seen: _Seen) -> str:
    holders = {seen.roster.holder(p, Role.ADVISOR).person for p in seen.projects} - {None}
    said = _held(seen, Role.ADVISOR, "with an improvement advisor")
    return f"{said} {count(len(holders), 'advisor')} in all." if seen.projects else said


def _held(seen: _Seen, role: Role, said: str) -> str:
    holder = seen.roster.holder
    return _of(seen.projects, "project", said, lambda p: holder(p, role).person is not None)


def _not_recorded(_seen: _Seen) -> str:
    return _NOT_RECORDED


def _of(
    every: Sequence[_T], thing: str, said: str, so: Callable[[_T], bool], many: str | None = None
) -> str:
    """``2 of 3 aims adopted with a minute.``"""
    named = thing if len(every) == 1 else many or f"{thing}s"
    if not every:
        return f"There are no {named} yet."
    return f"{sum(map(so, every))} of {len(every)} {named} {said}."


_KNOWN: dict[str, Callable[[_Seen], str]] = {
    "1.1": _adopted,
    "1.2": _monthly,
    "2.1": _measured,
    "2.2": _predicted,
    "3.1": _reviewed,
    "3.2": _published,
    "4.1": _partnered,
    "4.2": _on_the_board,
    "5.1": _validated,
    "5.2": _not_recorded,
    "6.1": _led,
    "6.2": _not_recorded,
    "7.1": _advised,
    "7.2": _not_recorded,
}
