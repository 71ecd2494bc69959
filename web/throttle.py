"""Slows down whoever guesses passwords: by address, and by the login that is tried."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from web.context import WebOptions

BY_ADDRESS = "20 per minute; 100 per hour"
BY_LOGIN = "5 per minute; 30 per hour"
GUARDED = ("session.sign_in", "session.set_password")


def throttle(app: Flask, options: WebOptions) -> Limiter:
    """Count failed attempts; where the store is away, this process counts alone."""
    remote = options.throttle_storage != "memory://"
    limiter = Limiter(
        get_remote_address,
        storage_uri=options.throttle_storage,
        storage_options={"socket_connect_timeout": 2, "socket_timeout": 2} if remote else {},
        in_memory_fallback_enabled=remote,
    )
    limiter.init_app(app)
    for endpoint in GUARDED:
        view: Any = app.view_functions[endpoint]
        for limit, key in ((BY_ADDRESS, get_remote_address), (BY_LOGIN, _login)):
            guard = limiter.limit(limit, key_func=key, methods=["POST"], deduct_when=_failed)
            view = guard(view)
        app.view_functions[endpoint] = view
    return limiter


def _login() -> str:
    return request.form.get("login", "").strip().casefold() or get_remote_address()


def _failed(response: Response) -> bool:
    return response.status_code != 303  # noqa: PLR2004 - See Other is how signing in answers
