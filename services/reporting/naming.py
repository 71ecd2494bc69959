"""The names of what alerts and judgements are about."""

from __future__ import annotations

from services.framework.plan import Plan
from services.reporting.words import role_words


def name_of(plan: Plan, about: str) -> str:
    """``Project: milestone`` for ``milestone:PROJECT/ID``, and so on; else the words as given."""
    kind, _, identifier = about.partition(":")
    owner, _, part = identifier.partition("/")
    match kind:
        case "aim" | "project" | "measure" | "person":
            named = {
                "aim": plan.aims,
                "project": plan.projects,
                "measure": plan.measures,
                "person": plan.people,
            }[kind]
            found = named.get(owner)
            name = str(getattr(found, "name", owner))
            return f"{name}: {role_words(part)}" if part else name
        case "driver" if identifier in plan.drivers:
            return f"{plan.aims[owner].name}: {plan.drivers[identifier].name}"
        case "milestone" if identifier in plan.milestones:
            return f"{plan.projects[owner].name}: {plan.milestones[identifier].name}"
        case _:
            return identifier or about
