"""What a backtest costs: `bigdot backtest` of 24 months for 500 aims, with its alerts.

Each aim has a measure of 36 months (12 of them its baseline), two drivers, one of them measured,
and a project for each. The command runs as people run it, in a process of its own; its seconds and
its processor time stand beside the bound.

Run: ``python -m benchmarks.backtest [AIMS]``.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import yaml

AIMS = 500
MONTHS = 36
BOUND_SECONDS = 60.0
_BIGDOT = str(Path(sys.executable).with_name("bigdot"))


def main(aims: int = AIMS) -> int:
    """Measure, print, and give 1 if the bound does not hold."""
    with tempfile.TemporaryDirectory(prefix="bigdot-bench-") as folder:
        plan, data = Path(folder, "plan.yaml"), Path(folder, "data.csv")
        plan.write_text(yaml.safe_dump(_plan(aims), sort_keys=False), encoding="utf-8")
        data.write_text("\n".join(_rows(aims)) + "\n", encoding="utf-8")
        worst = max(_measured(plan, data, more, aims) for more in ((), ("--alerts",)))
    return int(worst > BOUND_SECONDS)


def _measured(plan: Path, data: Path, more: tuple[str, ...], aims: int) -> float:
    """Run the command once and print what it took; its seconds."""
    before, started = _spent(), perf_counter()
    command = [_BIGDOT, "backtest", str(plan), str(data), "--json", *more]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    took, spent = perf_counter() - started, _spent() - before
    what = f"bigdot backtest --json {' '.join(more)}".rstrip()
    print(
        f"{what}: {aims} aims, 24 months, {lines.count(chr(10)):,} lines: {took:.1f} s, "
        f"{spent:.1f} s of processor (bound {BOUND_SECONDS:.0f} s)"
    )
    return took


def _spent() -> float:
    """Processor seconds of every child that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _month(number: int) -> str:
    return f"{2023 + number // 12}-{number % 12 + 1:02d}"


def _plan(aims: int) -> dict[str, Any]:
    """A plan whose aims begin after 12 months and end after 36."""
    numbers = range(aims)
    return {
        "bigdot": 1,
        "organisation": {"id": "bench", "name": "Bench", "zone": "Europe/London"},
        "people": [{"id": f"p{n}", "name": f"Person {n}", "roles": ["owner"]} for n in range(50)],
        "measures": [each for n in numbers for each in (_measure(f"m{n}"), _measure(f"d{n}"))],
        "aims": [_aim(n) for n in numbers],
        "projects": [_project(n, driver) for n in numbers for driver in ("a", "b")],
    }


def _measure(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": f"Measure {name}",
        "kind": "value",
        "direction": "decrease",
        "frequency": "month",
        "owner": "p1",
    }


def _aim(number: int) -> dict[str, Any]:
    return {
        "id": f"a{number}",
        "name": f"Aim {number}",
        "measure": f"m{number}",
        "baseline": {"from": _month(0), "to": _month(11)},
        "target": 80,
        "start": _month(12),
        "deadline": _month(35),
        "sponsor": f"p{number % 50}",
        "drivers": [
            {"id": "a", "name": "Driver a", "share": 0.5, "measure": f"d{number}"},
            {"id": "b", "name": "Driver b", "share": 0.5},
        ],
    }


def _project(number: int, driver: str) -> dict[str, Any]:
    return {
        "id": f"x{number}{driver}",
        "name": f"Project {number}{driver}",
        "start": "2024-01-01",
        "sponsor": f"p{number % 50}",
        "leader": f"p{(number + 1) % 50}",
        "serves": [{"driver": f"a{number}/{driver}", "effect": 10, "reach": 1, "belief": 0.5}],
    }


def _rows(aims: int) -> Iterator[str]:
    """Values around 100 that fall to 80, in full, by half, or not at all."""
    noise = np.random.default_rng(20261123)
    yield "measure,period,value"
    for number in range(aims):
        fall = (20.0, 10.0, 0.0)[number % 3]
        for name, depth in ((f"m{number}", fall), (f"d{number}", fall / 2)):
            for month, error in enumerate(noise.normal(0.0, 2.0, MONTHS)):
                gone = max(0, month - 11) / 24
                yield f"{name},{_month(month)},{100 - depth * gone + error:.2f}"


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
