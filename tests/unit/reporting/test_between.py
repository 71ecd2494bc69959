"""Rare events as the time between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.framework.facts import Facts, Observation
from services.framework.periods import Frequency, Period
from services.framework.plan import Kind, Site
from services.framework.spc.icons import Variation
from services.reporting.aims import BETWEEN, Panel, panels_of
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
    _, between = the_panels({KEY: events(days, days[-1] + timedelta(days=200))})
    last = between.chart.points[-1]
    assert (last.value, last.judged, last.tone) == (200.0, False, None)
    assert last.note == "so far, since 6 October 2024"
    assert between.chart.words.startswith("Deaths: days between: 200 days so far, since 6 October")


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
