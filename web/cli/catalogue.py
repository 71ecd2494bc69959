"""``bigdot catalogue``: what the execution framework expects, as the code has it."""

from __future__ import annotations

import json

import click

from web.cli.options import json_option


@click.command("catalogue")
@click.option("--markdown", is_flag=True, help="The whole catalogue as a document.")
@json_option
def command(*, markdown: bool, as_json: bool) -> None:
    """List every expectation: its sentence, its source, its parameters."""
    from services.framework.expectations.markdown import catalogue_text
    from services.framework.expectations.register import CATALOGUE

    if markdown:
        click.echo(catalogue_text(), nl=False)
        return
    for each in CATALOGUE.values():
        parameters = {f"{each.id}.{p.name}": p.default for p in each.parameters}
        if as_json:
            row = {"id": each.id, "title": each.title, "text": each.text, "source": each.source}
            row |= {"severity": each.severity.value, "kind": each.kind.value}
            click.echo(json.dumps(row | {"parameters": parameters}))
        else:
            click.echo(f"{each.id}  {each.severity.value:5}  {each.title}")
