"""A project's page and its forms: each is one event, kept once however often it is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.reporting.aims import open_of
from services.reporting.projects import SCALE
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.words import alert_words

blueprint = Blueprint("projects", __name__)
SEE_OTHER = 303
LOGS = frozenset({"admin", "executive", "owner"})
_EVERY_PROJECT = frozenset({"admin", "executive"})
SOURCE = "web form"
_DONE = {
    "milestones": "The milestone is noted.",
    "progress": "The score is noted.",
    "reviews": "The review is noted.",
    "state": "The project's state is noted.",
    "role": "The role is noted.",
}
_FIELDS: dict[str, tuple[str, ...]] = {
    "milestones": ("milestone", "change", "on", "reason"),
    "progress": ("score", "on", "evidence", "method", "scored_by"),
    "reviews": ("on", "executing", "working", "decision", "note"),
    "state": ("state", "on", "reason", "until", "sustainer"),
    "role": ("role", "person", "on", "reason"),
}
_ASKED = {
    "milestone": "Choose a milestone.",
    "change": "Say what became of the milestone.",
    "score": "Choose a score.",
    "state": "Choose a state.",
    "role": "Choose a role.",
    "on": "Give the date.",
}
"""What a form cannot do without, and what is told where it is empty."""
_KINDS = {"state": "projects", "role": "projects"}


@blueprint.get("/projects/<project>")
@needs_role()
def project(project: str) -> str:
    """What is due in a project, what was said of it, and who answers for it."""
    return _page(project)


@blueprint.post("/projects/<project>/milestones")
@needs_role(*sorted(LOGS))
def milestones(project: str) -> ResponseReturnValue:
    """A milestone done, moved, or reopened."""
    return _keep(project, "milestones")


@blueprint.post("/projects/<project>/scores")
@needs_role(*sorted(LOGS))
def scores(project: str) -> ResponseReturnValue:
    """A progress score."""
    return _keep(project, "progress")


@blueprint.post("/projects/<project>/reviews")
@needs_role(*sorted(LOGS))
def reviews(project: str) -> ResponseReturnValue:
    """A review with the answers to the two questions."""
    return _keep(project, "reviews")


@blueprint.post("/projects/<project>/state")
@needs_role(*sorted(LOGS))
def state(project: str) -> ResponseReturnValue:
    """The project enters a state."""
    return _keep(project, "state")


@blueprint.post("/projects/<project>/roles")
@needs_role(*sorted(LOGS))
def roles(project: str) -> ResponseReturnValue:
    """A role changes hands, or falls vacant."""
    return _keep(project, "role")


def _keep(project: str, form: str) -> ResponseReturnValue:
    """Record what a form says; its event id makes a second sending harmless."""
    who = signed_in()
    if services().reporting.project(who.organisation_id, project) is None:
        abort(404)
    if not may_log(project):
        abort(403, "It is not your project: you hold no role in it.")
    given = {name: request.form.get(name, "").strip() for name in _FIELDS[form]}
    errors = _wanting(form, given)
    if not errors:
        errors = _recorded(project, form, given)
    if errors:
        return _page(project, form, given, errors), 422
    flash(_DONE[form])
    return redirect(url_for("projects.project", project=project), SEE_OTHER)


def _recorded(project: str, form: str, given: dict[str, str]) -> dict[str, str]:
    """Hand the event in; what is wrong with it, by field."""
    who = signed_in()
    (result,) = services().intake.record(
        who.organisation_id,
        _KINDS.get(form, form),
        [_item(project, form, given)],
        actor=who.actor,
        source=SOURCE,
    )
    return {t.field.strip("/").partition("/")[0]: sentence(t.detail) for t in result.troubles}


def _item(project: str, form: str, given: dict[str, str]) -> dict[str, Any]:
    who = signed_in()
    people = services().plan_store.current(who.organisation_id).people
    person = who.person if who.person in people else None
    item: dict[str, Any] = {name: text for name, text in given.items() if text}
    item |= {"project": project, "id": request.form.get("event", "")[:200] or uuid4().hex}
    match form:
        case "progress":
            item["score"] = _number(given["score"])
            signs = "scored_by"
        case "reviews":
            signs = "reviewer"
        case "role":
            item["person"] = given["person"] or None
            return item
        case "state":
            signs = "decided_by"
        case _:
            return item
    return {signs: person} | item if person else item


def _wanting(form: str, given: dict[str, str]) -> dict[str, str]:
    """What a form asks for beyond what intake does, by field."""
    errors = {name: told for name, told in _ASKED.items() if given.get(name) == ""}
    if form == "milestones" and given["change"] in ("redated", "reopened") and not given["reason"]:
        errors["reason"] = "Say why: the reason stays with the change."
    if form == "state" and given["state"] in ("paused", "stopped") and not given["reason"]:
        errors["reason"] = "Say why: the reason stays with the change."
    if form == "reviews" and not any(
        given[n] for n in ("executing", "working", "decision", "note")
    ):
        errors["executing"] = "Answer at least one of the questions."
    if form == "progress" and _number(given["score"]) is None:
        errors["score"] = "Choose a score."
    return errors


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def sentence(text: str) -> str:
    """The text as a sentence."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")


def may_log(project: str) -> bool:
    """Whether the visitor may log: an owner in a project of theirs, others everywhere."""
    who = signed_in()
    if who.roles & _EVERY_PROJECT:
        return True
    return "owner" in who.roles and services().reporting.is_own(
        who.organisation_id, project, who.person
    )


def _page(
    project: str,
    form: str | None = None,
    given: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    who = signed_in()
    found = services().reporting.project(who.organisation_id, project)
    if found is None:
        abort(404)
    now_open = open_of(found.alerts)
    event = request.form.get("event", "")
    return render_template(
        "projects/project.html",
        page=found,
        scale=SCALE,
        may_log=may_log(project),
        open_alerts=alert_words(now_open),
        past_alerts=alert_words(alert for alert in found.alerts if alert not in now_open),
        failed=form,
        given=given or {},
        errors=errors or {},
        new_event=lambda name: event if name == form and event else uuid4().hex,
    )
