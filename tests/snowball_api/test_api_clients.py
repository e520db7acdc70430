"""Clients that are not boto3: one of the standard library that signs by itself, the AWS CLI, the JavaScript SDK."""

import hashlib
import hmac
import http.client
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from accounts import ADDRESS, ORDER

cbor2 = pytest.importorskip("cbor2")
pytest.importorskip("werkzeug")
from devicesim.endpoints.http import HttpDoor  # noqa: E402
from devicesim.snowball_api import interface  # noqa: E402
from devicesim.snowball_api.snow import Snow  # noqa: E402

TARGET = interface().target
REGION = "us-west-2"


@pytest.fixture
def door():
    with HttpDoor(Snow(seed=7)) as opened:
        yield opened


class Signing:
    """A client from the standard library alone: AWS Signature Version 4 by its published steps, JSON or CBOR."""

    def __init__(self, url, form, region=REGION):
        self.host, self.form, self.region = urlsplit(url).netloc, form, region

    def call(self, operation, **members):
        if self.form == "json":
            path, body = "/", json.dumps(members).encode()
            headers = {"x-amz-target": f"{TARGET}.{operation}", "content-type": "application/x-amz-json-1.1"}
        else:
            path, body = f"/service/{TARGET}/operation/{operation}", cbor2.dumps(members)
            headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request("POST", path, body, self.signed(path, headers, body))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if self.form == "json" else cbor2.loads(content)

    def signed(self, path, headers, body):
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = headers | {"host": self.host, "x-amz-date": now}
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        request = "\n".join(["POST", path, "", lines, names, hashlib.sha256(body).hexdigest()])
        scope = f"{now[:8]}/{self.region}/snowball/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = b"AWS4nothing"
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        mark = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        told = f"AWS4-HMAC-SHA256 Credential=nobody/{scope}, SignedHeaders={names}, Signature={mark}"
        return headers | {"authorization": told}


@pytest.mark.parametrize("form", ["json", "cbor"])
def test_worked_a_client_of_the_standard_library_orders_a_device_and_follows_it(door, form):
    client = Signing(door.url, form)
    status, told = client.call("CreateAddress", Address=ADDRESS)
    assert status == 200
    status, told = client.call("CreateJob", **ORDER | told)
    assert status == 200
    job = told["JobId"]
    asked = json.dumps({"job": job, "state": "WithCustomer"})
    connection = http.client.HTTPConnection(client.host, timeout=30)
    connection.request("POST", "/_devicesim/until", asked)
    assert connection.getresponse().status == 200
    connection.close()
    assert client.call("DescribeJob", JobId=job)[1]["JobMetadata"]["JobState"] == "WithCustomer"
    status, told = client.call("CancelJob", JobId=job)
    assert (status, told["__type"].rpartition("#")[2]) == (400, "InvalidJobStateException")
    assert "WithCustomer" in told["Message"]


def test_law_its_region_is_the_one_it_signs_for(door):
    _, told = Signing(door.url, "json").call("CreateAddress", Address=ADDRESS)
    Signing(door.url, "json").call("CreateJob", **ORDER | told)
    assert len(Signing(door.url, "json", "us-east-1").call("ListJobs")[1]["JobListEntries"]) == 1
    assert Signing(door.url, "json", "eu-west-1").call("ListJobs")[1]["JobListEntries"] == []


SIGNED = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": REGION}


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_worked_the_aws_cli_lists_jobs(door):
    _, told = Signing(door.url, "json").call("CreateAddress", Address=ADDRESS)
    _, told = Signing(door.url, "json").call("CreateJob", **ORDER | told)
    words = ["aws", "--endpoint-url", door.url, "--output", "json", "snowball", "list-jobs"]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=120, env=os.environ | SIGNED
    )
    if done.returncode in (127, 252):
        pytest.skip("this AWS CLI does not know snowball")
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)["JobListEntries"]
    assert (entry["JobId"], entry["JobState"]) == (told["JobId"], "New")


SCRIPT = """
const { SnowballClient, ListJobsCommand, DescribeJobCommand } = require("@aws-sdk/client-snowball");
const credentials = { accessKeyId: "nobody", secretAccessKey: "nothing" };
const client = new SnowballClient({ endpoint: process.argv[1], region: "us-west-2", credentials });
(async () => {
  const listed = await client.send(new ListJobsCommand({}));
  const JobId = listed.JobListEntries[0].JobId;
  const told = await client.send(new DescribeJobCommand({ JobId }));
  let refused = "";
  try { await client.send(new DescribeJobCommand({ JobId: "JID" + "00000000-0000-0000-0000-000000000000" })); }
  catch (error) { refused = error.name; }
  const when = told.JobMetadata.CreationDate instanceof Date;
  console.log(JSON.stringify({ JobId, state: told.JobMetadata.JobState, refused, when }));
})();
"""
MODULES = os.environ.get("DEVICESIM_NODE_MODULES", "")
"""A folder node_modules that has @aws-sdk/client-snowball: ``npm install --prefix DIR @aws-sdk/client-snowball``."""


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
@pytest.mark.skipif(
    not os.path.isdir(os.path.join(MODULES, "@aws-sdk", "client-snowball")),
    reason="DEVICESIM_NODE_MODULES names no folder with @aws-sdk/client-snowball",
)
def test_worked_the_javascript_sdk_follows_a_job(door):
    _, told = Signing(door.url, "json").call("CreateAddress", Address=ADDRESS)
    _, told = Signing(door.url, "json").call("CreateJob", **ORDER | told)
    words = ["node", "-e", SCRIPT, door.url]
    environment = os.environ | {"NODE_PATH": MODULES}
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    expected = {"JobId": told["JobId"], "state": "New", "refused": "InvalidResourceException", "when": True}
    assert json.loads(done.stdout) == expected
