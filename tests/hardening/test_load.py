"""Many clients at once on every door: no wrong answer, no dropped connection, and nobody waits much longer than others.

Long form: ``pytest -m slow tests/hardening/test_load.py -s``: 200 clients for ``DEVICESIM_LOAD_SECONDS`` (60 if not
given) on each door, at once and as the model paces them: by the clock that their work drives, and by the wall.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from served import served

DOORS = ("http", "nfs3", "nfs41", "sftp")
RATIO = 20.0
"""How many times the median the 99th percentile of latencies may be."""


PACES = {"unpaced": ("--unpaced",), "driven": ("--clock", "driven"), "real": ("--clock", "real")}
"""How answers are timed: at once, or when the model says, by either clock."""


@pytest.fixture(scope="module", params=PACES)
def server(tmp_path_factory, request):
    with served(tmp_path_factory.mktemp("load"), *PACES[request.param]) as opened:
        opened.pace = request.param
        yield opened


def swarmed(server, door, clients, seconds):
    """What a swarm of a process of its own says of a door."""
    words = [sys.executable, Path(__file__).with_name("swarm.py"), door, server.address(door)]
    done = subprocess.run(
        [*words, str(clients), str(seconds), server.key],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def line(told):
    return (
        "load {door}, {pace}: {clients} clients, {operations:,} operations at {rate:,.0f} a second, {wrong} wrong, "
        "{dropped} dropped, median {median_ms:.1f} ms, p99 {p99_ms:.1f} ms ({ratio:.1f}x), worst {worst_ms:.0f} ms"
    ).format(**told)


def hold(server, door, clients, seconds):
    before = server.descriptors(), server.threads()
    told = swarmed(server, door, clients, seconds)
    print(line(told | {"pace": server.pace}))
    assert (told["wrong"], told["dropped"]) == (0, 0), told["notes"]
    assert told["operations"] >= clients
    assert told["ratio"] < RATIO
    assert server.settles(*before), "descriptors or threads are left behind"


@pytest.mark.parametrize("server", ["unpaced"], indirect=True)
@pytest.mark.parametrize("door", DOORS)
def test_law_twenty_clients_are_served_alike(server, door):
    hold(server, door, 20, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_law_two_hundred_clients_are_served_alike(server, door):
    hold(server, door, 200, float(os.environ.get("DEVICESIM_LOAD_SECONDS", "60")))
