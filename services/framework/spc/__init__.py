"""Statistical process control: charts, limits, runs, rules. Pure; numpy only."""

from services.framework.spc.build import chart, chart_of
from services.framework.spc.chart import Chart, Line, Part
from services.framework.spc.limits import Numbers, panel
from services.framework.spc.options import ChartKind, Options, SpcError
from services.framework.spc.panel import Panel
from services.framework.spc.runs import (
    Runs,
    RunsResult,
    analyse,
    anhoej_limits,
    runs_limits,
    sides,
)
from services.framework.spc.subgroups import Label, Subgroups, subgroups

__all__ = [
    "Chart",
    "ChartKind",
    "Label",
    "Line",
    "Numbers",
    "Options",
    "Panel",
    "Part",
    "Runs",
    "RunsResult",
    "SpcError",
    "Subgroups",
    "analyse",
    "anhoej_limits",
    "chart",
    "chart_of",
    "panel",
    "runs_limits",
    "sides",
    "subgroups",
]
