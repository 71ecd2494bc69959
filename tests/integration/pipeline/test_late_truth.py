"""Late truth: corrections and back-dated events, posted over HTTP, judged by a worker's step."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.access.keys import SCOPES
from services.bootstrap import Services
from services.persistence import tables
from tests.integration.pipeline.conftest import HARM, HSMR, Hospital, month
from tests.worlds import ACTOR
from web.app import create_app
from web.context import WebOptions

SECRETS = ("k" * 40,)
MEDICINES = {"project": "medicines", "milestone": "pilot"}


@pytest.fixture
def client(hospital: Hospital) -> FlaskClient:
    return create_app(hospital.services, WebOptions(SECRETS, embedded=True)).test_client()


@pytest.fixture
def bearer(hospital: Hospital) -> dict[str, str]:
    issued = hospital.services.keys.create(hospital.id, "feed", SCOPES, actor=ACTOR)
    return {"Authorization": f"Bearer {issued.secret}"}


class Asked:
    """The API as a feed and as a reader, and the worker's step between."""

    def __init__(self, hospital: Hospital, client: FlaskClient, bearer: dict[str, str]) -> None:
        self.hospital, self.client, self.bearer = hospital, client, bearer

    def post(self, kind: str, **item: Any) -> None:
        answer = self.client.post(f"/api/v1/{kind}", json=item, headers=self.bearer)
        assert answer.status_code == 202, answer.get_json()
        self.hospital.judge()
        self.hospital.deliver()

    def why(self, aim: str, **query: str) -> Any:
        path = f"/api/v1/aims/{aim}/why"
        answer = self.client.get(path, headers=self.bearer, query_string=query)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    def messages(self) -> list[Any]:
        return self.hospital.rows(tables.message)

    def alert(self, expectation: str, about: str) -> Any:
        (found,) = [
            a
            for a in self.hospital.rows(tables.alert)
            if (a.expectation, a.about) == (expectation, about)
        ]
        return found

    def steps(self, alert: Any) -> list[Any]:
        return self.hospital.rows(tables.alert_event, tables.alert_event.c.alert_id == alert.id)


@pytest.fixture
def asked(hospital: Hospital, client: FlaskClient, bearer: dict[str, str]) -> Asked:
    return Asked(hospital, client, bearer)


def _by_month(hospital: Hospital, measure: str, values: tuple[float, ...]) -> None:
    """Hand in the history to October 2024, then a value a month, each on the 20th after."""
    hospital.feed(measure, values[:10])
    hospital.judge()
    for number in range(10, len(values)):
        year, at = divmod(number + 1, 12)
        hospital.at(2024 + year, at + 1, 20)
        hospital.post(
            "measurements", {"measure": measure, "period": month(number), "value": values[number]}
        )
        hospital.judge()
        hospital.deliver()


def test_values_in_time_restate_nothing(hospital: Hospital) -> None:
    _by_month(hospital, "harm", HARM)
    assert hospital.status("harm-21") == "deteriorating"
    assert hospital.rows(tables.restatement) == []


def test_a_correction_restates_the_months_it_changes_and_says_why(asked: Asked) -> None:
    hospital = asked.hospital
    _by_month(hospital, "harm", HARM)
    opened = asked.alert("STATUS", "aim:harm-21")
    assert opened.state == "open"
    told = len(asked.messages())
    hospital.at(2025, 8, 25)
    late = [15 * (1 - n / 18) + 22 for n in range(8)]
    asked.client.post(
        "/api/v1/measurements",
        json=[
            {"measure": "harm", "period": month(10 + n), "value": round(v, 1)}
            for n, v in enumerate(late)
        ]
        + [{"measure": "harm", "period": "2025-07", "value": 26}],
        headers=asked.bearer,
    )
    hospital.judge()
    hospital.deliver()
    answer = asked.why("harm-21")
    assert answer["status"] == "on_track"
    (restated,) = [r for r in answer["restated"] if r["subject"] == "aim:harm-21"]
    assert any("of 2025-07 corrected from 55 to 26" in cause for cause in restated["causes"])
    assert any(text.endswith("deteriorating, now on track") for text in restated["months"])
    closed = asked.alert("STATUS", "aim:harm-21")
    assert closed.state == "resolved"
    last = asked.steps(closed)[-1]
    assert last.kind == "resolve"
    assert last.detail["restated"].startswith("Restated. By what is known now it was not so when")
    assert "Because: " in last.reason
    fresh = asked.messages()[told:]
    assert {m.content["state"] for m in fresh} == {"Back on track"}
    assert all("Restated." in m.content["reason"] for m in fresh)
    then = asked.why("harm-21", as_of="2025-08-20")
    assert then["status"] == "deteriorating"
    assert then["restated"] == []
    assert then["recomputed"]["same"]
    assert answer["recomputed"]["same"]


def test_a_correction_that_leaves_the_present_as_it_is_pages_nobody(asked: Asked) -> None:
    hospital = asked.hospital
    worse = (*HARM, 50, 51, 49, 52)
    _by_month(hospital, "harm", worse)
    assert hospital.status("harm-21") == "deteriorating"
    told = len(asked.messages())
    asked.post("measurements", measure="harm", period="2025-03", value=66)
    answer = asked.why("harm-21")
    assert answer["status"] == "deteriorating"
    (restated,) = [r for r in answer["restated"] if r["subject"] == "aim:harm-21"]
    assert restated["months"]
    assert restated["months"][0].startswith("2025-03")
    assert len(asked.messages()) == told
    assert asked.alert("STATUS", "aim:harm-21").state == "open"


def test_what_late_facts_say_while_no_data_comes_waits_for_the_next_value(asked: Asked) -> None:
    hospital = asked.hospital
    fine = [42, 41, 39, 38, 36, 35, 33]
    _by_month(hospital, "harm", (*HARM[:10], *fine))
    assert hospital.status("harm-21") == "on_track"
    hospital.at(2025, 11, 3)
    hospital.judge()
    told = [m for m in asked.messages() if m.content["kind"] == "status"]
    for period in ("2025-02", "2025-03", "2025-04", "2025-05"):
        asked.post("measurements", measure="harm", period=period, value=60)
    answer = asked.why("harm-21")
    assert answer["status"] == "deteriorating"
    assert answer["blind_since"] is not None
    own = answer["expectations"][0]
    assert (own["expectation"], own["state"], own["alert"]) == ("STATUS", "fails", None)
    assert "a month long past is not sent" in own["silence"]
    hospital.at(2025, 11, 10)
    hospital.judge()
    assert [m for m in asked.messages() if m.content["kind"] == "status"] == told
    for period in ("2025-06", "2025-07", "2025-08", "2025-09"):
        asked.post("measurements", measure="harm", period=period, value=61)
    assert len([m for m in asked.messages() if m.content["kind"] == "status"]) > len(told)


def test_a_milestone_told_late_restates_its_alert(asked: Asked) -> None:
    hospital = asked.hospital
    hospital.judge()
    hospital.at(2025, 3, 20)
    hospital.judge()
    hospital.deliver()
    about = "milestone:medicines/pilot"
    assert asked.alert("MIL-01", about).state == "open"
    told = len(asked.messages())
    asked.post("milestones", **MEDICINES, change="completed", on="2025-02-20")
    closed = asked.alert("MIL-01", about)
    assert closed.state == "resolved"
    last = asked.steps(closed)[-1]
    assert "By what is known now it was not so when it was told, on 2025-03-20" in last.reason
    assert "completed of 2025-02-20, told on 2025-03-20" in last.reason
    fresh = asked.messages()[told:]
    assert fresh
    assert all(m.content["state"] == "Resolved" for m in fresh)
    assert all("Restated." in m.content["reason"] for m in fresh)
    (restated,) = [
        r for r in asked.why("harm-21")["restated"] if r["subject"] == "project:medicines"
    ]
    assert restated["findings"]


def test_a_milestone_done_today_restates_nothing(asked: Asked) -> None:
    hospital = asked.hospital
    hospital.judge()
    hospital.at(2025, 3, 20)
    hospital.judge()
    asked.post("milestones", **MEDICINES, change="completed", on="2025-03-20")
    assert asked.alert("MIL-01", "milestone:medicines/pilot").state == "resolved"
    assert hospital.rows(tables.restatement) == []


def test_the_aim_its_alert_and_the_answer_say_restated(asked: Asked) -> None:
    hospital = asked.hospital
    _by_month(hospital, "harm", HARM)
    hospital.at(2025, 8, 25)
    asked.post("measurements", measure="harm", period="2025-07", value=26)
    alert = asked.alert("STATUS", "aim:harm-21")
    last = asked.steps(alert)[-1]
    assert (last.kind, last.status) == ("step", "off_track")
    assert "Restated. 2025-07: deteriorating, now off track. Because: " in last.reason
    page = hospital.services.reporting.aim(hospital.id, "harm-21")
    assert page is not None
    assert page.restated
    assert "corrected from 55 to 26" in page.restated[0].causes[0]


def test_a_feed_that_was_silent_is_not_restated(hospital: Hospital) -> None:
    """A late value that is the newest is data that came late, and stays so."""
    _by_month(hospital, "hsmr", HSMR[:14])
    hospital.at(2025, 5, 2)
    hospital.judge()
    hospital.post("measurements", {"measure": "hsmr", "period": "2025-03", "value": 103})
    hospital.judge()
    assert hospital.rows(tables.restatement) == []
    assert isinstance(hospital.services, Services)
