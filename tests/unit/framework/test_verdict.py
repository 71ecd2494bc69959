"""The statuses of an aim: each one's entry, exit and precedence, and its words."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.framework.facts import Facts, Maturity, Observation, SeriesKey
from services.framework.judgement import Status
from services.framework.plan import AimMeasure, Baseline, Direction, Intent, Kind, Plan
from services.framework.verdict import WORST_FIRST
from tests.unit.framework.builders import (
    A1,
    A2,
    A3,
    KEY,
    a_measure,
    a_plan,
    an_aim,
    an_observation,
    at,
    counts,
    day,
    month,
    statuses,
    values,
    verdict_of,
)

FIXTURE = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "worked_example.json"
STEADY = [100.0, 102, 98, 101, 99, 100, 102, 98, 101, 99]
"""Ten baseline months around 100, with a noise of about 2.5."""


def _path(i: int, target: float = 86.0) -> float:
    """The linear path from 100 in the i-th month from November 2024, counted from 1."""
    return 100 - (100 - target) * i / 14


def _run(since_start: Sequence[float | None], plan: Plan | None = None) -> list[str]:
    """The statuses from November 2024 on."""
    found = statuses(plan or a_plan(an_aim(86.0)), values([*STEADY, *since_start]))
    return list(found.values())


ON_PATH = [_path(i) for i in range(1, 15)]
FLAT = [100.0] * 14
WORSE = [100.0 + 1.5 * i for i in range(1, 15)]


def test_waiting_until_two_values_have_come() -> None:
    assert _run(ON_PATH[:3]) == ["waiting", "on_track", "on_track"]


def test_waiting_says_how_many_values_are_wanting() -> None:
    plan = a_plan(an_aim(86.0))
    none = verdict_of(plan, Facts(values(STEADY)), at("2024-12-12"))
    one = verdict_of(plan, Facts(values([*STEADY, 99.0])), at("2024-12-12"))
    assert none.reason == "Too few values to judge since 2024-11; 2 more wanted."
    assert one.reason == "Too few values to judge since 2024-11; 1 more wanted."


def test_waiting_before_the_start() -> None:
    verdict = verdict_of(a_plan(), Facts(values(STEADY)), at("2024-10-15"))
    assert (verdict.status, verdict.reason) == (
        Status.WAITING,
        "Not begun; starts with 2024-11.",
    )


def test_waiting_for_a_baseline() -> None:
    verdict = verdict_of(a_plan(), Facts(), at("2025-02-15"))
    assert verdict.status is Status.WAITING
    assert verdict.reason == "Waiting: the baseline has no value yet."


def test_on_the_path_stays_on_track_and_ends_close() -> None:
    assert _run(ON_PATH) == ["waiting"] + ["on_track"] * 12 + ["close"]


def test_flat_goes_at_risk_then_off_track_then_missed() -> None:
    found = _run(FLAT)
    changes = [s for i, s in enumerate(found) if i == 0 or found[i - 1] != s]
    assert changes == ["waiting", "on_track", "at_risk", "off_track", "missed"]


def test_worse_than_the_baseline_is_deteriorating() -> None:
    found = _run(WORSE)
    assert found[4:13] == ["deteriorating"] * 9
    assert found[13] == "missed"


def test_one_wild_value_is_not_deteriorating_while_on_track() -> None:
    assert _run([*ON_PATH[:4], 110.0, ON_PATH[5]])[4:] != ["deteriorating", "deteriorating"]


def test_a_value_beyond_three_sigma_of_the_baseline_is_deteriorating_once_off_track() -> None:
    found = _run([*FLAT[:8], 112.0, 100.0])
    assert found[7:9] == ["off_track", "deteriorating"]


def test_off_track_is_left_only_when_the_evidence_has_halved() -> None:
    back = [_path(i) - 3 for i in range(9, 14)]
    found = _run([*FLAT[:8], *back])
    off = found.index("off_track")
    assert found[8] == "off_track", "one good value does not end it"
    assert found[-1] == "on_track"
    left = next(i for i in range(off, len(found)) if found[i] != "off_track")
    assert found[left] in ("at_risk", "on_track")


def test_at_risk_can_clear_without_ever_being_off_track() -> None:
    found = _run([*ON_PATH[:3], *(_path(i) + 3 for i in (4, 5)), *ON_PATH[5:11]])
    assert "off_track" not in found
    assert found[-1] == "on_track"


def test_a_site_with_too_few_events_waits_and_is_never_red() -> None:
    measure = a_measure(kind=Kind.RATE, per=1000)
    plan = a_plan(an_aim(target=1.0), measure)
    quiet = [(0.0, 30.0)] * 8 + [(1.0, 30.0)] * 2
    waits = verdict_of(plan, Facts(counts([*quiet, (0, 30), (2, 30)], 1000)), at("2025-01-15"))
    assert (waits.status, waits.would_change) == (
        Status.WAITING,
        "It can be judged with 5 events.",
    )
    assert waits.reason == "Too few events to judge: fewer than 5 so far."
    more = [*quiet, (0, 30), (2, 30), (1, 30), (1, 30), (0, 30)]
    judged = verdict_of(plan, Facts(counts(more, 1000)), at("2025-04-15"))
    assert judged.status is not Status.WAITING


def test_achieved_by_three_values_surely_past_the_target() -> None:
    found = _run([90.0, 86.0, 84.0, 82.0, 83.0])
    assert found[-2:] == ["on_track", "achieved"]


def test_three_values_just_at_the_target_are_not_achieved_yet() -> None:
    assert "achieved" not in _run([90.0, 86.0, 86.0, 86.0])


def test_slipping_needs_more_than_a_wobble_around_the_target() -> None:
    reached = [90.0, 84.0, 82.0, 82.0, 83.0]
    assert _run([*reached, 87.0, 85.0, 87.0])[-1] == "achieved"
    assert _run([*reached, 94.0, 95.0, 94.0, 95.0])[-1] == "slipping"


def test_what_came_after_the_deadline_is_no_reason_for_what_was_decided() -> None:
    facts = Facts(values([*STEADY, *FLAT, 90.0, 89.0]))
    found = verdict_of(a_plan(an_aim(86.0)), facts, at("2026-03-01"))
    assert found.status is Status.MISSED
    assert "(100.0 against 86.0 in 2025-12)" in found.reason


def test_one_value_far_past_the_target_achieves_nothing() -> None:
    assert "achieved" not in _run([98.0, 97.0, 96.0, 95.0, -5.0, 94.0, 93.0])


def test_an_aim_out_of_its_range_by_values_before_says_so() -> None:
    plan = a_plan(an_aim((95.0, 105.0), intent=Intent.WITHIN))
    facts = values([*STEADY, 101.0, 99.0, *[112.0] * 6, 104.0])
    found = verdict_of(plan, Facts(facts), at("2025-08-01"))
    assert found.status is Status.OFF_TRACK
    assert found.reason.startswith(
        "Out: by the values before; this one is 104.0 in 2025-07, inside the range 95.0 to 105.0"
    )


def test_slipping_ends_when_it_is_achieved_anew() -> None:
    found = _run([90.0, 84.0, 82.0, 82.0, 83.0, 94.0, 95.0, 94.0, 95.0, 82.0, 82.0, 82.0])
    assert found[-1] == "achieved"
    assert found[8:10] == ["slipping", "slipping"]


def test_an_achieved_aim_is_watched_beyond_its_deadline() -> None:
    found = _run([*([82.0] * 14), 83.0, 93.0, 94.0, 95.0, 94.0, 95.0, 96.0])
    assert found[13:15] == ["achieved", "achieved"]
    assert found[-1] == "slipping"


def test_missed_stays_missed_whatever_comes_later() -> None:
    assert _run([*FLAT, 80.0, 80.0, 80.0, 80.0])[13:] == ["missed"] * 5


def test_the_deadline_awaits_a_final_value() -> None:
    plan = a_plan(an_aim(86.0), a_measure(judge_provisional=True))
    series = values([*STEADY, *FLAT])[KEY]
    last = replace(series[-1], maturity=Maturity.PROVISIONAL)
    as_of = at("2026-01-15")
    early = verdict_of(plan, Facts({KEY: (*series[:-1], last)}), as_of)
    assert early.status is Status.OFF_TRACK
    assert "awaiting final data for 2025-12" in early.reason
    final = replace(last, maturity=Maturity.FINAL, version=2)
    late = verdict_of(plan, Facts({KEY: (*series[:-1], last, final)}), as_of)
    assert late.status is Status.MISSED
    assert "awaiting" not in late.reason


def test_values_after_the_deadline_do_not_decide_for_it() -> None:
    plan = a_plan(an_aim(86.0))
    series = values([*STEADY, *FLAT[:13], None, 80.0, 80.0])
    verdict = verdict_of(plan, Facts(series), at("2026-03-15"))
    assert verdict.status is Status.OFF_TRACK
    assert "awaiting final data for 2025-12" in verdict.reason


def test_a_suppressed_deadline_is_judged_by_what_came_before() -> None:
    series = values([*STEADY, *FLAT[:13]])[KEY]
    hidden = an_observation("2025-12", None, suppressed=True)
    verdict = verdict_of(a_plan(an_aim(86.0)), Facts({KEY: (*series, hidden)}), at("2026-01-15"))
    assert verdict.status is Status.MISSED


def test_a_missing_month_changes_nothing() -> None:
    found = statuses(a_plan(an_aim(86.0)), values([*STEADY, *FLAT[:9], None, 100.0]))
    assert found["2025-08"] == found["2025-07"]


def test_a_suppressed_value_is_neither_missing_nor_zero() -> None:
    series = values([*STEADY, *ON_PATH[:4]])[KEY]
    hidden = an_observation("2025-03", None, suppressed=True)
    verdict = verdict_of(a_plan(an_aim(86.0)), Facts({KEY: (*series, hidden)}), at("2025-05-30"))
    assert verdict.status is Status.ON_TRACK
    assert verdict.blind_since is None
    assert verdict.readings[-1].value is None


def test_a_partial_value_is_never_judged() -> None:
    series = values([*STEADY, *ON_PATH[:4]])[KEY]
    partial = an_observation("2025-03", 500.0, maturity=Maturity.PARTIAL)
    verdict = verdict_of(a_plan(an_aim(86.0)), Facts({KEY: (*series, partial)}), at("2025-04-12"))
    assert (verdict.status, verdict.period) == (Status.ON_TRACK, month("2025-02"))


def test_blindness_is_a_flag_beside_the_last_status() -> None:
    plan = a_plan(an_aim(86.0))
    facts = Facts(values([*STEADY, *FLAT[:9]]))
    assert verdict_of(plan, facts, at("2025-10-19T22:59")).blind_since is None
    blind = verdict_of(plan, facts, at("2025-10-19T23:00"))
    assert (blind.status, blind.blind_since) == (Status.OFF_TRACK, month("2025-08"))
    assert blind.reason.endswith("; no data since 2025-08.")


# --- aims that hold, aims that stay within -------------------------------------------------------


def _hold(target: float | None = 100.0, **changes: object) -> Plan:
    aim = an_aim(target, intent=Intent.HOLD)
    return a_plan(replace(aim, **changes))  # type: ignore[arg-type]


def test_a_level_that_is_held_is_holding_to_the_end() -> None:
    found = _run([100.0, 101, 99, 100, 102, 98, 100, 99, 101, 100, 100, 99, 101, 100], _hold())
    assert found == ["waiting"] + ["holding"] * 13


def test_a_level_that_is_lost_is_off_track_or_deteriorating_then_missed() -> None:
    found = _run([100.0, 101, *([106.0] * 12)], _hold())
    assert found[-2] in ("off_track", "deteriorating")
    assert found[-1] == "missed"


def test_a_hold_aim_without_target_holds_its_baseline() -> None:
    assert _run([100.0, 101, 99, 100], _hold(None))[-1] == "holding"


def test_better_than_the_level_to_hold_is_holding() -> None:
    assert _run([90.0, 88, 86, 84, 82], _hold())[-1] == "holding"


def test_a_hold_aim_needs_no_deadline() -> None:
    assert _run([100.0, 101, 99, 100], _hold(deadline=None))[-1] == "holding"


@pytest.mark.parametrize(("level", "status"), [(100.0, "holding"), (108.0, "off"), (92.0, "off")])
def test_a_within_aim_is_harmed_on_both_sides(level: float, status: str) -> None:
    plan = a_plan(an_aim((97.0, 103.0), intent=Intent.WITHIN))
    found = _run([level + d for d in (0.5, -0.5, 0.0, 0.5, -0.5, 0.0, 0.5, -0.5)], plan)
    assert found[-1] == ("holding" if status == "holding" else "off_track")


# --- several measures ----------------------------------------------------------------------------


def _two(succeed: str) -> tuple[Plan, Facts]:
    aim = an_aim(86.0, succeed=succeed)
    other = AimMeasure("n", Baseline(month("2024-01"), month("2024-10")), 86.0, primary=False)
    plan = a_plan(replace(aim, measures=(*aim.measures, other)))
    second = a_measure(id="n", name="Returns")
    plan = replace(plan, measures={**plan.measures, "n": second})
    series = values([*STEADY, *ON_PATH[:12]])
    return plan, Facts(series | values([*STEADY, *FLAT[:12]], key=SeriesKey("n")))


def test_of_several_measures_the_worst_is_shown() -> None:
    plan, facts = _two("all")
    verdict = verdict_of(plan, facts, at("2025-11-15"))
    assert verdict.status is Status.OFF_TRACK
    assert verdict.value == 100.0
    assert verdict.reason.startswith("Returns: ")
    assert verdict.reason.endswith("Deaths: on track.")


def test_the_primary_measure_decides_where_it_is_said_to() -> None:
    plan, facts = _two("primary")
    verdict = verdict_of(plan, facts, at("2025-11-15"))
    assert verdict.status is Status.ON_TRACK
    assert "Returns: off track" in verdict.reason


def test_every_status_has_its_rank() -> None:
    assert sorted(WORST_FIRST) == sorted(Status)


# --- words ---------------------------------------------------------------------------------------


def test_the_reason_is_in_words_and_numbers() -> None:
    verdict = verdict_of(a_plan(), Facts(values(A1[:20])), at("2025-09-15"))
    assert (
        verdict.reason
        == "10.7 behind the path (103.0 against 92.3 in 2025-08); off track for 4 months."
    )
    assert verdict.since == month("2025-05")
    assert (verdict.value, verdict.baseline, verdict.target) == (103, 103.0, 88.0)


def test_a_good_last_value_is_said_to_be_one() -> None:
    verdict = verdict_of(
        a_plan(an_aim(86.0)), Facts(values([*STEADY, *FLAT[:8], 90.0])), at("2025-08-15")
    )
    assert verdict.status is Status.OFF_TRACK
    assert verdict.reason.startswith("Behind the path by the values before; this one is 1.0 ahead")


def test_a_rolling_figure_says_that_its_values_are_judged_alone() -> None:
    plan = a_plan(an_aim(86.0), a_measure(window=12))
    verdict = verdict_of(plan, Facts(values([*STEADY, *FLAT[:8]])), at("2025-07-15"))
    assert "a rolling figure over 12 months, so each value is judged alone" in verdict.reason


def test_an_ended_aim_keeps_its_status_and_says_how_it_ended() -> None:
    aim = an_aim(86.0, ended=day("2025-09-01"), outcome="withdrawn", outcome_minute="25/90")
    facts = Facts(values([*STEADY, *FLAT]))
    verdict = verdict_of(a_plan(aim), facts, at("2026-05-01"))
    assert (verdict.status, verdict.period) == (Status.OFF_TRACK, month("2025-08"))
    assert verdict.reason.endswith("Ended on 2025-09-01 as withdrawn (minute 25/90).")
    assert verdict.would_change is None


def test_an_aim_closed_as_reached_against_the_evidence_says_so() -> None:
    facts = Facts(values([*STEADY, *FLAT]))
    ended = {"ended": day("2025-09-01"), "outcome_minute": "25/90"}
    reached = an_aim(86.0, outcome="reached", **ended)
    verdict = verdict_of(a_plan(reached), facts, at("2026-05-01"))
    assert "Ended on 2025-09-01 as reached (minute 25/90). Closed as reached" in verdict.reason
    assert verdict.reason.endswith("against the evidence: it stood at off track.")
    shown = verdict_of(
        a_plan(reached),
        Facts(values([*STEADY, *[80.0] * len(FLAT)])),
        at("2026-05-01"),
    )
    assert shown.status is Status.ACHIEVED
    assert shown.reason.endswith("Ended on 2025-09-01 as reached (minute 25/90).")
    replaced = an_aim(86.0, outcome="replaced", successor="b", **ended)
    verdict = verdict_of(a_plan(replaced), facts, at("2026-05-01"))
    assert verdict.reason.endswith("Ended on 2025-09-01 as replaced by b (minute 25/90).")


VALUE = re.compile(r"^(-?[\d.]+) or (worse|better) in (\S+) would (.+)\.$")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(85, 112), min_size=2, max_size=12))
def test_what_would_change_it_changes_it(numbers: list[float]) -> None:
    plan = a_plan(an_aim(86.0))
    series = values([*STEADY, *numbers])[KEY]
    as_of = month("2024-11").shift(len(numbers)).late_at(30, plan.zone)
    before = verdict_of(plan, Facts({KEY: series}), as_of)
    match = VALUE.match(before.would_change or "")
    if match is None:
        return
    value = float(match[1]) + (0.2 if match[2] == "worse" else -0.2)
    further = Observation(KEY, month(match[3]), value, as_of)
    after = verdict_of(plan, Facts({KEY: (*series, further)}), as_of.replace(year=2027))
    reading = next(r for r in after.readings if r.period == month(match[3]))
    assert reading.status is not before.status


# --- the worked example --------------------------------------------------------------------------


def test_an_aim_that_never_moves_is_called_in_june_and_missed() -> None:
    found = statuses(a_plan(), values(A1))
    assert found["2025-02"] == "on_track"
    assert found["2025-06"] == "off_track"
    assert found["2025-12"] == "missed"


def test_an_aim_that_worsens_is_called_in_march_and_deteriorates_in_july() -> None:
    found = statuses(a_plan(an_aim(21.0)), values(A2))
    assert found["2025-03"] == "off_track"
    assert found["2025-07"] == found["2025-11"] == "deteriorating"
    assert found["2025-12"] == "missed"


def test_an_aim_that_gets_there_never_alarms() -> None:
    found = statuses(a_plan(an_aim(10.0)), values(A3))
    assert set(found.values()) == {"waiting", "on_track", "close"}
    assert found["2025-12"] == "close"


@pytest.mark.skipif(not FIXTURE.exists(), reason="the worked example's file is not here")
def test_the_series_are_those_of_the_worked_example() -> None:
    series = json.loads(FIXTURE.read_text())["series"]
    assert tuple(series["A1_HSMR"]["v"]) == A1
    assert tuple(series["A2_HARM"]["v"]) == A2
    assert tuple(series["A3_TNAA"]["v"]) == A3


# --- laws ----------------------------------------------------------------------------------------

NUMBERS = st.lists(st.one_of(st.none(), st.integers(60, 140)), min_size=3, max_size=24)
BASE = st.lists(st.integers(90, 110), min_size=4, max_size=10)


@settings(max_examples=60, deadline=None)
@given(BASE, NUMBERS)
def test_a_further_value_never_changes_what_was_said_before(
    base: list[int], numbers: list[int | None]
) -> None:
    series = values([*base, *([None] * (10 - len(base))), *numbers])
    whole = list(statuses(a_plan(an_aim(86.0)), series).items())
    fewer = {KEY: series[KEY][:-1]}
    before = list(statuses(a_plan(an_aim(86.0)), fewer).items())
    assert whole[: len(before)] == before


@settings(max_examples=60, deadline=None)
@given(BASE, NUMBERS)
def test_mirrored_data_give_mirrored_verdicts(base: list[int], numbers: list[int | None]) -> None:
    data = [*base, *([None] * (10 - len(base))), *numbers]
    mirrored = [None if v is None else 200 - v for v in data]
    down = statuses(a_plan(an_aim(86.0)), values(data))
    up = a_plan(an_aim(114.0), a_measure(direction=Direction.INCREASE))
    assert statuses(up, values(mirrored)) == down


@settings(max_examples=60, deadline=None)
@given(BASE, NUMBERS, st.sampled_from([0.25, 4.0, 64.0]), st.sampled_from([-512.0, 0.0, 1024.0]))
def test_neither_the_unit_nor_the_origin_matters(
    base: list[int], numbers: list[int | None], scale: float, shift: float
) -> None:
    data = [*base, *([None] * (10 - len(base))), *numbers]
    moved = [None if v is None else v * scale + shift for v in data]
    plain = statuses(a_plan(an_aim(84.0)), values(data))
    other = a_plan(an_aim(84.0 * scale + shift))
    assert statuses(other, values(moved)) == plain


def test_per_scales_values_and_targets_alike() -> None:
    pairs = [(50.0 + i % 3, 100.0) for i in range(10)] + [(51.0, 100.0)] * 12
    plain = a_plan(an_aim(0.8), a_measure(kind=Kind.PROPORTION, direction=Direction.INCREASE))
    hundred = a_plan(
        an_aim(80.0), a_measure(kind=Kind.PROPORTION, direction=Direction.INCREASE, per=100)
    )
    found = statuses(plain, counts(pairs))
    assert found == statuses(hundred, counts(pairs, per=100))
    assert "off_track" in found.values()
