"""The self-assessment: what stands, what changed, and what is known without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

from services.framework.facts import Adopted, Facts, Publication, Review, SavingsValidated
from services.framework.periods import Frequency, Period
from services.framework.plan import Person, Project, Savings
from services.framework.self_assessment import (
    ITEMS,
    POINTS,
    SCALE,
    Answer,
    Assessment,
    in_order,
    known,
    mean_of,
    standings,
)
from tests.unit.framework.builders import a_plan, an_aim

TODAY = date(2026, 11, 20)


def _assessed(day: int, by: str = "ceo", hour: int = 9, **scores: int) -> Assessment:
    answers = {name.strip("i").replace("_", "."): Answer(s) for name, s in scores.items()}
    return Assessment(date(2026, 10, day), by, datetime(2026, 11, 1, hour, tzinfo=UTC), answers)


def test_two_items_a_point_and_five_steps() -> None:
    assert len(ITEMS) == 14
    assert [sum(i.point == p for i in ITEMS.values()) for p in range(1, 8)] == [2] * len(POINTS)
    assert len(SCALE) == 5


def test_what_is_left_out_keeps_its_score_and_is_never_nought() -> None:
    held = in_order([_assessed(8, i1_1=3), _assessed(1, i1_1=1, i2_2=4)])
    by_item = {each.item.id: each for each in standings(held)}
    assert (by_item["1.1"].on, by_item["1.1"].before, by_item["1.1"].change) == (
        date(2026, 10, 8), 1, 2,
    )  # fmt: skip
    assert by_item["2.2"].answer == Answer(4)
    assert (by_item["2.2"].on, by_item["2.2"].change) == (date(2026, 10, 1), None)
    assert (by_item["1.2"].answer, by_item["1.2"].on, by_item["1.2"].change) == (None, None, None)
    assert mean_of(held[0].answers) == Fraction(5, 2)
    assert (mean_of(held[0].answers, 1), mean_of(held[0].answers, 7)) == (Fraction(1), None)


def test_a_later_word_of_one_day_and_person_replaces_it() -> None:
    first, second = _assessed(1, i1_1=1), _assessed(1, hour=10, i1_1=2)
    other = _assessed(1, by="cno", hour=11, i1_1=4)
    assert in_order([other, second, first]) == (second, other)


def test_what_is_known_without_any_assessment() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    aim = replace(an_aim(), partners=("pat",))
    savings = Savings(5.0, "EUR", date(2026, 9, 1))
    project = Project("p", "Sepsis", None, None, clinical_lead="pat", savings=savings)
    people = {
        "pat": Person("pat", "Pat", roles=("board", "partner")),
        "bob": Person("bob", "Bob", roles=("board",)),
    }
    plan = a_plan(aim, projects=[project], people=people)
    nothing = known(plan, Facts(), TODAY)
    assert set(nothing) == set(ITEMS)
    assert nothing["1.1"] == "0 of 1 aim adopted with a minute."
    assert nothing["3.1"] == "0 of 1 project reviewed in the last 35 days."
    assert nothing["4.1"] == "1 of 1 aim with a patient or family partner on the team."
    assert nothing["4.2"] == "1 of 2 people of the board a partner."
    assert nothing["5.1"] == "0 of 1 claim of savings confirmed by finance."
    assert nothing["6.1"] == "1 of 1 project with a clinical lead."
    day = date(2026, 10, 16)
    facts = Facts(
        adoptions=(Adopted(aim.id, "Board", day, now, "26/9"),),
        reviews=(Review(f"project:{project.id}", day, now),),
        publications=(Publication(aim.id, Period.parse("2026-09", Frequency.MONTH), day, now),),
        validations=(SavingsValidated(project.id, day, now),),
    )
    found = known(plan, facts, TODAY)
    assert found["1.1"] == "1 of 1 aim adopted with a minute."
    assert found["3.1"].startswith("1 of 1")
    assert found["3.2"].startswith("1 of 1")
    assert found["5.1"].startswith("1 of 1")
    a_day_later = known(plan, facts, date(2026, 11, 21))
    assert a_day_later["3.1"].startswith("0 of 1")


def test_an_empty_plan_says_so_rather_than_nought_of_nought() -> None:
    plan = replace(a_plan(), aims={}, projects={}, people={})
    found = known(plan, Facts(), TODAY)
    assert found["1.1"] == "There are no aims yet."
    assert found["4.2"] == "The plan names nobody of the board."
    assert not any("0 of 0" in words for words in found.values())
