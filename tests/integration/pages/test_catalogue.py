"""The catalogue: every expectation as it stands here, and setting its numbers and its switch."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from services.alerting.lifecycle import Change
from services.framework.expectations.register import REGISTER, switch_of
from services.persistence import tables
from services.planning.document import load
from tests.integration.pages.conftest import form_of, text_of, words_in
from tests.integration.pipeline.conftest import Hospital

At = Callable[[str], FlaskClient]
MIL = "/catalogue/MIL-01"
REV = "/catalogue/REV-01"


def set_number(client: FlaskClient, path: str, **filled: str) -> tuple[int, str]:
    """Fill in the form for a number; the status, and the page's words."""
    sent = form_of(client, path, "parameters") | {"scope": "organisation", "reason": "why"} | filled
    answer = client.post(f"{path}/parameters", data=sent)
    return answer.status_code, unescape(words_in(answer.get_data(as_text=True)))


def test_every_expectation_is_listed_and_has_a_page(northfield: Hospital, at_browser: At) -> None:
    viewer = at_browser("viewer")
    listed = text_of(viewer, "/catalogue")
    for entry in REGISTER:
        rule = entry.expectation
        assert f"{rule.title} {rule.id}" in listed
    page = text_of(viewer, REV)
    for said in ("Review overdue", "In shadow", "default 35, allowed 7 to 180", "NIATx"):
        assert said in page
    assert "as the starter profile has it" in page
    assert "Set the number" not in page
    assert text_of(viewer, "/catalogue/XXX-99", 404)


def test_counts_say_what_is_found_told_and_in_shadow(northfield: Hospital, at_browser: At) -> None:
    now: dict[tuple[str, bool], int] = {}
    last = {row.subject_id: row.body for row in northfield.rows(tables.evaluation)}
    for body in last.values():
        for said in body["outcomes"]:
            if said["tripped"]:
                key = said["expectation"], said["shadow"]
                now[key] = now.get(key, 0) + 1
    tallies = northfield.services.reporting._store.tallies(northfield.id)
    assert {(i, False): t.told for i, t in tallies.items() if t.told} | {
        (i, True): t.shadow for i, t in tallies.items() if t.shadow
    } == now
    viewer = at_browser("viewer")
    shadowed = next(rule for rule, shadow in now if shadow)
    page = text_of(viewer, f"/catalogue/{shadowed}")
    assert f"Found now ({now[shadowed, True]})" in page
    assert "What it would have sent" in page
    assert "Opened:" in page


def test_a_number_is_set_told_and_exported(northfield: Hospital, at_browser: At) -> None:
    admin, plans = at_browser("admin"), northfield.services.plans
    before = plans.export(northfield.id)
    status, _ = set_number(admin, MIL, parameter="MIL-01.days", value="10", reason="winter is hard")
    assert status == 303
    exported = plans.export(northfield.id)
    assert load(exported).parameters == {"MIL-01.days": 10}
    page = text_of(admin, MIL)
    assert "10 days overdue" in page or "set for the organisation" in page
    assert "MIL-01.days: not set → 10" in page
    assert "“winter is hard” Improvement advisor" in page
    audit = northfield.services.audit.recent(northfield.id, 1)[0]
    assert (audit.actor, audit.via, audit.action) == ("advisor", "web", "plan.apply")
    again = plans.apply(northfield.id, exported, author="a", reason="again")
    assert again.changes == ()
    status, _ = set_number(admin, MIL, parameter="MIL-01.days", value="", reason="enough")
    assert status == 303
    assert plans.export(northfield.id).splitlines()[2:] == before.splitlines()[2:]


def test_an_aim_has_numbers_of_its_own(northfield: Hospital, at_browser: At) -> None:
    admin = at_browser("admin")
    path = "/catalogue/REV-02"
    status, _ = set_number(
        admin, path, parameter="REV-02.days", scope="aim:hsmr-88", value="80.5", reason="closely"
    )
    assert status == 303
    plan = northfield.services.plan_store.current(northfield.id)
    assert plan.aims["hsmr-88"].parameters == {"REV-02.days": 80.5}
    assert plan.aims["harm-21"].parameters == {}
    page = text_of(admin, path)
    assert "80.5 for Fewer deaths in hospital" in page
    assert "REV-02.days for Fewer deaths in hospital: not set → 80.5" in page


def test_what_cannot_be_is_refused_in_the_form(northfield: Hospital, at_browser: At) -> None:
    admin = at_browser("admin")
    versions = len(northfield.rows(tables.plan_version))
    wrong = {
        "MIL-01.days is 400, allowed is 0 to 90.": {"value": "400"},
        "'soon' is no number.": {"value": "soon"},
        "'1e999' is no number.": {"value": "1e999"},
        "Say why: the reason stays with the change.": {"value": "10", "reason": " "},
        "Choose one of the parameters.": {"parameter": "REV-01.days", "value": "10"},
        "Choose the organisation, an aim or a measure.": {"value": "10", "scope": "aim:hsmr-88"},
        "A reason is one line of at most 1000 characters.": {"value": "9", "reason": "a\nb"},
    }
    for said, filled in wrong.items():
        status, page = set_number(admin, MIL, **{"parameter": "MIL-01.days"} | filled)
        assert (status, said in page) == (422, True), (said, page)
    assert len(northfield.rows(tables.plan_version)) == versions


def test_a_switch_counts_at_once_and_goes_back(northfield: Hospital, at_browser: At) -> None:
    admin, store = at_browser("admin"), northfield.services.plan_store
    for word, comes_to in (("on", "on"), ("off", "off"), ("", "shadow")):
        sent = form_of(admin, REV, "switch") | {"switch": word, "reason": "tried on history"}
        assert admin.post(f"{REV}/switch", data=sent).status_code == 303
        assert switch_of(store.current(northfield.id), "REV-01").value == comes_to
    assert "REV-01: off → not set" in text_of(admin, REV)
    sent = form_of(admin, REV, "switch") | {"switch": "loud", "reason": "x"}
    assert admin.post(f"{REV}/switch", data=sent).status_code == 422


def test_who_looked_at_an_older_plan_is_told_so(northfield: Hospital, at_browser: At) -> None:
    admin = at_browser("admin")
    old = form_of(admin, MIL, "parameters") | {"scope": "organisation", "reason": "mine"}
    status, _ = set_number(admin, MIL, parameter="MIL-01.days", value="10", reason="first")
    assert status == 303
    answer = admin.post(f"{MIL}/parameters", data=old | {"parameter": "MIL-01.days", "value": "9"})
    assert answer.status_code == 409
    assert "The plan has changed since you opened this page" in answer.get_data(as_text=True)
    parameters = northfield.services.plan_store.current(northfield.id).parameters
    assert parameters == {"MIL-01.days": 10}
    no_version = old | {"parameter": "MIL-01.days", "value": "9", "base": "x"}
    assert admin.post(f"{MIL}/parameters", data=no_version).status_code == 409


def test_only_an_admin_with_a_token_sets_anything(northfield: Hospital, at_browser: At) -> None:
    forged = {"switch": "on", "reason": "x", "base": "1"}
    assert at_browser("admin").post(f"{REV}/switch", data=forged).status_code == 400
    for login in ("executive", "owner", "viewer"):
        client = at_browser(login)
        token = form_of(client, REV, "sign-out")
        assert client.post(f"{REV}/switch", data=forged | token).status_code == 403
    assert len(northfield.rows(tables.plan_version)) == 1


def test_a_setting_is_tried_on_the_history_before_it_is_made(
    northfield: Hospital, at_browser: At
) -> None:
    admin = at_browser("admin")
    asked = form_of(admin, MIL, "parameters") | {
        "parameter": "MIL-01.days",
        "scope": "organisation",
        "value": "0",
        "reason": "",
    }
    answer = admin.post(f"{MIL}/backtest", data=asked)
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert where == f"{MIL}/backtest?parameter=MIL-01.days&scope=organisation&value=0"
    page = text_of(admin, where)
    many = len(northfield.services.plan_store.current(northfield.id).projects)
    for said in (
        "Proposed: MIL-01.days 0 for the whole organisation .",
        f"{many} of {many} looked at.",
        "As it is: on",
        "As proposed: on",
        "Alerts that only the proposal sends",
        "A week",
        "What “came true” means",
    ):
        assert said in page
    assert len(northfield.rows(tables.plan_version)) == 1
    sent = form_of(admin, where, "parameters") | {"reason": "it was tried"}
    assert admin.post(f"{MIL}/parameters", data=sent).status_code == 303
    plan = northfield.services.plan_store.current(northfield.id)
    assert plan.parameters == {"MIL-01.days": 0}


def test_the_present_setting_tried_ends_where_the_alerts_stand(
    northfield: Hospital, at_browser: At
) -> None:
    live = {
        row.about
        for row in northfield.rows(tables.alert)
        if (row.expectation, row.state) == ("MIL-01", "open")
    }
    plan = northfield.services.plan_store.current(northfield.id)
    trial = northfield.services.trials.compare(
        northfield.id, "MIL-01", (plan, plan), lambda: False
    )  # fmt: skip
    standing = {}
    for sent in trial.now.sent:
        standing[sent.about] = sent.change is not Change.RESOLVE
    assert live
    assert {about for about, is_open in standing.items() if is_open} == live
    page = text_of(at_browser("executive"), f"{MIL}/backtest?switch=on")
    assert page.count(f"{trial.now.tally.opened} alerts:") == 2
    assert "Alerts that only the proposal sends (0)" in page
    assert "Set it" not in page


def test_a_rule_in_shadow_shows_what_it_would_send(northfield: Hospital, at_browser: At) -> None:
    executive = at_browser("executive")
    assert "Try it on our history" in text_of(executive, REV)
    page = text_of(executive, f"{REV}/backtest?switch=on")
    assert "As it is: in shadow" in page
    assert "Nothing is sent. Were it on:" in page
    assert "As proposed: on" in page
    assert "Alerts that only the proposal sends (0)" not in page
    assert text_of(executive, f"{REV}/backtest", 422)
    assert text_of(executive, f"{REV}/backtest?parameter=REV-01.days&value=1", 422)
    assert at_browser("owner").get(f"{REV}/backtest?switch=on").status_code == 403


def test_a_trial_that_takes_too_long_says_how_far_it_came(
    northfield: Hospital, at_browser: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.catalogue.LONGEST_SECONDS", 0)
    page = text_of(at_browser("executive"), f"{REV}/backtest?switch=on")
    assert "This took longer than 0 seconds, so only 1 of" in page
