"""The demo's story ends one honest value short of a call, whatever the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from services.planning.document import load
from web.demo import figures, story

NOWS = [
    datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
    datetime(2026, 3, 1, 0, 5, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 50, tzinfo=UTC),
    datetime(2027, 1, 20, 9, 0, tzinfo=UTC),
]


@pytest.mark.parametrize("now", NOWS)
def test_the_value_left_out_turns_the_aim_by_evaluation_alone(now: datetime) -> None:
    told = story.tell(now)
    plan = load(told.plan)
    moved = _months_moved(told)
    known = tuple(story.values(moved))
    last = next(
        value
        for value in known
        if (value.measure, value.month) == (told.outstanding.item["measure"], _month(told))
    )
    before, after = story.before_and_after(plan, known, last, told.outstanding.aim, now)
    assert not before.is_bad
    assert after in story.FAILING


@pytest.mark.parametrize("now", NOWS)
def test_two_years_end_with_the_last_full_month_and_nothing_is_told_of_the_future(
    now: datetime,
) -> None:
    told = story.tell(now)
    items = [(path, i) for step in told.steps for path, some in step.told for i in some]
    months = {i["period"] for path, i in items if path == "measurements"}
    last_day = now.date().replace(day=1) - timedelta(days=1)
    assert max(months) == told.outstanding.month == f"{last_day:%Y-%m}"
    assert len(months) == story.MONTHS_SHOWN
    assert told.outstanding.item not in [i for _, i in items]
    assert all(i["on"] <= now.date().isoformat() for path, i in items if path != "measurements")
    assert [step.at for step in told.steps] == sorted({step.at for step in told.steps})
    assert told.steps[-1].at < now


@pytest.mark.parametrize("now", NOWS)
def test_everything_is_told_on_the_day_on_which_it_came_or_happened(now: datetime) -> None:
    told = story.tell(now)
    zone = load(told.plan).zone
    for step in told.steps:
        on = step.at.astimezone(zone).date()
        for day in _days(told, step):
            known_before = step.at == told.adopted and day < on
            comes_later = step.at == told.steps[-1].at and day > on
            assert day == on or known_before or comes_later


def _days(told: story.Story, step: story.Step) -> Iterator[date]:
    """The day of each item of a step."""
    comes = {(v.measure, v.month): v.comes for v in story.values(_months_moved(told))}
    for path, items in step.told:
        for item in items:
            if path == "measurements":
                yield comes[item["measure"], _number(item["period"])]
            else:
                yield date.fromisoformat(item["on"])


def test_what_is_missing_is_said_with_what_is_late() -> None:
    told = story.tell(NOWS[0])
    wanted = f"hsmr of {told.outstanding.month}"
    assert told.late == ()
    assert told.missing == f"One value is missing: {wanted}."
    late = replace(told, late=(f"third-next of {told.outstanding.month}",))
    assert late.missing == (
        f"2 values are missing: third-next of {told.outstanding.month} is late, and {wanted} is"
        " left to you."
    )


def test_a_value_that_its_feed_sends_late_is_named_and_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = story.tell(NOWS[0])
    month = before.outstanding.month
    was = story._label(_number(month) - _months_moved(before))
    monkeypatch.setitem(figures.LATE, ("third-next", was), "2026-02-02")
    told = story.tell(NOWS[0])
    assert told.late == (f"third-next of {month}",)
    items = [i for step in told.steps for path, some in step.told for i in some]
    assert not [i for i in items if (i.get("measure"), i.get("period")) == ("third-next", month)]


def test_the_packaged_plan_is_the_example() -> None:
    example = Path(__file__).parents[2] / "examples" / "northfield.yaml"
    assert story.plan_text() == example.read_text(encoding="utf-8")


def test_dates_move_by_whole_months_and_keep_to_the_month() -> None:
    text = "from: 2024-01, on 2025-01-31, minute: 24/117, by October 2025"
    assert story.shifted(text, 1) == (
        "from: 2024-02, on 2025-02-28, minute: 24/117, by November 2025"
    )
    assert (
        story.shifted(text, 14) == "from: 2025-03, on 2026-03-31, minute: 26/117, by December 2026"
    )


@pytest.mark.parametrize("now", NOWS)
def test_no_text_of_the_plan_speaks_of_another_time(now: datetime) -> None:
    """Aims of projects end with the project; the minute is of the year of the adoption."""
    plan = load(story.tell(now).plan)
    for project in plan.projects.values():
        assert project.end is not None
        if project.aim_text:
            assert project.aim_text.endswith(f" by {project.end:%B %Y}")
    for aim in plan.aims.values():
        assert aim.adopted is not None
        assert aim.adopted.minute is not None
        assert aim.adopted.minute.startswith(f"{aim.adopted.on:%y}/")


def _months_moved(told: story.Story) -> int:
    was = date.fromisoformat(story.ADOPTED)
    return (told.adopted.year - was.year) * 12 + told.adopted.month - was.month


def _month(told: story.Story) -> int:
    return _number(told.outstanding.month)


def _number(label: str) -> int:
    year, month = map(int, label.split("-"))
    return year * 12 + month - 1
