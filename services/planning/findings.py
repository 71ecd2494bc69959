"""What is wrong, or might be, with a plan file: one sentence each, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error refuses the plan; a warning is told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. ``pointer`` is a JSON pointer into the file, ``line`` counts from 1."""

    level: Level
    code: str
    message: str
    pointer: str = "#"
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else self.pointer.replace("#", "file", 1)
        return f"{place}: {self.level.value}: {self.message} [{self.code}]"


class PlanError(ValueError):
    """A plan that cannot be taken; ``findings`` hold every error, and the warnings beside them."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        errors = errors_of(self.findings)
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0]}{more}" if errors else "the plan was refused")

    @property
    def to_blame(self) -> tuple[str, str]:
        """The last part of the first error's pointer, a field as a rule, and its message."""
        first = errors_of(self.findings)[0]
        return first.pointer.rsplit("/", 1)[-1], first.message


def errors_of(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that refuse a plan."""
    return tuple(finding for finding in findings if finding.level is Level.ERROR)


def error(code: str, message: str, pointer: str = "#", line: int | None = None) -> Finding:
    """A finding that refuses the plan."""
    return Finding(Level.ERROR, code, message, pointer, line)
