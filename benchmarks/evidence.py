"""Write the tables and charts of docs/evidence.md anew: real series, simulated worlds.

What stands between a pair of marks in that page is replaced; the words around are left alone.

Run: ``python -m benchmarks.evidence [FOLDER]``, with the folder that holds the public data.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.calibration import groups as simulated_groups
from benchmarks.real_series import (
    DATA,
    ENGLAND,
    SCOTLAND,
    TARGET,
    Judged,
    all_judged,
    callers,
    groups,
)
from benchmarks.scores import Score, Told, reliability
from services.framework.judgement import Forecast
from services.framework.periods import Period
from services.framework.texts import plainly
from services.rendering.charts import ChartRenderer

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence.md"
IMAGES = PAGE.parent / "images"
AIMS, SEED = 20, 1
FAR, SMALL_CHANCE = 0.03, 0.25
SHOWN = ("all aims", "aims to improve", "aims to hold", "England", "Scotland")
INK, QUIET, GOOD, BAD, FAN = "#16232c", "#52616c", "#0b6aa2", "#b8500a", "#0b6aa2"


def main(folder: str | None = None) -> int:
    """Judge, score, draw and write; 2 where the data are not there."""
    try:
        aims = all_judged(Path(folder) if folder else DATA)
    except OSError as error:
        print(f"no data: {error}; give the folder that holds {ENGLAND} and {SCOTLAND}")
        return 2 if folder else 0
    worlds = dict(simulated_groups(AIMS, SEED))
    told = [row for aim in aims for row in aim.told]
    page = PAGE.read_text(encoding="utf-8")
    for mark, text in _texts(aims, worlds).items():
        page = _replaced(page, mark, text)
    PAGE.write_text(page, encoding="utf-8")
    IMAGES.mkdir(exist_ok=True)
    renderer = ChartRenderer(timeout=60)
    for name, chart in (
        ("evidence-department.svg", department_chart(telling(aims))),
        ("evidence-reliability.svg", reliability_chart(told, worlds)),
    ):
        (IMAGES / name).write_text(renderer.svg(chart), encoding="utf-8")
    renderer.close()
    print(f"wrote {PAGE}")
    return 0


def _replaced(page: str, mark: str, text: str) -> str:
    """The page with what stands between the marks replaced. Raises ValueError without them."""
    found = re.sub(
        rf"(<!-- {mark} -->\n).*?(<!-- end -->)",
        lambda m: f"{m[1]}{text}\n{m[2]}",
        page,
        count=1,
        flags=re.DOTALL,
    )
    if f"<!-- {mark} -->" not in page:
        raise ValueError(f"{PAGE.name} has no mark {mark}")
    return found


def _texts(aims: list[Judged], worlds: Mapping[str, list[Told]]) -> dict[str, str]:
    chosen = groups(aims)
    return {
        "aims": _aims(chosen),
        "improve": _callers(chosen["aims to improve"]),
        "hold": _callers(chosen["aims to hold"]),
        "brier": _scores({name: [r for a in chosen[name] for r in a.told] for name in SHOWN}),
        "reliability": _reliability([row for aim in aims for row in aim.told], worlds),
        "worlds": _scores(worlds),
        "department": _case(telling(aims)),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def _aims(chosen: Mapping[str, list[Judged]]) -> str:
    rows = []
    for name in (*SHOWN, "Scotland until 2019"):
        aims = chosen[name]
        departments = len({(aim.department.country, aim.department.name) for aim in aims})
        missed = sum(aim.missed for aim in aims)
        rows.append([name, f"{departments}", f"{len(aims):,}", f"{missed / len(aims):.0%}"])
    return _table(["", "departments", "aims", "missed in the end"], rows)


def _callers(aims: list[Judged]) -> str:
    head = [
        "method",
        "missed aims called",
        "with half the time left",
        "mean lead, months",
        "other aims ever called",
        "calls that were right",
    ]
    rows = [
        [
            f"**{c.name}**" if c.name == "Bigdot" else c.name,
            f"{c.caught:.0%}",
            f"{c.early:.0%}",
            f"{c.lead:.1f}",
            f"{c.false:.0%}",
            f"{c.right:.0%}",
        ]
        for c in callers(aims)
    ]
    return _table(head, rows)


def _scores(groups_of: Mapping[str, list[Told]]) -> str:
    head = [
        "",
        "forecasts",
        "reached",
        "Brier, Bigdot",
        "straight line",
        "line, yes or no",
        "base rate",
        "calibration error",
        "in the 80 % interval",
        "in the 95 % interval",
    ]
    scored = ((name, Score.of(rows)) for name, rows in groups_of.items())
    return _table(
        head,
        (
            [
                name,
                f"{s.many:,}",
                f"{s.rate:.0%}",
                f"**{s.ours:.3f}**",
                f"{s.line:.3f}",
                f"{s.yes_or_no:.3f}",
                f"{s.base_rate:.3f}",
                f"{s.error:.3f}",
                f"{s.within_80:.0%}",
                f"{s.within_95:.0%}",
            ]
            for name, s in scored
        ),
    )


def _reliability(real: list[Told], worlds: Mapping[str, list[Told]]) -> str:
    simulated = {b.low: b for b in reliability([row for rows in worlds.values() for row in rows])}
    rows = []
    for b in reliability(real):
        other = simulated[b.low]
        rows.append(
            [
                f"{b.low:.0%} to {b.low + 0.1:.0%}",
                f"{b.told:.0%}",
                f"{b.came:.0%}",
                f"{b.many:,}",
                f"{other.told:.0%}",
                f"{other.came:.0%}",
                f"{other.many:,}",
            ]
        )
    head = ["chance told", "real: told", "came", "of", "simulated: told", "came", "of"]
    return _table(head, rows)


def telling(aims: list[Judged]) -> Judged:
    """The missed Scottish aim of 24 months before 2020 called soonest, and never taken back.

    Among those with three points or more to go and a chance of at most one in four at the call,
    and of them those that later rose above their path: a season that looked like success.
    """
    found = [
        aim
        for aim in groups(aims)["Scotland until 2019"]
        if aim.improves and aim.missed and len(aim.verdicts) == 24 and _stood(aim)
    ]
    return max(found, key=lambda aim: (_months_ahead(aim) > 1, -(aim.called or 0), aim.aim.start))


def _stood(aim: Judged) -> bool:
    """Whether it was called for good, with little chance, and much to do."""
    called = aim.called
    if called is None or any(not v.status.is_bad for v in aim.verdicts[called:]):
        return False
    forecast, baseline = aim.verdicts[called].forecast, aim.verdicts[called].baseline
    far = baseline is not None and TARGET - baseline >= FAR
    return far and forecast is not None and forecast.probability <= SMALL_CHANCE


def _months_ahead(aim: Judged) -> int:
    """How many months after the call lay above the path."""
    later = aim.verdicts[(aim.called or 0) + 1 : -1]
    return sum((v.value or 0.0) > (v.expected or 1.0) for v in later)


def _case(aim: Judged) -> str:
    called = aim.called or 0
    verdict = aim.verdicts[called]
    forecast = verdict.forecast
    assert forecast is not None
    end = aim.verdicts[-1].value or 0.0
    low, high = forecast.interval_80
    return (
        f"![{aim.department.name}: monthly share within four hours, the path, the forecast]"
        "(images/evidence-department.svg)\n\n"
        "Filled: what was known at the call. Open: what came. Dashed: the path. Bars: what was "
        "forecast at the call, with 80 and 95 %.\n\n"
        f"Hospital {aim.department.name}, an aim from {_named(aim.aim.start)} to "
        f"{_named(aim.aim.deadline)}. In {_named(verdict.period)} Bigdot said: "
        f"*{plainly(verdict.reason)}* Its forecast then, "
        f"{forecast.value:.1%} ({low:.1%} to {high:.1%}) with a chance of "
        f"{forecast.probability:.0%}, stood against {end:.1%} in the end."
    )


def _named(period: Period | None) -> str:
    return plainly(str(period))


def _iso(period: Period) -> str:
    return period.start.isoformat()


def department_chart(aim: Judged) -> dict[str, Any]:
    """Values before and after the call, the path, and what was forecast then."""
    called = aim.called or 0
    at, deadline = aim.verdicts[called].period, aim.aim.deadline
    assert at is not None
    assert deadline is not None
    first = aim.aim.start.shift(-12) if aim.aim.start else at
    points = [p for p in aim.department.points if first <= p.period <= deadline]
    values = [
        {"on": _iso(p.period), "share": p.value, "known": p.period <= at}
        for p in points
        if p.value is not None
    ]
    path = [{"on": _iso(r.period), "share": r.expected} for r in aim.verdicts[-1].readings]
    forecast = aim.verdicts[called].forecast
    assert forecast is not None
    return {
        **_frame("Seen within four hours"),
        "layer": [
            _line(path, GOOD, [6, 5]),
            _line(values, INK, []),
            _dots([row for row in values if row["known"]], INK),
            _dots([row for row in values if not row["known"]], "white"),
            _rule(_iso(at), BAD, "said off track"),
            *_expected(deadline, forecast),
        ],
    }


def _expected(deadline: Period, told: Forecast) -> list[dict[str, Any]]:
    """The forecast at the deadline: the 95 % interval, the 80 % interval, and the value."""
    layers = []
    for (low, high), width in ((told.interval_95, 3), (told.interval_80, 9)):
        row = {"on": _iso(deadline), "low": low, "high": high}
        y = {"field": "low", "type": "quantitative"}
        place = {"x": _X, "y": y, "y2": {"field": "high"}}
        mark = {"type": "rule", "color": FAN, "strokeWidth": width, "opacity": 0.55}
        layers.append({"data": {"values": [row]}, "mark": mark, "encoding": place})
    middle = {"type": "point", "shape": "diamond", "size": 130, "color": FAN, "fill": "white"}
    value = [{"on": _iso(deadline), "share": told.value}]
    mark_middle = {**middle, "opacity": 1, "strokeWidth": 2}
    point = {"data": {"values": value}, "mark": mark_middle, "encoding": {"x": _X, "y": _Y}}
    return [*layers, point]


_X = {"field": "on", "type": "temporal", "title": None}
_Y = {
    "field": "share",
    "type": "quantitative",
    "title": None,
    "scale": {"zero": False},
    "axis": {"format": ".0%"},
}


def _frame(title: str) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 760,
        "height": 320,
        "background": "white",
        "padding": 12,
        "title": {"text": title, "anchor": "start", "color": INK},
        "config": {"view": {"stroke": None}, "axis": {"labelColor": QUIET, "gridColor": "#e3e8ec"}},
    }


def _line(rows: Sequence[Mapping[str, Any]], colour: str, dash: list[int]) -> dict[str, Any]:
    mark = {"type": "line", "color": colour, "strokeDash": dash, "strokeWidth": 2}
    return {"data": {"values": rows}, "mark": mark, "encoding": {"x": _X, "y": _Y}}


def _dots(rows: Sequence[Mapping[str, Any]], fill: str) -> dict[str, Any]:
    mark = {"type": "point", "size": 40, "color": INK, "fill": fill, "opacity": 1}
    return {"data": {"values": rows}, "mark": mark, "encoding": {"x": _X, "y": _Y}}


def _rule(on: str, colour: str, words: str) -> dict[str, Any]:
    data = {"values": [{"on": on, "words": words}]}
    rule = {"mark": {"type": "rule", "color": colour, "strokeWidth": 1.5}, "encoding": {"x": _X}}
    text = {
        "mark": {"type": "text", "align": "right", "dx": -5, "color": colour, "fontSize": 12},
        "encoding": {"x": _X, "y": {"value": 8}, "text": {"field": "words"}},
    }
    return {"data": data, "layer": [rule, text]}


def reliability_chart(real: list[Told], worlds: Mapping[str, list[Told]]) -> dict[str, Any]:
    """What was told against what came, on real and on simulated aims, and for a straight line."""
    lines = [row._replace(probability=row.line) for row in real]
    series = {
        "Bigdot, simulated aims": [row for rows in worlds.values() for row in rows],
        "Bigdot, real departments": real,
        "straight line, real departments": lines,
    }
    rows = [
        {"told": b.told, "came": b.came, "many": b.many, "series": name}
        for name, told in series.items()
        for b in reliability(told)
    ]
    share = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": {"format": ".0%"}}
    place = {
        "x": {"field": "told", "title": "chance told", **share},
        "y": {"field": "came", "title": "share that came", **share},
    }
    colour = {
        "field": "series",
        "title": None,
        "scale": {"domain": list(series), "range": [GOOD, INK, BAD]},
        "legend": {"orient": "top"},
    }
    marks = {"type": "line", "point": {"size": 60, "filled": True}, "strokeWidth": 2}
    even = [{"told": 0, "came": 0}, {"told": 1, "came": 1}]
    rule = {"type": "line", "color": QUIET, "strokeDash": [3, 4]}
    return {
        **_frame("A chance that is told should come true as often as it says"),
        "width": 420,
        "height": 420,
        "layer": [
            {"data": {"values": even}, "mark": rule, "encoding": place},
            {"data": {"values": rows}, "mark": marks, "encoding": {**place, "color": colour}},
        ],
    }


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
