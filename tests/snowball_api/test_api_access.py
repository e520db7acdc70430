"""A bucket that AWS cannot reach: the import waits, the customer is told, and after 30 days it is given up."""

import json

import pytest
from accounts import ADDRESS, BUCKET, ORDER

from devicesim.device.neighbours import Neighbours, RecordingNotifier
from devicesim.progress import AccessBarred, Lost
from devicesim.snowball_api.snow import Snow
from devicesim.world import World

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")
from devicesim.snowball_api.mock import mock_snow  # noqa: E402

REGION = {"region_name": "us-west-2"}
NAME = BUCKET.rpartition(":")[2]
DAY = 86400.0


class Buckets:
    """An object store with the buckets it is told of."""

    def __init__(self, *names):
        self.names, self.kept = set(names), {}

    def has_bucket(self, bucket):
        return bucket in self.names

    def put(self, bucket, upload):
        self.kept[bucket, upload.key] = upload.size
        return ""

    def put_batch(self, bucket, objects):
        self.kept |= {(bucket, key): size for key, size in objects}
        return {}

    def list(self, bucket, first="", last=""):
        return iter(())

    def get(self, bucket, key, offset, count):
        return bytes(count)


def imported(store, notifier=None):
    """A World with an import that has come to AWS."""
    world = World(seed=7, neighbours=Neighbours(objects=store, notifications=notifier))
    job = world.create_job(buckets=[NAME])
    world.until("WithAWS", job)
    return world, job


def test_worked_the_import_goes_on_once_the_bucket_is_there():
    store, notifier = Buckets(), RecordingNotifier()
    world, job = imported(store, notifier)
    world.advance(12 * DAY)
    (barred,) = world.stream.of(AccessBarred, job)
    assert world.job(job).state == "WithAWS"
    assert barred.why == f"there is no bucket {NAME}"
    assert barred.until == barred.at + 30 * DAY
    assert (job, barred.why, barred.at) in notifier.told
    store.names.add(NAME)
    there = world.now
    world.until("InProgress", job)
    assert world.now - there <= 3600  # AWS looks again every hour
    world.run()
    assert world.job(job).outcome == "complete"
    assert len(store.kept) > 0


def test_published_after_30_days_the_job_is_cancelled_and_its_data_deleted():
    """Snowcone guide, job statuses: 30 days to mend access, then the job may be cancelled and the data deleted."""
    store = Buckets()
    world, job = imported(store)
    world.run()
    share = world.life(job).device.share
    (barred,) = world.stream.of(AccessBarred, job)
    (lost,) = world.stream.of(Lost, job)
    assert world.job(job).state == "Cancelled"
    assert world.job(job).history[-1][0] == barred.until == barred.at + 30 * DAY
    assert world.job(job).outcome == f"cancelled by AWS after 30 days: there is no bucket {NAME}"
    assert (lost.files, lost.bytes) == (share.files, share.bytes)
    assert store.kept == {}


def test_law_without_neighbours_nothing_is_checked():
    world = World(seed=7)
    job = world.create_job(buckets=[NAME])
    world.run()
    assert world.job(job).outcome == "complete"
    assert not world.stream.of(AccessBarred, job)


def test_law_a_world_made_again_from_its_log_waits_as_long():
    """What the store said is in the log: a World without it goes by the same words."""
    store = Buckets()
    snow = Snow(seed=7, neighbours=Neighbours(objects=store))
    address = snow.api.call("CreateAddress", {"Address": ADDRESS})
    job = snow.api.call("CreateJob", ORDER | address)["JobId"]
    snow.until(job, "WithAWS").advance("9 d")
    store.names.add(NAME)
    snow.run()
    fork = snow.fork()
    assert fork.world.job(job).history == snow.world.job(job).history
    assert fork.world.log == snow.world.log
    assert [type(event) for event in fork.world.events] == [type(event) for event in snow.world.events]


def test_worked_the_notice_is_in_the_queue_and_a_new_bucket_is_filled():
    with moto.mock_aws():
        s3, sqs = boto3.client("s3", **REGION), boto3.client("sqs", **REGION)
        topic = boto3.client("sns", **REGION).create_topic(Name="snow")["TopicArn"]
        queue = sqs.create_queue(QueueName="snow")["QueueUrl"]
        arn = "arn:aws:sqs:us-west-2:123456789012:snow"
        boto3.client("sns", **REGION).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        with mock_snow(seed=7) as snow:
            client = snow.client()
            address = client.create_address(Address=ADDRESS)["AddressId"]
            notify = {"SnsTopicARN": topic, "JobStatesToNotify": ["Complete"]}
            job = client.create_job(AddressId=address, Notification=notify, **ORDER)["JobId"]
            snow.until(job, "WithAWS").advance("5 d")
            (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
            sentence = json.loads(message["Body"])["Message"]
            assert (
                f"({job}) cannot be imported: there is no bucket {NAME}. Restore access by 2026-" in sentence
            )
            where = {"LocationConstraint": "us-west-2"}
            s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=where)
            snow.until(job, "Complete")
        assert s3.list_objects_v2(Bucket=NAME)["KeyCount"] > 0


def test_worked_a_role_that_is_gone_bars_the_way_as_well():
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "importexport.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    with moto.mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=NAME)
        iam = boto3.client("iam", **REGION)
        iam.create_role(RoleName="snow", AssumeRolePolicyDocument=json.dumps(trust))
        with mock_snow(seed=7, neighbours=["objects", "roles"]) as snow:
            client = snow.client()
            address = client.create_address(Address=ADDRESS)["AddressId"]
            job = client.create_job(AddressId=address, **ORDER)["JobId"]
            snow.until(job, "WithCustomer")
            iam.delete_role(RoleName="snow")
            snow.until(job, "WithAWS").advance("3 d")
            (barred,) = snow.world.stream.of(AccessBarred, job)
            assert "there is no role" in barred.why
            iam.create_role(RoleName="snow", AssumeRolePolicyDocument=json.dumps(trust))
            snow.until(job, "Complete")


def test_worked_a_bucket_deleted_while_it_is_imported_fails_its_objects():
    store = Buckets(NAME)
    world, job = imported(store)
    world.until("InProgress", job)
    store.names.clear()
    world.run()
    share = world.life(job).device.share
    failed = [event for event in world.events if type(event).__name__ == "ImportFailed"]
    assert [event.objects for event in failed] == [share.files]
    assert world.job(job).state == "Complete"
