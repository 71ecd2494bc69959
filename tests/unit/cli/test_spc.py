"""``bigdot spc``: what it reads, what it answers, what it refuses and how it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from web.cli import main
from web.cli.spc_batch import KEYS
from web.cli.spc_options import CHARTS, RULES

VALUES = [50, 51, 49, 50.5, 49.5, 50, 51, 49, 50, 50.5, 49.5, 50, *[52.5] * 8]
Run = Callable[..., Result]
Ask = Callable[..., Result]


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["spc", *args])


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask of a file with this content."""

    def invoke(content: str | bytes, *args: str) -> Result:
        path = tmp_path / "data.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run(str(path), *args)

    return invoke


def series(values: list[Any] = VALUES, start: int = 1) -> str:
    rows = [f"2024-{start + at:02},{value}" for at, value in enumerate(values)]
    return "\n".join(["period,value", *rows])


def monthly(values: list[Any] = VALUES) -> str:
    rows = [f"{2022 + at // 12}-{at % 12 + 1:02},{value}" for at, value in enumerate(values)]
    return "\n".join(["period,value", *rows]) + "\n"


def answered(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_json_has_points_parts_and_icons(ask: Ask) -> None:
    found = answered(
        ask(monthly(), "--rules", "mdc", "--direction", "increase", "--target", "60",
            "--freeze", "12", "--json")
    )  # fmt: skip
    assert (found["chart"], found["rules"]) == ("xmr", "mdc")
    first, last = found["points"][0], found["points"][-1]
    assert first == {
        "period": "2022-01",
        "value": 50,
        "centre": 50,
        "lower": pytest.approx(50 - 2.66 * 12 / 11),
        "upper": pytest.approx(50 + 2.66 * 12 / 11),
        "signals": [],
    }
    assert last["signals"] == ["two_of_three", "shift"]
    assert found["parts"] == [
        {
            "from": 1,
            "to": 20,
            "n": 20,
            "n_useful": 16,
            "longest_run": 8,
            "longest_run_max": 7,
            "crossings": 8,
            "crossings_min": 4,
            "runs_signal": True,
        }
    ]
    assert (found["variation"], found["assurance"]) == ("improvement", "fail")
    [shift] = [one for one in found["signals"] if one["rule"] == "shift"]
    assert shift["points"] == list(range(13, 21))
    assert (shift["rules"], shift["version"]) == ("mdc", "1")


def test_the_rules_that_suit_are_chosen(ask: Ask) -> None:
    assert answered(ask(monthly(), "--json"))["rules"] == "anhoej"
    assert answered(ask(monthly(), "--direction", "increase", "--json"))["rules"] == "mdc"
    aimed = ("--chart", "run", "--target", "50")
    assert answered(ask(monthly(), *aimed, "--json"))["rules"] == "anhoej"


def test_a_run_chart_has_no_limits(ask: Ask) -> None:
    found = answered(ask(monthly(), "--chart", "run", "--rules", "run", "--json"))
    assert {(point["lower"], point["upper"]) for point in found["points"]} == {(None, None)}
    assert found["points"][-1]["signals"] == ["shift"]


def test_options_reach_the_chart(ask: Ask) -> None:
    found = answered(
        ask(monthly(), "--rebase", "13", "--exclude", "3,4", "--centre", "51", "--json",
            "--param", "shift_n=9", "--param", "limit_factor=3/1.128", "--rules", "mdc")
    )  # fmt: skip
    assert [(part["from"], part["to"], part["n"]) for part in found["parts"]] == [
        (1, 12, 10),
        (13, 20, 8),
    ]
    assert {point["centre"] for point in found["points"]} == {51}
    assert not any("shift" in point["signals"] for point in found["points"])


def test_screening_can_be_asked_for(ask: Ask) -> None:
    with_outlier = monthly([*VALUES[:6], 90, *VALUES[6:12]])
    wide = answered(ask(with_outlier, "--json"))["points"][0]["upper"]
    narrow = answered(ask(with_outlier, "--screen", "--json"))["points"][0]["upper"]
    assert narrow < wide
    assert answered(ask(with_outlier, "--no-screen", "--json"))["points"][0]["upper"] == wide


def test_counts_are_a_share_on_a_p_chart(ask: Ask) -> None:
    text = "period,numerator,denominator\n" + "".join(
        f"2024-{month:02},{month + 10},100\n" for month in range(1, 13)
    )
    found = answered(ask(text, "--chart", "p", "--json"))
    assert found["points"][0]["value"] == pytest.approx(0.11)
    assert found["points"][0]["centre"] == pytest.approx(0.165)


def test_the_rounded_factor_is_for_xmr_charts(ask: Ask) -> None:
    text = "period,numerator,denominator\n1,10,100\n2,14,100\n3,9,100\n4,12,100\n"

    def upper(*args: str) -> float:
        answer = answered(ask(text, "--json", *args))
        return float(answer["points"][0]["upper"] - answer["points"][0]["centre"])

    assert upper("--rules", "mdc") / upper("--rules", "run") == pytest.approx(2.66 * 1.128 / 3)
    prime = ("--chart", "pp", "--rules")
    assert upper(*prime, "mdc") == upper(*prime, "run")
    asked = upper(*prime, "mdc", "--param", "limit_factor=2.66")
    assert asked / upper(*prime, "run") == pytest.approx(2.66 * 1.128 / 3)


def test_a_zero_denominator_is_a_gap(ask: Ask) -> None:
    text = "period,numerator,denominator\n1,1,10\n2,0,0\n3,2,10\n4,,10\n"
    found = answered(ask(text, "--chart", "p", "--json"))
    assert [point["value"] for point in found["points"]] == [0.1, None, 0.2, None]


def test_measurements_are_gathered_on_an_xbar_chart(ask: Ask) -> None:
    text = "period,value\n" + "a,1\na,3\nb,2\nb,6\n"
    found = answered(ask(text, "--chart", "xbar", "--json"))
    assert [(one["period"], one["value"]) for one in found["points"]] == [("a", 2), ("b", 4)]
    spread = answered(ask(text, "--chart", "s", "--json"))
    assert spread["points"][0]["value"] == pytest.approx(2**0.5)


def test_the_table_is_for_people(ask: Ask) -> None:
    result = ask(monthly(), "--direction", "decrease", "--target", "40", "--freeze", "12")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "data.csv: xmr chart, Making Data Count rules (NHS England)"
    [last] = [line for line in lines if line.startswith("20")]
    assert "2023-08" in last
    assert "◆" in last
    assert "two of three, shift" in last
    assert (
        "  2023-01 to 2023-08: shift: 8 points in a row above the centre line (a shift is 7)"
        in (lines)
    )
    assert "variation: special cause: concern" in lines
    assert "assurance: the target will not be met (40)" in lines
    assert "note: provisional: 12 of 13 points" in lines


def test_a_terminal_of_80_columns_shows_every_signal(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    values = [1234500.25 + value for value in VALUES[:15]] + [1234600.25]
    shown = ask(monthly([*values, "", *values[:2]]), "--direction", "increase").output
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    table = lines[1 : lines.index("")]
    assert len(table) == 1 + 19
    assert max(map(len, table)) <= 80
    assert "1234600.2" in table[16]
    assert table[16].rstrip().endswith("outside")
    assert "…" not in shown
    [limits] = [line for line in lines if line.startswith("part 1: ")]
    assert limits.startswith("part 1: points 1 to 19, centre 1234553.5, limits 1234543.0 to")
    assert "  2023-04: outside limits: 1234600.2 is above the limit 1234564.0" in lines


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([5], "too few to judge."),
        ([5] * 12, "note: no variation"),
        ([5, "", "", 6], "too few to judge."),
    ],
    ids=["one point", "all equal", "holes"],
)
def test_any_series_has_a_table(ask: Ask, values: list[Any], says: str) -> None:
    result = ask(monthly(values), "--direction", "increase", "--target", "8")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert says in lines
    assert sum(line.startswith(tuple("123456789")) for line in lines) == len(values)


@pytest.mark.parametrize(
    ("content", "chart", "note"),
    [
        ("period,value\n2024-01,5\n", "mr", "no point is left to set limits by"),
        ("period,value\n2024-01,5\n", "s", "no point is left to set limits by"),
        (
            "period,numerator,denominator\n2024-01,0,0\n2024-02,0,0\n",
            "p",
            "no denominator, so left out: 2024-01, 2024-02",
        ),
    ],
    ids=["no range", "no spread", "no denominator"],
)
def test_a_chart_with_nothing_to_draw_says_so(
    ask: Ask, content: str, chart: str, note: str
) -> None:
    result = ask(content.encode(), "--chart", chart)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert "too few to judge." in lines
    assert f"note: {note}" in lines


LOWER = [*VALUES[:13], *[46, 47, 46.5, 46, 47, 46, 46.5, 47, 46]]


def test_a_proposal_to_rebase_is_told_and_not_applied(ask: Ask) -> None:
    found = answered(ask(monthly(LOWER), "--direction", "decrease", "--json"))
    assert found["proposals"] == [
        {
            "method": "sustained_run",
            "from": 14,
            "period": "2023-02",
            "to": 22,
            "before": 50,
            "after": 46.5,
            "reason": "9 points in a row below the median 50: theirs is 46.5",
        }
    ]
    assert [(part["from"], part["to"]) for part in found["parts"]] == [(1, 22)]
    table = ask(monthly(LOWER), "--direction", "decrease").output.splitlines()
    assert (
        "proposal: a new part from 2023-02, point 14: "
        "9 points in a row below the median 50: theirs is 46.5"
    ) in table
    assert "  nothing is applied; --rebase N,N draws the chart with new parts" in table


def test_a_run_on_the_worse_side_or_taken_up_is_no_proposal(ask: Ask) -> None:
    def proposals(*args: str) -> list[Any]:
        told: list[Any] = answered(ask(monthly(LOWER), *args, "--json"))["proposals"]
        return told

    assert proposals("--direction", "increase") == []
    assert len(proposals()) == 1
    assert proposals("--direction", "decrease", "--rebase", "14") == []
    assert proposals("--direction", "decrease", "--exclude", "20") == []


def test_a_shift_that_lasts_is_a_proposal_of_its_own(ask: Ask) -> None:
    rows = [50 + at % 4 for at in range(24)] + [42 + at % 4 for at in range(24)]
    found = answered(ask(monthly(rows), "--json"))["proposals"]
    assert [(one["method"], one["from"], one["before"]) for one in found] == [
        ("stable_shift", 25, pytest.approx(51.43, abs=0.01)),
        ("sustained_run", 25, 51),
    ]
    fixed = answered(ask(monthly(rows), "--centre", "50", "--json"))["proposals"]
    assert "stable_shift" not in [one["method"] for one in fixed]


def test_too_few_points_are_said_to_be_so(ask: Ask) -> None:
    few = series([50, 51, 49, 50.5])
    assert answered(ask(few, "--direction", "increase", "--json"))["variation"] is None
    assert "too few to judge." in ask(few).output.splitlines()


READ = {
    "byte order mark": b"\xef\xbb\xbfperiod,value\n1,1.5\n2,2\n",
    "CRLF and a blank line": b"period,value\r\n1,1.5\r\n\r\n2,2\r\n",
    "semicolons": b"period;value\n1;1.5\n2;2\n",
    "semicolons and decimal commas": b"period;value\n1;1,5\n2;2\n",
    "a decimal comma settles three digits": b"period;value;note\n1;1,5;x\n2;2,000;y\n",
    "tabs": b"period\tvalue\n1\t1.5\n2\t2\n",
    "quotes": b'"period","value"\n"1","1.5"\n"2","2"\n',
    "a quoted decimal comma": b'period,value\n1,"1,5"\n2,2\n',
    "capitals and spaces": b" Period , VALUE \n1, 1.5\n2 ,2\n",
    "a column to spare": b"ward,period,value\nx,1,1.5\ny,2,2\n",
    "empty counts beside values": b"period,value,numerator,denominator\n1,1.5,,\n2,2,,\n",
    "no line at the end": b"period,value\n1,1.5\n2,2",
}


@pytest.mark.parametrize("content", READ.values(), ids=READ.keys())
def test_what_people_send_is_read(ask: Ask, content: bytes) -> None:
    found = json.loads(ask(content, "--json").stdout)
    assert [(one["period"], one["value"]) for one in found["points"]] == [("1", 1.5), ("2", 2)]


def test_thousands_are_read_where_nothing_else_can_be_meant(ask: Ask) -> None:
    found = answered(ask('period,value\n1,"1,234.5"\n2,"1,234,567"\n', "--json"))
    assert [point["value"] for point in found["points"]] == [1234.5, 1234567]


@pytest.mark.parametrize("cell", ["", " ", "NA", "n/a", "null"])
def test_an_empty_cell_is_missing_and_not_zero(ask: Ask, cell: str) -> None:
    found = answered(ask(f"period,value\n1,1\n2,{cell}\n3,3\n", "--json"))
    assert [point["value"] for point in found["points"]] == [1, None, 3]
    assert {point["centre"] for point in found["points"]} == {2}


REFUSED = {
    "nothing": ("", "the file is empty"),
    "only names": ("period,value\n", "no row follows the names"),
    "no such column": ("month,score\n1,2\n", "row 1: the columns period and value"),
    "a column twice": ("period,value,value\n1,2,3\n", "row 1: the column value is there twice"),
    "a word": ("period,value\n1,2\n2,high\n", "row 3: value 'high' is no number"),
    "suppressed": ("period,value\n1,2\n2,<5\n", "row 3: value '<5' is no number; leave the cell"),
    "a share": ("period,value\n1,95%\n", "row 2: value '95%' is no number"),
    "not a number": ("period,value\n1,nan\n", "row 2: value 'nan' is no number"),
    "infinite": ("period,value\n1,inf\n", "row 2: value 'inf' is no number"),
    "too large": ("period,value\n1,1e999\n", "row 2: value '1e999' is too large"),
    "a comma of two meanings": ('period,value\n1,"1,234"\n', "may be thousands or a decimal comma"),
    "two notations": ("period;value\n1;1,5\n2;2.5\n", "has a comma where other rows have a point"),
    "no period": ("period,value\n,2\n", "row 2: the period is missing"),
    "a cell too many": ("period,value\n1,2,3\n", "row 2: 3 cells under 2 names"),
    "a cell too few": ("period,value\n1\n", "row 2: 1 cells under 2 names"),
    "an open quote": ('period,value\n1,"2\n', "row 2: unexpected end of data"),
    "which is meant": (
        "period,value,numerator,denominator\n1,2,3,4\n",
        "row 2: a value and a numerator: which is meant?",
    ),
    "repeated": ("period,value\n2024-01,2\n2024-01,3\n", "row 3: point 2: period 2024-01 is there"),
    "unsorted": ("period,value\n2024-02,2\n2024-01,3\n", "row 3: point 2: period 2024-01 comes"),
    "nothing known": ("period,value\n1,\n2,\n", "no point has a value"),
    "not UTF-8": (b"period,value\n1,2\n2,\xff\n", "row 3: not UTF-8 text"),
    "not text": (b"period,value\n1,\x002\n", "not a text file"),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_file_gets_one_clear_line(ask: Ask, content: str | bytes, says: str) -> None:
    result = ask(content, "--json")
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("chart", "content", "says"),
    [
        ("t", "period,value\n1,3\n2,0\n", "row 3: point 2 (2): a time between events must be over"),
        ("c", "period,value\n1,3\n2,-1\n", "row 3: point 2 (2): a count cannot be negative"),
        ("p", "period,value\n1,3\n2,1\n", "a p chart needs a denominator"),
        (
            "p",
            "period,numerator,denominator\n1,3,4\n2,5,4\n",
            "row 3: point 2 (2): numerator 5 is over its denominator",
        ),
        ("u", "period,numerator,denominator\n1,3,-4\n2,5,4\n", "a denominator cannot be negative"),
        ("xbar", "period,value\na,1\nb,2\na,3\n", "subgroup a comes again"),
    ],
)
def test_what_no_such_chart_can_be_made_of(ask: Ask, chart: str, content: str, says: str) -> None:
    result = ask(content, "--chart", chart)
    assert result.exit_code == 1
    assert says in result.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--freeze", "30"), "freeze 30: there are only 20 points"),
        (("--freeze", "0"), "0 is not in the range x>=1"),
        (("--rebase", "21"), "rebase 21: the points are 1 to 20"),
        (("--exclude", "1,x"), "numbers of points are wanted"),
        (("--exclude", "0"), "points are counted from 1"),
        (("--centre", "middle"), "'middle': mean, median or a number is wanted"),
        (("--centre", "inf"), "'inf': mean, median or a number is wanted"),
        (("--target", "nan"), "'nan' is no number"),
        (("--chart", "pie"), "'pie' is not one of"),
        (
            ("--rules", "mdc", "--param", "shift=8"),
            "mdc has no parameter 'shift'; it takes shift_n",
        ),
        (
            ("--rules", "mdc", "--param", "shift_n=0"),
            "shift_n must be a whole number from 2 to 100",
        ),
        (("--param", "shift_n"), "NAME=VALUE is wanted"),
        (("--param", "multiply=0"), "multiply must be over 0"),
        (("--param", "spread=wide"), "spread must be mean_mr or median_mr"),
    ],
)
def test_wrong_use_ends_with_2(ask: Ask, args: tuple[str, ...], says: str) -> None:
    result = ask(monthly(), *args)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_file_or_a_batch_is_wanted(tmp_path: Path) -> None:
    assert run().exit_code == 2
    assert run(str(tmp_path / "nowhere.csv")).exit_code == 2


# Many series -----------------------------------------------------------------------


def batch(tmp_path: Path, *cases: Any, args: tuple[str, ...] = ()) -> tuple[int, list[Any]]:
    path = tmp_path / "cases.ndjson"
    lines = [one if isinstance(one, str) else json.dumps(one) for one in cases]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = run("--batch", str(path), *args)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_batch_answers_each_line_in_order(tmp_path: Path) -> None:
    code, [first, second, third] = batch(
        tmp_path,
        {"id": "a", "values": VALUES, "rules": "mdc", "freeze": 12, "direction": "decrease"},
        {"id": 2, "numerators": [1, 2], "denominators": [10, 10], "chart": "p", "exclude": [1]},
        {"id": "c", "chart": "xbar", "periods": ["a", "a", "b", "b"], "values": [1, 3, 2, 6]},
    )
    assert code == 0
    assert (first["id"], first["variation"]) == ("a", "concern")
    assert (second["id"], second["points"][0]["centre"]) == (2, 0.2)
    assert [one["period"] for one in third["points"]] == ["a", "b"]


def test_a_batch_and_a_file_answer_alike(tmp_path: Path, ask: Ask) -> None:
    options = ("--rules", "mdc", "--target", "51", "--direction", "increase", "--rebase", "13")
    alone = answered(ask(monthly(), *options, "--param", "ties=break", "--screen", "--json"))
    _, [together] = batch(
        tmp_path,
        {
            "values": VALUES,
            "periods": [one["period"] for one in alone["points"]],
            "rules": "mdc",
            "target": 51,
            "direction": "increase",
            "rebase": [13],
            "params": {"ties": "break"},
            "screen": True,
        },
    )
    assert together | {"line": 0} == alone | {"line": 0}


def test_options_beside_a_batch_are_its_defaults(tmp_path: Path) -> None:
    _, found = batch(
        tmp_path,
        {"values": VALUES},
        {"values": VALUES, "chart": "c"},
        args=("--chart", "run", "--param", "min_points=3"),
    )
    assert [one["chart"] for one in found] == ["run", "c"]


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ("not JSON", "no JSON: Expecting value at character 1"),
        ("[1, 2]", "a case is an object"),
        ('{"values": [NaN]}', "NaN is no number; null is missing"),
        ("[" * 100_000, "no case: nested too deeply"),
        ({"values": []}, "a chart needs at least one point"),
        ({"value": [1]}, "unknown key 'value'; there are centre, chart"),
        ({"rules": "run"}, "a list of values, or of numerators"),
        ({"values": "1,2"}, "values: a list is wanted, not '1,2'"),
        ({"values": [1, "2"]}, "point 2: '2' in values is no number"),
        ({"values": [1, True]}, "point 2: True in values is no number"),
        ({"values": [1, 10**400]}, "point 2: a number in values is too large"),
        ({"values": [1, 2], "periods": [1]}, "1 labels for 2 values"),
        ({"values": [1, 2], "periods": [[1], 2]}, "point 1: [1] is no period"),
        ({"values": [1, 2], "freeze": 3}, "freeze 3: there are only 2 points"),
        ({"values": [1, 2], "freeze": "x"}, "freeze: 'x' is not a valid integer"),
        ({"values": [1, 2], "rules": "none"}, "rules: 'none' is not one of"),
        ({"values": [1, 2], "params": {"ties": 1}, "rules": "mdc"}, "ties must be skip or break"),
        ({"values": [1, 2], "params": [1]}, "params: names and values are wanted"),
    ],
)
def test_a_case_without_an_answer_says_why(tmp_path: Path, case: Any, says: str) -> None:
    code, [bad, good] = batch(tmp_path, case, {"id": "next", "values": [1, 2]})
    assert code == 1
    assert says in bad["error"]
    assert good["id"] == "next"
    assert "error" not in good


# No file and no case ends in a traceback ---------------------------------------------

cells = st.one_of(
    st.sampled_from(["", "1", "2.5", "1,5", "-3", "1e308", "0", "x", "<5", '"', "NA", "9" * 400]),
    st.integers(-1000, 1000).map(str),
    st.text(max_size=4),
)
files = st.builds(
    lambda head, parted, rows: "\n".join([head, *(parted.join(row) for row in rows)]),
    st.sampled_from(
        ["period,value", "period;value", "period,numerator,denominator", "period", "a,b", ""]
    ),
    st.sampled_from([",", ";", "\t"]),
    st.lists(st.lists(cells, max_size=4), max_size=12),
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    files,
    st.sampled_from(CHARTS),
    st.sampled_from(RULES),
    st.lists(st.sampled_from(["--rebase=2", "--freeze=2", "--exclude=1", "--screen"]), max_size=3),
    st.booleans(),
)
def test_any_file_is_answered_or_refused_in_a_line(
    ask: Ask, content: str, chart: str, rules: str, options: list[str], as_json: bool
) -> None:
    form = ["--json"] if as_json else ["--target=3", "--direction=increase"]
    data = content.encode("utf-8", "surrogatepass")
    result = ask(data, "--chart", chart, "--rules", rules, *options, *form)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in {0, 1, 2}
    if result.exit_code == 0:
        assert "NaN" not in result.stdout
        assert "nan" not in result.stdout
    elif result.exit_code == 1:
        assert result.stderr.count("Error:") == 1


numbers = st.one_of(st.none(), st.integers(-9, 99), st.floats(allow_nan=True), st.text(max_size=2))
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers), lambda inner: st.lists(inner, max_size=3)
)
batches = st.dictionaries(
    st.sampled_from(sorted(KEYS)),
    st.one_of(st.lists(numbers, max_size=8), anything, st.sampled_from(["p", "xbar", "mdc"])),
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches)
def test_any_case_is_answered_or_refused(tmp_path: Path, case: dict[str, Any]) -> None:
    code, [found] = batch(tmp_path, {"values": [1, 2, 3]} | case)
    assert code == int("error" in found)
