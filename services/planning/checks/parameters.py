"""Parameters that tune expectations: each is one of the catalogue's, within its range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from services.framework.expectations.register import CATALOGUE, parameter_limits
from services.planning.checks.book import Book, Note, wrong
from services.planning.parts import PlanDocument
from services.planning.source import Where


def parameters(book: Book) -> Iterator[Note]:
    """A name that the catalogue does not have would tune nothing; a range is never overstepped."""
    limits = parameter_limits()
    for tuned, where in _tuned(book.document):
        for name, value in tuned.items():
            if name not in limits:
                yield wrong("unknown-parameter", _unknown(name, tuple(limits)), *where, name)
                continue
            low, high = limits[name]
            if not low <= value <= high:
                message = f"{name} is {value:g}, allowed is {low:g} to {high:g}"
                yield wrong("parameter-range", message, *where, name)


def _tuned(document: PlanDocument) -> Iterator[tuple[Mapping[str, float], Where]]:
    """The parameters of the organisation, of each aim and of each measure, and where they stand."""
    yield document.parameters, ("parameters",)
    for aim in document.aims:
        yield aim.parameters, ("aims", aim.id, "parameters")
    for measure in document.measures:
        yield measure.parameters, ("measures", measure.id, "parameters")


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"no expectation has a parameter {name}; {hint}"


def rules(book: Book) -> Iterator[Note]:
    """Only what the catalogue has can be switched on, into shadow, or off."""
    for name in book.document.rules:
        if name not in CATALOGUE:
            near = get_close_matches(name, CATALOGUE, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(CATALOGUE)}"
            yield wrong(
                "unknown-expectation", f"there is no expectation {name}; {hint}", "rules", name
            )


CHECKS = (parameters, rules)
