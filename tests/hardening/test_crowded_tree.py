"""Many clients in a share full of files: nobody waits much longer than others, and a file takes little memory.

Long form: ``pytest -m slow tests/hardening/test_crowded_tree.py -s``: a million files, half of them in one directory,
and a hundred clients for ``DEVICESIM_LOAD_SECONDS`` (60 if not given). Memory is the server's resident memory with
nothing kept of the contents, its log of what was done included.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from served import served

RATIO = 20.0
"""How many times the median the 99th percentile of latencies may be."""
BYTES = 500.0
"""Memory that a file may take [bytes]."""
GROWTH = 3.0
"""How many times as long as its first half the second half of a listing may take; were it quadratic, all would."""


def hold(folder, files, clients, seconds, most_bytes):
    with served(folder, "--unpaced", "--content", "discard", doors=("--nfs", "0")) as server:
        words = [sys.executable, Path(__file__).with_name("crowded.py"), server.address("nfs"), str(files)]
        before = server.memory()
        with subprocess.Popen(
            [*words, str(clients), str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            filled = json.loads(process.stdout.readline())
            each = (server.memory() - before) / files
            told = json.loads(process.communicate("\n", timeout=900)[0])
    listing, crowd = told["listing"], told["crowd"]
    print(
        f"tree: {files:,} files made at {filled['rate']:,.0f} a second, {each:.0f} bytes each; "
        f"{listing['names']:,} names listed in {listing['seconds']:.1f} s, "
        f"second half {listing['growth']:.2f}x the first; "
        "{clients} clients, {operations:,} operations at {rate:,.0f} a second, median {median_ms:.1f} ms, "
        "p99 {p99_ms:.1f} ms ({ratio:.1f}x), worst {worst_ms:.0f} ms".format(**crowd)
    )
    assert (filled["wrong"], listing["wrong"], crowd["wrong"], crowd["dropped"]) == (0, 0, 0, 0)
    assert listing["names"] == files // 2
    assert each < most_bytes
    assert listing["growth"] < GROWTH
    assert crowd["ratio"] < RATIO


def test_law_few_clients_in_a_large_directory(tmp_path):
    """Memory beside the files', as of buffers and of what is imported when first used, tells more of few."""
    hold(tmp_path, 8_000, 20, 1.0, 2 * BYTES)


@pytest.mark.slow
def test_law_a_hundred_clients_among_a_million_files(tmp_path):
    hold(tmp_path, 1_000_000, 100, float(os.environ.get("DEVICESIM_LOAD_SECONDS", "60")), BYTES)
