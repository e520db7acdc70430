"""From the device to S3: what the object store is given, and what it refuses."""

from collections.abc import Iterable

import pytest
from small_story import BYTES, small_story

from devicesim.device.neighbours import CountingStore, Neighbours, Upload
from devicesim.progress import ImportFailed, Lost
from devicesim.world import World, simulate

COPY_BEGINS = 364_350.0


class KeepingStore(CountingStore):
    """A store that remembers keys, and refuses those with a given ending."""

    def __init__(self, refused: str = "none", buckets: tuple[str, ...] = ("small-story",)) -> None:
        super().__init__()
        self.refused, self.known = refused, buckets
        self.objects: dict[str, int] = {}
        self.uploads: list[Upload] = []

    def has_bucket(self, bucket: str) -> bool:
        return bucket in self.known

    def put(self, bucket: str, upload: Upload) -> str:
        self.uploads.append(upload)
        return self._take(upload.key, upload.size)

    def put_batch(self, bucket: str, objects: Iterable[tuple[str, int]]) -> dict[str, str]:
        return {key: why for key, size in objects if (why := self._take(key, size))}

    def _take(self, key: str, size: int) -> str:
        if key.endswith(self.refused):
            return "AccessDenied"
        self.objects[key] = size
        return ""


def imported(store: KeepingStore, *changes: str, seed: int = 7) -> World:
    return simulate(small_story(*changes), seed, neighbours=Neighbours(objects=store))


def failed(world: World) -> list[tuple[int, int]]:
    return [(event.objects, event.bytes) for event in world.stream.of(ImportFailed)]


def test_every_file_is_an_object_of_its_path() -> None:
    store = KeepingStore()
    world = imported(store)
    assert store.objects == {f"clips/0000/{i:08d}": 5_000_000 for i in range(40)}
    assert failed(world) == []


def test_what_the_store_refuses_has_failed() -> None:
    """Four of forty names end in 7."""
    store = KeepingStore(refused="7")
    assert failed(imported(store)) == [(4, 20_000_000)]
    assert len(store.objects) == 36


def test_a_bucket_that_is_not_there_takes_nothing() -> None:
    """AWS waits for it, gives up, and erases the device: nothing failed object by object."""
    store = KeepingStore(buckets=())
    world = imported(store)
    ((objects, size),) = [(event.files, event.bytes) for event in world.stream.of(Lost)]
    assert (objects, size, failed(world), store.objects) == (40, BYTES, [], {})


@pytest.mark.parametrize("share", [0.25, 1])
def test_failures_are_the_same_with_a_store_and_without(share: float) -> None:
    change = f'assume."aws_import.failed" = {share}'
    store = KeepingStore()
    with_store, without = imported(store, change), simulate(small_story(change))
    assert failed(with_store) == failed(without) != []
    assert len(store.objects) == 40 - failed(without)[0][0]


def test_failures_are_counted_by_their_sizes() -> None:
    sizes = 'dataset.clips.size = { distribution = "lognormal", median = "2 MB", sigma = 1.0 }'
    change = sizes, 'assume."aws_import.failed" = 0.25'
    store = KeepingStore()
    world = imported(store, *change)
    ((count, size),) = failed(world)
    assert count == 40 - len(store.objects)
    assert size == world.life().device.share.bytes - sum(store.objects.values())


def test_a_file_that_came_through_a_door_brings_content_and_attributes() -> None:
    store = KeepingStore()
    world = World(small_story('job.keep = "1 h"'), neighbours=Neighbours(objects=store))
    world.advance(COPY_BEGINS + 60)
    share = world.life().device.share
    file = share.create(
        share.buckets["small-story"].directory, "note.txt", world.now, mode=0o640, uid=1000, gid=100
    )
    share.write(file, 0, b"hello", world.now)
    world.run()
    (upload,) = store.uploads
    assert (upload.key, upload.size) == ("note.txt", 5)
    assert upload.metadata["file-permissions"] == "0640"
    assert upload.metadata["file-owner"] == "1000"
    assert upload.metadata["user-agent"] == "aws-datasync"
    assert world.stream.leg("import", world.job().id).total_objects == 41


def test_a_device_that_somebody_wrote_to_gets_no_other_data() -> None:
    """What came through a door is the data."""
    world = World(small_story())
    world.until("WithCustomer")
    share = world.life().device.share
    bucket = share.buckets["small-story"]
    share.write(share.create(bucket.directory, "note.txt", world.now), 0, b"hello", world.now)
    world.run()
    assert [(leg.name, leg.total_objects, leg.total_bytes) for leg in world.stream.legs] == [("import", 1, 5)]
