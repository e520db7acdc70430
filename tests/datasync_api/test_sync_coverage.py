"""Every operation, what it refuses, and what it keeps: refusals leave no trace."""

import pytest
from sync_accounts import BUCKET, KEY, ROLE, account, agent, nfs, of_scenario, refused, s3, start, task

from devicesim.datasync_api import TABLE, interface
from devicesim.protocol import ApiError

LOST = {
    "agent": "arn:aws:datasync:us-west-2:123456789012:agent/agent-00000000000000000",
    "location": "arn:aws:datasync:us-west-2:123456789012:location/loc-00000000000000000",
    "task": "arn:aws:datasync:us-west-2:123456789012:task/task-00000000000000000",
}
LOST["execution"] = LOST["task"] + "/execution/exec-00000000000000000"
MANIFEST = {
    "Source": {
        "S3": {
            "ManifestObjectPath": "m.csv",
            "S3BucketArn": BUCKET,
            "BucketAccessRoleArn": ROLE["BucketAccessRoleArn"],
        }
    }
}
NFS = {"ServerHostname": "nas", "Subdirectory": "/", "OnPremConfig": {"AgentArns": [LOST["agent"]]}}
S3 = {"S3BucketArn": BUCKET, "S3Config": ROLE}
ACCESS_POINT = "arn:aws:s3:us-west-2:123456789012:accesspoint/films"
OLD = {"Name": "CreationTime", "Operator": "LessThan", "Values": ["yesterday"]}
ODD = {"Name": "LocationUri", "Operator": "LessThan", "Values": ["s3"]}
ANY = [{"FilterType": "SIMPLE_PATTERN", "Value": "*"}]


def ends(api, **more):
    return {"SourceLocationArn": nfs(api), "DestinationLocationArn": s3(api)} | more


def running(api):
    own = task(api)
    return own, start(api, own)


def over(api):
    own, arn = running(api)
    api.world.run()
    return own, arn


def twice(api):
    agent(api)
    return {"ActivationKey": KEY}


def busy(api):
    own = agent(api)
    start(api, task(api, nfs(api, own)))
    second = task(api, nfs(api, own), Options={"VerifyMode": "NONE", "TaskQueueing": "DISABLED"})
    return {"TaskArn": second}


def named_agent(api):
    own = agent(api)
    nfs(api, own)
    return {"AgentArn": own}


def used(api):
    source = nfs(api)
    task(api, source)
    return {"LocationArn": source}


def many(api):
    own = agent(api)
    api.call("TagResource", {"ResourceArn": own, "Tags": [{"Key": f"k{n}"} for n in range(50)]})
    return {"ResourceArn": own, "Tags": [{"Key": "one-more"}]}


CASES = {
    "CreateAgent": [twice, lambda api: {"ActivationKey": "short"}],
    "DescribeAgent": [lambda api: {"AgentArn": LOST["agent"]}],
    "ListAgents": [lambda api: {"NextToken": "1-0"}],
    "UpdateAgent": [lambda api: {"AgentArn": LOST["agent"], "Name": "a"}],
    "DeleteAgent": [lambda api: {"AgentArn": LOST["agent"]}, named_agent],
    "CreateLocationNfs": [
        lambda api: NFS,
        lambda api: NFS | {"OnPremConfig": {"AgentArns": []}},
        lambda api: NFS | {"Subdirectory": "/a*"},
    ],
    "CreateLocationS3": [
        lambda api: S3 | {"S3BucketArn": ACCESS_POINT},
        lambda api: S3 | {"AgentArns": [LOST["agent"]]},
        lambda api: S3 | {"S3BucketArn": "films"},
    ],
    "DescribeLocationNfs": [
        lambda api: {"LocationArn": LOST["location"]},
        lambda api: {"LocationArn": s3(api)},
    ],
    "DescribeLocationS3": [
        lambda api: {"LocationArn": LOST["location"]},
        lambda api: {"LocationArn": nfs(api)},
    ],
    "UpdateLocationNfs": [
        lambda api: {"LocationArn": LOST["location"]},
        lambda api: {"LocationArn": nfs(api), "OnPremConfig": {"AgentArns": [LOST["agent"]]}},
    ],
    "UpdateLocationS3": [lambda api: {"LocationArn": LOST["location"]}],
    "ListLocations": [
        lambda api: {"NextToken": "1-0"},
        lambda api: nfs(api) and {"Filters": [OLD]},
        lambda api: nfs(api) and {"Filters": [ODD]},
    ],
    "DeleteLocation": [lambda api: {"LocationArn": LOST["location"]}, used],
    "CreateTask": [
        lambda api: ends(api) | {"SourceLocationArn": LOST["location"]},
        lambda api: {"SourceLocationArn": s3(api), "DestinationLocationArn": nfs(api)},
        lambda api: ends(api, ManifestConfig=MANIFEST),
        lambda api: ends(api, Options={"Atime": "NONE"}),
        lambda api: ends(api, Options={"BytesPerSecond": 0}),
        lambda api: ends(api, Options={"TransferMode": "ALL", "PreserveDeletedFiles": "REMOVE"}),
        lambda api: ends(api, Options={"VerifyMode": "SOMETIMES"}),
        lambda api: ends(api, TaskMode="ENHANCED", Options={"VerifyMode": "POINT_IN_TIME_CONSISTENT"}),
    ],
    "DescribeTask": [lambda api: {"TaskArn": LOST["task"]}],
    "ListTasks": [lambda api: {"NextToken": "1-0"}, lambda api: task(api) and {"Filters": [OLD]}],
    "UpdateTask": [
        lambda api: {"TaskArn": LOST["task"]},
        lambda api: {"TaskArn": task(api), "ManifestConfig": MANIFEST},
        lambda api: {"TaskArn": task(api), "Options": {"Mtime": "NONE"}},
    ],
    "DeleteTask": [lambda api: {"TaskArn": LOST["task"]}, lambda api: {"TaskArn": running(api)[0]}],
    "StartTaskExecution": [
        lambda api: {"TaskArn": LOST["task"]},
        lambda api: {"TaskArn": running(api)[0]},
        busy,
        lambda api: {"TaskArn": task(api), "ManifestConfig": MANIFEST},
        lambda api: {"TaskArn": task(api), "OverrideOptions": {"BytesPerSecond": 0}},
    ],
    "DescribeTaskExecution": [lambda api: {"TaskExecutionArn": LOST["execution"]}],
    "ListTaskExecutions": [lambda api: {"NextToken": "1-0"}, lambda api: {"TaskArn": LOST["task"]}],
    "UpdateTaskExecution": [
        lambda api: {"TaskExecutionArn": LOST["execution"], "Options": {"BytesPerSecond": 1}},
        lambda api: {"TaskExecutionArn": over(api)[1], "Options": {"BytesPerSecond": 1}},
        lambda api: {"TaskExecutionArn": running(api)[1], "Options": {"VerifyMode": "NONE"}},
        lambda api: {"TaskExecutionArn": running(api)[1], "Options": {"BytesPerSecond": 0}},
    ],
    "CancelTaskExecution": [
        lambda api: {"TaskExecutionArn": LOST["execution"]},
        lambda api: {"TaskExecutionArn": over(api)[1]},
    ],
    "TagResource": [lambda api: {"ResourceArn": LOST["agent"], "Tags": []}, many],
    "UntagResource": [lambda api: {"ResourceArn": LOST["execution"], "Keys": ["k"]}],
    "ListTagsForResource": [
        lambda api: {"ResourceArn": LOST["location"]},
        lambda api: {"ResourceArn": agent(api), "NextToken": "1-0"},
    ],
}
"""For each operation, requests that it refuses."""


def test_law_every_operation_is_answered_and_refuses_something():
    assert set(TABLE) == set(interface().operations) == set(CASES)


def test_law_every_modelled_exception_has_its_trigger():
    for name, told in interface().operations.items():
        assert set(told.errors) == set(TABLE[name].triggers)
        assert TABLE[name].triggers["InternalException"] == "never"


@pytest.mark.parametrize(
    ("operation", "ask"), [(name, ask) for name, asked in CASES.items() for ask in asked]
)
def test_worked_what_is_refused_leaves_no_trace(operation, ask):
    api = account()
    members = ask(api)
    log, kept = list(api.world.log), repr(api.account)
    with refused():
        api.call(operation, members)
    assert api.world.log == log
    assert repr(api.account) == kept


def test_an_agent_out_of_reach_starts_nothing():
    api = account()
    job = api.world.create_job()
    own = agent(api, api.world.start_agent(job))
    sync = task(api, nfs(api, own, "/buckets/devicesim"))
    api.world.dismiss_agent(api.account.agents[own].key)
    api.world.until("InTransitToAWS", job)
    described = api.call("DescribeAgent", {"AgentArn": own})
    assert described["Status"] == "OFFLINE"
    assert described["CreationTime"] < described["LastConnectionTime"] < api.account.time(api.world.now)
    assert api.call("DescribeTask", {"TaskArn": sync})["Status"] == "UNAVAILABLE"
    with refused("UNAVAILABLE"):
        start(api, sync)


def test_what_is_of_the_scenario_stays_as_it_is():
    api = of_scenario()
    (own,) = api.call("ListTasks", {})["Tasks"]
    source, destination = (each["LocationArn"] for each in api.call("ListLocations", {})["Locations"])
    api.world.run()
    for operation, members in (
        ("UpdateTask", {"TaskArn": own["TaskArn"], "Includes": ANY}),
        ("StartTaskExecution", {"TaskArn": own["TaskArn"], "Includes": ANY}),
        ("UpdateLocationNfs", {"LocationArn": source, "Subdirectory": "/other"}),
        ("UpdateLocationS3", {"LocationArn": destination, "Subdirectory": "/other"}),
    ):
        with refused("scenario"):
            api.call(operation, members)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_another_region_sees_nothing(region):
    api = account()
    own, arn = running(api)
    for kind in ("Agents", "Locations", "Tasks", "TaskExecutions"):
        assert api.call(f"List{kind}", {}, region)[kind] == []
        assert api.call(f"List{kind}", {})[kind]
    for operation, members in (
        ("DescribeTask", {"TaskArn": own}),
        ("DescribeTaskExecution", {"TaskExecutionArn": arn}),
        ("CancelTaskExecution", {"TaskExecutionArn": arn}),
        ("TagResource", {"ResourceArn": own, "Tags": []}),
    ):
        with refused("not found"):
            api.call(operation, members, region)


def test_a_region_that_is_none():
    with pytest.raises(ApiError, match="not offered"):
        account().call("ListTasks", {}, "mars-north-1")


# What is kept and told.


def test_worked_agents_are_described_as_they_were_activated():
    api = account()
    own = agent(api, AgentName="ridge", Tags=[{"Key": "site", "Value": "ridge"}])
    told = api.call("DescribeAgent", {"AgentArn": own})
    assert (told["Name"], told["Status"], told["EndpointType"]) == ("ridge", "ONLINE", "PUBLIC")
    assert told["LastConnectionTime"] == told["CreationTime"] == api.account.time(0.0)
    api.call("UpdateAgent", {"AgentArn": own, "Name": "camp"})
    assert api.call("ListAgents", {})["Agents"] == [{"AgentArn": own, "Name": "camp", "Status": "ONLINE"}]
    endpoint = "vpce-0123456789abcdef0"
    private = agent(api, KEY.replace("A", "Z"), VpcEndpointId=endpoint)
    told = api.call("DescribeAgent", {"AgentArn": private})
    assert (told["EndpointType"], told["PrivateLinkConfig"]) == ("PRIVATE_LINK", {"VpcEndpointId": endpoint})
    api.call("DeleteAgent", {"AgentArn": private})
    assert len(api.call("ListAgents", {})["Agents"]) == 1


def test_worked_locations_are_described_filtered_and_deleted():
    api = account()
    own = agent(api)
    source = nfs(api, own, MountOptions={"Version": "NFS3"})
    destination = s3(api, Subdirectory="/raw/", S3StorageClass="STANDARD_IA")
    told = api.call("DescribeLocationNfs", {"LocationArn": source})
    assert (told["LocationUri"], told["MountOptions"]) == (
        "nfs://nas.site/export/video/",
        {"Version": "NFS3"},
    )
    told = api.call("DescribeLocationS3", {"LocationArn": destination})
    assert (told["LocationUri"], told["S3StorageClass"]) == ("s3://films/raw/", "STANDARD_IA")

    def listed(name, operator, *values):
        only = [{"Name": name, "Operator": operator, "Values": list(values)}]
        return [each["LocationArn"] for each in api.call("ListLocations", {"Filters": only})["Locations"]]

    assert listed("LocationType", "Equals", "S3") == [destination]
    assert listed("LocationUri", "NotContains", "films") == [source]
    assert listed("CreationTime", "LessThan", "2026-06-01T08:00:00Z") == []
    assert listed("CreationTime", "LessThanOrEqual", "2026-06-01T08:00:00Z") == [source, destination]
    api.call("DeleteLocation", {"LocationArn": source})
    assert listed("LocationType", "In", "S3", "NFS") == [destination]


def test_worked_a_changed_location_holds_for_the_executions_to_come():
    api = account()
    source, destination = nfs(api), s3(api)
    own = task(api, source, destination)
    api.call(
        "UpdateLocationNfs", {"LocationArn": source, "Subdirectory": "/export", "ServerHostname": "nas2"}
    )
    api.call("UpdateLocationS3", {"LocationArn": destination, "Subdirectory": "/raw"})
    assert api.call("DescribeLocationNfs", {"LocationArn": source})["LocationUri"] == "nfs://nas2/export/"
    keys = api.account.sending(api.account.tasks[own]).source.batches[0].key
    assert keys(0) == "raw/video/0000/00000000"


def test_worked_a_task_is_described_with_its_defaults_changed_and_deleted():
    api = account()
    source = nfs(api)
    own = task(api, source, Name="nightly", Options={}, Includes=ANY)
    told = api.call("DescribeTask", {"TaskArn": own})
    assert told["Options"]["VerifyMode"] == "POINT_IN_TIME_CONSISTENT"
    assert (told["Options"]["BytesPerSecond"], told["Options"]["TaskQueueing"]) == (-1, "ENABLED")
    assert (told["Name"], told["Includes"], told["TaskMode"]) == ("nightly", ANY, "BASIC")
    assert "CurrentTaskExecutionArn" not in told or told["CurrentTaskExecutionArn"] is None
    api.call("UpdateTask", {"TaskArn": own, "Name": "daily", "Options": {"BytesPerSecond": 1_000_000}})
    told = api.call("DescribeTask", {"TaskArn": own})
    assert (told["Name"], told["Options"]["BytesPerSecond"]) == ("daily", 1_000_000)
    only = [{"Name": "LocationId", "Operator": "Equals", "Values": [source.rpartition("/")[2]]}]
    assert [each["TaskArn"] for each in api.call("ListTasks", {"Filters": only})["Tasks"]] == [own]
    arn = start(api, own)
    api.world.run()
    # 1 GB at 1 MB/s.
    assert (
        api.call("DescribeTaskExecution", {"TaskExecutionArn": arn})["Result"]["TransferDuration"]
        == 1_000_000
    )
    api.call("DeleteTask", {"TaskArn": own})
    assert api.call("ListTasks", {})["Tasks"] == []
    with refused("not found"):
        api.call("DescribeTaskExecution", {"TaskExecutionArn": arn})


def test_worked_tags_are_put_replaced_and_taken_away():
    api = account()
    own = task(api, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    arn = start(api, own, Tags=[{"Key": "run", "Value": "first"}])
    for resource, tags in ((own, [("a", "1"), ("b", "")]), (arn, [("run", "first")])):
        told = api.call("ListTagsForResource", {"ResourceArn": resource})["Tags"]
        # An empty value would break the model's own pattern of values, and is left out.
        assert [(tag["Key"], tag.get("Value", "")) for tag in told] == tags
    api.call("TagResource", {"ResourceArn": own, "Tags": [{"Key": "a", "Value": "2"}]})
    api.call("UntagResource", {"ResourceArn": own, "Keys": ["b", "c"]})
    assert api.call("ListTagsForResource", {"ResourceArn": own})["Tags"] == [{"Key": "a", "Value": "2"}]


def test_law_pages_hold_everything_once_and_in_order():
    api = account()
    own = agent(api)
    made = [nfs(api, own, f"/d{n}") for n in range(7)]
    seen, token = [], {}
    while True:
        page = api.call("ListLocations", {"MaxResults": 3} | token)
        seen += [each["LocationArn"] for each in page["Locations"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        with refused("NextToken"):
            api.call("ListTasks", token)
    assert seen == made
