"""The command line: ``bigdot …``. A command's module is imported when it is run."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

COMMANDS = {
    "up": ("web.cli.up", "Run everything on this machine."),
    "demo": ("web.cli.demo", "Run everything with a made-up plan, and show an aim go off track."),
    "web": ("web.cli.serve", "Serve pages and API."),
    "worker": ("web.cli.serve", "Judge and deliver."),
    "beat": ("web.cli.serve", "Wake what time alone changes."),
    "db": ("web.cli.serve", "Bring the database up to date, or check it."),
    "clock": ("web.cli.serve", "Read or move business time."),
    "plan": ("web.cli.plan", "Check, compare, apply and export plans."),
    "spc": ("web.cli.spc", "Put a series on a control chart and say what the rules find."),
    "catalogue": ("web.cli.catalogue", "List what the execution framework expects."),
    "why": ("web.cli.why", "Say why an aim stands as it does, who was told, and why not."),
    "assess": ("web.cli.assess", "Show the self-assessment of the seven leverage points."),
    "backtest": ("web.cli.backtest", "Judge a plan over past data."),
    "audit": ("web.cli.audit", "Prove that what is owed was sent, or say why not."),
    "keys": ("web.cli.keys", "Make, list and revoke API keys."),
    "people": ("web.cli.people", "Hand over everything that a leaver holds."),
    "users": ("web.cli.users", "Make, list and disable accounts."),
    "channels": ("web.cli.channels", "Add, list and remove chat channels and webhooks."),
    "notify": ("web.cli.channels", "Try a chat channel or webhook."),
    "organisations": ("web.cli.organisations", "Make and list organisations."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for, and whose errors are a line."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run a command; each error is told in one line, a wrong use with where to read on."""
        run: Any = partial(super().main, *args, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        try:
            code = run()
        except NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.ClickException as error:
            click.echo(f"Error: {_in_a_line(error)}", err=True)
            code = error.exit_code
        except click.Abort:
            click.echo("Error: stopped before it was done", err=True)
            code = 1
        sys.exit(code if isinstance(code, int) else 0)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, imported now; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(COMMANDS[cmd_name][0])
        found: click.Command = (
            module.commands[cmd_name] if hasattr(module, "commands") else module.command
        )
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _in_a_line(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split())
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return text
    return f"{text.rstrip('.')} (see {error.ctx.command_path} --help)"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bigdot")
def main() -> None:
    """Bigdot tells the right person, once and with the reason, when an aim is failing."""
