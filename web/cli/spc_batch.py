"""``bigdot spc --batch FILE.ndjson``: a case a line, an answer a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.cli.options import Trouble
from web.cli.spc import question
from web.cli.spc_options import CHARTS, DIRECTIONS, RULES, Centre, Finite, Points

if TYPE_CHECKING:
    from services.framework.spc.answer import Question


def answer_batch(path: Path, asked: dict[str, Any]) -> None:
    """An answer a line, in order; a case that has none says why, and the exit code is 1."""
    failed = 0
    for number, line in _watched(_lines(path)):
        found = _case(number, line, asked)
        failed += "error" in found
        click.echo(json.dumps(found, allow_nan=False))
    if failed:
        raise Trouble(f"{path}: {failed} of the cases have no answer")


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not empty, with their numbers."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise Trouble(f"{path}: not UTF-8 text") from None
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _watched(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from lines
        return
    with click.progressbar(lines, label="Charting", file=sys.stderr) as watched:
        yield from watched


def _case(number: int, line: str, asked: dict[str, Any]) -> dict[str, Any]:
    from services.framework.spc.options import SpcError

    name: dict[str, Any] = {"line": number}
    try:
        case = json.loads(line, parse_constant=_refuse)
        if not isinstance(case, dict):
            raise SpcError("a case is an object")
        name = {"id": case["id"]} if "id" in case else name
        return name | _told(_asked_in(case, asked))
    except json.JSONDecodeError as error:
        return name | {"error": f"no JSON: {error.msg} at character {error.pos + 1}"}
    except RecursionError:
        return name | {"error": "no case: nested too deeply"}
    except SpcError as error:
        return name | {"error": str(error)}


def _told(asked: Question) -> dict[str, Any]:
    from services.framework.spc.answer import answer
    from services.framework.spc.proposals import proposals

    found = answer(asked)
    offers = proposals(asked, found)
    return found.as_json() | {"proposals": [offer.as_json() for offer in offers]}


def _refuse(constant: str) -> float:
    from services.framework.spc.options import SpcError

    raise SpcError(f"{constant} is no number; null is missing")


KEYS = {
    "id", "periods", "values", "numerators", "denominators", "params", "chart", "rules",
    "direction", "target", "freeze", "rebase", "exclude", "centre", "screen",
}  # fmt: skip


def _asked_in(case: dict[str, Any], asked: dict[str, Any]) -> Question:
    """The question of one line; what it leaves out is as on the command line."""
    from services.framework.spc.options import SpcError
    from web.cli.spc_file import Table

    unknown = sorted(set(case) - KEYS)
    if unknown:
        raise SpcError(f"unknown key {unknown[0]!r}; there are {', '.join(sorted(KEYS))}")
    if ("values" in case) == ("numerators" in case):
        raise SpcError("a list of values, or of numerators and denominators, is wanted")
    name = "values" if "values" in case else "numerators"
    values = _numbers(case[name], name)
    sizes = case.get("denominators")
    periods = case.get("periods")
    table = Table(
        _labels(list(range(1, len(values) + 1)) if periods is None else periods),
        values,
        None if sizes is None else _numbers(sizes, "denominators"),
        [],
        (),
    )
    given = {key: case[key] for key in _OPTIONS if case.get(key) is not None}
    return question(asked | _converted(given) | {"params": _params(case, asked)}, table)


def _numbers(cells: Any, name: str) -> list[float | None]:
    """The cells of a list, each a number or missing."""
    from services.framework.spc.options import SpcError

    if not isinstance(cells, list):
        raise SpcError(f"{name}: a list is wanted, not {cells!r:.40}")
    for point, cell in enumerate(cells, start=1):
        if isinstance(cell, bool) or not isinstance(cell, int | float | None):
            raise SpcError(f"point {point}: {cell!r:.40} in {name} is no number", point)
        if isinstance(cell, int) and abs(cell) > _MOST:
            raise SpcError(f"point {point}: a number in {name} is too large", point)
    return cells


_MOST = 10**300


def _labels(periods: Any) -> list[Any]:
    from services.framework.spc.options import SpcError

    if not isinstance(periods, list):
        raise SpcError(f"periods: a list is wanted, not {periods!r:.40}")
    for point, period in enumerate(periods, start=1):
        if isinstance(period, bool) or not isinstance(period, str | int | float):
            raise SpcError(f"point {point}: {period!r:.40} is no period", point)
    return periods


def _params(case: dict[str, Any], asked: dict[str, Any]) -> list[tuple[str, Any]]:
    from services.framework.spc.options import SpcError

    params = case.get("params") or {}
    if not isinstance(params, dict):
        raise SpcError(f"params: names and values are wanted, not {params!r}")
    return [*asked["params"], *params.items()]


_OPTIONS: dict[str, click.ParamType[Any]] = {
    "chart": click.Choice(CHARTS),
    "rules": click.Choice(RULES),
    "direction": click.Choice(DIRECTIONS),
    "target": Finite(),
    "freeze": click.IntRange(1),
    "rebase": Points(),
    "exclude": Points(),
    "centre": Centre(),
    "screen": click.BOOL,
}


def _converted(given: dict[str, Any]) -> dict[str, Any]:
    """The options of a line, read as those of the command line are."""
    from services.framework.spc.options import SpcError

    found = {}
    for name, value in given.items():
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        if text == "":
            continue
        try:
            found[name] = _OPTIONS[name].convert(text, None, None)
        except click.BadParameter as error:
            raise SpcError(f"{name}: {error.message}") from None
    return found
