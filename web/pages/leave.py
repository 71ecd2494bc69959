"""Leave: who is away and who covers, recorded by oneself, or by an admin for anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.framework.plan import Person, Plan
from services.planning.absences import Leave, LeaveRefusedError
from services.ports.planning import PlanningError, StaleBaseError
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.forms import Field, Form
from web.pages.people import leave_words, may_record_leave
from web.pages.projects import sentence

blueprint = Blueprint("leave", __name__)
SEE_OTHER = 303
_NOBODY: frozenset[str] = frozenset()
_MOVED = "The plan has changed in this moment, so nothing was changed. Send it again."
_A_DAY = "Give a day, as in 2026-12-31."
_FORM = Form(
    "leave",
    _NOBODY,
    "Leave",
    "While somebody is away, whoever covers is told in their place. Where nobody covers, they are "
    "told after all, and a review of theirs that falls due waits until they are back. Why somebody "
    "is away is not asked.",
    "Record the leave",
    _NOBODY,
    (
        Field("since", "First day", "date", required=True),
        Field("until", "Last day", "date", required=True),
        Field("cover", "Who covers", "person"),
    ),
)


@blueprint.get("/people/<person>/leave")
@needs_role()
def form(person: str) -> str:
    """The form by which leave is recorded, with what is recorded already."""
    _, known = _known(person)
    return _page(known, {}, {})


@blueprint.post("/people/<person>/leave")
@needs_role()
def record(person: str) -> ResponseReturnValue:
    """Record leave: a version of the plan."""
    _, known = _known(person)
    given = {field.name: request.form.get(field.name, "").strip() for field in _FORM.fields}
    errors = _FORM.wanting(given)
    days = {name: _day(given[name]) for name in ("since", "until")}
    errors |= {name: _A_DAY for name, day in days.items() if day is None and given[name]}
    if errors or days["since"] is None or days["until"] is None:
        return _page(known, given, errors), 422
    leave = Leave(person, days["since"], days["until"], given["cover"] or None)
    return _done(known, given, lambda: _record(leave), "The leave is recorded.")


@blueprint.post("/people/<person>/leave/end")
@needs_role()
def end(person: str) -> ResponseReturnValue:
    """End a leave: who was away is back today; one that is to come is taken out."""
    _, known = _known(person)
    since = _day(request.form.get("leave", ""))
    if since is None:
        return _page(known, {}, {"leave": "Choose a leave."}), 422
    return _done(known, {}, lambda: _end(person, since), f"{known.name} is back.")


def _known(person: str) -> tuple[Plan, Person]:
    plan = services().plan_store.current(signed_in().organisation_id)
    if person not in plan.people:
        abort(404)
    if not may_record_leave(person):
        abort(403, "People record their own leave; an admin records anybody's.")
    return plan, plan.people[person]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _today() -> date:
    return services().reporting.today(signed_in().organisation_id)


def _record(leave: Leave) -> None:
    who = signed_in()
    services().absences.record(who.organisation_id, leave, _today(), author=who.actor, via="web")


def _end(person: str, since: date) -> None:
    who = signed_in()
    services().absences.end(
        who.organisation_id, person, since, _today(), author=who.actor, via="web"
    )


def _done(
    person: Person, given: Mapping[str, str], change: Callable[[], None], words: str
) -> ResponseReturnValue:
    """Make the change and lead back to the form; the form again if it is refused."""
    try:
        change()
    except LeaveRefusedError as refused:
        return _page(person, given, {refused.field: sentence(str(refused))}), 422
    except StaleBaseError:
        return _page(person, given, {"base": _MOVED}), 409
    except PlanningError as refused:
        return _page(person, given, {"base": sentence(str(refused))}), 422
    flash(f"{words} This is a new version of the plan.")
    return redirect(url_for("leave.form", person=person.id), SEE_OTHER)


def _page(person: Person, given: Mapping[str, str], errors: Mapping[str, str]) -> str:
    plan, today = services().plan_store.current(signed_in().organisation_id), _today()
    asked = {field.name for field in _FORM.fields}
    others = (p for p in plan.people.values() if p.ended is None and p.id != person.id)
    return render_template(
        "people/leave.html",
        form=_FORM,
        name=person.name,
        person=person.id,
        back=url_for("people.people"),
        action=url_for("leave.record", person=person.id),
        given={"since": "", "until": "", "cover": "", **given},
        errors=errors,
        other=[text for name, text in errors.items() if name not in asked],
        people=[(p.id, p.name) for p in others],
        coming=[
            (away.since.isoformat(), leave_words(plan, away), away.since < today)
            for away in person.away
            if away.until >= today
        ],
        past=[leave_words(plan, away) for away in reversed(person.away) if away.until < today],
    )
