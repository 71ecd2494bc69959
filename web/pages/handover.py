"""Handing over what somebody who leaves holds: first looked at, then done in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.framework.plan import Person, Plan
from services.planning.handing_over import Outcome
from services.planning.handover import Handover, HandoverRefusedError
from services.ports.planning import PlanningError, StaleBaseError
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.forms import EVERYWHERE
from web.pages.projects import sentence

blueprint = Blueprint("handover", __name__)
SEE_OTHER = 303
_MAY = sorted(EVERYWHERE)
_FIELDS = ("to", "on", "reason")
_OTHER = "except:"
_DIGITS = 9
_MOVED = (
    "The plan has changed since you looked, so nothing was handed over. "
    "This is what it would be now; look at it again."
)
_OTHERWISE = "To whom or from when is another than you looked at: this is what it would be now."


@dataclass(frozen=True, slots=True)
class Group:
    """What is handed over of one aim, project and so on, and who takes it."""

    about: str
    name: str
    words: tuple[str, ...]
    to: str | None


@blueprint.get("/people/<person>/handover")
@needs_role(*_MAY)
def form(person: str) -> ResponseReturnValue:
    """The form that says to whom, from when and why."""
    return _page(person, {}, {})


@blueprint.post("/people/<person>/handover")
@needs_role(*_MAY)
def hand_over(person: str) -> ResponseReturnValue:
    """Show what would be handed over, or, once that was looked at, hand it over."""
    _, leaver = _known(person)
    given = {name: request.form.get(name, "").strip() for name in _FIELDS}
    errors = {name: "Fill this in." for name, said in given.items() if not said}
    try:
        on = date.fromisoformat(given["on"])
    except ValueError:
        errors["on"] = "Give a day, as in 2026-12-31."
    if errors:
        return _page(person, given, errors), 422
    asked = Handover(person, given["to"], on, _others(given["to"]))
    base = request.form.get("base", "")
    confirmed = request.form.get("step") == "confirm" and base.isdecimal() and len(base) <= _DIGITS
    try:
        if not confirmed or request.form.get("seen") != _seen(given):
            return _page(person, given, {"seen": _OTHERWISE} if confirmed else {}, _preview(asked))
        _done(asked, given["reason"], int(base))
    except HandoverRefusedError as refused:
        return _page(person, given, {refused.field: sentence(str(refused))}), 422
    except StaleBaseError:
        return _page(person, given, {"base": _MOVED}, _preview(asked)), 409
    except PlanningError as refused:
        return _page(person, given, {"reason": sentence(str(refused))}), 422
    flash(f"Everything that {leaver.name} held is handed over. This is a new version of the plan.")
    return redirect(url_for("people.people"), SEE_OTHER)


def _known(person: str) -> tuple[Plan, Person]:
    plan = services().plan_store.current(signed_in().organisation_id)
    if person not in plan.people:
        abort(404)
    return plan, plan.people[person]


def _seen(given: Mapping[str, str]) -> str:
    """What was looked at: to whom and from when."""
    return f"{given['on']} {given['to']}"


def _others(to: str) -> dict[str, str]:
    """Who takes over what in place of the one that is named above, or was when it was looked at."""
    before = request.form.get("seen", "").partition(" ")[2]
    chosen = {
        name.removeprefix(_OTHER): person
        for name, person in request.form.items()
        if name.startswith(_OTHER)
    }
    return {
        about: person for about, person in chosen.items() if person and person not in (to, before)
    }


def _preview(asked: Handover) -> Outcome:
    return services().handing_over.preview(signed_in().organisation_id, asked)


def _done(asked: Handover, reason: str, base: int) -> None:
    who = signed_in()
    services().handing_over.hand_over(
        who.organisation_id, asked, author=who.actor, reason=reason, base_version=base, via="web"
    )


def _page(
    person: str,
    given: Mapping[str, str],
    errors: Mapping[str, str],
    outcome: Outcome | None = None,
) -> str:
    who = signed_in()
    plan, leaver = _known(person)
    today = services().reporting.today(who.organisation_id)
    others = (p for p in plan.people.values() if p.ended is None and p.id != person)
    opening = {"to": "", "on": str(today), "reason": ""}
    return render_template(
        "people/handover.html",
        leaver=leaver,
        left=leaver.ended is not None and leaver.ended <= today,
        given={**opening, **given},
        errors=errors,
        other=[text for name, text in errors.items() if name not in _FIELDS],
        people=[(p.id, p.name) for p in others],
        base=plan.version,
        outcome=outcome,
        seen=_seen(given) if outcome else "",
        groups=_groups(outcome) if outcome else (),
        kept=[(_name(each.about), each.words, each.why) for each in outcome.kept]
        if outcome
        else (),
    )


def _groups(outcome: Outcome) -> list[Group]:
    """What is handed over, by what it is about."""
    abouts = {each.about: each.to for each in outcome.passed}
    return [
        Group(
            about,
            _name(about),
            tuple(each.words for each in outcome.passed if each.about == about),
            to,
        )
        for about, to in abouts.items()
    ]


def _name(about: str) -> str:
    """What is named so, in words; the organisation by its own name."""
    who = signed_in()
    if about.startswith("organisation:"):
        return services().plan_store.current(who.organisation_id).organisation.name
    return services().reporting.name_of(who.organisation_id, about)
