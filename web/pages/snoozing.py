"""Snoozing an alert until a day, with a reason, and ending that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.alerting.snoozing import LONGEST_DAYS, SnoozeRefusedError
from services.alerts.acting import AlertRefusedError
from services.ports.reporting import AlertRecord
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.alerts import ACKNOWLEDGES, SEE_OTHER, record_of
from web.pages.forms import Field, Form
from web.pages.projects import sentence
from web.pages.words import alert_words, step_words, told

blueprint = Blueprint("snoozing", __name__)
_DAYS = 7
_SNOOZE = Form(
    "snoozes",
    frozenset({"alert"}),
    "Snooze it",
    "Nothing more of it is sent until the day begins, unless it gets worse. If it still is so "
    "then, it is said once more. It resolves by itself as soon as it is so no longer.",
    "Snooze it",
    ACKNOWLEDGES,
    (
        Field("until", "Until", "date", f"at most {LONGEST_DAYS} days away", required=True),
        Field("reason", "Why", "long", "in one line", required=True),
    ),
)


@blueprint.get("/alerts/<int:alert_id>/snooze")
@needs_role(*sorted(ACKNOWLEDGES))
def form(alert_id: int) -> str:
    """The form by which it is snoozed."""
    return _page(record_of(alert_id), {}, {})


@blueprint.post("/alerts/<int:alert_id>/snooze")
@needs_role(*sorted(ACKNOWLEDGES))
def snooze(alert_id: int) -> ResponseReturnValue:
    """Let the alert sleep until a day."""
    record, who = record_of(alert_id), signed_in()
    given = {name: request.form.get(name, "").strip() for name in ("until", "reason")}
    try:
        until = date.fromisoformat(given["until"])
    except ValueError:
        return _page(record, given, {"until": "Give a day, as in 2026-12-31."}), 422
    try:
        end = services().alerts.snooze(
            who.organisation_id, alert_id, until, actor=who.actor, reason=given["reason"]
        )
    except SnoozeRefusedError as refused:
        return _page(record, given, {refused.field: sentence(str(refused))}), 422
    except AlertRefusedError as refused:
        return _page(record, given, {"alert": sentence(str(refused))}), 409
    flash(f"It is snoozed until {told(end)}.")
    return _back(alert_id)


@blueprint.post("/alerts/<int:alert_id>/wake")
@needs_role(*sorted(ACKNOWLEDGES))
def wake(alert_id: int) -> ResponseReturnValue:
    """End the snooze now."""
    record_of(alert_id)
    who = signed_in()
    try:
        services().alerts.wake(who.organisation_id, alert_id, actor=who.actor)
        flash("It is snoozed no longer. What still is so is said again.")
    except AlertRefusedError as refused:
        flash(sentence(str(refused)))
    return _back(alert_id)


def _back(alert_id: int) -> ResponseReturnValue:
    return redirect(url_for("alerts.alert", alert_id=alert_id), SEE_OTHER)


def _page(record: AlertRecord, given: Mapping[str, str], errors: Mapping[str, str]) -> str:
    alert = record.alert
    today = services().reporting.today(signed_in().organisation_id)
    opening = {"until": str(today + timedelta(days=_DAYS)), "reason": ""}
    (words,) = alert_words([alert])
    asked = {field.name for field in _SNOOZE.fields}
    return render_template(
        "alerts/snooze.html",
        form=_SNOOZE,
        name=f"{words.headline}: {words.about}",
        back=url_for("alerts.alert", alert_id=alert.id),
        action=url_for("snoozing.snooze", alert_id=alert.id),
        given={**opening, **given},
        errors=errors,
        other=[text for name, text in errors.items() if name not in asked],
        before=list(_before(record)),
    )


def _before(record: AlertRecord) -> Iterator[tuple[str, str, str, str]]:
    """When it was snoozed and woken, by whom and why; the latest first."""
    reporting, organisation = services().reporting, signed_in().organisation_id
    for step in reversed(record.steps):
        if step.kind in ("snoozed", "woken"):
            who = reporting.person(organisation, step.actor)
            yield step_words(step.kind, None), told(step.at), who, step.reason
