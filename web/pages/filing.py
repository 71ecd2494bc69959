"""Filing facts by form: an adoption, a test of change, an action; and what came of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from web.context import services
from web.identity import needs_role, signed_in
from web.pages.forms import EVERYWHERE, FORMS, OWNERS, Form, forms_of, watches
from web.pages.projects import SOURCE, may_log, sentence
from web.pages.words import headline, step_words, told

blueprint = Blueprint("filing", __name__)
SEE_OTHER = 303
ORGANISATION = "organisation"
_FILES = sorted(OWNERS)
_BOARD = sorted(EVERYWHERE)
_NOT_YOURS = "It is not yours to file: you hold no role in it that lets you."


@blueprint.get("/aims/<aim>/file/<kind>")
@needs_role(*_FILES)
def of_aim(aim: str, kind: str) -> ResponseReturnValue:
    """A form of an aim, with what was filed last."""
    return _page(_form(kind, "aim", aim), "aim", aim)


@blueprint.post("/aims/<aim>/file/<kind>")
@needs_role(*_FILES)
def file_of_aim(aim: str, kind: str) -> ResponseReturnValue:
    """File a form of an aim."""
    return _keep(_form(kind, "aim", aim), "aim", aim)


@blueprint.get("/projects/<project>/file/<kind>")
@needs_role(*_FILES)
def of_project(project: str, kind: str) -> ResponseReturnValue:
    """A form of a project, with what was filed last."""
    return _page(_form(kind, "project", project), "project", project)


@blueprint.post("/projects/<project>/file/<kind>")
@needs_role(*_FILES)
def file_of_project(project: str, kind: str) -> ResponseReturnValue:
    """File a form of a project."""
    return _keep(_form(kind, "project", project), "project", project)


@blueprint.get("/board/file/<kind>")
@needs_role(*_BOARD)
def of_board(kind: str) -> ResponseReturnValue:
    """A form of the organisation, with what was filed last."""
    return _page(_form(kind, ORGANISATION, ""), ORGANISATION, "")


@blueprint.post("/board/file/<kind>")
@needs_role(*_BOARD)
def file_of_board(kind: str) -> ResponseReturnValue:
    """File a form of the organisation."""
    return _keep(_form(kind, ORGANISATION, ""), ORGANISATION, "")


@blueprint.get("/filed/<event>")
@needs_role()
def filed(event: str) -> ResponseReturnValue:
    """What was filed by a form, and what it changes."""
    who = signed_in()
    receipt = services().filings.receipt(who.organisation_id, SOURCE, event, watches)
    if receipt is None:
        abort(404)
    of, _, identifier = receipt.subject.partition(":")
    form = FORMS.get(receipt.kind)
    reporting = services().reporting
    return render_template(
        "filing/filed.html",
        receipt=receipt,
        title=form.title if form else receipt.kind.capitalize(),
        back=home(of, identifier),
        again=_address(form.kind, of, identifier) if form and of in form.of else None,
        steps=[
            {
                "alert": step.alert_id,
                "headline": headline(step.expectation, None),
                "about": reporting.name_of(who.organisation_id, step.about),
                "kind": step_words(step.kind, None),
                "at": told(step.at),
                "reason": step.reason,
            }
            for step in receipt.steps
        ],
        when=told,
    )


@blueprint.app_template_global("forms_to_file")
def forms_to_file(of: str, identifier: str = "") -> list[tuple[str, str]]:
    """The titles and addresses of the forms that the visitor may file about something."""
    if not _may(of, identifier):
        return []
    forms = forms_of(of, _roles(of))
    return [(form.title, _address(form.kind, of, identifier)) for form in forms]


def _form(kind: str, of: str, identifier: str) -> Form:
    """The form of ``kind`` about something, if the visitor may file it; aborts otherwise."""
    form = FORMS.get(kind)
    plan = services().plan_store.current(signed_in().organisation_id)
    known = {"aim": plan.aims, "project": plan.projects}.get(of)
    if form is None or of not in form.of or (known is not None and identifier not in known):
        abort(404)
    if not (_may(of, identifier) and _roles(of) & form.roles):
        abort(403, _NOT_YOURS)
    return form


def _may(of: str, identifier: str) -> bool:
    return may_log(identifier) if of == "project" else bool(_roles(of))


def _roles(of: str) -> frozenset[str]:
    """The roles that count: an owner's only in projects, where they are their own."""
    roles = frozenset(signed_in().roles)
    return roles & OWNERS if of == "project" else roles & EVERYWHERE


def _keep(form: Form, of: str, identifier: str) -> ResponseReturnValue:
    """Record what a form says; its event id makes a second sending harmless."""
    who = signed_in()
    given = {f.name: request.form.get(f.name, "").strip() for f in form.fields}
    event = request.form.get("event", "")[:200] or uuid4().hex
    errors = form.wanting(given)
    if not errors:
        item: dict[str, Any] = form.item(given) | {"id": event}
        if of != ORGANISATION:
            item[of] = identifier
        (result,) = services().intake.record(
            who.organisation_id, form.kind, [item], actor=who.actor, source=SOURCE
        )
        errors = {t.field.strip("/").partition("/")[0]: sentence(t.detail) for t in result.troubles}
    if errors:
        return _page(form, of, identifier, given, errors, event)
    return redirect(url_for("filing.filed", event=event), SEE_OTHER)


def _page(
    form: Form,
    of: str,
    identifier: str,
    given: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    event: str | None = None,
) -> ResponseReturnValue:
    who = signed_in()
    plan = services().plan_store.current(who.organisation_id)
    subject = f"{of}:{identifier or plan.organisation.id}"
    today = services().reporting.today(who.organisation_id)
    latest = services().filings.latest(who.organisation_id, form.kind, subject)
    starts = {"today": today.isoformat(), "self": who.person or ""}
    opening = {f.name: request.args.get(f.name, starts.get(f.start, f.start)) for f in form.fields}
    people = [(p.id, p.name) for p in plan.people.values() if not p.ended or p.ended > today]
    page = render_template(
        "filing/form.html",
        form=form,
        name=services().reporting.name_of(who.organisation_id, subject) if identifier else None,
        back=home(of, identifier),
        action=_address(form.kind, of, identifier),
        given=opening if given is None else given,
        errors=errors or {},
        other=[text for name, text in (errors or {}).items() if name not in opening],
        event=event or uuid4().hex,
        people=people,
        latest=latest,
        known={
            f.name: list(
                dict.fromkeys(str(each.raw[f.name]) for each in latest if each.raw[f.name])
            )
            for f in form.fields
            if f.kind == "known"
        },
        when=told,
    )
    return page if errors is None else (page, 422)


def home(of: str, identifier: str) -> str:
    """The page of what a form is about."""
    match of:
        case "aim":
            return url_for("aims.aim", aim=identifier)
        case "project":
            return url_for("projects.project", project=identifier)
        case _:
            return url_for("board.board")


def _address(kind: str, of: str, identifier: str) -> str:
    match of:
        case "aim":
            return url_for("filing.of_aim", aim=identifier, kind=kind)
        case "project":
            return url_for("filing.of_project", project=identifier, kind=kind)
        case _:
            return url_for("filing.of_board", kind=kind)
