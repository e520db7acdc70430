"""How long the command line takes to start, against a Python that does nothing, or only imports numpy.

CPU time of whole child processes, in an environment as a shell gives it. All of them find their modules compiled to
bytecode, as installed packages are: an editable checkout may have none yet, and an environment that forbids writing it
would have this one compiled anew in every run while the other comes from its installed bytecode.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import as_file, files
from statistics import median
from tempfile import TemporaryDirectory

from devicesim.benchmark.pairs import children_time, ratios, seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check

HELP_ROW = Row(
    "start-help",
    "devicesim --help",
    "python -c pass",
    target=Target("<=", 5),
    binds="two thirds of what Python itself does not take is click, with what it imports",
)
RUN_ROW = Row(
    "start-run",
    "devicesim run",
    'python -c "import numpy"',
    target=Target("<=", 3),
    binds="of the whole, numpy, pydantic, click, rich and simpy take nearly half, importing this project's 230 modules "
    "a third (100 dataclasses made there an eighth, finding and reading bytecode a fifteenth, the scenario's models a "
    "twenty-fifth), the simulation and its answer a sixth, checking the scenario a twentieth",
)
ONE_THREAD = "OPENBLAS_NUM_THREADS"
"""Has numpy start no threads; the command line sets it for itself."""
NOT_FOR_CHILDREN = ("PYTHONDONTWRITEBYTECODE", ONE_THREAD)
PAIRS = 7
"""Starting is soon over, and uneven."""


def python(environment: Mapping[str, str], *words: str) -> str:
    """What a Python of its own prints; it must end well."""
    command = [sys.executable, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    check(done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}")
    return done.stdout


def measure(scale: Scale) -> Iterator[Row]:
    """Start each in turn."""
    with TemporaryDirectory() as bytecode:
        environment = {key: value for key, value in os.environ.items() if key not in NOT_FOR_CHILDREN}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        yield from _measured(scale, environment)


def _measured(scale: Scale, environment: dict[str, str]) -> Iterator[Row]:
    def run(*words: str) -> str:
        return python(environment, *words)

    pairs = max(PAIRS, scale.pairs)
    scale.tell(HELP_ROW.what)
    words = ("-m", "devicesim", "--help")
    check("Commands:" in run(*words), "the help names no commands")
    spread = ratios(lambda: run(*words), lambda: run("-c", "pass"), pairs, clock=children_time)
    yield HELP_ROW.of(*spread.values, pairs=pairs, work="the help names commands")
    scale.tell(RUN_ROW.what)
    with as_file(files("devicesim") / "templates" / "scenario.toml") as path:
        story = ("-m", "devicesim", "run", str(path))
        check("In S3 after" in run(*story), "the answer does not say when the data is in S3")
        numpy, alone = ("-c", "import numpy"), environment | {ONE_THREAD: "1"}
        run(*numpy)
        timings = [
            (
                seconds(lambda: run(*story), clock=children_time),
                seconds(lambda: run(*numpy), clock=children_time),
                seconds(lambda: python(alone, *numpy), clock=children_time),
            )
            for _ in range(pairs)
        ]
    notes = (
        "the scenario that devicesim init writes",
        f"numpy starts threads of OpenBLAS that wait busily, the command line has none: against a numpy without them "
        f"{median(taken / bare for taken, _, bare in timings):.1f}x",
    )
    values = [taken / other for taken, other, _ in timings]
    yield RUN_ROW.of(*values, pairs=pairs, work="the answer says when the data is in S3", notes=notes)


BENCH = Bench("start", (HELP_ROW, RUN_ROW), measure)
