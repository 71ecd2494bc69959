"""Why, and why not: asked by API, on the page, and on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from config.settings import settings
from services.access.keys import SCOPES
from tests.integration.pages.conftest import text_of
from tests.integration.pipeline.conftest import Hospital
from tests.worlds import ACTOR
from web.cli import main

At = Callable[[str], FlaskClient]
HARM = "/api/v1/aims/harm-21/why"


@pytest.fixture
def bearer(northfield: Hospital) -> dict[str, str]:
    issued = northfield.services.keys.create(northfield.id, "reader", SCOPES, actor=ACTOR)
    return {"Authorization": f"Bearer {issued.secret}"}


@pytest.fixture
def ask(at_browser: At, bearer: dict[str, str]) -> Callable[..., Any]:
    client = at_browser("viewer")

    def asked(path: str, **query: str) -> Any:
        answer = client.get(path, headers=bearer, query_string=query)
        return answer.status_code, answer.get_json()

    return asked


def _of(answer: Any, expectation: str, about: str) -> Any:
    (found,) = [
        said
        for said in answer["expectations"]
        if (said["expectation"], said["about"]) == (expectation, about)
    ]
    return found


def test_it_says_what_was_sent_by_which_expectation_to_whom(ask: Callable[..., Any]) -> None:
    status, answer = ask(HARM)
    assert status == 200
    assert answer["status"] == "deteriorating"
    own = _of(answer, "STATUS", "aim:harm-21")
    assert own["state"] == "fails"
    assert own["inputs"]["value"] == 55
    (alert,) = [a for a in answer["alerts"] if a["id"] == own["alert"]]
    assert alert["is_open"]
    told = [(one["to"], one["channel"], one["state"]) for one in alert["steps"][0]["told"]]
    assert ("Chief nursing officer", "mail", "sent") in told
    assert _of(answer, "TRJ-01", "aim:harm-21")["silence"] == "Told as the aim's status."


def test_it_says_of_all_else_why_nothing_was_sent(ask: Callable[..., Any]) -> None:
    _, answer = ask(HARM)
    states = {said["state"] for said in answer["expectations"]}
    assert states >= {"fails", "fails in shadow", "waits", "holds"}
    for said in answer["expectations"]:
        assert said["reason"], said
        assert said["silence"], said
    subjects = {said["subject"].partition(":")[0] for said in answer["expectations"]}
    assert subjects == {"aim", "project", "measure", "person", "organisation"}
    late = _of(answer, "DAT-01", "measure:harm")
    assert (late["state"], late["silence"]) == ("holds", "It is so: there is nothing to tell.")
    assert answer["next_due"] is not None


def test_every_judgement_comes_out_the_same_again(ask: Callable[..., Any]) -> None:
    _, answer = ask(HARM)
    again = answer["recomputed"]
    assert again["same"]
    assert len(again["evaluations"]) > 8
    assert all(each["again"] == {"same": True, "differs": []} for each in again["evaluations"])


def test_a_judgement_that_comes_out_otherwise_says_in_what(
    ask: Callable[..., Any], northfield: Hospital
) -> None:
    with northfield.services.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE measurement SET value = 40 WHERE measure = 'harm' AND value = 55"
        )
    _, answer = ask(HARM)
    assert not answer["recomputed"]["same"]
    own = answer["recomputed"]["evaluations"][0]
    assert own["subject"] == "aim:harm-21"
    assert any(text.startswith("status: deteriorating then") for text in own["again"]["differs"])


def test_the_two_questions_and_the_chain_stand_in_the_answer(ask: Callable[..., Any]) -> None:
    _, answer = ask(HARM)
    asked = answer["questions"]
    assert asked["executing"]
    assert asked["working"]
    assert asked["response"]
    assert {part["id"] for part in asked["projects"]} <= {"medicines", "infections", "falls"}
    assert len(answer["chain"]) <= 3
    for link in answer["chain"]:
        assert link["closes"], link
    _, listed = ask("/api/v1/aims")
    assert {aim["id"]: aim["diagnosis"] and aim["diagnosis"]["answer"] for aim in listed["items"]}[
        "harm-21"
    ] == asked["answer"]


def test_the_list_of_aims_says_what_would_change_each(ask: Callable[..., Any]) -> None:
    _, answer = ask(HARM)
    _, listed = ask("/api/v1/aims")
    [aim] = [aim for aim in listed["items"] if aim["id"] == "harm-21"]
    assert aim["would_change"] == answer["would_change"] is not None
    assert aim["probability"] == aim["forecast"]["probability"]
    assert aim["since"] == answer["since"]


@pytest.mark.parametrize(
    ("as_of", "status", "says"),
    [
        ("2024-01-01", 404, "The aim was first judged on 20 August 2025"),
        ("2025-08-21", 400, "is yet to come: it is 20 August 2025"),
        ("20.08.2025", 400, "is no date, as in 2026-11-20"),
        ("2025-08-20", 200, None),
        ("2025-08-20T12:00:00+00:00", 200, None),
    ],
)
def test_a_time_that_cannot_be_asked_about_is_refused(
    ask: Callable[..., Any], at_browser: At, as_of: str, status: int, says: str | None
) -> None:
    found, answer = ask(HARM, as_of=as_of)
    assert found == status, answer
    assert says is None or says in answer["detail"]
    page = at_browser("viewer").get("/aims/harm-21/why", query_string={"as_of": as_of})
    assert page.status_code == status
    assert says is None or says in page.get_data(as_text=True).replace("&#39;", "'")


def test_the_page_says_it_in_words_and_is_led_to(northfield: Hospital, at_browser: At) -> None:
    client = at_browser("viewer")
    page = text_of(client, "/aims/harm-21/why")
    assert "Why, and why not: " in page
    assert "Judged again from the journal: the same comes out" in page
    assert "Chief nursing officer by mail: sent" in page
    assert "Are we executing the strategy?" in page
    assert "Fails in shadow" in page
    assert "/aims/harm-21/why" in client.get("/aims/harm-21").text
    alerts = client.get("/alerts").text
    number = alerts.split("/alerts/")[1].split('"')[0]
    assert "/why" in client.get(f"/alerts/{number}").text
    for line in northfield.services.reporting.alerts(northfield.id):
        shown = client.get(f"/alerts/{line.id}").text
        assert "/aims/" in shown, line
    assert text_of(client, "/aims/nowhere/why", 404)


def test_the_board_and_the_aim_say_the_answer_of_the_two_questions(at_browser: At) -> None:
    client = at_browser("viewer")
    assert "The two questions:" in text_of(client, "/")
    page = text_of(client, "/aims/harm-21")
    assert "Is the strategy working?" in page
    assert "What the answer rests on" in page
    assert "Closed by " in page


def test_the_command_says_the_same(northfield: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGDOT_DATABASE_URL", northfield.services.options.database_url)
    monkeypatch.setenv("BIGDOT_SECRET_KEY", "k" * 40)
    settings.cache_clear()

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(main, ("why", *arguments))

    said = run("harm-21")
    assert said.exit_code == 0, said.output
    assert "recomputed from the journal: the same" in said.stdout
    assert "Chief nursing officer by mail: sent" in said.stdout
    assert "Fails in shadow (" in said.stdout
    found = json.loads(run("harm-21", "--json").stdout)
    assert (found["aim"], found["recomputed"]["same"]) == ("harm-21", True)
    assert json.loads(run("harm-21", "--as-of", "2025-08-20", "--json").stdout) == found
    for arguments, code, says in (
        (("nowhere",), 1, "there is no aim 'nowhere'; the plan has: hsmr-88, harm-21"),
        (("harm-21", "--as-of", "soon"), 2, "'soon' is no date"),
        (("harm-21", "--as-of", "2024-01-01"), 1, "first judged on 20 August 2025"),
        (("harm-21", "--as-of", "2031-01-01"), 2, "yet to come"),
    ):
        failed = run(*arguments)
        assert (failed.exit_code, says in failed.output) == (code, True), failed.output
    settings.cache_clear()
