"""What the expectations say in the tests' situations, held to the word.

A test says what matters of an answer. Beside it every outcome that it hears, and when time alone
would change it, is compared with what was read and approved (``approved/``, a block a test): a
reason that loses its number, an input by another name or a later look is seen. What is meant to
change is written anew by ``make approve``, and its diff is read.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from functools import cache
from pathlib import Path

import pytest

from services.framework.judgement import Evaluation, Outcome
from services.framework.plain import plain
from tests.unit.framework import builders

_FOLDER = Path(__file__).with_name("approved")
_HELD = ("test_expectations", "test_chain", "test_diagnosis", "test_waivers", "test_shadow")
_HEAD = "## "
_WRITES = os.environ.get("BIGDOT_APPROVE") == "1"
_said: dict[str, dict[str, list[str]]] = defaultdict(dict)


@pytest.fixture(autouse=True)
def _to_the_word(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compare all that the test's evaluations say with what was approved."""
    module = request.module.__name__.rpartition(".")[2]
    if not module.startswith(_HELD) or hasattr(request.function, "hypothesis"):
        yield
        return
    heard: list[Evaluation] = []
    monkeypatch.setattr(builders, "HEARD", heard)
    yield
    lines = list(dict.fromkeys(line for each in heard for line in _lines(each)))
    if _WRITES:
        _said[module][request.node.name] = lines
        return
    known = _approved(module).get(request.node.name, [])
    if lines != known:
        diff = "\n".join(unified_diff(known, lines, "approved", "said", lineterm="", n=0))
        pytest.fail(f"the expectations say something else (make approve, if meant):\n{diff}")


def pytest_sessionfinish() -> None:
    """Write anew what was said, where that is asked for; other tests' blocks stay."""
    for module, blocks in _said.items():
        kept = {**_approved(module), **blocks}
        texts = (_block(name, lines) for name, lines in sorted(kept.items()) if lines)
        _FOLDER.mkdir(exist_ok=True)
        (_FOLDER / f"{module}.txt").write_text("\n".join(texts), encoding="utf-8")


def _block(name: str, lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in (_HEAD + name, *lines))


@cache
def _approved(module: str) -> dict[str, list[str]]:
    path = _FOLDER / f"{module}.txt"
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if line.startswith(_HEAD):
            block = found[line.removeprefix(_HEAD)] = []
        elif line:
            block.append(line)
    return found


def _lines(evaluation: Evaluation) -> Iterator[str]:
    """The outcomes that somebody may be told of, and the next look."""
    yield from (_line(each) for each in evaluation.outcomes if not each.shadow)
    yield f"{evaluation.subject} at {evaluation.as_of}: next {evaluation.next_due}"


def _line(said: Outcome) -> str:
    state = (
        "waits"
        if said.waiting
        else "waived"
        if said.waived
        else "fails"
        if said.tripped
        else "holds"
    )
    parts = [said.expectation, said.about, state, said.severity, said.since, *said.audience]
    words = " ".join(str(part) for part in parts if part is not None)
    return f"{words}: {said.reason} {json.dumps(plain(said.inputs), ensure_ascii=False)}"
