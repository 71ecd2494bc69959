"""Reading a plan file's YAML: plain data, and where each thing stands.

The file is read by the core schema of YAML 1.2 (``on`` and ``no`` are words, ``2026-10`` and dates
stay text). Anchors, tags, merge keys and several documents have no use in a plan and are refused,
so that a small file cannot unfold into a large one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from services.planning.findings import PlanError, error

MAX_BYTES = 5 * 1024 * 1024
_MAX_DEPTH = 32
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?[0-9]{1,300}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A file's data with the line of each of its values, by the path of keys and positions."""

    data: dict[str, Any]
    lines: dict[Where, int] = field(default_factory=dict)

    def line(self, where: Where) -> int | None:
        """The line of the value at ``where``, or of the nearest thing around it."""
        for size in range(len(where), -1, -1):
            if where[:size] in self.lines:
                return self.lines[where[:size]]
        return None


def pointer(where: Where) -> str:
    """The JSON pointer of a path, as a fragment (RFC 6901)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in where)
    return "#" + "".join(f"/{part}" for part in parts)


def read(text: str | bytes) -> Source:
    """Read a plan file. Raises PlanError, with the line, for anything that is not one mapping."""
    events = _Events(_decode(text))
    try:
        data = events.document()
    except yaml.MarkedYAMLError as trouble:
        mark = trouble.problem_mark or trouble.context_mark
        problem = trouble.problem or "it cannot be read"
        raise _refuse("yaml", f"not YAML: {problem}", mark.line + 1 if mark else None) from None
    except yaml.YAMLError as trouble:
        raise _refuse("yaml", f"not YAML: {str(trouble).splitlines()[0]}") from None
    if not isinstance(data, dict):
        raise _refuse("yaml", "a plan file is a mapping that begins with `bigdot: 1`", 1)
    return Source(data, events.lines)


def _decode(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise _refuse("too-large", f"a plan file has at most {MAX_BYTES // 1024**2} MiB")
    if isinstance(text, str):
        found = re.search("[\ud800-\udfff]", text)
        if found:
            line = text[: found.start()].count("\n") + 1
            raise _refuse("encoding", "the text holds half a character (a surrogate)", line)
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as trouble:
        line = text[: trouble.start].count(b"\n") + 1
        raise _refuse("encoding", "the file is not UTF-8", line) from None


def _refuse(code: str, message: str, line: int | None = None, where: Where = ()) -> PlanError:
    return PlanError([error(code, message, pointer(where), line)])


class _Events:
    """Builds data from the parser's events, so that each key is seen with its line."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_LOADER))
        self.lines: dict[Where, int] = {}

    def document(self) -> Any:
        """The one document of the stream; None for an empty one."""
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            return None
        data = self._value(next(self._events), ())
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            line = _line(after)
            raise _refuse("yaml", "a plan file is one document; a second begins here", line)
        return data

    def _value(self, event: yaml.Event, where: Where) -> Any:
        line = _line(event)
        self.lines.setdefault(where, line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refuse("yaml", "anchors and aliases are not used in a plan", line, where)
        if (tag := getattr(event, "tag", None)) not in (None, "!"):
            raise _refuse("yaml", f"tags ({tag}) are not used in a plan", line, where)
        if len(where) > _MAX_DEPTH:
            raise _refuse("yaml", f"nested deeper than {_MAX_DEPTH} levels", line)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, where)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(where)
        return self._mapping(where)

    def _sequence(self, where: Where) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*where, len(items))))
        return items

    def _mapping(self, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, line = self._key(event, where), _line(event)
            if key in found:
                first = self.lines[(*where, key)]
                message = f"the key {key!r} stands twice in one mapping (first on line {first})"
                raise _refuse("duplicate-key", message, line, (*where, key))
            self.lines[(*where, key)] = line
            found[key] = self._value(next(self._events), (*where, key))
        return found

    def _key(self, event: yaml.Event, where: Where) -> str:
        line = _line(event)
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.value == "<<":
            raise _refuse("yaml", "a key is a plain word", line, where)
        _check_text(event.value, line, where)
        return event.value

    def _scalar(self, event: yaml.ScalarEvent, where: Where) -> Any:
        _check_text(event.value, _line(event), where)
        return event.value if event.style else _plain(event.value)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _check_text(text: str, line: int, where: Where) -> None:
    found = _FORBIDDEN.search(text)
    if found:
        name = f"U+{ord(found.group()):04X}"
        raise _refuse("character", f"the character {name} is not allowed in text", line, where)


def _plain(text: str) -> Any:
    """The value of an unquoted scalar by the core schema of YAML 1.2, without hex and octal."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
