"""``bigdot spc FILE.csv``: a series on a chart, what the rules say of it, and its icons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.cli.options import Trouble, json_option
from web.cli.spc_options import CHARTS, DIRECTIONS, RULES, Centre, Finite, Points, Setting

if TYPE_CHECKING:
    from services.framework.spc.answer import Question
    from web.cli.spc_file import Table

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("spc")
@click.argument("file", metavar="[FILE.csv]", type=FILE, required=False)
@click.option("--batch", type=FILE, metavar="FILE.ndjson", help="Many series, one a line.")
@click.option("--chart", type=click.Choice(CHARTS), default="xmr", show_default=True)
@click.option(
    "--rules",
    type=click.Choice(RULES),
    help="mdc with an aim on an XmR chart, else anhoej, unless given.",
)
@click.option("--direction", type=click.Choice(DIRECTIONS), help="Which way is better.")
@click.option("--target", type=Finite(), metavar="X", help="Draws the assurance icon.")
@click.option(
    "--freeze", type=click.IntRange(1), metavar="N", help="Limits from the first N points."
)
@click.option("--rebase", type=Points(), default=(), help="The first point of each new part.")
@click.option("--exclude", type=Points(), default=(), help="Points left out of the limits.")
@click.option("--centre", type=Centre(), help="The centre line; the chart's own unless given.")
@click.option("--screen/--no-screen", default=None, help="Drop large moving ranges from limits.")
@click.option("--param", "params", type=Setting(), multiple=True, help="Of the rules or the chart.")
@json_option
def command(file: Path | None, batch: Path | None, *, as_json: bool, **asked: Any) -> None:
    """Put a series on a control chart and say what the rules find.

    FILE.csv has the columns period and value, or period, numerator and denominator; an empty cell
    is missing. On xbar and s charts each row is a measurement and its period repeats.
    """
    if (file is None) == (batch is None):
        raise click.UsageError("one of FILE.csv and --batch is wanted")
    if batch is not None:
        from web.cli.spc_batch import answer_batch

        answer_batch(batch, asked)
    elif file is not None:
        _answer_file(file, asked, as_json=as_json)


def _answer_file(path: Path, asked: dict[str, Any], *, as_json: bool) -> None:
    from services.framework.spc.answer import answer
    from services.framework.spc.options import SpcError
    from services.framework.spc.proposals import proposals
    from web.cli.spc_file import read_table

    table = read_table(path)
    if table.ignored:
        click.echo(f"ignored columns: {', '.join(table.ignored)}", err=True)
    wanted = question(asked, table)
    _check_use(wanted, table)
    try:
        found = answer(wanted)
    except SpcError as error:
        raise Trouble(f"{path}: {_row(table, error.point)}{error}") from None
    offers = proposals(wanted, found)
    if as_json:
        told = found.as_json() | {"proposals": [offer.as_json() for offer in offers]}
        click.echo(json.dumps(told, ensure_ascii=False, allow_nan=False))
        return
    from web.cli.spc_table import show

    show(found, path.name, wanted, offers)


def question(asked: dict[str, Any], table: Table) -> Question:
    """What the options ask of a series."""
    from services.framework.spc.answer import Question
    from services.framework.spc.options import Options

    parameters = dict(asked["params"])
    if asked["screen"] is not None:
        parameters["screen_mr"] = asked["screen"]
    return Question(
        table.values,
        table.denominators,
        table.periods,
        chart=asked["chart"],
        rules=asked["rules"],
        direction=asked["direction"],
        target=asked["target"],
        options=Options(
            centre=asked["centre"],
            freeze=asked["freeze"],
            rebase=asked["rebase"],
            exclude=asked["exclude"],
        ),
        parameters=parameters,
    )


def _check_use(wanted: Question, table: Table) -> None:
    """Refuse options that fit no series of this length: wrong use, not a wrong file."""
    from services.framework.spc.answer import chosen
    from services.framework.spc.checks import check_options
    from services.framework.spc.options import SpcError

    subgroups = wanted.chart in {"xbar", "s"}
    points = len(dict.fromkeys(table.periods)) if subgroups else len(table.periods)
    try:
        check_options(points, chosen(wanted)[1])
    except SpcError as error:
        raise click.UsageError(str(error)) from None


def _row(table: Table, point: int | None) -> str:
    return f"row {table.rows[point - 1]}: " if point and point <= len(table.rows) else ""
