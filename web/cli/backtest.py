"""``bigdot backtest PLAN.yaml DATA.csv``: how a plan would have been judged over past data."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from web.cli import backtest_alerts as shown
from web.cli.options import Trouble, json_option

if TYPE_CHECKING:
    from services.evaluation.backtest import History, Judgement
    from services.framework.plan import Plan

S = TypeVar("S")
T = TypeVar("T")
MANY = 20
MOST_PROCESSES = 8
"""How many aims or measures are worth further processes, and how many of those at most."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("backtest")
@click.argument("plan_file", metavar="PLAN.yaml", type=FILE)
@click.argument("data_file", metavar="DATA.csv", type=FILE)
@click.option("--alerts", is_flag=True, help="Only the alerts: to whom, when, and what came true.")
@json_option
def command(plan_file: Path, data_file: Path, *, alerts: bool, as_json: bool) -> None:
    """Judge a plan over past data, as the live service would have when each value arrived.

    DATA.csv has the columns measure, period and value (or numerator,denominator;
    observed,expected; event_date,complete_through), and site, stratum, state, received where
    known. With --json, one line per aim and period from the aim's start; with --json --alerts,
    one line for each measure's coverage, each message and each person.
    """
    plan = _plan(plan_file)
    history = _history(plan, data_file)
    if not as_json:
        shown.print_coverage(plan, history)
    if not alerts:
        _tell_judgements(plan, history, as_json=as_json)
    if alerts or not as_json:
        _tell_alerts(plan, history, as_json=as_json)


def _tell_judgements(plan: Plan, history: History, *, as_json: bool) -> None:
    from services.evaluation.backtest import backtest_of, judged_aims

    aims = judged_aims(plan)
    found = _each(_Job(backtest_of, plan, history), aims)
    judgements = chain.from_iterable(_watched(found, len(aims), "Judging"))
    if as_json:
        for judgement in judgements:
            click.echo(json.dumps(judgement.as_json()))
    else:
        _print_tables(plan, judgements)


def _tell_alerts(plan: Plan, history: History, *, as_json: bool) -> None:
    from services.evaluation.past_alerts import alerts_of, subjects_of

    subjects = subjects_of(plan)
    sent = _watched(_each(_Job(alerts_of, plan, history), subjects), len(subjects), "Alerting")
    tell = shown.print_json if as_json else shown.print_alerts
    tell(plan, history, sent)


class _Job(Generic[S, T]):
    """Something to work out of a plan and its history, one thing after the other."""

    def __init__(
        self, work: Callable[[Plan, History, S], Iterable[T]], plan: Plan, history: History
    ) -> None:
        self._work = work
        self._plan = plan
        self._history = history

    def __call__(self, one: S) -> list[T]:
        """What comes of one thing."""
        return list(self._work(self._plan, self._history, one))


def _each(job: _Job[S, T], things: Sequence[S]) -> Iterator[list[T]]:
    """What comes of each thing, in order; on every processor where they are many."""
    processors = min(len(os.sched_getaffinity(0)), MOST_PROCESSES)
    if processors == 1 or len(things) < MANY:
        yield from map(job, things)
        return
    with ProcessPoolExecutor(processors, initializer=_hold, initargs=(job,)) as pool:
        yield from pool.map(_held, things, chunksize=4)


_JOB: list[Callable[[Any], Any]] = []


def _hold(job: Callable[[Any], Any]) -> None:
    """Keep a process's job, so that the plan and the history go to it once."""
    _JOB[:] = [job]


def _held(one: Any) -> Any:
    return _JOB[0](one)


def _plan(path: Path) -> Plan:
    from services.planning.document import PlanError, load

    try:
        return load(path.read_bytes())
    except PlanError as error:
        raise Trouble(f"{path}: {error}") from None


def _history(plan: Plan, path: Path) -> History:
    from services.evaluation.backtest import BacktestError, read_history

    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return read_history(plan, _rows(csv.DictReader(lines)))
    except UnicodeDecodeError:
        raise Trouble(f"{path}: not UTF-8") from None
    except (BacktestError, csv.Error) as error:
        raise Trouble(f"{path}: {error}") from None


def _rows(reader: csv.DictReader[str]) -> Iterable[dict[str, str | None]]:
    from services.evaluation.backtest import COLUMNS, BacktestError

    names = {name.strip() for name in reader.fieldnames or ()}
    if "measure" not in names or not names & {"period", "event_date", "complete_through"}:
        raise BacktestError(["line 1: the columns measure and period are wanted"])
    if names - COLUMNS:
        click.echo(f"ignored columns: {', '.join(sorted(names - COLUMNS))}", err=True)
    return reader


def _watched(judgements: Iterator[T], many: int, label: str) -> Iterator[T]:
    """The same, with a progress bar on standard error where that is a terminal."""
    if not sys.stderr.isatty() or many == 0:
        yield from judgements
        return
    with click.progressbar(judgements, length=many, label=label, file=sys.stderr) as watched:
        yield from watched


def _print_tables(plan: Plan, judgements: Iterator[Judgement]) -> None:
    """A table an aim: the period, the status, since when nobody could see, the reason."""
    for aim, group in groupby(list(judgements), key=lambda judgement: judgement.aim):
        click.echo(f"\n{plan.aims[aim].name} ({aim})")
        for row in group:
            blind = f"blind since {row.blind_since}  " if row.blind_since else ""
            known = f"{row.probability:4.0%}" if row.probability is not None else "    "
            click.echo(
                f"  {row.period.label:10}  {row.status.words:13}  {known}  {blind}{row.reason}"
            )
