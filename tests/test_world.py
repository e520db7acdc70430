"""The World contract: what a World is, how its time moves, and that every way of asking gives the same answer."""

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_story import BYTES, small_story

import devicesim
from devicesim import catalog
from devicesim.device.neighbours import CountingStore, Neighbours, RecordingNotifier
from devicesim.errors import BoundError, UnknownNameError, VerbError
from devicesim.jobs import ORDER, JobState, JobType, ShippingOption
from devicesim.progress import JobStateChanged, LegStarted
from devicesim.world import World, replay, replicate, simulate

SLOW_LINK = 'client.laptop.rate = "10 Mbit/s"'
COPY_BEGINS = 364_350.0
"""Second at which the small story's copy begins: delivery on Friday at noon (4 d 4 h after the order), an hour to
unpack, 10 min to boot, 60 s to unlock, 90 s for the NFS service."""
DEFAULT_OF_FIVE = 'assume."default_customer.files" = "5 files"'


def told(world: World) -> dict[str, Any]:
    """Everything that a World can be asked."""
    now = np.linspace(0, world.now, 50)
    shares = {name: world.life(name).device.share for name in world.jobs}
    return {
        "now": world.now,
        "events": world.events,
        "jobs": {
            name: (job.order, job.created, job.state, tuple(job.history), job.outcome)
            for name, job in world.jobs.items()
        },
        "legs": [
            (leg.name, leg.job, leg.start, leg.end, leg.total_bytes, leg.total_objects, leg.complete)
            for leg in world.stream.legs
        ],
        "curves": [[column.tolist() for column in leg.at(now)] for leg in world.stream.legs],
        "series": world.stream.series,
        "shares": {name: (share.files, share.bytes) for name, share in shares.items()},
    }


def digest(world: World) -> str:
    return hashlib.sha256(repr(told(world)).encode()).hexdigest()


class TestLog:
    """A World's state is its scenario, its seed and its log of verbs: the same three, the same World."""

    def test_seed_and_scenario_decide_everything(self) -> None:
        assert told(simulate(small_story())) == told(simulate(small_story()))

    def test_another_seed_is_another_future(self) -> None:
        first, second = simulate(small_story(), seed=1), simulate(small_story(), seed=2)
        assert first.job().id != second.job().id
        assert first.job().history != second.job().history

    def test_the_scenarios_seed_holds_unless_another_is_given(self) -> None:
        assert told(simulate(small_story("seed = 3"))) == told(simulate(small_story("seed = 5"), seed=3))

    def test_replay_is_the_same_world(self) -> None:
        world = World(small_story(DEFAULT_OF_FIVE, SLOW_LINK, 'job.keep = "2 h"'))
        second = world.create_job(shipping="NEXT_DAY", description="a second device")
        third = world.create_job()
        world.advance("30 min")
        world.cancel_job(third)
        world.until("WithCustomer")
        world.until("InTransitToCustomer", second)
        world.advance(COPY_BEGINS + 60 - world.now)
        world.offer("OPEN", 0)
        world.offer("WRITE", 100_000, at=world.now + 3)
        world.advance(0)
        world.until(lambda w: w.now > 600_000)
        world.run()
        assert world.job(second).state is JobState.COMPLETE
        assert world.job(third).state is JobState.CANCELLED
        again = replay(world.scenario, world.seed, world.log)
        assert told(again) == told(world)
        assert again.log == world.log

    def test_replay_of_a_driven_world(self) -> None:
        world = World(small_story(SLOW_LINK, 'job.keep = "2 h"'), clock="driven")
        world.advance(COPY_BEGINS + 10)
        for _ in range(20):
            world.offer("WRITE", 65_536)
        again = replay(world.scenario, world.seed, world.log, clock="driven")
        assert again.now == world.now > COPY_BEGINS + 10
        assert told(again) == told(world)

    def test_replay_without_a_scenario(self) -> None:
        world = World(seed=11)
        world.create_job(type="LOCAL_USE")
        world.advance("5 d")
        assert told(replay(None, 11, world.log)) == told(world)

    def test_replay_of_a_part_is_the_world_as_it_was_then(self) -> None:
        world = World(small_story())
        world.advance("4 d")
        then, events = len(world.log), world.events
        world.run()
        assert replay(world.scenario, world.seed, world.log[:then]).events == events

    def test_refused_verbs_leave_no_trace(self) -> None:
        world = World(small_story('job.keep = "2 h"'))
        world.advance(COPY_BEGINS + 60)
        before, log = told(world), list(world.log)
        for refused in (
            lambda: world.offer("WRITE", -1),
            lambda: world.offer("WRITE", 1, at=world.now - 1),
            lambda: world.offer("WRITE", 1, client=1),
            lambda: world.offer("WROTE", 1),
            lambda: world.offer("WRITE", 1, job_id="JID0"),
            lambda: world.advance(-1),
            lambda: world.advance(float("nan")),
            lambda: world.advance(float("inf")),
            lambda: world.cancel_job(world.job().id),
            lambda: world.create_job(type="EXPORT"),
            lambda: world.create_job(shipping="EXPRESS"),
            lambda: world.create_job(device="EDGY"),
            lambda: world.create_job(colour="red"),
        ):
            with pytest.raises((BoundError, VerbError, UnknownNameError)):
                refused()
        assert told(world) == before
        assert world.log == log

    def test_a_wait_that_fails_is_logged_as_far_as_it_came(self) -> None:
        world = World(small_story())
        with pytest.raises(VerbError, match="was not reached"):
            world.until("Listing")
        assert world.job().state is JobState.COMPLETE

        def breaks(world: World) -> bool:
            return 1 / (world.now < 850_000) < 0

        other = World(small_story('job.keep = "3 d"'))
        with pytest.raises(ZeroDivisionError):
            other.until(breaks)
        assert other.log[-1].arguments == {"to": other.now}
        assert told(replay(other.scenario, other.seed, other.log)) == told(other)

    def test_another_process_has_the_same_world(self) -> None:
        code = "from test_world import digest, small_story, simulate; print(digest(simulate(small_story())))"
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "12345"}
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        )
        assert ran.stdout.strip() == digest(simulate(small_story()))


VERBS = st.one_of(
    st.tuples(st.just("advance"), st.floats(0, 200)),
    st.tuples(st.just("advance"), st.floats(0, 5 * 86400)),
    st.tuples(st.just("until"), st.sampled_from([str(state) for state in ORDER[JobType.IMPORT]])),
    st.tuples(st.just("create_job"), st.sampled_from(["IMPORT", "LOCAL_USE", "EXPORT"])),
    st.tuples(st.just("cancel_job"), st.integers(0, 2)),
    st.tuples(st.just("offer"), st.sampled_from(["OPEN", "WRITE", "CLOSE"]), st.integers(0, 1 << 20), st.floats(0, 20)),
    st.tuples(st.just("copying")),
)  # fmt: skip


def apply(world: World, verb: tuple[Any, ...]) -> None:
    """Apply a verb of the list above, unless the World refuses it."""
    try:
        match verb:
            case ("advance", seconds):
                world.advance(seconds)
            case ("until", state):
                world.until(state)
            case ("create_job", kind):
                world.create_job(type=kind)
            case ("cancel_job", number):
                world.cancel_job(list(world.jobs)[number])
            case ("offer", operation, payload, wait):
                world.offer(operation, payload, at=world.now + wait)
            case ("copying",):
                world.advance(max(0.0, COPY_BEGINS + 50 - world.now))
    except (VerbError, BoundError, IndexError):
        pass


@settings(max_examples=25, deadline=None)
@given(verbs=st.lists(VERBS, max_size=8), clock=st.sampled_from(["manual", "driven"]))
def test_any_log_replays(verbs: list[tuple[Any, ...]], clock: str) -> None:
    world = World(small_story(DEFAULT_OF_FIVE, SLOW_LINK, 'job.keep = "1 h"'), clock=clock)
    for verb in verbs:
        apply(world, verb)
    again = replay(world.scenario, world.seed, world.log, clock=clock)
    assert told(again) == told(world)
    world.run(), again.run()
    assert told(again) == told(world)


STORY_WITH_EVERYTHING = (
    'client.laptop.link = "wifi"',
    'client.laptop.streams = 2',
    'site.wifi = { band = "5 GHz", width = "20 MHz", distance = "45 m", outages = true }',
    'site.power = { source = "battery", capacity = "5 Wh", spares = 9, when_low = "abrupt" }',
    'site.ambient = "44 °C"',
    'instance = [{ name = "detector", type = "snc1.small", duration = "20 min" }]',
    'dataset.clips.files = 300',
)  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(
    stops=st.lists(st.one_of(st.floats(0, 800_000), st.floats(COPY_BEGINS, COPY_BEGINS + 9000)), max_size=12)
)
def test_where_one_stops_and_looks_changes_nothing(stops: list[float]) -> None:
    story = small_story(*STORY_WITH_EVERYTHING)
    world = World(story)
    for stop in sorted(stops):
        world.advance(max(0.0, stop - world.now))
        told(world), list(world.progress("1 h"))
    world.run()
    assert told(world) == told(simulate(story))


class TestClocks:
    """Time has three clocks and no others, and reads never move it."""

    def test_manual_time_moves_only_when_told(self) -> None:
        world = World(small_story('job.keep = "2 h"'))
        assert world.now == 0
        assert world.advance("1 h 30 min") == world.now == 5400
        assert world.advance(0.5) == 5400.5
        world.advance(COPY_BEGINS + 60 - world.now)
        reply = world.offer("WRITE", 1_000_000)
        assert reply > world.now == COPY_BEGINS + 60
        assert world.tick() == COPY_BEGINS + 60

    def test_an_event_on_the_stroke_has_happened(self) -> None:
        world = World(small_story())
        world.advance(3600)
        assert world.job().state is JobState.PREPARING_APPLIANCE

    def test_driven_operations_under_way_together(self) -> None:
        """Two issued at one moment share the link; the World moves to each reply when told, and replays so."""
        world = World(small_story('job.keep = "2 h"'), clock="driven")
        world.advance(COPY_BEGINS + 60)
        issued = world.now
        replies = [world.offer("WRITE", 1_000_000, follow=False) for _ in range(2)]
        assert world.now == issued
        assert [world.follow(reply) for reply in replies] == replies
        assert world.follow(issued) == replies[1]
        again = replay(world.scenario, world.seed, world.log, clock="driven")
        assert (again.now, again.log) == (world.now, world.log)

    def test_driven_time_moves_to_the_reply(self) -> None:
        world = World(small_story('job.keep = "2 h"'), clock="driven")
        world.advance(COPY_BEGINS + 60)
        reply = world.offer("WRITE", 1_000_000)
        assert world.now == reply > COPY_BEGINS + 60
        later = world.offer("WRITE", 1_000_000, at=reply + 5)
        assert world.now == later > reply + 5

    def test_driven_time_stands_while_nobody_serves(self) -> None:
        world = World(small_story(), clock="driven")
        assert world.offer("WRITE", 1_000_000) == float("inf")
        assert world.now == 0

    def test_driven_time_moves_when_told_too(self) -> None:
        world = World(small_story(), clock="driven")
        assert world.advance("1 d") == 86400

    @pytest.mark.parametrize(("clock", "factor"), [("real", 1), ("real:60", 60), ("real:0.5", 0.5)])
    def test_real_time_follows_the_wall(self, clock: str, factor: float) -> None:
        wall = iter([1000.0, 1010.0, 1010.0, 1500.0])
        world = World(small_story(), clock=clock, wall=lambda: next(wall))
        assert world.now == 0
        assert world.tick() == 10 * factor
        assert world.tick() == 10 * factor
        assert world.tick() == world.now == 500 * factor

    def test_real_time_is_logged(self) -> None:
        wall = itertools.count(0.0, 40_000.0)
        world = World(small_story(), clock="real:2", wall=lambda: next(wall))
        for _ in range(6):
            world.tick()
        assert told(replay(world.scenario, world.seed, world.log)) == told(world)

    @pytest.mark.parametrize(
        "clock", ["", "wall", "manual:2", "driven:2", "real:0", "real:-1", "real:x", "real:nan", "real:inf"]
    )
    def test_no_other_clock(self, clock: str) -> None:
        with pytest.raises(BoundError, match="clock must be manual, driven, real or real:N"):
            World(clock=clock)

    @pytest.mark.parametrize("at", [0.0, 1800.0, COPY_BEGINS + 30, COPY_BEGINS + 300, 1e6])
    def test_reads_never_move_time(self, at: float) -> None:
        world = World(small_story(SLOW_LINK))
        world.advance(at)
        due = world._setting.env.peek()
        first = told(world)
        reads = {
            "progress": lambda: list(world.progress("5 s")),
            "columns": lambda: {name: column.tolist() for name, column in world.columns(5).items()},
            "job": lambda: world.job(),
            "life": lambda: world.life(world.job().id),
            "epoch": lambda: world.epoch,
            "log": lambda: list(world.log),
            "metrics": lambda: devicesim.answer(world).metrics,
        }
        answers = [{name: read() for name, read in reads.items()} for _ in range(2)]
        assert answers[0] == answers[1]
        assert told(world) == first
        assert world.now == at
        assert world._setting.env.peek() == due

    def test_until_stops_at_the_states_moment(self) -> None:
        world = World(small_story())
        assert world.until("WithCustomer") == COPY_BEGINS - 750 - 3600
        assert world.until("WithCustomer") == world.now
        assert world.until(lambda w: w.job().state is JobState.COMPLETE) == world.job().history[-1][0]

    def test_run_ends_when_nothing_is_left(self) -> None:
        world = World(small_story())
        assert world.run() == world.now == world.job().history[-1][0]
        assert world.run() == world.now


class TestOneCore:
    """One core, three ways to ask it: whole batches, one operation at a time, many replications."""

    def test_replication_is_a_run(self) -> None:
        story = small_story(
            'dataset.clips.size = { distribution = "lognormal", median = "2 MB", sigma = 1.0 }'
        )
        for i, world in enumerate(replicate(story, 3, seed=5)):
            alone = simulate(story, 5, replication=i)
            assert told(world) == told(alone)

    def test_replications_are_different_futures(self) -> None:
        worlds = list(replicate(small_story(), 3))
        assert len({world.job().history[-1] for world in worlds}) == 3

    def test_recorded_door_run_gives_the_same_replies(self) -> None:
        """Closed loop: each operation is issued at the reply of the one before."""
        world = World(small_story(SLOW_LINK, 'job.keep = "2 h"'))
        world.advance(COPY_BEGINS + 30)
        at, replies = world.now, []
        for payload in (0, 1_000_000, 300_000, 0, 5):
            at = world.offer("WRITE", payload, at=at)
            replies.append(at)
        other = World(world.scenario)
        again = []
        for verb in world.log:
            if verb.name == "traffic":
                again += [other.offer(*row) for _, (_, *row) in verb.arguments["rows"]]
            else:
                other.advance(verb.arguments["to"] - other.now)
        assert again == replies

    def test_door_run_is_the_batch(self) -> None:
        """What one stream with one WRITE in flight copies takes as long as the same RPCs through the door.

        The copy of two files of 5 MB is LOOKUP, OPEN, five WRITEs of 1 MiB (the last of 805,696 bytes), COMMIT,
        CLOSE, twice; so is the door run, an hour later with nobody else at work.
        """
        files = "dataset.clips.files = 2", "client.laptop.streams = 1", "client.laptop.nfs.window = 1"
        world = World(small_story(*files, 'job.keep = "5 h"'))
        world.until(lambda w: any(leg.end for leg in w.stream.legs))
        (leg,) = world.stream.legs
        world.advance("1 h")
        began = at = world.now
        operations = world.life().customer.ingest.sessions[0].transfer.clients[0].operations
        for _ in range(2):
            for operation in operations.before:
                at = world.offer(operation.name, 0, at=at)
            for payload in (1 << 20, 1 << 20, 1 << 20, 1 << 20, 5_000_000 - (4 << 20)):
                at = world.offer("WRITE", payload, at=at)
            for operation in operations.after:
                at = world.offer(operation.name, 0, at=at)
        # Not to the bit: the two begin at different seconds, and a float of 4e5 s has steps of 6e-11 s.
        assert at - began == pytest.approx(leg.end - leg.start, abs=1e-8)

    def test_door_and_copy_share_the_stations(self) -> None:
        """An operation that comes in beside the copy waits for its turn, and the copy for it."""
        alone, beside = (World(small_story(SLOW_LINK)) for _ in range(2))
        for world in (alone, beside):
            world.advance(COPY_BEGINS + 30)
        idle = World(small_story(SLOW_LINK, 'client.laptop.start_after = "1 h"'))
        idle.advance(COPY_BEGINS + 30)
        assert beside.offer("WRITE", 10_000_000) - beside.now > idle.offer("WRITE", 10_000_000) - idle.now
        ends = [world.until(lambda w: bool(w.stream.legs[0].end)) for world in (alone, beside)]
        # 10 MB of payload at the client's goodput of about 1.06 MB/s.
        goodput = alone.life().customer.ingest.sessions[0].transfer.regime.bandwidth[0]
        assert ends[1] - ends[0] == pytest.approx(10_000_000 / goodput, rel=0.05)


class TestShare:
    """What was copied is in the one Share of the device, and what is imported is what the Share holds."""

    def test_copied_files_are_there(self) -> None:
        world = simulate(small_story())
        share = world.life().device.share
        assert (share.files, share.bytes) == (40, BYTES)
        assert share.resolve("/buckets/small-story/clips/0000/00000039").size == 5_000_000
        assert {item.key for item in share.objects("small-story")} == {
            f"clips/0000/{i:08d}" for i in range(40)
        }

    def test_imported_is_what_the_share_holds(self) -> None:
        changes = (
            'dataset.clips.size = { distribution = "lognormal", median = "2 MB", sigma = 1.0 }',
            "overflow='run'",
        )
        world = simulate(small_story(*changes, 'assume."SNC1_HDD.storage.capacity" = "50 MB"'))
        share = world.life().device.share
        leg = world.stream.leg("import", world.job().id)
        assert leg is not None
        assert 0 < share.files < 40
        assert (leg.total_objects, leg.total_bytes) == (share.files, share.bytes)

    def test_files_appear_as_they_are_finished(self) -> None:
        world = World(small_story(SLOW_LINK, "client.laptop.streams = 1"))
        world.until(lambda w: w.stream.legs != [])
        assert world.life().device.share.files == 0
        world.run()
        assert world.life().device.share.files == 40


class TestNeighbours:
    """Nothing attached: objects are counted, events recorded, nothing checked. Attached: they get everything."""

    def test_store_gets_every_object(self) -> None:
        store = CountingStore()
        world = simulate(small_story(), neighbours=Neighbours(objects=store))
        count = store.buckets["small-story"]
        assert (count.objects, count.bytes) == (40, BYTES)
        assert world.job().outcome == "complete"

    def test_notifications_get_every_state(self) -> None:
        notifier = RecordingNotifier()
        world = simulate(small_story(), neighbours=Neighbours(notifications=notifier))
        assert notifier.told == [(e.job, e.state, e.at) for e in world.stream.of(JobStateChanged)]
        assert [state for _, state, _ in notifier.told] == [str(state) for state in ORDER[JobType.IMPORT]]

    def test_attaching_changes_no_event(self) -> None:
        attached = Neighbours(objects=CountingStore(), notifications=RecordingNotifier())
        assert told(simulate(small_story(), neighbours=attached)) == told(simulate(small_story()))

    def test_nothing_attached_checks_nothing(self) -> None:
        neighbours = Neighbours()
        world = simulate(small_story(), neighbours=neighbours)
        assert world.job().outcome == "complete"
        assert neighbours == Neighbours()


class TestDefaultCustomer:
    """A device that only the API knows still comes back with data."""

    def test_an_account_begins_empty(self) -> None:
        world = World()
        assert world.jobs == {}
        assert world.run() == 0
        with pytest.raises(VerbError, match=r"there is no job yet; create_job\(\) makes one"):
            world.job()

    def test_never_a_zero_byte_import(self) -> None:
        world = World(seed=3)
        job = world.create_job()
        world.run()
        assert world.job(job).state is JobState.COMPLETE
        (leg,) = [leg for leg in world.stream.legs if leg.name == "import"]
        assert leg.total_objects == 1000  # default_customer.files
        assert leg.total_bytes > 1e9

    def test_two_jobs_at_once(self) -> None:
        world = World(small_story(DEFAULT_OF_FIVE))
        second, third = world.create_job(shipping="NEXT_DAY"), world.create_job()
        world.run()
        assert [job.state for job in world.jobs.values()] == [JobState.COMPLETE] * 3
        imported = {leg.job: leg.total_objects for leg in world.stream.legs if leg.name == "import"}
        assert imported == {world.job().id: 40, second: 5, third: 5}

    def test_jobs_do_not_disturb_one_another(self) -> None:
        """One more job moves no draw of those before it."""
        story = small_story(DEFAULT_OF_FIVE)
        alone, beside = World(story), World(story)
        beside.create_job()
        for world in (alone, beside):
            world.run()
        first = alone.job().id
        assert alone.job().history == beside.job().history
        assert [e for e in beside.events if e.job == first] == list(alone.events)

    def test_job_lives_at_the_worlds_site(self) -> None:
        world = World(small_story('site.region = "eu-west-1"', 'job.shipping = "EXPRESS"', DEFAULT_OF_FIVE))
        job = world.create_job()
        assert world.life(job).setting.scenario.site.region == "eu-west-1"
        assert world.job(job).order.shipping is ShippingOption.STANDARD

    def test_local_use_copies_nothing(self) -> None:
        """The customer keeps the device for default_customer.days_on_site, 3 d, and no NFS service runs."""
        world = World(small_story(DEFAULT_OF_FIVE))
        job = world.create_job(type="LOCAL_USE")
        world.run()
        given, taken = (
            at
            for at, state in world.job(job).history
            if state in {JobState.WITH_CUSTOMER, JobState.IN_TRANSIT_TO_AWS}
        )
        assert taken - given > 3 * 86400
        assert [e for e in world.stream.of(LegStarted) if e.job == job] == []
        assert world.life(job).device.share.files == 0

    @pytest.mark.parametrize(
        ("members", "words"),
        [
            ({"type": "EXPORT"}, "type must be one of IMPORT, LOCAL_USE, got EXPORT"),
            ({"type": "IMPRT"}, "type must be one of IMPORT, LOCAL_USE, got IMPRT"),
            (
                {"device": "EDGY"},
                f"device must be one of {', '.join(catalog.names('device'))}, got EDGY",
            ),
            ({"device": "EDGE_S", "capacity": "T100"}, "capacity must be one of T98, NoPreference, got T100"),
            (
                {"device": "STANDARD", "type": "LOCAL_USE"},
                "type must be one of IMPORT, EXPORT, got LOCAL_USE",
            ),
            (
                {"shipping": "EXPRESS"},
                "shipping must be one of NEXT_DAY, SECOND_DAY in us-west-2, got EXPRESS",
            ),
            ({"wifi": "yes"}, "wifi must be True or False, got yes"),
        ],
    )
    def test_a_job_that_cannot_be_is_refused(self, members: dict[str, Any], words: str) -> None:
        with pytest.raises(BoundError) as refused:
            World().create_job(**members)
        assert str(refused.value) == words

    def test_a_member_that_is_not_is_refused(self) -> None:
        with pytest.raises(
            UnknownNameError, match="unknown member of a job 'shiping'; did you mean 'shipping'"
        ):
            World().create_job(shiping="NEXT_DAY")


class TestMisuse:
    def test_unknown_job(self) -> None:
        world = World(small_story())
        with pytest.raises(UnknownNameError, match="unknown job 'JID1'"):
            world.job("JID1")

    def test_unknown_state(self) -> None:
        with pytest.raises(UnknownNameError, match="did you mean 'WithCustomer'"):
            World(small_story()).until("WithCostumer")

    @pytest.mark.parametrize(("name", "value"), [("seed", -1), ("replication", -1)])
    def test_negative_numbers(self, name: str, value: int) -> None:
        with pytest.raises(BoundError, match=f"{name} must be >= 0, got -1"):
            World(small_story(), **{name: value})

    @pytest.mark.parametrize("duration", [-1.0, float("nan"), float("inf"), "-1 h", "1"])
    def test_durations(self, duration: float | str) -> None:
        world = World(small_story())
        with pytest.raises((BoundError, devicesim.DevicesimError)):
            world.advance(duration)
        assert world.log == []


def test_watchers_see_the_copy_and_cannot_change_it() -> None:
    seen: list[float] = []
    world = World(small_story(SLOW_LINK))
    world.watch(lambda: seen.append(float(world.stream.legs[0].at(world.now)[0][0])))
    world.run()
    assert len(seen) >= 10
    assert seen == sorted(seen)
    assert told(world) == told(simulate(small_story(SLOW_LINK)))
