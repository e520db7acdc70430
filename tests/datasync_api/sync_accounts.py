"""A DataSync account to ask things of, whose every answer is held to the model's output shape."""

from __future__ import annotations

import pytest

from devicesim.datasync_api import DataSyncApi
from devicesim.protocol import ApiError
from devicesim.protocol.validation import check
from devicesim.scenario import loads
from devicesim.world import World

KEY = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
ROLE = {"BucketAccessRoleArn": "arn:aws:iam::123456789012:role/sync"}
BUCKET = "arn:aws:s3:::films"
EXACT = {"VerifyMode": "NONE"}

LINE = """
name = "Line"
start = 2026-06-01T00:00:00Z
seed = 1
[assume]
"datasync.failed" = 0
[site]
region = "us-west-2"
[site.wan]
up = "100 Mbit/s"
[[dataset]]
name = "video"
bucket = "arn:aws:s3:::films"
files = 100
size = { distribution = "fixed", value = "10 MB" }
[[task]]
name = "send"
dataset = "video"
verify = "ONLY_FILES_TRANSFERRED"
bytes_per_second = "5 MB/s"
"""


class Held(DataSyncApi):
    """DataSync that checks what it answers."""

    def call(self, operation, members, region=None):
        result = super().call(operation, members, region)
        check(result, self.model.operations[operation].output)
        return result


def account(**world):
    """An account beside a site with 100 files of 10 MB, where no file fails by chance."""
    api = Held(World(seed=world.pop("seed", 7), **world))
    api.world.create_share("/export/video", files=100, size="10 MB")
    return api


def of_scenario(text=LINE):
    return Held(World(loads(text)))


def agent(api, key=KEY, **more):
    return api.call("CreateAgent", {"ActivationKey": key} | more)["AgentArn"]


def nfs(api, own=None, path="/export/video", **more):
    own = own or agent(api)
    members = {"ServerHostname": "nas.site", "Subdirectory": path, "OnPremConfig": {"AgentArns": [own]}}
    return api.call("CreateLocationNfs", members | more)["LocationArn"]


def s3(api, bucket=BUCKET, **more):
    return api.call("CreateLocationS3", {"S3BucketArn": bucket, "S3Config": ROLE} | more)["LocationArn"]


def task(api, source=None, destination=None, **more):
    ends = {
        "SourceLocationArn": source or nfs(api),
        "DestinationLocationArn": destination or s3(api),
        "Options": EXACT,
    }
    return api.call("CreateTask", ends | more)["TaskArn"]


def start(api, own=None, **more):
    return api.call("StartTaskExecution", {"TaskArn": own or task(api)} | more)["TaskExecutionArn"]


def told(api, execution):
    return api.call("DescribeTaskExecution", {"TaskExecutionArn": execution})


def refused(*words):
    """Expect DataSync's one exception, with its members and the words."""
    return pytest.raises(
        ApiError,
        match="(?s)" + ".*".join(words),
        check=lambda error: (
            error.code == "InvalidRequestException"
            and set(error.members) == {"errorCode", "datasyncErrorCode"}
        ),
    )
