"""The figures of Northfield Health, January 2024 to December 2025, all made up.

Baseline January to October 2024; the board adopts the aims on 1 November 2024. Values are in the
measures' units; a row is a year, the first one, 2023, is what was known before anybody asked.
"""

from __future__ import annotations

FIRST_YEAR = 2023
SERIES: dict[str, tuple[float, ...]] = {
    "hsmr": (
        *(102, 105, 103, 100, 106, 104, 101, 103, 107, 102, 104, 105),
        *(104, 101, 106, 103, 99, 105, 102, 107, 100, 103, 102, 104),
        *(100, 103, 105, 101, 102, 99, 104, 103, 100, 102, 101, 103),
    ),
    "harm": (
        *(43, 45, 41, 44, 40, 46, 42, 39, 44, 43, 45, 42),
        *(44, 39, 47, 42, 41, 45, 40, 43, 46, 41, 43, 40),
        *(44, 42, 45, 41, 43, 44, 55, 47, 49, 48, 46, 47),
    ),
    "third-next": (
        *(30, 31, 33, 32, 30, 31, 32, 34, 31, 30, 32, 33),
        *(31, 33, 30, 32, 34, 31, 29, 33, 32, 31, 30, 29),
        *(27, 26, 24, 21, 20, 19, 18, 16, 15, 13, 12, 11),
    ),
    "sepsis-bundle": (
        *(46, 48, 47, 45, 49, 47, 48, 46, 47, 49, 48, 47),
        *(47, 49, 48, 50, 46, 48, 49, 47, 48, 48, 50, 55),
        *(61, 68, 74, 80, 84, 87, 90, 91, 92, 93, 94, 94),
    ),
    "escalation": (
        *(51, 52, 50, 53, 52, 51, 54, 52, 50, 51, 53, 52),
        *(52, 51, 53, 50, 54, 52, 51, 53, 52, 52, 54, 57),
        *(60, 66, 71, 76, 79, 83, 85, 87, 88, 89, 90, 90),
    ),
    "medicines-reconciled": (
        *(62, 60, 61, 63, 62, 61, 60, 62, 64, 61, 62, 60),
        *(61, 63, 60, 62, 64, 61, 62, 60, 63, 62, 62, 61),
        *(63, 62, 60, 64, 62, 61, 63, 62, 61, 63, 62, 62),
    ),
    "template-clinics": (
        *(11, 12, 11, 10, 12, 11, 13, 12, 11, 12, 12, 11),
        *(12, 11, 13, 12, 12, 13, 11, 12, 12, 13, 18, 24),
        *(31, 37, 44, 51, 56, 60, 66, 71, 75, 79, 82, 85),
    ),
}

EVENTS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("2024-12-10", "progress", {"project": "sepsis", "score": 1.5}),
    ("2024-12-10", "progress", {"project": "templates", "score": 2.0}),
    ("2025-01-10", "progress", {"project": "falls", "score": 1.5}),
    ("2025-01-10", "progress", {"project": "medicines", "score": 2.0}),
    ("2025-01-10", "progress", {"project": "infections", "score": 2.0}),
    ("2025-01-10", "progress", {"project": "escalation", "score": 2.0}),
    ("2025-01-10", "progress", {"project": "triage", "score": 2.0}),
    ("2025-01-28", "milestones", {"project": "sepsis", "milestone": "pilot"}),
    ("2025-01-30", "milestones", {"project": "templates", "milestone": "first-clinics"}),
    ("2025-02-12", "reviews", {"project": "sepsis", "executing": "yes", "working": "yes"}),
    ("2025-02-25", "milestones", {"project": "escalation", "milestone": "tool"}),
    ("2025-02-26", "milestones", {"project": "triage", "milestone": "pathway"}),
    (
        "2025-03-03",
        "projects",
        {"project": "medicines", "role": "leader", "person": None, "reason": "left the trust"},
    ),
    ("2025-03-10", "progress", {"project": "sepsis", "score": 3.0}),
    ("2025-03-10", "progress", {"project": "templates", "score": 3.5}),
    ("2025-03-28", "milestones", {"project": "infections", "milestone": "bundles"}),
    ("2025-03-31", "milestones", {"project": "falls", "milestone": "rounding"}),
    ("2025-05-12", "reviews", {"project": "sepsis", "executing": "yes", "working": "yes"}),
    ("2025-05-14", "milestones", {"project": "medicines", "milestone": "pilot"}),
    ("2025-05-29", "milestones", {"project": "escalation", "milestone": "outreach"}),
    (
        "2025-06-02",
        "projects",
        {
            "project": "medicines",
            "role": "leader",
            "person": "chief-pharmacist",
            "reason": "appointed",
        },
    ),
    ("2025-06-10", "progress", {"project": "escalation", "score": 3.5}),
    ("2025-06-27", "milestones", {"project": "sepsis", "milestone": "spread"}),
    ("2025-08-12", "reviews", {"project": "sepsis", "executing": "yes", "working": "yes"}),
    ("2025-09-25", "milestones", {"project": "templates", "milestone": "all-clinics"}),
)
"""What the projects told: the day, the path of the API, the item."""

LATE: dict[tuple[str, str], str] = {("third-next", "2025-06"): "2025-08-02"}
"""Values that came later than the 20th of the month after theirs, and when."""
