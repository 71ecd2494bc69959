"""The icons as drawn: well-formed, each unlike the others, and said in words."""

from __future__ import annotations

from itertools import product
from typing import get_args
from xml.etree import ElementTree

import pytest

from services.framework.spc.icons import Assurance, Direction, Variation
from services.rendering.spc_icons import assurance_icon, variation_icon

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
SVG = "{http://www.w3.org/2000/svg}"
ALL = [variation_icon(one, way) for one, way in product(Variation, DIRECTIONS)] + [
    assurance_icon(one, way) for one, way in product(Assurance, DIRECTIONS)
]


@pytest.mark.parametrize("icon", ALL)
def test_an_icon_stands_alone_and_speaks(icon: str) -> None:
    element = ElementTree.fromstring(icon)
    assert element.get("role") == "img"
    title = element.find(f"{SVG}title")
    assert title is not None
    assert element.get("aria-label") == title.text
    assert 'class="' not in icon


@pytest.mark.parametrize(
    ("variation", "direction", "says"),
    [
        (Variation.IMPROVEMENT, "increase", "improvement, values are high"),
        (Variation.IMPROVEMENT, "decrease", "improvement, values are low"),
        (Variation.CONCERN, "increase", "concern, values are low"),
        (Variation.CONCERN, "decrease", "concern, values are high"),
        (Variation.HIGH, "neutral", "values are high; neither is better"),
        (Variation.LOW, "neutral", "values are low; neither is better"),
        (Variation.COMMON_CAUSE, "increase", "no significant change"),
    ],
)
def test_variation_in_words(variation: Variation, direction: Direction, says: str) -> None:
    assert says in variation_icon(variation, direction)


@pytest.mark.parametrize(
    ("assurance", "direction", "says"),
    [
        (Assurance.FAIL, "increase", "missed: it lies above"),
        (Assurance.FAIL, "decrease", "missed: it lies below"),
        (Assurance.PASS, "increase", "met: it lies below"),
        (Assurance.PASS, "decrease", "met: it lies above"),
        (Assurance.HIT_OR_MISS, "decrease", "by chance"),
    ],
)
def test_assurance_in_words(assurance: Assurance, direction: Direction, says: str) -> None:
    assert says in assurance_icon(assurance, direction)


def test_no_two_meanings_look_alike() -> None:
    meanings = {
        *(variation_icon(one, "increase") for one in Variation),
        variation_icon(Variation.IMPROVEMENT, "decrease"),
        variation_icon(Variation.CONCERN, "decrease"),
        *(assurance_icon(one, "increase") for one in Assurance),
    }
    shapes = {
        icon.split("</title>")[1].replace(colour, "")
        for icon in meanings
        for colour in ["#0b6aa2", "#b8500a", "#6b4c9a", "#6b7780"]
        if colour in icon
    }
    assert len(meanings) == len(shapes) == 10
