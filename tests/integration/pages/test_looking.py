"""What pages show of an organisation that was judged."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from services.access.accounts import AccountRequest
from services.persistence import tables
from services.rendering.charts import ChartFailedError
from tests.integration.pages.conftest import SECRETS, text_of
from tests.integration.pipeline.conftest import Hospital
from tests.worlds import ACTOR, PASSWORD, browser
from web.app import create_app
from web.context import WebOptions

At = Callable[[str], FlaskClient]


def test_the_board_shows_every_aim_the_worst_first(at_browser: At) -> None:
    page = text_of(at_browser("viewer"), "/")
    assert page.index("Deteriorating") < page.index("Less harm to patients in our care")
    assert page.index("Less harm") < page.index("An appointment within ten days")
    assert "July 2025 55.0" in page
    assert "Sponsor: Chief nursing officer" in page
    assert "2025-07" not in page


def test_the_board_says_it_without_colour_and_without_eyes(at_browser: At) -> None:
    html = at_browser("viewer").get("/").get_data(as_text=True)
    assert 'aria-label="Harm per 1,000 patient-days, 19 values, the last 55.0 in July 2025' in html
    assert re.search(r'class="status deteriorating"><svg class="shape".*?<span>Deteriorating', html)
    assert "style=" not in html
    assert not re.search(r"<script(?! src=)", html)


def test_an_empty_board_says_how_to_begin(northfield: Hospital) -> None:
    held = northfield.services
    new = held.organisations.create("stmarys", "St Mary's", "Europe/London")
    wanted = AccountRequest("first", ("viewer",), password=PASSWORD)
    held.accounts.create(new.id, wanted, actor=ACTOR)
    page = text_of(browser(create_app(held, WebOptions(SECRETS)), "first"), "/")
    assert "No aim yet" in page
    assert "{id: stmarys, …}" in page
    assert "bigdot plan apply" in page
    assert "Less harm" not in page


def test_tiles_come_again_only_when_something_changed(northfield: Hospital, at_browser: At) -> None:
    client = at_browser("viewer")
    found = re.search(r'data-mark="([^"]+)"', client.get("/").get_data(as_text=True))
    assert found
    assert client.get(f"/tiles?seen={found[1]}").status_code == 204
    northfield.post("measurements", {"measure": "harm", "period": "2025-07", "value": 40})
    northfield.judge()
    fresh = client.get(f"/tiles?seen={found[1]}")
    assert fresh.status_code == 200
    assert "July 2025" in fresh.get_data(as_text=True)
    assert "<html" not in fresh.get_data(as_text=True)


def test_a_board_whose_session_ended_is_led_to_the_door(at_browser: At) -> None:
    client = at_browser("viewer")
    client.delete_cookie("bigdot")
    polled = client.get("/tiles", headers={"HX-Request": "true"})
    assert (polled.status_code, polled.headers["HX-Refresh"]) == (204, "true")
    assert client.get("/tiles").status_code == 303


def test_an_aim_says_how_good_by_when_and_why(at_browser: At) -> None:
    page = text_of(at_browser("viewer"), "/aims/harm-21")
    assert "Harm per 1,000 patient-days from 42.5 to 21.0 by December 2025" in page
    assert "Adopted by Board on 1 November 2024, minute 24/118" in page
    assert "Deteriorating since July 2025" in page
    assert "The aim keeps to its path Not so" in page
    assert "data to July 2025" in page
    assert "Jul 2025 55.0" in page


def test_an_aim_says_its_chart_its_rules_and_its_icons(at_browser: At) -> None:
    client = at_browser("viewer")
    page = text_of(client, "/aims/harm-21")
    assert "XmR chart; Making Data Count rules (NHS England), mdc version 1." in page
    assert (
        "Limits rest on the baseline, January 2024 to October 2024. The baseline is not of" in page
    )
    assert "Special cause, for the worse: values are high" in page
    assert "Special causes (1) July 2025: 55.0 is above the limit" in page
    assert "Jul 2025 55.0" in page
    html = client.get("/aims/harm-21").text
    found = re.search(r'alt="(Harm per 1,000 patient-days over time: [^"]+)"', html)
    assert found
    assert "the last value is 55.0 per 1,000 patient-days, July 2025" in found[1]
    assert "1 point marked as special cause" in found[1]
    icon = r'<svg[^>]*role="img" aria-label="special cause variation: concern, values are high">'
    for path in ("/", "/aims/harm-21"):
        shown = client.get(path).text
        assert re.search(icon, shown), path
        assert shown.count("What the icons mean") == 1
    assert client.get("/aims/harm-21/chart.svg?view=between").status_code == 404


def test_who_answers_is_a_role_to_executives_and_a_name_to_owners(at_browser: At) -> None:
    assert "(project leader)" in text_of(at_browser("executive"), "/aims/harm-21")
    assert "(project leader: " in text_of(at_browser("owner"), "/aims/harm-21")


def test_a_chart_is_drawn_once_in_a_process_of_its_own(
    northfield: Hospital, at_browser: At
) -> None:
    client = at_browser("viewer")
    first = client.get("/aims/harm-21/chart.svg?look=dark-narrow")
    assert first.status_code == 200
    assert first.mimetype == "image/svg+xml"
    assert first.get_data().startswith(b"<svg")
    again = client.get("/aims/harm-21/chart.svg?look=dark-narrow", headers={
        "If-None-Match": first.headers["ETag"]
    })  # fmt: skip
    assert again.status_code == 304
    assert client.get("/aims/harm-21/chart.svg?look=neon").status_code == 404
    assert client.get("/aims/harm-21/chart.svg?measure=hsmr").status_code == 404


def test_without_its_drawing_the_page_still_has_its_table(
    northfield: Hospital, at_browser: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(spec: object) -> str:
        raise ChartFailedError("away")

    monkeypatch.setattr(northfield.services.charts, "svg", fail)
    client = at_browser("viewer")
    answer = client.get("/aims/harm-21/chart.svg")
    assert answer.status_code == 503
    assert "its figures are in the table below" in answer.get_data(as_text=True)
    assert "Jul 2025 55.0" in text_of(client, "/aims/harm-21")


def test_a_project_shows_its_dates_and_its_people(at_browser: At) -> None:
    page = text_of(at_browser("viewer"), "/projects/sepsis")
    assert "Pilot on two wards Done on 20 January 2025" in page
    assert "51 days late" in page
    assert "Leader Emergency department sister" in page
    assert "Log something" not in page


def test_alerts_tell_what_happened_and_who_was_told(at_browser: At) -> None:
    client = at_browser("viewer")
    html = client.get("/alerts").get_data(as_text=True)
    found = re.search(r'href="(/alerts/\d+)"><strong>Deteriorating', html)
    assert found
    page = text_of(client, found[1])
    assert "Opened: deteriorating" in page
    by_mail = re.search(r"Chief nursing officer by mail: sent ([\w ]+, [\d:]+)", page)
    opened = re.search(r"Opened: deteriorating ([\w ]+, [\d:]+)", page)
    assert by_mail
    assert opened
    assert by_mail[1][:-2] == opened[1][:-2], "told by the clock by which it was judged"


def test_an_alert_tells_why_a_message_was_not_sent(northfield: Hospital, at_browser: At) -> None:
    why = {"state": "dropped", "sent_at": None, "last_error": "resolved before it was sent"}
    with northfield.services.engine.begin() as connection:
        connection.execute(tables.message.update().values(**why))
    client = at_browser("viewer")
    found = re.search(r'href="(/alerts/\d+)"><strong>Det', client.get("/alerts").text)
    assert found
    told = "Chief nursing officer by mail: not sent: resolved before it was sent"
    assert told in text_of(client, found[1])


def test_a_moved_clock_is_told_beside_the_times_of_messages(
    northfield: Hospital, at_browser: At
) -> None:
    client = at_browser("viewer")
    found = re.search(r'href="(/alerts/\d+)"><strong>Det', client.get("/alerts").text)
    assert found
    embedded = create_app(northfield.services, WebOptions(SECRETS, embedded=True)).test_client()
    moved = "The clock was moved: aims are judged as of 20 August 2025, "
    assert f"{moved}13:00" in text_of(client, found[1]), "London's summer time"
    page = text_of(embedded, "/mailbox")
    assert f"Times are those of UTC. {moved}12:00" in page
    northfield.services.clock.run_with_system()
    assert "The clock was moved" not in text_of(client, found[1]) + text_of(embedded, "/mailbox")


def test_a_mailbox_that_others_may_reach_is_an_admins(northfield: Hospital) -> None:
    held = northfield.services
    app = create_app(held, WebOptions(SECRETS, embedded=True, exposed=True))
    client = app.test_client()
    every = held.reporting.mails(None)
    for path in ("/mailbox", "/mailbox.json", f"/mailbox/{every[0].id}/html"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"][:9]) == (303, "/sign-in?")
    assert browser(app, "viewer").get("/mailbox").status_code == 403
    admin = browser(app, "admin")
    assert len(admin.get("/mailbox.json").get_json()) == len(every)
    other = held.organisations.create("elsewhere", "Elsewhere", "UTC")
    with held.engine.begin() as connection:
        one = tables.mailbox.c.id == every[0].id
        connection.execute(tables.mailbox.update().where(one).values(organisation_id=other.id))
    assert len(admin.get("/mailbox.json").get_json()) == len(every) - 1
    assert admin.get(f"/mailbox/{every[0].id}").status_code == 404


def test_the_mailbox_needs_no_sign_in_and_exists_embedded_only(northfield: Hospital) -> None:
    embedded = create_app(northfield.services, WebOptions(SECRETS, embedded=True)).test_client()
    mails = embedded.get("/mailbox.json").get_json()
    assert set(mails[0]) == {"id", "to", "subject", "sent_at", "text", "message_id"}
    assert [mail["id"] for mail in mails] == sorted((m["id"] for m in mails), reverse=True)
    (bad,) = (mail for mail in mails if mail["subject"].startswith("Deteriorating"))
    assert bad["to"] in text_of(embedded, f"/mailbox/{bad['id']}")
    letter = embedded.get(f"/mailbox/{bad['id']}/html")
    assert "sandbox" in letter.headers["Content-Security-Policy"]
    assert "Less harm to patients in our care" in letter.get_data(as_text=True)
    for wrong in ("0", "999999", "x", "9" * 40):
        assert embedded.get(f"/mailbox/{wrong}").status_code == 404
    production = browser(create_app(northfield.services, WebOptions(SECRETS)), "admin")
    for path in ("/mailbox", "/mailbox.json", f"/mailbox/{bad['id']}"):
        assert production.get(path).status_code == 404


def test_times_are_on_the_visitors_clock(northfield: Hospital, at_browser: At) -> None:
    assert "20 August 2025, 13:00" in text_of(at_browser("viewer"), "/alerts")
