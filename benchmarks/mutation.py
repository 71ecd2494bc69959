"""How many small changes of the expectations the tests notice: mutants made, and mutants killed.

A mutant is the code with one small change: a comparison turned, a bound moved, a text scrambled.
It is killed when a test of the expectations fails (or never ends) by it; one that lives is a change
which could be made by accident and would not be seen. What can be killed by no test, as it does
what the original does, counts as alive. Only pure tests run: they need no server.

Run: ``make mutation``; of a module ``make mutation ARGS="services.framework.expectations.aims*"``.
What lives is shown by ``mutmut show NAME``.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

BOUND = 0.9
_MUTMUT = str(Path(sys.executable).with_name("mutmut"))
_PACKAGE = "services.framework.expectations."
_KILLED = frozenset({"killed", "timeout", "segfault", "suspicious", "caught by type check"})
_UNTRIED = "not checked"


def main(asked: list[str]) -> int:
    """Try the mutants, print how many were killed by module; 1 where too many live."""
    made = subprocess.run([_MUTMUT, "run", *asked], check=False)
    if made.returncode:
        return made.returncode
    told = subprocess.run(
        [_MUTMUT, "results", "--all", "true"], check=True, capture_output=True, text=True
    )
    found = counted(told.stdout.splitlines())
    for module, states in sorted(found.items()):
        print(f"  {module:16} {_said(states)}")
    every = sum(found.values(), Counter[str]())
    print(f"expectations: {_said(every)} (bound {BOUND:.0%})")
    return int(_killed(every) < BOUND * every.total())


def counted(lines: Iterable[str]) -> dict[str, Counter[str]]:
    """The mutants that were tried, by module and by what became of them.

    ``lines`` are mutmut's: ``services.framework.expectations.aims.x_name__mutmut_1: survived``.
    """
    found: dict[str, Counter[str]] = {}
    for line in lines:
        name, _, state = line.strip().partition(": ")
        if name.startswith(_PACKAGE) and state != _UNTRIED:
            module = name.removeprefix(_PACKAGE).partition(".")[0]
            found.setdefault(module, Counter())[state] += 1
    return found


def _killed(states: Mapping[str, int]) -> int:
    return sum(many for state, many in states.items() if state in _KILLED)


def _said(states: Counter[str]) -> str:
    killed, every = _killed(states), states.total()
    return f"{killed:5,} of {every:5,} mutants killed, {killed / max(every, 1):4.0%}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
