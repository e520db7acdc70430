"""The same 64 KB transfers in SimGrid 4.1, where it is installed.

SimGrid solves a simpler model: one communication and one disk write for each file, sharing link and disk fairly; no
RPCs, cores or buffer. Same files, same bytes, same link. Its own simulation is timed, without its start.

It has two forms. The C++ one, which the targets are about, is a program to be built by hand from
``bench/simgrid/transfers.cpp`` and named in the environment variable ``DEVICESIM_SIMGRID``. The Python one is slower by
a factor of some thirty and is told apart. SimGrid before 4.1 is refused: in 3.32 a mix of communications and writes
takes time that grows faster than their number, and a ratio to that would flatter.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from time import process_time
from typing import Any

import numpy as np

from devicesim.benchmark.pairs import seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, UnavailableError, check
from devicesim.benchmark.small_files import CLIENT, CONSTANT, SERVER
from devicesim.benchmark.workloads import DISK, NETS
from devicesim.throughput import estimate, simulate

PROGRAM = "DEVICESIM_SIMGRID"
SIZE = 65536
RATE, LATENCY = NETS["1GbE"]
LEAST = 0.01
"""Each timing of the core lasts at least so long [s]."""
CPP = "SimGrid 4.1 in C++, a simpler model"
EXACT_ROW = Row(
    "simgrid-exact",
    "exact core, files of 64 KB, K=4",
    CPP,
    target=Target(">=", 50),
    binds="5 RPCs a file through four stations; at SimGrid's pace for its two activities a file, 12 ns an RPC would do",
    compiled=True,
)
FAST_ROW = Row(
    "simgrid-fast",
    "fast tier, 1 M files of 64 KB, K=4",
    CPP,
    target=Target(">=", 500),
    binds="two thirds are leaps over blocks of the list, a fifth samples, RPC by RPC; a sixth looks at every size once",
    compiled=True,
)
PYTHON_ROW = Row(
    "simgrid-python", "exact core, files of 64 KB, K=4", "SimGrid 4.1 from Python, a simpler model"
)
SIMPLER = "SimGrid: a transfer and a write per file; the core: 5 RPCs through link, cores, buffer and store"


def main() -> None:
    """Simulate so many files as the command line says; print the simulated time and the CPU time it took."""
    simgrid, count = import_module("simgrid"), int(sys.argv.pop())
    engine = simgrid.Engine([sys.argv[0], "--cfg=network/model:CM02", "--log=root.thres:error"])
    zone = engine.netzone_root.add_netzone_full("zone")
    client, server = zone.add_host("client", 1e9), zone.add_host("server", 1e9)
    disk = server.add_disk("disk", DISK.rate_start, DISK.rate_start)
    zone.add_route(client, server, [zone.add_link("link", RATE).set_latency(LATENCY)])
    zone.seal()
    files = iter(range(count))

    def stream() -> None:
        for _ in files:
            simgrid.Comm.sendto(client, server, SIZE)
            disk.write(SIZE)

    for number in range(CLIENT.streams):
        client.add_actor(f"stream {number}", stream)
    started = process_time()
    engine.run()
    print(simgrid.Engine.clock, process_time() - started)


def _version() -> tuple[int, ...]:
    """SimGrid's version as its Python module tells it, however that came here; empty without one."""
    words = [sys.executable, "-c", "import simgrid; print(simgrid.simgrid_version)"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return tuple(int(part) for part in done.stdout.split(".")[:2]) if done.returncode == 0 else ()


def timed(command: list[str], count: int) -> float:
    """CPU time that SimGrid says its simulation took [s]."""
    done = subprocess.run([*command, str(count)], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"SimGrid ended with {done.returncode}")
    simulated, taken = (float(word) for word in done.stdout.split())
    # No link carries more than it can, and none of this takes ten times as long.
    least = count * SIZE / RATE
    check(least * (1 - 1e-6) <= simulated <= 10 * least, f"SimGrid took {simulated} simulated seconds")
    return taken


def _row(row: Row, command: list[str], work: Callable[[], Any], count: int, pairs: int) -> Row:
    values = [timed(command, count) / seconds(work, LEAST) for _ in range(pairs)]
    return row.of(
        *values,
        pairs=pairs,
        work="every byte sent, no link above its rate",
        notes=(f"{count:,} files", SIMPLER),
    )


def measure(scale: Scale) -> Iterator[Row]:
    """Whichever forms there are."""
    count = 100_000 if scale.long else 20_000
    sizes = np.full(count, float(SIZE))
    check(simulate(SERVER, [CLIENT], [sizes], CONSTANT).done, "the transfer does not end")

    def exact() -> None:
        simulate(SERVER, [CLIENT], [sizes], CONSTANT)

    program = os.environ.get(PROGRAM)
    if program:
        scale.tell(EXACT_ROW.what)
        yield _row(EXACT_ROW, [program], exact, count, scale.pairs)
        many = np.full(1_000_000, float(SIZE))
        if scale.long:
            scale.tell(FAST_ROW.what)
            yield _row(
                FAST_ROW,
                [program],
                lambda: estimate(SERVER, [CLIENT], [many], CONSTANT),
                many.size,
                scale.pairs,
            )
        else:
            yield FAST_ROW.of(notes=("only with --long",))
    else:
        absent = f"build bench/simgrid/transfers.cpp and name the program in {PROGRAM}"
        yield EXACT_ROW.of(notes=(absent,))
        yield FAST_ROW.of(notes=(absent,))
    version = _version()
    if version < (4, 1):
        told = ".".join(map(str, version))
        raise UnavailableError(
            f"SimGrid {told} is not 4.1" if version else "there is no Python module simgrid"
        )
    scale.tell(PYTHON_ROW.what)
    code = "from devicesim.benchmark.against_simgrid import main; main()"
    yield _row(PYTHON_ROW, [sys.executable, "-c", code], exact, count, scale.pairs)


BENCH = Bench("simgrid", (EXACT_ROW, FAST_ROW, PYTHON_ROW), measure)
