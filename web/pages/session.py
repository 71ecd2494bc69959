"""Signing in and out, setting a password by a one-time link, and the demo's one-click sign-in."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from services.access.accounts import LinkSpentError
from services.access.sessions import SignInRefusedError
from services.ports.access import AccessError
from web.context import services, web_options
from web.identity import SESSION_TOKEN, visitor

blueprint = Blueprint("session", __name__)
SEE_OTHER = 303


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Ask for login and password; a POST opens a session and leads on."""
    onward = own_path(request.values.get("next"))
    if request.method == "GET":
        return _form(onward)
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        token = services().sessions.sign_in(login, password)
    except SignInRefusedError as refused:
        return _form(onward, login=login, error=str(refused)), 401
    _begin(token)
    return redirect(onward, SEE_OTHER)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session here and on the server."""
    token = session.get(SESSION_TOKEN)
    if token:
        services().sessions.sign_out(token)
    session.clear()
    return redirect("/" if web_options().demo else "/sign-in", SEE_OTHER)


@blueprint.route("/set-password/<token>", methods=["GET", "POST"])
def set_password(token: str) -> ResponseReturnValue:
    """Set a password by a one-time link; looking at the form leaves the link good."""
    try:
        account = services().accounts.of_link(token)
    except LinkSpentError as spent:
        return render_template("session/spent.html", detail=str(spent)), 410
    if request.method == "GET":
        return render_template("session/password.html", login=account.login)
    try:
        account = services().accounts.use_link(token, _new_password())
    except AccessError as refused:
        page = render_template("session/password.html", login=account.login, error=str(refused))
        return page, 422
    _begin(services().sessions.open(account, "link"))
    return redirect("/", SEE_OTHER)


@blueprint.post("/demo/sign-in")
def demo_sign_in() -> ResponseReturnValue:
    """Sign in as one of the demo's people, without a password; there is none outside a demo."""
    if not web_options().demo:
        abort(404)
    guest = services().sessions.guest()
    if guest is None:
        abort(404)
    account = services().accounts.of_login(guest.organisation_id, request.form.get("login", ""))
    _begin(services().sessions.open(account, "demo"))
    return redirect(own_path(request.form.get("next")), SEE_OTHER)


@blueprint.app_context_processor
def _who() -> dict[str, object]:
    """What every page may show of its visitor: ``visitor``, ``demo``, ``demo_people``."""
    demo = web_options().demo
    people = services().sessions.demo_people() if demo else ()
    return {"visitor": visitor(), "demo": demo, "demo_people": people}


def own_path(wanted: str | None) -> str:
    """``wanted`` where it is a path of this site, else the front page: no open redirect."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or any(ord(c) < ord(" ") for c in wanted):
        return "/"
    return wanted


def _form(onward: str, login: str = "", error: str | None = None) -> str:
    return render_template("session/sign_in.html", onward=onward, login=login, error=error)


def _new_password() -> str:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise AccessError("the two passwords differ")
    return password


def _begin(token: str) -> None:
    """Put a new session in place of whatever there was, so that none can be fixed beforehand."""
    old = session.get(SESSION_TOKEN)
    if old:
        services().sessions.sign_out(old)
    session.clear()
    session[SESSION_TOKEN] = token
