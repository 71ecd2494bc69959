"""What would have been told over past data: when, to whom, how often, and what came of it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from services.alerting.lifecycle import STATUS, Change
from services.alerting.recipients import MAIL, Recipient
from services.evaluation.backtest import History, backtest, read_history
from services.evaluation.past_alerts import coverage, past_alerts, span_of, subjects_of
from services.evaluation.replay import Sent, Span, Truth, followed, lasted, loads, tally
from services.framework.judgement import PathReading, Status, Verdict
from services.framework.plan import Kind, Plan
from tests.unit.framework.builders import (
    A1,
    a_measure,
    a_plan,
    an_aim,
    at,
    month,
)
from web.cli import main

MONTHS = [month("2024-01").shift(i).label for i in range(24)]
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "northfield.yaml"
LONDON = ZoneInfo("Europe/London")


def history_of(plan: Plan, numbers: tuple[float | str, ...]) -> History:
    rows = (f"m,{label},{value}" for label, value in zip(MONTHS, numbers, strict=False))
    text = "\n".join(["measure,period,value", *rows])
    return read_history(plan, list(csv.DictReader(io.StringIO(text))))


def told(plan: Plan, numbers: tuple[float | str, ...]) -> list[Sent]:
    """Every message, in order of time."""
    found = past_alerts(plan, history_of(plan, numbers))
    return sorted((s for each in found for s in each), key=lambda s: s.at)


def test_the_status_is_told_once_a_transition_when_the_backtest_says_it() -> None:
    plan = a_plan()
    statuses = [s for s in told(plan, A1) if s.expectation == STATUS]
    assert [(s.change, s.status) for s in statuses] == [
        (Change.OPEN, Status.OFF_TRACK),
        (Change.STEP, Status.MISSED),
    ]
    first = next(
        j for j in backtest(plan, history_of(plan, A1)) if j.status is Status.OFF_TRACK
    )  # fmt: skip
    assert statuses[0].at == first.as_of
    assert statuses[0].reason == first.reason
    assert statuses[0].to == (Recipient("cmo", MAIL, "executive"),)


def test_an_alert_of_an_aim_that_ended_missed_came_true() -> None:
    opened, worse = [s for s in told(a_plan(), A1) if s.expectation == STATUS]
    assert (opened.truth, worse.truth) == (Truth.YES, None)
    assert tally([opened, worse]).words == "1 alert: 1 came true"


def test_a_late_value_is_told_on_the_day_it_is_late_and_over_when_it_comes() -> None:
    plan = a_plan(measure=a_measure(owner="owner"))
    numbers = (*A1[:14], "", *A1[15:18])
    late = [s for s in told(plan, numbers) if s.expectation == "DAT-01"]
    assert [(s.change, s.at) for s in late[:1]] == [(Change.OPEN, at("2025-04-20T23:00"))]
    assert all(s.to == (Recipient("owner", MAIL, "measure_owner"),) for s in late)


def test_what_is_in_shadow_is_not_told() -> None:
    plan = a_plan()
    assert {s.expectation for s in told(plan, A1)} <= {
        STATUS,
        "AIM-01",
        "DAT-01",
        "DAT-02",
        "PRT-01",
    }


@pytest.mark.parametrize(
    ("status", "over", "lags", "truth"),
    [
        (Status.MISSED, True, (0.0,), Truth.YES),
        (Status.ACHIEVED, True, (9.0,) * 6, Truth.NO),
        (Status.CLOSE, True, (9.0,) * 6, Truth.NO),
        (Status.ACHIEVED, False, (0.5, 0.5, 0.5), Truth.YES),
        (Status.ON_TRACK, False, (0.49, 0.5, 0.5), Truth.NO),
        (Status.OFF_TRACK, False, (3.0, 3.0), Truth.UNKNOWN),
        (Status.OFF_TRACK, False, (0.0,) * 6 + (99.0,), Truth.NO),
    ],
)
def test_the_course_that_followed_says_whether_an_alert_came_true(
    status: Status, over: bool, lags: tuple[float, ...], truth: Truth
) -> None:
    first = month("2025-03")
    readings = [PathReading(first.shift(-1), 1.0, 1.0, 99.0, None, None, status)]
    readings += [
        PathReading(first.shift(n), 1.0, 1.0, lag, None, None, status)
        for n, lag in enumerate(lags)
    ]  # fmt: skip
    verdict = Verdict(status, "x", readings=tuple(readings))
    assert followed(verdict, at("2025-03-20"), over=over) is truth


def test_a_finding_came_true_if_it_stood_for_a_fortnight() -> None:
    opened, day = at("2025-03-01"), timedelta(days=1)
    far = opened + 100 * day
    assert lasted(opened, opened + 14 * day, far) is Truth.YES
    assert lasted(opened, opened + 13 * day, far) is Truth.NO
    assert lasted(opened, None, opened + 13 * day) is Truth.UNKNOWN
    assert lasted(opened, None, opened + 14 * day) is Truth.YES


def test_loads_count_each_message_of_each_person_by_week() -> None:
    monday = at("2025-03-03T12:00")
    both = (Recipient("a", MAIL, "x"), Recipient("b", MAIL, "x"))
    sent = [
        Sent(
            monday + timedelta(days=n), "X", "aim:a", "aim:a", Change.OPEN, "", both[: 1 + (n > 6)]
        )
        for n in (0, 6, 7)
    ]
    a, b = loads(sent, Span(monday, monday + timedelta(days=28)), LONDON)
    assert (a.person, a.messages, a.a_week, a.fullest) == ("a", 3, 0.75, 2)
    assert a.fullest_week.isoformat() == "2025-03-03"
    assert (b.person, b.messages, b.fullest_week.isoformat()) == ("b", 1, "2025-03-10")


def test_the_data_are_looked_at_before_they_are_judged_by() -> None:
    plan = a_plan()
    (one,) = coverage(plan, history_of(plan, (*A1[:14], "", *A1[15:20])))
    assert (one.expected, [p.label for p in one.missing]) == (20, ["2025-03"])
    assert one.words == "19 of 20 periods, 2024-01 to 2025-08; none for 2025-03"
    other = replace(plan, measures={**plan.measures, "n": a_measure(id="n", name="N")})
    aim = an_aim(balancing=("n",))
    (_, none) = coverage(replace(other, aims={"a": aim}), history_of(plan, A1))
    assert none.words == "no value at all: nothing of it can be judged"


def test_silence_between_dated_events_is_no_gap() -> None:
    plan = a_plan(measure=a_measure(kind=Kind.EVENTS))
    rows = "measure,event_date,complete_through\nm,2024-01-05,\nm,2024-06-05,2024-06-30"
    history = read_history(plan, list(csv.DictReader(io.StringIO(rows))))
    assert coverage(plan, history)[0].missing == ()


def test_aims_without_a_start_are_not_replayed() -> None:
    plan = a_plan(an_aim(start=None))
    assert subjects_of(plan) == ()
    assert span_of(plan, history_of(plan, A1)).weeks == 1


def test_the_command_tells_alerts_to_people_and_to_machines(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    rows = [f"hsmr,{m},{v}" for m, v in zip(MONTHS, A1, strict=True)]
    data.write_text("\n".join(["measure,period,value", *rows]))
    shown = CliRunner().invoke(main, ["backtest", str(EXAMPLE), str(data), "--alerts"]).stdout
    assert shown.startswith("How far the data reach\n")
    assert "(hsmr): 24 of 24 periods, 2024-01 to 2025-12" in shown
    assert "(harm): no value at all: nothing of it can be judged" in shown
    assert "status off track  open aim:hsmr-88 → Chief medical officer" in shown
    assert "[came true: yes]" in shown
    assert "a week, at most" in shown
    assert "The data hold values only." in shown
    arguments = ["backtest", str(EXAMPLE), str(data), "--alerts", "--json"]
    lines = [json.loads(line) for line in CliRunner().invoke(main, arguments).stdout.splitlines()]
    kinds = [line["kind"] for line in lines]
    assert kinds == sorted(kinds, key=["coverage", "left_out", "alert", "person", "sum"].index)
    alerts = [line for line in lines if line["kind"] == "alert"]
    people = [line for line in lines if line["kind"] == "person"]
    assert sum(len(line["to"]) for line in alerts) == sum(line["messages"] for line in people)
    assert [line["at"] for line in alerts] == sorted(line["at"] for line in alerts)
