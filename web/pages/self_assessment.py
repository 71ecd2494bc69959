"""The self-assessment of the seven leverage points: how it stands, and the form for all of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.framework.self_assessment import ITEMS, OURS, SCALE
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.forms import EVERYWHERE
from web.pages.projects import SOURCE, sentence

blueprint = Blueprint("self_assessment", __name__)
SEE_OTHER = 303
_KIND = "self-assessments"
_MOST = 2_000
_DIGITS = 9
_PARTS = ("score", "evidence", "action")
_NAMES = ("on", "by", *(f"{part}-{item}" for item in ITEMS for part in _PARTS))
_NO_SCORE = "Score it too: what is said of an item without a score is not kept."


@blueprint.get("/self-assessment")
@needs_role()
def page() -> str:
    """How each item stands, what is known of it, and the history."""
    return _page()


@blueprint.get("/self-assessment/new")
@needs_role(*sorted(EVERYWHERE))
def form() -> str:
    """The form for all fourteen items."""
    who = signed_in()
    today = services().reporting.today(who.organisation_id).isoformat()
    return _form({"on": today, "by": who.person or ""}, {}, uuid4().hex)


@blueprint.post("/self-assessment/new")
@needs_role(*sorted(EVERYWHERE))
def assess() -> ResponseReturnValue:
    """Record what is scored; its event id makes a second sending harmless."""
    who = signed_in()
    given = {name: request.form.get(name, "").strip() for name in _NAMES}
    event = request.form.get("event", "")[:200] or uuid4().hex
    errors = _wanting(given)
    if not errors:
        (result,) = services().intake.record(
            who.organisation_id, _KIND, [_said(given, event)], actor=who.actor, source=SOURCE
        )
        errors = {_field(t.field): sentence(t.detail) for t in result.troubles}
    if errors:
        return _form(given, errors, event), 422
    flash("The self-assessment is kept.")
    return redirect(url_for("self_assessment.page"), SEE_OTHER)


def _wanting(given: dict[str, str]) -> dict[str, str]:
    """What is half filled, by field."""
    errors = {name: "Fill this in." for name in ("on", "by") if not given[name]}
    for item in ITEMS:
        if not given[f"score-{item}"] and (given[f"evidence-{item}"] or given[f"action-{item}"]):
            errors[f"score-{item}"] = _NO_SCORE
    if not any(given[f"score-{item}"] for item in ITEMS):
        errors.setdefault("answers", "Score one item at least; those left out stay unscored.")
    return errors


def _said(given: dict[str, str], event: str) -> dict[str, Any]:
    answers = {}
    for item in ITEMS:
        if score := given[f"score-{item}"]:
            words = {p: given[f"{p}-{item}"] for p in _PARTS[1:] if given[f"{p}-{item}"]}
            whole = score.isdecimal() and len(score) <= _DIGITS
            answers[item] = {"score": int(score) if whole else score, **words}
    return {"on": given["on"], "by": given["by"], "answers": answers, "id": event}


def _field(pointer: str) -> str:
    """The form's field of a pointer, as in ``/answers/1.1/score``."""
    name, *below = pointer.strip("/").split("/")
    return "-".join(reversed(below)) if below else name


def _page() -> str:
    who = signed_in()
    return render_template(
        "self_assessment/page.html",
        all=services().self_assessments.page(who.organisation_id),
        may=bool(EVERYWHERE & set(who.roles)),
        scale=SCALE,
        ours=OURS,
    )


def _form(given: dict[str, str], errors: dict[str, str], event: str) -> str:
    who = signed_in()
    plan = services().plan_store.current(who.organisation_id)
    today = services().reporting.today(who.organisation_id)
    return render_template(
        "self_assessment/form.html",
        all=services().self_assessments.page(who.organisation_id),
        given=dict.fromkeys(_NAMES, "") | given,
        errors=errors,
        other=[text for name, text in errors.items() if name not in _NAMES],
        event=event,
        people=[(p.id, p.name) for p in plan.people.values() if not p.ended or p.ended > today],
        scale=SCALE,
        ours=OURS,
        most=_MOST,
    )
