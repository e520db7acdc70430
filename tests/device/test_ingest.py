"""The copy: what is kept over an interruption, what a full device refuses, what a power cut takes back."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_story import BYTES, small_story

from devicesim import answer, units
from devicesim.device.ingest.queue import Queue, queues, refuse
from devicesim.progress import (
    ImportFailed,
    Leg,
    LegEnded,
    LegInterrupted,
    LegResumed,
    LegStarted,
    Lost,
    Refused,
)
from devicesim.scenario import Files
from devicesim.world import World, simulate

COPY_BEGINS = 364_350.0


SLOW = 'client.laptop.rate = "10 Mbit/s"'
GOODPUT = 0.9 * 125e6 * 1448 / 1538
SIZES = 'dataset.clips.size = { distribution = "lognormal", median = "3 MB", sigma = 1.0 }'
LATER = (
    'name = "a", dataset = "clips", rate = "10 Mbit/s"',
    'name = "b", dataset = "clips", rate = "10 Mbit/s", start_after = "1 min"',
)
SPARE = 'site.power = { source = "battery", capacity = "71 Wh", spares = 9, swap = "10 min" }'


def clients(*lines: str) -> str:
    """Several clients instead of one, all over cables."""
    tables = (f'{{ link = "ethernet", nfs = {{ wsize = "1 MiB" }}, {line} }}' for line in lines)
    return f"client = [{', '.join(tables)}]"


def room(size: str) -> tuple[str, str]:
    return 'overflow = "run"', f'assume."SNC1_HDD.storage.capacity" = "{size}"'


def ingest_leg(world: World) -> Leg:
    leg = world.stream.leg("ingest", world.job().id)
    assert leg is not None
    return leg


def copied(world: World) -> tuple[int, int]:
    """Bytes and files as the copy's end tells them."""
    (ended,) = (e for e in world.stream.of(LegEnded) if e.leg == "ingest")
    return ended.bytes, ended.objects


def total(events: list[Refused] | list[Lost]) -> tuple[int, int]:
    return sum(e.bytes for e in events), sum(e.files for e in events)


def there(world: World, bucket: str = "small-story") -> list[int]:
    """Numbers of the files of the first data set that are on the device."""
    return list(world.life().device.share.collections(bucket)[-1])


def cut_at(seconds: float, *changes: str, abrupt: bool = True) -> World:
    """The story with the device going off once, some time into the copy; then it goes on with another battery."""
    world = World(small_story(*changes, SPARE))
    world.advance(COPY_BEGINS + seconds)
    device = world.life().device
    if abrupt:
        device.fail("the plug was pulled")
    else:
        world._setting.env.process(device.shut_down("switched off"))
    world.run()
    return world


class TestCopy:
    def test_everything_arrives(self) -> None:
        world = simulate(small_story(SIZES))
        assert copied(world) == (ingest_leg(world).total_bytes, 40)
        assert there(world) == list(range(40))
        assert ingest_leg(world).complete

    @given(cut=st.floats(1, 150), abrupt=st.booleans())
    @settings(max_examples=10)
    def test_law_the_share_has_what_has_come_at_every_time(self, cut: float, abrupt: bool) -> None:
        """While a copy goes on, what it has brought; interrupted, what it has kept, which the next one goes on from."""
        world = World(small_story(SLOW, SIZES, SPARE))
        share, seen = world.life().device.share, [(0, 0)]
        world.advance(COPY_BEGINS)
        for _ in range(3):
            world.advance(cut / 3)
            size, count = ingest_leg(world).at(world.now)
            assert share.contents == (count.item(), size.item())
            seen.append(share.contents)
        assert seen == sorted(seen)
        device = world.life().device
        if abrupt:
            device.fail("the plug was pulled")
        else:
            world._setting.env.process(device.shut_down("switched off"))
        world.advance(1)
        assert share.contents == (share.files, share.bytes)
        assert share.files <= seen[-1][0]
        assert share.bytes <= seen[-1][1]
        world.run()
        lost = total(world.stream.of(Lost))
        assert share.contents == (40 - lost[1], ingest_leg(world).total_bytes - lost[0])

    @given(
        first=st.floats(1, 150),
        size=st.integers(1, 200_000_000),
        later=st.floats(0.1, 60),
        more=st.booleans(),
    )
    @settings(max_examples=15)
    def test_law_a_client_of_a_door_may_fill_the_disk_meanwhile(
        self, first: float, size: int, later: float, more: bool
    ) -> None:
        """Each gets the room that it comes to first; what the copy finds none for is refused, and said."""
        world = World(small_story(SLOW, SIZES, *room("250 MB")))
        share = world.life().device.share
        world.advance(COPY_BEGINS + first)
        file = share.create(share.buckets["small-story"].directory, "by door", world.now)
        written = 0
        for _ in range(1 + more):
            free = share.statfs().free_bytes
            if free:
                took = share.write(file, written, size, world.now)
                assert took == min(size, free)
                written += took
            assert share.contents[1] <= 250_000_000
            world.advance(later)
        world.run()
        assert share.contents == (share.files, share.bytes)
        assert share.bytes <= 250_000_000
        lost = total(world.stream.of(Refused))
        leg = ingest_leg(world)
        assert (share.files + lost[1], share.bytes + lost[0]) == (41, leg.total_bytes + written)
        assert {e.error for e in world.stream.of(Refused)} <= {"ENOSPC"}

    def test_law_a_client_of_a_door_may_take_the_last_names_meanwhile(self) -> None:
        """Of 45 names the copy was to have 40; a client takes what is left while it has brought 16."""
        world = World(small_story(SLOW, SIZES, 'assume."SNC1_HDD.storage.max_files" = "45"'))
        share = world.life().device.share
        world.advance(COPY_BEGINS + 100)
        came = share.contents[0]
        for number in range(45 - came):
            share.create(share.buckets["small-story"].directory, f"by door {number}", world.now)
        for _ in range(4):
            world.advance(40)
            assert share.contents[0] == 45
        world.run()
        assert share.contents == (45, share.bytes)
        assert total(world.stream.of(Refused))[1] == 40 - came
        assert {e.error for e in world.stream.of(Refused)} == {"EDQUOT"}

    @pytest.mark.parametrize("read", ["statfs", "contents", "power", "progress", "write"])
    def test_law_a_read_changes_no_reply(self, read: str) -> None:
        """A call that counts as issued 40 ms ago is answered alike, whoever has looked at the copy meanwhile."""
        replies = []
        for reads in (False, True):
            world = World(small_story('site.rtt = "50 ms"', "dataset.clips.files = 4000"))
            world.advance(COPY_BEGINS + 1)
            world.open_doors()
            share = world.life().device.share
            file = share.create(share.buckets["small-story"].directory, "by door", world.now)
            world.offer("WRITE", 4096)
            world.advance(0.05)
            look = {
                "statfs": share.statfs,
                "contents": lambda share=share: share.contents,
                "power": world.life().device.power.look,
                "progress": lambda world=world: ingest_leg(world).at(np.array([world.now])),
                "write": lambda share=share, file=file, now=world.now: share.write(file, 0, 4096, now),
            }
            if reads:
                look[read]()
            replies.append(world.offer("WRITE", 4096, since=world.now - 0.04))
        assert replies[0] == replies[1]

    def test_rate_is_that_of_the_link(self) -> None:
        """1.06 MB/s for 200 MB, plus what the first and the last file wait for their calls."""
        leg = ingest_leg(simulate(small_story(SLOW)))
        assert leg.end - leg.start == pytest.approx(BYTES / (GOODPUT / 100), rel=2e-3)

    def test_empty_files_arrive_too(self) -> None:
        world = simulate(small_story('dataset.clips.size = { distribution = "fixed", value = "0 B" }'))
        assert copied(world) == (0, 40)
        assert world.life().device.share.files == 40

    def test_clients_of_one_data_set_copy_each_file_once(self) -> None:
        both = clients(
            'name = "a", dataset = "clips", streams = 2', 'name = "b", dataset = "clips", rate = "100 Mbit/s"'
        )
        world = simulate(small_story(both, SIZES))
        assert copied(world) == (ingest_leg(world).total_bytes, 40)
        transfer = world.life().customer.ingest.sessions[0].transfer
        assert [np.isfinite(transfer.finish(k)).sum() for k in range(2)] == [20, 20]

    def test_client_with_several_data_sets_copies_them_in_order(self) -> None:
        sets = ", ".join(
            f'{{ name = "{name}", bucket = "arn:aws:s3:::small-story", files = 10, '
            f'size = {{ distribution = "fixed", value = "{size} MB" }} }}'
            for name, size in (("first", 2), ("second", 4))
        )
        world = World(small_story(f"dataset = [{sets}]", 'client.laptop.dataset = ["second", "first"]', SLOW))
        world.advance(COPY_BEGINS + 20)
        # 21 MB at 1.06 MB/s: five of the second, none of the first.
        _, count = ingest_leg(world).at(world.now)
        assert count.item() == pytest.approx(5, abs=1)
        world.run()
        assert copied(world) == (60_000_000, 20)

    def test_client_starts_later(self) -> None:
        """Counted from the device being ready, which is when the copy begins; each has a cable of its own."""
        world = simulate(small_story(clients(*LATER)))
        transfer = world.life().customer.ingest.sessions[0].transfer
        times, sent = transfer.curve(1).time, transfer.curve(1).bytes
        first = times[np.flatnonzero(sent)[0]]
        # The first WRITE of 1 MiB is through the link after a second.
        assert 60 < first - COPY_BEGINS < 60 + 1.1
        alone, together = (transfer.progress(COPY_BEGINS + t)[0].item() for t in (60, 90))
        assert alone == pytest.approx(60 * GOODPUT / 100, rel=0.03)
        assert together - alone == pytest.approx(60 * GOODPUT / 100, rel=0.05)


class TestWifi:
    WIFI = (
        'client.laptop.link = "wifi"',
        'site.wifi = { band = "5 GHz", width = "40 MHz", distance = "30 m" }',
        "dataset.clips.files = 300",
    )  # fmt: skip

    def test_fades_change_the_rate(self) -> None:
        """A step every third of the 30 s in which the signal stays itself."""
        world = simulate(small_story(*self.WIFI))
        times, rates = zip(*world.stream.series["wifi.goodput"], strict=True)
        assert len(set(rates)) > 3
        assert np.diff(times[1:]) == pytest.approx(10.0)
        assert all(rate > 0 for rate in rates)

    def test_bytes_follow_the_rate(self) -> None:
        world = simulate(small_story(*self.WIFI))
        leg, (times, rates) = ingest_leg(world), zip(*world.stream.series["wifi.goodput"], strict=True)
        at = np.array([t for t in times if leg.start < t < leg.end])
        sent = np.diff(leg.at(at)[0])
        expected = (
            np.array([rate for t, rate in zip(times, rates, strict=True) if leg.start < t < leg.end])[:-1]
            * 10.0
        )
        # Requests and the calls around the data take their part of the air as well.
        assert sent == pytest.approx(expected, rel=0.1)

    def test_outages_take_most_of_the_rate(self) -> None:
        steady = simulate(small_story(*self.WIFI, 'assume."wifi.shadow_sigma" = "0 dB"'))
        outages = simulate(
            small_story(*self.WIFI, 'assume."wifi.shadow_sigma" = "0 dB"', "site.wifi.outages = true")
        )
        rates = [
            np.array([rate for _, rate in world.stream.series["wifi.goodput"]]) for world in (steady, outages)
        ]
        assert len(set(rates[0])) == 1
        assert set(np.round(rates[1] / rates[0][0], 9)) == {0.1, 1.0}  # wifi.outage.factor
        legs = [ingest_leg(world) for world in (steady, outages)]
        assert legs[1].end - legs[1].start > legs[0].end - legs[0].start

    def test_stations_share_the_air(self) -> None:
        """Two clients on the air take as long as one with all the files, but for what contention costs."""
        steady = *self.WIFI[1:], 'assume."wifi.shadow_sigma" = "0 dB"'
        table = '{ name = "%s", dataset = "clips", link = "wifi", streams = 2, nfs = { wsize = "1 MiB" } }'
        alone = simulate(small_story(*steady, self.WIFI[0]))
        both = simulate(small_story(*steady, f"client = [{table % 'a'}, {table % 'b'}]"))
        took = [ingest_leg(world).end - ingest_leg(world).start for world in (alone, both)]
        assert 0.95 < took[1] / took[0] < 1.3

    def test_energy_of_the_radio_is_counted(self) -> None:
        """2.1 W less 0.8 W for as long as the air is busy, which is 97 % of the copy."""
        steady = *self.WIFI, 'assume."wifi.shadow_sigma" = "0 dB"'
        world = simulate(small_story(*steady))
        base = simulate(small_story(*steady, 'assume."SNC1_HDD.power.wifi_active" = "0.8 W"'))
        leg = ingest_leg(world)
        more = world.life().device.power.energy - base.life().device.power.energy
        assert more == pytest.approx(1.3 * 0.97 * (leg.end - leg.start), rel=0.02)


class TestInterruption:
    def test_finished_files_are_kept_and_the_others_start_again(self) -> None:
        """Ten megabytes in, with one stream: two files are done, and the third half-way."""
        world = cut_at(12.0, SLOW, "client.laptop.streams = 1", 'client.laptop.nfs.durability = "commit"')
        (stopped,), (resumed,) = world.stream.of(LegInterrupted), world.stream.of(LegResumed)
        assert (stopped.objects, stopped.bytes) == (resumed.objects, resumed.bytes) == (2, 10_000_000)
        first, second = world.life().customer.ingest.sessions
        assert np.isfinite(first.transfer.finish(0)).sum() == 2
        assert second.transfer.finish(0).size == 38
        assert copied(world) == (BYTES, 40)
        assert there(world) == list(range(40))

    def test_a_file_cut_off_half_way_costs_its_time_twice(self) -> None:
        whole = simulate(small_story(SLOW, "client.laptop.streams = 1"))
        cut = cut_at(12.0, SLOW, "client.laptop.streams = 1", 'client.laptop.nfs.durability = "commit"')
        sessions = cut.life().customer.ingest.sessions
        copying = sum(session.end - session.start for session in sessions)
        half = 12.0 - 10_000_000 / (GOODPUT / 100)
        alone = ingest_leg(whole).end - ingest_leg(whole).start
        assert copying - alone == pytest.approx(half, abs=0.05 * 40)

    @pytest.mark.parametrize("abrupt", [True, False])
    def test_both_ends_are_told(self, abrupt: bool) -> None:
        world = cut_at(60.0, SLOW, abrupt=abrupt)
        events = [
            e for e in world.events if isinstance(e, (LegStarted, LegInterrupted, LegResumed, LegEnded))
        ]
        assert [type(e) for e in events[:4]] == [LegStarted, LegInterrupted, LegResumed, LegEnded]
        assert events[1].at == COPY_BEGINS + 60
        # Off at once, or after 20 s; 10 min for the battery, 660 s to boot and unlock, 90 s for the service, and
        # 120 s to stop it first where it was left DEACTIVATED.
        assert events[2].at - events[1].at == pytest.approx(600 + 660 + 90 + (120 if abrupt else 20))

    def test_counters_never_fall(self) -> None:
        world = cut_at(12.0, SLOW, SIZES)
        leg = ingest_leg(world)
        size, count = leg.at(np.linspace(leg.start - 10, leg.end + 10, 2000))
        assert (np.diff(size) >= 0).all()
        assert (np.diff(count) >= 0).all()
        assert (size[-1], count[-1]) == (leg.total_bytes, leg.total_objects)

    def test_counters_stand_while_the_device_is_off(self) -> None:
        world = cut_at(30.0, SLOW)
        leg = ingest_leg(world)
        size, count = leg.at([COPY_BEGINS + 30, COPY_BEGINS + 600, COPY_BEGINS + 1400])
        assert len(set(size)) == len(set(count)) == 1

    def test_later_clients_wait_for_their_time_still(self) -> None:
        world = cut_at(12.0, clients(LATER[0], LATER[1].replace("1 min", "2 h")))
        second = world.life().customer.ingest.sessions[1].transfer
        times, sent = second.curve(1).time, second.curve(1).bytes
        assert times[np.flatnonzero(sent)[0]] - COPY_BEGINS == pytest.approx(7200, abs=2)


class TestPowerCut:
    """With ``async`` a file is acknowledged from memory; a power cut takes what the disk does not have."""

    def test_async_loses_what_was_in_the_page_cache(self) -> None:
        """A second into the copy, 106 MB are in; the kernel lets 70 MB lie (cache.background): 14 files of 5 MB.

        Four streams: of the files that those bytes belong to up to four are not finished, and copied again.
        """
        world = cut_at(1.0)
        (lost,) = world.stream.of(Lost)
        assert lost.where == "device"
        assert lost.bytes == 5_000_000 * lost.files
        assert lost.files == pytest.approx(70 / 5, abs=4)
        assert world.life().device.share.files == 40 - lost.files

    def test_the_client_does_not_know(self) -> None:
        """It takes the files for copied, so they are not copied again: they are missing in S3."""
        world = cut_at(1.0)
        (lost,) = world.stream.of(Lost)
        assert copied(world) == (BYTES, 40)
        imported = world.stream.leg("import", world.job().id)
        assert (imported.total_objects, imported.total_bytes) == (40 - lost.files, BYTES - lost.bytes)

    @pytest.mark.parametrize("durability", ["commit", "sync"])
    def test_commit_and_sync_lose_nothing(self, durability: str) -> None:
        world = cut_at(1.0, f'client.laptop.nfs.durability = "{durability}"')
        assert world.stream.of(Lost) == []
        assert world.life().device.share.files == 40

    def test_only_the_client_that_took_the_risk_loses(self) -> None:
        both = clients('name = "a", dataset = "clips"', 'name = "b", dataset = "clips"').replace(
            '"1 MiB" }, name = "b"', '"1 MiB", durability = "commit" }, name = "b"'
        )
        world = cut_at(0.8, both)
        (lost,) = world.stream.of(Lost)
        assert lost.files > 0
        missing = set(range(40)) - set(there(world))
        assert missing
        assert all(number % 2 == 0 for number in missing)  # the first client's, which takes every other file

    def test_a_clean_end_loses_nothing(self) -> None:
        world = cut_at(1.0, abrupt=False)
        assert world.stream.of(Lost) == []
        assert world.life().device.share.files == 40

    def test_what_is_old_is_on_the_disk(self) -> None:
        """Pages older than 30 s have been written: 32 MB are at risk, which may belong to four files more."""
        world = cut_at(120.0, SLOW)
        assert 0 < sum(e.bytes for e in world.stream.of(Lost)) <= 30 * GOODPUT / 100 + 4 * 5_000_000


class TestFull:
    """A device that is full says ENOSPC, one with 40 million files EDQUOT; what fits is kept."""

    @pytest.mark.parametrize(
        ("size", "fits"),
        [
            ("50 MB", 10),
            ("49.999999 MB", 9),
            ("54 MB", 10),
            ("4 MB", 0),
            ("200 MB", 40),
            ("199.999999 MB", 39),
        ],
    )
    def test_one_client_at_the_right_file(self, size: str, fits: int) -> None:
        world = simulate(small_story(*room(size)))
        assert there(world) == list(range(fits))
        refused = world.stream.of(Refused)
        assert [(e.error, e.files, e.bytes) for e in refused] == (
            [("ENOSPC", 40 - fits, (40 - fits) * 5_000_000)] if fits < 40 else []
        )
        assert ingest_leg(world).complete == (fits == 40)

    def test_files_of_many_sizes(self) -> None:
        """The files that fit one after the other, and nothing after the first that does not."""
        world = simulate(small_story(SIZES, *room("60 MB")))
        sizes = world.life().device.share.collections("small-story")[0].sizes
        fits = int(np.searchsorted(np.cumsum(sizes), 60_000_000, side="right"))
        assert there(world) == list(range(fits))
        assert world.life().device.share.bytes == sizes[:fits].sum() <= 60_000_000

    @pytest.mark.parametrize("files", [1, 25, 39])
    def test_file_limit(self, files: int) -> None:
        limit = 'overflow = "run"', f'assume."SNC1_HDD.storage.max_files" = "{files} files"'
        world = simulate(small_story(*limit))
        assert there(world) == list(range(files))
        assert [(e.error, e.files) for e in world.stream.of(Refused)] == [("EDQUOT", 40 - files)]

    @pytest.mark.parametrize(("size", "files", "error"), [("50 MB", 12, "ENOSPC"), ("70 MB", 12, "EDQUOT")])
    def test_whichever_limit_comes_first(self, size: str, files: int, error: str) -> None:
        both = *room(size), f'assume."SNC1_HDD.storage.max_files" = "{files} files"'
        assert [e.error for e in simulate(small_story(*both)).stream.of(Refused)] == [error]

    @pytest.mark.parametrize(
        "limit", [room("100 MB"), ('overflow = "run"', 'assume."SNC1_HDD.storage.max_files" = "20 files"')]
    )
    def test_two_clients_race_for_the_last_room(self, limit: tuple[str, ...]) -> None:
        """Who is faster gets more of it: whatever is kept would have been finished before whatever is refused."""
        both = clients('name = "a", dataset = "clips"', 'name = "b", dataset = "clips", rate = "300 Mbit/s"')
        world, endless = simulate(small_story(both, *limit)), simulate(small_story(both))
        transfer = endless.life().customer.ingest.sessions[0].transfer
        finish = np.empty(40)
        finish[0::2], finish[1::2] = transfer.finish(0), transfer.finish(1)
        kept = np.isin(np.arange(40), there(world))
        assert kept.sum() == 20
        assert finish[kept].max() <= finish[~kept].min()
        assert kept[0::2].sum() > kept[1::2].sum() > 0
        assert [e.files for e in world.stream.of(Refused)] == [20]

    def test_what_an_earlier_copy_left_counts(self) -> None:
        """7.9999 TB are there already: room for 100 MB, 20 files."""
        held = 'job.holds = { files = 1000, size = "7.9999 TB" }', 'overflow = "run"'
        world = simulate(small_story(*held))
        assert [(e.error, e.files) for e in world.stream.of(Refused)] == [("ENOSPC", 20)]
        assert world.life().device.share.files == 1020
        imported = world.stream.leg("import", world.job().id)
        assert imported.total_objects == 1020
        assert imported.total_bytes == 7_999_900_000_000 + 100_000_000

    def test_earlier_files_count(self) -> None:
        held = 'job.holds = { files = 39_999_990, size = "1 TB" }', 'overflow = "run"'
        world = simulate(small_story(*held))
        assert [(e.error, e.files) for e in world.stream.of(Refused)] == [("EDQUOT", 30)]

    def test_room_is_not_taken_twice_over_an_interruption(self) -> None:
        world = cut_at(12.0, SLOW, *room("50 MB"), 'client.laptop.nfs.durability = "commit"')
        assert there(world) == list(range(10))
        assert total(world.stream.of(Refused)) == (150_000_000, 30)

    def test_files_too_large_for_the_device(self) -> None:
        """They are refused one by one, and the others go on."""
        limit = 'overflow = "run"', 'assume."SNC1_HDD.storage.max_file_size" = "4 MB"'
        world = simulate(small_story(SIZES, *limit))
        sizes = world.life().device.share.collections("small-story")[0].sizes
        large = sizes > 4_000_000
        assert there(world) == np.flatnonzero(~large).tolist()
        assert [(e.error, e.files, e.bytes) for e in world.stream.of(Refused)] == [
            ("EFBIG", large.sum(), sizes[large].sum())
        ]

    def test_earlier_copy_keeps_its_bytes(self) -> None:
        """A hundred bytes in three files are a hundred bytes."""
        world = simulate(small_story('job.holds = { files = 3, size = "100 B" }'))
        assert world.life().device.share.bytes == BYTES + 100


class TestNothingMoves:
    """A copy that cannot go on is given up, and the story goes on."""

    GONE = (
        'site.wifi = { band = "5 GHz", width = "80 MHz", distance = "5 km" }',
        'client.laptop.link = "wifi"',
    )
    HOG = (
        'instance = [{ name = "hog", type = "snc1.small", network = "11 Gbit/s" }]',
        'instance = [{ name = "hog", type = "snc1.small", disk = "300 MB/s" }]',
    )

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param(GONE, id="out of reach of the radio"),
            pytest.param((HOG[0],), id="no network left"),
            pytest.param((HOG[1], "dataset.clips.files = 80"), id="no disk left"),
            pytest.param(
                ('site.ambient = "55 °C"', 'client.laptop.rate = "3 Mbit/s"'), id="too hot for the disk"
            ),
        ],
    )
    def test_given_up(self, changes: tuple[str, ...]) -> None:
        """default_customer.patience, here 2 h; what has moved at first is seen to stand still an eighth of it late."""
        world = simulate(small_story(*changes, 'assume."default_customer.patience" = "2 h"'))
        (left,) = world.stream.of(Refused)
        # What a disk that stands still never got is lost at power-off; the rest was never copied.
        arrived = world.life().device.share.files + total(world.stream.of(Lost))[1]
        assert (left.error, left.files) == ("", ingest_leg(world).total_objects - arrived)
        assert left.why == "the copy could not go on: nothing moved for 2 h"
        assert world.job().outcome == "complete"
        assert 7200 <= left.at - COPY_BEGINS <= 7200 + 3 * 900

    def test_a_client_that_begins_later_is_waited_for(self) -> None:
        world = simulate(small_story('client.laptop.start_after = "3 d"'))
        assert copied(world) == (BYTES, 40)

    def test_waiting_costs_few_events(self) -> None:
        """Three days until a copy of two seconds begins."""
        world = World(small_story('client.laptop.start_after = "1 d"', 'client.laptop.rate = "10 Gbit/s"'))
        world.advance(COPY_BEGINS + 1)
        steps = 0
        while world._setting.env.peek() < COPY_BEGINS + 86_000 and steps < 5000:
            world._setting.env.step()
            steps += 1
        assert steps < 5000

    def test_a_device_that_never_came_up_leaves_everything(self) -> None:
        world = simulate(small_story('site.power = { source = "battery", capacity = "1 Wh" }'))
        assert [(e.error, e.files, e.bytes) for e in world.stream.of(Refused)] == [("", 40, BYTES)]

    def test_what_nobody_copies_is_no_part_of_the_copy(self) -> None:
        sets = ", ".join(
            f'{{ name = "{name}", bucket = "arn:aws:s3:::small-story", files = 3, '
            'size = { distribution = "fixed", value = "1 MB" } }'
            for name in ("clips", "forgotten")
        )
        world = simulate(small_story(f"dataset = [{sets}]"))
        assert copied(world) == (3_000_000, 3)
        assert ingest_leg(world).complete


class TestQueues:
    """Dealing out files, and refusing them, without a device."""

    @staticmethod
    def queue(*sizes: int) -> Queue:
        column = np.array(sizes, dtype=np.int64)
        return Queue(column, np.zeros_like(column), np.arange(column.size))

    def test_in_turn(self) -> None:
        story = small_story(clients(*(f'name = "{name}", dataset = "clips"' for name in "abc")))
        dealt = queues(story, [Files("clips", "arn:aws:s3:::small-story", np.arange(7))])
        assert [queue.index.tolist() for queue in dealt] == [[0, 3, 6], [1, 4], [2, 5]]
        assert [queue.sizes.tolist() for queue in dealt] == [[0, 3, 6], [1, 4], [2, 5]]

    def test_refused_from_the_first_that_does_not_fit(self) -> None:
        waiting = self.queue(3, 3, 9, 1)
        assert refuse([waiting], [np.arange(4.0)], space=7, files=99) == "ENOSPC"
        assert waiting.refused.tolist() == [False, False, True, True]
        assert waiting.left.tolist() == [0, 1]

    def test_done_files_ask_for_no_room(self) -> None:
        waiting = self.queue(5, 5, 5)
        waiting.done[0] = True
        assert refuse([waiting], [np.arange(3.0)], space=5, files=99) == "ENOSPC"
        assert waiting.refused.tolist() == [False, False, True]

    @given(
        st.lists(
            st.lists(st.tuples(st.integers(0, 99), st.integers(0, 20)), max_size=8), min_size=1, max_size=3
        ),
        st.integers(0, 100),
        st.integers(0, 20),
    )
    def test_laws(self, columns: list[list[tuple[int, int]]], space: int, files: int) -> None:
        """What is kept fits; nothing that is refused would have been done before it; the first refused does not fit."""
        waiting = [self.queue(*(size for _, size in column)) for column in columns]
        order = [np.array(sorted(at for at, _ in column), dtype=np.float64) for column in columns]
        error = refuse(waiting, order, space, files)
        times = np.concatenate(order)
        sizes, gone = (np.concatenate([getattr(q, name) for q in waiting]) for name in ("sizes", "refused"))
        used, count = int(sizes[~gone].sum()), int((~gone).sum())
        assert used <= space
        assert count <= files
        assert (error != "") == gone.any()
        if gone.any():
            assert (times[~gone] <= times[gone].min()).all()
            soonest = sizes[gone][times[gone] == times[gone].min()]
            assert count == files if error == "EDQUOT" else used + soonest.max() > space


def conserved(world: World) -> Iterator[tuple[int, int]]:
    """Both sides of every balance of files."""
    leg, (size, count) = ingest_leg(world), copied(world)
    away = total(world.stream.of(Refused))
    yield leg.total_bytes, size + away[0]
    yield leg.total_objects, count + away[1]
    lost = total(world.stream.of(Lost))
    share = world.life().device.share
    on_the_way = [e for e in world.stream.of(Lost) if e.where == "return"]
    if not on_the_way:
        yield share.bytes, size - lost[0]
        yield share.files, count - lost[1]
    imported = world.stream.leg("import", world.job().id)
    if imported is not None:
        failed = world.stream.of(ImportFailed)
        in_s3 = imported.total_objects - sum(e.objects for e in failed)
        yield leg.total_objects, in_s3 + lost[1] + away[1] + sum(e.objects for e in failed)


@settings(max_examples=40, deadline=None)
@given(
    median=st.sampled_from(["100 kB", "2 MB", "20 MB"]),
    capacity=st.sampled_from(["8 TB", "150 MB", "40 MB"]),
    most_files=st.sampled_from([40_000_000, 17]),
    rate=st.sampled_from(["1 Gbit/s", "10 Mbit/s"]),
    durability=st.sampled_from(["async", "commit", "sync"]),
    second=st.booleans(),
    cuts=st.lists(st.tuples(st.floats(0.1, 0.9), st.booleans()), max_size=3),
    failed=st.sampled_from([0, 0.2]),
    seed=st.integers(0, 1000),
)
@example("100 kB", "8 TB", 40_000_000, "1 Gbit/s", "async", False, [(0.5, True)], 0, 0)
def test_files_and_bytes_are_conserved(
    median: str,
    capacity: str,
    most_files: int,
    rate: str,
    durability: str,
    second: bool,
    cuts: list[tuple[float, bool]],
    failed: float,
    seed: int,
) -> None:
    """Copied + refused + left behind is the total; in S3 + lost + refused + failed is too.

    ``cuts`` are when the device goes off, as shares of the time that the link needs for all of it, and if abruptly.
    """
    lines = [
        f'name = "{name}", dataset = "clips", rate = "{rate}", streams = 2'
        for name in ("ab" if second else "a")
    ]
    both = clients(*lines).replace('"1 MiB"', f'"1 MiB", durability = "{durability}"')
    world = World(
        small_story(
            both, SPARE, *room(capacity), f'assume."SNC1_HDD.storage.max_files" = "{most_files} files"',
            f'dataset.clips.size = {{ distribution = "lognormal", median = "{median}", sigma = 1.0 }}',
            f'assume."aws_import.failed" = {failed}',
        ),
        seed=seed,
    )  # fmt: skip
    device = world.life().device
    for wait, abrupt in cuts:
        world.until(lambda w: w.life().device.nfs == "ACTIVE" or w.job().outcome != "")
        if world.stream.legs:
            world.advance(wait * world.stream.legs[0].total_bytes / units.parse(rate, units.RATE))
        if device.nfs != "ACTIVE":
            break
        if abrupt:
            device.fail("the plug was pulled")
        else:
            world._setting.env.process(device.shut_down("switched off"))
            world.advance(0)
    world.run()
    assert world.job().outcome == "complete"
    for one, other in conserved(world):
        assert one == other


def test_no_bucket_name_is_invented() -> None:
    world = simulate(small_story())
    assert list(world.life().device.share.buckets) == ["small-story"]
    assert all(
        re.fullmatch(r"clips/0000/\d{8}", item.key)
        for item in world.life().device.share.objects("small-story")
    )


def test_worked_mains_that_fail_are_told_as_a_power_failure() -> None:
    # One second without power is over before the device has started again: the copy goes on and ends.
    fault = 'fault = [{ kind = "blackout", at = "1 s", duration = "1 s" }]'
    world = simulate(small_story(fault))
    (stopped,) = world.stream.of(LegInterrupted)
    assert stopped.why == "power failed"
    assert world.stream.of(LegResumed)
    assert copied(world) == (BYTES, ingest_leg(world).total_objects)


def test_worked_a_blackout_after_the_device_went_back_is_told() -> None:
    fault = 'fault = [{ kind = "blackout", at = "30 d", duration = "1 h" }]'
    report = answer(simulate(small_story(fault)))
    assert "fault blackout at 30.0 d: the device was not at work then" in report.notes
