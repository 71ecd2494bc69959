"""What roles may do: nothing is open by default, and who may only look changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from services.bootstrap import Options, Services
from tests.worlds import World, browser, csrf_token, make_world, rows_of
from web.app import create_app
from web.context import WebOptions
from web.identity import needs_role, signed_in

SECRETS = ("k" * 40,)
OPEN = {
    "static",
    "session.sign_in",
    "session.sign_out",
    "session.set_password",
    "session.demo_sign_in",
}
MACHINES = ("/api/", "/openapi.json", "/healthz", "/readyz", "/metrics")
MAILBOX = "mailbox."
UNTOLD = ("session", "audit_log", "api_key")


@pytest.fixture
def held(sqlite_url: str) -> Iterator[Services]:
    """The services, on SQLite."""
    services = Services(Options(sqlite_url, SECRETS))
    yield services
    services.close()


@pytest.fixture
def north(held: Services) -> World:
    """An organisation."""
    return make_world(held, "north")


def _pages(app: Flask, method: str) -> list[Rule]:
    """The pages' routes of a method that are not open on purpose."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or set())
        and rule.endpoint not in OPEN
        and not rule.rule.startswith(MACHINES)
    ]


def _path(app: Flask, rule: Rule, world: World) -> str:
    values: dict[str, object] = {}
    for name in rule.arguments:
        values[name] = next(
            (
                value
                for word, value in (
                    ("project", world.project),
                    ("alert", world.alert_id),
                    ("aim", world.aim),
                    ("person", f"{world.slug}-executive"),
                )
                if word in name
            ),
            world.alert_id,
        )
    with app.test_request_context():
        built = rule.build(values, append_unknown=False)
    assert built is not None, rule
    return built[1]


@pytest.fixture
def production(held: Services) -> Flask:
    """The app as it runs in production."""
    return create_app(held, WebOptions(SECRETS))


def test_without_signing_in_every_page_leads_to_the_door(production: Flask, north: World) -> None:
    client = production.test_client()
    for rule in _pages(production, "GET"):
        answer = client.get(_path(production, rule, north))
        if rule.endpoint.startswith(MAILBOX):
            assert answer.status_code == 404, rule
        else:
            assert answer.status_code == 303, rule
            assert answer.headers["Location"].startswith("/sign-in"), rule
        assert "north secret" not in answer.get_data(as_text=True)


def test_whoever_may_only_look_changes_nothing(
    production: Flask, held: Services, north: World
) -> None:
    before = rows_of(held.engine, leaving_out=UNTOLD)
    client = browser(production, north.logins["viewer"])
    for rule in _pages(production, "POST"):
        form = {"csrf_token": csrf_token(client), "note": "x"}
        answer = client.post(_path(production, rule, north), data=form)
        expected = 404 if rule.endpoint.startswith(MAILBOX) else 403
        assert answer.status_code == expected, rule
    assert rows_of(held.engine, leaving_out=UNTOLD) == before


def test_a_guest_of_the_demo_looks_and_changes_nothing(held: Services, north: World) -> None:
    demo = create_app(held, WebOptions(SECRETS, embedded=True, demo=True))
    before = rows_of(held.engine, leaving_out=UNTOLD)
    for rule in _pages(demo, "POST"):
        client = demo.test_client()
        form = {"csrf_token": csrf_token(client), "note": "x"}
        answer = client.post(_path(demo, rule, north), data=form)
        assert answer.status_code in {303, 403}, rule
        if answer.status_code == 303:
            assert answer.headers["Location"].startswith("/sign-in"), rule
    assert rows_of(held.engine, leaving_out=UNTOLD) == before


@pytest.mark.parametrize(
    ("wanted", "let_in"),
    [
        ((), {"admin", "executive", "owner", "viewer"}),
        (("admin",), {"admin"}),
        (("executive", "owner"), {"executive", "owner"}),
        (("viewer",), {"viewer"}),
    ],
)
def test_a_page_lets_in_the_roles_it_names(
    held: Services, north: World, wanted: tuple[str, ...], let_in: set[str]
) -> None:
    app = create_app(held, WebOptions(SECRETS))

    @app.get("/probe")
    @needs_role(*wanted)
    def probe() -> str:
        return signed_in().login

    for role, login in north.logins.items():
        answer = browser(app, login).get("/probe")
        assert answer.status_code == (200 if role in let_in else 403), role
    turned_away = app.test_client().get("/probe?a=1")
    assert turned_away.status_code == 303
    assert turned_away.headers["Location"] == "/sign-in?next=/probe?a%3D1"


def test_attempts_are_counted_where_the_store_is_away(
    make_throttled: Callable[[str], Flask], north: World
) -> None:
    client = make_throttled("redis://127.0.0.1:1/0").test_client()
    tries = []
    for number in range(21):
        form = {"csrf_token": csrf_token(client), "login": f"x{number}", "password": "wrong"}
        tries.append(client.post("/sign-in", data=form).status_code)
    assert tries == [401] * 20 + [429]


def test_attempts_are_counted_across_processes(
    make_throttled: Callable[[str], Flask], redis_url: str, north: World
) -> None:
    one, other = make_throttled(redis_url).test_client(), make_throttled(redis_url).test_client()
    for client in (one, other) * 3:
        form = {"csrf_token": csrf_token(client), "login": "someone", "password": "wrong"}
        last = client.post("/sign-in", data=form).status_code
    assert last == 429


@pytest.fixture
def make_throttled(held: Services) -> Callable[[str], Flask]:
    """An app that counts attempts in the store named."""
    return lambda url: create_app(held, WebOptions(SECRETS, throttle_storage=url))
