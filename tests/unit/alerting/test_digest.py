"""When a digest is due, what it covers and says; quiet hours; over every change of clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerting.budget import SINGLY
from services.alerting.digest import AtRisk, Told, Window, awake, channels, compose, window
from services.alerting.lifecycle import STATUS
from services.framework.plan import Organisation, Person, Plan, Rhythm, Weekday

ZONES = (
    "Europe/London",
    "Europe/Paris",
    "America/New_York",
    "America/Los_Angeles",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def plan(**of_person: Any) -> Plan:
    """An organisation in London of one person."""
    person = Person("ann", "Ann", **of_person)
    return Plan(Organisation("o", "Northfield", "Europe/London"), people={"ann": person})


def covers(asked: Plan, last: datetime, now: datetime) -> Window | None:
    """What Ann's digest covers."""
    return window(asked, asked.people["ann"], last, now)


def test_a_weekly_digest_is_due_on_monday_at_seven() -> None:
    last = datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert covers(plan(), last, datetime(2026, 3, 9, 6, 59, tzinfo=UTC)) is None
    due = datetime(2026, 3, 9, 7, tzinfo=UTC)
    assert covers(plan(), last, due) == Window(last, due)
    assert covers(plan(), due, due + DAY) is None


def test_digests_that_nobody_made_are_one() -> None:
    last = datetime(2026, 3, 2, 7, tzinfo=UTC)
    after = datetime(2026, 4, 8, tzinfo=UTC)
    assert covers(plan(), last, after) == Window(last, datetime(2026, 4, 6, 6, tzinfo=UTC))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("rhythm", list(Rhythm))
@pytest.mark.parametrize("hour", [2, 7])
def test_windows_meet_and_digests_come_at_their_hour_over_both_changes_of_clock(
    zone: str, rhythm: Rhythm, hour: int
) -> None:
    asked = plan(zone=zone, digest=rhythm, digest_hour=hour, digest_day=Weekday.SUNDAY)
    last, made = NEW_YEAR, []
    for n in range(4 * 365):
        now = NEW_YEAR + n * 6 * HOUR
        found = covers(asked, last, now)
        if found is not None:
            assert found.since == last < found.until <= now < found.until + 6 * HOUR
            made.append(found.until.astimezone(ZoneInfo(zone)))
            last = found.until
    assert len(made) in ((52,) if rhythm is Rhythm.WEEKLY else (364, 365))
    days = [at.date() for at in made]
    step = DAY if rhythm is Rhythm.DAILY else 7 * DAY
    assert all(b - a == step for a, b in pairwise(days))
    late = [at for at in made if at.hour != hour]
    assert len(late) <= 1, "only an hour that the clock skips comes later"


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("quiet", [(20, 7), (22, 2), (1, 3)])
def test_nothing_leaves_within_quiet_hours_and_nothing_waits_longer(
    zone: str, quiet: tuple[int, int]
) -> None:
    asked, begin, end = plan(zone=zone, quiet=quiet), *quiet
    longest = timedelta(hours=(end - begin) % 24 + 1)
    for n in range(24 * 365):
        at = NEW_YEAR + n * HOUR + timedelta(minutes=20)
        leaves = awake(asked, "ann", at)
        local, asleep = leaves.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone))
        hours = [(begin + k) % 24 for k in range((end - begin) % 24)]
        assert local.hour not in hours
        assert leaves == at if asleep.hour not in hours else at < leaves <= at + longest


def test_who_has_no_quiet_hours_is_told_at_any_time() -> None:
    assert awake(plan(), "ann", NEW_YEAR) == awake(plan(), "gone", NEW_YEAR) == NEW_YEAR


CONTENT = {"path": "/aims/a", "state": "Off track", "about": "Fewer falls", "reason": "Behind."}
WEEK = Window(datetime(2026, 3, 2, 7, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC))


def told(number: int, *, at: datetime | None = None, why: str | None = None, **more: Any) -> Told:
    """A message about an alert of its own."""
    open_ = more.pop("open", True)
    asked = {"asked": more.pop("asked", ""), "trouble": True}
    return Told(
        number,
        more.pop("alert", number),
        more.pop("expectation", "MIL-01"),
        "mail",
        {**CONTENT, **asked},
        at,
        why,
        open_,
        more.pop("status", None),
        WEEK.since - 20 * DAY,
        "It is so.",
        **more,
    )


def said(messages: Sequence[Told], risks: Sequence[AtRisk] = ()) -> dict[str, list[str]] | None:
    """The sections of Ann's digest, each with its lines."""
    asked = plan()
    content = compose(asked, asked.people["ann"], WEEK, messages, risks)
    if content is None:
        return None
    return {s["title"]: [item["text"] for item in s["items"]] for s in content["sections"]}


def test_a_digest_says_what_was_kept_what_changed_and_what_still_is_so() -> None:
    status = told(1, at=WEEK.since - DAY, expectation=STATUS, status="off_track", asked="Decide.")
    found = told(2, why="over the budget", open=False)
    fresh = told(3, at=WEEK.since + DAY)
    risk = AtRisk("Less harm", "/aims/h", "Behind, but the evidence is short.", ("room",))
    assert said([status, found, fresh], [risk]) == {
        "Not sent at once": [
            "Off track: Fewer falls. Behind. It is over by now. (over the budget)"
        ],
        "What changed": ["3 March 2026: Off track: Fewer falls"],
        "Still so": ["Still off track: Fewer falls, since 10 February 2026. It is so."],
        "At risk": ["Less harm: Behind, but the evidence is short."],
        "What is asked of you": ["Fewer falls: Decide."],
    }
    assert channels([status, found], [risk]) == ("mail", "room")


def test_a_digest_in_which_nothing_stands_is_none() -> None:
    assert said([]) is None
    assert (
        said([told(1, at=WEEK.since, open=False), told(2, why=SINGLY, carried=True, open=False)])
        is None
    )
    assert said([told(1, at=WEEK.until + HOUR, open=False)]) is None


def test_a_long_section_says_how_much_more_there_is() -> None:
    lines = said([told(n, why=SINGLY) for n in range(50)])
    assert lines is not None
    assert len(lines["Not sent at once"]) == 41
    assert lines["Not sent at once"][-1] == "and 10 more"


@given(
    st.lists(
        st.tuples(st.integers(0, 14 * 24), st.booleans(), st.booleans(), st.booleans()), max_size=30
    )
)
def test_what_was_found_is_in_a_digest_or_was_told_before(
    messages: list[tuple[int, bool, bool, bool]],
) -> None:
    every = [
        told(n, at=WEEK.since - 7 * DAY + hour * HOUR, why=SINGLY if kept else None,
             open=is_open, carried=carried and kept)
        for n, (hour, kept, is_open, carried) in enumerate(messages)
    ]  # fmt: skip
    lines = said(every) or {}
    count = sum(len(lines.get(s, [])) for s in ("Not sent at once", "What changed", "Still so"))
    owed = [
        one
        for one in every
        if (one.why is not None and not one.carried)
        or one.open
        or (one.why is None and one.at and WEEK.since < one.at <= WEEK.until)
    ]
    assert count == len(owed)
