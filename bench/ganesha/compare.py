"""Write the same files to the unpaced NFS door and to nfs-ganesha, in turn: rates, their ratios, processor time.

    python bench/ganesha/compare.py GANESHA_PID [PAIRS]

Each server is a process of its own, the door is ``devicesim serve --unpaced``. The clients are nfs-rs and, for one
large file over NFSv3, libnfs; both keep eight WRITEs under way. A ratio is of two measurements that follow each other;
what is told is the median of the ratios, and the smallest and largest. Processor time is the server's own, for a file
or a MB, which a busy machine disturbs less; the share beside it is how busy the client was, in processors.

Seen with three pairs on two idle cores (rate, the server's processor time, the client's share; then ganesha's; the
ratio and its range):

- one large file by libnfs: kept 2,399 MB/s, 0.28 ms a MB, 98 % against 1,347, 0.89, 49 %: 1.78 [1.02-2.12]; discarded
  2,981 MB/s, 0.15 ms, 100 % against 1,404, 0.95, 51 %: 2.31 [1.59-2.53];
- by nfs-rs: kept 1.22 [1.16-1.23] on version 3, 1.17 [1.09-1.21] on 4.1; discarded 1.31 [1.23-1.31] and 1.32
  [1.28-1.40], the client at 100 %;
- 4 KiB files over 4 streams: version 3 0.96 [0.82-1.17] kept and 0.98 [0.92-1.00] discarded, 0.33 ms a file against
  0.31; version 4.1 1.06 [0.86-1.12] and 1.02 [0.91-1.05], 0.38 ms against 0.42.

The targets are 1 kept and 2 discarded, 0.8 and 0.5. By nfs-rs no server can be twice as fast as ganesha on such a
machine: where data are discarded the client is busy all the time, with 1.8 ms a MB, nearly all in the system's calls,
and the server uses a twelfth of that. nfs-rs offers sessions of 1 MiB, takes no larger ones, and so writes 1,044,480
bytes on version 4.1. Of a small file on version 3 the door's one thread is the limit: seven calls, a fifth of whose
time is the system's; most of the rest are the changes, which the World's log is told of, and the loop.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import libnfs
import nfs_rs

GANESHA = 14049, 14048
STREAMS, FILES, LARGE, WRITE = 4, 250, 512, 64
SMALL, BLOCK = bytes(4096), os.urandom(WRITE << 20)
LIBNFS = libnfs.library()
TICK = os.sysconf("SC_CLK_TCK")


def connected(ports, version):
    """A client of one version."""
    return nfs_rs.Client.connect(
        "nfs://127.0.0.1/buckets/demo", versions=[version], nfs_port=ports[0], mount_port=ports[1]
    )


def busy(process):
    """Processor time that a process has used [s]."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICK


def small(ports, version):
    """Files of 4 KiB, over four streams: how many, and in how many seconds."""
    clients, folder = [connected(ports, version) for _ in range(STREAMS)], f"small-{time.time_ns()}"
    clients[0].mkdir(folder)

    def stream(number):
        for each in range(FILES):
            with clients[number].open(f"{folder}/{number}-{each}", "wb") as file:
                file.write(SMALL)

    threads = [threading.Thread(target=stream, args=(number,)) for number in range(STREAMS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return STREAMS * FILES, time.perf_counter() - began


def large(ports, version):
    """One file, with eight writes under way: MB, and in how many seconds."""
    client, name = connected(ports, version), f"large-{time.time_ns()}"
    began = time.perf_counter()
    with client.open(name, "wb") as file:
        for _ in range(LARGE // WRITE):
            file.write(BLOCK)
    took = time.perf_counter() - began
    client.remove(name)
    return LARGE * (1 << 20) / 1e6, took


def by_libnfs(ports, version):
    """The same by libnfs."""
    url = "nfs://127.0.0.1/buckets/demo?nfsport={}&mountport={}".format(*ports)
    return LARGE * (1 << 20) / 1e6, libnfs.write(LIBNFS, url, LARGE, window=8)


class Door:
    """``devicesim serve`` for one content policy."""

    def __init__(self, content):
        self._folder = tempfile.TemporaryDirectory()
        ready = Path(self._folder.name) / "ready.json"
        story = Path(__file__).with_name("demo.toml")
        words = [sys.executable, "-m", "devicesim", "serve", story, "--nfs", "0", "--unpaced"]
        self._server = subprocess.Popen(
            [*words, "--content", content, "--ready-file", ready], stdout=subprocess.DEVNULL
        )
        while not ready.exists():
            if self._server.poll() is not None:
                raise SystemExit("devicesim serve did not start")
            time.sleep(0.05)
        self.ports = (int(json.loads(ready.read_text())["nfs"].rpartition(":")[2]),) * 2
        self.process = self._server.pid

    def close(self):
        """End it."""
        self._server.terminate()
        self._server.wait()
        self._folder.cleanup()


def measured(what, ports, version, process):
    """Rate, the server's processor time for each of its units [ms], and the client's as a share of the time."""
    before, own = busy(process), time.process_time()
    amount, took = what(ports, version)
    return amount / took, 1e3 * (busy(process) - before) / amount, (time.process_time() - own) / took


def compare(what, name, version, doors, ganesha, pairs):
    """One line for each policy: ours, theirs, and the ratio."""
    for content, door in doors.items():
        ours, theirs = [], []
        for _ in range(pairs):
            theirs.append(measured(what, GANESHA, version, ganesha))
            ours.append(measured(what, door.ports, version, door.process))
        ratios = sorted(mine[0] / his[0] for mine, his in zip(ours, theirs, strict=True))
        told = [
            "{:6.0f} {:6.3f} ms {:4.0%}".format(*map(statistics.median, zip(*each, strict=True)))
            for each in (ours, theirs)
        ]
        print(
            f"{name} {version:4} {content:9}{told[0]}  ganesha {told[1]}"
            f"  {statistics.median(ratios):5.2f} x [{ratios[0]:.2f}-{ratios[-1]:.2f}]",
            flush=True,
        )


def main(ganesha, pairs=5):
    """Compare everything."""
    doors = {"keep:4GB": Door("keep:4GB"), "discard": Door("discard")}
    try:
        if LIBNFS is not None:
            compare(by_libnfs, "libnfs, 1 file, MB/s", "3", doors, ganesha, pairs)
        for version in ("3", "4.1"):
            compare(large, "1 file, MB/s        ", version, doors, ganesha, pairs)
            compare(small, "4 x 4 KiB, files/s  ", version, doors, ganesha, pairs)
    finally:
        for door in doors.values():
            door.close()


main(*map(int, sys.argv[1:]))
