"""The cases that are not held to, each with its reason: at most 2 % of all."""

from __future__ import annotations

LEFT_OUT = {
    "qic_syn_step_run_bestbox": "an experimental method of its author's, not offered here",
    "qic_syn_step_run_cutbox": "an experimental method of its author's, not offered here",
    "fuzz_qic_161_xbar": "the peer takes a degree of freedom off for each subgroup without values",
    "qcc_syn_sub5_xbarR": "σ from subgroup ranges (d2) is not offered: X-bar goes with S here",
    "nhspy_synptd_equal": "the peer flags every point of a series that it has no limits for",
    "nhspy_synptd_few1": "the peer flags every point of a series that it has no limits for",
    "fuzz_ihi_023": "the peer passes over the first of two equal values at the very start only",
}

ACCIDENTS = {
    "qic_syn_equal_t": "how many points lie on the line is an accident of raising to 3.6 and back",
    "fuzz_qic_163_t": "how many points lie on the line is an accident of raising to 3.6 and back",
}
"""Cases of which the lines are held to, and the runs are not."""
