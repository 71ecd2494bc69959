"""``bigdot backtest PLAN.yaml DATA.csv``: how a plan would have been judged over past data."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.cli.options import Trouble, json_option

if TYPE_CHECKING:
    from services.evaluation.backtest import History, Judgement
    from services.framework.plan import Plan

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("backtest")
@click.argument("plan_file", metavar="PLAN.yaml", type=FILE)
@click.argument("data_file", metavar="DATA.csv", type=FILE)
@json_option
def command(plan_file: Path, data_file: Path, *, as_json: bool) -> None:
    """Judge a plan over past data, as the live service would have when each value arrived.

    DATA.csv has the columns measure, period and value (or numerator,denominator;
    observed,expected; event_date,complete_through), and site, stratum, state, received where
    known. With --json, one line per aim and period from the aim's start.
    """
    from services.evaluation.backtest import backtest, lines_of

    plan = _plan(plan_file)
    history = _history(plan, data_file)
    judgements = _watched(backtest(plan, history), lines_of(plan, history))
    if as_json:
        for judgement in judgements:
            click.echo(json.dumps(judgement.as_json()))
    else:
        _print_tables(plan, judgements)


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


def _watched(judgements: Iterator[Judgement], many: int) -> Iterator[Judgement]:
    """The same, with a progress bar on standard error where that is a terminal."""
    if not sys.stderr.isatty() or many == 0:
        yield from judgements
        return
    with click.progressbar(judgements, length=many, label="Judging", file=sys.stderr) as watched:
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
