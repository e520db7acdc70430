"""Executions as the API tells them: phases, counts and durations worked out by hand; throttled, cancelled, failed."""

from datetime import UTC, datetime, timedelta

import pytest
from sync_accounts import LINE, account, agent, nfs, of_scenario, refused, s3, start, task, told

from devicesim.device.neighbours import CountingStore, Neighbours
from devicesim.device.online.source import Source
from devicesim.errors import VerbError

EPOCH = datetime(2026, 6, 1, 8, tzinfo=UTC)
# 100 files of 10 MB at 80 % of 100 Mbit/s are 100 s, after 120 s of launching and 0.05 s of listing.
LAUNCH, LIST, SEND, READ = 120.0, 0.05, 100.0, 2.5
MOVING = LAUNCH + LIST


DEVICE = """
[job]
unpack = "1 h"
hand_over = "1 h"
[[client]]
name = "laptop"
dataset = "video"
link = "ethernet"
"""


def at(api, seconds):
    api.world.advance(seconds - api.world.now)


def test_worked_an_execution_goes_through_its_phases():
    api = account()
    arn = start(api, task(api, Options={"VerifyMode": "ONLY_FILES_TRANSFERRED"}))
    seen = []
    for seconds in (0.0, 119.0, 120.01, MOVING + 50.0, MOVING + SEND + 1.0, MOVING + SEND + READ + 0.1):
        at(api, seconds)
        now = told(api, arn)
        seen.append((now["Status"], now["EstimatedBytesToTransfer"], round(now["BytesTransferred"], -5)))
    assert seen == [
        ("LAUNCHING", 0, 0),
        ("LAUNCHING", 0, 0),
        ("PREPARING", 0, 0),
        ("TRANSFERRING", 10**9, 5 * 10**8),
        ("VERIFYING", 10**9, 10**9),
        ("SUCCESS", 10**9, 10**9),
    ]
    assert now["Result"] == {
        "PrepareDuration": 50,
        "PrepareStatus": "SUCCESS",
        "TotalDuration": 222_550,
        "TransferDuration": 100_000,
        "TransferStatus": "SUCCESS",
        "VerifyDuration": 2_500,
        "VerifyStatus": "SUCCESS",
    }
    assert (now["StartTime"], now["LaunchTime"]) == (EPOCH, EPOCH)
    assert abs(now["EndTime"] - EPOCH - timedelta(seconds=222.55)) < timedelta(milliseconds=1)
    assert (now["FilesTransferred"], now["BytesWritten"], now["FilesVerified"]) == (100, 10**9, 100)
    assert (now["EstimatedFilesToTransfer"], now["FilesSkipped"], now["FilesDeleted"]) == (100, 0, 0)


def test_worked_steps_are_pending_until_they_are_through():
    api = account()
    arn = start(api)
    at(api, MOVING + 50.0)
    assert told(api, arn)["Result"] == {
        "PrepareDuration": 50,
        "PrepareStatus": "SUCCESS",
        "TotalDuration": 170_050,
        "TransferDuration": 50_000,
        "TransferStatus": "PENDING",
        "VerifyDuration": 0,
        "VerifyStatus": "PENDING",
    }


def test_worked_a_throttled_execution_is_slower_a_minute_later():
    # At 10 MB/s until 60 s after the change at 20 s of sending, 800 MB; the other 200 MB at 1 MB/s take 200 s.
    api = account()
    own = task(api)
    arn = start(api, own)
    at(api, MOVING + 20.0)
    api.call("UpdateTaskExecution", {"TaskExecutionArn": arn, "Options": {"BytesPerSecond": 1_000_000}})
    assert told(api, arn)["Options"]["BytesPerSecond"] == -1
    at(api, MOVING + 81.0)
    assert told(api, arn)["Options"]["BytesPerSecond"] == 1_000_000
    api.world.run()
    assert told(api, arn)["Result"]["TransferDuration"] == pytest.approx(280_000, abs=10)
    # The limit was that execution's alone.
    assert api.call("DescribeTask", {"TaskArn": own})["Options"]["BytesPerSecond"] == -1


@pytest.mark.parametrize("where", ["task", "execution"])
def test_worked_a_limit_from_the_start(where):
    api = account()
    limit = {"VerifyMode": "NONE", "BytesPerSecond": 5_000_000}
    if where == "task":
        arn = start(api, task(api, Options=limit))
    else:
        arn = start(api, task(api), OverrideOptions=limit)
    api.world.run()
    assert told(api, arn)["Result"]["TransferDuration"] == pytest.approx(200_000, abs=1)


def test_worked_executions_of_one_agent_queue():
    api = account()
    own = agent(api)
    first, second = (start(api, task(api, nfs(api, own), s3(api, f"arn:aws:s3:::{n}00"))) for n in "ab")
    assert [told(api, arn)["Status"] for arn in (first, second)] == ["LAUNCHING", "QUEUED"]
    assert "LaunchTime" not in told(api, second)
    api.world.run()
    later = told(api, second)
    assert (later["LaunchTime"] - later["StartTime"]).total_seconds() == pytest.approx(MOVING + SEND)
    assert later["Result"]["TotalDuration"] == pytest.approx(1000 * (MOVING + SEND), abs=1)


def test_worked_a_cancelled_execution_keeps_what_is_whole_and_the_next_sends_the_rest():
    api = account()
    own = task(api)
    arn = start(api, own)
    at(api, MOVING + 50.4)
    api.call("CancelTaskExecution", {"TaskExecutionArn": arn})
    assert told(api, arn)["Status"] == "CANCELLING"
    api.world.advance(1.0)
    ended = told(api, arn)
    assert (ended["Status"], ended["FilesTransferred"], ended["BytesWritten"]) == ("ERROR", 50, 5 * 10**8)
    assert ended["Result"]["ErrorCode"] == "ExecutionCancelled"
    assert ended["Result"]["ErrorDetail"] == "Cancelled."
    assert (ended["Result"]["PrepareStatus"], ended["Result"]["TransferStatus"]) == ("SUCCESS", "ERROR")
    rest = start(api, own)
    api.world.run()
    now = told(api, rest)
    assert (now["FilesTransferred"], now["FilesSkipped"], now["BytesWritten"]) == (50, 50, 5 * 10**8)


def test_worked_enhanced_mode_tells_what_it_listed_and_no_durations():
    api = account()
    arn = start(api, task(api, TaskMode="ENHANCED"))
    api.world.run()
    now = told(api, arn)
    assert now["FilesListed"] == {"AtSource": 100}
    assert (now["FilesPrepared"], now["FilesFailed"]["Transfer"]) == (100, 0)
    assert (now["Result"]["TransferDuration"], now["Result"]["PrepareDuration"]) == (0, 0)


def test_worked_filters_of_an_execution_hold_for_it_alone():
    api = account()
    own = task(api, Includes=[{"FilterType": "SIMPLE_PATTERN", "Value": "*1|*2"}])
    only = start(api, own, Excludes=[{"FilterType": "SIMPLE_PATTERN", "Value": "*11"}])
    api.world.run()
    assert told(api, only)["FilesTransferred"] == 19
    assert told(api, only)["Includes"][0]["Value"] == "*1|*2"
    assert "Excludes" not in api.call("DescribeTask", {"TaskArn": own})


NIGHTLY = {"ScheduleExpression": "cron(0 22 * * ? *)"}


def started(api):
    """When each execution began, in hours since midnight of 1 June."""
    arns = [each["TaskExecutionArn"] for each in api.call("ListTaskExecutions", {})["TaskExecutions"]]
    return [(told(api, arn)["StartTime"] - EPOCH).total_seconds() / 3600 + 8 for arn in arns]


def test_worked_a_schedule_starts_a_task_by_itself():
    api = account()
    own = task(api, Schedule=NIGHTLY)
    described = api.call("DescribeTask", {"TaskArn": own})
    assert described["Schedule"] == NIGHTLY | {"Status": "ENABLED"}
    api.world.run()
    assert (api.world.now, started(api)) == (0.0, [])  # the World does not wait for it
    api.world.advance("3 d")
    assert started(api) == [22.0, 46.0, 70.0]
    api.call("UpdateTask", {"TaskArn": own, "Schedule": NIGHTLY | {"Status": "DISABLED"}})
    api.world.advance("3 d")
    described = api.call("DescribeTask", {"TaskArn": own})
    assert described["ScheduleDetails"] == {"DisabledBy": "USER"}
    api.call("UpdateTask", {"TaskArn": own, "Schedule": {"ScheduleExpression": "rate(12 hours)"}})
    api.world.advance("25 h")
    assert started(api) == [22.0, 46.0, 70.0, 164.0, 176.0]
    api.call("DeleteTask", {"TaskArn": own})
    api.world.advance("3 d")
    assert api.world.datasync.due == float("inf")


def test_worked_a_goal_that_a_schedule_leads_to_is_reached_and_another_is_not_waited_for_longer_than_a_year():
    api = account()
    task(api, Schedule={"ScheduleExpression": "cron(0 0 1 * ? *)"})
    api.world.until(lambda world: len(world.executions()) == 1)
    assert started(api) == [720.0]  # 1 July
    with pytest.raises(VerbError, match="was not reached"):
        api.world.until(lambda world: False)
    assert len(api.world.executions()) == 13


def test_a_scheduled_task_that_runs_still_waits_for_its_next_turn():
    # 1 GB at 100 kB/s take 2.8 h.
    api = account()
    slow = {"VerifyMode": "NONE", "BytesPerSecond": 100_000}
    task(api, Schedule={"ScheduleExpression": "cron(0 * * * ? *)"}, Options=slow)
    api.world.advance("8 h")
    assert started(api) == [9.0, 12.0, 13.0, 14.0, 15.0, 16.0]


@pytest.mark.parametrize(
    "text",
    [
        "daily",
        "cron(0 22 * * * *)",
        "cron(0,30 * * * ? *)",
        "cron(0 25 * * ? *)",
        "rate(30 minutes)",
        "rate(0 hours)",
        "cron(0 22 L * ? *)",
        "cron(0 22 ? * FRI)",
    ],
)
def test_a_schedule_that_is_none_is_refused(text):
    with refused("schedule"):
        task(account(), Schedule={"ScheduleExpression": text})


def test_an_execution_of_a_million_years_ends_no_test_with_a_traceback():
    api = account()
    api.world.create_share("/big", files=1000, size="5 TB")
    arn = start(api, task(api, nfs(api, path="/big"), Options={"VerifyMode": "NONE", "BytesPerSecond": 1}))
    api.world.run()
    assert told(api, arn)["Status"] == "TRANSFERRING"
    with pytest.raises(VerbError, match="was not reached"):
        api.world.until(lambda world: False)
    assert told(api, arn)["Status"] == "TRANSFERRING"


# What goes wrong.


def test_worked_a_task_is_unavailable_five_minutes_after_its_line_closed():
    # The window closes at 00:10, after the execution has ended.
    api = of_scenario(LINE + '[[site.wan.window]]\nbegin = "00:00"\nend = "00:10"\n')
    api.world.advance("20 min")
    (arn,) = (each["TaskExecutionArn"] for each in api.call("ListTaskExecutions", {})["TaskExecutions"])
    assert told(api, arn)["Status"] == "SUCCESS"
    own = api.call("ListTasks", {})["Tasks"][0]
    assert own["Status"] == "UNAVAILABLE"
    with refused("UNAVAILABLE", "OFFLINE"):
        start(api, own["TaskArn"])


def test_worked_an_outage_ends_an_execution_with_its_reason():
    text = LINE.replace('"5 MB/s"', '"100 kB/s"') + '[[site.wan.window]]\nbegin = "00:00"\nend = "00:10"\n'
    api = of_scenario(text)
    api.world.advance("20 min")
    (entry,) = api.call("ListTaskExecutions", {})["TaskExecutions"]
    now = told(api, entry["TaskExecutionArn"])
    assert (now["Status"], now["Result"]["ErrorCode"]) == ("ERROR", "AgentOffline")
    assert now["Result"]["ErrorDetail"] == "The window closed."
    assert (now["EndTime"] - now["StartTime"]).total_seconds() == pytest.approx(900.0)
    described = api.call("DescribeTask", {"TaskArn": api.call("ListTasks", {})["Tasks"][0]["TaskArn"]})
    assert described["ErrorCode"] == "AgentOffline"
    assert described["CurrentTaskExecutionArn"] == entry["TaskExecutionArn"]


def test_worked_a_directory_that_is_not_there():
    api = account()
    arn = start(api, task(api, nfs(api, path="/nowhere")))
    api.world.run()
    now = told(api, arn)
    assert (now["Status"], now["Result"]["ErrorCode"]) == ("ERROR", "SourceNotFound")
    assert now["Result"]["PrepareStatus"] == "ERROR"


class Bucketless(CountingStore):
    """A store whose buckets can go."""

    gone = False

    def has_bucket(self, bucket):
        return not self.gone


def test_worked_a_bucket_that_goes_ends_the_next_execution():
    store = Bucketless()
    api = account(neighbours=Neighbours(objects=store))
    own = task(api)
    store.gone = True
    arn = start(api, own)
    api.world.run()
    assert told(api, arn)["Result"]["ErrorCode"] == "BucketNotFound"
    with refused("access test failed", "no bucket films"):
        s3(api)


class NoRole:
    def refusal(self, role_arn, buckets, *, write, service):
        assert (service, write, list(buckets)) == ("datasync.amazonaws.com", True, ["films"])
        return "there is no such role"


def test_worked_a_role_that_does_not_do():
    api = account(neighbours=Neighbours(roles=NoRole()))
    with refused("Unable to assume role", "no such role"):
        s3(api)


def test_worked_files_that_fail_make_an_error_of_it(monkeypatch):
    def put(self, store, files):
        return files >= 3

    monkeypatch.setattr(Source, "put", put)
    api = account(neighbours=Neighbours(objects=Bucketless()))
    arn = start(api, task(api, TaskMode="ENHANCED"))
    api.world.run()
    now = told(api, arn)
    assert (now["Status"], now["FilesTransferred"]) == ("ERROR", 97)
    assert now["FilesFailed"] == {"Prepare": 0, "Transfer": 3, "Verify": 0, "Delete": 0}
    assert now["Result"]["ErrorCode"] == "FilesFailed"
    assert now["Result"]["ErrorDetail"] == "3 files failed."


# The scenario's own, and a device.


def test_a_scenario_s_task_is_told_with_its_locations_and_agent():
    api = of_scenario()
    (own,) = api.call("ListTasks", {})["Tasks"]
    assert (own["Name"], own["Status"]) == ("send", "AVAILABLE")
    described = api.call("DescribeTask", {"TaskArn": own["TaskArn"]})
    assert described["Options"]["BytesPerSecond"] == 5_000_000
    uris = [each["LocationUri"] for each in api.call("ListLocations", {})["Locations"]]
    assert uris == ["nfs://fileserver.site/video/", "s3://films/"]
    assert [each["Name"] for each in api.call("ListAgents", {})["Agents"]] == ["site"]
    api.world.run()
    (entry,) = api.call("ListTaskExecutions", {"TaskArn": own["TaskArn"]})["TaskExecutions"]
    # 1 GB at 5 MB/s.
    assert told(api, entry["TaskExecutionArn"])["Result"]["TransferDuration"] == pytest.approx(200_000, abs=1)


def test_a_scenario_s_schedule_is_told_in_utc():
    nightly = LINE.replace("00:00:00Z", "00:00:00-07:00") + 'schedule = { every = "day", at = "22:00" }\n'
    api = of_scenario(nightly)
    (own,) = api.call("ListTasks", {})["Tasks"]
    told = api.call("DescribeTask", {"TaskArn": own["TaskArn"]})
    assert told["Schedule"] == {"ScheduleExpression": "cron(0 5 * * ? *)", "Status": "ENABLED"}
    api.world.advance("1 d")
    (entry,) = api.call("ListTaskExecutions", {})["TaskExecutions"]
    start = api.call("DescribeTaskExecution", {"TaskExecutionArn": entry["TaskExecutionArn"]})["StartTime"]
    assert start.astimezone(UTC).hour == 5


def test_an_execution_of_a_scenario_s_task_can_be_throttled_and_started_again():
    api = of_scenario()
    api.world.advance("3 min")
    (entry,) = api.call("ListTaskExecutions", {})["TaskExecutions"]
    change = {"TaskExecutionArn": entry["TaskExecutionArn"], "Options": {"BytesPerSecond": 1_000_000}}
    api.call("UpdateTaskExecution", change)
    api.world.run()
    assert told(api, entry["TaskExecutionArn"])["Result"]["TransferDuration"] > 500_000
    again = start(
        api, api.call("ListTasks", {})["Tasks"][0]["TaskArn"], OverrideOptions={"TransferMode": "ALL"}
    )
    api.world.run()
    assert told(api, again)["FilesTransferred"] == 100


def test_a_deleted_task_of_the_scenario_stays_away():
    api = of_scenario()
    api.world.run()
    (own,) = api.call("ListTasks", {})["Tasks"]
    api.call("DeleteTask", {"TaskArn": own["TaskArn"]})
    assert api.call("ListTasks", {})["Tasks"] == api.call("ListTaskExecutions", {})["TaskExecutions"] == []


def test_names_are_whatever_aws_takes():
    api = account()
    own = task(api, Name=" a/b:c@d=e+f \n")
    start(api, own)
    api.world.run()
    assert api.call("DescribeTask", {"TaskArn": own})["Name"] == " a/b:c@d=e+f \n"


def test_a_device_that_has_just_gone_off_ends_an_execution_within_minutes():
    text = LINE.replace("[[task]]", DEVICE + "[[task]]")
    api = of_scenario(text.replace('name = "send"', 'name = "send"\nsource = "device"'))
    (own,) = api.call("ListTasks", {})["Tasks"]
    device = api.world.life().device
    api.world.until(lambda world: device.off.triggered and bool(world.executions()))
    arn = start(api, own["TaskArn"])  # AWS counts the agent as online for five minutes more
    api.world.run()
    result = told(api, arn)["Result"]
    assert (result["ErrorCode"], result["ErrorDetail"]) == ("AgentOffline", "The device was off.")
    assert result["TotalDuration"] == 300_000


def test_executions_are_told_for_thirty_days():
    api = account()
    own = task(api)
    arn = start(api, own)
    api.world.run()
    ended = api.world.now
    at(api, ended + 30 * 86400.0)
    assert told(api, arn)["Status"] == "SUCCESS"
    at(api, ended + 30 * 86400.0 + 1.0)
    assert api.call("ListTaskExecutions", {"TaskArn": own})["TaskExecutions"] == []
    with refused("Task execution", "not found"):
        told(api, arn)


def test_law_reads_never_move_time_and_are_no_verbs():
    api = account()
    own = task(api)
    arn = start(api, own)
    at(api, MOVING + 33.3)
    length, now = len(api.world.log), api.world.now
    for _ in range(2):
        first = told(api, arn)
        for name, members in (
            ("DescribeTask", {"TaskArn": own}),
            ("ListTasks", {}),
            ("ListAgents", {}),
            ("ListLocations", {}),
            ("ListTaskExecutions", {}),
            ("ListTagsForResource", {"ResourceArn": arn}),
        ):
            api.call(name, members)
        assert told(api, arn) == first
    assert (len(api.world.log), api.world.now) == (length, now)
