"""What is done with an alert: seen, snoozed, accepted for a while; and why it cannot be ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import Conflict, UnprocessableEntity

from services.alerting.snoozing import SnoozeRefusedError
from services.alerts.acting import AlertRefusedError
from services.intake.refusals import Trouble
from services.planning.waiving import Asked
from web.api.bodies import body_of
from web.api.changing import changing_the_plan
from web.api.problem import refusal
from web.api.read import known_alert, one_alert
from web.context import services
from web.identity import caller, needs_scope

blueprint = Blueprint("acting", __name__, url_prefix="/api/v1")


class Acknowledgement(BaseModel):
    """Says that an alert was seen, by whom (an id of the plan's people), and what comes of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: str = Field(min_length=1, max_length=100)
    note: str | None = Field(default=None, max_length=2000)


class Waiver(BaseModel):
    """Accepts what an alert found until a day, by whom (an id of the plan's people), and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: str = Field(min_length=1, max_length=100)
    until: date = Field(strict=False)
    reason: str = Field(min_length=1, max_length=500)


class Snooze(BaseModel):
    """Lets an alert sleep until a day begins, by whom (an id of the plan's people), and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: str = Field(min_length=1, max_length=100)
    until: date = Field(strict=False)
    reason: str = Field(min_length=1, max_length=500)


class Act(BaseModel):
    """Says who does something with an alert (an id of the plan's people)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by: str = Field(min_length=1, max_length=100)


@blueprint.post("/alerts/<int:alert_id>/acknowledge")
@needs_scope("reviews:write")
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Say that the alert was seen; saying it again changes nothing."""
    said = body_of(Acknowledgement)
    with _acting(alert_id, said.by) as (organisation, actor):
        services().alerts.acknowledge(organisation, alert_id, actor=actor, note=said.note)
    return one_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/snooze")
@needs_scope("reviews:write")
def snooze(alert_id: int) -> ResponseReturnValue:
    """Send nothing more of the alert before a day begins; what still is so then is said again."""
    said = body_of(Snooze)
    with _acting(alert_id, said.by) as (organisation, actor):
        services().alerts.snooze(
            organisation, alert_id, said.until, actor=actor, reason=said.reason
        )
    return one_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/wake")
@needs_scope("reviews:write")
def wake(alert_id: int) -> ResponseReturnValue:
    """End a snooze now."""
    said = body_of(Act)
    with _acting(alert_id, said.by) as (organisation, actor):
        services().alerts.wake(organisation, alert_id, actor=actor)
    return one_alert(alert_id)


@blueprint.post("/alerts/<int:alert_id>/resolve")
@needs_scope("reviews:write")
def resolve(alert_id: int) -> ResponseReturnValue:
    """The alert, if it is resolved: one that still fails is ended by evidence or by a decision."""
    said = body_of(Act)
    with _acting(alert_id, said.by) as (organisation, _):
        services().alerts.resolve(organisation, alert_id)
    return one_alert(alert_id)


@contextmanager
def _acting(alert_id: int, by: str) -> Iterator[tuple[int, str]]:
    """The organisation of a known alert, and who acts on it; what does not go is refused."""
    held = caller()
    known_alert(alert_id)
    try:
        yield held.organisation_id, f"{by} (key {held.label})"
    except AlertRefusedError as refused:
        raise Conflict(f"{str(refused)[:1].upper()}{str(refused)[1:]}.") from None
    except SnoozeRefusedError as refused:
        trouble = Trouble("snooze-refused", f"{refused}.", f"/{refused.field}")
        raise UnprocessableEntity(response=refusal((trouble,))) from None


@blueprint.post("/alerts/<int:alert_id>/waive")
@needs_scope("plan:write")
def waive(alert_id: int) -> ResponseReturnValue:
    """Accept what the alert found for a while: a version of the plan with a waiver."""
    said, held = body_of(Waiver), caller()
    row, _ = known_alert(alert_id)
    on = services().reporting.today(held.organisation_id)
    asked = Asked(row.expectation, row.about, said.by, on, said.until, said.reason)
    with changing_the_plan("waiver-refused"):
        applied = services().waiving.waive(
            held.organisation_id, asked, author=f"{said.by} (key {held.label})", via="api"
        )
    return jsonify({"alert": alert_id, "plan_version": applied.version})
