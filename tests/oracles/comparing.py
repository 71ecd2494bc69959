"""How an answer is held against a peer's: to nine digits, missing only where theirs is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isclose
from typing import Any

RTOL = 1e-9
ATOL = 1e-12


def differences(name: str, ours: Iterable[Any], theirs: Sequence[Any]) -> list[str]:
    """What differs, a line a point; texts and flags must be equal."""
    found = list(ours)
    if len(found) != len(theirs):
        return [f"{name}: {len(found)} points, not {len(theirs)}"]
    return [
        f"{name}[{at}]: {mine!r}, not {other!r}"
        for at, (mine, other) in enumerate(zip(found, theirs, strict=True))
        if not same(mine, other)
    ]


def same(mine: Any, other: Any) -> bool:
    """Whether two cells agree."""
    if isinstance(mine, bool | str) or mine is None or other is None:
        return bool(mine == other)
    return isclose(mine, other, rel_tol=RTOL, abs_tol=ATOL)
