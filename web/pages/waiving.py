"""Accepting what an alert found for a while, and taking that back: each a version of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.alerting.lifecycle import SAID_BY_STATUS, STATUS
from services.framework.plan import Waiver
from services.framework.texts import day_name
from services.framework.waivers import LONGEST_DAYS, said
from services.planning.waiving import Asked, WaiverRefusedError
from services.ports.planning import PlanningError, StaleBaseError
from services.ports.reporting import AlertRecord
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.forms import EVERYWHERE, Field, Form
from web.pages.projects import sentence
from web.pages.words import alert_words

blueprint = Blueprint("waiving", __name__)
SEE_OTHER = 303
VIA = "web"
MAY = EVERYWHERE
_ALERT = frozenset({"alert"})
_WAIVE = Form(
    "waivers",
    _ALERT,
    "Accept it for a while",
    "What was found stays to be seen, and nobody is told of it until the day is over. If it still "
    "is so then, it is told anew. Who accepts it, until when and why are kept with the plan.",
    "Accept it",
    MAY,
    (
        Field("until", "Until", "date", f"at most {LONGEST_DAYS} days away", required=True),
        Field("by", "Who accepts it", "person", required=True),
        Field("reason", "Why", "long", "in one line", required=True),
    ),
)
_LIFT = Form(
    "waivers",
    _ALERT,
    "Take the waiver back",
    "If it still is so, it is told anew at once.",
    "Take it back",
    MAY,
    (Field("reason", "Why", "long", "in one line", required=True),),
)
_MOVED = "The plan has changed since you opened this page, so nothing was changed. Send it again."


@blueprint.get("/alerts/<int:alert_id>/waive")
@needs_role(*sorted(MAY))
def form(alert_id: int) -> str:
    """The form by which it is accepted, or, while it is, by which that is taken back."""
    return _page(_record(alert_id), {}, {})


@blueprint.post("/alerts/<int:alert_id>/waive")
@needs_role(*sorted(MAY))
def waive(alert_id: int) -> ResponseReturnValue:
    """Accept what the alert found until a day."""
    record, who = _record(alert_id), signed_in()
    given = {name: request.form.get(name, "").strip() for name in ("until", "by", "reason")}
    today = services().reporting.today(who.organisation_id)
    try:
        until = date.fromisoformat(given["until"])
    except ValueError:
        return _page(record, given, {"until": "Give a day, as in 2026-12-31."}), 422
    alert = record.alert
    by, reason = given["by"] or who.person or "", given["reason"]
    asked = Asked(alert.expectation, alert.about, by, today, until, reason)
    return _done(record, given, lambda: _waive(asked), f"It is waived until {day_name(until)}.")


@blueprint.post("/alerts/<int:alert_id>/lift")
@needs_role(*sorted(MAY))
def lift(alert_id: int) -> ResponseReturnValue:
    """Take a waiver back: what it found is told anew if it still is so."""
    record = _record(alert_id)
    given = {"reason": request.form.get("reason", "").strip()}
    held = _held(record)
    if held is None:
        return _page(record, given, {"waiver": "It is not waived now."}), 409
    return _done(record, given, lambda: _lift(held.id, given["reason"]), "It is waived no longer.")


def may_waive(expectation: str) -> bool:
    """Whether the visitor may waive an alert of the expectation; a status is never waived."""
    known = expectation != STATUS and expectation not in SAID_BY_STATUS
    return known and bool(signed_in().roles & MAY)


def _waive(asked: Asked) -> None:
    who = signed_in()
    services().waiving.waive(who.organisation_id, asked, author=who.actor, via=VIA)


def _lift(waiver: str, reason: str) -> None:
    who = signed_in()
    today = services().reporting.today(who.organisation_id)
    services().waiving.lift(
        who.organisation_id, waiver, today, author=who.actor, reason=reason, via=VIA
    )


def _record(alert_id: int) -> AlertRecord:
    found = services().reporting.alert(signed_in().organisation_id, alert_id)
    if found is None:
        abort(404)
    return found


def _held(record: AlertRecord) -> Waiver | None:
    who, alert = signed_in(), record.alert
    today = services().reporting.today(who.organisation_id)
    return services().waiving.held(who.organisation_id, alert.expectation, alert.about, today)


def _done(
    record: AlertRecord, given: Mapping[str, str], change: Callable[[], None], words: str
) -> ResponseReturnValue:
    """Make the change, and lead back to the alert; the form again if it is refused."""
    try:
        change()
    except WaiverRefusedError as refused:
        return _page(record, given, {refused.field: sentence(str(refused))}), 422
    except StaleBaseError:
        return _page(record, given, {"base": _MOVED}), 409
    except PlanningError as refused:
        return _page(record, given, {"reason": sentence(str(refused))}), 422
    flash(f"{words} This is a new version of the plan.")
    return redirect(url_for("alerts.alert", alert_id=record.alert.id), SEE_OTHER)


def _page(record: AlertRecord, given: Mapping[str, str], errors: Mapping[str, str]) -> str:
    who, alert, held = signed_in(), record.alert, _held(record)
    if not may_waive(alert.expectation):
        abort(404)
    plan = services().plan_store.current(who.organisation_id)
    today = services().reporting.today(who.organisation_id)
    form = _LIFT if held else _WAIVE
    asked = {field.name for field in form.fields}
    opening = {"until": str(today + timedelta(days=30)), "by": who.person or "", "reason": ""}
    (words,) = alert_words([alert])
    mine = [w for w in plan.waivers.values() if (w.expectation, w.about) == _finding(record)]
    return render_template(
        "alerts/waive.html",
        form=form,
        name=f"{words.headline}: {words.about}",
        back=url_for("alerts.alert", alert_id=alert.id),
        action=url_for("waiving.lift" if held else "waiving.waive", alert_id=alert.id),
        given={**opening, **given},
        errors=errors,
        other=[text for name, text in errors.items() if name not in asked],
        people=[(p.id, p.name) for p in plan.people.values() if not p.ended or p.ended > today],
        waivers=[(said(plan, waiver), waiver.since, waiver.ended) for waiver in reversed(mine)],
    )


def _finding(record: AlertRecord) -> tuple[str, str]:
    return record.alert.expectation, record.alert.about
