"""A file laid over the plan in force: what is named changes, what is not named stays.

Sites, strata, people, measures, aims, drivers, projects, milestones and waivers are merged by
their id, ``organisation``, ``parameters`` and ``rules`` by key, routes by what they are about.
Every other value is replaced whole where the file names it. ``null`` puts a key back to its
default. Nothing is deleted by being absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.planning.findings import Finding, PlanError, error
from services.planning.source import Source, Where, pointer

Keyed = Mapping[str, "Keyed"]
NAMED: Keyed = {
    "sites": {},
    "strata": {},
    "people": {},
    "measures": {},
    "aims": {"drivers": {}},
    "projects": {"milestones": {}},
    "waivers": {},
}
SINGULAR = {
    "sites": "site",
    "strata": "stratum",
    "people": "person",
    "measures": "measure",
    "aims": "aim",
    "drivers": "driver",
    "projects": "project",
    "milestones": "milestone",
    "waivers": "waiver",
}
_BY_KEY = ("organisation", "parameters", "rules")
_ONE_MEASURE = ("measure", "baseline", "target", "path", "definition")


@dataclass(slots=True)
class Merged:
    """The merged data, what was kept though not named, and where in the file each entity stands.

    Paths are of keys and ids: ``("aims", "hsmr-88", "drivers", "sepsis")``.
    """

    data: dict[str, Any] = field(default_factory=dict)
    kept: list[tuple[str, str]] = field(default_factory=list)
    origin: dict[Where, Where] = field(default_factory=dict)
    source: Source = field(default_factory=lambda: Source({}))

    def place(self, path: Where) -> tuple[str, int | None]:
        """The pointer and the line in the file that stand nearest to a path of keys and ids."""
        for size in range(len(path), -1, -1):
            if path[:size] in self.origin:
                where = self._deepest(self.origin[path[:size]], path[size:])
                return pointer(where), self.source.line(where)
        where = self._deepest((), path[:1] if path[:1] and path[0] in NAMED else path)
        return pointer(where), self.source.line(where)

    def _deepest(self, where: Where, rest: Where) -> Where:
        for part in rest:
            if (*where, part) not in self.source.lines:
                return where
            where = (*where, part)
        return where


def merge(base: Mapping[str, Any], source: Source) -> Merged:
    """Lay the file over ``base`` (a document in normal form, or nothing).

    Raises PlanError where a list of entities is no list of mappings with an id, or names one twice.
    """
    merged = Merged(source=source)
    given = source.data
    plain = {k: v for k, v in given.items() if k not in NAMED and k != "routes"}
    merged.data = {**{k: v for k, v in base.items() if k not in NAMED}, **plain}
    for key in _BY_KEY:
        if isinstance(plain.get(key), dict):
            merged.data[key] = {**base.get(key, {}), **plain[key]}
    for key, inner in NAMED.items():
        if key in given or key in base:
            merged.data[key] = _entities(merged, base.get(key, ()), given.get(key), (key,), inner)
    merged.data["routes"] = _routes(merged, base.get("routes", ()), given.get("routes"))
    merged.data = _without_nulls(merged.data)
    return merged


def _entities(merged: Merged, base: Any, given: Any, path: Where, inner: Keyed) -> list[Any]:
    """The entities of one list: those of ``base`` in their order, then the new ones.

    The file's order holds where it names every one of them.
    """
    named = _by_id(merged, given, path)
    known = {entity["id"]: entity for entity in base}
    merged.kept.extend(
        (SINGULAR[str(path[-1])], _key_of((*path, i))) for i in known if i not in named
    )
    order = list(named) if known.keys() <= named.keys() else [*known, *(set_minus(named, known))]
    return [_entity(merged, known.get(i), named.get(i), (*path, i), inner) for i in order]


def set_minus(these: Mapping[str, Any], those: Mapping[str, Any]) -> Iterator[str]:
    """The keys of ``these`` that are not in ``those``, in order."""
    return (key for key in these if key not in those)


def _key_of(path: Where) -> str:
    """``("aims", "hsmr-88", "drivers", "sepsis")`` is ``hsmr-88/sepsis``."""
    return "/".join(str(part) for part in path[1::2])


def _by_id(merged: Merged, given: Any, path: Where) -> dict[str, dict[str, Any]]:
    if given is None:
        return {}
    outer = merged.origin.get(path[:-1], ()) if len(path) > 1 else ()
    at: Where = (*outer, path[-1])
    if not isinstance(given, list):
        raise _refuse(merged, "shape", f"`{path[-1]}` is a list", at)
    found: dict[str, dict[str, Any]] = {}
    for position, item in enumerate(given):
        identifier = _identifier(merged, item, (*at, position), str(path[-1]))
        if identifier in found:
            first = merged.source.line(merged.origin[*path, identifier])
            kind = SINGULAR[str(path[-1])]
            text = f"the {kind} {identifier} stands twice (first on line {first})"
            raise _refuse(merged, "duplicate-id", text, (*at, position, "id"))
        merged.origin[*path, identifier] = (*at, position)
        found[identifier] = item
    return found


def _identifier(merged: Merged, item: Any, at: Where, section: str) -> str:
    if not isinstance(item, dict):
        raise _refuse(merged, "shape", f"each of `{section}` is a mapping with an id", at)
    identifier = item.get("id")
    if identifier is None:
        raise _refuse(merged, "missing-key", f"this {SINGULAR[section]} has no `id`", at)
    if not isinstance(identifier, str):
        text = f"the id {identifier!r} is no text: put it in quotes"
        raise _refuse(merged, "value", text, (*at, "id"))
    return identifier


def _refuse(merged: Merged, code: str, message: str, where: Where) -> PlanError:
    return PlanError([error(code, message, pointer(where), merged.source.line(where))])


def _entity(
    merged: Merged,
    base: Mapping[str, Any] | None,
    given: Mapping[str, Any] | None,
    path: Where,
    inner: Keyed,
) -> dict[str, Any]:
    if given is None:
        return dict(base or {})
    result = {**_that_stays(path, base or {}, given), **given}
    for key, deeper in inner.items():
        known = (base or {}).get(key, ())
        if key in given or known:
            result[key] = _entities(merged, known, given.get(key), (*path, key), deeper)
    return result


def _that_stays(
    path: Where, base: Mapping[str, Any], given: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What of ``base`` stays: an aim's one measure gives way to ``measures``, and the reverse."""
    if path[0] != "aims" or len(path) > 2:  # noqa: PLR2004 - a driver's path is longer
        return base
    if given.get("measures"):
        return {k: v for k, v in base.items() if k not in _ONE_MEASURE}
    if given.get("measure"):
        return {k: v for k, v in base.items() if k != "measures"}
    return base


def route_scope(route: Mapping[str, Any]) -> str:
    """What a route is about: ``aim:ID``, ``project:ID``, ``measure:ID`` or ``organisation``."""
    for kind in ("aim", "project", "measure"):
        if route.get(kind) is not None:
            return f"{kind}:{route[kind]}"
    return "organisation"


def _routes(merged: Merged, base: Any, given: Any) -> list[Any]:
    """The file's routes replace those about the same thing; one that leads to nobody ends them."""
    if given is None:
        return list(base)
    if not isinstance(given, list) or not all(isinstance(route, dict) for route in given):
        text = "`routes` is a list of {to, by} and at most one of aim, project, measure"
        raise _refuse(merged, "shape", text, ("routes",))
    scopes = {route_scope(route) for route in given}
    result = [route for route in base if route_scope(route) not in scopes]
    merged.kept.extend(("route", scope) for scope in dict.fromkeys(map(route_scope, result)))
    for position, route in enumerate(given):
        if route.get("to") != []:
            merged.origin["routes", len(result)] = ("routes", position)
            result.append(route)
    return result


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value]
    return value


def duplicates(findings: list[Finding]) -> list[Finding]:
    """The findings without those at a place that has one already."""
    seen: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.pointer, finding.code), finding)
    return list(seen.values())
