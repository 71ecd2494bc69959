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


class _Sessions(SecureCookieSessionInterface):
    """Signed cookies, for people."""

    def open_session(self, app: Flask, request: Request) -> Any:
        if request.path.startswith(MACHINES):
            return self.make_null_session(app)
        return super().open_session(app, request)


class Door(Flask):
    """`before_every` hooks into every request, Flask's own hooks into pages."""

    session_interface = _Sessions()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._before: list[Before] = []

    def before_every(self, hook: Before) -> None:
        """Run ``hook`` before each request is answered; it may abort."""
        self._before.append(hook)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Flask's step before a view."""
        for before in self._before:
            before()
        return None if _by_machine() else super().preprocess_request()

    def process_response(self, response: Response) -> Response:
        """Flask's step after a view."""
        return response if _by_machine() else super().process_response(response)

    def do_teardown_request(self, *args: Any, **kwargs: Any) -> None:
        """Flask's step when a request is done with."""
        if not _by_machine():
            super().do_teardown_request(*args, **kwargs)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view is a coroutine; Flask would look at each, at each request."""
        return func


def _by_machine() -> bool:
    return request.path.startswith(MACHINES)
