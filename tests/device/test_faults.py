"""Faults on purpose: each befalls what it says, leaves its labels, and its consequences name it."""

import json

import pytest
from cluster_story import cluster_story
from small_story import small_story

from devicesim.device.neighbours import CountingStore, Neighbours
from devicesim.errors import BoundError, ScenarioError, UnknownNameError, VerbError
from devicesim.progress import (
    DeviceChanged,
    FaultBegan,
    FaultEnded,
    ImportFailed,
    LegEnded,
    LegInterrupted,
    LegStarted,
    Lost,
    QuorumChanged,
    Refused,
    event_json,
)
from devicesim.report.fold import answer
from devicesim.world import World, replay, simulate

SLOW_LINK = 'client.laptop.rate = "10 Mbit/s"'
"""On which the 200 MB take some three minutes."""
COPY_BEGINS = 364_350.0
"""As in the tests of the World: when the device of the small story first serves."""


def fault(kind: str, at: str, **members: object) -> str:
    told = "".join(f", {name} = {json.dumps(value)}" for name, value in members.items())
    return f'fault = [{{ kind = "{kind}", at = "{at}"{told} }}]'


def copying(world: World) -> float:
    ((began,), (ended,)) = world.stream.of(LegStarted)[:1], world.stream.of(LegEnded)[:1]
    return ended.at - began.at


class TestLabels:
    def test_worked_a_cable_out_for_a_minute_makes_the_copy_a_minute_longer(self) -> None:
        """Nothing is lost on the way: what was sent stays sent, and the link carries nothing for 60 s."""
        plain = simulate(small_story(SLOW_LINK))
        world = simulate(small_story(SLOW_LINK, fault("cable-pulled", "40 s", duration="60 s")))
        assert copying(world) == pytest.approx(copying(plain) + 60, abs=0.1)
        (began,), (ended,) = world.stream.of(FaultBegan), world.stream.of(FaultEnded)
        assert (began.at, began.fault, began.kind, began.where) == (
            COPY_BEGINS + 40,
            "F1",
            "cable-pulled",
            "link of laptop",
        )
        assert (began.lasts, ended.at, ended.fault) == (60, COPY_BEGINS + 100, "F1")

    def test_worked_a_power_cut_is_the_cause_of_what_follows(self) -> None:
        story = small_story(SLOW_LINK, 'client.laptop.nfs.durability = "async"')
        world = World(story)
        world.advance(COPY_BEGINS + 100)
        assert world.inject("power-cut", duration="10 min") == "F1"
        world.run()
        (off, *_) = [e for e in world.stream.of(DeviceChanged) if e.state == "off"]
        (lost,), (stopped,) = world.stream.of(Lost), world.stream.of(LegInterrupted)
        assert [off.fault, lost.fault, stopped.fault] == ["F1", "F1", "F1"]
        assert len(lost.names) == lost.files > 0
        assert all(name.startswith("/buckets/small-story/clips/") for name in lost.names)
        (ended,) = world.stream.of(FaultEnded)
        assert ended.at == COPY_BEGINS + 700
        assert "F1 power-cut: the plug is pulled for 10 min" in answer(world).sections[0].lines[0]

    def test_worked_a_label_is_a_record_of_the_stream(self) -> None:
        world = World(small_story(SLOW_LINK))
        world.advance(COPY_BEGINS + 10)
        world.inject("slow-disk", factor="50 %", duration="1 h")
        (began,) = world.stream.of(FaultBegan)
        record = json.loads(event_json(began, world.epoch))
        assert {
            "event": "FaultBegan",
            "fault": "F1",
            "where": "disk",
            "lasts": 3600.0,
        }.items() <= record.items()
        assert "names" not in record
        (started, *_) = world.stream.of(LegStarted)
        assert "fault" not in json.loads(event_json(started, world.epoch))

    def test_worked_ids_are_the_scenarios_then_the_injected_ones(self) -> None:
        world = World(small_story(SLOW_LINK, fault("slow-disk", "30 d", factor="0 %", duration="1 h")))
        world.advance(COPY_BEGINS + 10)
        assert world.inject("cable-pulled", at="2 min", duration="1 s") == "F2"
        world.run()
        assert [(each.id, each.state) for each in world.faults] == [("F1", "missed"), ("F2", "over")]
        assert "fault slow-disk at 30.0 d: the device was not at work then" in answer(world).notes


def test_worked_the_plug_pulled_by_hand_is_labelled_too() -> None:
    world = World(small_story(SLOW_LINK, 'client.laptop.nfs.durability = "async"'))
    world.advance(COPY_BEGINS + 100)
    world.cut_power()
    world.advance("1 h")
    world.power_on()
    world.run()
    (began,), (ended,) = world.stream.of(FaultBegan), world.stream.of(FaultEnded)
    (lost,) = world.stream.of(Lost)
    assert (began.kind, began.fault, lost.fault, ended.at - began.at) == ("power-cut", "F1", "F1", 3600)
    assert world.job().outcome == "complete"


class TestInject:
    def test_law_replay_is_the_same_world(self) -> None:
        world = World(small_story(SLOW_LINK))
        world.advance(COPY_BEGINS + 10)
        world.inject("slow-disk", factor="1 %", duration="5 min")
        world.advance("20 s")
        world.inject("cable-pulled", at="10 s", client="laptop", duration="1 min")
        world.inject("power-cut", at="3 min", duration="1 min")
        world.run()
        again = replay(world.scenario, world.seed, world.log)
        assert (again.events, again.log, again.faults) == (world.events, world.log, world.faults)

    @pytest.mark.parametrize(
        ("kind", "members", "error", "words"),
        [
            ("wifi-outrage", {}, UnknownNameError, "unknown kind of fault 'wifi-outrage'; did you mean 'wifi-outage'?"),
            ("slow-disk", {"factor": "5 %"}, BoundError, "duration must be given, got nothing"),
            ("slow-disk", {"factor": "5 %", "duration": "0 s"}, BoundError, "duration must be at least 1 s, got '0 s'"),
            ("slow-disk", {"factor": 5, "duration": "9 s"}, BoundError, "factor must be a quantity: expected"),
            ("cable-pulled", {"client": "pc", "duration": "9 s"}, VerbError, "must be a client on a cable, got 'pc'"),
            ("wifi-outage", {"duration": "9 s"}, VerbError, "cannot befall this job: no client is on Wi-Fi"),
            ("node-lost", {"nodes": [1]}, VerbError, "needs a cluster"),
        ],
    )  # fmt: skip
    def test_law_what_cannot_be_is_refused_and_not_logged(self, kind, members, error, words) -> None:
        world = World(small_story())
        world.advance(COPY_BEGINS + 1)
        with pytest.raises(error) as refused:
            world.inject(kind, **members)
        assert words in str(refused.value)
        assert len(world.log) == 1
        assert world.faults == ()

    def test_law_a_fault_now_needs_the_device_at_its_customers(self) -> None:
        world = World(small_story())
        with pytest.raises(VerbError, match=r"befalls a device at its customer's, and job JID.* is New"):
            world.inject("slow-disk", factor="5 %", duration="9 s")


@pytest.mark.parametrize(
    ("told", "path", "why"),
    [
        (fault("wifi-outage", "1 h", duration="1 h"), "fault[0].kind", "no client is on Wi-Fi"),
        (
            fault("cable-pulled", "1 h", duration="1 h", client="desk"),
            "fault[0].client",
            "must be a client on a cable, got 'desk'",
        ),
        (
            fault("power-cut", "1 h", duration="1 h", nodes=[1]),
            "fault[0].kind",
            "a power-cut fault of nodes needs a cluster, and [cluster] is missing",
        ),
        (fault("slow-disk", "1 h", duration="1 h", factor="5 %", part=2), "fault[0].part", "only an EXPORT has parts"),
    ],
)  # fmt: skip
def test_law_a_fault_that_cannot_befall_a_story_is_refused_in_its_place(
    told: str, path: str, why: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        small_story(told)
    assert [(problem.path, problem.why) for problem in refused.value.problems] == [(path, why)]


def test_law_a_hop_is_over_before_the_next_begins() -> None:
    with pytest.raises(ScenarioError, match="'gap' must be at most 'every', got 10 s"):
        small_story(fault("wifi-roam", "1 h", every="2 s", gap="10 s"))


def test_law_a_disk_that_stands_still_is_not_the_end_of_the_story() -> None:
    """It stands still for an hour, and the copy needs an hour more but for what the page cache took meanwhile."""
    plain = copying(simulate(small_story(SLOW_LINK)))
    world = simulate(small_story(SLOW_LINK, fault("slow-disk", "1 s", factor="0 %", duration="1 h")))
    assert plain < copying(world) <= plain + 3601
    assert world.job().outcome == "complete"


ON_BATTERY = ('site.power.source = "battery"', 'site.power.capacity = "71 Wh"', "site.power.spares = 2")
ON_WIFI = (
    'client.laptop.link = "wifi"',
    'site.wifi = { band = "5 GHz", width = "80 MHz", distance = "10 m" }',
    'assume.wifi.shadow_sigma = "0 dB"',
)
"""Air that does not fade: between the link budget and the files nothing is drawn."""


def labels(world: World) -> list[tuple[str, str]]:
    return [(each.kind, each.words) for each in world.stream.of(FaultBegan)]


class TestKinds:
    def test_worked_an_outage_of_the_air_and_two_hops_take_their_time(self) -> None:
        """30 s of outage, then two hops of 2 s each: 34 s in all, on a link that is the bottleneck throughout."""
        plain = simulate(small_story(*ON_WIFI, "dataset.clips.files = 400"))
        world = World(small_story(*ON_WIFI, "dataset.clips.files = 400"))
        world.until(lambda w: bool(w.stream.of(LegStarted)))
        world.advance("5 s")
        world.inject("wifi-outage", duration="30 s")
        world.inject("wifi-roam", at="32 s", hops=2, every="5 s", gap="2 s")
        world.run()
        assert copying(world) == pytest.approx(copying(plain) + 34, abs=0.5)
        assert labels(world)[1] == ("wifi-roam", "roams 2 times")

    def test_worked_a_battery_that_dies_is_swapped_and_wastes_what_was_in_it(self) -> None:
        world = World(small_story(*ON_BATTERY, SLOW_LINK))
        world.until(lambda w: bool(w.stream.of(LegStarted)))
        world.advance("30 s")
        world.inject("battery-dead")
        power = world.life().device.power
        swaps = power.capacity
        assert power.charge == 0
        assert power.wasted + power.energy / power.efficiency == pytest.approx(swaps)
        world.run()
        assert (power.swaps, world.job().outcome) == (1, "complete")
        (off, *_) = [each for each in world.stream.of(DeviceChanged) if each.state == "off"]
        assert (off.why, off.fault) == ("the battery died", "F1")

    @pytest.mark.parametrize(("supply", "goes_off"), [("1 W", True), ("60 W", False)])
    def test_law_a_brown_out_ends_what_draws_more(self, supply: str, goes_off: bool) -> None:
        world = World(small_story(SLOW_LINK))
        world.advance(COPY_BEGINS + 30)
        world.inject("brown-out", supply=supply, duration="20 min")
        assert (world.life().device.state == "off") is goes_off
        world.run()
        assert world.job().outcome == "complete"
        causes = [each.fault for each in world.stream.of(LegInterrupted)]
        assert causes == (["F1"] if goes_off else [])
        back = [each.at for each in world.stream.of(DeviceChanged) if each.state == "booting"]
        assert len(back) == 1 + goes_off
        assert not goes_off or back[1] == COPY_BEGINS + 30 + 1200

    def test_law_a_hot_room_stops_the_disk_until_it_has_cooled(self) -> None:
        story = small_story('client.laptop.rate = "10 Mbit/s"', "dataset.clips.files = 4000")
        world = World(story)
        world.advance(COPY_BEGINS + 60)
        world.inject("overheating", ambient="70 °C", duration="3 h")
        world.run()
        heat = [each.what for each in world.events if type(each).__name__ == "TemperatureChanged"]
        assert heat.index("disk stopped") < heat.index("disk runs again")
        assert world.job().outcome == "complete"

    def test_worked_a_drive_at_its_sustained_rate(self) -> None:
        """15 of 190 MB/s are left, for ten minutes; a gigabit asks for more, and the page cache is soon full."""
        story = small_story("dataset.clips.files = 2000")
        plain, world = simulate(story), World(story)
        world.advance(COPY_BEGINS + 10)
        world.inject("smr-cliff", duration="10 min")
        world.run()
        assert labels(world) == [("smr-cliff", "the drive falls to its sustained rate, 15 MB/s")]
        assert copying(plain) + 300 < copying(world) < copying(plain) + 600

    def test_law_a_full_disk_refuses_what_does_not_fit_and_nothing_is_uncounted(self) -> None:
        world = World(small_story(SLOW_LINK))
        world.advance(COPY_BEGINS + 60)
        world.inject("full-disk", taken="1000 TB")
        world.run()
        (refused,), (ended,) = (
            world.stream.of(Refused),
            [e for e in world.stream.of(LegEnded) if e.leg == "ingest"],
        )
        assert (refused.error, refused.fault) == ("ENOSPC", "F1")
        assert refused.files + ended.objects == 40
        assert refused.bytes + ended.bytes == 200_000_000
        assert 0 < ended.objects < 40

    def test_law_of_two_that_take_room_the_one_that_stays_is_the_cause(self) -> None:
        room = int(simulate(small_story()).life().device.share.limits.capacity)
        world = World(small_story(SLOW_LINK))
        world.advance(COPY_BEGINS + 30)
        world.inject("full-disk", taken=f"{room - 100_000_000} B")
        world.inject("full-disk", taken="1 MB", duration="20 s")
        world.run()
        (refused,) = world.stream.of(Refused)
        assert (refused.error, refused.fault) == ("ENOSPC", "F1")

    def test_law_room_that_comes_back_in_time_is_used(self) -> None:
        """All but 50 MB is taken for half a minute: the copy has not come so far by then, and goes on."""
        room = int(simulate(small_story()).life().device.share.limits.capacity)
        world = World(small_story(SLOW_LINK))
        world.advance(COPY_BEGINS + 10)
        world.inject("full-disk", taken=f"{room - 100_000_000} B", duration="20 s")
        world.run()
        assert world.stream.of(Refused) == []
        assert (world.life().device.share.files, world.life().device.share.limits.capacity) == (40, room)

    @pytest.mark.parametrize("kind", ["corrupted-file", "file-changed", "symbolic-link", "bad-name"])
    @pytest.mark.parametrize("attached", [False, True])
    def test_law_what_was_touched_fails_at_the_import_by_name(self, kind: str, attached: bool) -> None:
        store = CountingStore()
        world = World(small_story(SLOW_LINK), neighbours=Neighbours(objects=store if attached else None))
        world.advance(COPY_BEGINS + 60)
        world.inject(kind, files=3)
        world.run()
        (began,), (failed,) = world.stream.of(FaultBegan), world.stream.of(ImportFailed)
        assert (failed.fault, failed.objects, failed.bytes) == ("F1", began.files, began.bytes)
        assert len(set(began.names)) == 3
        added = kind in {"symbolic-link", "bad-name"}
        leg = world.stream.leg("import", world.job().id)
        assert leg is not None
        assert leg.total_objects == 40 + 3 * added
        assert leg.total_objects - failed.objects == (40 if added else 37)
        if attached:
            assert store.buckets["small-story"].objects == leg.total_objects - failed.objects
        lost = answer(world).losses
        assert [(loss.at, loss.files) for loss in lost] == [("import", 3)]

    @pytest.mark.parametrize("anew", [False, True])
    def test_law_what_was_written_anew_is_whole(self, anew: bool) -> None:
        world = World(small_story('job.keep = "12 h"'))
        world.advance(COPY_BEGINS + 60)
        share = world.life().device.share
        mine = share.create(share.buckets["small-story"].directory, "mine", world.now)
        share.write(mine, 0, b"x" * 1000, world.now, stable=True)
        world.inject("corrupted-file", files=41)
        world.advance(1)
        if anew:
            share.setattr(mine, world.now, size=0)
        share.write(mine, 0, b"y" * 500, world.now, stable=True)
        world.run()
        (failed,) = world.stream.of(ImportFailed)
        assert (failed.objects, failed.fault) == (40 if anew else 41, "F1")

    def test_law_what_is_copied_again_is_no_loss(self) -> None:
        """A file that changes under way is torn; a power cut then has it copied again, whole."""
        world = World(small_story(SLOW_LINK, 'client.laptop.nfs.durability = "sync"'))
        world.advance(COPY_BEGINS + 60)
        world.inject("file-changed", files=2)
        world.inject("power-cut", duration="1 min")
        world.run()
        assert world.stream.of(ImportFailed) == world.stream.of(Lost) == []
        assert world.life().device.share.files == 40

    def test_law_every_kind_can_be_replayed(self) -> None:
        world = World(small_story(SLOW_LINK))
        world.advance(COPY_BEGINS + 20)
        for number, (kind, members) in enumerate(
            {
                "full-disk": {"taken": "1 TB", "duration": "1 min"},
                "symbolic-link": {},
                "bad-name": {"files": 2},
                "file-changed": {},
                "corrupted-file": {},
                "overheating": {"ambient": "60 °C", "duration": "1 h"},
                "brown-out": {"supply": "2 W", "duration": "1 min"},
                "smr-cliff": {"duration": "1 min"},
            }.items()
        ):
            world.inject(kind, at=f"{number} s", **members)
        world.run()
        again = replay(world.scenario, world.seed, world.log)
        assert (again.events, again.log) == (world.events, world.log)
        assert [each.state for each in world.faults] == ["over"] * 8


def test_worked_a_quorum_is_lost_and_comes_back() -> None:
    world = simulate(cluster_story(more='[[fault]]\nkind = "quorum-lost"\nat = "3 min"\nduration = "1 h"\n'))
    services = [each.service for each in world.stream.of(QuorumChanged)]
    assert services[:3] == ["read/write", "offline", "read/write"]
    (stopped,) = world.stream.of(LegInterrupted)
    assert stopped.fault == "F1"
    (began,), (ended,) = world.stream.of(FaultBegan), world.stream.of(FaultEnded)
    assert ended.at - began.at == 3600
    assert began.where == "nodes 3, 4, 5"
