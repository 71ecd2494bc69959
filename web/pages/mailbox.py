"""The local mailbox: what was sent where there is no mail server. Only where embedded.

Where this machine alone reaches it, it needs no sign-in; where others may, it is an admin's, and
shows the mails of the admin's organisation. In production it does not exist: 404 before anything
else is looked at.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from services.ports.reporting import Mail
from services.reporting.words import when
from web.context import services, web_options
from web.identity import signed_in, turned_away, visitor
from web.pages.words import moved_clock

blueprint = Blueprint("mailbox", __name__)
_LARGEST_ID = 2**63 - 1
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; "
    "sandbox allow-top-navigation-by-user-activation"
)
_LINKS_LEAD_OUT = '<head><base target="_top">'


@blueprint.before_request
def _let_in() -> ResponseReturnValue | None:
    if not web_options().embedded:
        abort(404)
    return turned_away("admin") if web_options().exposed else None


@blueprint.get("/mailbox")
def mailbox() -> str:
    """The mails, the newest open."""
    mails = _mails()
    return _page(mails, mails[0] if mails else None)


@blueprint.get("/mailbox/<mail>")
def mail(mail: str) -> str:
    """One mail open."""
    return _page(_mails(), _found(mail))


@blueprint.get("/mailbox/<mail>/html")
def html(mail: str) -> ResponseReturnValue:
    """A mail's HTML as it was sent, for a sandboxed frame: it runs and fetches nothing,
    and its links open in the page around it."""
    answer = Response(_found(mail).html.replace("<head>", _LINKS_LEAD_OUT, 1), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@blueprint.get("/mailbox.json")
def listed() -> ResponseReturnValue:
    """The mails for scripts, the newest first."""
    return jsonify([_plain(mail) for mail in _mails()])


def _mails() -> tuple[Mail, ...]:
    return services().reporting.mails(_whose())


def _whose() -> int | None:
    """The organisation whose mails are shown; None for all of this machine's."""
    return signed_in().organisation_id if web_options().exposed else None


def _found(mail: str) -> Mail:
    number = int(mail) if mail.isdecimal() and mail.isascii() else 0
    found = services().reporting.mail(number, _whose()) if 0 < number <= _LARGEST_ID else None
    if found is None:
        abort(404)
    return found


def _page(mails: tuple[Mail, ...], chosen: Mail | None) -> str:
    who = visitor()
    zone = who.zone if who else "UTC"
    return render_template(
        "mailbox/mailbox.html",
        mails=[(mail, when(mail.sent_at, zone)) for mail in mails],
        chosen=chosen,
        chosen_at=when(chosen.sent_at, zone) if chosen else None,
        zone=zone,
        moved=moved_clock(zone),
    )


def _plain(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.id,
        "to": mail.to,
        "subject": mail.subject,
        "sent_at": mail.sent_at.isoformat(),
        "text": mail.text,
        "message_id": mail.message_id,
    }
