"""S3 and SNS in another process, reached by address: moto's server on loopback stands in; Amazon's is refused."""

import json

import pytest
from accounts import ADDRESS, BUCKET, ORDER

boto3 = pytest.importorskip("boto3")
server = pytest.importorskip("moto.server", reason="moto's server needs flask")
pytest.importorskip("flask_cors", reason="moto's server needs flask-cors")
from devicesim.device.neighbours import Upload  # noqa: E402
from devicesim.device.share import Digest  # noqa: E402
from devicesim.errors import BoundError  # noqa: E402
from devicesim.snowball_api import standin  # noqa: E402
from devicesim.snowball_api.mock import mock_snow  # noqa: E402
from devicesim.snowball_api.snow import Snow  # noqa: E402

NAME = BUCKET.rpartition(":")[2]
SIGNED = {"region_name": "us-east-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


@pytest.fixture(scope="module")
def address():
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


@pytest.fixture
def s3(address):
    client = boto3.client("s3", endpoint_url=address, **SIGNED)
    client.create_bucket(Bucket=NAME)
    yield client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=NAME):
        for entry in page.get("Contents", ()):
            client.delete_object(Bucket=NAME, Key=entry["Key"])
    client.delete_bucket(Bucket=NAME)


def queue(address):
    """A topic there with a queue behind it, and a function that reads what the queue got."""
    told = {"endpoint_url": address, **SIGNED}
    sns, sqs = boto3.client("sns", **told), boto3.client("sqs", **told)
    topic = sns.create_topic(Name="snow")["TopicArn"]
    url = sqs.create_queue(QueueName="snow")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read():
        found = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                found.append(json.loads(message["Body"])["Message"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return topic, read


def ordered(snow, **changes):
    address = snow.api.call("CreateAddress", {"Address": ADDRESS})
    return snow.api.call("CreateJob", ORDER | address | changes)["JobId"]


def test_worked_an_import_lands_there_and_its_states_are_told(address, s3):
    topic, read = queue(address)
    with mock_snow(seed=7, s3=address, sns=address) as snow:
        job = ordered(snow, Notification={"SnsTopicARN": topic, "NotifyAll": True})
        snow.until(job, "WithCustomer")
        share = snow.world.life(job).device.share
        file = share.create(share.resolve(f"/buckets/{NAME}"), "a.txt", snow.world.now, mode=0o640)
        share.write(file, 0, b"what the share keeps", snow.world.now)
        snow.until(job, "Complete")
    found = s3.get_object(Bucket=NAME, Key="a.txt")
    assert found["Metadata"]["file-permissions"] == "0640"
    assert found["ContentLength"] == len(b"what the share keeps")
    told = read()
    assert len(told) == 10
    assert " complete. " in told[-1]


def test_worked_content_is_sent_byte_for_byte_and_sizes_are_told_where_nobody_kept_it(address, s3):
    store = standin.attach(s3=address).objects
    body = bytes(range(256)) * 4096
    assert (
        store.put(
            NAME, Upload("kept", len(body), lambda at, count: body[at : at + count], {"file-owner": "7"})
        )
        == ""
    )
    assert store.put_batch(NAME, [("b", 5), ("a", 7), ("none", 0)]) == {}
    kept = s3.get_object(Bucket=NAME, Key="kept")
    assert (kept["Body"].read(), kept["Metadata"]) == (body, {"file-owner": "7"})
    assert s3.head_object(Bucket=NAME, Key="a")["Metadata"]["devicesim-size"] == "7"
    assert "devicesim-size" not in s3.head_object(Bucket=NAME, Key="none")["Metadata"]
    for key, digest in (
        ("summed", Digest("md5", "0" * 32)),
        ("unknown", Digest("md5", None, "written twice at 0")),
    ):
        assert store.put(NAME, Upload(key, 3, digest=digest)) == ""
    assert s3.head_object(Bucket=NAME, Key="summed")["Metadata"] == {
        "devicesim-size": "3", "devicesim-md5": "0" * 32,
    }  # fmt: skip
    assert s3.head_object(Bucket=NAME, Key="unknown")["Metadata"] == {
        "devicesim-size": "3", "devicesim-checksum": "unknown: written twice at 0",
    }  # fmt: skip
    assert [each.key for each in store.list(NAME, "b", "kept")] == ["b", "kept"]
    assert store.get(NAME, "kept", 250, 10) == body[250:260]
    assert (store.get(NAME, "kept", 0, 0), store.get(NAME, "gone", 0, 3)) == (b"", bytes(3))


def test_worked_an_export_comes_from_there(address, s3):
    for key in ("Aardvark", "Aardwolf/den", "apple"):
        s3.put_object(Bucket=NAME, Key=key, Body=key.encode())
    resources = {"S3Resources": [{"BucketArn": BUCKET, "KeyRange": {"BeginMarker": "Aardw"}}]}
    snow = Snow(seed=7, neighbours=standin.attach(s3=address))
    job = ordered(snow, JobType="EXPORT", SnowballType="EDGE_S", Resources=resources)
    snow.until(job, "Complete")
    share = snow.world.life(snow.world.job(job).parts[0].id).device.share
    assert {item.key for item in share.objects(NAME)} == {"Aardwolf/den", "apple"}
    assert share.read(share.resolve(f"/buckets/{NAME}/apple"), 0, 9) == b"apple"


def test_law_what_is_not_there_is_an_answer_and_no_exception(address):
    gone = standin.attach(s3="http://127.0.0.1:9", sns="http://127.0.0.1:9")
    assert not gone.objects.has_bucket("any")
    assert gone.objects.put("any", Upload("key", 3))
    assert not standin.attach(s3=address).objects.has_bucket("no-such-bucket")
    gone.notifications.publish("arn:aws:sns:us-west-2:123456789012:snow", "word")
    assert [topic for topic, _ in gone.notifications.failed] == ["arn:aws:sns:us-west-2:123456789012:snow"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("https://s3.us-west-2.amazonaws.com", "real AWS is never called"),
        ("https://S3.AMAZONAWS.COM.", "real AWS is never called"),
        ("https://bucket.s3.cn-north-1.amazonaws.com.cn", "real AWS is never called"),
        ("https://sns.us-west-2.api.aws", "real AWS is never called"),
        ("127.0.0.1:9000", "an address such as http"),
        ("ftp://127.0.0.1", "an address such as http"),
        ("http://127.0.0.1:99999", "an address such as http"),
        ("http://", "an address such as http"),
    ],
)
def test_law_an_address_of_amazon_or_none_is_refused(bad, words):
    for name in ("s3", "sns"):
        with pytest.raises(BoundError, match=f"^{name} must be .*{words}"):
            standin.attach(**{name: bad})
