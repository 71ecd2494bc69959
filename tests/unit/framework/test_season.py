"""When a stretch is of whole years."""

from __future__ import annotations

import pytest

from services.framework.periods import Frequency, Period
from services.framework.season import whole_years


@pytest.mark.parametrize(
    ("first", "last", "frequency", "whole"),
    [
        ("2024-01", "2024-12", Frequency.MONTH, True),
        ("2023-07", "2025-06", Frequency.MONTH, True),
        ("2024-01", "2024-10", Frequency.MONTH, False),
        ("2024-01", "2025-01", Frequency.MONTH, False),
        ("2024-01", "2024-01", Frequency.MONTH, False),
        ("2024-Q1", "2024-Q4", Frequency.QUARTER, True),
        ("2024-Q1", "2025-Q1", Frequency.QUARTER, False),
        ("2024-W01", "2024-W52", Frequency.WEEK, True),
        ("2024-W01", "2024-W46", Frequency.WEEK, False),
        ("2020", "2022", Frequency.YEAR, True),
    ],
)
def test_whole_years(first: str, last: str, frequency: Frequency, whole: bool) -> None:
    stretch = (Period.parse(text, frequency) for text in (first, last))
    assert whole_years(*stretch) is whole
