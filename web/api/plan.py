"""The plan by the API: as it stands, and a file laid over it; `bigdot plan` does the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Conflict, NotFound, UnsupportedMediaType

from services.intake.refusals import Trouble
from services.planning import templates
from services.planning.diff import sentences
from services.planning.findings import Finding, PlanError, errors_of
from services.planning.plans import Applied, Proposal
from services.ports.planning import PlanningError, StaleBaseError
from web.api.problem import refusal
from web.context import services
from web.identity import caller, needs_scope

blueprint = Blueprint("plan", __name__, url_prefix="/api/v1")
YAML = "application/yaml"
TAKEN = frozenset({YAML, "application/json"})
_DIGITS = 9


@blueprint.get("/plan")
@needs_scope("read")
def export() -> Response:
    """The plan in force, or an earlier ``version``, as a plan file."""
    asked = request.args.get("version")
    try:
        return Response(
            services().plans.export(caller().organisation_id, _number(asked, "version")),
            mimetype=YAML,
        )
    except PlanningError as absent:
        raise NotFound(f"{_sentence(absent)}.") from None


@blueprint.get("/templates")
@needs_scope("read")
def every_template() -> Response:
    """The whole-system measures from which an aim can be started."""
    return jsonify({"items": [templates.as_json(each) for each in templates.TEMPLATES.values()]})


@blueprint.post("/plan")
@needs_scope("plan:write")
def apply() -> ResponseReturnValue:
    """Lay a plan file over the plan in force; with ``dry_run=true`` only say what would change."""
    if request.mimetype not in TAKEN:
        raise UnsupportedMediaType(f"Send {' or '.join(sorted(TAKEN))}.")
    held, text = caller(), request.get_data()
    base = _number(request.args.get("base_version"), "base_version")
    try:
        if request.args.get("dry_run") == "true":
            return jsonify(_said(services().plans.propose(held.organisation_id, text)))
        applied = services().plans.apply(
            held.organisation_id,
            text,
            author=f"{_asked('by')} (key {held.label})",
            reason=_asked("reason"),
            base_version=base,
            via="api",
        )
    except PlanError as refused:
        return refusal(tuple(_trouble(each) for each in errors_of(refused.findings)))
    except StaleBaseError as stale:
        raise Conflict(f"{_sentence(stale)}.") from None
    except PlanningError as refused:
        raise BadRequest(f"{_sentence(refused)}.") from None
    return jsonify(_said(applied))


def _asked(name: str) -> str:
    """A parameter that must be given."""
    if not (said := request.args.get(name, "").strip()):
        raise BadRequest(f"'{name}' is missing: who changes the plan, and why, is kept.")
    return said


def _number(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > _DIGITS:
        raise BadRequest(f"'{name}' is no version: give a number, as in 3.")
    return int(text)


def _trouble(finding: Finding) -> Trouble:
    place = f"line {finding.line}: " if finding.line else ""
    return Trouble(finding.code, f"{place}{finding.message}", finding.pointer.removeprefix("#"))


def _said(what: Applied | Proposal) -> dict[str, Any]:
    """The version in force, what changed (of a dry run: would change), and what is doubtful."""
    return {
        "version": what.version,
        "changes": sentences(what.changes),
        "warnings": [
            {name: value for name, value in asdict(each).items() if name != "level"}
            for each in what.warnings
        ],
    }


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}"
