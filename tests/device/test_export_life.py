"""The life of an export: its states by hand, its parts in sequence, what is where, and its disasters."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_export import FILE, FILES, ROOM, TEXT, small_export

from devicesim import scenario
from devicesim.device.export.export import Export, Part
from devicesim.device.neighbours import Neighbours, Stored
from devicesim.errors import BoundError, ScenarioError, VerbError
from devicesim.jobs import MASTER, ORDER, JobState, JobType
from devicesim.progress import ExportFailed, ExportListed, Lost, Refused
from devicesim.world import World, replay, simulate

SIZE = 'size = { distribution = "fixed", value = "5 MB" }\n'
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def entered(job, state):
    """When a job entered a state [s]."""
    return next(at for at, each in job.history if each is state)


def parts_of(world) -> list[Part]:
    return list(world.undertaking.parts)


class TestStates:
    def test_worked_the_master_and_its_first_part(self):
        """Ordered Monday 1 June, 08:00.

        Master: New for 1 h, Listing for 40 keys at 5,000 a second = 8 ms, then 15 min until the parts appear.
        Part 1: New for 1 h, prepared for 1.4 d (0.3 of the 2 d are packing), loaded: 80 MB / 600 MB/s = 0.133 s and
        16 objects of 0.15 s / 64 = 0.0375 s.
        """
        world = simulate(small_export())
        master, (first, *_) = world.job(), world.parts()
        appear = HOUR + 40 / 5000 + 15 * MINUTE
        assert entered(master, JobState.LISTING) == HOUR
        assert entered(master, JobState.PENDING) == pytest.approx(appear, abs=1e-6)
        assert entered(first, JobState.NEW) == pytest.approx(appear, abs=1e-6)
        assert entered(first, JobState.PREPARING_APPLIANCE) == pytest.approx(appear + HOUR, abs=1e-6)
        assert entered(master, JobState.IN_PROGRESS) == entered(first, JobState.PREPARING_APPLIANCE)
        loading = entered(first, JobState.IN_PROGRESS)
        assert loading == pytest.approx(appear + HOUR + 1.4 * DAY, abs=1e-3)
        loaded = 80e6 / 600e6 + 16 * 0.15 / 64
        assert entered(first, JobState.PREPARING_SHIPMENT) - loading == pytest.approx(loaded, abs=1e-6)

    def test_law_orders_are_the_documented_ones(self):
        world = simulate(small_export())
        assert tuple(state for _, state in world.job().history) == MASTER
        for number, part in enumerate(world.parts()):
            states = [state for _, state in part.history]
            assert (JobState.PENDING in states) is (number > 0)
            assert tuple(state for state in states if state is not JobState.PENDING) == ORDER[JobType.EXPORT]
        assert world.job().outcome == "complete"

    def test_published_devices_go_one_after_another(self):
        """User guide 2018, how it works: In transit to AWS, "at this point" the next part is prepared."""
        world = simulate(small_export())
        for before, after in pairwise(world.parts()):
            gone = entered(before, JobState.IN_TRANSIT_TO_AWS)
            assert entered(after, JobState.PREPARING_APPLIANCE) == gone
            assert entered(after, JobState.IN_TRANSIT_TO_CUSTOMER) > gone

    def test_law_a_certificate_counts_from_when_the_device_is_prepared(self):
        """The third part waits some three weeks for its turn; its device is good for nine days from its preparation."""
        world = simulate(small_export('assume."EDGE.certificate.lifetime" = "9 d"'))
        third = world.parts()[2]
        assert entered(third, JobState.WITH_CUSTOMER) - entered(third, JobState.NEW) > 9 * DAY
        assert all(world.stream.leg("read", part.id).complete for part in world.parts())

    def test_worked_the_master_is_tied_to_no_device_and_tells_its_parts(self):
        world = World(small_export())
        assert world.job().master
        assert world.parts() == ()
        world.until("Pending")
        assert len(world.parts()) == 3
        assert [world.job(part.id) for part in world.parts()] == list(world.parts())
        assert not any(part.master for part in world.parts())
        world.run()
        life = world.life()
        assert (life.device.share.files, life.device.power.energy) == (0, 0)


class TestDealing:
    def test_worked_sixteen_sixteen_and_eight(self):
        world = simulate(small_export())
        assert [part.device.share.files for part in parts_of(world)] == [16, 16, 8]
        first = parts_of(world)[0].device.share
        assert first.resolve("/buckets/small-export/clips/0000/00000015").size == FILE
        assert (
            parts_of(world)[1].device.share.resolve("/buckets/small-export/clips/0000/00000016").size == FILE
        )
        assert [item.key for item in first.objects("small-export")] == [
            f"clips/0000/{n:08d}" for n in range(16)
        ]

    def test_worked_a_key_range_takes_what_it_says(self):
        change = 'dataset.clips.key_range = { begin = "clips/0000/00000005", end = "clips/0000/0000001" }'
        world = simulate(small_export(change))
        (listed,) = world.stream.of(ExportListed)
        assert (listed.objects, listed.bytes) == (15, 15 * FILE)  # 5 to 19: what begins with the end is in it
        (part,) = parts_of(world)
        keys = [item.key for item in part.device.share.objects("small-export")]
        assert keys == [f"clips/0000/{n:08d}" for n in range(5, 20)]

    def test_worked_overlapping_ranges_bring_each_object_once(self):
        ranges = '[{ end = "clips/0000/00000009" }, { begin = "clips/0000/00000005" }]'
        world = simulate(small_export(f"dataset.clips.key_range = {ranges}"))
        export = world.undertaking
        assert (export.inventory.count, export.inventory.twice) == (FILES, 5)

    def test_worked_an_object_that_no_device_takes_stays_and_is_named(self):
        world = simulate(
            small_export(
                'assume."EDGE.storage.max_file_size" = "4 MB"',
                'dataset.clips.size = { distribution = "lognormal", median = "3 MB", sigma = 0.5 }',
            )
        )
        (told,) = world.stream.of(ExportFailed)
        on_devices = sum(part.device.share.files for part in parts_of(world))
        assert 0 < told.objects == len(told.keys) < FILES
        assert told.why == "larger than the 4 MB that the device takes"
        assert on_devices + told.objects == FILES

    def test_worked_what_lies_in_glacier_waits_or_stays(self):
        rest = '{ name = "old", bucket = "arn:aws:s3:::small-export", files = 3, storage_class = "GLACIER", '
        rest += 'size = { distribution = "fixed", value = "1 MB" }'
        clips = '{ name = "clips", bucket = "arn:aws:s3:::small-export", files = 2, '
        clips += 'size = { distribution = "fixed", value = "1 MB" } }'
        stays = simulate(small_export(f"dataset = [{clips}, {rest} }}]"))
        (told,) = stays.stream.of(ExportFailed)
        assert (told.objects, told.bytes, told.keys[0]) == (3, 3_000_000, "old/0000/00000000")
        waits = simulate(small_export(f'dataset = [{clips}, {rest}, restore = "12 h" }}]'))
        assert waits.undertaking.inventory.count == 5
        later = entered(waits.job(), JobState.PENDING) - entered(stays.job(), JobState.PENDING)
        assert later == pytest.approx(12 * HOUR)


class TestCancelling:
    @pytest.mark.parametrize("state", ["New", "Listing", "Pending"])
    def test_published_until_a_device_is_prepared(self, state):
        world = World(small_export())
        world.until(state)
        world.cancel_job(world.job().id)
        world.run()
        assert world.job().state is JobState.CANCELLED
        assert all(part.state is JobState.CANCELLED for part in world.parts())
        assert not world.stream.legs

    def test_published_not_later(self):
        world = World(small_export())
        world.until("InProgress")
        with pytest.raises(VerbError, match="only a New job can be cancelled"):
            world.cancel_job(world.job().id)

    def test_worked_a_part_that_waits_can_go_alone(self):
        world = World(small_export())
        world.until("InProgress")
        second = world.parts()[1]
        world.cancel_job(second.id)
        world.run()
        first, _, third = world.parts()
        assert (first.state, second.state, third.state) == ("Complete", "Cancelled", "Complete")
        assert entered(third, JobState.PREPARING_APPLIANCE) == entered(first, JobState.IN_TRANSIT_TO_AWS)
        assert world.job().outcome == "part 2 of 3 was cancelled"


class TestWorld:
    def test_worked_the_default_customer_takes_an_export(self):
        world = World(seed=7)
        job = world.create_job(type="EXPORT", device="EDGE_S")
        world.run()
        assert world.job(job).state == "Complete"
        (part,) = world.parts(job)
        read = world.stream.leg("read", part.id)
        assert read.complete
        assert read.total_objects == 1000

    def test_law_the_log_gives_the_same_world_again(self):
        world = World(seed=7)
        job = world.create_job(type="EXPORT", device="EDGE")
        world.advance("20 d")
        again = replay(None, 7, world.log)
        assert again.events == world.events
        assert [part.id for part in again.parts(job)] == [part.id for part in world.parts(job)]

    def test_law_both_legs_of_every_part_are_sampled(self):
        world = simulate(small_export())
        samples = list(world.progress(every="0.1 s"))
        assert {(sample.leg, sample.JobId) for sample in samples} >= {
            (leg, part.id) for part in world.parts() for leg in ("export", "read")
        }
        assert all(sample.BytesTransferred <= sample.TotalBytes for sample in samples if sample.TotalBytes)
        last = {(sample.leg, sample.JobId): sample for sample in samples}
        total = {
            leg: sum(s.BytesTransferred for (name, _), s in last.items() if name == leg)
            for leg in ("export", "read")
        }
        assert total == {"export": FILES * FILE, "read": FILES * FILE}

    def test_worked_a_changed_order_is_what_the_parts_come_by(self):
        world = World(seed=7)
        job = world.create_job(type="EXPORT", device="EDGE")
        world.update_job(job, shipping="NEXT_DAY", buckets=["elsewhere"])
        world.until("Pending", job)
        (part,) = world.parts(job)
        assert (part.order.shipping, part.part_of) == ("NEXT_DAY", job)
        assert world.life(part.id).files[0].bucket == "arn:aws:s3:::elsewhere"


class Shelf:
    """An object store of a few buckets in memory."""

    def __init__(self, **buckets):
        self.buckets = {name.replace("_", "-"): objects for name, objects in buckets.items()}

    def has_bucket(self, bucket):
        return bucket in self.buckets

    def list(self, bucket, first="", last=""):
        keys = sorted(self.buckets[bucket], key=str.encode)
        return (Stored(key, len(self.buckets[bucket][key])) for key in keys if key.encode() >= first.encode())

    def get(self, bucket, key, offset, count):
        return self.buckets[bucket][key][offset : offset + count]

    def put(self, bucket, upload):
        raise AssertionError("an export puts nothing")

    def put_batch(self, bucket, objects):
        raise AssertionError("an export puts nothing")


class TestStore:
    shelf = Shelf(
        small_export={
            "Car": b"c" * 10, "a/1": b"first", "a/2": b"second", "a/": b"", "b": b"third", "ca": b"", "ca/1": b"x",
            "long" * 64: b"y",
        }
    )  # fmt: skip

    def test_worked_its_objects_are_on_the_device_with_their_content(self):
        world = simulate(small_export(), neighbours=Neighbours(objects=self.shelf))
        (part,) = parts_of(world)
        share = part.device.share
        found = {item.key: item.size for item in share.objects("small-export")}
        assert found == {"Car": 10, "a/1": 5, "a/2": 6, "b": 5, "ca/1": 1}
        assert share.read(share.resolve("/buckets/small-export/a/2"), 1, 3) == b"eco"

    def test_worked_what_cannot_come_is_named_with_why(self):
        world = simulate(small_export(), neighbours=Neighbours(objects=self.shelf))
        told = {event.keys: event.why for event in world.stream.of(ExportFailed)}
        assert told == {
            ("a/",): "the key ends in a slash",
            ("ca",): "another key begins with this one and '/': a file cannot be a directory as well",
            ("long" * 64,): "the key has more than 255 characters",
        }

    def test_worked_the_range_is_the_stores(self):
        story = small_export('dataset.clips.key_range = { begin = "a/2", end = "clips" }')
        world = simulate(story, neighbours=Neighbours(objects=self.shelf))
        (part,) = parts_of(world)
        assert {item.key for item in part.device.share.objects("small-export")} == {"a/2", "b", "ca/1"}

    def test_worked_the_api_asks_for_buckets_and_ranges(self):
        world = World(seed=7, neighbours=Neighbours(objects=self.shelf))
        buckets = ["small-export", "small-export"]
        job = world.create_job(
            type="EXPORT", device="EDGE", buckets=buckets, key_ranges=[("a/2", "b"), ("Car", "Car")]
        )
        world.until("Pending", job)
        (part,) = world.parts(job)
        files = world.life(part.id).files[0]
        assert [files.path(i) for i in range(files.count)] == ["Car", "a/2", "b"]

    def test_worked_nothing_in_the_range_or_no_bucket_is_refused_at_creation(self):
        story = small_export('dataset.clips.key_range = { begin = "clips/0", end = "clips/1" }')
        with pytest.raises(ScenarioError, match="the export must be of one object at least"):
            World(story, neighbours=Neighbours(objects=self.shelf))
        with pytest.raises(ScenarioError, match="bucket must be a bucket that there is"):
            World(small_export(), neighbours=Neighbours(objects=Shelf(other={})))
        with pytest.raises(BoundError, match="bucket must be a bucket that there is"):
            World(neighbours=Neighbours(objects=Shelf(other={}))).create_job(type="EXPORT", device="EDGE")

    def test_worked_a_bucket_of_directories_only_is_refused_as_a_scenario(self, tmp_path):
        (tmp_path / "keys.csv").write_text("path,size\na/,0\nb/,0\n")
        source = 'manifest = "keys.csv"'
        text = TEXT.replace("files = 40\n", f"{source}\n").replace(SIZE, "")
        with pytest.raises(ScenarioError, match="the export must be of one object at least"):
            World(scenario.loads(text, "small export", (), tmp_path))


SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(
    files=st.integers(1, 60),
    room=st.integers(10, 90),
    lost=st.sampled_from([0, 0.3, 0.7]),
    damaged=st.sampled_from([0, 0.2]),
    failed=st.sampled_from([0, 0.1]),
    dark=st.sampled_from([0, 1, 2]),
    seed=st.integers(0, 1000),
)
def test_law_every_byte_is_read_or_told_of_whatever_happens(files, room, lost, damaged, failed, dark, seed):
    blackout = f'fault = [{{ kind = "blackout", part = {dark + 1}, at = "1 s", duration = "{dark} h" }}]'
    story = small_export(
        f"dataset.clips.files = {files}",
        'dataset.clips.size = { distribution = "uniform", minimum = "0 B", maximum = "10 MB" }',
        f'assume."EDGE.storage.capacity" = "{room} MB"',
        f'assume."courier.lost" = {lost}',
        f'assume."courier.damaged" = {damaged}',
        f'assume."aws_export.failed" = {failed}',
        *([blackout] if dark else []),
    )
    world = simulate(story, seed=seed)
    export: Export = world.undertaking
    taken, parts = export.inventory, parts_of(world)
    # From S3 to parts: every object on one part, in the order of keys, and none too full.
    keys = [
        part_files.path(i) for part in parts for part_files in part.files for i in range(part_files.count)
    ]
    assert keys == [files.path(i) for files in taken.files for i in range(files.count)]
    sizes = np.concatenate([part_files.sizes for part in parts for part_files in part.files])
    assert np.array_equal(sizes, np.concatenate([files.sizes for files in taken.files]))
    assert all(sum(f.total for f in part.files) <= room * 10**6 for part in parts)
    # The logs name exactly what the stream says did not make it.
    for part in parts:
        made = [there for *_, there in part.outcomes()]
        missed = sum(event.objects for event in world.stream.of(ExportFailed, part.job.id))
        assert made.count(False) == missed
    # From parts to the customer: read, lost on the way, failed, or left on the device.
    for part in parts:
        job = part.job.id
        read = sum(sum(p.kept()) for p in _reading(part)), [p.kept() for p in _reading(part)]
        gone = [
            (e.bytes, e.files if not isinstance(e, ExportFailed) else e.objects)
            for kind in (Lost, Refused, ExportFailed)
            for e in world.stream.of(kind, job)
        ]
        total = [sum(column) for column in zip((0, 0), *read[1], *gone, strict=True)]
        assert total == [sum(f.total for f in part.files), sum(f.count for f in part.files)]
    # One after another.
    for before, after in pairwise(parts):
        gone_at = [at for at, state in before.job.history if state is JobState.IN_TRANSIT_TO_AWS]
        begun = [at for at, state in after.job.history if state is JobState.PREPARING_APPLIANCE]
        over = [at for at, _ in before.job.history][-1]
        assert all(at >= (gone_at[0] if gone_at else over) for at in begun)


def _reading(part):
    readings = part.customer.readings
    return readings.passes[:1] if readings is not None else []


def test_law_parts_never_exceed_the_room():
    world = simulate(small_export('assume."EDGE.storage.max_files" = "10 files"'))
    assert [part.device.share.files for part in parts_of(world)] == [10, 10, 10, 10]
    assert all(part.device.share.used <= ROOM for part in parts_of(world))
