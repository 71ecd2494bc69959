"""The catalogue as a document: every expectation, in order, as people read it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from services.framework import diagnosis
from services.framework.expectations.catalogue import Entry, Expectation, Judge, Parameter
from services.framework.expectations.register import REGISTER, STARTER

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
_HEAD = """\
# The catalogue of expectations

<!-- Written by `bigdot catalogue --markdown`: change the code, not this file. -->

What the execution framework expects, and Bigdot checks. Each expectation has a sentence, a source
and how sure we are of it, who is told, what ends it, and parameters that a plan may set for the
organisation (`parameters:` at the top), for an aim or for a measure.

A plan of the **starter** profile, which is the usual one, is told of eight of them (marked
*starter*). The others are judged in shadow: recorded, and told to nobody, until a plan switches
them on with `profile: full` or `rules: {ID: on}`. Findings on leadership (LDR) are never messages
of their own.

Severity: info < watch < warn < crit.
"""


def catalogue_text(register: Iterable[Entry] = REGISTER) -> str:
    """The whole catalogue in Markdown; the same register always gives the same text."""
    families = groupby(register, key=lambda entry: entry.expectation.id.partition("-")[0])
    sections = ("\n".join(_family(name, list(entries))) for name, entries in families)
    return "\n".join([_HEAD, *sections])


def _family(name: str, entries: list[Entry]) -> Iterator[str]:
    yield f"## {_FAMILIES.get(name, name)}\n"
    if name == "DGN":
        yield f"```text\n{inspect.getdoc(diagnosis)}\n```\n"
    for entry in entries:
        yield from _expectation(entry.expectation, entry.judge)


def _expectation(expectation: Expectation, judge: Judge) -> Iterator[str]:
    starter = " · *starter*" if expectation.id in STARTER else ""
    yield f"### {expectation.id} {expectation.title}{starter}\n"
    yield f"{expectation.text}\n"
    settled = _settled(judge)
    if settled:
        yield f"{settled}\n"
    kinds = [expectation.kind, *([expectation.also] if expectation.also else [])]
    yield f"* **Judged of**: each {' and each '.join(kind.value for kind in kinds)}"
    yield f"* **Severity**: {expectation.severity.value}"
    yield f"* **Told**: {', '.join(_part(part) for part in expectation.audience)}"
    yield f"* **Asks**: {expectation.asks}"
    yield f"* **Clears**: {expectation.clears}"
    yield f"* **Source**: {expectation.source} ({expectation.sureness.value})"
    yield from _parameters(expectation)
    yield ""


def _settled(judge: Judge) -> str:
    """What the code settles beyond the sentence: the description of what judges."""
    words = " ".join((inspect.getdoc(judge) or "").split())
    said = _NAME.sub("", words)
    return said[:1].upper() + said[1:]


def _part(part: str) -> str:
    return _PARTS.get(part, f"the {part.replace('_', ' ')}")


def _parameters(expectation: Expectation) -> Iterator[str]:
    if not expectation.parameters:
        return
    yield "\n| parameter | default | from | to | means |\n|---|---|---|---|---|"
    for each in expectation.parameters:
        yield _row(f"{expectation.id}.{each.name}", each)


def _row(name: str, each: Parameter) -> str:
    return f"| `{name}` | {each.default:g} | {each.low:g} | {each.high:g} | {each.text} |"
