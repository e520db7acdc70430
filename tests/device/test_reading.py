"""Reading off a device: how fast against the link, the disk and the protocol, and what a power cut makes of it."""

import numpy as np
import pytest
from small_export import FILE, FILES, small_export

from devicesim import throughput
from devicesim.catalog import Figures
from devicesim.device.export import capacities as reading_capacities
from devicesim.device.export import reading
from devicesim.device.export.expectation import bounds
from devicesim.device.ingest import ingest
from devicesim.physics import ethernet, nfs
from devicesim.progress import LegInterrupted, LegResumed, Lost, Refused
from devicesim.world import World, simulate

ONE_PART = 'assume."EDGE.storage.capacity" = "80 TB"'


def part_of(world, number=0):
    return world.undertaking.parts[number]


def passes(world, number=0):
    return part_of(world, number).customer.readings.passes


class TestRate:
    def test_worked_large_files_fill_a_slow_link(self):
        """1 Gbit/s gives 117.7 MB/s of TCP payload, 0.9 of it by the copy; a READ of 1 MiB brings 1,048,576 bytes and

        104 more of reply. The rest of a file (open, close, the last short READ) is below a per mille.
        """
        world = simulate(
            small_export(ONE_PART, "client.nas.rate = '1 Gbit/s'", "dataset.clips.size.value = '500 MB'")
        )
        read = passes(world)[0]
        took = read.stretches[0].course.end - read.stretches[0].start
        reply = nfs.file_reads("4.1").read.reply
        goodput = float(ethernet.goodput(125e6)) * 0.9
        assert FILES * 500e6 / took == pytest.approx(goodput * 2**20 / (2**20 + reply), rel=2e-3)

    def test_worked_small_files_wait_for_the_disk(self):
        """One stream finds a file in 7.8 ms; what else it does (two calls more, 4 kB) takes less than 2 ms."""
        world = simulate(
            small_export(
                ONE_PART, "client.nas.streams = 1", "dataset.clips.size.value = '4 kB'", "job.verify = 'none'"
            )
        )
        read = passes(world)[0]
        each = (read.stretches[0].course.end - read.stretches[0].start) / FILES
        assert 7.8e-3 < each < 9.8e-3

    def test_law_no_reading_beats_a_station(self):
        story = small_export(ONE_PART, "dataset.clips.files = 200", "client.nas.rate = '10 Gbit/s'")
        world = simulate(story)
        read = passes(world)[0]
        took = read.stretches[0].course.end - read.stretches[0].start
        limits = bounds(Figures(story.assume), story, part_of(world).load)
        assert 200 * FILE / took <= min(limits.values()) * (1 + 1e-6)

    def test_law_more_accesses_and_smaller_reads_never_make_it_faster(self):
        def took(*changes):
            read = passes(simulate(small_export(ONE_PART, "client.nas.rate = '10 Gbit/s'", *changes)))[0]
            return read.stretches[0].course.end - read.stretches[0].start

        usual = took()
        assert took('assume."nfs.read.accesses" = "3 IO"') > usual
        assert took("client.nas.nfs.wsize = '32 KiB'") > usual
        assert took("client.nas.nfs.window = 1", "client.nas.streams = 1") > took("client.nas.streams = 1")

    @pytest.mark.parametrize("version", ["3", "4.0", "4.1"])
    def test_worked_operations_of_each_version(self, version):
        (client,) = small_export(f"client.nas.nfs.version = '{version}'").clients
        life, calls = reading_capacities.operations(Figures(), "EDGE", client, 1), nfs.file_reads(version)
        assert [o.name for o in life.all] == [c.name for c in (*calls.before, calls.read, *calls.after)]
        listed = calls.entries(32 * 1024)
        share = calls.entry + calls.page.reply / listed
        assert life.before[0].request == pytest.approx(calls.before[0].reply + share)
        assert life.write.request == calls.read.reply
        assert life.write.wait
        assert not any(operation.store for operation in (life.write, *life.after))


class TestThroughTheS3Adapter:
    def read(self, size, more=""):
        client = f'{{ name = "nas", dataset = "clips", link = "ethernet", interface = "s3", rate = "10 Gbit/s"{more} }}'
        world = simulate(
            small_export(ONE_PART, f"client = [{client}]", f"dataset.clips.size.value = '{size}'")
        )
        return passes(world)[0]

    def test_worked_an_object_is_a_head_and_its_ranges(self):
        """Forty objects of 5 MB, one range each: HEAD and GET take 1 ms of processor, the bytes 13.5 ms more."""
        read = self.read("5 MB")
        (client,) = read.stretches[0].course.clients
        assert [operation.name for operation in client.operations.all] == ["HeadObject", "GetObject"]
        assert client.block == 8 * 2**20
        took = read.stretches[0].course.end - read.stretches[0].start
        assert took > FILES * (2 * 1e-3 + FILE * 2.7e-9)

    def test_law_several_ranges_are_in_flight(self):
        slow, fast = (self.read("500 MB", f", s3 = {{ requests = {n} }}") for n in (1, 8))
        took = [each.stretches[0].course.end - each.stretches[0].start for each in (slow, fast)]
        assert took[1] < took[0]


class TestSeveralClients:
    STORY = (
        ONE_PART,
        'client = [{ name = "a", dataset = "clips", link = "ethernet" }, '
        '{ name = "b", dataset = "clips", link = "ethernet" }]',
    )

    def test_worked_clients_take_the_files_in_turn(self):
        read = passes(simulate(small_export(*self.STORY)))[0]
        assert [int(queue.done.sum()) for queue in read.queues] == [20, 20]
        assert read.queues[0].index.tolist() == list(range(0, 40, 2))

    def test_law_taken_together_they_are_as_fast_as_one_by_one(self, monkeypatch):
        """Two alike clients as one with twice the streams and links: within what the sampling states, and 2 %."""
        changes = (*self.STORY, "dataset.clips.files = 3000", "dataset.clips.size.value = '20 MB'")
        exact = passes(simulate(small_export(*changes)))[0]
        monkeypatch.setattr(reading, "EXACT", 1000)
        sampled = passes(simulate(small_export(*changes)))[0]
        assert exact.error == 0 < sampled.error
        took = [each.stretches[0].end - each.stretches[0].start for each in (exact, sampled)]
        assert took[1] == pytest.approx(took[0], rel=sampled.error + 0.02)
        assert sampled.kept() == exact.kept()

    def test_worked_unlike_clients_are_taken_as_slow_as_the_slowest(self):
        life = throughput.Operations((), throughput.Operation("READ", 0, 0.0), ())
        clients = (
            throughput.Client(life, streams=2, window=4),
            throughput.Client(life, streams=8, window=15),
        )
        one, now = reading_capacities.together(clients, throughput.Regime((1e8, 5e8), (1e-4, 2e-4)))
        assert (one.streams, one.window, now.bandwidth, now.latency) == (4, 4, (2e8,), (2e-4,))


def test_law_samples_tell_the_time_within_their_error(monkeypatch):
    changes = (
        ONE_PART, "dataset.clips.files = 4000", "client.nas.rate = '10 Gbit/s'",
        'dataset.clips.size = { distribution = "lognormal", median = "10 MB", sigma = 1.0 }',
    )  # fmt: skip
    exact = passes(simulate(small_export(*changes)))[0].stretches[0]
    monkeypatch.setattr(reading, "EXACT", 1000)
    sampled = passes(simulate(small_export(*changes)))[0].stretches[0]
    assert exact.course.error == 0
    assert 0 < sampled.course.error < 0.05
    took = exact.course.end - exact.start
    assert sampled.course.end - sampled.start == pytest.approx(took, rel=sampled.course.error)


class TestVerifying:
    @pytest.mark.parametrize(("verify", "size"), [("sizes", 0), ("content", FILES * FILE)])
    def test_worked_a_second_pass(self, verify, size):
        world = simulate(small_export(ONE_PART, f"job.verify = '{verify}'"))
        job = world.parts()[0].id
        read, again = world.stream.leg("read", job), world.stream.leg("verify", job)
        assert (again.total_bytes, again.total_objects, again.complete) == (size, FILES, True)
        assert again.start >= read.end

    def test_worked_or_none(self):
        world = simulate(small_export(ONE_PART, "job.verify = 'none'"))
        assert world.stream.leg("verify", world.parts()[0].id) is None


class TestPowerCut:
    def cut(self):
        """A world whose power fails for an hour, some 6 s after the reading of some 10 s began."""
        fault = 'fault = [{ kind = "blackout", at = "6 s", duration = "1 h" }]'
        return simulate(small_export(ONE_PART, "dataset.clips.files = 200", fault))

    def test_worked_nothing_is_lost_and_the_read_goes_on(self):
        world = self.cut()
        job = world.parts()[0].id
        (stopped,), (resumed,) = world.stream.of(LegInterrupted, job), world.stream.of(LegResumed, job)
        assert stopped.why == "power failed"
        # An hour without power, then 10 min of booting, 1 min to unlock, 90 s until the service runs.
        assert resumed.at - stopped.at == pytest.approx(3600 + 600 + 60 + 120 + 90, abs=1)
        assert 0 < stopped.objects < 200
        assert (resumed.objects, resumed.bytes) == (stopped.objects, stopped.bytes)
        assert world.stream.leg("read", job).complete
        assert not world.stream.of(Lost)
        assert not world.stream.of(Refused)

    def test_law_files_finished_before_are_not_read_again(self):
        world = self.cut()
        read = passes(world)[0]
        assert len(read.stretches) == 2
        first, second = (sum(len(each[1]) for each in stretch.left) for stretch in read.stretches)
        assert (first, second) == (200, 200 - world.stream.of(LegInterrupted)[0].objects)

    def test_law_sampled_or_not(self, monkeypatch):
        monkeypatch.setattr(reading, "EXACT", 100)
        world = self.cut()
        assert world.stream.leg("read", world.parts()[0].id).complete
        assert not world.stream.of(Lost)


def test_law_a_sampled_reading_is_sampled_anew_when_the_device_serves_otherwise(monkeypatch):
    """An instance that takes most of the port for a while slows the reading down, and only then."""
    monkeypatch.setattr(reading, "EXACT", 1000)
    base = (
        ONE_PART,
        "dataset.clips.files = 4000",
        "dataset.clips.size.value = '100 MB'",
        "client.nas.rate = '10 Gbit/s'",
    )
    alone = simulate(small_export(*base))
    half = (
        '[{ name = "job", type = "sbe1.small", start = "10 min", duration = "5 min", network = "39 Gbit/s" }]'
    )
    beside = simulate(small_export(*base, f"instance = {half}"))
    took = [passes(w)[0].leg.end - passes(w)[0].leg.start for w in (alone, beside)]
    assert took[1] > took[0] + 60
    assert passes(beside)[0].kept() == passes(alone)[0].kept()
    curve = passes(beside)[0].leg.at(
        np.linspace(passes(beside)[0].leg.start, passes(beside)[0].leg.end, 500)
    )[0]
    assert np.all(np.diff(curve) >= 0)


def test_worked_nobody_reads_what_no_client_names():
    rest = 'dataset = [{ name = "clips", bucket = "arn:aws:s3:::small-export", files = 3, '
    rest += 'size = { distribution = "fixed", value = "1 MB" } }, '
    rest += '{ name = "more", bucket = "arn:aws:s3:::small-export", files = 4, '
    rest += 'size = { distribution = "fixed", value = "1 MB" } }]'
    world = simulate(small_export(rest))
    assert part_of(world).device.share.files == 7
    assert world.stream.leg("read", world.parts()[0].id).total_objects == 3


def test_worked_the_regime_is_that_of_the_ingest():
    world = World(small_export())
    world.until("InProgress")
    part = part_of(world)
    now = ingest.regime(part.setting, part.device)
    assert len(now.bandwidth) == 1
