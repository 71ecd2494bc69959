"""Variation and assurance icons as inline SVG: our own drawings of what NHS England's icons say.

Each is a small chart in a frame: the points of a series between its limits, or a target line and
the band that the series varies in. The frame's shape and a letter say it without colour, and a
title in words says it without sight.
"""

from __future__ import annotations

from html import escape

from services.framework.spc.icons import Assurance, Direction, Variation

SIZE = 48
_BLUE, _ORANGE, _PURPLE, _GREY = "#0b6aa2", "#b8500a", "#6b4c9a", "#6b7780"
_ROUND = '<circle cx="24" cy="24" r="21.5"/>'
_OCTAGON = '<path d="M15 2.5h18L45.5 15v18L33 45.5H15L2.5 33V15z"/>'
_SQUARE = '<rect x="3" y="3" width="42" height="42" rx="7"/>'

_TITLES = {
    Variation.IMPROVEMENT: "special cause variation: improvement, values are {side}",
    Variation.CONCERN: "special cause variation: concern, values are {side}",
    Variation.HIGH: "special cause variation: values are high; neither is better",
    Variation.LOW: "special cause variation: values are low; neither is better",
    Variation.COMMON_CAUSE: "common cause variation: no significant change",
}
_ASSURED = {
    Assurance.PASS: "the target is consistently met: it lies {where} the process limits",
    Assurance.FAIL: "the target is consistently missed: it lies {where} the process limits",
    Assurance.HIT_OR_MISS: "the target is met or missed by chance: it lies within the limits",
}


def variation_icon(variation: Variation, direction: Direction = "neutral") -> str:
    """The SVG element of a variation icon, 48 × 48; ``direction`` tells which side improves."""
    side = _side(variation, direction)
    title = _TITLES[variation].format(side=side)
    colour, frame = _look(variation)
    return _svg(title, colour, frame, _points(side) + _letter(side))


def assurance_icon(assurance: Assurance, direction: Direction) -> str:
    """The SVG element of an assurance icon, 48 × 48."""
    above = (assurance is Assurance.FAIL) is (direction == "increase")
    title = _ASSURED[assurance].format(where="above" if above else "below")
    colour, frame, letter = {
        Assurance.PASS: (_BLUE, _ROUND, "P"),
        Assurance.FAIL: (_ORANGE, _OCTAGON, "F"),
        Assurance.HIT_OR_MISS: (_GREY, _SQUARE, "?"),
    }[assurance]
    if assurance is Assurance.HIT_OR_MISS:
        return _svg(title, colour, frame, _band(20, 30) + _target(25) + _text(letter, 14))
    drawn = _band(25, 33) + _target(19) if above else _band(16, 24) + _target(30)
    return _svg(title, colour, frame, drawn + _text(letter, 13 if above else 41))


def _side(variation: Variation, direction: Direction) -> str:
    """Where the values lie: an improvement towards more is high, a concern then low."""
    if variation in {Variation.HIGH, Variation.LOW}:
        return variation.value
    if variation is Variation.COMMON_CAUSE:
        return ""
    better = variation is Variation.IMPROVEMENT
    return "high" if better is (direction == "increase") else "low"


def _look(variation: Variation) -> tuple[str, str]:
    if variation is Variation.IMPROVEMENT:
        return _BLUE, _ROUND
    if variation is Variation.CONCERN:
        return _ORANGE, _OCTAGON
    return (_GREY if variation is Variation.COMMON_CAUSE else _PURPLE), _SQUARE


def _points(side: str) -> str:
    """Five points: about the centre line, or the last ones leaving it on one side."""
    heights = {"": (25, 22, 26, 21, 24), "high": (28, 26, 28, 22, 17), "low": (20, 22, 20, 26, 31)}
    places = [(13 + 5.5 * at, y) for at, y in enumerate(heights[side])]
    line = " ".join(f"{x:g},{y}" for x, y in places)
    sizes = (1.6, 1.6, 1.6, 2.6, 2.6) if side else (1.6,) * 5
    dots = "".join(
        f'<circle cx="{x:g}" cy="{y}" r="{size}" class="dot"/>'
        for (x, y), size in zip(places, sizes, strict=True)
    )
    return f'<path class="rule" d="M11 24h26"/><polyline points="{line}"/>{dots}'


def _letter(side: str) -> str:
    """H over the last points, or L under them."""
    return {"": "", "high": _text("H", 14), "low": _text("L", 41)}[side]


def _band(top: int, bottom: int) -> str:
    middle, reach = (top + bottom) / 2, (bottom - top) / 2
    wave = f"M12 {middle:g}q3-{reach:g} 6 0t6 0 6 0 6 0"
    return f'<path class="rule" d="M11 {top}h26M11 {bottom}h26"/><path d="{wave}"/>'


def _target(y: int) -> str:
    return f'<path class="target" d="M10 {y}h28"/>'


def _text(letter: str, y: int) -> str:
    return f'<text x="24" y="{y}">{letter}</text>'


def _svg(title: str, colour: str, frame: str, inside: str) -> str:
    """The element, its marks styled by themselves, so that it stands alone in a page or a mail."""
    words = escape(title, quote=True)
    styled = (
        inside.replace('class="rule"', f'stroke="{colour}" stroke-width="1" stroke-dasharray="2 2"')
        .replace('class="target"', f'stroke="{colour}" stroke-width="2.6"')
        .replace('class="dot"', f'fill="{colour}" stroke="none"')
        .replace(
            "<text ",
            f'<text fill="{colour}" stroke="none" font-family="system-ui, sans-serif"'
            ' font-size="11" font-weight="700" text-anchor="middle" ',
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}"'
        f' viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{words}"><title>{words}</title>'
        f'<g fill="none" stroke="{colour}" stroke-width="1.6" stroke-linejoin="round">'
        f'<g fill="#ffffff" stroke-width="2.6">{frame}</g>{styled}</g></svg>'
    )
