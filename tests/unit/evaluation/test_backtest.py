"""Judging a plan over past data: the rows, and the judgements that come of them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.evaluation.backtest import (
    BacktestError,
    Judgement,
    backtest,
    judged_aims,
    read_history,
)
from services.framework.evaluate import evaluate
from services.framework.facts import Facts, Maturity, SeriesKey
from services.framework.judgement import Status, Subject, SubjectKind
from services.framework.plan import Direction, Intent, Kind, Plan, Site
from services.framework.series import known_to
from tests.unit.framework.builders import (
    A1,
    A3,
    KEY,
    a_measure,
    a_plan,
    an_aim,
    at,
    month,
)
from web.cli import main

MONTHS = [month("2024-01").shift(i).label for i in range(24)]
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "northfield.yaml"


def _rows(text: str) -> list[dict[str, str | None]]:
    return list(csv.DictReader(io.StringIO(text)))


def _data(numbers: tuple[float | str, ...], *, header: str = "measure,period,value") -> str:
    rows = (f"m,{label},{value}" for label, value in zip(MONTHS, numbers, strict=False))
    return "\n".join([header, *rows])


def _judged(plan: Plan, text: str) -> list[Judgement]:
    return list(backtest(plan, read_history(plan, _rows(text))))


def test_one_judgement_a_period_from_the_start_in_order() -> None:
    found = _judged(a_plan(), _data(A1))
    assert [j.period.label for j in found] == MONTHS[10:]
    assert [j.status for j in found][-1] is Status.MISSED
    assert found[7].status is Status.OFF_TRACK
    assert found[0].as_of == at("2024-12-21")


def test_it_says_what_the_live_service_says() -> None:
    plan = a_plan()
    history = read_history(plan, _rows(_data(A1)))
    for one in backtest(plan, history):
        known = known_to(Facts(history.observations), one.as_of)
        live = evaluate(plan, known, Subject(SubjectKind.AIM, "a"), one.as_of).verdict
        assert live is not None
        assert (live.status, live.reason) == (one.status, one.reason)


def test_later_data_never_change_an_earlier_line() -> None:
    whole = _judged(a_plan(), _data(A1))
    assert _judged(a_plan(), _data(A1[:18])) == whole[:8]


def test_a_value_that_did_not_come_is_judged_on_its_first_late_day() -> None:
    found = _judged(a_plan(), _data((*A1[:14], "", *A1[15:20])))
    missing = found[4]
    assert missing.period.label == "2025-03"
    assert missing.as_of == at("2025-04-20T23:00")
    assert missing.status is found[3].status
    assert "DAT-01" in missing.findings
    assert "DAT-01" not in found[3].findings


def test_rows_that_are_not_there_are_missing_too() -> None:
    text = "\n".join(line for line in _data(A1[:20]).splitlines() if "2025-03" not in line)
    assert [j.period.label for j in _judged(a_plan(), text)] == MONTHS[10:20]


def test_blindness_is_told_and_ends() -> None:
    found = _judged(a_plan(), _data((*A1[:14], "", "", "", *A1[17:20])))
    blind = [j.blind_since.label if j.blind_since else None for j in found[3:9]]
    assert blind == [None, None, "2025-03", "2025-03", None, None]
    assert "DAT-02" in found[5].findings


def test_received_says_when_it_was_known() -> None:
    text = _data(A3, header="measure,period,value,received").replace(
        "m,2025-06,19", "m,2025-06,19,2025-08-02"
    )
    found = _judged(a_plan(an_aim(10.0)), text)
    assert found[7].as_of == at("2025-08-01T23:00")


def test_a_value_received_later_corrects_the_earlier_from_then_on() -> None:
    text = _data(A1[:18], header="measure,period,value,received")
    text += "\nm,2025-02,60,2025-06-25T12:00:00+00:00"
    history = read_history(a_plan(), _rows(text))
    versions = [o for o in history.observations[KEY] if o.period == month("2025-02")]
    assert [(o.version, o.value) for o in versions] == [(1, 103.0), (2, 60.0)]
    found = list(backtest(a_plan(), history))
    plain = _judged(a_plan(), _data(A1[:18]))
    assert found[:7] == plain[:7]
    assert found[7].probability != plain[7].probability


def test_counts_are_scaled_and_observed_and_expected_are_counts() -> None:
    plan = a_plan(measure=a_measure(per=100))
    text = "measure,period,observed,expected\nm,2024-01,47,50\n"
    (observation,) = read_history(plan, _rows(text)).observations[KEY]
    assert (observation.value, observation.numerator, observation.denominator) == (94.0, 47.0, 50.0)


def test_states_and_suppression_are_read() -> None:
    text = (
        "measure,period,value,state\n"
        "m,2024-01,5,partial\nm,2024-02,*,\nm,2024-03,<5,\nm,2024-04,7,withdrawn\nm,2024-05,0,\n"
    )
    rows = read_history(a_plan(), _rows(text)).observations[KEY]
    assert rows[0].maturity is Maturity.PARTIAL
    assert [r.suppressed for r in rows] == [False, True, True, False, False]
    assert (rows[3].withdrawn, rows[3].value, rows[4].value) == (True, None, 0.0)


def test_sites_are_series_and_a_sum_waits_for_all_of_them() -> None:
    sites = {s: Site(s, s.title()) for s in ("royal", "general")}
    measure = a_measure(
        kind=Kind.PROPORTION, direction=Direction.INCREASE, rollup="sum", sites=tuple(sites)
    )
    plan = replace(a_plan(an_aim(0.9), measure), sites=sites)
    lines = ["measure,site,period,numerator,denominator,received"]
    for i, label in enumerate(MONTHS[:16]):
        known = month(label).shift(1).start.replace(day=5)
        late = "2025-03-25" if label == "2025-02" else known
        lines += [f"m,royal,{label},{50 + i % 3},100,{known}"]
        lines += [f"m,general,{label},{40 + i % 2},100,{late}"]
    found = _judged(plan, "\n".join(lines))
    february = next(j for j in found if j.period.label == "2025-02")
    assert february.as_of == at("2025-03-25")
    assert "DAT-01" not in found[-1].findings


def test_an_aim_of_a_site_is_judged_on_that_sites_values_only() -> None:
    sites = {s: Site(s, s.title()) for s in ("royal", "general")}
    plan = replace(a_plan(an_aim(site="royal")), sites=sites)
    text = "measure,site,period,value\n" + "\n".join(
        f"m,royal,{label},{value}" for label, value in zip(MONTHS, A1, strict=True)
    )
    other = text + "\n" + "\n".join(f"m,general,{label},500" for label in MONTHS[:15])
    assert [j.status for j in _judged(plan, other)] == [j.status for j in _judged(plan, text)]
    assert "DAT-01" not in _judged(plan, other)[-1].findings


def test_events_of_a_day_add_up_and_silence_needs_to_be_complete() -> None:
    plan = a_plan(an_aim(1.0, intent=Intent.IMPROVE), a_measure(kind=Kind.EVENTS))
    text = (
        "measure,event_date,complete_through\n"
        "m,2024-01-05,\nm,2024-01-05,\nm,2024-01-20,2024-01-31\nm,,2024-02-29\n"
    )
    rows = read_history(plan, _rows(text)).observations[SeriesKey("m")]
    first = [r for r in rows if r.period.label == "2024-01-05"]
    assert [r.value for r in first] == [1.0, 2.0]
    assert rows[-1].value == 0.0


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        ("n,2024-01,5,,,", "no measure 'n'"),
        ("m,2024-1,5,,,", "is no month"),
        ("m,2024-13,5,,,", "names no real month"),
        ("m,2024-01,x,,,", "'x' is no number"),
        ("m,2024-01,1e999,,,", "no finite number"),
        ("m,2024-01,nan,,,", "no finite number"),
        ("m,2024-01,,5,,", "a numerator needs a denominator"),
        ("m,2024-01,,5,0,", "must be above zero"),
        ("m,2024-01,,6,5,", "above the denominator"),
        ("m,2024-01,5,,,soon", "'soon' is no time"),
        ("m,2024-01,5,,,2024-02-01,extra", "more cells than columns"),
    ],
)
def test_a_bad_row_is_named(row: str, trouble: str) -> None:
    plan = a_plan(measure=a_measure(kind=Kind.PROPORTION))
    header = "measure,period,value,numerator,denominator,received\n"
    with pytest.raises(BacktestError, match=f"^line 2: .*{trouble}"):
        read_history(plan, _rows(header + row))


def test_every_bad_row_is_named_up_to_twenty() -> None:
    text = "measure,period,value\n" + "m,x,1\n" * 30
    with pytest.raises(BacktestError) as caught:
        read_history(a_plan(), _rows(text))
    assert str(caught.value).splitlines()[-1] == "and 10 more"
    assert len(caught.value.troubles) == 30


def test_no_rows_is_trouble() -> None:
    with pytest.raises(BacktestError, match="no rows"):
        read_history(a_plan(), [])


def test_aims_without_a_start_have_no_lines() -> None:
    plan = a_plan(an_aim(start=None))
    history = read_history(plan, _rows(_data(A1)))
    assert list(backtest(plan, history)) == []
    assert judged_aims(plan) == ()


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    lines = ["measure,period,value,note"]
    lines += [f"hsmr,{m},{v},x" for m, v in zip(MONTHS, A1, strict=True)]
    lines += [f"third-next,{m},{v},x" for m, v in zip(MONTHS, A3, strict=True)]
    path.write_text("\n".join(lines))
    return path


def test_the_command_prints_a_line_of_json_a_period(data: Path) -> None:
    result = CliRunner().invoke(main, ["backtest", str(EXAMPLE), str(data), "--json"])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 3 * 14
    assert list(lines[0]) == [
        "aim", "as_of", "period", "status", "blind_since", "probability", "findings",
    ]  # fmt: skip
    assert [line["aim"] for line in lines[::14]] == ["hsmr-88", "harm-21", "access-10"]
    assert lines[13]["status"] == "missed"
    assert lines[41]["status"] == "close"
    assert lines[0]["as_of"] == "2024-12-21T00:00:00Z"
    assert "ignored columns: note" in result.stderr


def test_the_command_prints_a_table_for_people(data: Path) -> None:
    result = CliRunner().invoke(main, ["backtest", str(EXAMPLE), str(data)])
    assert result.exit_code == 0, result.output
    assert "Fewer deaths in hospital (hsmr-88)" in result.stdout
    assert (
        "behind the path (104.0 against 93.4 in 2025-07); off track for 3 months." in result.stdout
    )


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        ("period,value\n2024-01,5\n", "the columns measure and period are wanted"),
        ("", "the columns measure and period are wanted"),
        ("measure,period,value\nnone,2024-01,5\n", "line 2: the plan has no measure 'none'"),
        ("measure,period,value\nhsmr,2024-01,\xff\n", "not UTF-8"),
    ],
)
def test_bad_data_is_one_clear_trouble(tmp_path: Path, content: str, trouble: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode("latin-1"))
    result = CliRunner().invoke(main, ["backtest", str(EXAMPLE), str(path), "--json"])
    assert result.exit_code == 1
    assert trouble in result.stderr
    assert result.stdout == ""


def test_a_bad_plan_is_named(tmp_path: Path, data: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("bigdot: 1\n")
    result = CliRunner().invoke(main, ["backtest", str(plan), str(data)])
    assert result.exit_code == 1
    assert "plan.yaml" in result.stderr


def test_a_file_that_is_not_there_is_wrong_use() -> None:
    result = CliRunner().invoke(main, ["backtest", "none.yaml", "none.csv"])
    assert result.exit_code == 2
