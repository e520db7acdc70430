"""DataTransferProgress of a run: both legs, whole numbers that never fall, and reading them moves nothing."""

import json
from itertools import pairwise

import numpy as np
import pytest
from small_story import BYTES, small_story

from devicesim.errors import BoundError, UnitError
from devicesim.progress import DataTransferProgress
from devicesim.world import World, simulate

COPY_BEGINS = 364_350.0
SLOW = 'client.laptop.rate = "10 Mbit/s"'
MANY = 'dataset.clips.size = { distribution = "lognormal", median = "2 MB", sigma = 1.0 }'
SLOW_IMPORT = (
    'assume."aws_import.rate" = "1 MB/s"',
    'assume."aws_import.object_rate" = "1 objects/s"',
    'assume."aws_import.listing_rate" = "0.5 objects/s"',
)
"""80 s to list forty objects, then 200 s for the bytes and 40 s for the objects."""


def of(world: World, leg: str, every: float | str = 10) -> list[DataTransferProgress]:
    return [sample for sample in world.progress(every) if sample.leg == leg]


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(small_story(SLOW, *SLOW_IMPORT))


class TestBothLegs:
    def test_in_order(self, world: World) -> None:
        assert list(dict.fromkeys(sample.leg for sample in world.progress(10))) == ["ingest", "import"]
        assert {sample.JobId for sample in world.progress(10)} == {world.job().id}

    @pytest.mark.parametrize("leg", ["ingest", "import"])
    def test_last_record_is_the_totals(self, world: World, leg: str) -> None:
        last = of(world, leg)[-1]
        assert (last.BytesTransferred, last.ObjectsTransferred) == (BYTES, 40)
        assert (last.TotalBytes, last.TotalObjects) == (BYTES, 40)
        assert last.seconds == world.stream.leg(leg, world.job().id).end

    @pytest.mark.parametrize("leg", ["ingest", "import"])
    def test_first_record_is_nothing(self, world: World, leg: str) -> None:
        first = of(world, leg)[0]
        assert (first.BytesTransferred, first.ObjectsTransferred) == (0, 0)
        assert first.seconds == world.stream.leg(leg, world.job().id).start

    @pytest.mark.parametrize("leg", ["ingest", "import"])
    def test_whole_and_never_falling(self, world: World, leg: str) -> None:
        for before, after in pairwise(of(world, leg, 1)):
            assert after.seconds > before.seconds
            for name in ("BytesTransferred", "ObjectsTransferred", "TotalBytes", "TotalObjects"):
                assert type(getattr(after, name)) is int
                assert getattr(after, name) >= getattr(before, name)

    def test_every_step(self, world: World) -> None:
        seconds = [sample.seconds for sample in of(world, "ingest", "30 s")]
        assert seconds[:4] == [COPY_BEGINS, COPY_BEGINS + 30, COPY_BEGINS + 60, COPY_BEGINS + 90]

    def test_civil_time(self, world: World) -> None:
        """Friday noon, an hour to unpack, and 12 min 30 s until the service is active; in the customer's offset."""
        assert of(world, "ingest")[0].time == "2026-06-05T13:12:30.000-07:00"


class TestImport:
    def test_totals_are_unknown_until_listed(self, world: World) -> None:
        samples = of(world, "import")
        began = samples[0].seconds
        for sample in samples:
            known = (BYTES, 40) if sample.seconds - began >= 80 else (0, 0)
            assert (sample.TotalBytes, sample.TotalObjects) == known

    def test_nothing_is_transferred_before(self, world: World) -> None:
        began = of(world, "import")[0].seconds
        assert all(s.BytesTransferred == 0 for s in of(world, "import") if s.seconds - began <= 80)

    def test_halfway(self, world: World) -> None:
        """240 s of copying begin after 80 s of listing: after 200 s, half the bytes and objects."""
        samples = {round(s.seconds - of(world, "import")[0].seconds, 6): s for s in of(world, "import")}
        assert samples[200].BytesTransferred == pytest.approx(BYTES / 2, abs=1)
        assert samples[200].ObjectsTransferred == 20
        assert max(samples) == pytest.approx(320)

    def test_only_while_in_progress(self, world: World) -> None:
        entered = {str(state): at for at, state in world.job().history}
        samples = of(world, "import")
        assert (samples[0].seconds, samples[-1].seconds) == (entered["InProgress"], entered["Complete"])

    def test_counts_what_the_device_holds(self) -> None:
        limited = 'overflow = "run"', 'assume."SNC1_HDD.storage.max_files" = "25 files"'
        last = of(simulate(small_story(*limited)), "import")[-1]
        assert (last.ObjectsTransferred, last.TotalObjects, last.BytesTransferred) == (25, 25, 25 * 5_000_000)


class TestIngest:
    def test_totals_are_known_at_once(self, world: World) -> None:
        assert {(s.TotalBytes, s.TotalObjects) for s in of(world, "ingest")} == {(BYTES, 40)}

    def test_objects_follow_bytes(self, world: World) -> None:
        """A file counts when its last reply is back; with four streams up to four are under way."""
        for sample in of(world, "ingest", 1):
            whole = sample.BytesTransferred // 5_000_000
            assert whole - 4 <= sample.ObjectsTransferred <= whole

    def test_what_is_left_is_no_progress(self) -> None:
        """A full device: the copy ends, and its last record is what arrived, not the totals."""
        limited = 'overflow = "run"', 'assume."SNC1_HDD.storage.max_files" = "25 files"'
        last = of(simulate(small_story(*limited)), "ingest")[-1]
        assert (last.ObjectsTransferred, last.TotalObjects) == (25, 40)
        assert (last.BytesTransferred, last.TotalBytes) == (25 * 5_000_000, BYTES)


class TestWhileItRuns:
    @pytest.mark.parametrize("after", [0.0, 0.5, 31.0, 100.3])
    def test_a_record_is_the_same_whenever_it_is_read(self, after: float, world: World) -> None:
        """What is said of a time on the way is what is said of it at the end."""
        early = World(small_story(SLOW, *SLOW_IMPORT))
        early.advance(COPY_BEGINS + after)
        seen = of(early, "ingest", 1)
        assert seen == of(world, "ingest", 1)[: len(seen)]
        assert seen[-1].seconds == COPY_BEGINS + int(after)

    def test_reading_moves_nothing(self) -> None:
        read, unread = (World(small_story(SLOW, MANY, "client.laptop.streams = 2")) for _ in range(2))
        for world in (read, unread):
            world.advance(COPY_BEGINS + 17.3)
        now, due = read.now, read._setting.env.peek()
        for _ in range(3):
            list(read.progress(1)), read.columns(0.5)
        assert (read.now, read._setting.env.peek()) == (now, due)
        for world in (read, unread):
            world.run()
        assert read.events == unread.events
        assert list(read.progress(1)) == list(unread.progress(1))

    def test_nothing_before_the_copy(self) -> None:
        early = World(small_story())
        early.advance("3 d")
        assert list(early.progress(10)) == []


class TestForms:
    def test_columns_are_the_samples(self, world: World) -> None:
        samples, columns = list(world.progress(7)), world.columns(7)
        assert set(columns) == set(DataTransferProgress.__slots__)
        for name, column in columns.items():
            told = ["" if name == "Faults" else getattr(sample, name) for sample in samples]
            assert column.tolist() == told  # no fault was laid into this story, and none is told of
        assert columns["BytesTransferred"].dtype == np.int64

    def test_json_line(self, world: World) -> None:
        record = json.loads(of(world, "ingest")[1].to_json())
        assert record["schema"] == "devicesim.progress/1"
        assert set(record) == {"schema", *DataTransferProgress.__slots__} - {"Faults"}

    @pytest.mark.parametrize("every", [0, -1, float("nan"), float("inf")])
    def test_steps_that_are_none(self, world: World, every: float) -> None:
        with pytest.raises(BoundError, match="every must be > 0 s and finite"):
            list(world.progress(every))

    def test_text_needs_a_unit(self, world: World) -> None:
        with pytest.raises(UnitError, match="a unit is missing"):
            world.progress("10")
