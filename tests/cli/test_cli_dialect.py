"""Mistakes on the command line: one line each on stderr, an exit code, and nothing on stdout."""

import re

import click
import pytest
from command_line import Done

from devicesim import cli
from devicesim.errors import CatalogError, MissingExtraError, VerbError
from devicesim.throughput.core import COMPILED


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["rum"], "devicesim: unknown command 'rum'; did you mean 'run'?"),
        (["RUN"], "devicesim: unknown command 'RUN'; did you mean 'run'?"),
        (
            ["teleport"],
            f"devicesim: unknown command 'teleport'; known: {', '.join(sorted(cli.COMMANDS))}",
        ),
        (["--verison"], "devicesim: unknown option '--verison'; did you mean '--version'?"),
        (["run"], "devicesim run: FILE is missing; usage: devicesim run [OPTIONS] FILE"),
        (["check"], "devicesim check: FILE is missing; usage: devicesim check [OPTIONS] FILE"),
        (
            ["run", "a", "b"],
            "devicesim run: got unexpected extra argument (b); usage: devicesim run [OPTIONS] FILE",
        ),
        (["run", "a", "--jsn"], "devicesim run: unknown option '--jsn'; did you mean '--json'?"),
        (["run", "a", "--sed", "7"], "devicesim run: unknown option '--sed'; did you mean '--seed'?"),
        (["init", "-x"], "devicesim init: unknown option '-x'; known: --force, --help"),
        (["run", "a", "--every"], "devicesim: option '--every' requires an argument"),
        (["run", "a", "--json=1"], "devicesim: option '--json' does not take a value"),
        (["run", "a", "--seed", "-1"], "devicesim: --seed must be a whole number >= 0, got -1"),
        (["run", "a", "--seed", "1.5"], "devicesim: --seed must be a whole number >= 0, got 1.5"),
        (["run", "a", "--seed", "²"], "devicesim: --seed must be a whole number >= 0, got ²"),
        (
            ["run", "a", "--seed", "9" * 101],
            f"devicesim: --seed must be a whole number >= 0, got {'9' * 101}",
        ),
        (["run", "a", "--every", "0 s"], "devicesim: --every must be > 0 s, got 0 s"),
        (
            ["run", "a", "--every", "10"],
            "devicesim: --every: expected a duration such as '36 h', got '10': a unit is missing",
        ),
        (
            ["run", "a", "--every", "10 MB"],
            "devicesim: --every: expected a duration such as '36 h', got '10 MB': 'MB' is a size",
        ),
        (
            ["run", "a", "--json", "--json-lines"],
            "devicesim: the output must be one of --json and --json-lines, got both",
        ),
        (["catalog", "shw"], "devicesim: unknown command 'shw'; did you mean 'show'?"),
        (
            ["catalog", "show"],
            "devicesim catalog show: NAME is missing; usage: devicesim catalog show [OPTIONS] NAME",
        ),
        (
            ["catalog", "show", "SNC1_HHD"],
            "devicesim: unknown catalog entry 'SNC1_HHD'; did you mean 'SNC1_HDD'?",
        ),
        (
            ["catalog", "show", "SNC1_HDD.disk.rmp"],
            "devicesim: unknown figure 'SNC1_HDD.disk.rmp'; did you mean 'SNC1_HDD.disk.rpm'?",
        ),
        (
            ["catalog", "list", "--kind", "devise"],
            "devicesim: unknown kind of catalog entry 'devise'; did you mean 'device'?",
        ),
        (
            ["catalog", "list", "--kind", "xyz"],
            "devicesim: unknown kind of catalog entry 'xyz'; known: customer, device, lane, model, price, radio, "
            "validation, workload",
        ),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_worked_usage(devicesim, words, line):
    assert devicesim(*words) == Done(2, "", f"{line}\n")


@pytest.mark.parametrize(
    ("group", "commands"), [([], list(cli.COMMANDS)), (["catalog"], ["devices", "list", "show", "sources"])]
)
def test_worked_no_command_is_answered_with_the_help(devicesim, group, commands):
    done = devicesim(*group)
    assert (done.code, done.out) == (2, "")
    assert done.err == devicesim(*group, "--help").out
    assert re.findall(r"^  (\w+) +[A-Z]", done.err.split("Commands:")[1], re.MULTILINE) == commands


@pytest.mark.parametrize(
    "words", [[], ["init"], ["check"], ["run"], ["catalog"], ["catalog", "show"], ["schema"]]
)
def test_law_help_is_a_result(devicesim, words):
    long, short = devicesim(*words, "--help"), devicesim(*words, "-h")
    assert long == short
    assert (long.code, long.err) == (0, "")
    assert long.out.startswith(f"Usage: {' '.join(['devicesim', *words])} [OPTIONS]")
    assert max(map(len, long.out.splitlines())) <= 80


def test_worked_exit_codes_are_in_the_help(devicesim):
    told = " ".join(devicesim("--help").out.split("Exit codes:")[1].split())
    assert told == (
        "0 ok, 1 a goal was missed, 2 usage, 3 the scenario is invalid, 4 the environment lacks something, 130 "
        "interrupted."
    )


def test_worked_version(devicesim):
    form = "pure-Python" if COMPILED is None else "compiled"
    assert devicesim("--version") == Done(0, f"devicesim 0.1.0 ({form} core)\n", "")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (KeyboardInterrupt(), 130, "devicesim: interrupted"),
        (click.exceptions.Abort(), 130, "devicesim: interrupted"),
        (
            MissingExtraError("--report", "report"),
            4,
            "devicesim: --report needs: pip install 'devicesim[report]'",
        ),
        (CatalogError("a figure without a unit"), 2, "devicesim: a figure without a unit"),
        (VerbError("not now"), 2, "devicesim: not now"),
        (PermissionError(13, "Permission denied", "a.html"), 4, "devicesim: a.html: Permission denied"),
        (OSError(28, "No space left on device"), 4, "devicesim: No space left on device"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_worked_what_goes_wrong_below_has_its_exit_code(devicesim, monkeypatch, error, code, line):
    def fails(*_):
        raise error

    monkeypatch.setattr("devicesim.cli.check.load_varied", fails)
    done = devicesim("check", "small.toml")
    assert (done.code, done.out, done.err.strip()) == (code, "", line)


def test_worked_an_error_of_the_program_itself_is_not_hidden(devicesim, monkeypatch):
    monkeypatch.setattr("devicesim.cli.check.load_varied", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        devicesim("check", "small.toml")


def test_worked_names_cannot_steer_a_terminal(devicesim):
    done = devicesim("run", "\x1b[2J.toml")
    assert done.err == "\N{REPLACEMENT CHARACTER}[2J.toml: error: cannot be read: No such file or directory\n"
