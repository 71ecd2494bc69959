"""Cross-checks of a plan file: everything that is wrong with it, or might be."""

from __future__ import annotations

from services.planning.checks import parameters, portfolio, references, values, waivers
from services.planning.checks.book import Book, Note
from services.planning.draft import Draft, who
from services.planning.findings import Finding

_CHECKS = (
    *references.CHECKS,
    *values.CHECKS,
    *portfolio.CHECKS,
    *parameters.CHECKS,
    *waivers.CHECKS,
)


def lint(found: Draft) -> tuple[Finding, ...]:
    """Every finding, in the order of the file's lines; those without a line come last."""
    book = Book(found.document)
    findings = {_located(found, note): None for check in _CHECKS for note in check(book)}
    return tuple(sorted(findings, key=lambda f: (f.line is None, f.line or 0)))


def _located(found: Draft, note: Note) -> Finding:
    pointer, line = found.place(note.where)
    return Finding(note.level, note.code, f"{who(note.where)}{note.message}", pointer, line)
