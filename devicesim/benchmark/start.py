"""How long the command line takes to start, against a Python that does nothing, or only imports numpy.

CPU time of whole child processes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import as_file, files

from devicesim.benchmark.pairs import children_time, ratios
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check

HELP_ROW = Row("start-help", "devicesim --help", "python -c pass", target=Target("<=", 5))
RUN_ROW = Row("start-run", "devicesim run", 'python -c "import numpy"', target=Target("<=", 3))
PAIRS = 7
"""Starting is soon over, and uneven."""


def python(*words: str) -> str:
    """What a Python of its own prints; it must end well."""
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}")
    return done.stdout


def measure(scale: Scale) -> Iterator[Row]:
    """Start each in turn."""
    pairs = max(PAIRS, scale.pairs)
    scale.tell(HELP_ROW.what)
    words = ("-m", "devicesim", "--help")
    check("Commands:" in python(*words), "the help names no commands")
    spread = ratios(lambda: python(*words), lambda: python("-c", "pass"), pairs, clock=children_time)
    yield HELP_ROW.of(*spread.values, pairs=pairs, work="the help names commands")
    scale.tell(RUN_ROW.what)
    with as_file(files("devicesim") / "templates" / "scenario.toml") as path:
        run = ("-m", "devicesim", "run", str(path))
        check("In S3 after" in python(*run), "the answer does not say when the data is in S3")
        spread = ratios(
            lambda: python(*run), lambda: python("-c", "import numpy"), pairs, clock=children_time
        )
    notes = ("the scenario that devicesim init writes",)
    yield RUN_ROW.of(*spread.values, pairs=pairs, work="the answer says when the data is in S3", notes=notes)


BENCH = Bench("start", (HELP_ROW, RUN_ROW), measure)
