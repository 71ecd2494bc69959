"""The count of mutants, by module and over all."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from benchmarks import mutation

AIMS = "services.framework.expectations.aims."
DATA = "services.framework.expectations.data."
LINES = (
    f"    {AIMS}x_a__mutmut_1: killed",
    f"    {AIMS}x_a__mutmut_2: timeout",
    f"    {AIMS}x_a__mutmut_3: survived",
    f"    {DATA}x_b__mutmut_1: no tests",
    f"    {DATA}x_b__mutmut_2: not checked",
    "    services.framework.plan.x_c__mutmut_1: killed",
)


def test_what_was_tried_is_counted_by_module() -> None:
    assert mutation.counted(LINES) == {
        "aims": {"killed": 1, "timeout": 1, "survived": 1},
        "data": {"no tests": 1},
    }


@pytest.mark.parametrize(("killed", "code"), [(8, 1), (9, 0)])
def test_nine_of_ten_must_be_killed(
    killed: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = ["killed"] * killed + ["survived"] * (10 - killed)
    told = "\n".join(f"{AIMS}x_a__mutmut_{n}: {state}" for n, state in enumerate(states))

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 0, told)

    monkeypatch.setattr(subprocess, "run", run)
    assert mutation.main([]) == code
    said = f"{killed:5} of    10 mutants killed,  {killed}0% (bound 90%)"
    assert capsys.readouterr().out.splitlines()[-1] == f"expectations: {said}"
