"""The Flask app, with one door for machines and one for people.

A machine sends a key and no cookie: no session is opened for it, and nothing that guards pages
(against forged requests and guessed passwords) runs for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue

MACHINES = "/api/"
Before = Callable[[], None]
After = Callable[[Response], Response]


class _Sessions(SecureCookieSessionInterface):
    """Signed cookies, for people."""

    def open_session(self, app: Flask, request: Request) -> Any:
        if request.path.startswith(MACHINES):
            return self.make_null_session(app)
        return super().open_session(app, request)


class Door(Flask):
    """`before_every` and `after_every` hook into every request, Flask's own hooks into pages."""

    session_interface = _Sessions()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before: list[Before] = []
        self._after: list[After] = []

    def before_every(self, hook: Before) -> None:
        """Run ``hook`` before each request is answered; it may abort."""
        self._before.append(hook)

    def after_every(self, hook: After) -> None:
        """Run ``hook`` on each response, after Flask's own hooks."""
        self._after.append(hook)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Flask's step before a view."""
        for before in self._before:
            before()
        return None if _by_machine() else super().preprocess_request()

    def process_response(self, response: Response) -> Response:
        """Flask's step after a view."""
        if not _by_machine():
            response = super().process_response(response)
        for after in self._after:
            response = after(response)
        return response


def _by_machine() -> bool:
    return request.path.startswith(MACHINES)
