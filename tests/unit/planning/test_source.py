"""Reading the file itself: what is not a plan is refused at its line, with one sentence."""

from __future__ import annotations

import pytest

from services.planning.document import PlanError, load
from services.planning.source import MAX_BYTES, read
from tests.unit.planning.plans import SHORT


def _refused(text: str | bytes) -> tuple[str, int | None, str]:
    with pytest.raises(PlanError) as trouble:
        load(text)
    first = trouble.value.findings[0]
    return first.code, first.line, first.message


def test_periods_dates_and_words_stay_text() -> None:
    data = read("a: 2026-10\nb: 2026-10-07\non: no\nc: 007\nd: 1e3\ne: '5'\nf:\ng: 1_000\n").data
    assert data == {
        "a": "2026-10",
        "b": "2026-10-07",
        "on": "no",
        "c": 7,
        "d": 1000.0,
        "e": "5",
        "f": None,
        "g": "1_000",
    }


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("bigdot: 1\nbigdot: 1\n", "duplicate-key", 2, "stands twice in one mapping"),
        ("a:\n  - {id: x, id: y}\n", "duplicate-key", 2, "'id' stands twice"),
        (b"bigdot: 1\nname: caf\xe9\n", "encoding", 2, "not UTF-8"),
        ("a: &x 1\nb: *x\n", "yaml", 1, "anchors and aliases"),
        ("a: 1\nb: !!python/object:os.system x\n", "yaml", 2, "tags"),
        ("a: {<<: {b: 1}}\n", "yaml", 1, "a key is a plain word"),
        ("? [a, b]\n: 1\n", "yaml", 1, "a key is a plain word"),
        ("a: 1\n---\nb: 2\n", "yaml", 2, "one document"),
        ("a: [1, 2\nb: 3\n", "yaml", 2, "not YAML"),
        ("- a\n- b\n", "yaml", 1, "a mapping that begins with `bigdot: 1`"),
        ("", "yaml", 1, "a mapping that begins with `bigdot: 1`"),
        ('a: "\\0"\n', "character", 1, "U+0000"),
        ('a: "\\ud800"\n', "yaml", 1, "not YAML"),
        ("[" * 5000, "yaml", 1, "nested deeper"),
        ("a: " + "{a: " * 5000, "yaml", 1, "nested deeper"),
    ],
)
def test_what_is_not_a_plan_file_is_refused(
    text: str | bytes, code: str, line: int, words: str
) -> None:
    found = _refused(text)
    assert found[:2] == (code, line)
    assert words in found[2]


def test_a_file_over_the_limit_is_refused() -> None:
    assert _refused("#" * (MAX_BYTES + 1))[0] == "too-large"


def test_a_byte_order_mark_is_no_trouble() -> None:
    assert load(b"\xef\xbb\xbf" + SHORT.encode()).organisation.id == "northfield"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("target: 88", "target: .inf", "value", "a target is a number"),
        ("target: 88", f"target: 1{'0' * 400}", "value", "finite"),
        ("target: 88", "target: 1e400", "value", "finite"),
        ("target: 88", "target: true", "value", "a target is a number"),
        (
            "sponsor: cmo\n    adopted",
            "sponser: cmo\n    adopted",
            "unknown-key",
            "did you mean `sponsor`?",
        ),
        ("due: 2025-02-28", "due: 2025-02-30", "value", "2025-02-30 names no real date"),
        ("due: 2025-02-28", "due: 28.2.2025", "value", "a date is written like 2026-10-07"),
        ("share: 0.6", "share: 60", "value", "less than or equal to 1"),
        (
            "id: general",
            "id: royal",
            "duplicate-id",
            "the site royal stands twice (first on line 3)",
        ),
        ("id: ward", "id: sepsis", "duplicate-id", "the driver sepsis stands twice"),
        ("id: general,", "id: 12,", "value", "put it in quotes"),
        ("id: general,", "id: a b,", "value", "an id is a slug"),
        ("id: general,", "", "missing-key", "this site has no `id`"),
        ("name: Sister,", "", "missing-key", "`name` is missing"),
        ("kind: value", "kind: number", "value", "'value', 'proportion', 'rate' or 'events'"),
        ("zone: Europe/London", "zone: Europe/Londres", "value", "no IANA time zone"),
        ("zone: Europe/London", "zone: ../../etc/passwd", "value", "no IANA time zone"),
        ("email: cmo@northfield.example", "email: cmo", "value", "an e-mail address is like"),
        ("board-chat", "https://hooks.example/x", "value", "never its address"),
        ("bigdot: 1", "bigdot: 2", "value", "should be 1"),
        ("path: [", "path: curve # [", "value", "a path is linear, s_curve, stepped or a list"),
        ("name: Sister,", 'name: "a\\nb",', "value", "name"),
    ],
)
def test_a_wrong_value_has_one_sentence(old: str, new: str, code: str, words: str) -> None:
    assert old in SHORT
    text = SHORT.replace(old, new, 1)
    with pytest.raises(PlanError) as trouble:
        load(text)
    found = trouble.value.findings
    assert len(found) == 1, [str(finding) for finding in found]
    assert found[0].code == code
    assert words in found[0].message
    line = SHORT[: SHORT.index(old)].count("\n") + 1
    assert found[0].line == line
