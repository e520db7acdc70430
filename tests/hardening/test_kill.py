"""``kill -9`` of a server with ``--state`` while clients work at every door: nothing acknowledged is lost.

The quick form kills a few times. The long form (``-m slow``) kills 200 times, and prints its figures (``-s`` shows
them). A life begins with a server going on from the state that the kill before left; clients work for a moment that
is drawn; some are killed while they make the World again. After each kill everything that clients of that life were
told is compared, byte for byte; at the end of each state, that of all of its lives.
"""

import json
import random
import signal
import time

import paramiko
import pytest

pytest.importorskip("werkzeug")
from loads import Api, OneByOne, Pipelined, Putter
from small_story import CAMP
from starter import Starter

KEY = paramiko.ECDSAKey.generate()
PATIENCE = 120.0
"""How long a server may take to open its doors [s]."""
CLOCKS = (["--clock", "manual", "--unpaced"], ["--clock", "driven"], ["--clock", "real"])


class Camp:
    """One state, with the servers that go on from it one after the other."""

    def __init__(self, starter, folder, clock, rng):
        self.starter, self.folder, self.clock, self.rng = starter, folder, clock, rng
        (folder / "story.toml").write_text(CAMP, encoding="utf-8")
        (folder / "keys").write_text(f"{KEY.get_name()} {KEY.get_base64()} test\n", encoding="utf-8")
        self.ready = folder / "ready.json"
        self.process = self.doors = None
        self.loads, self.lost, self.restarts, self.lives = [], [], [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None and self.process.wait() is None:
            self.kill()

    def start(self):
        words = ["serve", "story.toml", "--state", "camp.state", "--nfs", "0", "--ssh", "0", *self.clock]
        words += ["--authorized-keys", "keys", "--host-key", "host_key", "--ready-file", "ready.json"]
        self.ready.unlink(missing_ok=True)
        self.process = self.starter.start(words, self.folder)

    def open(self):
        """Wait until its doors are open."""
        began = time.monotonic()
        while not self.ready.exists():
            assert self.process.wait(0.01) is None, self.said()
            assert time.monotonic() - began < PATIENCE
        self.restarts.append(time.monotonic() - began)
        self.doors = json.loads(self.ready.read_text(encoding="utf-8"))
        if not self.lives and "manual" in self.clock:
            Api(self.doors, "first", self.rng).ask("/_devicesim/serving", {})

    def said(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def kill(self, number=signal.SIGKILL):
        self.process.signal(number)

    def live(self, seconds):
        """One life: clients of every door work for so long, and then the server is killed."""
        life, self.lives = self.lives, self.lives + 1
        arguments = lambda name: (self.doors, f"{name}{life}", self.rng)  # noqa: E731
        loads = [Api(*arguments("api")), Putter(*arguments("put"), KEY)]
        loads += [OneByOne(*arguments(f"one{n}-")) for n in range(2)]
        loads += [Pipelined(*arguments("pipe"))]
        for load in loads:
            load.start()
        assert self.process.wait(seconds) is None, self.said()
        for load in loads:
            load.doomed.set()
        self.kill()
        for load in loads:
            load.over.set()
            load.join(60)
            assert not load.is_alive()
            self.lost += load.wrong
        self.loads += loads
        return loads

    def compare(self, loads):
        for load in loads:
            load.doors = self.doors
            self.lost += load.missing()


def rounds(starter, folder, kills, each, rng, longest):
    """Camps that together were killed so often, each so often at most."""
    camps, number = [], 0
    while kills:
        here = folder / str(number)
        here.mkdir()
        with Camp(starter, here, CLOCKS[number % len(CLOCKS)], rng) as camp:
            camps.append(camp)
            number += 1
            camp.start()
            camp.open()
            for _ in range(min(each, kills)):
                kills -= 1
                loads = camp.live(rng.uniform(0.05, longest))
                camp.start()
                if kills and rng.random() < 0.2:  # and once more, before its doors are open
                    kills -= 1
                    camp.process.wait(rng.uniform(0.0, 1.0))
                    camp.kill()
                    camp.start()
                camp.open()
                camp.compare(loads)
                if not kills:
                    break
            camp.compare(camp.loads)
            camp.kill(signal.SIGTERM)
            assert camp.process.returncode == 0
            camp.start()
            camp.open()
            camp.compare(camp.loads)
            camp.kill()
    return camps


def figures(camps):
    told = {}
    for camp in camps:
        for load in camp.loads:
            kind = type(load).__name__
            told[kind] = told.get(kind, 0) + load.acknowledged
    restarts = sorted(seconds for camp in camps for seconds in camp.restarts)
    return told, restarts


@pytest.mark.parametrize("clock", CLOCKS[:2], ids=["unpaced", "driven"])
def test_law_killed_under_load_nothing_acknowledged_is_lost(tmp_path, clock):
    rng = random.Random(8)
    with Starter() as starter, Camp(starter, tmp_path, clock, rng) as camp:
        camp.start()
        camp.open()
        for seconds in (0.7, 0.4):
            loads = camp.live(seconds)
            camp.start()
            camp.open()
            camp.compare(loads)
    assert camp.lost == []
    told, _ = figures([camp])
    assert min(told.values()) > 0, told


@pytest.mark.slow
def test_law_killed_two_hundred_times_nothing_acknowledged_is_lost(tmp_path):
    with Starter() as starter:
        camps = rounds(starter, tmp_path, 200, 20, random.Random(200), 2.0)
    told, restarts = figures(camps)
    lost = [each for camp in camps for each in camp.lost]
    print(
        f"\n200 kills of {len(camps)} states: {sum(told.values())} operations acknowledged {told}, {len(lost)} lost"
    )
    print(
        f"{len(restarts)} restarts: median {restarts[len(restarts) // 2]:.2f} s, longest {restarts[-1]:.2f} s"
    )
    assert lost == []
