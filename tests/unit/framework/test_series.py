"""Observations as of an instant: current, judged, drawn, settled, awaited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.framework.facts import Facts, Maturity, Observation, SeriesKey
from services.framework.periods import Frequency, Period
from services.framework.plan import Kind, Plan, Site
from services.framework.series import (
    arrears,
    blind_at,
    current,
    known_to,
    read_series,
)
from tests.unit.framework.builders import (
    KEY,
    a_measure,
    a_plan,
    an_observation,
    at,
    day,
    month,
    values,
)


def test_a_correction_is_current_from_when_it_was_known() -> None:
    first = an_observation("2025-01", 5.0)
    second = replace(first, value=6.0, version=2, known_at=at("2025-03-01"))
    facts = Facts({KEY: (first, second)})
    early = known_to(facts, at("2025-02-28"))
    assert [o.value for o in current(early.observations[KEY])] == [5.0]
    assert [o.value for o in current(facts.observations[KEY])] == [6.0]


def test_the_highest_version_wins_whatever_the_order() -> None:
    first = an_observation("2025-01", 5.0)
    second = replace(first, value=6.0, version=2)
    assert [o.value for o in current([second, first])] == [6.0]


@pytest.mark.parametrize(
    ("changes", "drawn", "judged", "settled"),
    [
        ({}, True, True, True),
        ({"maturity": Maturity.PARTIAL}, True, False, False),
        ({"maturity": Maturity.PROVISIONAL}, True, False, False),
        ({"value": None, "suppressed": True}, False, False, True),
        ({"value": None, "withdrawn": True, "reason": "wrong file"}, False, False, True),
        ({"value": 0.0}, True, True, True),
        ({"value": float("nan")}, False, False, False),
        ({"value": float("inf")}, False, False, False),
    ],
)
def test_what_may_be_drawn_and_judged(
    changes: dict[str, object], drawn: bool, judged: bool, settled: bool
) -> None:
    observation = replace(an_observation("2025-01", 5.0), **changes)  # type: ignore[arg-type]
    (point,) = read_series(a_plan(), Facts({KEY: (observation,)}), KEY).points
    assert (point.value is not None, point.judged, point.settled) == (drawn, judged, settled)


@pytest.mark.parametrize(
    ("value", "note"),
    [
        (0.0, None),
        (300.0, None),
        (-5.0, "-5, outside the valid range"),
        (301.0, "301, outside the valid range"),
        (1e200, "1e+200, out of all proportion"),
    ],
)
def test_a_value_that_cannot_be_is_none_and_says_so(value: float, note: str | None) -> None:
    plan = a_plan(measure=a_measure(valid=(0, 300)))
    facts = Facts({KEY: (an_observation("2025-01", value),)})
    (point,) = read_series(plan, facts, KEY).points
    assert point.note == note
    assert (point.value, point.judged, point.settled) == (
        (value, True, True) if note is None else (None, False, False)
    )


def test_provisional_is_judged_where_the_measure_says_so() -> None:
    plan = a_plan(measure=a_measure(judge_provisional=True))
    provisional = an_observation("2025-01", 5.0, maturity=Maturity.PROVISIONAL)
    (point,) = read_series(plan, Facts({KEY: (provisional,)}), KEY).points
    assert point.judged


def test_a_definition_version_is_a_series_of_its_own() -> None:
    again = SeriesKey("m", definition=2)
    facts = Facts(values([1.0, 2.0]) | values([9.0], key=again))
    assert [p.value for p in read_series(a_plan(), facts, KEY).points] == [1.0, 2.0]
    assert [p.value for p in read_series(a_plan(), facts, again).points] == [9.0]


SITES = {s: Site(s, s.title()) for s in ("royal", "general", "north", "south", "west")}


def _rolled(per: float = 1, sites: dict[str, Site] | None = None) -> Plan:
    declared = sites or SITES
    measure = a_measure(kind=Kind.PROPORTION, rollup="sum", sites=tuple(declared), per=per)
    return a_plan(measure=measure, sites=declared)


def _site(site: str, numerator: float, denominator: float, **changes: object) -> Observation:
    return an_observation(
        "2025-01",
        numerator / denominator,
        key=SeriesKey("m", site),
        numerator=numerator,
        denominator=denominator,
        **changes,
    )


def _facts(*observations: Observation) -> Facts:
    return Facts({o.key: (o,) for o in observations})


def test_a_sum_is_a_ratio_of_sums_and_not_a_mean_of_rates() -> None:
    facts = _facts(*(_site(s, 1 if s == "royal" else 90, 10 if s == "royal" else 100)
                     for s in SITES))  # fmt: skip
    (point,) = read_series(_rolled(per=100), facts, KEY).points
    assert point.value == pytest.approx(361 / 410 * 100)
    assert point.judged
    assert point.note is None


def test_a_sum_is_partial_while_a_site_is_wanting() -> None:
    facts = _facts(*(_site(s, 5, 10) for s in list(SITES)[:4]))
    (point,) = read_series(_rolled(), facts, KEY).points
    assert (point.value, point.judged, point.settled) == (0.5, False, False)
    assert point.note == "4 of 5 sites"


def test_a_suppressed_site_is_not_summed_and_not_awaited() -> None:
    hidden = replace(_site("west", 1, 10), value=None, suppressed=True)
    facts = _facts(*(_site(s, 5, 10) for s in list(SITES)[:4]), hidden)
    (point,) = read_series(_rolled(), facts, KEY).points
    assert (point.judged, point.settled, point.note) == (False, True, "4 of 5 sites")


def test_an_ended_site_is_not_wanting() -> None:
    sites = SITES | {"west": Site("west", "West", ended=date(2025, 1, 1))}
    facts = _facts(*(_site(s, 5, 10) for s in list(SITES)[:4]))
    (point,) = read_series(_rolled(sites=sites), facts, KEY).points
    assert point.judged


def test_a_system_value_that_is_fed_wins_over_the_sum() -> None:
    system = an_observation("2025-01", 0.7, numerator=7.0, denominator=10.0)
    facts = _facts(system, *(_site(s, 5, 10) for s in SITES))
    (point,) = read_series(_rolled(), facts, KEY).points
    assert point.value == 0.7


def test_a_sum_is_as_final_as_its_least_final_site() -> None:
    sites = [_site(s, 5, 10) for s in SITES]
    sites[0] = replace(sites[0], maturity=Maturity.PROVISIONAL)
    (point,) = read_series(_rolled(), _facts(*sites), KEY).points
    assert (point.maturity, point.judged) == (Maturity.PROVISIONAL, False)


def _event(text: str, many: float = 1.0, through: str | None = None) -> Observation:
    return Observation(
        KEY,
        Period(day(text), Frequency.DAY),
        many,
        at("2025-06-01"),
        complete_through=day(through) if through else None,
    )


def test_events_are_counted_and_silence_is_zero_only_when_complete() -> None:
    plan = a_plan(measure=a_measure(kind=Kind.EVENTS))
    facts = Facts({KEY: (_event("2025-01-05"), _event("2025-01-20", 2.0),
                         _event("2025-03-02", through="2025-03-15"))})  # fmt: skip
    points = read_series(plan, facts, KEY).points
    assert [(p.period.label, p.value, p.judged) for p in points] == [
        ("2025-01", 3.0, True),
        ("2025-02", 0.0, True),
        ("2025-03", 1.0, False),
    ]


def test_what_is_owed() -> None:
    plan = a_plan()
    series = read_series(plan, Facts(values([1, 2, None, 4])), KEY)
    owed = arrears(series, month("2024-01"), at("2024-06-21T00:00"), plan)
    assert [p.label for p in owed.late] == ["2024-03", "2024-05"]
    assert [p.label for p in owed.tail] == ["2024-05"]
    assert owed.next_late == month("2024-06")


def test_late_is_the_midnight_after_the_due_date_in_the_zone() -> None:
    plan = a_plan()
    series = read_series(plan, Facts(values([1])), KEY)
    before = arrears(series, month("2024-01"), at("2024-04-19T22:59"), plan)
    after = arrears(series, month("2024-01"), at("2024-04-20T23:00"), plan)
    assert [p.label for p in before.late] == ["2024-02"]
    assert [p.label for p in after.late] == ["2024-02", "2024-03"]


def test_nothing_is_owed_after_a_measure_ended() -> None:
    plan = a_plan(measure=a_measure(ended=day("2024-04-01")))
    series = read_series(plan, Facts(values([1])), KEY)
    owed = arrears(series, month("2024-01"), at("2025-01-01"), plan)
    assert [p.label for p in owed.late] == ["2024-02", "2024-03"]
    assert owed.next_late is None


def test_blind_comes_with_thirty_days_or_with_the_second_period() -> None:
    plan = a_plan()
    assert blind_at(month("2025-06"), a_measure(), plan) == at("2025-08-18T23:00")
    weekly = a_measure(frequency=Frequency.WEEK, lag_days=3)
    week = Period.parse("2025-W10", Frequency.WEEK)
    assert blind_at(week, weekly, plan) == week.shift(1).late_at(3, plan.zone)
