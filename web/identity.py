"""Who is asking: an API key's holder, or somebody at a browser. Nothing is open by default."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from services.access.keys import ApiCaller, KeyRefusedError
from services.access.sessions import Visitor
from web.context import services, web_options

__all__ = [
    "ApiCaller",
    "Visitor",
    "caller",
    "needs_role",
    "needs_scope",
    "signed_in",
    "turned_away",
    "visitor",
]

SESSION_TOKEN = "token"  # noqa: S105 - a key's name
P = ParamSpec("P")
R = TypeVar("R")


class NotAuthenticatedError(Exception):
    """No key, or one that is not in force: 401."""


class ForbiddenError(Exception):
    """The key or the person may not do this: 403."""


def caller() -> ApiCaller:
    """The holder of the request's API key; valid under `needs_scope` only."""
    held: ApiCaller = g.api_caller
    return held


def needs_scope(scope: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let in only a key in force with ``scope`` (any key where None).

    Raises NotAuthenticatedError and ForbiddenError, which the app answers as problem details.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            g.api_caller = _authenticate()
            if scope is not None and scope not in g.api_caller.scopes:
                raise ForbiddenError(f"The key lacks the scope {scope}.")
            return view(*args, **kwargs)

        return guarded

    return decorate


def _authenticate() -> ApiCaller:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not credentials.strip():
        raise NotAuthenticatedError("Send an API key as 'Authorization: Bearer bd_…'.")
    try:
        return services().keys.authenticate(credentials.strip())
    except KeyRefusedError as refused:
        raise NotAuthenticatedError(str(refused)) from None


def visitor() -> Visitor | None:
    """Who is at the browser, None where nobody signed in.

    In a demo an anonymous browser is a viewer of the demo's organisation.
    """
    if "visitor" not in g:
        token = session.get(SESSION_TOKEN)
        g.visitor = services().sessions.visitor(token) if token else None
        if g.visitor is None and web_options().demo:
            g.visitor = services().sessions.guest()
    held: Visitor | None = g.visitor
    return held


def signed_in() -> Visitor:
    """The visitor; valid under `needs_role` only."""
    held = visitor()
    if held is None:
        abort(401)
    return held


def needs_role(
    *roles: str,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Let in only a visitor with one of ``roles`` (anybody signed in where none is named).

    Somebody who is not signed in is led to the sign-in page, and back after it.
    """

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            away = turned_away(*roles)
            return view(*args, **kwargs) if away is None else away

        return guarded

    return decorate


def turned_away(*roles: str) -> ResponseReturnValue | None:
    """What a visitor without one of ``roles`` is answered; None for one who may come in."""
    who = visitor()
    if who is None or (who.is_guest and roles and not who.roles & set(roles)):
        return redirect(url_for("session.sign_in", next=_return_path()), 303)
    if roles and not who.roles & set(roles):
        abort(403)
    return None


def _return_path() -> str | None:
    """The page to come back to; a form's target is no page."""
    return request.full_path.rstrip("?") if request.method == "GET" else None
