"""Declared facts changed by form: each a version of the plan, with who and why."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from services.persistence import tables
from tests.integration.pages.conftest import form_of, text_of, words_in
from tests.integration.pipeline.conftest import Hospital

At = Callable[[str], FlaskClient]
SEPSIS, AIM = "/projects/sepsis/amend", "/aims/harm-21/amend"
DRIVER = "hsmr-88/sepsis"


def _send(client: FlaskClient, path: str, **filled: str) -> tuple[int, str]:
    answer = client.post(path, data=form_of(client, path, path) | {"reason": "agreed"} | filled)
    return answer.status_code, answer.get_data(as_text=True)


def _reviewed_by_its_own_cadence(northfield: Hospital, client: FlaskClient) -> None:
    cadence = f"{SEPSIS}/cadences"
    for filled, kept in (
        ({"review": "days", "review_every_days": "14"}, (None, 14)),
        ({"review": "board", "review_every_days": "21"}, ("board", None)),
        ({"review": "plan"}, (None, None)),
    ):
        assert _send(client, cadence, **filled)[0] == 303
        project = northfield.services.plan_store.current(northfield.id).projects["sepsis"]
        assert (project.review, project.review_every_days) == kept
    assert "Review every days" in text_of(client, cadence)


def test_a_prediction_time_a_partner_and_an_aim_are_changed(
    northfield: Hospital, at_browser: At
) -> None:
    client, plan_of = at_browser("executive"), northfield.services.plan_store.current
    first = plan_of(northfield.id)
    served = first.projects["sepsis"].serves[0].driver
    path = f"{SEPSIS}/predictions"
    assert f'href="{path}"' in client.get("/projects/sepsis").get_data(as_text=True)
    assert _send(client, path, driver=served, effect="7", reach="0.9", belief="0.5")[0] == 303
    (serve,) = plan_of(northfield.id).projects["sepsis"].serves
    assert (serve.driver, serve.effect, serve.reach, serve.belief) == (served, 7, 0.9, 0.5)
    said = text_of(client, path)
    assert "by Chief medical officer" in said
    assert "agreed" in said
    assert f"version {first.version + 1} of the plan" in said
    time = f"{SEPSIS}/allocations"
    assert _send(client, time, person="ed-sister", fte="0.3", planned="0.5")[0] == 303
    held = plan_of(northfield.id).projects["sepsis"].allocations
    assert [(a.person, a.fte, a.planned) for a in held][-1] == ("ed-sister", 0.3, 0.5)
    assert _send(client, time, person="ed-sister")[0] == 303
    assert "ed-sister" not in {
        a.person for a in plan_of(northfield.id).projects["sepsis"].allocations
    }
    _reviewed_by_its_own_cadence(northfield, client)
    team = f"{AIM}/partners"
    assert _send(client, team, person="advisor", change="joins")[0] == 303
    assert "advisor" in plan_of(northfield.id).aims["harm-21"].partners
    assert _send(client, team, person="advisor", change="leaves")[0] == 303
    assert "advisor" not in plan_of(northfield.id).aims["harm-21"].partners
    assert _send(client, f"{AIM}/revisions", target="23", reason="the board eased it")[0] == 303
    aim = plan_of(northfield.id).aims["harm-21"]
    assert aim.primary is not None
    assert aim.primary.target == 23
    assert "the board eased it" in text_of(client, f"{AIM}/revisions")


def test_what_must_not_suffer_groups_and_a_definition_are_changed(
    northfield: Hospital, at_browser: At
) -> None:
    client, plan_of = at_browser("executive"), northfield.services.plan_store.current
    measure = plan_of(northfield.id).aims["harm-21"].measures[0].measure
    beside = f"{AIM}/balancing"
    assert f'href="{beside}"' in client.get("/aims/harm-21").get_data(as_text=True)
    assert _send(client, beside, measure="hsmr", change="watched")[0] == 303
    assert plan_of(northfield.id).aims["harm-21"].balancing == ("hsmr",)
    assert _send(client, beside, measure="hsmr", change="left")[0] == 303
    assert plan_of(northfield.id).aims["harm-21"].balancing == ()
    groups = f"{AIM}/groups"
    nameless = _send(client, groups, group="deprived", change="compared")
    assert nameless[0] == 422
    assert "give its name" in nameless[1]
    named = {"group": "deprived", "name": "Most deprived fifth", "change": "compared"}
    assert _send(client, groups, **named)[0] == 303
    plan = plan_of(northfield.id)
    assert plan.strata["deprived"].name == "Most deprived fifth"
    assert plan.measures[measure].strata == ("deprived",)
    assert "agreed" in text_of(client, groups)
    assert _send(client, groups, group="deprived", change="left")[0] == 303
    assert plan_of(northfield.id).measures[measure].strata == ()
    _counted_anew(northfield, client, measure)


def _counted_anew(northfield: Hospital, client: FlaskClient, measure: str) -> None:
    anew, plan_of = f"{AIM}/definitions", northfield.services.plan_store.current
    for filled, says in (
        ({"target": "20"}, "Fill in at least one"),
        ({"target": "20", "baseline_from": "2024-01"}, "first and last period"),
        ({"target": "20", "baseline": "40", "baseline_from": "2024-01"}, "or its first and last"),
    ):
        status, page = _send(client, anew, **filled)
        assert (status, says in page) == (422, True), says
    assert _send(client, anew, target="20", baseline="40")[0] == 303
    plan = plan_of(northfield.id)
    judged = plan.aims["harm-21"].measures[0]
    assert (plan.measures[measure].definition, judged.definition, judged.target) == (2, 2, 20)
    assert judged.baseline is not None
    assert (judged.baseline.value, judged.baseline.first) == (40, None)
    span = {"target": "19", "baseline_from": "2024-01", "baseline_to": "2024-10"}
    assert _send(client, anew, **span)[0] == 303
    judged = plan_of(northfield.id).aims["harm-21"].measures[0]
    assert judged.definition == 3
    assert judged.baseline is not None
    assert judged.baseline.value is None


def test_what_is_wrong_is_said_and_nothing_changes(northfield: Hospital, at_browser: At) -> None:
    client, store = at_browser("executive"), northfield.services.plan_store
    before = store.current(northfield.id).version
    driver = store.current(northfield.id).projects["sepsis"].serves[0].driver
    for path, filled, field in (
        (f"{SEPSIS}/predictions", {"driver": driver, "belief": "1.5"}, "belief"),
        (f"{SEPSIS}/predictions", {"driver": driver, "effect": "much"}, "effect"),
        (f"{SEPSIS}/predictions", {"driver": ""}, "driver"),
        (f"{SEPSIS}/allocations", {"person": "ed-sister", "fte": "0.5", "reason": ""}, "reason"),
        (f"{SEPSIS}/cadences", {"review": "days"}, "review_every_days"),
        (
            f"{SEPSIS}/cadences",
            {"review": "days", "review_every_days": "0"},
            "review_every_days",
        ),
        (f"{SEPSIS}/cadences", {"review": ""}, "review"),
        (f"{AIM}/revisions", {"deadline": "soon"}, "deadline"),
        (f"{AIM}/revisions", {}, "target"),
    ):
        status, page = _send(client, path, **filled)
        assert status == 422, (path, filled)
        assert re.search(rf'id="{field}-error" role="alert">[^<]+<', page), words_in(page)
        assert all(f'"{text}"' in page for text in filled.values() if text)
    assert store.current(northfield.id).version == before
    path = f"{AIM}/revisions"
    stale = form_of(client, path, path) | {"target": "24", "reason": "late"}
    assert _send(client, path, target="22")[0] == 303
    answer = client.post(path, data=stale)
    assert answer.status_code == 409
    assert "The plan has changed" in words_in(answer.get_data(as_text=True))
    owner = at_browser("owner")
    assert owner.get(path).status_code == 403
    assert "/amend/" not in owner.get("/projects/sepsis").get_data(as_text=True)
    assert client.get(f"{AIM}/predictions").status_code == 404


def test_an_aim_is_closed_by_minute_and_its_alerts_end(
    northfield: Hospital, at_browser: At
) -> None:
    client, path = at_browser("executive"), f"{AIM}/closings"
    said = {"ended": "2025-08-20", "outcome": "withdrawn", "minute": "25/88"}
    assert _send(client, path, **said | {"minute": ""})[0] == 422
    assert _send(client, path, **said | {"successor": "hsmr-88"})[0] == 422
    assert _send(client, path, **said)[0] == 303
    aim = northfield.services.plan_store.current(northfield.id).aims["harm-21"]
    assert (str(aim.ended), aim.outcome, aim.outcome_minute) == tuple(said.values())
    northfield.judge()
    about = northfield.rows(tables.alert, tables.alert.c.about == "aim:harm-21")
    assert {alert.state for alert in about} == {"resolved"}
    assert any("as withdrawn (minute 25/88)" in alert.reason for alert in about)
    assert "25/88" in text_of(client, path)
