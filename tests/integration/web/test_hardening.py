"""What every answer carries, and what no request may do."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import logging as bigdot_logging
from services.access.keys import generate
from services.bootstrap import Options, Services
from tests.worlds import PASSWORD, World, csrf_token, sign_in
from web.app import create_app
from web.context import WebOptions


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/api/v1/aims", "/nowhere"])
def test_every_answer_carries_the_headers(client: FlaskClient, ours: World, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_https_makes_the_cookie_the_hosts_own(make_app: Callable[..., Flask], ours: World) -> None:
    client = make_app(secure=True).test_client()
    answer = client.get("/sign-in", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-bigdot=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_a_name_of_elsewhere_is_not_answered(client: FlaskClient, ours: World) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "[broken", "", "localhost.evil.example"):
        answer = client.get("/sign-in", headers={"Host": host})
        assert answer.status_code in {400, 421}, host
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:9"):
        assert client.get("/sign-in", headers={"Host": host}).status_code == 200, host


def test_too_large_a_body_is_refused(make_app: Callable[..., Flask], ours: World) -> None:
    client = make_app(max_body=1000).test_client()
    path = f"/api/v1/alerts/{ours.alert_id}/acknowledge"
    body = b'{"by": "' + b"x" * 2000 + b'"}'
    answer = client.post(path, headers=ours.bearer, data=body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"
    said = answer.get_json()["detail"]
    assert said == "A request carries at most 1,000 bytes, and nothing of this one was kept."


def test_errors_speak_the_language_of_who_asks(client: FlaskClient, ours: World) -> None:
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    machine = client.get("/api/v1/nowhere")
    assert machine.status_code == 404
    assert machine.mimetype == "application/problem+json"
    wrong = client.delete("/api/v1/aims")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]
    assert machine.get_json()["detail"] == "There is nothing at this address."
    assert wrong.get_json()["detail"].startswith("This address does not take that method")
    assert "There is nothing at this address." in page.get_data(as_text=True)
    elsewhere = client.get("/healthz", headers={"Host": "evil.example"})
    assert "BIGDOT_BASE_URL" in elsewhere.get_json()["detail"]


def test_a_fault_tells_nobody_its_secrets(
    app: Flask, ours: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = StringIO()
    bigdot_logging.configure("json", "debug", lines)
    broken = "postgresql+psycopg://user:hunter2@db/bigdot"

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"cannot reach {broken} with {ours.key}")

    monkeypatch.setattr("services.persistence.reads.ApiReads.aims", fail)
    answer = app.test_client().get("/api/v1/aims", headers=ours.bearer)
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    client = app.test_client()
    sign_in(client, ours.logins["viewer"])
    sign_in(client, ours.logins["viewer"], "mistyped words here")
    assert "web.failed" in lines.getvalue()
    said = lines.getvalue() + answer.get_data(as_text=True)
    for secret in ("hunter2", ours.key, PASSWORD, "mistyped words"):
        assert secret not in said


def test_a_token_of_another_browser_opens_no_form(app: Flask, ours: World) -> None:
    mine, other = app.test_client(), app.test_client()
    csrf_token(mine)
    form = {
        "csrf_token": csrf_token(other),
        "login": ours.logins["viewer"],
        "password": PASSWORD,
    }
    assert mine.post("/sign-in", data=form).status_code == 400


@pytest.mark.parametrize("demo", [False, True])
def test_without_a_database_everybody_is_told_to_try_again(demo: bool) -> None:
    held = Services(Options("sqlite:////nonexistent/x.db", ("k" * 40,)))
    client = create_app(held, WebOptions(("k" * 40,), demo=demo)).test_client()
    link = client.get("/set-password/x")
    assert link.status_code == 503
    assert link.mimetype == "text/html"
    key = generate()
    machine = client.get("/api/v1/aims", headers={"Authorization": f"Bearer {key}"})
    assert machine.status_code == 503
    assert machine.mimetype == "application/problem+json"
    assert machine.headers["Retry-After"] == "5"
    assert key not in machine.get_data(as_text=True)
