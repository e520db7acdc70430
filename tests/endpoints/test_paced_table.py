"""By the wall's clock a client measures what the core predicts: over link, round trip, size, streams and versions.

The server is a process of its own. A cell counts where the predicted rate is at most half of what that server does when
it prices nothing, on this machine, with the very same copy a moment before, and after each try that went wrong.
"""

import os
from functools import lru_cache

import pytest
from copying import copy_all, predicted
from served import served

from devicesim import scenario
from devicesim.snowball_api.snow import Snow

KIB, MIB = 1 << 10, 1 << 20
BLOCK, WINDOW = 128 * KIB, 8
PATH = "/buckets/trail-cams"
SIZES = {"4 KiB": 4 * KIB, "64 KiB": 64 * KIB, "1 MiB": MIB, "16 MiB": 16 * MIB}
LINKS = [
    ("10 Mbit/s", "0.4 ms"),
    ("100 Mbit/s", "0.4 ms"),
    ("1 Gbit/s", "0.4 ms"),
    ("100 Mbit/s", "10 ms"),
    ("1 Gbit/s", "10 ms"),
    ("100 Mbit/s", "40 ms"),
]
WITHIN = 0.05
LONGEST = 5.0
"""Cells that would take longer are left out [s of wall]."""
TRIES = 4
"""A machine that stops client or server in the middle makes the copy longer; then it is done again."""


def story(rate, rtt, streams, version="3"):
    return f"""
name = "Field camp"
start = 2026-06-01T08:00:00Z
seed = 7
[site]
region = "us-west-2"
rtt = "{rtt}"
[job]
buckets = ["arn:aws:s3:::trail-cams"]
[[client]]
name = "laptop"
link = "ethernet"
rate = "{rate}"
streams = {streams}
nfs = {{ version = "{version}", wsize = "128 KiB", window = {WINDOW} }}
"""


@lru_cache(maxsize=1)
def world(text):
    """The World as the server has it when its doors are open."""
    snow = Snow(scenario.loads(text, "camp", ()), clock="driven")
    snow.world.open_doors()
    snow.world.until_serving()
    return snow.world


class Copies:
    """Copies of so many streams to one server, each under names of its own."""

    def __init__(self, server, streams, version="3"):
        self.server, self.streams, self.version, self.count = server, streams, version, 0

    def took(self, sizes):
        """How long one takes [s of wall]."""
        self.count += 1  # an address of loopback that is nobody's else is the first client's
        source = f"127.0.1.{self.count}"
        return copy_all(
            self.server.port("nfs"), PATH, sizes, self.streams, BLOCK, WINDOW, source, self.version
        )


def sizes_of(text, size, streams, factor, seconds):
    """Files of a size that take about so many seconds of wall, and how long by the core [s]."""
    one = predicted(world(text), [size] * 2 * streams) / 2 / streams / factor
    sizes = [size] * min(max(int(seconds / one), 2 * streams), 3000)
    return sizes, predicted(world(text), sizes) / factor


def measured(copies, at_once, sizes, expected):
    """The ratio of measured to predicted, the nearest to 1 of some tries; None where the machine is too slow for it."""
    best = None
    for _ in range(TRIES):
        if expected < 2 * at_once.took(sizes):
            return None
        ratio = copies.took(sizes) / expected
        best = ratio if best is None else min(best, ratio, key=lambda each: abs(each - 1))
        if abs(ratio - 1) <= WITHIN:
            break
    return best


def doors(folder, text, *more):
    folder.mkdir()
    return served(folder, "--content", "discard", *more, story=text, doors=("--nfs", "0"))


@pytest.mark.parametrize("version", ["3", "4.1"])
def test_law_measured_is_predicted_in_short(tmp_path, version):
    """Two cells that any machine is quick enough for: one of round trips, one that its link binds."""
    text = story("100 Mbit/s", "10 ms", 1, version)
    with (
        doors(tmp_path / "free", text, "--unpaced") as free,
        doors(tmp_path / "real", text, "--clock", "real") as real,
    ):
        copies, at_once = Copies(real, 1, version), Copies(free, 1, version)
        for size in ("64 KiB", "16 MiB"):
            ratio = measured(copies, at_once, *sizes_of(text, SIZES[size], 1, 1, 0.5))
            if ratio is None:
                pytest.skip("this machine is too busy to be measured")
            assert ratio == pytest.approx(1, abs=WITHIN)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "clock"), [("3", "real"), ("3", "real:10"), ("4.1", "real")])
@pytest.mark.parametrize("streams", [1, 4])
@pytest.mark.parametrize("link", LINKS, ids=[", ".join(link) for link in LINKS])
def test_law_measured_is_predicted(tmp_path, link, streams, version, clock):
    """The table, a row for each link, number of streams, version and clock; what a machine is too slow for is told."""
    text, factor = story(*link, streams, version), float(clock.partition(":")[2] or 1)
    cells = {}
    with (
        doors(tmp_path / "free", text, "--unpaced") as free,
        doors(tmp_path / "real", text, "--clock", clock) as real,
    ):
        copies, at_once = Copies(real, streams, version), Copies(free, streams, version)
        for name, size in SIZES.items():
            sizes, expected = sizes_of(text, size, streams, factor, 1.2)
            if expected <= LONGEST:
                cells[name] = measured(copies, at_once, sizes, expected)
    told = ", ".join(
        f"{name} {'too fast' if ratio is None else f'{ratio - 1:+.1%}'}" for name, ratio in cells.items()
    )
    print(
        f"\n{link[0]}, {link[1]}, {streams} streams, version {version}, {clock}: {told} (load {os.getloadavg()[0]:.1f})"
    )
    wrong = {name: ratio for name, ratio in cells.items() if ratio is not None and abs(ratio - 1) > WITHIN}
    assert not wrong
