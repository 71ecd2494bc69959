"""Northfield in August 2025, judged and told, with somebody of every role at a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from services.access import passwords
from services.access.accounts import AccountRequest
from tests.copies import Copies
from tests.integration.pipeline.conftest import (
    HARM,
    HSMR,
    Hospital,
    adopted,
    begun,
    hospital,
    serving,
)
from tests.worlds import ACTOR, PASSWORD, browser
from web.app import create_app
from web.context import WebOptions

__all__ = ["begun", "hospital"]
SECRETS = ("k" * 40,)
PEOPLE = {
    "admin": "advisor",
    "executive": "cmo",
    "owner": "ed-sister",
    "stranger": "clinic-manager",
    "viewer": None,
}


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap argon2 parameters."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    passwords._decoy.cache_clear()


def told(url: str) -> int:
    """Fill an empty database: two aims with values, one deteriorating; messages sent."""
    organisation = adopted(url)
    hospital = Hospital(serving(url), organisation)
    hospital.at(2025, 8, 20)
    hospital.feed("hsmr", HSMR)
    hospital.feed("harm", HARM)
    done = {"project": "sepsis", "milestone": "pilot", "change": "completed", "on": "2025-01-20"}
    assert hospital.post("milestones", done) == ["created"]
    hospital.judge()
    hospital.deliver()
    for login, person in PEOPLE.items():
        role = "owner" if login == "stranger" else login
        wanted = AccountRequest(login, (role,), password=PASSWORD, person=person)
        hospital.services.accounts.create(hospital.id, wanted, actor=ACTOR)
    hospital.services.close()
    return organisation


@pytest.fixture
def northfield(copies: Copies, quick_hashing: None) -> Iterator[Hospital]:
    """Two aims with values, one deteriorating; a milestone done; messages sent."""
    url, organisation = copies.of(told)
    hospital = Hospital(serving(url), organisation)
    yield hospital
    hospital.services.close()


@pytest.fixture
def app(northfield: Hospital) -> Flask:
    """The app as it runs embedded."""
    return create_app(northfield.services, WebOptions(SECRETS, embedded=True))


@pytest.fixture
def at_browser(app: Flask) -> Callable[[str], FlaskClient]:
    """A browser at which somebody signed in."""
    return lambda login: browser(app, login)


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    """The page's words, without tags."""
    answer = client.get(path)
    assert answer.status_code == status, path
    return words_in(answer.get_data(as_text=True))


def words_in(html: str) -> str:
    """HTML without its tags, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def form_of(client: FlaskClient, path: str, action: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    page = client.get(path).get_data(as_text=True)
    form = re.search(rf'<form[^>]*action="[^"]*{action}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form, f"{path} has no form for {action}"
    hidden = r'<input type="hidden" name="([^"]+)" value="([^"]+)"'
    return dict(re.findall(hidden, form.group(1)))
