"""Agents, tasks and executions: hand-computed runs, what interrupts them, and the books that must balance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import devicesim
from devicesim.device.neighbours import CountingStore, Neighbours, Upload
from devicesim.device.online import Online
from devicesim.errors import UnknownNameError, VerbError
from devicesim.progress import AgentChanged, Cleared, ExecutionChanged, Lost, Refused
from devicesim.progress.foreign import datasync
from devicesim.scenario import loads

DAY, HOUR = 86400.0, 3600.0
# No file fails by chance, so that every number can be worked out by hand.
HEAD = """
name = "Story"
start = 2026-06-01T00:00:00-07:00
seed = 1
[assume]
"datasync.failed" = 0
[site]
region = "us-west-2"
"""
LINE = """
[site.wan]
up = "100 Mbit/s"
"""
NIGHTS = """
[[site.wan.window]]
begin = "22:00"
end = "06:00"
"""
COPY = """
[[client]]
name = "laptop"
dataset = "video"
link = "ethernet"
[job]
unpack = "1 h"
hand_over = "1 h"
"""


def data(files: int = 100, size: str = "1 GB", name: str = "video") -> str:
    return f"""
[[dataset]]
name = "{name}"
bucket = "arn:aws:s3:::bucket-of-{name}"
files = {files}
size = {{ distribution = "fixed", value = "{size}" }}
"""


def task(name: str = "send", dataset: str = "video", **more: Any) -> str:
    lines = [f"{key} = {value!r}".replace("True", "true") for key, value in more.items()]
    return "\n".join(["[[task]]", f"name = '{name}'", f"dataset = '{dataset}'", *lines, ""])


def simulate(text: str, **more: Any) -> devicesim.World:
    return devicesim.simulate(loads(text), **more)


def online(world: devicesim.World) -> Online:
    assert isinstance(world.undertaking, Online)
    return world.undertaking


# Worked by hand.


def test_phases_of_one_execution_add_up() -> None:
    # 100 GB at 80 % of 100 Mbit/s are 10,000 s; launching 120 s, listing 100 files 0.05 s, verifying at 400 MB/s 250 s.
    world = simulate(HEAD + LINE + data() + task(verify="ONLY_FILES_TRANSFERRED"))
    (execution,) = world.executions()
    assert execution.status == "SUCCESS"
    assert execution.phases(world.now) == {
        "LAUNCHING": 120.0,
        "PREPARING": pytest.approx(0.05),
        "TRANSFERRING": pytest.approx(10_000.0),
        "VERIFYING": pytest.approx(250.0),
    }
    assert world.now == pytest.approx(10_370.05)
    assert (execution.files, execution.bytes, execution.verified) == (100, 100_000_000_000, 100)


@pytest.mark.parametrize(
    ("more", "seconds", "cause"),
    [
        ({}, 10_000, "the line"),
        ({"bytes_per_second": "5 MB/s"}, 20_000, "the bandwidth limit"),
    ],
)
def test_the_narrowest_part_decides_and_is_named(more: dict[str, Any], seconds: float, cause: str) -> None:
    (execution,) = simulate(HEAD + LINE + data() + task(verify="NONE", **more)).executions()
    assert execution.held_back == {cause: pytest.approx(seconds)}


def test_small_files_go_by_their_number() -> None:
    # 90,000 files of 1 kB at 450 files/s are 200 s, where 90 MB over the line are 9 s.
    (execution,) = simulate(HEAD + LINE + data(90_000, "1 kB") + task(verify="NONE")).executions()
    assert execution.phases(0)["TRANSFERRING"] == pytest.approx(200.0)
    assert execution.held_back == {"small files": pytest.approx(200.0)}


def test_a_far_lossy_line_is_bound_by_its_round_trips() -> None:
    # One connection: Reno's window of 1.2/sqrt(0.01) = 12 segments of 1448 B each 0.6 s is 28,960 B/s.
    far = LINE + 'rtt = "600 ms"\nloss = "1 %"\n'
    (execution,) = simulate(HEAD + far + data(1, "10 MB") + task(verify="NONE", connections=1)).executions()
    window = max(12.0, (0.4 * 3.7 / (4 * 0.3)) ** 0.25 * (0.6 / 0.01) ** 0.75)
    assert execution.phases(0)["TRANSFERRING"] == pytest.approx(10e6 / (window * 1448 / 0.6))
    assert list(execution.held_back) == ["round trips and loss"]


def test_a_window_that_closes_cuts_an_execution_short_and_the_next_sends_the_rest() -> None:
    # A night of 8 h less 2 min 0.05 s carries 286.8 GB at 10 MB/s: 286 files of 1 GB; the 287th begins again.
    # The second night: 114 files, 11,400 s.
    nightly = task(verify="NONE", schedule={"every": "day", "at": "22:00"})
    nightly = nightly.replace("{'every': 'day', 'at': '22:00'}", "{ every = 'day', at = '22:00' }")
    world = simulate(HEAD + LINE + NIGHTS + data(400) + nightly)
    first, second = world.executions()
    assert (first.status, first.why, first.files) == ("ERROR", "the window closed", 286)
    assert first.ended == pytest.approx(
        30 * HOUR + 300
    )  # six in the morning, and five minutes out of contact
    assert (second.status, second.files, second.skipped) == ("SUCCESS", 114, 286)
    assert second.phases(0)["TRANSFERRING"] == pytest.approx(11_400.0)
    told = [(e.status, e.at) for e in world.stream.of(AgentChanged)]
    assert told == [("OFFLINE", pytest.approx(30 * HOUR + 300)), ("ONLINE", 46 * HOUR)]


def test_an_agent_works_on_one_execution_at_a_time_in_their_order() -> None:
    world = simulate(
        HEAD
        + LINE
        + data(10)
        + data(20, name="audio")
        + task("one", verify="NONE")
        + task("two", "audio", verify="NONE")
    )
    one, two = world.executions()
    assert one.ended is not None
    assert two.history[0] == (0.0, "QUEUED")
    assert two.history[1] == (pytest.approx(one.ended), "LAUNCHING")
    assert two.phases(0)["QUEUED"] == pytest.approx(120.005 + 1000)


def test_a_changed_limit_acts_after_a_minute() -> None:
    # 10 MB/s for 1,000 s less what goes before, then 5 MB/s: 100 GB at 10,120.05 s without the change.
    world = devicesim.World(loads(HEAD + LINE + data(10) + task(verify="NONE")))
    world.advance(300.0)
    world.throttle_execution(world.executions()[0].id, "5 MB/s")
    world.run()
    (execution,) = world.executions()
    before = 360.0 - 120.005
    assert execution.phases(0)["TRANSFERRING"] == pytest.approx(before + (10e9 - before * 10e6) / 5e6)
    assert execution.held_back["the line"] == pytest.approx(before)


def test_a_limit_of_the_scenario_changes_while_it_runs() -> None:
    # Asked for after 200 s, it acts at 260 s: the same as a verb.
    limit = '[[task.limit]]\nafter = "200 s"\nbytes_per_second = "2 MB/s"\n'
    (execution,) = simulate(HEAD + LINE + data(10) + task(verify="NONE") + limit).executions()
    before = 260.0 - 120.005
    assert execution.phases(0)["TRANSFERRING"] == pytest.approx(before + (10e9 - before * 10e6) / 2e6)


def test_a_cancelled_execution_keeps_what_it_has_sent() -> None:
    # At 1,125 s 1,004.995 s have been sent at 10 MB/s: ten files of 1 GB, and half a percent of the eleventh.
    world = devicesim.World(loads(HEAD + LINE + data() + task(verify="NONE")))
    world.advance(1_125.0)
    world.cancel_execution(world.executions()[0].id)
    world.run()
    (execution,) = world.executions()
    assert (execution.status, execution.why, execution.files) == ("ERROR", "cancelled", 10)
    with pytest.raises(VerbError, match="is over: ERROR"):
        world.cancel_execution(execution.id)
    with pytest.raises(UnknownNameError, match="unknown execution"):
        world.cancel_execution("exec-0")
    answer = devicesim.answer(world)
    assert answer.metrics["files_lost"] == 90


def test_incremental_executions_send_what_is_new_or_has_changed() -> None:
    runs = task(verify="NONE", runs=3, changed="10 %", new="5 %")
    first, second, third = simulate(HEAD + LINE + data() + runs).executions()
    assert [e.files for e in (first, second, third)] == [100, 15, pytest.approx(15.5, abs=0.5)]
    assert second.listed == 105
    kept = simulate(HEAD + LINE + data() + runs + "overwrite = 'NEVER'\n").executions()
    assert [e.files for e in kept] == [100, 5, 5]
    whole = simulate(HEAD + LINE + data() + runs + "transfer = 'ALL'\n").executions()
    assert [e.files for e in whole] == [100, 105, 110]


def test_a_split_task_has_no_part_above_the_limit() -> None:
    text = HEAD + LINE + data(450_000, "10 kB") + COPY + task(source="device", verify="NONE", split=True)
    executions = simulate(text).executions()
    assert [(e.task, e.files) for e in executions] == [
        ("send-1", 200_000),
        ("send-2", 200_000),
        ("send-3", 50_000),
    ]


# On the device.


def test_the_device_keeps_nothing_that_is_in_s3_and_imports_nothing_again() -> None:
    world = simulate(HEAD + LINE + data(50) + COPY + task(source="device", verify="NONE"))
    (cleared,) = world.stream.of(Cleared)
    assert (cleared.files, cleared.bytes) == (50, 50_000_000_000)
    leg = world.stream.leg("import", world.job().id)
    assert leg is not None
    assert (leg.total_objects, leg.complete) == (0, True)
    answer = devicesim.answer(world)
    (execution,) = world.executions()
    assert execution.ended is not None
    assert answer.metrics["days_to_s3"] == pytest.approx(execution.ended / DAY)
    assert answer.metrics["online_share"] == 1.0
    kept = simulate(HEAD + LINE + data(50) + COPY + task(source="device", verify="NONE", afterwards="keep"))
    leg = kept.stream.leg("import", kept.job().id)
    assert leg is not None
    assert leg.total_objects == 50


def test_the_copy_feels_the_agent_and_the_agent_the_copy() -> None:
    # Over a gigabit line the agent reads about 93 MB/s of the disk's 190 while clients write onto it.
    fast = LINE.replace("100 Mbit/s", "1 Gbit/s")
    begun = data(2000) + COPY.replace("[job]", "streams = 4\n[job]")
    alone = simulate(HEAD + fast + begun + task(source="device", verify="NONE"))
    hourly = task(source="device", verify="NONE") + 'schedule = { every = "hour", at = "00:20" }\n'
    beside = simulate(HEAD + fast + begun + hourly)
    slow, quick = (devicesim.answer(world).metrics["ingest_hours"] for world in (beside, alone))
    assert slow > 1.1 * quick
    assert all(execution.files < 2000 for execution in beside.executions())
    assert sum(e.files for e in beside.executions()) == 2000


def test_a_device_that_goes_off_cuts_its_agent_short() -> None:
    power = 'power = { source = "battery", capacity = "71 Wh", spares = 3, swap = "30 min" }\n'
    world = simulate(HEAD + power + LINE + data(300) + COPY + task(source="device", verify="NONE"))
    whys = [e.why for e in world.executions()]
    assert "the device was off" in whys
    assert sum(e.files for e in world.executions()) == 300
    assert world.executions()[-1].status == "SUCCESS"


def test_the_agent_draws_power() -> None:
    story = data(300) + COPY
    used = simulate(HEAD + LINE + story + task(source="device", verify="NONE")).life().device.power
    idle = simulate(HEAD + LINE + story.replace("[job]", '[job]\nkeep = "32_000 s"')).life().device.power
    assert used.energy / used.on_time > idle.energy / idle.on_time


# What lands in S3.


class Kept(CountingStore):
    """A store that keeps every upload."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: list[tuple[str, Upload]] = []

    def put(self, bucket: str, upload: Upload) -> str:
        self.uploads.append((bucket, upload))
        return super().put(bucket, upload)


@pytest.mark.parametrize("source", ["site", "device"])
def test_objects_have_the_keys_and_attributes_of_their_files(source: str) -> None:
    store = Kept()
    text = HEAD + LINE + data(3) + (COPY if source == "device" else "") + task(source=source)
    simulate(text, neighbours=Neighbours(objects=store))
    assert [(bucket, upload.key, upload.size) for bucket, upload in store.uploads] == [
        ("bucket-of-video", f"video/0000/{n:08d}", 1_000_000_000) for n in range(3)
    ]
    metadata = store.uploads[0][1].metadata
    assert metadata["user-agent"] == "aws-datasync"
    assert metadata["file-permissions"] == "0644"
    assert set(metadata) == {
        "file-owner", "file-group", "file-permissions", "file-atime", "file-mtime", "user-agent",
    }  # fmt: skip


class NoBuckets(CountingStore):
    def has_bucket(self, bucket: str) -> bool:
        return False


def test_a_bucket_that_is_not_there_ends_the_task() -> None:
    world = simulate(HEAD + LINE + data(3) + task(verify="NONE"), neighbours=Neighbours(objects=NoBuckets()))
    assert [e.why for e in world.executions()] == ["3 files failed"] * 3
    answer = devicesim.answer(world)
    assert answer.metrics["files_lost"] == 3
    assert answer.days_to_s3 is None


# Hybrid plans.


def hybrid(**keys: str) -> str:
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    return HEAD + LINE + data(2_000) + COPY + f"[hybrid]\n{lines}\n"


def test_a_deadline_sends_what_the_line_safely_carries() -> None:
    # 2.5 d less 20 %: 172,800 s, less 120 s to launch. A file of 1 GB takes 100 s, 2.5 s to verify, 0.5 ms to list.
    world = simulate(hybrid(deadline='"2.5 d"'))
    plan = online(world).roads
    files = sum(b.count for errand in plan.site for b in errand.batches)
    assert files == int((172_800 - 120) / (102.5 + 0.0005))
    assert plan.shipped[0].count == 2_000 - files
    assert "later than the deadline" in plan.reason
    total = world.executions()[0].files + world.stream.leg("import", world.job().id).total_objects  # type: ignore[union-attr]
    assert total == 2_000


def test_no_device_is_ordered_where_everything_goes_online_in_time() -> None:
    world = simulate(hybrid(deadline='"30 d"'))
    assert not world.jobs
    assert devicesim.answer(world).device == ""
    assert "all of it is expected online" in online(world).roads.reason


@pytest.mark.parametrize(("share", "files"), [("0 %", 0), ("25 %", 500), ("100 %", 2_000)])
def test_a_share_is_a_share_of_the_bytes(share: str, files: int) -> None:
    plan = online(devicesim.World(loads(hybrid(share=f'"{share}"')))).roads
    assert sum(b.count for errand in plan.site for b in errand.batches) == files


def test_without_a_rule_both_roads_end_together_or_one_is_left_out() -> None:
    plan = online(devicesim.World(loads(hybrid()))).roads
    assert not plan.shipped  # 2 TB online take 2.4 days, any parcel longer
    slow = hybrid().replace("100 Mbit/s", "10 Mbit/s")
    plan = online(devicesim.World(loads(slow))).roads
    assert plan.expected["online"] == pytest.approx(plan.expected["shipped"], abs=0.1)


def test_a_plan_keeps_the_names_of_the_files() -> None:
    store = Kept()
    small = hybrid(share='"40 %"').replace("files = 2000", "files = 5")
    world = simulate(small, neighbours=Neighbours(objects=store))
    keys = {upload.key for _, upload in store.uploads}
    share = world.life().device.share
    keys |= {item.key for bucket in share.buckets for item in share.objects(bucket)}
    assert keys == {f"video/0000/{n:08d}" for n in range(5)}


# The World's contract.


def test_a_log_of_verbs_gives_the_same_world_again() -> None:
    story = loads(HEAD + LINE + data() + task(verify="NONE"))
    world = devicesim.World(story)
    world.advance(500.0)
    name = world.executions()[0].id
    world.throttle_execution(name, 3e6)
    world.advance("1 h")
    world.throttle_execution(name, None)
    world.advance("1 h")
    world.cancel_execution(name)
    world.run()
    again = devicesim.replay(story, world.seed, world.log)
    assert again.events == world.events
    assert again.executions()[0].files == world.executions()[0].files


def test_reads_never_move_time() -> None:
    world = devicesim.World(loads(HEAD + LINE + data() + task()))
    world.advance("1 h")
    first = [(e.status, e.phases(world.now)) for e in world.executions()]
    list(world.progress("1 min"))
    devicesim.answer(world)
    assert [(e.status, e.phases(world.now)) for e in world.executions()] == first
    assert world.now == HOUR


def test_totals_are_unknown_while_preparing() -> None:
    world = simulate(HEAD + LINE + data(20_000, "1 MB") + task(verify="NONE"))
    samples = [s for s in world.progress("1 s") if s.leg == "online"]
    known = [s.seconds for s in samples if s.TotalObjects]
    assert known[0] == pytest.approx(130.0, abs=1.0)  # launching 120 s, listing 20,000 files 10 s
    assert all(s.TotalBytes == 0 and s.BytesTransferred == 0 for s in samples if s.seconds < 130)
    assert (samples[-1].BytesTransferred, samples[-1].ObjectsTransferred) == (20_000_000_000, 20_000)


# Laws.


def balanced(world: devicesim.World) -> None:
    """Every file of every task is in S3 by one road or another, or told of."""
    road = online(world)
    files = sum(each.count for each in road.files)
    sent = list(road.sendings)
    wire = sum(int(s.source.arrived[: s.source.first_count].sum()) for s in sent)
    never = sum(int((~s.source.arrived).sum()) for s in sent if s.task.source == "site")
    parcel = refused = lost = 0
    if world.jobs:
        job = world.job()
        leg = world.stream.leg("import", job.id)
        parcel = leg.total_objects if leg is not None else 0
        refused = sum(e.files for e in world.stream.of(Refused, job.id))
        lost = sum(e.files for e in world.stream.of(Lost, job.id))
        gone = [s for s in sent if s.task.source == "device"]
        # A file that was sent and then lost from the page cache is in S3 all the same.
        saved = sum(int((s.source.arrived & ~s.source.there).sum()) for s in gone)
        cleared = sum(e.files for e in world.stream.of(Cleared, job.id))
        lost -= saved - cleared
    assert wire + parcel + refused + lost + never == files
    for execution in world.executions():
        assert execution.files + execution.failed <= execution.estimated_files
        leg = execution.leg
        assert leg is not None
        assert int(leg.at(world.now)[0][0]) <= leg.total_bytes


STORIES = st.fixed_dictionaries(
    {
        "files": st.integers(1, 60),
        "size": st.sampled_from(["10 kB", "30 MB", "1 GB"]),
        "up": st.sampled_from(["2 Mbit/s", "100 Mbit/s", "1 Gbit/s"]),
        "power": st.sampled_from(
            [
                "",
                'power = { source = "battery", capacity = "20 Wh", spares = 5, swap = "20 min" }\n',
                'power = { source = "battery", capacity = "15 Wh", spares = 2, when_low = "abrupt" }\n',
            ]
        ),
        "outages": st.sampled_from(["", 'outages = { every = "30 min", lasting = "4 min" }\n',
                                    'outages = { every = "2 h", lasting = "15 min" }\n']),
        "windows": st.sampled_from(["", NIGHTS]),
        "source": st.sampled_from(["site", "device"]),
        "verify": st.sampled_from(["NONE", "POINT_IN_TIME_CONSISTENT", "ONLY_FILES_TRANSFERRED"]),
        "early": st.booleans(),
        "ambient": st.sampled_from(["", 'ambient = "59 °C"\n']),
        "fault": st.sampled_from(["", '[[fault]]\nkind = "blackout"\nat = "15 min"\nduration = "40 min"\n',
                                  '[[fault]]\nkind = "blackout"\nat = "3 min"\nduration = "2 h"\n']),
        "failed": st.sampled_from([0, 0.05]),
        "seed": st.integers(0, 5),
    }
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(STORIES)
def test_law_files_are_conserved_under_power_cuts_and_outages(story: dict[str, Any]) -> None:
    aboard = story["source"] == "device"
    more = {"start_after": "5 min"} if story["early"] else {}
    text = (
        HEAD.replace('"datasync.failed" = 0', f'"datasync.failed" = {story["failed"]}')
        + (story["ambient"] if aboard else "")
        + (story["power"] if aboard else "")
        + LINE.replace("100 Mbit/s", story["up"])
        + story["outages"]
        + story["windows"]
        + data(story["files"], story["size"])
        + (COPY if aboard else "")
        + task(source=story["source"], verify=story["verify"], **more)
        + (story["fault"] if aboard and not story["power"] else "")
    )
    world = simulate(text, seed=story["seed"])
    balanced(world)
    assert all(sending.done for sending in online(world).sendings) or world.job().outcome != "complete"
    statuses = [event.status for event in world.stream.of(ExecutionChanged)]
    assert statuses.count("LAUNCHING") == len([e for e in world.executions() if len(e.history) > 1])


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["0 %", "35 %", "100 %"]), st.integers(0, 4), st.booleans())
def test_law_files_are_conserved_across_both_roads(share: str, seed: int, whole: bool) -> None:
    text = (
        HEAD
        + LINE
        + 'outages = { every = "6 h", lasting = "20 min" }\n'
        + data(40, "300 MB")
        + data(25, "100 MB", "audio")
        + COPY.replace('"video"', '["video", "audio"]')
        + f'[hybrid]\nshare = "{share}"\nwhole = {str(whole).lower()}\n'
    )
    world = simulate(text, seed=seed)
    balanced(world)
    if share == "0 %":
        assert not world.executions()


@given(st.integers(1, 30), st.sampled_from(["20 Mbit/s", "100 Mbit/s"]))
@settings(max_examples=20, deadline=None)
def test_law_what_a_week_carries_is_what_arrives(files: int, up: str) -> None:
    """The integral of the rate over the windows equals the bytes moved: closed form against the run."""
    from devicesim.physics import wan  # noqa: PLC0415

    office = '[[site.wan.window]]\ndays = "Mon-Fri"\nbegin = "08:00"\nend = "18:00"\nshare = "20 %"\n'
    line = LINE.replace("100 Mbit/s", up) + 'otherwise = "100 %"\n' + office
    world = simulate(HEAD + line + data(files, "5 GB") + task(verify="NONE"))
    (execution,) = world.executions()
    begin = next(at for at, status in execution.history if status == "TRANSFERRING")
    assert execution.ended is not None
    scenario = world.scenario
    assert scenario is not None
    assert scenario.site.wan is not None
    rate = scenario.site.wan.up * 0.8
    windows = [wan.Window(day * DAY + 8 * HOUR, day * DAY + 18 * HOUR, 0.2 * rate) for day in range(5)]
    week = wan.timetable(windows, rate)
    assert np.isclose(wan.moved(week, begin, execution.ended), execution.bytes, rtol=1e-9)


# As others write it.


def test_datasync_writes_an_execution_under_its_own_arn_through_all_phases() -> None:
    world = simulate(HEAD + LINE + data(2_000, "20 MB") + task(verify="POINT_IN_TIME_CONSISTENT"))
    answers = [answer for chunk in world.chunks("10 s") for answer in datasync.answers(chunk, mode="BASIC")]
    (execution,) = world.executions()
    task_id, execution_id = execution.id.split("/")
    assert {answer["TaskExecutionArn"] for answer in answers} == {
        f"arn:aws:datasync:us-east-1:111122223333:task/{task_id}/execution/{execution_id}"
    }
    seen = list(dict.fromkeys(answer["Status"] for answer in answers))
    assert seen == ["LAUNCHING", "PREPARING", "TRANSFERRING", "VERIFYING", "SUCCESS"]
    assert answers[-1]["BytesWritten"] == 40_000_000_000


def test_a_short_outage_after_days_of_sending_is_waited_out() -> None:
    # 4 TB at 10 MB/s are 400,000 s, beyond the two days that a standstill is borne; outages only add their own length.
    text = HEAD + LINE + 'outages = { every = "1 d", lasting = "40 s" }\n' + data(400, "10 GB")
    (execution,) = simulate(text + task(verify="NONE")).executions()
    assert execution.status == "SUCCESS"
    assert 400_000 < execution.phases(0)["TRANSFERRING"] < 400_000 + 2_000
    assert execution.held_back == {"the line": pytest.approx(400_000)}


def test_a_file_that_no_window_is_long_enough_for_ends_the_task() -> None:
    # A night carries 288 GB; a file of 1 TB begins again every night, and after three nights nobody tries again.
    nightly = task(verify="NONE") + "schedule = { every = 'day', at = '22:00' }\n"
    world = simulate(HEAD + LINE + NIGHTS + data(1, "1 TB") + nightly)
    assert [e.why for e in world.executions()] == ["the window closed"] * 3
    answer = devicesim.answer(world)
    assert answer.days_to_s3 is None
    assert "3 executions in a row sent nothing" in answer.losses[0].why


def test_new_files_find_no_room_on_a_full_device() -> None:
    # 7.9 of 8 TB are taken; ten more files of 79 GB are offered, and one fits.
    runs = task(source="device", verify="NONE", runs=2, new="10 %")
    world = simulate(HEAD + LINE.replace("100 Mbit/s", "10 Gbit/s") + data(100, "79 GB") + COPY + runs)
    assert sum(e.files for e in world.executions()) == 101


# Published.


@pytest.mark.parametrize(
    ("size", "up", "least", "most"),
    [
        pytest.param("8 TB", "100 Mbit/s", 9.2, 9.3, id="8 TB at 80 % of 100 Mbit/s: 9.3 d (aws-facts 11)"),
        pytest.param(
            "100 TB", "100 Mbit/s", 100, 120, id="100 TB over 100 Mbit/s: more than 100 d (AWS storage blog)"
        ),
        pytest.param("100 TB", "44.736 Mbit/s", 258, 269, id="100 TB over T3: 269 d (old AWS table)"),
        pytest.param("1 PB", "500 Mbit/s", 231, 232, id="1 PB over 500 Mbit/s at 80 %: 231.5 d (models 11, S7)"),
        # One task moves 10 Gbit/s at most, 1.25 GB/s, and the site's storage must give as much: 8 TB in 6,400 s.
        pytest.param("8 TB", "100 Gbit/s", 0.074, 0.075, id="10 Gbit/s a task (DataSync guide, datasync-limits.md)"),
    ],
)  # fmt: skip
def test_published_times_come_out_of_a_run(size: str, up: str, least: float, most: float) -> None:
    head = HEAD.replace(
        "[assume]", '[assume]\n"datasync.site_read" = "20 GB/s"\n"datasync.connections" = 200'
    )
    text = (
        head
        + LINE.replace("100 Mbit/s", up)
        + data(1000, f"{float(size.split()[0]) / 1000:g} {size.split()[1]}")
    )
    (execution,) = simulate(text + task(verify="NONE")).executions()
    assert least <= execution.phases(0)["TRANSFERRING"] / DAY <= most
