"""The catalogue as a document: every expectation, in order, as people read it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from itertools import groupby

from services.framework import diagnosis
from services.framework.expectations.catalogue import Entry, Expectation, Judge, Parameter
from services.framework.expectations.register import REGISTER, STARTER
from services.framework.expectations.wording import family_of, part_words, settled

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
    families = groupby(register, key=lambda entry: family_of(entry.expectation.id))
    sections = ("\n".join(_family(name, list(entries))) for name, entries in families)
    return "\n".join([_HEAD, *sections])


def _family(name: str, entries: list[Entry]) -> Iterator[str]:
    yield f"## {name}\n"
    if entries[0].expectation.id.startswith("DGN"):
        yield f"```text\n{inspect.getdoc(diagnosis)}\n```\n"
    for entry in entries:
        yield from _expectation(entry.expectation, entry.judge)


def _expectation(expectation: Expectation, judge: Judge) -> Iterator[str]:
    starter = " · *starter*" if expectation.id in STARTER else ""
    yield f"### {expectation.id} {expectation.title}{starter}\n"
    yield f"{expectation.text}\n"
    said = settled(judge)
    if said:
        yield f"{said}\n"
    kinds = [expectation.kind, *([expectation.also] if expectation.also else [])]
    yield f"* **Judged of**: each {' and each '.join(kind.value for kind in kinds)}"
    yield f"* **Severity**: {expectation.severity.value}"
    yield f"* **Told**: {', '.join(part_words(part) for part in expectation.audience)}"
    yield f"* **Asks**: {expectation.asks}"
    yield f"* **Clears**: {expectation.clears}"
    yield f"* **Source**: {expectation.source} ({expectation.sureness.value})"
    yield from _parameters(expectation)
    yield ""


def _parameters(expectation: Expectation) -> Iterator[str]:
    if not expectation.parameters:
        return
    yield "\n| parameter | default | from | to | means |\n|---|---|---|---|---|"
    for each in expectation.parameters:
        yield _row(f"{expectation.id}.{each.name}", each)


def _row(name: str, each: Parameter) -> str:
    return f"| `{name}` | {each.default:g} | {each.low:g} | {each.high:g} | {each.text} |"
