"""Milliseconds of one core for charts of 1,000 series: limits, every rule set, icons; and of one.

The series are 36 months of XmR data with a shift, a trend, an outlier or nothing in them, and 2 %
of their values missing. The bound is 100 ms for all four rule sets, each with limits of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import process_time

import numpy as np

from services.framework.spc import ChartKind, Numbers, analyse, chart, panel
from services.framework.spc.findings import judge
from services.framework.spc.icons import icons
from services.framework.spc.panel import Floats
from services.framework.spc.rule_sets import rule_set
from services.framework.spc.signals import verdict

BOUND_MS = 100.0
SERIES, POINTS = 1_000, 36
RULE_SETS = ("run", "anhoej", "shewhart", "mdc")


def series() -> Floats:
    """1,000 × 36 values; a quarter each with a shift, a trend, an outlier, or only noise."""
    random = np.random.default_rng(11)
    values = random.normal(50, 5, (SERIES, POINTS))
    values[0::4, 24:] += 8
    values[1::4] += np.linspace(0, 12, POINTS)
    values[2::4, 30] += 25
    values[random.random(values.shape) < 0.02] = np.nan
    return values


def judged(values: Floats) -> None:
    """Limits, rules and icons of all series, by each rule set."""
    for name in RULE_SETS:
        rules = rule_set(name)
        kind = ChartKind.RUN if name == "run" else ChartKind.XMR
        made = panel(kind, Numbers(values), rules.options())
        icons(made, judge(made, rules), "increase", 55.0)


def alone(values: list[float]) -> None:
    """The chart, the verdict and the icons of one series."""
    rules = rule_set("mdc")
    made = chart("xmr", values, options=rules.options())
    icons(made.panel, verdict(made, rules).findings, "increase", 55.0)


def cost(work: Callable[[], object], rounds: int) -> float:
    """The median milliseconds of processor time of ``work``."""
    times = []
    for _ in range(rounds):
        began = process_time()
        work()
        times.append((process_time() - began) * 1000)
    return median(times)


def main() -> int:
    """Print the figures; 1 if the bound is passed."""
    values = series()
    one = values[3][~np.isnan(values[3])].tolist()
    judged(values)
    alone(one)
    every = cost(lambda: judged(values), 15)
    limits = cost(lambda: analyse(panel(ChartKind.XMR, Numbers(values))), 30)
    single = cost(lambda: alone(one), 300)
    print(
        f"charts: {SERIES:,} series of {POINTS} points, limits, 4 rule sets and icons: "
        f"{every:.1f} ms (bound {BOUND_MS:g}); XmR limits and runs alone {limits:.1f} ms; "
        f"one series, chart, rules and icons: {single:.2f} ms"
    )
    return every > BOUND_MS


if __name__ == "__main__":
    sys.exit(main())
