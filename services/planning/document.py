"""Plan files in, plans out: the two calls that most of the program needs."""

from __future__ import annotations

from services.framework.plan import Plan
from services.planning.declared import to_plan
from services.planning.draft import draft
from services.planning.findings import Finding, PlanError, errors_of
from services.planning.lint import lint
from services.planning.parts import PlanDocument, normal

__all__ = ["Finding", "PlanDocument", "PlanError", "load", "normal", "to_plan"]


def load(text: str | bytes) -> Plan:
    """The plan of a whole plan file. Raises PlanError with everything that refuses it.

    The plan's version is the file's ``version``, 0 where it has none.
    """
    found = draft(text)
    findings = lint(found)
    if errors_of(findings):
        raise PlanError(findings)
    return to_plan(found.document, found.base_version or 0)
