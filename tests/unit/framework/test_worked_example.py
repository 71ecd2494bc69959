"""The worked example, lived day by day: each line of its table on its day, and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from services.framework.diagnosis import diagnose
from services.framework.expectations.catalogue import Situation
from services.framework.facts import SeriesKey
from services.framework.judgement import Subject
from services.framework.periods import midnight
from services.framework.series import known_to
from tests.unit.framework.builders import day
from tests.unit.framework.worked_example import (
    D1,
    D2,
    D4,
    D7,
    OF_THE_TABLE,
    TABLE,
    Change,
    facts,
    lived,
    plan,
    subjects,
)

FIXTURE = Path(__file__).resolve().parents[4] / "shared" / "fixtures" / "worked_example.json"


@cache
def _changes() -> tuple[Change, ...]:
    northfield = plan()
    return tuple(lived(northfield, facts(), subjects(northfield)))


def test_every_line_of_the_table_on_its_day_and_no_other() -> None:
    assert [c for c in _changes() if c.expectation in OF_THE_TABLE] == TABLE


def test_the_two_questions_of_each_aim() -> None:
    answers = [(c.on, c.about, c.said) for c in _changes() if c.expectation == "ANSWER"]
    assert answers == [
        ("2024-11-01", "aim:a1", "too_early"),
        ("2024-11-01", "aim:a2", "too_early"),
        ("2024-11-01", "aim:a3", "too_early"),
        ("2025-03-20", "aim:a2", "execution_failure"),
        ("2025-04-20", "aim:a1", "unseen"),
        ("2025-04-20", "aim:a3", "working"),
        ("2025-05-20", "aim:a1", "too_early"),
        ("2025-08-20", "aim:a1", "strategy_failure"),
    ]


def test_the_aim_that_goes_well_is_never_called_off_its_path() -> None:
    said = {c.expectation for c in _changes() if c.about == "aim:a3"}
    assert said == {"STATUS", "ANSWER", "LDR-03"}


def test_a_team_that_reads_a_run_chart_sees_the_shift_two_months_before() -> None:
    """SIG-02 by six in a row: with October's value, as the table says of the team."""
    northfield = plan()
    by_runs = replace(northfield.measures["a2"], rule_set="run")
    own = replace(northfield, measures={**northfield.measures, "a2": by_runs})
    shifts = [
        c
        for c in lived(own, facts(), [Subject.parse("aim:a2")])
        if (c.expectation, c.about) == ("SIG-02", "aim:a2")
    ]
    assert shifts == [("2025-11-20", "SIG-02", "aim:a2", "crit")]


def test_the_first_driver_shifts_with_aprils_value_and_the_second_with_marchs() -> None:
    northfield = plan()
    as_of = midnight(day("2025-08-21"), northfield.zone)
    known = known_to(facts(), as_of)
    situation = Situation(northfield, known, Subject.parse("aim:a1"), as_of)
    moves = diagnose(situation, northfield.aims["a1"]).diagnosis.drivers
    assert [(m.id, str(m.since)) for m in moves] == [
        ("d1", "2025-04"),
        ("d2", "2025-03"),
        ("d3", "None"),
    ]


@pytest.mark.skipif(not FIXTURE.exists(), reason="the shared fixtures are not beside the checkout")
def test_the_figures_are_those_of_the_worked_example() -> None:
    series = json.loads(FIXTURE.read_text())["series"]
    for name, ours in (("D1_SEPSIS", D1), ("D2_ESCAL", D2), ("D4_MEDREC", D4), ("D7_TEMPLATE", D7)):
        assert tuple(series[name]["v"]) == ours
    assert SeriesKey("a1") in facts().observations
