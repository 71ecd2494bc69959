"""Cover for leave: who is told while somebody is away, and that a message is never for nobody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerting.cover import covered
from services.alerting.recipients import MAIL, Recipient
from services.framework.plan import Away, Organisation, Person, Plan

FIRST, LAST = date(2026, 12, 7), date(2026, 12, 18)
ANN, BOB, CY = "ann", "bob", "cy"


def _plan(*away: tuple[str, str], ended: str | None = None) -> Plan:
    """Ann, Bob and Cy; each pair is who is away for a fortnight, and who covers."""
    covers = dict(away)
    people = {
        name: Person(
            name,
            name.title(),
            ended=FIRST if name == ended else None,
            away=(Away(FIRST, LAST, covers[name]),) if name in covers else (),
        )
        for name in (ANN, BOB, CY)
    }
    return Plan(Organisation("o", "O", "UTC"), people=people)


def _told(plan: Plan, *people: str, on: date = FIRST) -> list[str]:
    return [r.person for r in covered(plan, on, [Recipient(p, MAIL, "leader") for p in people])]


@pytest.mark.parametrize(
    ("on", "told"),
    [
        (FIRST - timedelta(days=1), ANN),
        (FIRST, BOB),
        (LAST, BOB),
        (LAST + timedelta(days=1), ANN),
    ],
)
def test_the_cover_is_told_from_the_first_day_of_the_leave_to_its_last(on: date, told: str) -> None:
    assert _told(_plan((ANN, BOB)), ANN, on=on) == [told]


def test_the_cover_reads_in_whose_place_and_until_when() -> None:
    (one,) = covered(_plan((ANN, BOB)), FIRST, [Recipient(ANN, "chat", "leader")])
    note = "You are told in place of Ann, who is away until 18 December 2026."
    assert one == Recipient(BOB, "chat", "leader", note)


@pytest.mark.parametrize(
    ("away", "told"),
    [
        (((ANN, BOB), (BOB, CY)), CY),
        (((ANN, BOB), (BOB, ANN)), ANN),
        (((ANN, BOB), (BOB, CY), (CY, BOB)), ANN),
    ],
)
def test_a_cover_who_is_away_is_covered_in_turn(
    away: tuple[tuple[str, str], ...], told: str
) -> None:
    assert _told(_plan(*away), ANN) == [told]


def test_a_cover_who_has_left_covers_nobody() -> None:
    assert _told(_plan((ANN, BOB), ended=BOB), ANN) == [ANN]


def test_where_nobody_covers_the_person_away_is_told() -> None:
    ann = Person(ANN, "Ann", away=(Away(FIRST, LAST),))
    plan = Plan(Organisation("o", "O", "UTC"), people={ANN: ann})
    assert covered(plan, FIRST, [Recipient(ANN, MAIL, "x")]) == (Recipient(ANN, MAIL, "x"),)


def test_who_is_told_in_their_own_right_is_told_once_and_without_a_note() -> None:
    told = covered(_plan((ANN, BOB)), FIRST, [Recipient(p, MAIL, "leader") for p in (ANN, BOB)])
    assert told == (Recipient(BOB, MAIL, "leader"),)


_PAIRS = st.dictionaries(st.sampled_from([ANN, BOB, CY]), st.sampled_from([ANN, BOB, CY]))


@given(_PAIRS, st.lists(st.sampled_from([ANN, BOB, CY]), min_size=1, unique=True))
def test_a_message_is_never_for_nobody_and_never_twice_for_one(
    away: dict[str, str], people: list[str]
) -> None:
    told = _told(_plan(*away.items()), *people)
    assert told
    assert len(set(told)) == len(told)
    assert set(people) - set(away) <= set(told)
