"""A series in a CSV file as people send it: read what is meant, refuse what could mean two things.

Byte order mark, CRLF, quotes, semicolons or tabs, and decimal commas are read. ``1,234`` could be
a thousand or one and a bit: it is refused, unless another number of the file settles it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from web.cli.options import Trouble

Cells = list[float | None]
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d+|[+-]?\d{1,3}(,\d{3}){2,}")
_COMMA = re.compile(r"[+-]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+|,\d+)")
_EITHER = re.compile(r"[+-]?\d{1,3},\d{3}")
_MISSING = {"", "na", "n/a", "null", "none"}
_VALUES = ("value", "numerator", "denominator")
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file: ``rows`` are the lines that each point stands on, for messages."""

    periods: list[str]
    values: Cells
    denominators: Cells | None
    rows: list[int]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]


def read_table(path: Path) -> Table:
    """The series in ``path``.

    Raises:
        Trouble: the file is not text, lacks a column, or a cell means nothing or two things; it
            names the row.
    """
    lines = _lines(path)
    delimiter = _delimiter(lines)
    header, rows = _rows(path, lines, delimiter)
    wanted = _wanted(path, header, rows)
    reader = _Numbers(path, rows, wanted)
    columns = {name: [reader.number(row, name) for row in rows] for name in wanted}
    return Table(
        periods=[row.cells["period"] for row in rows],
        values=columns[wanted[0]],
        denominators=columns[wanted[1]] if len(wanted) > 1 else None,
        rows=[row.line for row in rows],
        ignored=tuple(name for name in header if name not in {"period", *_VALUES} and name),
    )


def _lines(path: Path) -> list[str]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        raise Trouble(f"{path}: row {row}: not UTF-8 text") from None
    if "\0" in text:
        raise Trouble(f"{path}: not a text file")
    return text.splitlines(keepends=True)


def _delimiter(lines: list[str]) -> str:
    """What parts the names of the first line."""
    first = next((line for line in lines if line.strip()), "")
    return max(",;\t", key=first.count)


def _rows(path: Path, lines: list[str], delimiter: str) -> tuple[list[str], list[_Row]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise Trouble(f"{path}: row {reader.line_num}: {error}") from None
    filled = [(line, cells) for line, cells in found if any(cells)]
    if not filled:
        raise Trouble(f"{path}: the file is empty")
    header = [name.lower() for name in filled[0][1]]
    return header, list(_named(path, header, filled[1:]))


def _named(path: Path, header: list[str], found: list[tuple[int, list[str]]]) -> Iterator[_Row]:
    for line, cells in found:
        if len(cells) > len(header) and any(cells[len(header) :]):
            raise Trouble(f"{path}: row {line}: {len(cells)} cells under {len(header)} names")
        if len(cells) < len(header):
            raise Trouble(f"{path}: row {line}: {len(cells)} cells under {len(header)} names")
        yield _Row(line, dict(zip(header, cells, strict=False)))


def _wanted(path: Path, header: list[str], rows: list[_Row]) -> tuple[str, ...]:
    """The columns that hold the numbers: a value, or a numerator and a denominator."""
    twice = {name for name in header if name and header.count(name) > 1}
    if twice:
        raise Trouble(f"{path}: row 1: the column {min(twice)} is there twice")
    has_value = "value" in header
    has_counts = {"numerator", "denominator"} <= set(header)
    if "period" not in header or not (has_value or has_counts):
        raise Trouble(
            f"{path}: row 1: the columns period and value (or period, numerator and denominator)"
            f" are wanted, not {', '.join(header)[:_SHOWN]}"
        )
    if not rows:
        raise Trouble(f"{path}: no row follows the names of the columns")
    _check_periods(path, rows)
    if has_value and has_counts:
        return _filled(path, rows)
    return ("value",) if has_value else ("numerator", "denominator")


def _check_periods(path: Path, rows: list[_Row]) -> None:
    for row in rows:
        if not row.cells["period"]:
            raise Trouble(f"{path}: row {row.line}: the period is missing")


def _filled(path: Path, rows: list[_Row]) -> tuple[str, ...]:
    """Which of the columns are in use, where all are there."""
    values = any(row.cells["value"] for row in rows)
    counts = next((row for row in rows if row.cells["numerator"]), None)
    if values and counts:
        raise Trouble(f"{path}: row {counts.line}: a value and a numerator: which is meant?")
    return ("numerator", "denominator") if counts else ("value",)


class _Numbers:
    """Reads the numbers of a file, all in one notation."""

    def __init__(self, path: Path, rows: list[_Row], wanted: tuple[str, ...]) -> None:
        texts = [row.cells[name] for row in rows for name in wanted]
        self._path = path
        self._comma = any(_COMMA.fullmatch(text) for text in texts)
        self._point = any("." in text and _POINT.fullmatch(text) for text in texts)

    def number(self, row: _Row, name: str) -> float | None:
        text = row.cells[name].replace("\N{MINUS SIGN}", "-")
        if text.lower() in _MISSING:
            return None
        if _POINT.fullmatch(text):
            return self._finite(float(text), row, name)
        if "," in text:
            return self._with_comma(text, row, name)
        raise self._trouble(row, name, "is no number; leave the cell empty where it is missing")

    def _with_comma(self, text: str, row: _Row, name: str) -> float:
        if self._comma and self._point:
            raise self._trouble(row, name, "has a comma where other rows have a point")
        if _THOUSANDS.fullmatch(text):
            return float(text.replace(",", ""))
        if _COMMA.fullmatch(text) or (self._comma and _EITHER.fullmatch(text)):
            return float(text.replace(",", "."))
        if _EITHER.fullmatch(text):
            raise self._trouble(row, name, "may be thousands or a decimal comma: write a point")
        raise self._trouble(row, name, "is no number")

    def _finite(self, number: float, row: _Row, name: str) -> float:
        if number in {float("inf"), float("-inf")}:
            raise self._trouble(row, name, "is too large a number")
        return number

    def _trouble(self, row: _Row, name: str, wrong: str) -> Trouble:
        shown = row.cells[name][:_SHOWN]
        return Trouble(f"{self._path}: row {row.line}: {name} {shown!r} {wrong}")
