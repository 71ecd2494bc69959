"""Cross-checks of a plan file."""

from __future__ import annotations

from services.planning.draft import Draft
from services.planning.findings import Finding


def lint(found: Draft) -> tuple[Finding, ...]:
    """Everything that is wrong with the document, or might be, in the file's order."""
    return ()
