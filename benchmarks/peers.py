"""What other programs and textbooks do to call an aim off track, for comparison side by side.

Each takes the lags of an aim's periods from its start, positive where it is behind its path, as a
share of the whole gap (``behind``) and in standard deviations of one value (``sigmas``), and
answers the index of the first period in which it calls, or None.
"""

# ruff: noqa: ARG001 - some look at the gap only, some at the noise only

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from math import sqrt

Peer = Callable[[Sequence[float], Sequence[float]], int | None]


def _first(hits: Iterable[bool]) -> int | None:
    return next((i for i, hit in enumerate(hits) if hit), None)


def _in_a_row(hits: Sequence[bool], many: int) -> int | None:
    runs = accumulate(hits, lambda run, hit: run + 1 if hit else 0, initial=0)
    return _first(run >= many for run in list(runs)[1:])


def behind_the_line(behind: Sequence[float], sigmas: Sequence[float]) -> int | None:
    """Red when a value is behind the line."""
    return _first(lag > 0 for lag in behind)


def two_in_a_row(behind: Sequence[float], sigmas: Sequence[float]) -> int | None:
    """Red after two in a row behind by a tenth of the gap."""
    return _in_a_row([lag > 0.1 for lag in behind], 2)


def three_in_a_row(behind: Sequence[float], sigmas: Sequence[float]) -> int | None:
    """Red after three in a row behind by a quarter of the gap."""
    return _in_a_row([lag > 0.25 for lag in behind], 3)


def spc_rules(behind: Sequence[float], sigmas: Sequence[float]) -> int | None:
    """Eight in a row behind the path, or one value three sigma behind it."""
    calls = [_in_a_row([lag > 0 for lag in sigmas], 8), _first(lag > 3 for lag in sigmas)]
    return min((call for call in calls if call is not None), default=None)


def cusum(behind: Sequence[float], sigmas: Sequence[float]) -> int | None:
    """One-sided CUSUM of the standardised lag, k 0.5, h 4 (Page 1954)."""
    sums = list(accumulate(sigmas, lambda total, lag: max(0.0, total + lag - 0.5), initial=0.0))
    return _first(total > 4 for total in sums[1:])


def ewma(behind: Sequence[float], sigmas: Sequence[float]) -> int | None:
    """One-sided EWMA of the standardised lag, lambda 0.2, L 2.7, with its exact limit."""
    means = list(accumulate(sigmas, lambda mean, lag: mean + 0.2 * (lag - mean), initial=0.0))[1:]
    limits = (2.7 * sqrt(0.2 / 1.8 * (1 - 0.8 ** (2 * i))) for i in range(1, len(means) + 1))
    return _first(mean > limit for mean, limit in zip(means, limits, strict=True))


PEERS: dict[str, Peer] = {
    "red when behind the line": behind_the_line,
    "red after 2 in a row behind by 10 % of the gap": two_in_a_row,
    "red after 3 in a row behind by 25 % of the gap": three_in_a_row,
    "SPC rules around the path (8 in a row, 3 sigma)": spc_rules,
    "CUSUM of the standardised lag (k 0.5, h 4)": cusum,
    "EWMA of the standardised lag (λ 0.2, L 2.7)": ewma,
}
