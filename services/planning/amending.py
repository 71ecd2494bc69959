"""Use case: change one declared fact, as a new version of the plan that says who and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.planning.plans import Applied, Plans
from services.ports.planning import FieldRefusedError, PlanStore, SettingChange

Given = Mapping[str, Any]


class AmendmentRefusedError(FieldRefusedError):
    """An amendment that cannot be; ``field`` is the field of a form that is to blame, if one is."""


def _prediction(document: Given, given: Given) -> Given:
    """What a project is predicted to bring through a driver: effect, reach and belief."""
    said = {"driver": given["driver"]} | _only(given, "effect", "reach", "belief")
    kept = [s for s in document.get("serves", ()) if s["driver"] != said["driver"]]
    return {"serves": [*kept, said]}


def _allocation(document: Given, given: Given) -> Given:
    """A person's time on a project; without any it is taken away."""
    kept = [a for a in document.get("allocations", ()) if a["person"] != given["person"]]
    said = {"person": given["person"]} | _only(given, "fte", "planned")
    return {"allocations": [*kept, said] if given.get("fte") else kept}


def _partner(document: Given, given: Given) -> Given:
    """A patient or family partner who joins an aim's team, or leaves it."""
    kept = [p for p in document.get("partners", ()) if p != given["person"]]
    return {"partners": [*kept, given["person"]] if given["change"] == "joins" else kept}


def _revision(document: Given, given: Given) -> Given:
    """Another target or deadline of an aim."""
    if "target" in given:
        _one_measure(document, "target")
    return _only(given, "target", "deadline")


def _cadence(_document: Given, given: Given) -> Given:
    """When a project is reviewed: before the board meets, every so many days, or as any other."""
    if given["review"] == "days" and "review_every_days" not in given:
        raise AmendmentRefusedError("review_every_days", "say every how many days")
    days = given.get("review_every_days") if given["review"] == "days" else None
    return {
        "review": "board" if given["review"] == "board" else None,
        "review_every_days": days,
    }


def _balancing(document: Given, given: Given) -> Given:
    """A measure that must not suffer while the aim is pursued, or that is watched no longer."""
    kept = [m for m in document.get("balancing", ()) if m != given["measure"]]
    return {"balancing": [*kept, given["measure"]] if given["change"] == "watched" else kept}


def _definition(document: Given, given: Given) -> Given:
    """The next definition of the aim's measure, with the baseline and target re-expressed by it."""
    _one_measure(document, "target")
    ends = [given.get("baseline_from"), given.get("baseline_to")]
    if "baseline" in given and any(ends):
        raise AmendmentRefusedError("baseline", "give the level, or its first and last period")
    if "baseline" not in given and not all(ends):
        raise AmendmentRefusedError("baseline_to", "give the baseline's first and last period")
    span = {"from": ends[0], "to": ends[1]}
    baseline = {"value": given["baseline"]} if "baseline" in given else span
    number = int(document.get("definition", 1)) + 1
    return {"definition": number, "baseline": baseline, "target": given["target"]}


def _of_the_measure(document: Given, given: Given) -> Given:
    """The measure's own number of the definition."""
    number = _definition(document, given)["definition"]
    return {"measures": [{"id": document["measure"], "definition": number}]}


def _group(whole: Given, document: Given, given: Given) -> Given:
    """A group by which the aim's measure is split, for equity, or no longer; a new one by name."""
    _one_measure(document, "group")
    measure = next(m for m in whole.get("measures", ()) if m["id"] == document["measure"])
    kept = [group for group in measure.get("strata", ()) if group != given["group"]]
    split = [*kept, given["group"]] if given["change"] == "compared" else kept
    patch: dict[str, Any] = {"measures": [{"id": measure["id"], "strata": split}]}
    if given["group"] not in {each["id"] for each in whole.get("strata", ())}:
        if "name" not in given:
            raise AmendmentRefusedError("name", "the plan has no such group yet: give its name")
        patch["strata"] = [{"id": given["group"], "name": given["name"]}]
    return patch


def _one_measure(document: Given, field: str) -> None:
    if "measure" not in document:
        raise AmendmentRefusedError(field, "the aim has several measures: revise the plan file")


def _closing(_document: Given, given: Given) -> Given:
    """The end of an aim by decision: on which day, as what, by which minute."""
    return _only(given, "ended", "outcome", "minute", "successor")


def _only(given: Given, *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


_KINDS: dict[str, tuple[str, tuple[str, ...], Callable[[Given, Given], Given]]] = {
    "predictions": ("projects", ("/serves",), _prediction),
    "allocations": ("projects", ("/allocations",), _allocation),
    "partners": ("aims", ("/partners",), _partner),
    "revisions": ("aims", ("/target", "/deadline"), _revision),
    "cadences": ("projects", ("/review", "/review_every_days"), _cadence),
    "balancing": ("aims", ("/balancing",), _balancing),
    "groups": ("aims", (), lambda _document, _given: {}),
    "definitions": ("aims", ("/definition", "/baseline", "/target"), _definition),
    "closings": ("aims", ("/ended", "/outcome", "/minute", "/successor"), _closing),
}
"""By kind of amendment: the part of the plan, where in an entity it stands, what it becomes."""
_BESIDE: dict[str, Callable[[Given, Given, Given], Given]] = {
    "definitions": lambda _whole, document, given: _of_the_measure(document, given),
    "groups": _group,
}
"""What an amendment changes beside the entity: by the whole plan, the entity and what is given."""
_OF_MEASURE = {"groups": ("/strata",)}
"""Kinds that change an aim's measure, and where in it."""


class Amending:
    """Changes what projects and aims declare, field by field; tells who changed it before."""

    def __init__(self, plans: Plans, store: PlanStore) -> None:
        self._plans = plans
        self._store = store

    def amend(  # noqa: PLR0913 - who, when and why are said at each call
        self,
        organisation_id: int,
        kind: str,
        owner: str,
        given: Given,
        *,
        author: str,
        reason: str,
        base_version: int,
        via: str,
    ) -> Applied:
        """Make a version of the plan with the amendment of ``owner`` (an aim's or project's id).

        Raises StaleBaseError where the plan is no longer ``base_version``, AmendmentRefusedError,
        and PlanningError for an author or a reason.
        """
        section, _, change = _KINDS[kind]
        record = self._store.record(organisation_id)
        entities = record.document.get(section, ()) if record is not None else ()
        known = next(each for each in entities if each["id"] == owner)
        own = change(known, given)
        patch: dict[str, Any] = {section: [{"id": owner, **own}]} if own else {}
        if kind in _BESIDE and record is not None:
            patch |= _BESIDE[kind](record.document, known, given)
        return self._plans.change(
            organisation_id,
            patch,
            author=author,
            reason=reason,
            base_version=base_version,
            via=via,
            refused=AmendmentRefusedError,
        )

    def history(self, organisation_id: int, kind: str, owner: str) -> tuple[SettingChange, ...]:
        """Every change of what an amendment of ``kind`` changes, the newest first."""
        section, pointers, _ = _KINDS[kind]
        entity = (section.removesuffix("s"), owner)
        if kind in _OF_MEASURE:
            pointers, entity = _OF_MEASURE[kind], ("measure", self._measure(organisation_id, owner))
        versions = {each.version: each for each in self._store.history(organisation_id)}
        found = []
        for version, change in self._store.changes(organisation_id, entity=entity):
            if change.pointer in pointers:
                by = versions[version]
                who = (version, by.known_at, by.author, by.reason)
                said = (change.pointer.strip("/"), owner, change.before, change.after)
                found.append(SettingChange(*who, *said))
        return tuple(reversed(found))

    def _measure(self, organisation_id: int, aim: str) -> str:
        """The measure of an aim that has one; else none."""
        record = self._store.record(organisation_id)
        aims = record.document.get("aims", ()) if record is not None else ()
        return next((str(a.get("measure", "")) for a in aims if a["id"] == aim), "")
