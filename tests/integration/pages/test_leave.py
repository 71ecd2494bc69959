"""Leave by form: people their own, an admin anybody's; the cover is told, and it ends early."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from services.framework.plan import Person
from services.persistence import tables
from tests.integration.pages.conftest import form_of, text_of
from tests.integration.pipeline.conftest import Hospital

At = Callable[[str], FlaskClient]
PAGE = "/people/ed-sister/leave"
AWAY = {"since": "2025-08-20", "until": "2025-09-10", "cover": "ed-consultant"}


def _sister(northfield: Hospital) -> Person:
    return northfield.services.plan_store.current(northfield.id).people["ed-sister"]


def test_who_records_their_leave_is_covered_until_they_are_back(
    northfield: Hospital, at_browser: At
) -> None:
    client = at_browser("owner")
    assert text_of(client, "/people").count("Leave") == 1
    sent = form_of(client, PAGE, PAGE) | AWAY
    assert client.post(PAGE, data=sent).status_code == 303
    (away,) = _sister(northfield).away
    assert (str(away.since), str(away.until), away.cover) == tuple(AWAY.values())
    record = northfield.services.plan_store.record(northfield.id)
    assert record is not None
    assert (record.author, record.reason) == (
        "ed-sister",
        "Emergency department sister is on leave from 20 August 2025 to 10 September 2025",
    )
    said = "Away 20 August 2025 to 10 September 2025; Emergency department consultant covers"
    assert said in text_of(at_browser("viewer"), "/people")
    answers = "away until 10 September 2025; Emergency department consultant covers"
    assert answers in text_of(client, "/projects/sepsis")
    missed = {"project": "sepsis", "milestone": "pilot", "change": "reopened", "on": "2025-08-20"}
    assert northfield.post("milestones", {**missed, "reason": "Redone"}) == ["created"]
    northfield.judge()
    told = northfield.rows(tables.message, tables.message.c.recipient == "ed-consultant")
    assert "in place of Emergency department sister" in told[-1].content["cover"]
    northfield.at(2025, 8, 25)
    ended = form_of(client, PAGE, f"{PAGE}/end")
    assert client.post(f"{PAGE}/end", data=ended).status_code == 303
    assert [str(away.until) for away in _sister(northfield).away] == ["2025-08-24"]
    assert "is back" in northfield.services.plan_store.history(northfield.id)[-1].reason
    again = client.post(f"{PAGE}/end", data=ended)
    assert (again.status_code, "was over on" in again.get_data(as_text=True)) == (422, True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"since": ""}, "Fill this in."),
        ({"until": "soon"}, "Give a day"),
        ({"until": "2025-08-19"}, "It is before the first day"),
        ({"since": "2025-08-01", "until": "2025-08-19"}, "19 August 2025 is past"),
        ({"cover": "ed-sister"}, "Nobody covers for themselves."),
        ({"cover": "nobody"}, "Nobody is not among"),
        ({"cover": "cno"}, "Chief nursing officer is away all that time, too."),
        ({"since": "2025-10-05", "until": "2025-11-01"}, "is on leave from 1 October 2025"),
    ],
)
def test_a_leave_that_cannot_be_is_refused_at_its_field_and_changes_nothing(
    northfield: Hospital, at_browser: At, changed: dict[str, str], said: str
) -> None:
    client, plans = at_browser("admin"), northfield.services.plans
    away = "{from: 2025-10-01, to: 2025-10-09}"
    cno = "{from: 2025-08-01, to: 2025-12-31, cover: ceo}"
    people = f"people: [{{id: ed-sister, away: [{away}]}}, {{id: cno, away: [{cno}]}}]"
    plans.apply(northfield.id, f"bigdot: 1\n{people}", author="hr", reason="x")
    before = northfield.services.plan_store.record(northfield.id)
    answer = client.post(PAGE, data=form_of(client, PAGE, PAGE) | AWAY | changed)
    assert (answer.status_code, said in answer.get_data(as_text=True)) == (422, True)
    assert northfield.services.plan_store.record(northfield.id) == before


def test_an_admin_records_anybodys_and_others_their_own(
    northfield: Hospital, at_browser: At
) -> None:
    for login in ("executive", "viewer", "stranger"):
        assert at_browser(login).get(PAGE).status_code == 403
    admin = at_browser("admin")
    assert admin.get("/people/nobody/leave").status_code == 404
    sent = form_of(admin, PAGE, PAGE) | AWAY | {"since": "2025-09-01", "cover": ""}
    assert admin.post(PAGE, data=sent).status_code == 303
    assert [away.cover for away in _sister(northfield).away] == [None]
    page = text_of(admin, PAGE)
    assert "nobody covers" in page
    assert "Take it out" in page
    ended = form_of(admin, PAGE, f"{PAGE}/end")
    assert admin.post(f"{PAGE}/end", data=ended).status_code == 303
    assert _sister(northfield).away == ()
    unknown = admin.post(f"{PAGE}/end", data=ended)
    assert (unknown.status_code, "no leave begins" in unknown.get_data(as_text=True).lower()) == (
        422,
        True,
    )
    assert admin.post(f"{PAGE}/end", data={**ended, "leave": "soon"}).status_code == 422
