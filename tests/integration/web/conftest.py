"""The app over either database, with two organisations in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from services.access import passwords
from services.bootstrap import Options, Services
from tests.worlds import World, make_world
from web.app import create_app
from web.context import WebOptions

SECRETS = ("k" * 40,)


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap argon2 parameters: these tests make accounts by the dozen."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    passwords._decoy.cache_clear()


@pytest.fixture
def services(database_url: str) -> Iterator[Services]:
    """The services of an embedded deployment without workers."""
    held = Services(Options(database_url, SECRETS, embedded=True))
    yield held
    held.close()


@pytest.fixture
def ours(services: Services) -> World:
    """The organisation that asks."""
    return make_world(services, "north")


@pytest.fixture
def theirs(services: Services, ours: World) -> World:
    """Another organisation of the same deployment."""
    return make_world(services, "south")


@pytest.fixture
def make_app(services: Services) -> Callable[..., Flask]:
    """An app with other options than the usual ones."""

    def make(**options: object) -> Flask:
        app = create_app(services, WebOptions(SECRETS, **options))  # type: ignore[arg-type]
        app.config["TESTING"] = False
        app.config["PROPAGATE_EXCEPTIONS"] = False
        return app

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The app as it runs embedded."""
    return make_app(embedded=True, hosts=("localhost", "127.0.0.1"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser, or a feed."""
    return app.test_client()
