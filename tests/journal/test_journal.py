"""A World's log on disk: what comes back, who is refused, and how many wait for one write."""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accounts import ADDRESS, ORDER
from hypothesis import given, settings
from hypothesis import strategies as st
from kept_story import FILES, bucket, killed, serving

from devicesim.errors import BoundError, StateError, UnknownNameError
from devicesim.journal import Journal, Told
from devicesim.journal import journal as journal_module
from devicesim.journal.database import COPIED, VERSION
from devicesim.journal.look import look, plain_log
from devicesim.journal.proof import Proof
from devicesim.scenario import loads
from devicesim.snowball_api.kept import back, kept
from devicesim.snowball_api.snow import Snow
from devicesim.world import World

ROLE = {"BucketAccessRoleArn": "arn:aws:iam::123456789012:role/sync"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "camp.state"


def told(world: World) -> tuple[Any, ...]:
    return world.now, list(world.log), world.events, Proof(world).digest()


def again(path: Path) -> tuple[Any, ...]:
    with Journal(path) as journal:
        return told(kept(journal).world)


# What comes back.

Step = tuple[str, int, bytes]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "write", "cut", "remove", "commit", "offer", "advance", "plug", "keep"]),
        st.integers(0, 3),
        st.binary(min_size=1, max_size=30),
    ),
    max_size=25,
)


def apply(snow: Snow, step: Step) -> None:
    """One thing that clients or hands do; what is refused does nothing."""
    name, number, data = step
    world = snow.world
    share, top = bucket(snow)
    there = top.directory.entries.nodes.get(f"f{number}")
    if name == "create":
        share.create(top.directory, f"f{number}", world.now)
    elif name == "write" and there is not None:
        share.write(there, 10 * number, data, world.now, stable=len(data) % 2 == 0)
    elif name == "cut" and there is not None:
        share.setattr(there, world.now, size=len(data))
    elif name == "remove" and there is not None:
        share.remove(top.directory, f"f{number}", world.now)
    elif name == "commit" and there is not None:
        share.mark_stable(there)
    elif name == "offer":
        world.offer("WRITE", 1000 * number)
    elif name == "advance":
        world.advance(float(number))
    elif name == "plug" and world.life().device.serves:
        world.cut_power()
        world.power_on()
        world.until_serving()


def contents(snow: Snow) -> dict[str, bytes]:
    share, top = bucket(snow)
    return {name: share.read(node, 0, 1000) for name, node in top.directory.entries.nodes.items()}


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, every=st.sampled_from([3, 5000]), clock=st.sampled_from(["manual", "driven"]))
def test_law_what_was_committed_comes_back_to_the_bit_and_byte(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], every: int, clock: str
) -> None:
    """Killed after any of its commits, whatever came after it."""
    path = tmp_path_factory.mktemp("state") / "camp.state"
    with pytest.MonkeyPatch.context() as patch, Journal(path) as journal:
        patch.setattr(journal_module, "EVERY", every)
        snow = serving(journal, clock=clock)
        journal.commit(snow.world)
        left = killed(path)
        before, bytes_before = told(snow.world), contents(snow)
        for step in steps:
            apply(snow, step)
            if step[0] == "keep":
                journal.commit(snow.world)
                before, bytes_before = told(snow.world), contents(snow)
                left = killed(path)
        for ending in FILES[2:]:  # what was appended since is there, and no log tells of it
            shutil.copy(f"{path}{ending}", f"{left}{ending}")
    with Journal(left) as journal:
        snow = kept(journal)
        assert told(snow.world) == before
        assert contents(snow) == bytes_before
        share, top = bucket(snow)
        share.write(share.create(top.directory, "after", snow.world.now), 0, b"new", snow.world.now)
        journal.commit(snow.world)
        assert contents(snow) == bytes_before | {"after": b"new"}
    with Journal(left) as journal:
        assert contents(kept(journal)) == bytes_before | {"after": b"new"}


def test_law_a_scenario_stands_alone(path: Path, tmp_path: Path) -> None:
    """The manifest that it names is gone when the World is made again."""
    (tmp_path / "files.csv").write_text("a.jpg,4 MB\nb.jpg,3 MB\n", encoding="utf-8")
    story = loads(
        """
name = "Two pictures"
start = 2026-06-01T08:00:00Z
seed = 3
[site]
region = "us-west-2"
[[dataset]]
name = "photos"
bucket = "arn:aws:s3:::photos-here"
manifest = "files.csv"
[[client]]
name = "laptop"
dataset = "photos"
link = "ethernet"
[job]
""",
        directory=tmp_path,
    )
    with Journal(path) as journal:
        snow = kept(journal, Told(story))
        snow.world.until("WithCustomer")
        expected = told(snow.world)
        whole = snow.fork().run().world.events
    (tmp_path / "files.csv").unlink()
    assert again(path) == expected
    with Journal(path) as journal:
        assert kept(journal).run().world.events == whole


def test_looks_at_the_wall_are_one_advance_in_the_file_too(path: Path) -> None:
    with Journal(path) as journal:
        world = kept(journal, Told(options={"seed": 7})).world
        wall = iter(range(100))
        world.factor, world._wall, world._wall_last = 1.0, lambda: float(next(wall)), 0.0
        for _ in range(10):
            world.tick()
            journal.commit(world)
        assert [(verb.name, verb.arguments) for verb in journal.log] == [("advance", {"to": 9.0})]
        assert world.log == list(journal.log)


def test_that_the_clock_went_on_waits_for_something_that_matters(path: Path) -> None:
    with Journal(path) as journal:
        snow = serving(journal, clock="driven")
        journal.commit(snow.world)
        reply = snow.world.offer("WRITE", 1000, follow=False)
        first = journal.note(snow.world, clock=False)
        journal.settle(first)
        snow.world.follow(reply)
        assert journal.note(snow.world, clock=False) == first
        assert journal.log[-1].arguments["rows"].end < reply
        journal.settle(journal.note(snow.world))
        assert journal.log[-1].arguments["rows"].end == reply


def test_a_reset_takes_the_place_of_all_that_was(path: Path) -> None:
    with Journal(path) as journal:
        snow = serving(journal)
        share, top = bucket(snow)
        share.write(share.create(top.directory, "a", snow.world.now), 0, b"old", snow.world.now)
        journal.commit(snow.world)
        journal.begin_again()
        snow.reset().advance("1 h")
        journal.commit(snow.world)
        left = killed(path)
    with Journal(left) as journal:
        assert [verb.name for verb in journal.log] == ["advance"]
        assert kept(journal).world.now == 3600.0


def test_law_verbs_of_every_room_come_back(path: Path) -> None:
    """The job API with clusters and exports, DataSync, the device's commands, hands, faults."""
    with Journal(path) as journal:
        snow = serving(journal)
        world, sync = snow.world, snow.datasync
        world.operate("describe-device")
        world.operate("stop-service", service_id="nfs")
        snow.advance("10 min")
        world.operate(
            "start-service", service_id="nfs", service_configuration={"AllowedHosts": ["0.0.0.0/0"]}
        )
        world.inject("slow-disk", factor="50 %", duration="1 h")
        world.power_off()
        address = snow.api.call("CreateAddress", {"Address": ADDRESS})["AddressId"]
        job = snow.api.call("CreateJob", {"AddressId": address, **ORDER})["JobId"]
        snow.api.call("UpdateJob", {"JobId": job, "Description": "Größe – 大"})
        world.create_job(type="EXPORT", device="EDGE", buckets=["films"], key_ranges=[("a", "m")])
        cluster = world.create_cluster(nodes=5)
        world.create_node(cluster)
        world.cancel_cluster(cluster)
        world.start_agent()
        snow.lay_out("/export/video", files=100, size="4 MB")
        arn = sync.call("CreateAgent", {"ActivationKey": snow.start_agent()})["AgentArn"]
        here = sync.call(
            "CreateLocationNfs",
            {"ServerHostname": "nas", "Subdirectory": "/export/video", "OnPremConfig": {"AgentArns": [arn]}},
        )
        there = sync.call("CreateLocationS3", {"S3BucketArn": "arn:aws:s3:::films", "S3Config": ROLE})
        ends = {
            "SourceLocationArn": here["LocationArn"],
            "DestinationLocationArn": there["LocationArn"],
            "Schedule": {"ScheduleExpression": "rate(1 hour)"},
        }
        task = sync.call("CreateTask", ends)["TaskArn"]
        sync.call("StartTaskExecution", {"TaskArn": task})
        snow.advance("2 d")
        journal.commit(world)
        expected = told(world)
        assert len({verb.name for verb in world.log}) > 10
    assert again(path) == expected


def test_law_a_snapshot_comes_back_with_its_contents(path: Path) -> None:
    """Whatever was done since, in this process or another, and what came after it is gone."""
    with Journal(path) as journal:
        snow = serving(journal, clock="driven")
        share, top = bucket(snow)
        share.write(share.create(top.directory, "a", snow.world.now), 0, b"first", snow.world.now)
        journal.snapshot("one", snow.world)
        before, bytes_before = told(snow.world), contents(snow)
        share.write(top.directory.entries.nodes["a"], 0, b"other", snow.world.now)
        share.create(top.directory, "b", snow.world.now)
        snow.world.offer("WRITE", 1000)
        journal.commit(snow.world)
        back(snow, journal, "one")
        assert (told(snow.world), contents(snow)) == (before, bytes_before)
        share, top = bucket(snow)
        share.create(top.directory, "c", snow.world.now)
        journal.commit(snow.world)
        journal.snapshot("two", snow.world)
        left = killed(path)
        with pytest.raises(UnknownNameError, match="unknown snapshot 'tow'; did you mean 'two'"):
            journal.begin_again("tow")
    with Journal(left) as journal:
        assert list(journal.snapshots) == ["one", "two"]
        assert contents(kept(journal)) == bytes_before | {"c": b""}
    with Journal(left) as journal:
        snow = kept(journal, at="one")
        assert (told(snow.world), contents(snow)) == (before, bytes_before)
    assert again(left) == before


def test_a_snapshot_has_its_own_checksums(path: Path) -> None:
    with Journal(path) as journal:
        snow = serving(journal, content="hash")
        share, top = bucket(snow)
        node = share.create(top.directory, "a", snow.world.now)
        share.write(node, 0, b"abc", snow.world.now)
        value = share.digest(node).value
        journal.snapshot("one", snow.world)
        share.write(node, 3, b"d", snow.world.now)
        journal.commit(snow.world)
        for _ in range(2):
            back(snow, journal, "one")
            journal.commit(snow.world)
            share, top = bucket(snow)
            assert share.digest(top.directory.entries.nodes["a"]).value == value
        left = killed(path)
    with Journal(left) as journal:
        share, top = bucket(kept(journal))
        assert share.digest(top.directory.entries.nodes["a"]).value == value


def test_a_file_of_version_1_gets_what_it_lacks(closed: Path) -> None:
    """Version 1 had no snapshots."""
    for table in ("", *(f"_{name}" for name in COPIED)):
        sql(closed, f"DROP TABLE snapshot{table}")
    sql(closed, "PRAGMA user_version=1")
    assert look(closed).snapshots == {}
    with Journal(closed) as journal:
        snow = kept(journal)
        journal.snapshot("now", snow.world)
        assert list(journal.snapshots) == ["now"]
    assert look(closed).snapshots == {"now": snow.world.now}


def test_what_is_in_it_can_be_seen_while_it_is_open(path: Path) -> None:
    with Journal(path, "0.1.0") as journal:
        snow = serving(journal)
        share, top = bucket(snow)
        share.write(share.create(top.directory, "a", snow.world.now), 0, b"abc", snow.world.now)
        snow.world.offer("WRITE", 3)
        snow.world.offer("COMMIT", 0)
        journal.commit(snow.world)
        there = look(path)
    assert (there.by, there.until, there.stored) == ("0.1.0", snow.world.now, 3)
    assert there.counts == {"create_job": 1, "open_doors": 1, "advance": 1, "changes": 2, "operations": 2}
    names = [document["verb"] for document in plain_log(there.verbs)]
    assert names == ["create_job", "open_doors", "advance", "create", "write", "offer", "offer"]


def test_time_that_it_takes_to_be_made_again_is_no_time_of_the_world() -> None:
    wall = iter([0.0, 5.0, 9.0])
    world = World(seed=7, clock="real", wall=lambda: next(wall))
    world.stand()
    assert world.tick() == 4.0


def test_checksums_outlive_the_process_and_are_not_carried_on(path: Path) -> None:
    """MD5 of b"abc" is RFC 1321's example (A.5)."""
    with Journal(path) as journal:
        snow = serving(journal, content="hash")
        share, top = bucket(snow)
        for name in ("whole", "part"):
            share.write(share.create(top.directory, name, snow.world.now), 0, b"abc", snow.world.now)
        journal.commit(snow.world)
        left = killed(path)
    with Journal(left) as journal:
        snow = kept(journal)
        share, top = bucket(snow)
        nodes = top.directory.entries.nodes
        value = share.digest(nodes["whole"]).value
        assert value == "900150983cd24fb0d6963f7d28e17f72"
        share.write(nodes["part"], 3, b"d", snow.world.now)
        assert share.digest(nodes["part"]).reason == "written at 3 after a restart"
        share.setattr(nodes["part"], snow.world.now, size=0)
        share.write(nodes["part"], 0, b"abc", snow.world.now)
        journal.commit(snow.world)
    with Journal(left) as journal:
        share, top = bucket(kept(journal))
        assert {share.digest(node).value for node in top.directory.entries.nodes.values()} == {value}


# How many wait for one write.


def test_eight_who_settle_at_a_time_wait_for_two_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them writes what there is; all that comes meanwhile is the second write."""
    with Journal(path) as journal:
        world = kept(journal, Told(options={"seed": 7})).world
        journal.commit(world)
        groups: list[int] = []
        entered, go_on = threading.Event(), threading.Event()
        write = journal._database.write

        def slow(changes: Any) -> None:
            groups.append(len(changes))
            entered.set()
            assert go_on.wait(30)
            write(changes)

        monkeypatch.setattr(journal._database, "write", slow)
        world.advance(1.0)
        threads = [threading.Thread(target=journal.settle, args=(journal.note(world),))]
        threads[0].start()
        assert entered.wait(30)
        for _ in range(7):
            world.advance(1.0)
            threads.append(threading.Thread(target=journal.settle, args=(journal.note(world),)))
            threads[-1].start()
        go_on.set()
        for thread in threads:
            thread.join(30)
        assert groups == [1, 7]


def test_who_cannot_write_never_acknowledges(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[StateError] = []
    with Journal(path) as journal:
        world = kept(journal, Told(options={"seed": 7})).world
        journal.broke = told.append
        full = StateError(f"{path} cannot be written: database or disk is full")

        def refuse(_: object) -> None:
            raise full

        monkeypatch.setattr(journal._database, "write", refuse)
        world.advance(1.0)
        for _ in range(2):
            with pytest.raises(StateError, match="disk is full"):
                journal.commit(world)
        assert told == [full]


# Who is refused.


@pytest.fixture
def closed(path: Path) -> Path:
    with Journal(path, "0.1.0") as journal:
        snow = serving(journal)
        share, top = bucket(snow)
        share.write(share.create(top.directory, "a", snow.world.now), 0, b"abc", snow.world.now)
    return path


def sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def cut(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep] + b"\xff" * 5000)


SPOILT: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.write_text("name = 'x'"), "is no state of devicesim: it is no SQLite file"),
    (lambda path: sql(path, "PRAGMA application_id=1"), "is no state of devicesim: it is another program's"),
    (
        lambda path: sql(path, "PRAGMA user_version=99"),
        f"newer devicesim: it is of version 99, .* to {VERSION}",
    ),
    (lambda path: sql(path, "PRAGMA user_version=0"), "is of version 0, which this devicesim does not read"),
    (lambda path: cut(path, 5000), "is damaged: "),
    (lambda path: sql(path, "DELETE FROM told WHERE name='options'"), "cannot be read: 'options'"),
    (lambda path: Path(f"{path}-content").unlink(), "-content has 0 bytes, and "),
    (
        lambda path: sql(path, "UPDATE checkpoint SET digest='0'"),
        "not come back the same: .* by devicesim 0.1.0",
    ),
    (lambda path: sql(path, "UPDATE verb SET name='fly' WHERE number=1"), "does not come back: "),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILT, ids=[words for _, words in SPOILT])
def test_what_cannot_be_gone_on_from_is_told(
    closed: Path, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(closed)
    with pytest.raises(StateError, match=words), Journal(closed, "0.2.0") as journal:
        kept(journal)


def test_a_second_one_is_refused_for_as_long_as_the_first_is_open(closed: Path) -> None:
    with Journal(closed), pytest.raises(StateError, match=r"in use by another process; one at a time"):
        Journal(closed)
    Journal(closed).close()


def test_one_that_was_killed_before_anything_was_written_is_new(path: Path) -> None:
    path.touch()
    with Journal(path) as journal:
        assert journal.told is None
        kept(journal)
    connection = sqlite3.connect(path.with_name("early.state"))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    with Journal(path.with_name("early.state")) as journal:
        assert journal.told is None


def test_another_world_is_refused_with_what_differs(closed: Path) -> None:
    with Journal(closed) as journal, pytest.raises(BoundError) as refused:
        kept(journal, Told(options={"seed": 8, "era": "2020", "content": "keep"}))
    assert str(refused.value) == (
        f'what is given must be what {closed} began with: seed is 7 there, and 8 is given; '
        'era is "today" there, and "2020" is given'
    )  # fmt: skip


def test_a_real_clock_may_go_faster_the_next_time(path: Path) -> None:
    with Journal(path) as journal:
        kept(journal, Told(options={"clock": "real"}))
    for clock in ("real:10", None):
        with Journal(path) as journal:
            options = {"clock": clock} if clock else {}
            assert kept(journal, Told(options=options)).world.clock == "real:10"
    with Journal(path) as journal, pytest.raises(BoundError, match="clock"):
        kept(journal, Told(options={"clock": "manual"}))
    with Journal(path) as journal, pytest.raises(BoundError, match="seed"):
        kept(journal, Told(options={"clock": "real:99", "seed": 8}))
    assert look(path).told.options["clock"] == "real:10"  # what is refused changes nothing


def test_law_a_way_back_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot of another devicesim does not come back: what is known of the files that are there stays."""
    with Journal(path) as journal:
        snow = serving(journal, content="hash")
        share, top = bucket(snow)
        journal.snapshot("empty", snow.world)
        node = share.create(top.directory, "a", snow.world.now)
        share.write(node, 0, b"abc", snow.world.now)
        value = share.digest(node).value
        journal.commit(snow.world)
        left = killed(path)
    with Journal(left) as journal:
        snow = kept(journal)
        known, before = dict(journal.contents.unasked), told(snow.world)
        assert known

        def fails(*_: object, **__: object) -> None:
            raise StateError("does not come back")

        monkeypatch.setattr(snow, "restore", fails)
        with pytest.raises(StateError, match="does not come back"):
            back(snow, journal, "empty")
        assert (dict(journal.contents.unasked), told(snow.world)) == (known, before)
        share, top = bucket(snow)
        assert share.digest(top.directory.entries.nodes["a"]).value == value
