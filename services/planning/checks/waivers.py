"""Waivers: of something that the catalogue finds, by somebody, for ninety days at most."""

from __future__ import annotations

from collections.abc import Container, Iterator
from difflib import get_close_matches

from services.alerting.lifecycle import SAID_BY_STATUS
from services.framework.expectations.register import CATALOGUE
from services.framework.waivers import LONGEST_DAYS
from services.planning.checks.book import Book, Note, wrong
from services.planning.parts import WaiverPart
from services.planning.source import Where


def waivers(book: Book) -> Iterator[Note]:
    """Each names an expectation, what it is about and who decided, and comes to an end."""
    for part in book.document.waivers:
        at = ("waivers", part.id)
        yield from _expectation(part, at)
        yield from _span(part, at)
        if part.by not in book.people:
            yield wrong(
                "unknown-person", f"{part.by} is not among the people of the plan", *at, "by"
            )
        if not _is_known(book, part.about):
            message = f"the plan has nothing that is called {part.about}"
            yield wrong("unknown-subject", message, *at, "about")


def _expectation(part: WaiverPart, at: Where) -> Iterator[Note]:
    name = part.expectation
    if name not in CATALOGUE:
        near = get_close_matches(name, CATALOGUE, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        message = f"there is no expectation {name}{hint}"
        yield wrong("unknown-expectation", message, *at, "expectation")
    elif name in SAID_BY_STATUS:
        message = f"{name} is what an aim's status says: an aim is revised or ended, not waived"
        yield wrong("status-waived", message, *at, "expectation")


def _span(part: WaiverPart, at: Where) -> Iterator[Note]:
    days = (part.until - part.from_).days
    if days < 0:
        message = f"it ends on {part.until}, before it begins on {part.from_}"
        yield wrong("waiver-span", message, *at, "until")
    elif days > LONGEST_DAYS:
        message = f"it lasts {days} days; a waiver lasts {LONGEST_DAYS} at most"
        yield wrong("waiver-span", message, *at, "until")


def _is_known(book: Book, about: str) -> bool:
    kind, _, identifier = about.partition(":")
    owner, _, part = identifier.partition("/")
    if kind == "milestone":
        project = book.projects.get(owner)
        return project is not None and any(m.id == part for m in project.milestones)
    known: dict[str, Container[str]] = {
        "aim": book.aims,
        "project": book.projects,
        "measure": book.measures,
        "person": book.people,
        "driver": book.drivers,
        "organisation": (book.document.organisation.id,),
    }
    return (owner if kind == "project" else identifier) in known[kind]


CHECKS = (waivers,)
