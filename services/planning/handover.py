"""What a handover makes of the plan: a patch of the file, the events beside it, what refuses it.

Roles that are held now change in the file, and become events by that; those that only an event
gave, actions of reviews, and sustainers whom a change of state named become events here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from services.framework.facts import ReviewAction, Role, RoleChange, StateChange
from services.framework.holdings import Holding, Kept, Part
from services.framework.plan import Away, Person, Plan
from services.framework.texts import day_name
from services.planning.declared_events import Declaration
from services.planning.merge import route_scope
from services.ports.planning import DeclaredEvent, Departure, FieldRefusedError

LONGEST_AWAY_DAYS = 30
"""Who takes over may be on leave when it begins, but no longer than this from then on."""
_SECTIONS = {"aim": "aims", "project": "projects", "measure": "measures", "person": "people"}
_WHOLE = 1.0
_DIGITS = 6
_Document = Mapping[str, Any]
_Changes = dict[str, Any]


class HandoverRefusedError(FieldRefusedError):
    """A handover that cannot be; ``field`` is person, to, on or except, or else the plan's."""


@dataclass(frozen=True, slots=True)
class Handover:
    """A handover as it is asked for: of whose things, to whom, from which day.

    ``others`` take over what is named (``aim:ID``, ``project:ID`` and so on) in place of ``to``.
    """

    person: str
    to: str
    on: date
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """What the leaver of a handover holds, and what names them and stays."""

    asked: Handover
    holdings: tuple[Holding, ...]
    kept: tuple[Kept, ...]

    def to(self, about: str) -> str:
        """Who takes over what is named so."""
        return self.asked.others.get(about, self.asked.to)

    def covers(self, about: str) -> str | None:
        """Who covers for the leave of whoever is named so; nobody where it would be themselves."""
        new = self.to(about)
        return None if about == f"person:{new}" else new

    def patch(self, document: _Document) -> dict[str, Any]:
        """The plan file that hands over: what changes of ``document``, in its normal form."""
        changed: dict[str, dict[str, _Changes]] = {name: {} for name in _SECTIONS.values()}
        changed["people"][self.asked.person] = {"ended": self.asked.on.isoformat()}
        for holding in self.holdings:
            kind, _, identifier = holding.about.partition(":")
            if kind in _SECTIONS and holding.part in _DECLARED:
                section = _SECTIONS[kind]
                known = next(e for e in document[section] if e["id"] == identifier)
                mine = changed[section].setdefault(identifier, {})
                mine |= _DECLARED[holding.part](self, holding, {**known, **mine})
        lists = {
            section: [{"id": identifier, **keys} for identifier, keys in each.items() if keys]
            for section, each in changed.items()
        }
        routes = self._routes(document.get("routes", ()))
        return {"bigdot": 1, **{k: v for k, v in lists.items() if v}} | (
            {"routes": routes} if routes else {}
        )

    def _routes(self, routes: Sequence[_Document]) -> list[_Document]:
        """Every route about what a route with the leaver is about, without the leaver."""
        person = self.asked.person
        scopes = {route_scope(route) for route in routes if person in route["to"]}
        return [self._route(route) for route in routes if route_scope(route) in scopes]

    def _route(self, route: _Document) -> _Document:
        scope = route_scope(route)
        abouts = (h.about for h in self.holdings if h.part is Part.ROUTE)
        new = self.to(next(a for a in abouts if scope in (a, a.partition(":")[0])))
        to = [new if name == self.asked.person else name for name in route["to"]]
        return {**route, "to": list(dict.fromkeys(to))}

    def events(self, plan: Plan, said: Declaration) -> tuple[DeclaredEvent, ...]:
        """What no change of the file says."""
        return tuple(_events(self, plan, said))

    def departure(self, plan: Plan) -> Departure:
        """The leaver's departure, and what who takes over reads of it."""
        asked = self.asked
        name = plan.people[asked.person].name
        note = f"You are told in place of {name}, who has left."
        return Departure(asked.person, asked.to, asked.others, note)


def _role(held: Held, holding: Holding, _known: _Document) -> _Changes:
    """A role that is held now; one that is to come stays an event."""
    return {} if holding.at is not None else {holding.part.value: held.to(holding.about)}


def _time(held: Held, holding: Holding, known: _Document) -> _Changes:
    """The leaver's time on a project, added to what who takes over has there already."""
    new, person = held.to(holding.about), held.asked.person
    allocations = known["allocations"]
    both = [a for a in allocations if a["person"] in (person, new)]
    merged: _Changes = {"person": new, "fte": _added(a["fte"] for a in both)}
    if any("planned" in a for a in both):
        merged["planned"] = _added(a.get("planned", a["fte"]) for a in both)
    kept = [merged if a is both[0] else a for a in allocations if a not in both[1:]]
    return {"allocations": kept}


def _added(shares: Iterable[float]) -> float:
    return round(min(_WHOLE, sum(shares)), _DIGITS)


def _owner(held: Held, holding: Holding, _known: _Document) -> _Changes:
    return {"owner": held.to(holding.about)}


def _sustainer(held: Held, holding: Holding, _known: _Document) -> _Changes:
    return {"sustainer": held.to(holding.about)}


def _cover(held: Held, holding: Holding, known: _Document) -> _Changes:
    assert isinstance(holding.at, Away)  # noqa: S101 - what a cover rests on
    person, first = held.asked.person, holding.at.since.isoformat()
    cover = held.covers(holding.about)
    said = {"cover": cover} if cover is not None else {}
    return {
        "away": [
            {"from": away["from"], "to": away["to"], **said}
            if (away["from"], away.get("cover")) == (first, person)
            else away
            for away in known["away"]
        ]
    }


_DECLARED: dict[str, Callable[[Held, Holding, _Document], _Changes]] = {
    **dict.fromkeys(Role, _role),
    Part.ALLOCATION: _time,
    Part.OWNER: _owner,
    Part.SUSTAINER: _sustainer,
    Part.COVER: _cover,
}
"""What each part changes in the file; routes change together, actions not at all."""


def _events(held: Held, plan: Plan, said: Declaration) -> Iterator[DeclaredEvent]:
    for holding in held.holdings:
        new = held.to(holding.about)
        match holding.at:
            case ReviewAction() as action:
                yield ReviewAction(
                    action.subject,
                    action.id,
                    action.text,
                    new,
                    action.due,
                    said.known_at,
                    max(said.on, action.on),
                )
            case StateChange() as told:
                yield StateChange(
                    told.project, told.state, told.on, said.known_at, said.reason, None, new
                )
            case date() | None if isinstance(holding.part, Role):
                if holding.at is not None or _declared(plan, holding) == new:
                    on = holding.at or said.on
                    yield RoleChange(
                        holding.about, holding.part, new, on, said.known_at, said.reason
                    )


def _declared(plan: Plan, holding: Holding) -> str | None:
    """Whom the plan declares in a role."""
    kind, _, identifier = holding.about.partition(":")
    subject = plan.aims[identifier] if kind == "aim" else plan.projects[identifier]
    declared: str | None = getattr(subject, str(holding.part))
    return declared


def check(plan: Plan, asked: Handover, today: date) -> None:
    """Raise LookupError for a leaver whom the plan does not have, HandoverRefusedError for a
    handover that cannot be."""
    leaver = plan.people[asked.person]
    if leaver.ended is not None and leaver.ended <= today:
        why = f"{leaver.name} left on {day_name(leaver.ended)} already; what still names them is "
        raise HandoverRefusedError("person", f"{why}changed in the plan file")
    if asked.on > today:
        why = f"{day_name(asked.on)} is still to come: hand over on the day, and until then let "
        raise HandoverRefusedError("on", f"{why}somebody cover by leave")
    _check_successor(plan, asked, asked.to, "to")
    for other in asked.others.values():
        _check_successor(plan, asked, other, "except")


def _check_successor(plan: Plan, asked: Handover, name: str, at: str) -> None:
    """Whoever takes over is somebody else, of the plan, who stays and is there."""
    new = plan.people.get(name)
    if new is None:
        raise HandoverRefusedError(at, f"{name} is not among the people of the plan")
    if name == asked.person:
        raise HandoverRefusedError(at, f"nobody takes over from themselves: {name} is the leaver")
    if new.ended is not None:
        leaves = "has left" if new.ended <= asked.on else "leaves"
        raise HandoverRefusedError(at, f"{new.name} {leaves} on {day_name(new.ended)}")
    if (back := _away_long(new, asked.on)) is not None:
        why = f"{new.name} is away until {day_name(back)}: name somebody who is there"
        raise HandoverRefusedError(at, why)


def _away_long(person: Person, on: date) -> date | None:
    """The last day of a leave that begins by ``on`` and goes on too long; leaves may join up."""
    there = on
    for away in sorted(person.away, key=lambda each: each.since):
        if away.since <= there <= away.until:
            there = away.until + timedelta(days=1)
    last = there - timedelta(days=1)
    return last if (last - on).days > LONGEST_AWAY_DAYS else None


def check_held(plan: Plan, held: Held) -> None:
    """Raise HandoverRefusedError where somebody takes over what is not held."""
    abouts = {holding.about for holding in held.holdings}
    for about in held.asked.others:
        if about not in abouts:
            name = plan.people[held.asked.person].name
            raise HandoverRefusedError("except", f"{name} holds nothing of {about}")
