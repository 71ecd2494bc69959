"""Alerts: what is open, what was, what became of each message; and saying that one was seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.alerting.lifecycle import WAIVED
from services.alerts.acting import AlertRefusedError
from services.ports.reporting import AlertRecord, AlertStep, MessageLine
from services.reporting.aims import open_of
from web.context import services
from web.identity import needs_role, signed_in
from web.pages.waiving import may_waive
from web.pages.words import alert_words, message_words, moved_clock, step_words, told

blueprint = Blueprint("alerts", __name__)
SEE_OTHER = 303
LONGEST_NOTE = 2000
ACKNOWLEDGES = frozenset({"admin", "executive", "owner"})


@blueprint.get("/alerts")
@needs_role()
def alerts() -> str:
    """Every alert, the open ones first."""
    found = services().reporting.alerts(signed_in().organisation_id)
    now_open = open_of(found)
    return render_template(
        "alerts/alerts.html",
        open_alerts=alert_words(now_open),
        past_alerts=alert_words(alert for alert in found if alert not in now_open),
    )


@blueprint.get("/alerts/<int:alert_id>")
@needs_role()
def alert(alert_id: int) -> str:
    """One alert with its timeline and its messages; looking changes nothing."""
    return _page(record_of(alert_id))


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
@needs_role(*sorted(ACKNOWLEDGES))
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Say that the alert was seen, with a note if there is one."""
    who = signed_in()
    note = request.form.get("note", "").strip()
    record = record_of(alert_id)
    if len(note) > LONGEST_NOTE:
        return _page(record, f"A note has at most {LONGEST_NOTE} characters.", note), 422
    try:
        new = services().alerts.acknowledge(
            who.organisation_id, alert_id, actor=who.actor, note=note or None
        )
    except AlertRefusedError as refused:
        return _page(record, f"Not noted: {refused}.", note), 409
    flash("Noted: you have seen it." if new else "It was acknowledged already.")
    return redirect(url_for("alerts.alert", alert_id=alert_id), SEE_OTHER)


def record_of(alert_id: int) -> AlertRecord:
    """An alert of the visitor's organisation. Ends the request with 404 where there is none."""
    found = services().reporting.alert(signed_in().organisation_id, alert_id)
    if found is None:
        abort(404)
    return found


def _page(record: AlertRecord, error: str | None = None, note: str = "") -> str:
    (words,) = alert_words([record.alert])
    kind, _, identifier = record.alert.subject.partition(":")
    pages = {"aim": ("aims.aim", "aim"), "project": ("projects.project", "project")}
    page = pages.get(kind)
    may = bool(signed_in().roles & ACKNOWLEDGES)
    happened = {(step.episode, step.step): step.at for step in reversed(record.steps)}
    return render_template(
        "alerts/alert.html",
        alert=words,
        about_page=url_for(page[0], _external=False, **{page[1]: identifier}) if page else None,
        aims=services().whys.aims_of(signed_in().organisation_id, record.alert.subject),
        may_acknowledge=may and words.is_open and words.acknowledged is None,
        may_snooze=may and words.is_open,
        steps=[_step(step) for step in record.steps],
        messages=[_message(message, happened) for message in record.messages],
        may_waive=may_waive(record.alert.expectation),
        waived=services().waiving.held(
            signed_in().organisation_id,
            record.alert.expectation,
            record.alert.about,
            services().reporting.today(signed_in().organisation_id),
        ),
        moved=moved_clock(signed_in().zone),
        error=error,
        note=note,
    )


def _step(step: AlertStep) -> dict[str, str | None]:
    reporting, organisation = services().reporting, signed_in().organisation_id
    by = None if step.actor == "bigdot" else reporting.person(organisation, step.actor)
    status = step.status.replace("_", " ") if step.status else None
    waived = step.detail.get("why") == WAIVED
    kind = step_words(step.kind, status, restated="restated" in step.detail, waived=waived)
    return {"kind": kind, "at": told(step.at), "by": by, "status": status, "reason": step.reason}


def _message(
    message: MessageLine, happened: Mapping[tuple[int, int], datetime]
) -> dict[str, str | int | None]:
    to = services().reporting.person(signed_in().organisation_id, message.recipient)
    owed = happened.get((message.episode, message.step), message.owed_at)
    at = message.business(message.sent_at or message.due_at, owed)
    unsent = message.state in ("dropped", "kept")
    state = message_words(message.state, message.last_error)
    return {
        "to": to,
        "channel": message.channel,
        "state": state,
        "at": None if unsent else told(at),
        "attempts": message.attempts,
        "error": None if unsent else message.last_error,
    }
