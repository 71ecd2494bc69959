"""Numbers and periods in words, the same in every sentence of a judgement."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from math import floor, isfinite, log10

from services.framework.periods import Frequency

_MOST_DIGITS = 4
_STAMP = re.compile(r"\b(\d{4})-(?:(\d{2})(?:-(\d{2}))?|W(\d{2})|Q([1-4]))\b")


def digits_for(scale: float) -> int:
    """Decimals that show a difference of a hundredth of ``scale``, at most 4."""
    if not isfinite(scale) or scale == 0:
        return 1
    return min(_MOST_DIGITS, max(0, 2 - floor(log10(abs(scale)))))


def scale_of(
    baseline: float | None, target: float | tuple[float, float], *, improves: bool
) -> float:
    """That of which a hundredth is worth telling: a gap, the width of a range, or of a level."""
    if isinstance(target, tuple):
        low, high = target
        return high - low or abs(low) / 10
    gap = abs(target - baseline) if improves and baseline is not None else 0.0
    return gap or abs(target) / 10


def number(value: float, digits: int) -> str:
    """``value`` with ``digits`` decimals, and no negative zero."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not float(text) else text


def with_unit(words: str, unit: str) -> str:
    """A number and its unit; a percent sign stands close."""
    return f"{words}%" if unit == "%" else f"{words} {unit}".strip()


def count(many: int, thing: str) -> str:
    """``1 month``, ``3 months``."""
    return f"{many} {thing}" if many == 1 else f"{many} {thing}s"


def periods(many: int, frequency: Frequency) -> str:
    """``3 months``, in the measure's own frequency."""
    return count(many, frequency.value)


def listed(words: Iterable[str], most: int = 3) -> str:
    """``a, b and c``; beyond ``most`` the rest is counted."""
    items = list(words)
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def few(words: Iterable[str], most: int) -> str:
    """``a, b``; beyond ``most`` the rest is counted: ``a, b and 3 more``."""
    items = list(words)
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def day_name(day: date) -> str:
    """``7 October 2026``."""
    return f"{day.day} {day:%B %Y}"


def plainly(text: str) -> str:
    """A sentence with its dates and periods by name: ``July 2025`` for ``2025-07``."""
    return _STAMP.sub(_spoken, text)


def _spoken(stamp: re.Match[str]) -> str:
    year, month, day, week, quarter = stamp.groups()
    if quarter is not None:
        return f"Q{quarter} {year}"
    if week is not None:
        return f"week {int(week)} of {year}"
    try:
        on = date(int(year), int(month), int(day or 1))
    except ValueError:
        return stamp[0]
    return day_name(on) if day else f"{on:%B %Y}"
