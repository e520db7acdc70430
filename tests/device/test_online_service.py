"""Agents, tasks and executions that somebody asks for while a World runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from numpy import array

import devicesim
from devicesim.device.neighbours import CountingStore, Neighbours, Stored, Upload
from devicesim.device.online.picking import Holding, Pick, Picked, matches
from devicesim.device.share import Keep
from devicesim.errors import BoundError, UnknownNameError, VerbError
from devicesim.jobs import JobState
from devicesim.scenario import Files, loads

DAY = 86400.0
EXACT = {"verify": "NONE"}


def site(files: int = 100, size: str = "10 MB") -> tuple[devicesim.World, str]:
    world = devicesim.World(seed=3)
    world.create_share("/export/video", files=files, size=size)
    return world, world.start_agent()


def test_worked_an_execution_on_premises() -> None:
    # 1 GB at 80 % of the catalog's 100 Mbit/s are 100 s, after 120 s of launching and 100 / 2000 s of listing.
    world, agent = site()
    task = world.create_task(agent, "/export/video", "films", **EXACT)
    world.start_execution(task)
    world.run()
    (execution,) = world.executions()
    assert execution.phases(world.now) == {
        "LAUNCHING": 120.0,
        "PREPARING": pytest.approx(0.05),
        "TRANSFERRING": pytest.approx(100.0),
    }
    assert (execution.status, execution.files, execution.bytes) == ("SUCCESS", 100, 10**9)


def test_worked_a_second_execution_sends_nothing_and_a_whole_one_everything() -> None:
    world, agent = site()
    task = world.create_task(agent, "/export/video", "films", **EXACT)
    for options in ({}, {}, {"transfer": "ALL"}):
        world.start_execution(task, **options)
        world.run()
    assert [(e.files, e.skipped) for e in world.executions()] == [(100, 0), (0, 100), (100, 0)]


def test_worked_filters_and_prefixes_decide_which_files_get_which_keys() -> None:
    world, agent = site(20)
    task = world.create_task(agent, "/export", "films", prefix="/raw/", include="/video/*1", exclude="*11")
    source = world.datasync.task(task).source
    assert [source.batches[0].key(k) for k in range(source.sizes.size)] == ["raw/video/0000/00000001"]
    world.start_execution(task, exclude="")
    world.run()
    assert world.executions()[0].files == 2


@pytest.mark.parametrize(
    ("patterns", "path", "taken"),
    [
        ("/a|/b", "b/c/d", True),
        ("/a", "ab", False),
        ("*.tmp", "deep/down/x.tmp", True),
        ("*/.snapshot", "x/.snapshot/y", True),
        (r"/a\|b", "a|b", True),
        (r"/a\*", "ax", False),
    ],
)
def test_worked_patterns(patterns: str, path: str, taken: bool) -> None:
    assert matches(patterns, path) is taken


def test_law_what_a_directory_takes_is_below_it() -> None:
    files = Files("video", "", array([1, 2, 3]), ["a/x", "ab/y", "a/z/w"])
    holding = Holding(files, "export", lambda index: f"export/{files.path(index)}")
    keys = {
        path: [b.key(k) for b in Picked([holding], Pick(path, "films")).batches for k in range(b.count)]
        for path in ("/", "/export", "/export/a", "/elsewhere")
    }
    assert keys["/export/a"] == ["x", "z/w"]
    assert keys["/export"] == ["a/x", "ab/y", "a/z/w"]
    assert keys["/"] == ["export/a/x", "export/ab/y", "export/a/z/w"]
    assert keys["/elsewhere"] == []


def test_a_directory_that_is_not_there_is_an_error() -> None:
    world, agent = site()
    world.start_execution(world.create_task(agent, "/nowhere", "films"))
    world.run()
    (execution,) = world.executions()
    assert (execution.status, execution.why) == ("ERROR", "there is no directory /nowhere")


# On a device.


def snowcone(neighbours: Neighbours | None = None) -> tuple[devicesim.World, str, str]:
    world = devicesim.World(seed=7, neighbours=neighbours)
    job = world.create_job()
    return world, job, world.start_agent(job)


def test_an_agent_starts_where_the_copy_is_over_and_the_device_waits_for_it() -> None:
    world, job, agent = snowcone()
    assert world.job(job).state is JobState.WITH_CUSTOMER
    copied = world.life(job).device.share.files
    task = world.create_task(agent, "/buckets/devicesim", "devicesim")
    world.start_execution(task)
    began = world.now
    world.run()
    (execution,) = world.executions()
    assert (execution.status, execution.files, copied) == ("SUCCESS", 1000, 1000)
    left = next(at for at, state in world.job(job).history if state is JobState.IN_TRANSIT_TO_AWS)
    # A week of idleness, then the way to the courier's next collection.
    assert execution.ended is not None
    assert 7 * DAY <= left - execution.ended < 14 * DAY
    assert began < execution.ended
    assert world.job(job).state is JobState.COMPLETE


def test_a_dismissed_agent_lets_the_device_go() -> None:
    world, job, agent = snowcone()
    at = world.now
    world.dismiss_agent(agent)
    world.until("InTransitToAWS", job)
    assert world.now - at < 6 * DAY


def test_the_same_device_shows_the_same_key() -> None:
    world, job, agent = snowcone()
    assert world.start_agent(job) == agent


def test_an_agent_whose_device_has_gone_is_offline_five_minutes_later() -> None:
    world, _, key = snowcone()
    agent = world.datasync.station(key).agent
    assert agent.online
    task = world.create_task(key, "/", "devicesim")
    world.dismiss_agent(key)
    while agent.post.up:
        world.advance("10 s")
    assert agent.online
    world.advance("6 min")  # five of them after the last 20 s of shutting down
    assert not agent.online
    with pytest.raises(VerbError, match="its agent is offline"):
        world.start_execution(task)


@pytest.mark.parametrize("kind", ["EXPORT", "LOCAL_USE"])
def test_only_an_import_has_files_to_send(kind: str) -> None:
    world = devicesim.World(seed=1)
    job = world.create_job(type=kind, **({"device": "EDGE_S"} if kind == "EXPORT" else {}))
    with pytest.raises(VerbError, match="only the device of an IMPORT"):
        world.start_agent(job)


def test_a_device_that_has_gone_starts_no_agent() -> None:
    world = devicesim.World(seed=1)
    job = world.create_job()
    world.until("InTransitToAWS")
    with pytest.raises(VerbError, match="was not reached"):
        world.start_agent(job)


# The scenario's own, refusals, replay.

SYNC = """
name = "Line"
start = 2026-06-01T00:00:00Z
[site]
region = "us-west-2"
[site.wan]
up = "100 Mbit/s"
[[dataset]]
name = "video"
bucket = "arn:aws:s3:::films"
files = 10
size = { distribution = "fixed", value = "100 MB" }
[[task]]
name = "send"
dataset = "video"
"""


def test_a_task_of_the_scenario_can_be_started_again() -> None:
    world = devicesim.World(loads(SYNC))
    world.run()
    (sending,) = world.datasync.sendings
    world.start_execution(sending.id, transfer="ALL")
    world.run()
    assert [e.files for e in world.executions()] == [10, 10]
    with pytest.raises(VerbError, match="takes what it takes"):
        world.start_execution(sending.id, include="*")


def test_an_agent_of_the_scenario_takes_more_tasks() -> None:
    world = devicesim.World(loads(SYNC))
    world.datasync.adopt()
    (key,) = world.datasync.stations
    world.start_execution(world.create_task(key, "/video", "again"))
    world.run()
    assert [(e.task, e.files) for e in world.executions()] == [("send", 10), ("task", 10)]


def test_misuse_is_refused_and_leaves_no_trace() -> None:
    world, agent = site()
    task = world.create_task(agent, "/", "films")
    world.start_execution(task)
    length = len(world.log)
    for wrong, error, words in (
        (lambda: world.start_execution(task), VerbError, "runs already"),
        (lambda: world.delete_task(task), VerbError, "cannot be deleted"),
        (lambda: world.start_execution("task-0"), UnknownNameError, "unknown task"),
        (lambda: world.create_task("none", "/", "films"), UnknownNameError, "unknown agent"),
        (lambda: world.create_task(agent, "/", "films", verify="SOME"), BoundError, "verify must be"),
        (lambda: world.create_task(agent, "/", "films", verfy="NONE"), UnknownNameError, "'verify'"),
        (lambda: world.update_task(task, bytes_per_second=-1), BoundError, "bytes_per_second must be > 0"),
        (lambda: world.create_share("/x", files=0, size="1 B"), BoundError, "files must be >= 1"),
        (lambda: world.create_share("/x", files=1), BoundError, "size must be given"),
    ):
        with pytest.raises(error, match=words):
            wrong()
    assert len(world.log) == length


def test_a_deleted_task_does_not_start() -> None:
    world, agent = site()
    task = world.create_task(agent, "/", "films")
    world.delete_task(task)
    with pytest.raises(VerbError, match="is over"):
        world.start_execution(task)


def test_law_the_log_gives_the_same_world_again() -> None:
    world, _, agent = snowcone()
    world.create_share("/site", files=50, workload="nas_small")
    other = world.start_agent()
    task = world.create_task(agent, "/buckets", "devicesim", bytes_per_second="20 MB/s")
    name = world.start_execution(task)
    world.start_execution(world.create_task(other, "/site", "more", name="more"))
    world.advance("20 min")
    world.throttle_execution(name, "1 MB/s")
    world.advance("20 min")
    world.cancel_execution(name)
    world.advance("1 h")
    world.update_task(task, prefix="again", bytes_per_second=None)
    world.start_execution(task)
    world.dismiss_agent(agent)
    world.run()
    again = devicesim.replay(None, world.seed, world.log)
    assert again.events == world.events
    assert [(e.id, e.status, e.files) for e in again.executions()] == [
        (e.id, e.status, e.files) for e in world.executions()
    ]
    assert [e.status for e in world.executions()] == ["ERROR", "SUCCESS", "SUCCESS"]


# What came through a door.


class Kept(CountingStore):
    """A store that keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes | None] = {}

    def put(self, bucket: str, upload: Upload) -> str:
        self.objects[upload.key] = upload.read(0, upload.size) if upload.read is not None else None
        return ""

    def list(self, bucket: str, first: str = "", last: str = "") -> Iterator[Stored]:
        return (Stored(key, 1) for key in self.objects)


def test_worked_files_of_a_door_are_sent_with_their_bytes_and_again_when_they_change() -> None:
    store = Kept()
    world, job, agent = snowcone(Neighbours(objects=store))
    share = world.life(job).device.share
    share.content = Keep(1_000_000)
    folder = share.buckets["devicesim"].directory
    for name, data in (("a.txt", b"alpha"), ("b.txt", b"beta")):
        share.write(share.create(folder, name, world.now), 0, data, world.now)
    task = world.create_task(agent, "/buckets/devicesim", "devicesim", include="*.txt", **EXACT)
    world.start_execution(task)
    world.advance("1 h")
    assert store.objects == {"a.txt": b"alpha", "b.txt": b"beta"}
    share.write(share.resolve("/buckets/devicesim/b.txt"), 0, b"BETA", world.now)
    share.remove(folder, "a.txt", world.now)
    share.write(share.create(folder, "c.txt", world.now), 0, b"gamma", world.now)
    world.start_execution(task)
    world.run()
    assert store.objects == {"a.txt": b"alpha", "b.txt": b"BETA", "c.txt": b"gamma"}
    assert [(e.files, e.bytes, e.listed) for e in world.executions()] == [(2, 9, 2), (2, 9, 2)]


def test_law_a_replay_goes_by_what_the_bucket_said() -> None:
    store = Kept()
    world, _, agent = snowcone(Neighbours(objects=store))
    task = world.create_task(agent, "/buckets/devicesim", "devicesim", **EXACT)
    world.start_execution(task)
    world.advance("2 h")
    del store.objects["devicesim/0000/00000007"]
    world.start_execution(task)
    world.run()
    assert [e.files for e in world.executions()] == [1000, 1]
    again = devicesim.replay(None, world.seed, world.log)
    assert again.events == world.events
    assert [e.files for e in again.executions()] == [1000, 1]


def test_worked_an_object_that_is_there_already_stays_where_nothing_is_overwritten() -> None:
    store = Kept()
    store.objects["0000/00000001"] = b""
    world = devicesim.World(seed=3, neighbours=Neighbours(objects=store))
    world.create_share("/export/video", files=4, size="1 MB")
    task = world.create_task(world.start_agent(), "/export/video", "films", overwrite="NEVER", transfer="ALL")
    world.start_execution(task)
    world.run()
    assert [(e.files, e.skipped) for e in world.executions()] == [(3, 1)]
