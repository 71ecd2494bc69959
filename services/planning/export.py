"""A plan as a file again: what is exported and applied changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes text without quotes wherever YAML 1.2 reads it back as text."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - PyYAML's own name and shape

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Never write an anchor."""
        return True

    def increase_indent(
        self,
        flow: bool = False,
        indentless: bool = False,  # noqa: ARG002 - PyYAML's signature
    ) -> None:
        """Set lists in from their key."""
        super().increase_indent(flow, indentless=False)


_RESOLVERS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|"),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE"),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+"),
    ("tag:yaml.org,2002:float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
)
for _tag, _pattern in _RESOLVERS:
    _Dumper.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), None)
_Dumper.yaml_implicit_resolvers[""] = _Dumper.yaml_implicit_resolvers[None]
_Dumper.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])


def to_text(document: Mapping[str, Any], version: int | None = None) -> str:
    """The plan file of a document in normal form; it says which ``version`` it was made of."""
    head = {"bigdot": document["bigdot"]} | ({} if version is None else {"version": version})
    return yaml.dump(
        {**head, **document}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
