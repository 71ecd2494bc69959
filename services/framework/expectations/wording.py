"""How people name what the catalogue holds: families of expectations, and who is told."""

from __future__ import annotations

import inspect
import re

from services.framework.expectations.catalogue import Judge

_NAME = re.compile(r"^[A-Z]{2,3}-\d\d[.:,]? ?")
_FAMILIES = {
    "AIM": "Aims",
    "DAT": "Data",
    "TRJ": "Trajectory",
    "SIG": "Special causes",
    "PRT": "Portfolio",
    "PRJ": "Projects",
    "MIL": "Milestones",
    "REV": "Reviews",
    "DGN": "The two questions",
    "CAP": "Capacity",
    "LDR": "Leadership",
    "MIX": "Sites",
    "EQ": "Equity",
}
_PARTS = {
    "aim_sponsor": "the aim's sponsor",
    "project_sponsors": "the projects' sponsors",
    "measure_owner": "the measure's owner",
    "finance": "finance",
    "board": "the board",
    "executive": "executives",
}


def family_of(expectation: str) -> str:
    """``Milestones`` for ``MIL-01``."""
    short = expectation.partition("-")[0]
    return _FAMILIES.get(short, short)


def part_words(part: str) -> str:
    """``the aim's sponsor`` for the part ``aim_sponsor`` of an audience."""
    return _PARTS.get(part, f"the {part.replace('_', ' ')}")


def settled(judge: Judge) -> str:
    """What the code settles beyond the sentence: the description of what judges."""
    words = " ".join((inspect.getdoc(judge) or "").split())
    said = _NAME.sub("", words)
    return said[:1].upper() + said[1:]
