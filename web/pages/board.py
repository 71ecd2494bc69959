"""The board: every aim of the organisation on one page, kept fresh while it is looked at."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from services.framework.texts import plainly
from web.context import services, web_options
from web.identity import needs_role, signed_in, visitor

blueprint = Blueprint("board", __name__)
NOTHING_NEW = 204


@blueprint.get("/")
@needs_role()
def board() -> str:
    """The board as a whole page; an owner finds their own projects on top."""
    who, reporting = signed_in(), services().reporting
    mark = reporting.mark(who.organisation_id)
    owns = "owner" in who.roles
    return render_template(
        "board/board.html",
        board=reporting.board(who.organisation_id),
        own=reporting.own_projects(who.organisation_id, who.person) if owns else (),
        organisation=services().plan_store.current(who.organisation_id).organisation,
        mark=mark,
    )


@blueprint.get("/tiles")
@needs_role()
def tiles() -> ResponseReturnValue:
    """The tiles alone; 204 where nothing changed since the mark ``seen``."""
    who = signed_in().organisation_id
    mark = services().reporting.mark(who)
    if request.args.get("seen") == mark:
        return "", NOTHING_NEW
    return render_template(
        "board/tiles.html",
        board=services().reporting.board(who),
        organisation=services().plan_store.current(who).organisation,
        mark=mark,
    )


@blueprint.before_request
def _lead_out() -> ResponseReturnValue | None:
    """Reload a board whose session has ended, rather than put the sign-in form into its tiles."""
    if "HX-Request" in request.headers and visitor() is None:
        return "", NOTHING_NEW, {"HX-Refresh": "true"}
    return None


@blueprint.app_template_filter("plainly")
def _plainly(text: object) -> str:
    """A sentence with its dates and periods by name."""
    return plainly(str(text))


@blueprint.app_context_processor
def _mailbox() -> dict[str, object]:
    """Whether there is a local mailbox to look into."""
    return {"has_mailbox": web_options().embedded}
