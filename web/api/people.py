"""People of the plan by the API: everything that a leaver holds, handed over in one step."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field
from werkzeug.exceptions import NotFound

from services.planning.handing_over import Outcome
from services.planning.handover import Handover
from web.api.bodies import body_of
from web.api.changing import changing_the_plan
from web.context import services
from web.identity import caller, needs_scope

blueprint = Blueprint("people_api", __name__, url_prefix="/api/v1")
_MOST_NAMED = 200


class Handing(BaseModel):
    """Hands over what a leaver holds: to whom, from which day, by whom (ids of the plan's people),
    and why. ``except`` names who takes over what in place of ``to``, as in ``aim:ID``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    to: str = Field(min_length=1, max_length=100)
    on: date = Field(strict=False)
    by: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=500)
    others: dict[str, str] = Field(default_factory=dict, alias="except", max_length=_MOST_NAMED)
    dry_run: bool = False


@blueprint.post("/people/<person>/handover")
@needs_scope("plan:write")
def hand_over(person: str) -> ResponseReturnValue:
    """Hand over everything that somebody who leaves holds; ``dry_run`` only says what it is."""
    held = caller()
    if person not in services().plan_store.current(held.organisation_id).people:
        raise NotFound("There is no such person in the plan.")
    said = body_of(Handing)
    asked = Handover(person, said.to, said.on, said.others)
    with changing_the_plan("handover-refused"):
        outcome = _handed(held.organisation_id, asked, said)
    return jsonify(outcome.plain() | {"dry_run": said.dry_run})


def _handed(organisation_id: int, asked: Handover, said: Handing) -> Outcome:
    handing_over = services().handing_over
    if said.dry_run:
        return handing_over.preview(organisation_id, asked)
    author = f"{said.by} (key {caller().label})"
    return handing_over.hand_over(
        organisation_id, asked, author=author, reason=said.reason, via="api"
    )
