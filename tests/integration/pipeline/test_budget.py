"""The budget and the digest, lived: what waits, what carries it, once, and by a chart of nobody."""

from __future__ import annotations

from datetime import UTC, datetime

from services.persistence import tables
from tests.integration.pipeline.conftest import Hospital

_MESSAGE, _ALERT = tables.message, tables.alert
LEFT = {"project": "sepsis", "role": "leader", "person": None, "on": "2025-02-02"}
OVER = "over the budget of 1 messages a week: it is in the digest"


def few(hospital: Hospital, more: str = "") -> None:
    """One message a week for everybody, and what the CMO wishes."""
    text = f"bigdot: 1\norganisation: {{id: northfield, messages_a_week: 1}}\n{more}"
    hospital.services.plans.apply(hospital.id, text, author="advisor", reason="quiet")


def live(hospital: Hospital) -> None:
    """A milestone is late on 8 February 2025, a leader gone too long on the 10th (a Monday)."""
    for day in (8, 10):
        hospital.at(2025, 2, day)
        if day == 8:
            assert hospital.services.digests.due() == 0
            assert hospital.post("projects", LEFT) == ["created"]
        hospital.judge()
        hospital.deliver()


def of(hospital: Hospital, expectation: str, person: str = "cmo") -> list[tuple[str, str | None]]:
    """What became of the messages to a person about an expectation."""
    about = {row.id for row in hospital.rows(_ALERT, _ALERT.c.expectation == expectation)}
    rows = hospital.rows(_MESSAGE, _MESSAGE.c.recipient == person, _MESSAGE.c.alert_id.in_(about))
    return [(row.state, row.last_error) for row in rows]


def test_what_is_over_the_budget_waits_for_the_digest_which_carries_it_once(
    hospital: Hospital,
) -> None:
    few(hospital)
    live(hospital)
    assert of(hospital, "PRJ-02") == [("kept", OVER)]
    hospital.at(2025, 2, 17)
    assert hospital.services.digests.due() > 0
    assert hospital.services.digests.due() == 0, "what ran once does nothing when it runs again"
    hospital.deliver()
    assert of(hospital, "DIGEST") == [("sent", None)]
    mail = next(m for m in hospital.rows(tables.mailbox)[::-1] if m.to.startswith("cmo"))
    assert mail.subject.startswith("Weekly digest: Northfield")
    for words in ("Not sent at once:", f"({OVER})", "Still so:", "What is asked of you:"):
        assert words in mail.text
    assert OVER in mail.html
    assert all(row.slot for row in hospital.rows(_MESSAGE, _MESSAGE.c.state == "kept",
                                                 _MESSAGE.c.recipient == "cmo"))  # fmt: skip
    hospital.at(2025, 2, 24)
    hospital.services.digests.due()
    hospital.deliver()
    again = next(m for m in hospital.rows(tables.mailbox)[::-1] if m.to.startswith("cmo"))
    assert again.id != mail.id
    assert "Not sent at once" not in again.text
    assert "Still so" in again.text


def test_a_message_waits_for_the_end_of_quiet_hours_and_a_preference_for_the_digest(
    hospital: Hospital,
) -> None:
    few(hospital, "people: [{id: cmo, quiet: [11, 14]}, {id: ed-sister, only_digest: true}]\n")
    hospital.at(2025, 2, 8)
    hospital.judge()
    (message,) = [
        row for row in hospital.rows(_MESSAGE, _MESSAGE.c.recipient == "cmo") if row.state == "owed"
    ][:1]
    waits = message.due_at - message.owed_at
    assert waits.total_seconds() == 2 * 3600, "at noon it waits until two o'clock"
    assert {state for state, _ in of(hospital, "MIL-01", "ed-sister")} <= {"kept"}


def test_a_digest_begins_when_it_is_first_looked_for(hospital: Hospital) -> None:
    hospital.at(2025, 2, 8)
    assert hospital.services.digests.due() == 0
    begun = hospital.rows(_ALERT, _ALERT.c.expectation == "DIGEST")
    assert {row.changed_at for row in begun} == {datetime(2025, 2, 8, 12, tzinfo=UTC)}
    assert hospital.services.reporting.alerts(hospital.id) == ()
