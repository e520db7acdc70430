"""The most memory that a hundred million files take, in a process of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.benchmark.rows import Bench, Row, Scale, Target, UnavailableError, check
from devicesim.benchmark.small_files import CLIENT, CONSTANT, SERVER
from devicesim.throughput import estimate

FILES = 100_000_000
PIECE = 1_000_000
ROW = Row("memory", "peak of a process that forecasts 100 million files", "", "GB", target=Target("<=", 1))

_resource: Any = None
with suppress(ImportError):
    # Not on every system.
    _resource = import_module("resource")


def pieces(count: int) -> Iterator[NDArray[np.float64]]:
    """Sizes, a piece at a time."""
    draw = np.random.default_rng(1)
    for first in range(0, count, PIECE):
        yield np.floor(draw.lognormal(np.log(2e5), 2.0, min(PIECE, count - first)))


def peak() -> float:
    """The most memory that this process has held [bytes].

    Where the kernel tells it, of this program alone: the other figure may be that of the process it was started from.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    told = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    if told:
        return float(told[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return float(_resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss * unit)


def main() -> None:
    """Forecast so many files as the command line says, and print how many went through and what memory it took."""
    count = int(sys.argv[1])
    told = estimate(SERVER, [CLIENT], [pieces(count)], CONSTANT)
    print(told.progress(told.end)[1], peak())


def measure(scale: Scale) -> Iterator[Row]:
    """Start the process and read what it says."""
    if not scale.long:
        raise UnavailableError("only with --long")
    if _resource is None:
        raise UnavailableError("this system does not tell the memory of a process")
    scale.tell(ROW.what)
    code = "from devicesim.benchmark.memory import main; main()"
    words = [sys.executable, "-c", code, str(FILES)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"the process ended with {done.returncode}")
    count, size = (float(word) for word in done.stdout.split())
    check(round(count) == FILES, f"{count:,.0f} files went through")
    yield ROW.of(size / 1e9, work="every file went through", notes=(f"lognormal, in pieces of {PIECE:,}",))


BENCH = Bench("memory", (ROW,), measure)
