"""What changes from one document to the next, entity by entity and field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.framework.texts import few
from services.planning.merge import NAMED, SINGULAR, Keyed, route_scope
from services.ports.planning import PlanChange

Document = Mapping[str, Any]
_SHOWN = 8
_VALUES = {"parameters": "parameter", "rules": "rule"}
Entities = dict[tuple[str, str], dict[str, Any]]


def diff(before: Document, after: Document) -> tuple[PlanChange, ...]:
    """The changes that lead from one document in normal form to another; empty if they are equal.

    A new entity is one change with all of it; a known one a change for each field. Only routes,
    parameters and rules can be removed.
    """
    old, new = entities(before), entities(after)
    found: list[PlanChange] = []
    for kind, key in dict.fromkeys([*old, *new]):
        found.extend(_changes(kind, key, old.get((kind, key)), new.get((kind, key))))
    return (*found, *_reordered(old, new))


def entities(document: Document) -> Entities:
    """Every entity by kind and key, each without the entities inside it.

    The profile is told as the organisation's.
    """
    found: Entities = {}
    if "organisation" in document:
        fields = document["organisation"]
        profile = {"profile": document["profile"]} if "profile" in document else {}
        found["organisation", fields["id"]] = {**fields, **profile}
    _collect(found, document, NAMED, ())
    for route in document.get("routes", ()):
        scoped = found.setdefault(("route", route_scope(route)), {"routes": []})
        scoped["routes"].append(route)
    for section, kind in _VALUES.items():
        for name, value in document.get(section, {}).items():
            found[kind, name] = {"value": value}
    return found


def _collect(found: Entities, within: Document, named: Keyed, outer: tuple[str, ...]) -> None:
    for section, inner in named.items():
        for entity in within.get(section, ()):
            key = (*outer, entity["id"])
            fields = {name: value for name, value in entity.items() if name not in inner}
            found[SINGULAR[section], "/".join(key)] = fields
            _collect(found, entity, inner, key)


def _changes(
    kind: str, key: str, old: dict[str, Any] | None, new: dict[str, Any] | None
) -> Iterator[PlanChange]:
    if old is None or new is None:
        change = "added" if old is None else "removed"
        yield PlanChange(kind, key, change, "", old, new)
        return
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if before != after:
            ended = name == "ended" and before is None
            yield PlanChange(kind, key, "ended" if ended else "changed", f"/{name}", before, after)


def _reordered(old: Entities, new: Entities) -> Iterator[PlanChange]:
    """The lists whose entities stand in another order than before."""
    for kind in dict.fromkeys(kind for kind, _ in new):
        was = [key for k, key in old if k == kind]
        now = [key for k, key in new if k == kind]
        if was != [key for key in now if (kind, key) in old] and sorted(was) == sorted(
            key for key in now if (kind, key) in old
        ):
            yield PlanChange("plan", kind, "reordered", "", was, now)


def sentences(changes: Iterable[PlanChange], kept: Iterable[tuple[str, str]] = ()) -> list[str]:
    """The changes as people read them, and what stays though the file does not name it."""
    lines = [_sentence(change) for change in changes]
    named = [f"{kind} {key}" for kind, key in kept]
    if named:
        lines.append(f"kept, though not mentioned (use `ended:` to end): {few(named, _SHOWN)}")
    return lines


def _sentence(change: PlanChange) -> str:
    who = f"{change.kind} {change.key}"
    match change.change:
        case "added":
            return f"{who}: new ({_said_of(change.kind, change.after)})"
        case "removed":
            return f"{who}: removed (was {_said_of(change.kind, change.before)})"
        case "ended":
            return f"{who}: ends on {change.after}"
        case "reordered":
            return f"{change.key}s stand in another order: {', '.join(change.after)}"
        case _:
            if change.kind == "route":
                before, after = map(_routes_shown, (change.before, change.after))
                return f"{who}: {before} → {after}"
            field = change.pointer.removeprefix("/")
            return f"{who}: {field} {_shown(change.before)} → {_shown(change.after)}"


def _said_of(kind: str, entity: Mapping[str, Any]) -> str:
    match kind:
        case "route":
            return _routes_shown(entity["routes"])
        case "waiver":
            asked = f"{entity['expectation']} about {entity['about']}"
            return f"{asked}, {entity['from']} to {entity['until']}: {entity['reason']}"
        case "parameter" | "rule":
            return _shown(entity["value"])
        case _:
            return str(entity["name"])


def _routes_shown(routes: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(
        f"to {', '.join(route['to'])} by {', '.join(route.get('by', ('mail',)))}"
        for route in routes
    )


def _shown(value: Any) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
        case list():
            return "; ".join(map(_shown, value)) or "none"
        case str():
            return value
        case _:
            return json.dumps(value)
