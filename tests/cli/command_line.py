"""Command lines in processes of their own, and what a terminal shows of them."""

import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"


@dataclass(frozen=True)
class Done:
    """A command line that has ended."""

    code: int
    out: str
    err: str
    cpu: float = 0.0


def environment(**changes):
    """This process's environment with the package in reach, and nothing that bears on colours or encodings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "PYTHONHASHSEED"}
    }
    return kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | changes


def command(*words):
    return [sys.executable, "-m", "devicesim", *map(str, words)]


def process(*words, cwd, **variables):
    """Run a command line in a process of its own; its CPU seconds are user and system time."""
    child = subprocess.Popen(
        command(*words), cwd=cwd, env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = child.stdout.read(), child.stderr.read()
    child.stdout.close()
    child.stderr.close()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Done(child.returncode, out.decode(), err.decode(), used.ru_utime + used.ru_stime)


def shell(line, cwd, **variables):
    """Run a line of bash, in which ``devicesim`` is the command, with ``pipefail``."""
    bash = f'set -o pipefail; devicesim() {{ "{sys.executable}" -m devicesim "$@"; }}; {line}'
    done = subprocess.run(
        ["bash", "-c", bash],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def terminal(arguments, cwd, columns=80, **variables):
    """Run a program with stdout and stderr on a terminal; returns its exit code and all that it wrote."""
    ours, theirs = pty.openpty()
    size = {"COLUMNS": str(columns), "LINES": "50"}
    child = subprocess.Popen(
        arguments, cwd=cwd, env=environment(**size | variables), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while part := _read(ours):
        written += part
    os.close(ours)
    return child.wait(), written.decode()


def _read(descriptor):
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # What Linux says when the last of the other end is closed.
        return b""


COLOR = re.compile(r"\x1b\[[\d;]*m")


def screen(written):
    """The lines that a terminal shows in the end: carriage returns, line ends, cursor up, erased lines."""
    lines, row, column = [""], 0, 0
    for piece in re.findall(r"\x1b\[\??[\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", COLOR.sub("", written)):
        if piece == "\r":
            column = 0
        elif piece == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif piece.startswith("\x1b"):
            number = int(re.sub(r"\D", "", piece) or 1)
            if piece.endswith("A"):
                row = max(0, row - number)
            elif piece == "\x1b[2K":
                lines[row] = ""
            else:
                assert piece in {"\x1b[?25l", "\x1b[?25h"}, piece
        else:
            lines[row] = lines[row][:column].ljust(column) + piece + lines[row][column + len(piece) :]
            column += len(piece)
    return [line.rstrip() for line in lines]
