"""Why an aim stands as it does: what was sent and by what, and why nothing else was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from services.ports.access import UnknownError
from services.reporting.aims import shown
from services.reporting.why import STATES, AlertSaid, AsOfError, Said, State, Why
from web.context import services
from web.identity import needs_role, signed_in
from web.pages import words

blueprint = Blueprint("why", __name__)
blueprint.add_app_template_filter(shown, "shown")
blueprint.add_app_template_filter(words.step_words, "step_words")
blueprint.add_app_template_filter(words.message_words, "message_words")
_SEES_PEOPLE = frozenset({"owner", "admin"})
_TITLES = {
    State.FAILS: ("Fails", "somebody is told, or it says why nobody is"),
    State.SHADOW: ("Fails in shadow", "recorded, and nobody is told"),
    State.WAIVED: ("Waived", "accepted for a while, by whom and why; nobody is told"),
    State.WAITS: ("Waits", "not to be judged yet: what is missing"),
    State.HOLDS: ("Holds", "nothing to tell"),
    State.OFF: ("Switched off", "not judged, by the plan"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The expectations that stand alike."""

    state: str
    title: str
    words: str
    said: tuple[Said, ...]


@blueprint.get("/aims/<aim>/why")
@needs_role()
def why(aim: str) -> ResponseReturnValue:
    """The answer, as of the end of a date where one is asked for."""
    who, as_of = signed_in(), request.args.get("as_of", "").strip()
    found = services().reporting.aim(who.organisation_id, aim)
    if found is None:
        abort(404)
    answer, error, status = _asked(who.organisation_id, aim, as_of or None)
    due = answer.next_due if answer else None
    page = render_template(
        "aims/why.html",
        tile=found.tile,
        why=answer,
        due=datetime.fromisoformat(due) if due else None,
        error=error,
        as_of=as_of,
        sees_people=bool(who.roles & _SEES_PEOPLE),
        groups=_groups(answer) if answer else (),
        moved=words.moved_clock(who.zone),
        told=words.told,
    )
    return page, status


@blueprint.app_template_filter("headline")
def _headline(alert: AlertSaid) -> str:
    """What an alert is called, by the last status it told."""
    told = [step.status for step in alert.steps if step.status]
    return words.headline(alert.expectation, told[-1] if told else None)


def _asked(organisation_id: int, aim: str, as_of: str | None) -> tuple[Why | None, str | None, int]:
    """The answer, or what is wrong with the question, and the status to answer with."""
    try:
        return services().whys.why(organisation_id, aim, as_of), None, 200
    except AsOfError as wrong:
        return None, f"{wrong}.", 400
    except UnknownError as unknown:
        return None, f"{str(unknown)[:1].upper()}{str(unknown)[1:]}.", 404


def _groups(answer: Why) -> tuple[Group, ...]:
    groups = (
        Group(state.value, *_TITLES[state], tuple(s for s in answer.said if s.state is state))
        for state in STATES
    )
    return tuple(group for group in groups if group.said)
