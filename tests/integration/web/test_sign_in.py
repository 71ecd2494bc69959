"""Signing in and out at the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from services.access.accounts import AccountRequest
from services.bootstrap import Services
from services.persistence import tables
from services.persistence.engine import writing
from tests.worlds import ACTOR, PASSWORD, World, browser, csrf_token, csrf_token_in, sign_in
from web.identity import visitor


def _who(client: FlaskClient, app: Flask) -> str | None:
    """Whom the browser's session belongs to."""
    cookie = client.get_cookie("bigdot")
    headers = {"Cookie": f"bigdot={cookie.value}"} if cookie else {}
    with app.test_request_context("/", headers=headers):
        found = visitor()
        return found.login if found else None


def _shift_sessions(services: Services, **values: datetime) -> None:
    with writing(services.engine) as connection:
        connection.execute(tables.session.update().values(**values))


def test_the_right_password_opens_a_session(app: Flask, ours: World) -> None:
    client = app.test_client()
    assert sign_in(client, ours.logins["executive"].upper()) == 303
    assert _who(client, app) == ours.logins["executive"]


def test_a_wrong_password_and_an_unknown_login_look_the_same(app: Flask, ours: World) -> None:
    client, answers = app.test_client(), []
    for login in (ours.logins["executive"], "nobody"):
        token = csrf_token(client)
        form = {"csrf_token": token, "login": login, "password": "wrong and long enough"}
        answer = client.post("/sign-in", data=form)
        assert answer.status_code == 401
        # The answer's own token bears the second it was made in, and so may be another.
        page = answer.get_data(as_text=True)
        assert csrf_token_in(page)
        answers.append(page.replace(login, "").replace(csrf_token_in(page), ""))
    assert answers[0] == answers[1]
    assert _who(client, app) is None


def test_signing_in_makes_a_new_session_and_ends_the_old(app: Flask, ours: World) -> None:
    client = browser(app, ours.logins["viewer"])
    old = client.get_cookie("bigdot")
    assert old is not None
    assert sign_in(client, ours.logins["executive"]) == 303
    new = client.get_cookie("bigdot")
    assert new is not None
    assert new.value != old.value
    client.set_cookie("bigdot", old.value)
    assert _who(client, app) is None


def test_a_session_given_beforehand_is_not_kept(app: Flask, ours: World) -> None:
    client = app.test_client()
    csrf_token(client)
    before = client.get_cookie("bigdot")
    assert before is not None
    with client.session_transaction() as held:
        held["planted"] = "yes"
    sign_in(client, ours.logins["viewer"])
    with client.session_transaction() as held:
        assert "planted" not in held


def test_signing_out_ends_the_session_on_the_server(app: Flask, ours: World) -> None:
    client = browser(app, ours.logins["viewer"])
    cookie = client.get_cookie("bigdot")
    assert cookie is not None
    answer = client.post("/sign-out", data={"csrf_token": csrf_token(client)})
    assert answer.status_code == 303
    client.set_cookie("bigdot", cookie.value)
    assert _who(client, app) is None


@pytest.mark.parametrize(
    ("field", "ago"), [("seen_at", timedelta(minutes=30)), ("expires_at", timedelta(0))]
)
def test_a_session_idles_out_and_runs_out(
    app: Flask, services: Services, ours: World, field: str, ago: timedelta
) -> None:
    client = browser(app, ours.logins["viewer"])
    _shift_sessions(services, **{field: services.clock.system_now() - ago})
    assert _who(client, app) is None


def test_a_session_in_use_stays(app: Flask, services: Services, ours: World) -> None:
    client = browser(app, ours.logins["viewer"])
    _shift_sessions(services, seen_at=services.clock.system_now() - timedelta(minutes=29))
    assert _who(client, app) == ours.logins["viewer"]
    with services.engine.connect() as connection:
        seen = connection.scalar(sa.select(tables.session.c.seen_at))
    assert seen is not None
    assert services.clock.system_now() - seen < timedelta(minutes=1)


def test_disabling_an_account_ends_its_sessions(
    app: Flask, services: Services, ours: World
) -> None:
    client = browser(app, ours.logins["viewer"])
    services.accounts.disable(ours.organisation_id, ours.logins["viewer"], actor=ACTOR)
    assert _who(client, app) is None
    assert sign_in(client, ours.logins["viewer"]) == 401


def test_a_new_password_ends_the_sessions_and_the_old_password(
    app: Flask, services: Services, ours: World
) -> None:
    login = ours.logins["viewer"]
    client = browser(app, login)
    services.accounts.set_password(
        ours.organisation_id, login, "another four words here", actor=ACTOR
    )
    assert _who(client, app) is None
    assert sign_in(client, login) == 401
    assert sign_in(client, login, "another four words here") == 303


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "aims", ""],
)
def test_nobody_is_led_to_another_site(app: Flask, ours: World, wanted: str) -> None:
    client = app.test_client()
    form = {
        "csrf_token": csrf_token(client),
        "login": ours.logins["viewer"],
        "password": PASSWORD,
        "next": wanted,
    }
    assert client.post("/sign-in", data=form).headers["Location"] == "/"


def test_somebody_is_led_back_to_where_they_were(app: Flask, ours: World) -> None:
    client = app.test_client()
    form = {
        "csrf_token": csrf_token(client),
        "login": ours.logins["viewer"],
        "password": PASSWORD,
        "next": "/aims/a?b=1",
    }
    assert client.post("/sign-in", data=form).headers["Location"] == "/aims/a?b=1"


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/set-password/x", "/demo/sign-in"])
def test_a_form_without_its_token_is_refused(app: Flask, ours: World, path: str) -> None:
    form = {"login": ours.logins["viewer"], "password": PASSWORD}
    answer = app.test_client().post(path, data=form)
    assert answer.status_code == 400
    assert "CSRF" in answer.get_data(as_text=True)


def test_guessing_is_slowed_down_by_login(app: Flask, ours: World) -> None:
    client, login = app.test_client(), ours.logins["executive"]
    tries = [sign_in(client, login, f"wrong words number {n}") for n in range(6)]
    assert tries == [401] * 5 + [429]
    assert sign_in(client, login) == 429
    assert sign_in(client, ours.logins["viewer"]) == 303


def test_signing_in_rightly_is_not_counted(app: Flask, ours: World) -> None:
    for _ in range(8):
        assert sign_in(app.test_client(), ours.logins["viewer"]) == 303


def test_a_link_sets_a_password_once(app: Flask, services: Services, ours: World) -> None:
    wanted = AccountRequest("first.admin", ("admin",))
    services.accounts.create(ours.organisation_id, wanted, actor=ACTOR)
    assert sign_in(app.test_client(), "first.admin", "") == 401
    link = (
        f"/set-password/{services.accounts.link(ours.organisation_id, 'first.admin', actor=ACTOR)}"
    )
    client = app.test_client()
    assert client.get(link).status_code == client.get(link).status_code == 200
    form = {"csrf_token": csrf_token(client, link), "password": PASSWORD, "again": PASSWORD}
    short = form | {"password": "short", "again": "short"}
    assert client.post(link, data=short).status_code == 422
    assert client.post(link, data=form | {"again": "different words here"}).status_code == 422
    assert client.post(link, data=form).status_code == 303
    assert _who(client, app) == "first.admin"
    assert client.get(link).status_code == 410
    assert sign_in(app.test_client(), "first.admin") == 303


def test_a_link_runs_out(app: Flask, services: Services, ours: World) -> None:
    token = services.accounts.link(ours.organisation_id, ours.logins["viewer"], actor=ACTOR)
    with writing(services.engine) as connection:
        connection.execute(
            tables.sign_in_link.update().values(expires_at=services.clock.system_now())
        )
    assert app.test_client().get(f"/set-password/{token}").status_code == 410


def test_the_demo_signs_in_by_a_click_and_only_the_demo(
    make_app: Callable[..., Flask], app: Flask, ours: World, theirs: World
) -> None:
    demo = make_app(embedded=True, demo=True)
    client = demo.test_client()
    form = {"csrf_token": csrf_token(client), "login": ours.logins["executive"]}
    assert client.post("/demo/sign-in", data=form).status_code == 303
    assert _who(client, demo) == ours.logins["executive"]
    outside = app.test_client()
    form = {"csrf_token": csrf_token(outside), "login": ours.logins["executive"]}
    assert outside.post("/demo/sign-in", data=form).status_code == 404
    stranger = demo.test_client()
    form = {"csrf_token": csrf_token(stranger), "login": theirs.logins["executive"]}
    assert stranger.post("/demo/sign-in", data=form).status_code == 404


def test_the_audit_log_knows_and_holds_no_secret(
    app: Flask, services: Services, ours: World
) -> None:
    client = app.test_client()
    sign_in(client, ours.logins["viewer"], "wrong words are wrong")
    sign_in(client, ours.logins["viewer"])
    lines = services.audit.recent(ours.organisation_id, 100)
    assert [line.action for line in lines[:2]] == ["session.open", "session.refuse"]
    said = repr(lines)
    assert PASSWORD not in said
    assert "wrong words" not in said
    assert ours.key not in said
