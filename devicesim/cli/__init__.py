"""The command line: parses, calls, prints, and holds no rule of its own.

Commands are modules that are imported only when they are used, so that ``devicesim --help`` stays quick.
Exit codes: 0 ok, 1 a goal was missed, 2 usage, 3 scenario invalid, 4 environment, 130 interrupted.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.machinery import PathFinder

import click

import devicesim
from devicesim import __version__
from devicesim.cli.dialect import Commands, sentence
from devicesim.cli.output import complain, survive_any_encoding
from devicesim.errors import DevicesimError, MissingExtraError, ScenarioError, StateError

COMMANDS = {
    "init": "Write a commented scenario to start from.",
    "check": "Check a scenario file and say all that is wrong with it.",
    "run": "Simulate a scenario: when is the data in S3, and what held it back.",
    "shrink": "Make a scenario that misses a goal as small as it can be.",
    "plan": "Tell many futures of a scenario and its options: how sure, at what price.",
    "sweep": "Tell the futures of every cell of a grid, into one table.",
    "calibrate": "Fit the transfer model to your own measurements.",
    "predict": "How fast files are copied, and what holds them back; or predictions against measurements.",
    "validate": "The model against every published figure and measurement, failures included.",
    "serve": "Open the doors of a simulation: the Snowball job API over HTTP.",
    "state": "What is in a file that serve keeps.",
    "catalog": "The figures everything rests on, with their sources.",
    "faults": "What can be made to go wrong on purpose, and how a scenario says so.",
    "schema": "Print the JSON Schema of scenario files.",
    "bench": "Measure speed and accuracy on this machine, as ratios.",
}
GOAL_MISSED, USAGE, SCENARIO_INVALID, ENVIRONMENT, INTERRUPTED = 1, 2, 3, 4, 130
EXIT_CODES = (
    "Exit codes: 0 ok, 1 a goal was missed, 2 usage, 3 the scenario is invalid, 4 the environment lacks "
    "something, 130 interrupted."
)


@contextmanager
def _all_is_kept() -> Iterator[None]:
    """Collect no garbage among what is imported, now or later: looking for it took a tenth of a short run."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.freeze()
            gc.enable()


class LazyCommands(Commands):
    """A group whose commands live in modules of the same name, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return its command."""
        if cmd_name not in COMMANDS:
            return None
        name = f"devicesim.cli.{cmd_name}"
        with nullcontext() if name in sys.modules else _all_is_kept():
            module = importlib.import_module(name)
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
        # Looked for, not imported: that would cost numpy.
        room = [f"{path}/throughput" for path in devicesim.__path__]
        found = PathFinder.find_spec("devicesim.throughput.compiled", room)
        form = "pure-Python" if found is None else "compiled"
        click.echo(f"devicesim {__version__} ({form} core)")
        ctx.exit()


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Say which devicesim this is, and which core it computes with.",
)
def cli() -> None:
    """A twin of the AWS Snow devices: when is my data in S3, how fast does it ingest, and why not faster."""


def main() -> None:
    """Run the command line of this process, and end the process with its exit code."""
    survive_any_encoding()
    # numpy's OpenBLAS starts a thread for each processor, and they wait busily: a fifth of the CPU time of a short run
    # on two. What is multiplied here is small enough for one, whatever the machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(invoke(sys.argv[1:]))


def invoke(arguments: Sequence[str]) -> int:
    """Run one command line; a mistake of its user ends in words and an exit code, not in a traceback.

    Returns:
        The exit code.
    """
    try:
        code = cli.main(list(arguments), prog_name="devicesim", standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        complain("devicesim: interrupted")
        return INTERRUPTED
    except click.ClickException as error:
        complain(sentence(error))
        return USAGE
    except ScenarioError as error:
        count = len(error.problems)
        complain(f"{error}\n{count} problems" if count > 1 else str(error))
        return SCENARIO_INVALID
    except (MissingExtraError, StateError) as error:
        complain(f"devicesim: {error}")
        return ENVIRONMENT
    except DevicesimError as error:
        complain(f"devicesim: {error}")
        return USAGE
    except OSError as error:
        complain("devicesim: " + ": ".join(str(part) for part in (error.filename, error.strerror) if part))
        return ENVIRONMENT
    return code if isinstance(code, int) else 0
