"""Words as sentences of a judgement use them."""

from __future__ import annotations

import pytest

from services.framework.texts import few, listed


@pytest.mark.parametrize(
    ("words", "said"),
    [((), ""), (("a",), "a"), (("a", "b"), "a, b"), (("a", "b", "c", "d"), "a, b and 2 more")],
)
def test_a_few_are_named_and_the_rest_is_counted(words: tuple[str, ...], said: str) -> None:
    assert few(words, 2) == said


def test_a_sentence_lists_with_a_last_and() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed("abcde") == "a, b, c and 2 more"
