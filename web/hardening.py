"""What every answer carries, and what no request may do (integration.md 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Response, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix

from web.context import WebOptions
from web.door import Door

YEAR_SECONDS = 31_536_000
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def harden(app: Door, options: WebOptions) -> None:
    """Set cookies, headers, the body limit and the names that the app answers to."""
    app.config.update(
        SECRET_KEY=options.secret_keys[0],
        SECRET_KEY_FALLBACKS=list(options.secret_keys[1:]),
        MAX_CONTENT_LENGTH=options.max_body,
        MAX_FORM_MEMORY_SIZE=options.max_body,
        SESSION_COOKIE_NAME="__Host-bigdot" if options.secure else "bigdot",
        SESSION_COOKIE_SECURE=options.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        PREFERRED_URL_SCHEME="https" if options.secure else "http",
    )
    if options.proxies:
        hops = options.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    if options.hosts:
        app.before_every(_answer_only_to(frozenset(name.lower() for name in options.hosts)))
    app.after_every(_with_headers(options.secure))


def _answer_only_to(names: frozenset[str]) -> Callable[[], None]:
    def check() -> None:
        if _host_name(request.host) not in names:
            abort(421)

    return check


def _host_name(host: str) -> str:
    """The Host header without its port; empty where it is not well formed."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name


def _with_headers(secure: bool) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers["Strict-Transport-Security"] = (
                f"max-age={YEAR_SECONDS}; includeSubDomains"
            )
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add
