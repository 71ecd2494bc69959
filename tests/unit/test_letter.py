"""Letters: subjects that lead with the state, a text that stands alone, HTML of the same words."""

from __future__ import annotations

import re
from email import message_from_bytes
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.notify.mail import compose
from services.ports.delivery import Part, Slot
from services.rendering.letter import LetterWriter, subject_of

WRITER = LetterWriter("https://bigdot.example", "bigdot.example")


def content(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "status",
        "state": "Off track",
        "about": "Fewer deaths in hospital",
        "path": "/aims/hsmr-88",
        "since": "2026-10",
        "reason": "4.6 behind the path (99.0 against 94.4 in 2026-10); off track for 1 month.",
        "figures": [["Value", "99 ratio"], ["Path", "94.4 ratio"]],
        "links": [
            {"kind": "driver", "name": "End of life", "problem": "no project", "role": "sponsor"}
        ],
        "asked": "Decide what to change.",
        "would_change": "88.1 or better in 2026-11 would end off track.",
        "blind_since": None,
    } | changed


def slot(*contents: dict[str, Any]) -> Slot:
    parts = tuple(Part(n, n, 1, 1, c) for n, c in enumerate(contents, start=7))
    return Slot(1, "cmo", "mail", "<one@bigdot.example>", 1, parts)


def test_who_is_told_in_somebodys_place_reads_so() -> None:
    letter = WRITER(slot(content(cover="You are told in place of Ann, who is away.")))
    assert "You are told in place of Ann, who is away." in letter.text
    assert "<p>You are told in place of Ann, who is away.</p>" in letter.html.replace(
        ' style="margin: 0 0 12px;"', ""
    )


def test_which_sites_carry_the_aim_is_said_where_it_is_known() -> None:
    said = "The whole went from 20% to 17%; carried by North (-4.00 points)."
    letter = WRITER(slot(content(sites=said)))
    assert f"\n\n{said}\n\n" in letter.text
    assert said in letter.html


def test_the_text_stands_alone() -> None:
    text = WRITER(slot(content())).text
    assert text.startswith("OFF TRACK: Fewer deaths in hospital")
    for said in (
        "99.0 against 94.4 in October 2026",
        "Since October 2026.",
        "Value: 99 ratio",
        "Driver “End of life”: no project (sponsor)",
        "Decide what to change.",
        "88.1 or better in November 2026",
        "https://bigdot.example/aims/hsmr-88",
    ):
        assert said in text


def test_the_html_says_the_same_and_loads_nothing() -> None:
    html = WRITER(slot(content(about="<b>Harm</b> & more"))).html
    assert "&lt;b&gt;Harm&lt;/b&gt; &amp; more" in html
    assert 'href="https://bigdot.example/aims/hsmr-88"' in html
    assert "prefers-color-scheme: dark" in html
    assert "src=" not in html
    assert len(html) < 100_000


def test_in_the_dark_the_colours_win_over_those_that_were_inlined() -> None:
    html = WRITER(slot(content())).html
    dark = html.partition("@media (prefers-color-scheme: dark){")[2].partition("</style>")[0]
    declared = re.findall(r"[{;]([\w-]+):([^;}]+)", dark)
    assert {name for name, _ in declared} == {"background", "color", "border-color"}
    assert all(value.endswith("!important") for _, value in declared), declared
    assert "background: #ffffff" in html.partition("</style>")[2], "the light ones are inlined"


def test_what_is_over_asks_for_no_acknowledgement() -> None:
    over = WRITER(slot(content(trouble=False, state="Resolved")))
    assert over.text.splitlines()[-1] == "Have a look: https://bigdot.example/aims/hsmr-88"
    assert ">Have a look</a>" in over.html


def test_several_messages_make_one_letter_with_a_section_each() -> None:
    letter = WRITER(slot(content(), content(about="Less harm")))
    assert letter.subject == "Off track: Fewer deaths in hospital and 1 more"
    assert letter.ids == (7, 8)
    assert letter.text.count("Review and acknowledge") == 2
    assert letter.message_id == "<one@bigdot.example>"
    assert letter.thread == "<alert-7@bigdot.example>"


def test_what_has_no_page_of_its_own_leads_to_its_alert() -> None:
    late = content(kind="finding", state="Data late", about="HSMR", path=None)
    letter = WRITER(slot(late, content()))
    for link in ("https://bigdot.example/alerts/7", "https://bigdot.example/aims/hsmr-88"):
        assert link in letter.text.split()
        assert f'href="{link}"' in letter.html
    assert letter.data["url"] == "https://bigdot.example/alerts/7"
    assert letter.data["path"] == "/alerts/7"


def test_an_aims_status_stands_before_whatever_waited_longer() -> None:
    late = content(kind="finding", state="Milestone late", about="Bundles")
    letter = WRITER(slot(late, content()))
    assert letter.subject == "Off track: Fewer deaths in hospital and 1 more"
    assert letter.text.startswith("OFF TRACK: Fewer deaths in hospital")
    assert letter.ids == (7, 8)


@given(st.text(min_size=1, max_size=200), st.integers(1, 4))
def test_a_subject_leads_with_the_state_and_is_never_long(about: str, many: int) -> None:
    subject = subject_of([content(about=about)] * many)
    assert subject.startswith("Off track: ")
    assert len(subject) <= 60


def test_a_mail_of_many_messages_names_each_of_them() -> None:
    letter = WRITER(slot(*[content()] * 60))
    raw = bytes(compose(letter, "bigdot@bigdot.example", "cmo@bigdot.example", None))
    carried = str(message_from_bytes(raw)["X-Bigdot-Messages"])
    assert {int(one) for one in carried.split(",")} == set(letter.ids)


def test_a_weak_link_says_by_what_it_hangs_on_the_aim_and_what_would_close_it() -> None:
    link = {
        "kind": "milestone",
        "name": "Pilot",
        "problem": "due 2026-08-31, not done",
        "role": "project leader",
        "above": ["Sepsis", "Sepsis six"],
        "stake": "6 of the gap of 15 was to come from it",
        "closes": "its completion, or a new date with a reason",
    }
    letter = WRITER(slot(content(links=[link])))
    text = letter.text
    assert (
        "  - Sepsis ◀ Sepsis six ◀ Milestone “Pilot”: due 31 August 2026, not done (project leader)"
        "; 6 of the gap of 15 was to come from it.\n"
        "    Closed by its completion, or a new date with a reason.\n"
    ) in text
    assert "Sepsis ◀ Sepsis six ◀ Milestone “Pilot”" in letter.html
    assert "Closed by its completion, or a new date with a reason." in letter.html
