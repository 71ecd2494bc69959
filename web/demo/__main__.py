"""The replay as a process of its own: ``python -m web.demo INSTANT [--fast]``, key in DEMO_KEY."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import datetime

import click

from config.settings import settings
from services.bootstrap import Services
from web.configured import doorbell, service_options
from web.demo.replay import Api, ReplayError, curl, replay
from web.demo.story import Step, Story, tell


@click.command()
@click.argument("instant")
@click.option("--fast", is_flag=True)
def main(instant: str, fast: bool) -> None:
    """Tell the story that ends at INSTANT, then say how it goes on."""
    found = settings()
    api = Api(f"http://{found.host}:{found.port}", os.environ["DEMO_KEY"])
    story = tell(datetime.fromisoformat(instant))
    services = Services(service_options(found), doorbell(found))
    try:
        _show(replay(services, api, story, fast=fast), story)
    except ReplayError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    finally:
        services.close()
    _invite(found.public_url, api, story)


def _show(steps: Iterator[Step], story: Story) -> None:
    """A bar on a terminal, else a line a step."""
    if sys.stdout.isatty():
        with click.progressbar(
            steps, len(story.steps), "Two years", item_show_func=lambda s: s.label if s else None
        ) as bar:
            for _ in bar:
                pass
        return
    for number, step in enumerate(steps, 1):
        click.echo(f"{number}/{len(story.steps)} {step.label}")


def _invite(url: str, api: Api, story: Story) -> None:
    wanted = story.outstanding
    click.echo(
        f"\nThe board: {url}/   the aim: {url}/aims/{wanted.aim}   the mail: {url}/mailbox\n"
        f"{story.missing} Post it, and see what becomes of the aim:"
        f"\n\n{curl(api, wanted)}\n\nCtrl-C stops the demo."
    )


if __name__ == "__main__":
    main()
