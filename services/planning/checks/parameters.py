"""Parameters that tune expectations: each is one of the catalogue's, within its range."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from services.framework.expectations.register import parameter_limits
from services.planning.checks.book import Book, Note, wrong


def parameters(book: Book) -> Iterator[Note]:
    """A name that the catalogue does not have would tune nothing; a range is never overstepped."""
    limits = parameter_limits()
    for name, value in book.document.parameters.items():
        if name not in limits:
            yield wrong("unknown-parameter", _unknown(name, tuple(limits)), "parameters", name)
            continue
        low, high = limits[name]
        if not low <= value <= high:
            message = f"{name} is {value:g}, allowed is {low:g} to {high:g}"
            yield wrong("parameter-range", message, "parameters", name)


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"no expectation has a parameter {name}; {hint}"


CHECKS = (parameters,)
