"""Cases of other programs: what they were asked, on which series, and what they answered.

The whole collection lies beside the repository (``../shared/fixtures``, or where
``BIGDOT_FIXTURES`` says). Its synthetic cases are also committed, in ``synthetic``, in the same
form with the series inline; a clone without the collection runs those.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

_ROOT = Path(__file__).parents[2]
_FIXTURES = Path(os.environ.get("BIGDOT_FIXTURES", _ROOT.parent / "shared" / "fixtures"))
ORACLES = _FIXTURES / "oracles"
SYNTHETIC = Path(__file__).parent / "synthetic"
MISSING = f"{ORACLES} is absent: only the committed synthetic cases ran"

Cell = float | str | None
"""A number, a text, or nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question to a peer, and its answer. ``input`` is column → cells, ``None`` = missing."""

    id: str
    peer: str
    call: str
    params: Mapping[str, Any]
    input: Mapping[str, list[Cell]]
    expected: Mapping[str, Any]
    note: str | None = None
    tags: tuple[str, ...] = ()
    screened: bool = field(default=True)
    """False where qicharts2 ran with its screening of moving ranges off."""

    @property
    def data(self) -> Mapping[str, list[Any]]:
        """The answer's table, column → cells; one column per field of the peer."""
        return cast("Mapping[str, list[Any]]", self.expected["data"])


def params_of(*prefixes: str, without: Iterable[str] = ()) -> list[Any]:
    """Pytest parameters: a case each, named by its id. See :func:`cases`.

    Where all of them are on real data, and that is absent, one that is skipped and says so.
    """
    left_out = set(without)
    absent = pytest.param(None, id="absent", marks=pytest.mark.skip(reason=MISSING))
    chosen = [one for one in cases(*prefixes) if one.id not in left_out]
    return [pytest.param(one, id=one.id) for one in chosen] or [absent]


def cases(*prefixes: str) -> list[Case]:
    """Every case whose id starts with one of ``prefixes``, in the collection's order.

    The collection's where it is present, else the committed ones.
    """
    return [one for one in _all() if one.id.startswith(prefixes)]


def committed(*prefixes: str) -> list[Case]:
    """The committed synthetic cases whose id starts with one of ``prefixes``."""
    return [one for one in _committed() if one.id.startswith(prefixes)]


def table(name: str) -> dict[str, Any]:
    """A table of critical values or constants: ``critical_anhoej``, ``constants``, …"""
    path = SYNTHETIC / f"{name}.json"
    found = _read(path if path.exists() else ORACLES / "expected" / f"{name}.json")
    return cast("dict[str, Any]", found)


def is_complete() -> bool:
    """Whether the whole collection is at hand."""
    return (ORACLES / "manifest.json").exists()


@cache
def _all() -> tuple[Case, ...]:
    return tuple(_collection()) if is_complete() else _committed()


@cache
def _committed() -> tuple[Case, ...]:
    return tuple(_case(one) for path in sorted(SYNTHETIC.glob("*.jsonl")) for one in _lines(path))


def _collection() -> Iterator[Case]:
    inline: dict[str, dict[str, Any]] = {}
    for path in sorted(ORACLES.glob("fuzz_*.jsonl")):
        inline |= {one["id"]: one for one in _lines(path)}
    for entry in _read(ORACLES / "manifest.json"):
        found = inline.get(entry["id"])
        if found is None and (ORACLES / "inputs").joinpath(Path(entry["input"]).name).is_file():
            found = _read(ORACLES / entry["expected"])
        if found is not None and "id" in found:
            yield _case({"tags": entry["tags"]} | found)


def _case(raw: Mapping[str, Any]) -> Case:
    params = raw.get("params") or {}
    given = raw["input"]
    return Case(
        id=raw["id"],
        peer=raw["peer"]["name"] if isinstance(raw["peer"], dict) else raw["peer"],
        call=raw.get("call") or "",
        params=params,
        input=given if isinstance(given, dict) else columns(ORACLES / given),
        expected=_unfolded(raw["expected"]),
        note=raw.get("note"),
        tags=tuple(raw.get("tags") or ()),
        screened=params.get("screened_mr", True),
    )


def _unfolded(expected: dict[str, Any]) -> dict[str, Any]:
    """``expected`` with each column that was written once for all points at every point."""
    if "data" not in expected:
        return expected
    data = {name: _column(column) for name, column in expected["data"].items()}
    return expected | {"data": data}


def _column(column: Any) -> list[Any]:
    return [column["each"]] * column["points"] if isinstance(column, dict) else column


def columns(path: Path) -> dict[str, list[Cell]]:
    """The columns of a CSV file: numbers where every filled cell is one, else texts."""
    with path.open(encoding="utf-8", newline="") as lines:
        head, *rows = csv.reader(lines)
    return {name: _cells([row[at] for row in rows]) for at, name in enumerate(head)}


def _cells(texts: list[str]) -> list[Cell]:
    try:
        return [float(text) if text not in {"", "NA"} else None for text in texts]
    except ValueError:
        return [text or None for text in texts]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
