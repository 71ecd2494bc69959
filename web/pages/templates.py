"""Whole-system measures, and the form by which an aim is started from one."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.framework.periods import Period
from services.planning.diff import sentences
from services.planning.findings import PlanError, errors_of
from services.planning.plans import Proposal
from services.planning.templates import TEMPLATES, Start, StartRefusedError, Template, started
from services.ports.planning import PlanningError, StaleBaseError
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.forms import EVERYWHERE, Field, Form
from web.pages.projects import sentence

blueprint = Blueprint("templates", __name__)
SEE_OTHER = 303
_MAY = sorted(EVERYWHERE)
_MOVED = "The plan has changed since you looked, so nothing was changed. Look at it again."
_DIGITS = 9
_FORM = Form(
    "start",
    frozenset(),
    "Start an aim",
    "How good, from where, by when, and who answers for it. First it shows what would change in "
    "the plan; nothing is changed before you apply it. The board's adoption is filed on the aim's "
    "page.",
    "Show what it changes",
    EVERYWHERE,
    (
        Field("name", "Name of the aim", required=True),
        Field("aim", "Its id", hint="small letters, digits and hyphens", required=True),
        Field("baseline", "Baseline", "number", "the level to improve on", required=True),
        Field("target", "Target", "number", required=True),
        Field("start", "From", hint="the first period", required=True),
        Field("deadline", "By", hint="the last period", required=True),
        Field("sponsor", "Executive sponsor", "person", required=True),
        Field("reason", "Why", hint="stays with the change", required=True),
    ),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What came of a form: its errors by field, or a proposal to look at."""

    errors: dict[str, str]
    proposal: Proposal | None = None


@blueprint.get("/templates")
@needs_role()
def every() -> str:
    """The whole-system measures."""
    may = bool(EVERYWHERE & set(signed_in().roles))
    plan = services().plan_store.current(signed_in().organisation_id)
    return render_template(
        "templates/list.html", templates=TEMPLATES.values(), may=may, held=plan.measures
    )


@blueprint.get("/templates/<template>/start")
@needs_role(*_MAY)
def form(template: str) -> str:
    """The form by which an aim is started."""
    found = _found(template)
    today = services().reporting.today(signed_in().organisation_id)
    opening = {
        "name": found.name,
        "aim": f"{found.id}-aim",
        "start": Period.containing(today, found.frequency).label,
        "sponsor": signed_in().person or "",
    }
    return _page(found, opening, _Asked({}))


@blueprint.post("/templates/<template>/start")
@needs_role(*_MAY)
def start(template: str) -> ResponseReturnValue:
    """Show what starting the aim changes; apply it where just that was looked at."""
    found = _found(template)
    given = {field.name: request.form.get(field.name, "").strip() for field in _FORM.fields}
    apply, base = request.form.get("apply") == "yes", _base()
    asked = _asked(found, given, base if apply else None)
    if asked.errors:
        return _page(found, given, asked), 422
    if not apply:
        return _page(found, given, asked)
    flash("The aim is in the plan. Next: its drivers, its projects, and the board's adoption.")
    return redirect(url_for("aims.aim", aim=given["aim"]), SEE_OTHER)


def _found(template: str) -> Template:
    if template not in TEMPLATES:
        abort(404)
    return TEMPLATES[template]


def _base() -> int:
    """The version that was looked at; one that no plan has where none was."""
    said = request.form.get("base", "")
    return int(said) if said.isdecimal() and len(said) <= _DIGITS else -1


def _asked(template: Template, given: dict[str, str], base: int | None) -> _Asked:
    """What comes of a form; with ``base`` it is applied, if the plan still is that version."""
    errors, said = _FORM.wanting(given), _FORM.item(given)
    for name in ("baseline", "target"):
        if isinstance(said.get(name), str):
            errors[name] = "Give a number, as in 88 or 12.5."
    if errors:
        return _Asked(errors)
    reason = said.pop("reason")
    try:
        return _planned(template, Start(**said), reason, base)
    except StartRefusedError as refused:
        errors = {refused.field: sentence(str(refused))}
    except PlanError as refused:
        errors = _by_field(refused)
    except StaleBaseError:
        errors = {"": _MOVED}
    except PlanningError as refused:
        errors = {"": sentence(str(refused))}
    return _Asked(errors)


def _planned(template: Template, start: Start, reason: str, base: int | None) -> _Asked:
    """Propose the start, or apply it. Raises StartRefusedError, PlanError, PlanningError."""
    who, plans = signed_in(), services().plans
    tenant = who.organisation_id
    text = started(template, start, services().plan_store.current(tenant))
    if base is None:
        return _Asked({}, plans.propose(tenant, text))
    plans.apply(tenant, text, author=who.actor, reason=reason, base_version=base, via="web")
    return _Asked({})


def _by_field(refused: PlanError) -> dict[str, str]:
    """The errors at the fields that their pointers name; ``value`` is the baseline's."""
    found: dict[str, str] = {}
    names = {"id": "aim", "value": "baseline"}
    for each in errors_of(refused.findings):
        last = each.pointer.rsplit("/", 1)[-1]
        found.setdefault(names.get(last, last), sentence(each.message))
    return found


def _of_the_new(template: Template, given: dict[str, str], proposal: Proposal | None) -> list[str]:
    """The warnings about the new aim and its measure; the others stood before."""
    names = {f"aim {given.get('aim')}", f"measure {template.id}"}
    every = (each.message for each in (proposal.warnings if proposal else ()))
    return [said for said in every if said.partition(":")[0] in names]


def _page(template: Template, given: dict[str, str], asked: _Asked) -> str:
    who = signed_in()
    plan = services().plan_store.current(who.organisation_id)
    today = services().reporting.today(who.organisation_id)
    names = {field.name for field in _FORM.fields}
    return render_template(
        "templates/start.html",
        form=_FORM,
        template=template,
        name=f"Whole-system measures: {template.name}",
        back=url_for("templates.every"),
        action=url_for("templates.start", template=template.id),
        given={field: given.get(field, "") for field in names},
        errors=asked.errors,
        other=[text for field, text in asked.errors.items() if field not in names],
        people=[(p.id, p.name) for p in plan.people.values() if not p.ended or p.ended > today],
        proposal=asked.proposal,
        changes=sentences(asked.proposal.changes) if asked.proposal else [],
        warnings=_of_the_new(template, given, asked.proposal),
        base=plan.version,
        held=template.id in plan.measures,
    )
