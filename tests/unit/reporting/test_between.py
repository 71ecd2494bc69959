"""Rare events as the time between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.framework.facts import Facts, Observation
from services.framework.periods import Frequency, Period
from services.framework.plan import Kind, Site
from services.framework.roster import Roster
from services.framework.spc.icons import Variation
from services.reporting.aims import BETWEEN, Panel, aim_page, panels_of
from services.reporting.lines import line_of
from tests.unit.framework.builders import KEY, a_measure, a_plan, an_aim

KNOWN = datetime(2026, 1, 1, tzinfo=UTC)
GAPS = [20, 25, 18, 22, 30, 21, 24, 19, 26, 23, 27, 20]


def days_after(gaps: Sequence[int], first: date = date(2024, 1, 5)) -> list[date]:
    found = [first]
    for gap in gaps:
        found.append(found[-1] + timedelta(days=gap))
    return found


def events(days: Sequence[date], through: date, **changes: Any) -> tuple[Observation, ...]:
    return tuple(
        replace(
            Observation(KEY, Period(day, Frequency.DAY), 1.0, KNOWN, complete_through=through),
            **changes,
        )
        for day in days
    )


def the_panels(observed: dict[Any, tuple[Observation, ...]], **changes: Any) -> tuple[Panel, ...]:
    sites = {site: Site(site, site.title()) for site in ("north", "south")}
    plan = a_plan(an_aim(0.1), a_measure(kind=Kind.EVENTS, **changes), sites=sites)
    aim = plan.aims["a"]
    return panels_of(line_of(plan, Facts(observed), aim, aim.measures[0]), (), date(2025, 1, 5))


def test_rare_events_have_a_chart_of_the_days_between_them() -> None:
    days = days_after(GAPS)
    counts, between = the_panels({KEY: events(days, days[-1])})
    assert (counts.view, between.control.title[:8]) == ("values", "T chart;")
    assert (between.view, between.chart.unit) == (BETWEEN, "days")
    assert [point.value for point in between.chart.points] == GAPS
    assert [point.start for point in between.chart.points] == days[1:]
    assert between.control.notes[0] == "Limits rest on the baseline, its 12 gaps"
    assert between.rows[0].limits.count(".") == 0


def test_the_time_since_the_last_is_drawn_and_not_judged() -> None:
    days = days_after(GAPS)
    _, between = the_panels({KEY: events(days, days[-1] + timedelta(days=9))})
    assert between.chart.points[-1].note == "so far, since 6 October 2024"
    _, between = the_panels({KEY: events(days, days[-1] + timedelta(days=200))})
    last = between.chart.points[-1]
    assert (last.value, last.judged, last.tone) == (200.0, False, None)
    assert last.note == "so far, since 6 October 2024; already longer than the limit of 41"
    assert between.chart.words.startswith("Deaths: days between: 200 days so far, since 6 October")


def test_it_says_the_chance_of_so_long_a_time_without_an_event() -> None:
    days = days_after(GAPS)
    _, between = the_panels({KEY: events(days, days[-1] + timedelta(days=47))})
    assert between.control.notes[-1] == (
        "47 days without an event: under the baseline's rate, one in 23 days, the chance of so "
        "long a time is 13%"
    )
    _, over = the_panels({KEY: events(days, days[-1])})
    assert not any("without an event" in note for note in over.control.notes)


def test_a_longer_time_is_better_where_fewer_events_are() -> None:
    days = days_after([*GAPS, 400])
    _, between = the_panels({KEY: events(days, days[-1])})
    assert between.chart.points[-1].tone == "better"
    assert between.control.variation is Variation.IMPROVEMENT


def test_events_of_one_day_are_one_and_a_day_without_is_none() -> None:
    days = days_after(GAPS)
    twice = events(days[:1], days[-1], value=2.0) + events(days[1:], days[-1])
    nought = events([days[0] + timedelta(days=3)], days[-1], value=0.0)
    _, between = the_panels({KEY: twice + nought})
    assert [point.value for point in between.chart.points] == GAPS


def test_events_of_sites_are_put_together_up_to_where_all_are_known() -> None:
    days = days_after(GAPS)
    north, south = (replace(KEY, site=site) for site in ("north", "south"))
    _, between = the_panels(
        {
            north: events(days[::2], days[-1] + timedelta(days=9), key=north),
            south: events(days[1::2], days[-1] + timedelta(days=40), key=south),
        },
        rollup="sum",
    )
    assert [point.value for point in between.chart.points] == [*GAPS, 9]


def test_frequent_or_too_few_events_have_none() -> None:
    often = days_after([5] * 60)
    assert len(the_panels({KEY: events(often, often[-1])})) == 1
    few = days_after([40, 50])
    assert len(the_panels({KEY: events(few, few[-1])})) == 1
    assert len(the_panels({})) == 1


def test_the_page_of_an_aim_has_both_and_names_what_the_first_lacks() -> None:
    days = days_after(GAPS)
    plan = a_plan(an_aim(0.1), a_measure(kind=Kind.EVENTS))
    facts = Facts({KEY: events(days, date(2024, 10, 15))})
    today = date(2024, 10, 20)
    page = aim_page(plan, plan.aims["a"], facts, None, (), Roster.of(plan, facts, today))
    assert [panel.view for panel in page.panels] == ["values", "between"]
    assert page.tile.value_period == "October 2024, partial"


def test_a_corrected_day_marks_its_period_without_a_value() -> None:
    """As they are stored, days of events have their measure's frequency."""
    days = [Period(day, Frequency.MONTH) for day in days_after(GAPS)]
    kept = events([day.start for day in days], date(2025, 1, 1))
    stored = tuple(replace(one, period=day) for one, day in zip(kept, days, strict=True))
    more = replace(stored[2], version=2, value=3.0)
    counts, _ = the_panels({KEY: (*stored, more)})
    ringed = [point for point in counts.chart.points if point.corrected]
    assert [(point.name, point.note) for point in ringed] == [("Feb 2024", "corrected")]
