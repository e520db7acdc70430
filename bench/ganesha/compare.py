"""Write the same files to the unpaced NFS door and to nfs-ganesha, in turn: medians and their ratio."""

import statistics
import sys
import threading
import time
from pathlib import Path

import nfs_rs

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "endpoints"))
from nfs_stand import Stand

from devicesim.device.share import Discard, Keep
from devicesim.endpoints.nfs import NfsDoor

GANESHA = 14049, 14048
ROUNDS, STREAMS, FILES, LARGE = 5, 4, 100, 256
SMALL, BLOCK = bytes(4096), bytes(1 << 20)


def connected(ports, version):
    """A client of one version."""
    return nfs_rs.Client.connect(
        "nfs://127.0.0.1/buckets/demo", versions=[version], nfs_port=ports[0], mount_port=ports[1]
    )


def small(ports, version):
    """Files of 4 KiB a second, over four streams."""
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
    return STREAMS * FILES / (time.perf_counter() - began)


def large(ports, version):
    """MB/s of one file, with as many writes under way as nfs-rs has."""
    client, name = connected(ports, version), f"large-{time.time_ns()}"
    began = time.perf_counter()
    with client.open(name, "wb") as file:
        for _ in range(LARGE):
            file.write(BLOCK)
    rate = LARGE * len(BLOCK) / 1e6 / (time.perf_counter() - began)
    client.remove(name)
    return rate


def compare(what, name, version):
    """One line of each policy: ours, theirs, and the ratio."""
    with NfsDoor(Stand(Keep(2 << 30))) as keep, NfsDoor(Stand(Discard())) as discard:
        doors = {"keep": (keep.port,) * 2, "discard": (discard.port,) * 2, "ganesha": GANESHA}
        rates = {door: [] for door in doors}
        for _ in range(ROUNDS):
            for door, ports in doors.items():
                rates[door].append(what(ports, version))
    median = {door: statistics.median(each) for door, each in rates.items()}
    for door in ("keep", "discard"):
        ratio = median[door] / median["ganesha"]
        print(
            f"{name} {version:4} {door:8} {median[door]:6.0f}  ganesha {median['ganesha']:6.0f}  {ratio:5.2f} x"
        )


for each in ("3", "4.1"):
    compare(large, "1 file, MB/s      ", each)
    compare(small, "4 x 4 KiB, files/s", each)
