"""The local mailbox: what was sent where there is no mail server. Only where embedded, on loopback.

It needs no sign-in there and does not exist elsewhere: 404 before anything else is looked at.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from services.ports.reporting import Mail
from services.reporting.words import when
from web.context import services, web_options
from web.identity import visitor
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
def _only_embedded() -> None:
    if not web_options().embedded:
        abort(404)


@blueprint.get("/mailbox")
def mailbox() -> str:
    """The mails, the newest open."""
    mails = services().reporting.mails()
    return _page(mails, mails[0] if mails else None)


@blueprint.get("/mailbox/<mail>")
def mail(mail: str) -> str:
    """One mail open."""
    return _page(services().reporting.mails(), _found(mail))


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
    return jsonify([_plain(mail) for mail in services().reporting.mails()])


def _found(mail: str) -> Mail:
    number = int(mail) if mail.isdecimal() and mail.isascii() else 0
    found = services().reporting.mail(number) if 0 < number <= _LARGEST_ID else None
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
