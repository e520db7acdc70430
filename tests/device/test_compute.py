"""Functions and requests beside a copy: worked shares, what must be kept, and an event for every step against it."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st
from small_story import small_story

from devicesim.device.compute.pool import Served
from devicesim.physics.queueing import md1_wait, mmc_wait
from devicesim.progress import DeviceChanged, FunctionsChanged, InstanceChanged, LegEnded
from devicesim.scenario import load
from devicesim.world import World, simulate

EDGE = 'job.device = "EDGE"'
LOCAL_USE = 'job.type = "LOCAL_USE"', "client = []", "dataset = []"
BUCKET = "arn:aws:s3:::small-story"


def function(work: str = "50 ms", **more: object) -> str:
    """A ``--set`` that gives the story one function on its bucket."""
    rest = "".join(f", {key} = {value}" for key, value in more.items())
    return f'function = [{{ name = "thumb", triggers = "{BUCKET}", work = "{work}"{rest} }}]'


def what_if(vcpus: int) -> str:
    """Functions on a Snowcone, which AWS does not offer: its one small disk makes them felt."""
    return f'assume."SNC1_HDD.functions.vcpus" = "{vcpus} vCPU"'


def served(world: World) -> Served:
    (pool,) = world.life().device.compute.functions.pools
    return pool.served()


def copy_length(world: World) -> float:
    leg = world.stream.legs[0]
    assert leg.end is not None
    return leg.end - leg.start


class TestPuts:
    def test_every_file_is_a_run_when_it_arrives(self) -> None:
        world = simulate(small_story(EDGE, function()))
        ingest = world.life().customer.ingest
        assert ingest is not None
        finish = np.sort(np.concatenate([session.transfer.finish(0) for session in ingest.sessions]))
        assert served(world).arrive == pytest.approx(finish, abs=1e-9)
        assert served(world).good.all()

    def test_only_of_the_bucket_that_triggers_it(self) -> None:
        other = (
            'dataset = [{ name = "clips", bucket = "arn:aws:s3:::small-story", files = 40, '
            'size = { distribution = "fixed", value = "5 MB" } }, { name = "logs", bucket = "arn:aws:s3:::logs", '
            'files = 7, size = { distribution = "fixed", value = "1 MB" } }]'
        )
        world = simulate(small_story(EDGE, other, 'client.laptop.dataset = ["clips", "logs"]', function()))
        assert served(world).arrive.size == 40

    def test_worked_time_of_a_run_alone(self) -> None:
        """50 ms and 5 ms around it; 125 ms more in a new runtime. Objects come 0.95 s apart."""
        changes = function(reads='"0 %"'), 'dataset.clips.size.value = "100 MB"', "dataset.clips.files = 8"
        told = served(simulate(small_story(EDGE, *changes, "client.laptop.streams = 1")))
        assert told.cold.tolist() == [True] + [False] * 7
        assert told.finish - told.begin == pytest.approx([0.18] + [0.055] * 7, abs=1e-6)

    def test_worked_failures(self) -> None:
        """A try fails at even odds, and there are three: an eighth fails, and it takes 1.75 tries on average."""
        changes = function("1 ms", failure='"50 %"', reads='"0 %"'), "dataset.clips.files = 20_000"
        small = 'dataset.clips.size = { distribution = "fixed", value = "10 kB" }'
        told = served(simulate(small_story(EDGE, *changes, small)))
        assert told.good.mean() == pytest.approx(7 / 8, abs=5 * np.sqrt(7 / 64 / 20_000))
        assert told.tries.mean() == pytest.approx(1.75, abs=0.03)

    def test_worked_timeout(self) -> None:
        """1.2 s for the work and 5 ms for each MB make 1.225 s and more: three tries of 1 s each."""
        changes = function("1.2 s", per_mb='"5 ms"', timeout='"1 s"', cold_start='"0 s"', reads='"0 %"')
        told = served(simulate(small_story(EDGE, changes)))
        assert not told.good.any()
        assert told.finish - told.begin == pytest.approx(3.0, rel=1e-6)

    def test_the_customer_waits_for_what_is_behind(self) -> None:
        world = simulate(small_story(EDGE, function("2 s")))
        (behind, done) = world.stream.of(FunctionsChanged)
        (off,) = (e.at for e in world.stream.of(DeviceChanged) if e.state == "off")
        assert (behind.state, done.state) == ("behind", "caught up")
        assert done.at == pytest.approx(served(world).finish.max(), abs=1e-3)
        assert off == pytest.approx(done.at + 20, abs=1e-2)
        # 40 runs of 2.016 s in four slots, ten each
        assert done.at - served(world).begin[0] == pytest.approx(
            10 * (2.005 + 5e6 / 1.5e9 + 0.0078), rel=0.02
        )


class TestSharing:
    @pytest.mark.parametrize(
        ("instance", "share"),
        [
            pytest.param('{ name = "a", type = "snc1.medium" }', 2 / 3, id="1 of 3 busy, 2 vCPUs: 2/3"),
            pytest.param('{ name = "a", type = "snc1.medium", weight = 2.0 }', 2 / 5, id="weights 1 and 4: 2/5"),
            pytest.param('{ name = "a", type = "snc1.medium", weight = 0.5 }', 1.0, id="weights 1 and 1: 1 of 2"),
        ],
    )  # fmt: skip
    def test_worked_shared_processors(self, instance: str, share: float) -> None:
        world = World(
            small_story(
                'job.nfs_cpu = "shared"', f"instance = [{instance}]", 'client.laptop.rate = "1 Mbit/s"'
            )
        )
        world.until(lambda world: any(e.state == "running" for e in world.stream.of(InstanceChanged)))
        world.advance("1 min")
        assert world.life().device.cpu_share == pytest.approx(share, rel=1e-9)

    def test_worked_three_vcpus_are_enough_for_all(self) -> None:
        changes = (
            'job.nfs_cpu = "shared"',
            'assume."SNC1_HDD.cpu.vcpus" = "3 vCPU"',
            'client.laptop.rate = "1 Mbit/s"',
        )
        world = World(small_story(*changes, 'instance = [{ name = "a", type = "snc1.medium" }]'))
        world.until(lambda world: any(e.state == "running" for e in world.stream.of(InstanceChanged)))
        assert world.life().device.cpu_share == 1.0

    def test_requests_slow_the_service_where_processors_are_shared(self) -> None:
        """Two requests at a time, always: as a busy snc1.medium, the service is left with 2/3 of its processor."""
        busy = 'requests = { arrivals = "periodic", every = "100 ms", work = "1 s", concurrency = 2 }'
        changes = f'instance = [{{ name = "a", type = "snc1.medium", {busy} }}]', 'job.nfs_cpu = "shared"'
        world = World(small_story(*changes, 'client.laptop.rate = "1 Mbit/s"'))
        world.until(lambda world: any(e.state == "running" for e in world.stream.of(InstanceChanged)))
        world.advance("5 min")
        device = world.life().device
        assert device.cpu_share == pytest.approx(2 / 3, rel=0.01)
        (pool,) = (run.pool for run in device.instances.runs)
        assert pool is not None
        assert pool.speed == pytest.approx(2 / 3, rel=0.01)

    def test_energy_of_requests(self) -> None:
        """A request of 0.3 s every second keeps 0.3 vCPU of 5 W busy."""
        wanted = 'requests = { arrivals = "periodic", every = "1 s", work = "300 ms" }'
        changes = f'instance = [{{ name = "a", type = "snc1.micro", duration = "4 h", {wanted} }}]'
        world = World(small_story(*LOCAL_USE, changes, 'job.keep = "1 d"'))
        world.until(lambda world: any(e.state == "running" for e in world.stream.of(InstanceChanged)))
        power, used = world.life().device.power, []
        for _ in range(2):
            world.advance("1 h")
            power.settle()
            used.append(power.energy)
        assert used[1] - used[0] == pytest.approx(3600 * (8 + 2.2 + 0.3 * 5), rel=1e-3)

    def test_volumes_of_their_own_leave_the_copy_alone(self) -> None:
        hog = 'instance = [{ name = "a", type = "sbe1.large", disk = "1 GB/s" }]'
        for device, left in ((EDGE, 1.0), ('assume."EDGE.instances.separate" = false', 1 / 3)):
            world = World(small_story(EDGE, device, hog, "dataset.clips.files = 6000"))
            world.until(lambda world: any(e.state == "running" for e in world.stream.of(InstanceChanged)))
            assert world.life().device.disk_factor == pytest.approx(left)


class TestOverTime:
    def levels(self, *changes: str, seconds: list[float]) -> list[float]:
        """Disk rate [MB/s] some seconds after the instance runs."""
        world = World(small_story(*LOCAL_USE, *changes, 'job.keep = "1 d"'))
        world.until(lambda world: any(e.state == "running" for e in world.stream.of(InstanceChanged)))
        found, began = [], world.now
        for second in seconds:
            world.advance(began + second - world.now)
            found.append(world.life().device.instances.disk_rate / 1e6)
        return found

    def test_bursts(self) -> None:
        burst = 'burst = { every = "10 min", length = "1 min", disk = "50 MB/s" }'
        changes = f'instance = [{{ name = "a", type = "snc1.micro", disk = "2 MB/s", {burst} }}]'
        assert self.levels(changes, seconds=[1, 59, 61, 599, 601, 659, 661]) == [50, 50, 2, 2, 50, 50, 2]

    def test_a_trace(self, tmp_path: Path) -> None:
        (tmp_path / "load.csv").write_text("time,cpu,disk\n0,10 %,5 MB/s\n60,50 %,0\n120,100 %,7 MB/s\n")
        text = (Path(__file__).parents[1] / "small_story.py").read_text().split('"""')[3]
        story = text[: text.index("[[dataset]]")] + text[text.index("[job]") :]
        story = story.replace("[job]", '[job]\ntype = "LOCAL_USE"\nkeep = "1 d"')
        story += '[[instance]]\nname = "a"\ntype = "snc1.medium"\ntrace = "load.csv"\n'
        (tmp_path / "story.toml").write_text(story)
        world = World(load(tmp_path / "story.toml"))
        world.until(lambda world: any(e.state == "running" for e in world.stream.of(InstanceChanged)))
        found, began, instances = [], world.now, world.life().device.instances
        for second in (1, 59, 61, 119, 121, 179, 181, 500):
            world.advance(began + second - world.now)
            found.append((round(instances.busy_vcpus, 9), instances.disk_rate / 1e6))
        assert found == [(0.2, 5), (0.2, 5), (1, 0), (1, 0), (2, 7), (2, 7), (0, 0), (0, 0)]

    def test_a_surge_of_requests(self) -> None:
        """Every 10 s, ten times as often in the first minute of each ten: 60 and 54 in ten minutes."""
        wanted = (
            'requests = { arrivals = "periodic", every = "10 s", work = "10 ms", '
            'surge = { every = "10 min", length = "1 min", times = 10.0 } }'
        )
        changes = f'instance = [{{ name = "a", type = "snc1.micro", duration = "1 h", {wanted} }}]'
        world = simulate(small_story(*LOCAL_USE, changes))
        (pool,) = (run.pool for run in world.life().device.instances.runs)
        assert pool is not None
        since = pool.served().arrive - pool.served().arrive[0] + 1.0
        assert pool.served().arrive.size == pytest.approx(6 * (60 + 54), abs=2)
        assert np.count_nonzero((since % 600 > 0.5) & (since % 600 < 60.5)) == pytest.approx(360, abs=2)


class TestKept:
    @settings(max_examples=12, deadline=None)
    @given(
        st.integers(0, 2**20),
        st.sampled_from(["shutdown", "abrupt"]),
        st.floats(6, 14),
        st.sampled_from(["5 ms", "100 ms", "900 ms"]),
    )
    def test_law_every_put_is_served_failed_cut_off_or_left(
        self, seed: int, when_low: str, capacity: float, work: str
    ) -> None:
        supply = f'source = "battery", capacity = "{capacity} Wh", spares = 3, when_low = "{when_low}"'
        power = f"site.power = {{ {supply} }}"
        changes = f"seed = {seed}", power, what_if(1), function(work, failure='"10 %"')
        world = simulate(
            small_story(*changes, 'client.laptop.rate = "20 Mbit/s"', "dataset.clips.files = 400")
        )
        told, ingest = served(world), world.life().customer.ingest
        assert ingest is not None
        put = sum(
            int(np.isfinite(s.transfer.finish(0)[s.transfer.finish(0) <= s.end]).sum())
            for s in ingest.sessions
        )
        assert told.arrive.size == put
        done = np.isfinite(told.finish)
        assert np.all(told.good <= (done | ~told.lost))
        assert not np.any(told.lost & done)
        assert not np.any(told.good & told.lost)
        if when_low == "shutdown":
            assert not told.lost.any()
        # no slot works on two at a time, and no faster than it can
        assert float((told.finish - told.begin)[done].sum()) <= told.finish[done].max(initial=0.0)

    @pytest.mark.parametrize(("size", "work"), [("5 MB", "100 ms"), ("200 kB", "10 ms"), ("1 MB", "1 ms")])
    def test_law_the_disk_never_does_more_than_it_can(self, size: str, work: str) -> None:
        """Bytes and journal of the copy and what the runs read, in seconds of the disk: no more than passed."""
        changes = (
            'client.laptop.rate = "10 Gbit/s"', f'dataset.clips.size.value = "{size}"', "dataset.clips.files = 6000",
            what_if(4), function(work, concurrency=4), 'assume."SNC1_HDD.nfs.per_byte" = "0.1 ns/B"',
        )  # fmt: skip
        world = simulate(small_story(*changes))
        told, leg = served(world), world.stream.legs[0]
        assert leg.end is not None
        each = leg.total_bytes / leg.total_objects
        before = np.count_nonzero(told.finish <= leg.end)
        runs = before * (each / 190e6 + 0.013)
        copied = leg.total_bytes - 140e6  # what memory may still hold
        copy = copied / 190e6 + copied / each * 0.1 * 0.013
        assert runs + copy <= (leg.end - leg.start) * 1.02

    def test_the_same_twice(self) -> None:
        story = small_story(what_if(1), function("30 ms", failure='"20 %"'), "dataset.clips.files = 300")
        first, again = (served(simulate(story)) for _ in range(2))
        assert first.finish.tolist() == again.finish.tolist()

    def test_looking_changes_nothing(self) -> None:
        story = small_story(what_if(1), function("30 ms"), "dataset.clips.files = 300")
        world = World(story)
        world.until("WithCustomer")
        while not world.stream.of(LegEnded):
            world.advance("7 s")
            list(world.progress("1 s"))
        world.run()
        assert served(world).finish.tolist() == served(simulate(story)).finish.tolist()


class Disk:
    """One disk, shared evenly by all who are at it at any moment: an event for each who comes and goes."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env, self.left, self.last = env, dict[simpy.Event, float](), 0.0
        self.changed = env.event()
        env.process(self.serve())

    def settle(self) -> None:
        passed = (self.env.now - self.last) / max(1, len(self.left))
        self.left = {who: left - passed for who, left in self.left.items()}
        self.last = self.env.now

    def use(self, seconds: float) -> simpy.Event:
        self.settle()
        done = self.env.event()
        self.left[done] = seconds
        changed, self.changed = self.changed, self.env.event()
        changed.succeed()
        return done

    def serve(self) -> Generator[simpy.Event, object, None]:
        while True:
            wait = min(self.left.values(), default=float("inf")) * max(1, len(self.left))
            yield self.env.timeout(max(wait, 0.0)) | self.changed if wait < float("inf") else self.changed
            self.settle()
            for who in [who for who, left in self.left.items() if left <= 1e-12]:
                del self.left[who]
                who.succeed()


def events(files: int, copy: float, cpu: float, disk: float, slots: int) -> tuple[float, float]:
    """How long the copy takes, and the mean time of a run, with an event for every step."""
    env = simpy.Environment()
    shared, waiting, took = Disk(env), simpy.Resource(env, slots), list[float]()
    ended = [0.0]

    def run(came: float) -> Generator[simpy.Event, object, None]:
        with waiting.request() as slot:
            yield slot
            yield env.timeout(cpu)
            yield shared.use(disk)
        took.append(env.now - came)

    def copying() -> Generator[simpy.Event, object, None]:
        for _ in range(files):
            yield shared.use(copy)
            env.process(run(env.now))
        ended[0] = env.now

    env.process(copying())
    env.run()
    return ended[0], float(np.mean(took))


@pytest.mark.parametrize(
    ("files", "size", "cpu", "slots"),
    [
        (3000, 5e6, 0.1, 2),
        (3000, 5e6, 0.02, 4),
        (3000, 5e6, 0.05, 8),
        (2000, 5e6, 0.01, 1),
        (20_000, 5e5, 0.01, 3),
    ],
    ids=["too slow, 2 slots", "fast enough, 4 slots", "fast enough, 8 slots", "one slot", "small files"],
)
def test_oracle_an_event_for_every_step(files: int, size: float, cpu: float, slots: int) -> None:
    """The copy's time within 5 %, memory keeping its last 140 MB, and the runs' mean time within 20 %."""
    changes = (
        'client.laptop.rate = "10 Gbit/s"', f"dataset.clips.files = {files}",
        f'dataset.clips.size.value = "{size:.0f} B"',
        what_if(8), function(f"{cpu} s", concurrency=slots, cold_start='"0 s"'), 'assume."functions.overhead" = "0 ms"',
        'assume."SNC1_HDD.nfs.per_byte" = "0.1 ns/B"', 'assume."SNC1_HDD.nfs.per_operation" = "1 us"',
    )  # fmt: skip
    world = simulate(small_story(*changes))
    length, mean = events(files, size / 190e6 + 0.1 * 0.013, cpu, size / 190e6 + 0.013, slots)
    length *= 1 - 140e6 / (files * size)
    assert copy_length(world) == pytest.approx(length, rel=0.05)
    took = served(world).finish - served(world).arrive
    assert took.mean() == pytest.approx(mean, rel=0.2)


class TestTheory:
    """Requests through a whole World, with seeds that no one has tried: within 2 % of the waits in the books."""

    @pytest.mark.parametrize(
        ("kind", "slots", "work", "expected"),
        [
            ("snc1.micro", 1, '"12 ms"', md1_wait(50.0, 0.012)),
            ("snc1.micro", 1, '{ distribution = "exponential", mean = "10 ms" }', mmc_wait(1, 50.0, 0.010)),
            ("snc1.medium", 2, '{ distribution = "exponential", mean = "20 ms" }', mmc_wait(2, 50.0, 0.020)),
        ],
        ids=["M/D/1 at 0.6", "M/M/1 at 0.5", "M/M/2 at 0.5"],
    )
    @settings(max_examples=1, deadline=None)
    @given(seed=st.integers(0, 2**31))
    def test_waits(self, seed: int, kind: str, slots: int, work: str, expected: float) -> None:
        wanted = f'requests = {{ every = "20 ms", work = {work}, concurrency = {slots} }}'
        changes = f'instance = [{{ name = "a", type = "{kind}", duration = "9 h", {wanted} }}]'
        world = simulate(small_story(*LOCAL_USE, changes), seed)
        (pool,) = (run.pool for run in world.life().device.instances.runs)
        assert pool is not None
        told = pool.served()
        done = np.isfinite(told.finish)
        assert (told.begin - told.arrive)[done].mean() == pytest.approx(expected, rel=0.02)


class TestCluster:
    def test_nodes_run_in_turn_for_what_is_put_into_the_cluster(self) -> None:
        changes = (
            "cluster.nodes = 5",
            EDGE,
            'job.type = "LOCAL_USE"',
            function("50 ms"),
            "dataset.clips.files = 403",
        )
        world = simulate(small_story(*changes, 'client.laptop.rate = "10 Gbit/s"'))
        pools = [world.life(job).device.compute.functions.pools[0].served() for job in world.jobs]
        assert sorted(pool.arrive.size for pool in pools) == [80, 80, 81, 81, 81]
        assert all(pool.good.all() and np.isfinite(pool.finish).all() for pool in pools)


class TestAdmission:
    def test_an_instance_waits_for_one_that_is_still_there(self) -> None:
        """The first boots for a minute and runs an hour; the second is due after an hour and has a minute to wait."""
        one = '{ name = "a", type = "snc1.medium", duration = "1 h" }'
        two = '{ name = "b", type = "snc1.medium", start = "1 h", duration = "1 h" }'
        world = simulate(small_story(*LOCAL_USE, f"instance = [{one}, {two}]"))
        told = [(e.instance, e.state, e.at) for e in world.stream.of(InstanceChanged)]
        began = told[0][2]
        assert [(name, state, at - began) for name, state, at in told] == [
            ("a", "pending", 0.0),
            ("a", "running", 60.0),
            ("b", "InsufficientInstanceCapacity", 3600.0),
            ("a", "terminated", 3660.0),
            ("b", "pending", 3660.0),
            ("b", "running", 3720.0),
            ("b", "terminated", 7320.0),
        ]

    def test_never_more_than_there_is_over_power_cuts(self) -> None:
        power = 'site.power = { source = "battery", capacity = "9 Wh", spares = 9 }'
        each = [
            f'{{ name = "i{n}", type = "snc1.small", start = "{n * 5} min", duration = "9 min" }}'
            for n in range(4)
        ]
        world = simulate(small_story(*LOCAL_USE, power, f"instance = [{', '.join(each)}]"))
        there: set[str] = set()
        for event in world.stream.of(InstanceChanged):
            if event.state in ("pending", "running"):
                there.add(event.instance)
            else:
                there.discard(event.instance)
            assert len(there) <= 2
        ends = [e.instance for e in world.stream.of(InstanceChanged) if e.state == "terminated"]
        assert sorted(ends) == ["i0", "i1", "i2", "i3"]
