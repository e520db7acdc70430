"""Years of simulated time: no growth but what is told, no drift of the clock, and years that cost what years cost.

A World remembers every job that it ever had, since it must answer for it: that is what may grow, the same for each.

Long forms: ``pytest -m slow tests/hardening/test_long_runs.py -s``; the server runs for ``DEVICESIM_REAL_MINUTES``
(60 if not given).
"""

import gc
import itertools
import json
import math
import os
import time
import tracemalloc

import accounts
import pytest
from served import served

from devicesim.errors import VerbError
from devicesim.scenario import loads
from devicesim.snowball_api.snow import Snow
from devicesim.world import World

DAY, YEAR = 86_400.0, 365 * 86_400.0
EACH_JOB = 120_000
"""What a World may remember of one job of the default customer, its log and its events [bytes]."""
IDLE = 40_000
"""What a device that stands about may add in a year, besides its log [bytes]."""
EXACT = 1e-6
"""By how much a clock may differ from the sum of what it was told [s]."""
HERE = """
name = "A device that stays"
start = 2026-06-01T08:00:00Z
seed = 7
[site]
region = "us-west-2"
[[instance]]
name = "watch"
type = "snc1.small"
duration = "3650 d"
cpu = "60 %"
[job]
type = "LOCAL_USE"
"""


def kept():
    """What Python holds [bytes]."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.fixture
def traced():
    tracemalloc.start(1)
    yield
    tracemalloc.stop()


def jobs_of(years, each_year=math.inf):
    """Jobs one after another in one account; for each year how many there were, what is kept, and CPU seconds."""
    snow = Snow(seed=7)
    address = accounts.address(snow.api)
    rows, count, ended = [], 0, 0
    for year in range(1, years + 1):
        begun = time.process_time()
        this = 0
        while snow.world.now < year * YEAR:
            if this >= each_year:
                snow.advance(year * YEAR - snow.world.now)
                break
            job = accounts.order(snow.api, AddressId=address)
            count, this = count + 1, this + 1
            try:
                snow.until(job, "Complete")
                ended += 1
            except VerbError:  # its parcel was lost or damaged
                snow.advance(DAY)
        rows.append((count, kept(), time.process_time() - begun))
    assert ended >= 0.8 * count
    assert len(snow.api.call("ListJobs", {})["JobListEntries"]) == min(count, 100)
    return snow, rows


def hold(snow, rows):
    """From the second year on each job costs the same, in memory and in the log."""
    middle = len(rows) // 2 + 1
    early, late = rows[middle - 1][0] - rows[0][0], rows[-1][0] - rows[middle - 1][0]
    first, second = (rows[middle - 1][1] - rows[0][1]) / early, (rows[-1][1] - rows[middle - 1][1]) / late
    print(
        f"years: {len(rows)}, {rows[-1][0]} jobs, {first / 1e3:.1f} then {second / 1e3:.1f} kB a job, "
        f"{len(snow.world.log) / rows[-1][0]:.2f} verbs a job, CPU a year {rows[1][2]:.2f} then {rows[-1][2]:.2f} s"
    )
    assert second < EACH_JOB
    assert second < 1.5 * first
    assert len(snow.world.log) <= 3 * rows[-1][0] + 2 * len(rows) + 5


def test_law_jobs_of_years_are_remembered_alike(traced):
    hold(*jobs_of(4, each_year=4))


@pytest.mark.slow
def test_law_jobs_of_ten_years_are_remembered_alike(traced):
    hold(*jobs_of(10))


def advanced(years, step):
    """A device that stays, its clock moved by steps; for each year what is kept, and the sum of the steps."""
    snow = Snow(loads(HERE))
    world = snow.world
    rows, told = [], []
    for year in range(1, years + 1):
        while math.fsum(told) < year * YEAR:
            told.append(step)
            snow.advance(step)
        rows.append(kept())
        assert abs(world.now - math.fsum(told)) < EXACT
    print(
        f"stays: {years} years in {len(told):,} steps, {(rows[-1] - rows[1]) / (years - 2) / 1e3:.1f} kB a year"
    )
    return world, rows, told


def test_law_a_device_that_stays_adds_nothing_but_its_log(traced):
    world, rows, told = advanced(10, 10.1 * DAY)
    for before, after in itertools.pairwise(rows):
        assert after - before < IDLE
    assert len(world.log) == len(told)
    assert world.job().state == "WithCustomer"


@pytest.mark.slow
def test_law_a_device_that_stays_for_ten_years_by_the_hour(traced):
    world, rows, told = advanced(10, 3600.0)
    assert len(world.log) == len(told)
    assert (
        rows[-1] - rows[1]
    ) / 8 < IDLE + 500 * YEAR / 3600.0  # a verb in the log takes less than 500 bytes


def test_law_a_tenth_of_a_second_ten_thousand_times_is_no_drift():
    world = World(seed=7)
    for _ in range(10_000):
        world.advance(0.1)
    assert abs(world.now - 1000.0) < EXACT


def followed(server, factor, seconds, apart):
    """How far a clock that follows the wall is off, beyond what its answer's time leaves open, and memory's growth."""
    time.sleep(min(seconds / 4, 2.0))
    starts, memory = None, None
    worst, until = 0.0, time.monotonic() + seconds
    while time.monotonic() < until:
        before = time.monotonic()
        now = server.ask("clock")["seconds"]
        after = time.monotonic()
        if starts is None:  # the first look is as uncertain as its answer took
            starts, memory = (before, after, now), server.memory()
        least, most = (before - starts[1]) * factor, (after - starts[0]) * factor
        worst = max(worst, least - (now - starts[2]), now - starts[2] - most)
        time.sleep(apart)
    grown = server.memory() - memory
    print(f"real: {seconds:.0f} s at {factor:,} x, worst drift {worst:.3f} s, memory {grown / 1e6:+.1f} MB")
    return worst, grown


def test_law_a_real_clock_neither_drifts_nor_grows(tmp_path):
    with served(tmp_path, "--clock", "real:100000", doors=("--nfs", "0")) as server:
        worst, grown = followed(server, 100_000, 3.0, 0.1)
        assert worst < 100_000 * 1e-3  # a millisecond of the wall
        assert grown < 16e6
        state = json.dumps(server.ask("state"))
        assert (
            "WithCustomer" in state or "InTransitToAWS" in state or "Complete" in state or "WithAWS" in state
        )


@pytest.mark.slow
def test_law_a_real_clock_neither_drifts_nor_grows_in_an_hour(tmp_path):
    minutes = float(os.environ.get("DEVICESIM_REAL_MINUTES", "60"))
    with served(tmp_path, "--clock", "real:100000", doors=("--nfs", "0")) as server:
        worst, grown = followed(server, 100_000, 60 * minutes, 0.5)
        assert worst < 100_000 * 1e-3
        assert grown < 16e6
