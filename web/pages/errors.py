"""What goes wrong, told once: problem details to machines, a page to people."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from services.intake.bodies import SPLIT
from services.persistence.engine import DatabaseFailure
from services.ports.access import UnknownError
from web.api.problem import problem
from web.context import web_options
from web.identity import ForbiddenError, NotAuthenticatedError

TITLES = {
    400: "That request could not be read",
    401: "Please sign in",
    403: "You may not do this",
    404: "There is no such page",
    405: "That cannot be done here",
    413: "That is too much at once",
    421: "This address is not served here",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "Not available just now",
}
CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    421: "wrong_host",
    422: "invalid",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
SAID = {
    400: "The request is not one that this address takes.",
    404: "There is nothing at this address.",
    405: "This address does not take that method; Allow names those that it takes.",
    408: "The request did not arrive in time. Nothing was kept; send it again.",
    421: "Bigdot is not served under that name; BIGDOT_BASE_URL sets it.",
}
"""What is said where nobody said anything better."""
TOO_LARGE = 413
INTERNAL = 500
_MIB = 1024 * 1024
RETRY_SECONDS = "5"
_MACHINES = ("/api/", "/openapi.json", "/healthz", "/readyz", "/metrics")
_log = structlog.get_logger("bigdot.web")


def register(app: Flask) -> None:
    """Answer every error in the language of who asked."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotAuthenticatedError, _not_authenticated)
    app.register_error_handler(ForbiddenError, _forbidden)
    app.register_error_handler(UnknownError, _unknown)
    app.register_error_handler(DatabaseFailure, _away)
    app.register_error_handler(Exception, _unforeseen)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None:
        return error.get_response()
    answer = _answer(error.code, _detail(error, error.code))
    retry = error.get_response().headers
    for name in ("Allow", "Retry-After"):
        if name in retry:
            answer.headers[name] = retry[name]
    return answer


def _detail(error: HTTPException, status: int) -> str:
    """What the raiser said, and in our words where it said nothing."""
    if status == TOO_LARGE:
        return _too_large()
    said = error.description or ""
    return SAID.get(status, said) if said == (type(error).description or "") else said


def _too_large() -> str:
    """The limit, and for facts how to keep below it."""
    limit = web_options().max_body
    most = f"{limit // _MIB} MiB" if limit >= _MIB else f"{limit:,} bytes"
    kept = f"A request carries at most {most}, and nothing of this one was kept."
    return f"{kept} {SPLIT}" if (request.endpoint or "").startswith("intake.") else kept


def _not_authenticated(error: NotAuthenticatedError) -> Response:
    answer = _answer(401, str(error))
    answer.headers["WWW-Authenticate"] = 'Bearer realm="bigdot"'
    return answer


def _forbidden(error: ForbiddenError) -> Response:
    return _answer(403, str(error))


def _unknown(error: UnknownError) -> Response:
    return _answer(404, f"{str(error)[:1].upper()}{str(error)[1:]}.")


def _away(error: DatabaseFailure) -> Response:
    """The database is away or overwhelmed: nothing was kept, and trying again is safe."""
    _log.error("web.database_failed", endpoint=request.endpoint, error=type(error).__name__)
    answer = _answer(503, "The database does not answer. Nothing was kept; try again.")
    answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def _unforeseen(error: Exception) -> Response:
    _log.error("web.failed", endpoint=request.endpoint, error=type(error).__name__, exc_info=error)
    return _answer(500, "It has been logged. Nothing was half-written.")


def _answer(status: int, detail: str) -> Response:
    if request.path.startswith(_MACHINES):
        return problem(status, CODES.get(status, "failed"), detail)
    title = TITLES.get(status, "That did not work")
    if status >= INTERNAL:
        g.visitor = None  # a page about a failure asks the database for nothing
    try:
        page = render_template("error.html", title=title, detail=detail, status=status)
    except DatabaseFailure:
        page = f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1><p>{detail}"
    return Response(page, status, mimetype="text/html")
