"""From a file's text to a checked document, with each trouble at its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.planning import parts
from services.planning.findings import Finding, PlanError, error
from services.planning.merge import SINGULAR, Merged, duplicates, merge
from services.planning.parts import PlanDocument
from services.planning.source import Where, read

_MODELS: dict[tuple[str, ...], type[parts.Part]] = {
    (): parts.PlanDocument,
    ("organisation",): parts.OrganisationPart,
    ("sites",): parts.PlacePart,
    ("strata",): parts.PlacePart,
    ("people",): parts.PersonPart,
    ("people", "away"): parts.AwayPart,
    ("measures",): parts.MeasurePart,
    ("aims",): parts.AimPart,
    ("aims", "baseline"): parts.BaselinePart,
    ("aims", "path"): parts.PathPointPart,
    ("aims", "adopted"): parts.AdoptionPart,
    ("aims", "drivers"): parts.DriverPart,
    ("aims", "measures"): parts.AimMeasurePart,
    ("aims", "measures", "baseline"): parts.BaselinePart,
    ("aims", "measures", "path"): parts.PathPointPart,
    ("projects",): parts.ProjectPart,
    ("projects", "serves"): parts.ServePart,
    ("projects", "milestones"): parts.MilestonePart,
    ("projects", "allocations"): parts.AllocationPart,
    ("projects", "savings"): parts.SavingsPart,
    ("routes",): parts.RoutePart,
    ("waivers",): parts.WaiverPart,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A document whose every value is of its kind; what it says is not yet cross-checked.

    ``base_version`` is the version that the file says it was exported from; ``kept`` the entities
    (kind, key) of the plan in force that the file does not name.
    """

    document: PlanDocument
    base_version: int | None
    kept: tuple[tuple[str, str], ...]
    merged: Merged

    def place(self, path: Where) -> tuple[str, int | None]:
        """The pointer and the line in the file nearest to a path of keys and ids."""
        return self.merged.place(path)


def draft(text: str | bytes, base: Mapping[str, Any] | None = None) -> Draft:
    """Read a plan file over ``base`` (a document in normal form). Raises PlanError."""
    source = read(text)
    merged = merge(base or {}, source)
    try:
        document = PlanDocument.model_validate(merged.data)
    except ValidationError as trouble:
        found = [_finding(merged, details) for details in trouble.errors(include_url=False)]
        raise PlanError(duplicates(found)) from None
    return Draft(document, document.version, tuple(merged.kept), merged)


def _finding(merged: Merged, details: ErrorDetails) -> Finding:
    path = _named(merged.data, details["loc"])
    code, message = _sentence(details)
    where, line = merged.place(path)
    around = path[:-1] if code in ("missing-key", "unknown-key") else path
    return error(code, f"{who(around)}{message}", where, line)


def _named(data: Any, loc: Where) -> Where:
    """The path of keys and ids for pydantic's path of keys, positions and names of branches."""
    path: list[str | int] = []
    for part in loc:
        keyed = path and path[-1] in SINGULAR
        if isinstance(data, list | tuple) and isinstance(part, int) and part < len(data):
            data = data[part]
            has_id = keyed and isinstance(data, dict) and "id" in data
            path.append(data["id"] if has_id else part)
        elif isinstance(data, dict):
            data = data.get(str(part))
            path.append(part)
    return tuple(path)


def who(path: Where) -> str:
    """``aim hsmr-88: target: `` for the path of that value."""
    said = ""
    for before, part in zip((None, *path), path, strict=False):
        if part not in SINGULAR:
            said += f"{SINGULAR[str(before)]} {part}: " if before in SINGULAR else f"{part}: "
    return said


def _sentence(details: ErrorDetails) -> tuple[str, str]:
    if details["type"] == "missing":
        return "missing-key", f"`{details['loc'][-1]}` is missing"
    if details["type"] == "extra_forbidden":
        return "unknown-key", _unknown_key(details["loc"])
    message = details["msg"].removeprefix("Value error, ")
    return "value", f"{message[:1].lower()}{message[1:]}"


def _unknown_key(loc: Where) -> str:
    inside = tuple(p for p in loc[:-1] if isinstance(p, str) and p.isidentifier())
    model = _MODELS.get(inside, PlanDocument)
    keys = [field.alias or name for name, field in model.model_fields.items()]
    close = get_close_matches(str(loc[-1]), keys, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"the keys here are {', '.join(keys)}"
    return f"`{loc[-1]}` is no key here; {hint}"
