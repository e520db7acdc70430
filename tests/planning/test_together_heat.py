"""Futures that heat comes near, told without a World: each is the run of its draws, whoever decides it."""

from dataclasses import astuple, replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_story import small_story

from devicesim.catalog import Figures
from devicesim.device.heat import Case
from devicesim.planning import Futures, draws, replicate, story_of
from devicesim.planning.replicate import laws_of
from devicesim.planning.together import flown, warmth
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.copying import _tolerance
from devicesim.planning.together.flow import Flow
from devicesim.planning.together.stations import Stations
from devicesim.planning.together.watched import Draw, Watch
from devicesim.report.fold import measures
from devicesim.scenario import Scenario, load
from devicesim.world import simulate

COPYING = {"ingest_hours", "ingest_mb_s", "ingest_files_s"}
"""Metrics that rest on how long the copy takes."""


@cache
def factory() -> tuple[Scenario, Futures]:
    """A week of video where it is so warm that in most futures something happens."""
    story = load("scenarios/factory.toml", ["dataset.inspection.files=400", "site.ambient='42 °C'"])
    return story, replicate(story, range(96))


def run(row: int) -> tuple[dict[str, float], str]:
    story, futures = factory()
    told = story_of(story, futures, row)
    return measures(simulate(told, futures.seed, replication=int(futures.replication[row])))


def test_worked_heat_needs_no_world() -> None:
    _, futures = factory()
    ways = {(way.name, way.why.split(",")[0]): way for way in futures.told}
    assert {name for name, _ in ways} == {"batch", "flow", "core"}
    assert ways["flow", "heat comes near"].error < 0.02
    assert 4 < ways["core", "heat decides to the minute"].runs < 60
    assert futures.replication.tolist() == list(range(96))


def test_law_a_hot_future_is_the_run_of_its_draws() -> None:
    """Outcome, days, cost and losses are those of the run, and the copy's time is within what is stated."""
    _, futures = factory()
    stated = max(way.error for way in futures.told)
    # The futures with the slowest copies, with losses, and others.
    slow = np.argsort(-futures.metrics["ingest_hours"])[:24:3]
    lossy = np.flatnonzero(futures.metrics["files_lost"] > futures.metrics["files_failed"])
    assert lossy.size > 5
    for row in sorted({*slow.tolist(), *lossy[::4].tolist(), *range(0, 96, 11)}):
        metrics, outcome = run(row)
        assert futures.outcomes[futures.outcome[row]] == outcome
        for name, value in metrics.items():
            ours = futures.metrics[name][row]
            if name in COPYING:
                assert ours == pytest.approx(value, rel=stated), (row, name)
            elif name == "days_to_s3":
                assert ours == pytest.approx(value, abs=0.001), row
            else:
                assert ours == pytest.approx(value, rel=1e-9), (row, name)


def test_law_what_heat_leaves_of_a_copy_is_known_to_as_many_files_as_are_under_way() -> None:
    """Of copies that end because the disk stands still for good, and long enough that four files are few."""
    story = load("scenarios/factory.toml", ["dataset.inspection.files=1600", "site.ambient='44 °C'"])
    futures = replicate(story, range(64))
    (stated,) = (way.error for way in futures.told if way.why == "heat ends the copy")
    assert 4 / 1600 < stated < 0.01
    lossy = np.flatnonzero(futures.metrics["files_lost"] > 16)
    assert lossy.size > 8
    for row in lossy[::4].tolist():
        own = story_of(story, futures, row)
        metrics, outcome = measures(simulate(own, futures.seed, replication=row))
        assert futures.outcomes[futures.outcome[row]] == outcome
        exact = {"cost_usd", "device_days", "ingest_hours", "files_failed"}
        assert {name: futures.metrics[name][row] for name in exact} == pytest.approx(
            {name: metrics[name] for name in exact}
        )
        assert futures.metrics["files_lost"][row] == pytest.approx(metrics["files_lost"], abs=stated * 1600)
        size = metrics["bytes_lost"] / metrics["files_lost"] * 1600
        assert futures.metrics["bytes_lost"][row] == pytest.approx(metrics["bytes_lost"], abs=stated * size)


def test_law_progress_of_hot_futures_ends_where_the_copy_does() -> None:
    story, whole = factory()
    futures = replicate(story, range(96), at=np.linspace(0, 400, 401))
    copied, metrics = futures.progress["ingest"], whole.metrics
    assert np.all(np.diff(copied, axis=1) >= 0)
    # What is lost was taken in part.
    size, complete = metrics["ingest_mb_s"] * metrics["ingest_hours"] * 3600 * 1e6, metrics["files_lost"] == 0
    assert copied[complete, -1] == pytest.approx(size[complete], rel=1e-6)
    assert np.all(copied[:, -1] >= size * (1 - 1e-6))


def case(**figures: str) -> Case:
    own = {f"SNC1_HDD.thermal.{name}": value for name, value in figures.items()}
    return Case(Figures(own), "SNC1_HDD", 25.0)


def test_worked_the_last_digit_decides_nothing() -> None:
    """A disk that stopped at 60 starts again when its case has come down to 55, not a sixty-second nap later."""
    for off in (-1e-9, 0.0, 1e-9):
        watched = case(disk_stop="60 °C", disk_resume="55 °C")
        watched.temperature = 60.0 + off
        assert watched.judge()
        assert watched.disk_factor == 0
        watched.temperature = 55.0 + off
        assert watched.judge()
        assert watched.disk_factor == 1
        # The next limits are above (60) and far below: nothing is due at once.
        assert watched.soonest(10.0, 20.0) > 60


def test_worked_a_balance_above_the_limit_holds_the_disk() -> None:
    """1.2 K/W and 25 outside: 25.9 W hold the case at 56, which is above 55; 24 W at 53.8."""
    watched = case(disk_stop="60 °C", disk_resume="55 °C")
    watched.temperature = 61.0
    watched.judge()
    assert watched.stands_still(25.9)
    assert not watched.stands_still(24.0)


class Steady:
    """A copy that takes so many seconds while the disk runs, and works one core and the disk."""

    def __init__(self, seconds: float) -> None:
        self.left, self.now, self.worked, self.speed = seconds, 0.0, 0.0, 1.0
        self.stops: list[tuple[float, float]] = []

    def _go(self, to: float) -> None:
        done = min((to - self.now) * self.speed, self.left)
        self.worked, self.left, self.now = self.worked + done, self.left - done, to

    def begin(self, at: float, cpu: float, disk: float) -> None:
        self.now, self.speed = at, disk

    def change(self, at: float, cpu: float, disk: float) -> None:
        self._go(at)
        self.stops.append((at, disk))
        self.speed = disk

    def ended(self, by: float) -> float:
        if self.left <= 0:
            return self.now
        needs = self.left / self.speed if self.speed else np.inf
        if self.now + needs <= by:
            self._go(self.now + needs)
            return self.now
        self._go(by)
        return float(np.inf)

    def busy(self, at: float) -> tuple[float, float]:
        return self.worked, self.worked

    def moved(self, since: float, until: float) -> bool:
        return self.speed > 0


def test_law_a_disk_that_overheats_works_and_rests_in_turn() -> None:
    """32 W balance at 63.4, 20 W at 49: it stops and starts again."""
    copy = Steady(20000.0)
    watched = case(disk_stop="60 °C", disk_resume="55 °C", throttle_start="95 °C", throttle_end="99 °C")
    watch = Watch(watched, Draw(20.0, 20.0, 32.0, 6.0, 6.0), 0.0)
    watch.wait(300.0, 20.0)
    spell = watch.copy(copy, 86400.0)
    assert not spell.given_up
    assert [disk for _, disk in copy.stops] == [0.0, 1.0] * (len(copy.stops) // 2) + [0.0] * (
        len(copy.stops) % 2
    )
    assert len(copy.stops) > 3
    rests = sum(b - a for (a, disk), (b, _) in pairwise([*copy.stops, (spell.end, 1.0)]) if disk == 0)
    assert spell.end - spell.begun == pytest.approx(20000 + rests)


def test_law_a_disk_that_never_cools_is_given_up() -> None:
    """26 W hold the case at 56.2 for ever: the customer's patience ends the copy, once nothing has moved for it."""
    watched = case(disk_stop="60 °C", disk_resume="55 °C", throttle_start="95 °C", throttle_end="99 °C")
    watch = Watch(watched, Draw(26.0, 26.0, 34.0, 4.0, 4.0), 0.0)

    class Held(Steady):
        def moved(self, since: float, until: float) -> bool:
            return since < self.stops[-1][0] if self.stops else True

    copy = Held(1e6)
    spell = watch.copy(copy, 80000.0)
    ((stopped, _),) = copy.stops
    assert spell.given_up
    # Looked at after 80,000 s and every 10,000 s from then on.
    looks = 80000.0 + 10000.0 * np.arange(20)
    assert spell.end == looks[looks - 80000.0 >= stopped][0]


def test_law_a_flow_takes_every_byte_and_pauses_cost_what_they_last() -> None:
    story = small_story("dataset.clips.files = 400")
    columns = Columns(story, laws_of(story, 1), {}, 1)
    stations = Stations.of(columns)
    sizes = np.full(64, 50e6)
    blocks = np.stack(
        [np.full(64, 1.0), np.full(64, 1.0), sizes / 1e6, sizes, np.full(64, 1e6), np.zeros(64)]
    )

    def took(pauses: list[tuple[float, float]]) -> float:
        flow = Flow(stations, blocks, 1.0)
        flow.begin(0.0, 1.0, 1.0)
        for begin, end in pauses:
            assert flow.ended(begin) == np.inf
            flow.change(begin, 1.0, 0.0)
            flow.change(end, 1.0, 1.0)
        end = flow.ended(1e9)
        assert flow.knots[-1] == (pytest.approx(end), pytest.approx(64 * 50e6))
        assert flow.busy(end)[1] <= end
        return end

    free = took([])
    # While the disk stands the buffer still takes a little; no pause costs more than it lasts.
    fills = float(stations.buffer[0]) * free / (64 * 50e6)
    for pauses in ([(5.0, 105.0)], [(5.0, 65.0), (70.0, 200.0)]):
        lasted = sum(end - begin for begin, end in pauses)
        assert free + lasted - len(pauses) * fills - 1e-6 <= took(pauses) <= free + lasted + 1e-6


def test_worked_what_is_under_way_passes_link_and_cores_while_the_disk_stands() -> None:
    """A link that carries 50 MB/s into a buffer of 100 MB: after 2 s of a stop nothing is taken, after 3 nothing sent.

    When the disk runs again, at 100 MB/s, the 50 MB that wait go in as the buffer empties: a second of the copy is won.
    """
    columns = Columns(small_story(), laws_of(small_story(), 1), {}, 1)
    one = np.ones(1)
    stations = replace(
        Stations.of(columns), bandwidth=50e6 * one, latency=0 * one, buffer=100e6 * one, rate_start=100e6 * one,
        rate_end=100e6 * one, work=0 * one, per_byte=1e-12 * one, stored=0 * one, write=0.0, request=0.0, serial=0,
    )  # fmt: skip
    sizes = np.full(8, 1e9)
    blocks = np.stack([np.ones(8), np.ones(8), sizes / 1e6, sizes, np.full(8, 1e6), np.zeros(8)])

    def copy(flight: float) -> tuple[float, float, float]:
        flow = Flow(stations, blocks, 1.0, flight)
        flow.begin(0.0, 1.0, 1.0)
        flow.change(10.0, 1.0, 0.0)
        assert not flow.moved(12.5, 60.0)
        assert flow.moved(11.5, 60.0)
        standing = flow.size
        flow.change(60.0, 1.0, 1.0)
        return standing, flow.busy(60.0)[1], flow.ended(1e9)

    assert copy(0.0) == pytest.approx((10 * 50e6 + 100e6, 5.0, 160 + 50 - 2), rel=1e-6)
    assert copy(50e6) == pytest.approx((10 * 50e6 + 100e6, 5.0, 160 + 50 - 3), rel=1e-6)


def test_worked_writes_under_way_of_a_list() -> None:
    """4 streams with 10 WRITEs of 1 MB each, in files longer and shorter than that."""
    stations = replace(Stations.of(drawn_columns()[0]).rows(np.array([0])), streams=4, block=1e6)
    stations = replace(stations, window=np.array([10]))
    long, short = np.array([5.0, 5, 500, 500e6, 5e6, 450e6]), np.array([5.0, 5, 10, 10e6, 5e6, 0.0])
    # Of 100 MB, 90 have the whole window before them, and the last 10 half of it: (90 * 10 + 10 * 5) / 100 = 9.5 MB.
    assert stations.flight(long) == pytest.approx(4 * 9.5e6)
    # A file shorter than the window is half of itself in the middle.
    assert stations.flight(short) == pytest.approx(4 * 1e6)


def test_worked_a_slower_processor_is_a_longer_copy_where_it_is_the_slowest() -> None:
    story = small_story()
    columns = Columns(story, laws_of(story, 1), {}, 1)
    stations = Stations.of(columns)
    slow = replace(stations, per_byte=stations.per_byte * 100)
    blocks = np.array([[1.0], [1.0], [50.0], [50e6], [1e6], [0.0]])

    def took(cpu: float) -> float:
        flow = Flow(slow, blocks, 1.0)
        flow.begin(0.0, cpu, 1.0)
        return flow.ended(1e9)

    assert took(0.5) == pytest.approx(2 * took(1.0), rel=0.01)


@pytest.mark.parametrize(("count", "quantile"), [(6, 1.635), (20, 10.851)], ids=["chi2-6", "chi2-20"])
def test_published_tolerance_of_few_errors(count: int, quantile: float) -> None:
    """Lower 5 % quantiles of chi-square as in any table; 4.4172 deviations leave out one in 100,000."""
    assert _tolerance(count) == pytest.approx(4.4172 / np.sqrt(quantile / count), rel=0.01)


@pytest.mark.skipif(flown.extension is None, reason="there was no compiler")
@given(
    tilt=st.floats(-0.02, 0.02),
    patience=st.floats(3600.0, 2e6),
    ambient=st.floats(20.0, 60.0),
    keep=st.sampled_from([0.0, 7200.0]),
    row=st.integers(0, 15),
    flight=st.sampled_from([0.0, 60e6, 5e9]),
)
def test_law_both_forms_of_a_watched_fluid_tell_the_same(
    tilt: float, patience: float, ambient: float, keep: float, row: int, flight: float
) -> None:
    columns, stations = drawn_columns()
    figures, one = columns.row(row), np.array([row])
    draw = Draw(*(float(each[row]) for each in warmth.draws(columns, stations.cores)))
    stay = flown.Stay(figures, "SNC1_HDD", ambient, draw, 1e6, (300.0, 60.0, 30.0), patience, keep)
    sizes = np.linspace(1e9, 3e9, 64)
    blocks = np.stack([np.full(64, 10.0), np.full(64, 10.0), sizes / 1e6, sizes, np.full(64, 1e7), sizes / 9])
    flow = Flow(stations.rows(one), blocks, 1.02, flight)
    pure, compiled = (flown.Fluid(stay, flow, compiled=form).told(tilt) for form in (False, True))
    assert (pure.spell.given_up, pure.still) == (compiled.spell.given_up, compiled.still)
    assert [*astuple(compiled.spell), compiled.size, compiled.behind] == pytest.approx(
        [*astuple(pure.spell), pure.size, pure.behind], rel=1e-9, abs=1e-9
    )
    assert compiled.times == pytest.approx(pure.times, rel=1e-9)
    assert compiled.sizes == pytest.approx(pure.sizes, rel=1e-9)


@cache
def drawn_columns() -> tuple[Columns, Stations]:
    story = small_story()
    known = laws_of(story, 1)
    columns = Columns(story, known, draws.draw(1, known, np.arange(16)), 16)
    return columns, Stations.of(columns)
