"""The icons of control charts in pages, and the words that stand beside them."""

from __future__ import annotations

from markupsafe import Markup

from services.framework.spc.icons import Assurance, Direction, Variation
from services.rendering.spc_icons import assurance_icon, variation_icon
from services.reporting.control import Control
from services.reporting.words import assurance_words, variation_words

Drawn = tuple[Markup, str]
"""An icon and what it says."""


def drawn(control: Control | None) -> list[Drawn]:
    """The icons of a chart, each with its words; none where the chart says neither."""
    if control is None:
        return []
    found = []
    if control.variation is not None:
        found.append(_variation(control.variation, control.direction))
    if control.assurance is not None:
        found.append(_assurance(control.assurance, control.direction))
    return found


def legend() -> list[Drawn]:
    """Every icon with what it says, for aims that go up."""
    high: Direction = "increase"
    low: Direction = "decrease"
    return [
        _variation(Variation.IMPROVEMENT, high),
        _variation(Variation.IMPROVEMENT, low),
        _variation(Variation.CONCERN, low),
        _variation(Variation.CONCERN, high),
        _variation(Variation.HIGH, "neutral"),
        _variation(Variation.LOW, "neutral"),
        _variation(Variation.COMMON_CAUSE, "neutral"),
        _assurance(Assurance.PASS, high),
        _assurance(Assurance.FAIL, high),
        _assurance(Assurance.HIT_OR_MISS, high),
    ]


def _variation(variation: Variation, direction: Direction) -> Drawn:
    words = variation_words(variation, direction)
    return Markup(variation_icon(variation, direction)), words  # noqa: S704 - our own drawing


def _assurance(assurance: Assurance, direction: Direction) -> Drawn:
    words = assurance_words(assurance, direction)
    return Markup(assurance_icon(assurance, direction)), words  # noqa: S704 - our own drawing
