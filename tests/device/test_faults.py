"""Faults on purpose: each befalls what it says, leaves its labels, and its consequences name it."""

import json

import pytest
from small_story import small_story

from devicesim.errors import BoundError, ScenarioError, UnknownNameError, VerbError
from devicesim.progress import (
    DeviceChanged,
    FaultBegan,
    FaultEnded,
    LegEnded,
    LegInterrupted,
    LegStarted,
    Lost,
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


def test_law_a_disk_that_stands_still_is_not_the_end_of_the_story() -> None:
    """It stands still for an hour, and the copy needs an hour more but for what the page cache took meanwhile."""
    plain = copying(simulate(small_story(SLOW_LINK)))
    world = simulate(small_story(SLOW_LINK, fault("slow-disk", "1 s", factor="0 %", duration="1 h")))
    assert plain < copying(world) <= plain + 3601
    assert world.job().outcome == "complete"
