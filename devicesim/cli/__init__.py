"""The command line: parses, calls, prints, and holds no rule of its own.

Commands are modules that are imported only when they are used, so that ``devicesim --help`` stays quick.
Exit codes: 0 ok, 1 a goal was missed, 2 usage, 3 scenario invalid, 4 environment, 130 interrupted.
"""

from __future__ import annotations

import importlib
import sys

import click

from devicesim import __version__
from devicesim.errors import DevicesimError, MissingExtraError, ScenarioError

COMMANDS = {
    "init": "Write a commented scenario to start from.",
    "check": "Check a scenario file and say all that is wrong with it.",
    "run": "Simulate a scenario: when is the data in S3, and what held it back.",
    "catalog": "The figures everything rests on, with their sources.",
    "schema": "Print the JSON Schema of scenario files.",
}
GOAL_MISSED, SCENARIO_INVALID, ENVIRONMENT, INTERRUPTED, USAGE = 1, 3, 4, 130, 2


class LazyGroup(click.Group):
    """A group whose commands live in modules of the same name, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return its command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"devicesim.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="devicesim", message="%(prog)s %(version)s (pure-Python core)")
def cli() -> None:
    """A twin of the AWS Snow devices: when is my data in S3, how fast does it ingest, and why not faster."""


def main() -> None:
    """Run the command line; every mistake of a user ends in words and an exit code, not in a traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ScenarioError as error:
        click.echo(str(error), err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count != 1 else ''}; nothing was run", err=True)
        sys.exit(SCENARIO_INVALID)
    except MissingExtraError as error:
        click.echo(f"devicesim: {error}", err=True)
        sys.exit(ENVIRONMENT)
    except DevicesimError as error:
        click.echo(f"devicesim: {error}", err=True)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
