"""What every answer carries, and what no request may do (OWASP Secure Headers Project)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import abort, request
from werkzeug.middleware.proxy_fix import ProxyFix

from web.context import WebOptions
from web.door import Door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HSTS = f"max-age={365 * 24 * 60 * 60}; includeSubDomains"
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
Headers = list[tuple[str, str]]
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
    app.wsgi_app = _Dressed(app.wsgi_app, options.secure)  # type: ignore[assignment,method-assign]


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


class _Dressed:
    """A WSGI app whose every answer carries the headers, save where it says otherwise itself."""

    def __init__(self, app: WSGIApplication, secure: bool) -> None:
        self._app = app
        fixed = HEADERS | ({"Strict-Transport-Security": HSTS} if secure else {})
        self._fixed = [(name.lower(), (name, value)) for name, value in fixed.items()]
        self._fresh = [*self._fixed, ("cache-control", ("Cache-Control", "no-store"))]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        is_file = environ["PATH_INFO"].startswith("/static/")
        wanted = self._fixed if is_file else self._fresh

        def begin(status: str, headers: Headers, *error: Any) -> Any:
            said = {name.lower() for name, _ in headers}
            headers.extend(pair for name, pair in wanted if name not in said)
            return start(status, headers, *error)

        return self._app(environ, begin)
