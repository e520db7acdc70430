"""Decoders of the HTTP door: both APIs in JSON and CBOR, and the control bodies."""

import json
import re

import accounts
import cbor2
import mutants
import sync_accounts
from decoders import Decoder, FailedError
from werkzeug.test import Client

from devicesim.datasync_api.model import interface as sync_interface
from devicesim.endpoints.http import HttpDoor
from devicesim.endpoints.premises import Premises
from devicesim.protocol.validation import check
from devicesim.protocol.wire import Request
from devicesim.snowball_api import interface
from devicesim.snowball_api.snow import Snow

SNOWBALL, SYNC = interface(), sync_interface()
TURNS = 25
"""Inputs that one account is asked."""
SENSIBLE = {
    "CreateAddress": {"Address": accounts.ADDRESS},
    "CreateJob": accounts.ORDER | {"ClusterId": None},
    "CreateCluster": accounts.ORDER
    | {"JobType": "LOCAL_USE", "SnowballType": "EDGE_C", "InitialClusterSize": 3},
    "UpdateJob": {"ShippingOption": "NEXT_DAY", "Description": "other"},
    "UpdateCluster": {"ShippingOption": "NEXT_DAY"},
    "CreateLongTermPricing": {"LongTermPricingType": "OneYear", "SnowballType": "SNC1_HDD"},
    "ListServiceVersions": {"ServiceName": "KUBERNETES"},
    "CreateAgent": {"ActivationKey": sync_accounts.KEY[:-1] + "F", "AgentName": "other"},
    "CreateLocationNfs": {"ServerHostname": "nas.site", "Subdirectory": "/export/video"},
    "CreateLocationS3": {"S3BucketArn": "arn:aws:s3:::films", "S3Config": sync_accounts.ROLE},
    "CreateTask": {"Options": sync_accounts.EXACT, "Schedule": {"ScheduleExpression": "cron(0 12 * * ? *)"}},
    "StartTaskExecution": {"Includes": [{"FilterType": "SIMPLE_PATTERN", "Value": "/a|/b"}]},
    "UpdateTask": {"Name": "other", "Options": {"BytesPerSecond": 1_000_000}},
    "UpdateTaskExecution": {"Options": {"BytesPerSecond": 1_000_000}},
}
"""Members that no example of their shapes comes near."""
HEADERS = {"json": "application/x-amz-json-1.1", "cbor": "application/cbor"}


def snow():
    """An account with one of everything, and the names of that."""
    made = Snow(seed=7)
    made.world.create_share("/export/video", files=100, size="10 MB")
    address = accounts.address(made.api)
    job = accounts.order(made.api, AddressId=address)
    cluster = made.api.call(
        "CreateCluster",
        {k: v for k, v in accounts.ORDER.items() if k != "Resources"}
        | {"JobType": "LOCAL_USE", "SnowballType": "EDGE_C", "AddressId": address, "InitialClusterSize": 3}
        | {"Resources": accounts.ORDER["Resources"]},
    )["ClusterId"]
    pricing = made.api.call(
        "CreateLongTermPricing", {"LongTermPricingType": "OneYear", "SnowballType": "SNC1_HDD"}
    )["LongTermPricingId"]
    names = {"AddressId": address, "JobId": job, "ClusterId": cluster, "LongTermPricingId": pricing}
    sync = made.datasync
    agent = sync_accounts.agent(sync)
    source, target = sync_accounts.nfs(sync, agent), sync_accounts.s3(sync)
    task = sync_accounts.task(sync, source, target)
    execution = sync_accounts.start(sync, task)
    names |= {"AgentArn": agent, "LocationArn": source, "TaskArn": task, "TaskExecutionArn": execution}
    names |= {"SourceLocationArn": source, "DestinationLocationArn": target, "AgentArns": agent}
    return made, names


def example(shape, names, member="", deep=0):
    """A value of a shape, with names that there are."""
    if member in names and shape.kind == "string":
        return names[member]
    if shape.kind == "structure":
        if deep > 5:
            return {}
        return {name: example(inner, names, name, deep + 1) for name, inner in shape.members.items()}
    if shape.kind == "list":
        return [example(shape.member, names, member, deep + 1)]
    if shape.kind == "boolean":
        return True
    if shape.kind in ("integer", "long"):
        return 1
    if shape.kind == "timestamp":
        return 1_800_000_000
    if shape.kind == "string":
        return shape.choices[0] if shape.choices else "arn:aws:s3:::trail-cams"
    return "x"


class Api(Decoder):
    """Bodies of one service: the operation's name, a line end, and the body."""

    protocol = "json"
    model = SNOWBALL

    def __init__(self):
        self._used = 0
        _, names = snow()
        self.tokens = (*names.values(), *(f'"{name}"' for name in names.values()))
        self.seeds = []
        for name, operation in self.model.operations.items():
            body = example(operation.input, names)
            told = {k: v for k, v in body.items() if k in names}
            for document in (body, told, *([told | SENSIBLE[name]] if name in SENSIBLE else [])):
                if document or not body:
                    self.seeds.append(name.encode() + b"\n" + json.dumps(document).encode())

    def bent(self, draw):
        if self.protocol == "cbor":
            return mutants.bent_documents(draw, self.seeds, cbor2.dumps, self.tokens)
        return mutants.bent_texts(draw, self.seeds, self.tokens)

    def run(self, data):
        if self._used % TURNS == 0:
            self._world = snow()[0]
        self._used += 1
        name, _, body = data.partition(b"\n")
        operation = name.decode("latin-1")
        headers = {"Content-Type": HEADERS[self.protocol]}
        if self.protocol == "cbor":
            headers["smithy-protocol"] = "rpc-v2-cbor"
            path = f"/service/{self.model.target}/operation/{operation}"
        else:
            headers["X-Amz-Target"], path = f"{self.model.target}.{operation}", "/"
        told = self._world.handle(Request("POST", path, headers, body))
        document = (cbor2 if self.protocol == "cbor" else json).loads(told.body)
        if told.status == 200:
            if self.protocol == "cbor":
                check(document, self.model.operations[operation].output)
        elif told.status != 400 or "__type" not in document:
            raise FailedError(f"answered {told.status}: {document}")


class SnowballJson(Api):
    """The job API in JSON 1.1."""


class SnowballCbor(Api):
    """The job API in CBOR."""

    protocol = "cbor"


class SyncJson(Api):
    """DataSync in JSON 1.1."""

    model = SYNC


class SyncCbor(Api):
    """DataSync in CBOR."""

    protocol, model = "cbor", SYNC


class Control(Decoder):
    """Requests to the HTTP door's own paths, one a line: method, path, body."""

    tokens = (
        "advance",
        "until",
        "agent",
        "power_off",
        "reset",
        "run",
        "files/",
        "state",
        "1 d",
        "Complete",
        "//",
    )

    def __init__(self):
        self._premises = Premises(Snow(seed=7))
        self._door = HttpDoor(self._premises)
        self._client = Client(self._door._answer)
        self.seeds = [line.replace("JOB", self._begin()).encode() for line in CONTROL]

    def _begin(self):
        self._premises.reset()
        self._door._point()
        return accounts.order(self._premises.snow.api)

    def run(self, data):
        self._begin()
        for line in data.decode("latin-1").split("\n")[:8]:
            method, _, rest = line.partition(" ")
            path, _, body = rest.partition(" ")
            with_body = {"data": body.encode("latin-1")} if body else {}
            # The test client takes a tab for nothing and "/[" behind it for a host; a real one would send it escaped.
            path = re.sub(r"[\x00-\x20]", lambda found: f"%{ord(found[0]):02X}", path.lstrip("/"))
            told = self._client.open("/" + path, method=method[:20] or "GET", buffered=False, **with_body)
            try:
                if told.status_code >= 500:
                    raise FailedError(f"answered {told.status_code}")
                next(iter(told.response), b"")
            finally:
                told.close()
        if not 0 <= self._premises.world.now < 9000 * 366 * 86400:
            raise FailedError("the clock left the calendar")


CONTROL = (
    "GET /",
    "GET /metrics",
    "GET /_devicesim/clock\nGET /_devicesim/jobs\nGET /_devicesim/state",
    "GET /_devicesim/files/manifest?job=JOB&X-Amz-Signature=00",
    'POST /_devicesim/advance {"duration": "3 d"}\nPOST /_devicesim/advance {"duration": 60}',
    'POST /_devicesim/until {"job": "JOB", "state": "WithCustomer"}\nPOST /_devicesim/agent {"job": "JOB"}',
    'POST /_devicesim/until {"job": "JOB", "state": "Complete"}\nGET /_devicesim/jobs',
    'POST /_devicesim/serving {}\nPOST /_devicesim/power_off {"job": "JOB"}\nPOST /_devicesim/power_on {}',
    'POST /_devicesim/serving {}\nPOST /_devicesim/cut_power {}\nPOST /_devicesim/return {}\nPOST /_devicesim/run {}',
    "POST /_devicesim/agent {}\nPOST /_devicesim/reset {}\nGET /_devicesim/state",
    'POST /_devicesim/faults {"kind": "power_cut"}\nGET /_devicesim/faults',
    "HEAD /\nOPTIONS /_devicesim/clock\nPUT /_devicesim/run {}",
)  # fmt: skip
