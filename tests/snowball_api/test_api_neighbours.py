"""moto beside the World: objects in buckets, sentences in queues, keys and roles that are checked."""

import json

import pytest
from accounts import ADDRESS, BUCKET, ORDER

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")
from devicesim.snowball_api.mock import mock_snow  # noqa: E402

REGION = {"region_name": "us-west-2"}


@pytest.fixture
def cloud():
    with moto.mock_aws():
        s3 = boto3.client("s3", **REGION)
        s3.create_bucket(Bucket="trail-cams", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        yield s3


def queue():
    """A topic with a queue behind it, and a function that reads what the queue got."""
    topic = boto3.client("sns", **REGION).create_topic(Name="snow")["TopicArn"]
    sqs = boto3.client("sqs", **REGION)
    url = sqs.create_queue(QueueName="snow")["QueueUrl"]
    arn = "arn:aws:sqs:us-west-2:123456789012:snow"
    boto3.client("sns", **REGION).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read():
        told = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                told.append(json.loads(message["Body"])["Message"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return told

    return topic, read


def ordered(client, **changes):
    address = client.create_address(Address=ADDRESS)["AddressId"]
    return client.create_job(AddressId=address, **ORDER | changes)["JobId"]


def test_worked_an_import_is_in_the_bucket_and_its_ten_states_in_the_queue(cloud):
    topic, read = queue()
    with mock_snow(seed=7) as snow:
        notification = {"SnsTopicARN": topic, "NotifyAll": True}
        job = ordered(snow.client(), Notification=notification, Description="June")
        snow.until(job, "Complete")
        share = snow.world.life(job).device.share
        failed = sum(event.objects for event in snow.world.events if type(event).__name__ == "ImportFailed")
    pages = cloud.get_paginator("list_objects_v2").paginate(Bucket="trail-cams")
    found = {each["Key"]: each["Size"] for page in pages for each in page["Contents"]}
    assert len(found) == share.files - failed
    sizes = {item.key: item.size for item in share.objects("trail-cams")}
    assert found.items() <= sizes.items()
    key, size = next(iter(found.items()))
    assert cloud.get_object(Bucket="trail-cams", Key=key, Range="bytes=0-9")["Body"].read() == bytes(10)
    assert cloud.head_object(Bucket="trail-cams", Key=key)["ContentLength"] == size
    told = read()
    assert len(told) == 10
    assert (
        told[0]
        == f"Your job June ({job}) has been created. More info - https://console.aws.amazon.com/importexport"
    )
    assert " complete. " in told[-1]


def test_worked_only_the_states_asked_for_are_told(cloud):
    topic, read = queue()
    with mock_snow(seed=7) as snow:
        notification = {"SnsTopicARN": topic, "JobStatesToNotify": ["WithCustomer", "Complete"]}
        job = ordered(snow.client(), Notification=notification)
        snow.run()
        snow.restore(snow.snapshot())  # what was told is not told again
    assert [message.split(f"({job}) ")[1].split(".")[0] for message in read()] == [
        "was delivered to you",
        "complete",
    ]


def test_worked_a_key_is_checked_only_where_the_key_service_is_attached(cloud):
    arn = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-0000-0000-000000000000"
    with mock_snow() as snow:
        ordered(snow.client(), KmsKeyARN=arn)
    with mock_snow(neighbours=["keys"]) as snow:
        client = snow.client()
        with pytest.raises(client.exceptions.KMSRequestFailedException, match="no key"):
            ordered(client, KmsKeyARN=arn)
        real = boto3.client("kms", **REGION).create_key()["KeyMetadata"]["Arn"]
        ordered(client, KmsKeyARN=real)


def test_worked_role_and_bucket_are_checked_only_where_roles_are_attached(cloud):
    with mock_snow(neighbours=["roles", "objects"]) as snow:
        client = snow.client()
        with pytest.raises(client.exceptions.InvalidResourceException, match="no role"):
            ordered(client)
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
        iam = boto3.client("iam", **REGION)
        iam.create_role(RoleName="snow", AssumeRolePolicyDocument=json.dumps(trust))
        ordered(client)
        cloud.delete_bucket(Bucket=BUCKET.rpartition(":")[2])
        with pytest.raises(client.exceptions.InvalidResourceException, match="bucket trail-cams"):
            ordered(client)


def test_published_an_export_takes_its_range_of_keys_from_the_bucket(cloud):
    """The end marker is inclusive and acts as a prefix; keys are in the order of their UTF-8 bytes."""
    for key in ("Aardvark", "Aardwolf/den", "Aasvogel/one", "Aasvogel/two", "apple", "bear/"):
        cloud.put_object(Bucket="trail-cams", Key=key, Body=key.encode())
    resources = {
        "S3Resources": [{"BucketArn": BUCKET, "KeyRange": {"BeginMarker": "Aardw", "EndMarker": "Aasvogel"}}]
    }
    with mock_snow(seed=7) as snow:
        job = ordered(snow.client(), JobType="EXPORT", SnowballType="EDGE_S", Resources=resources)
        snow.until(job, "Complete")
        told = snow.client().describe_job(JobId=job)
        (part,) = told["SubJobMetadata"]
        share = snow.world.life(part["JobId"]).device.share
        found = {item.key: item.size for item in share.objects("trail-cams")}
    assert told["JobMetadata"]["Resources"] == resources
    assert found == {key: len(key) for key in ("Aardwolf/den", "Aasvogel/one", "Aasvogel/two")}


def test_law_an_export_is_made_again_from_its_log_without_the_bucket(cloud):
    """The listing is in the log: a fork has the same objects, though the store has others by then."""
    cloud.put_object(Bucket="trail-cams", Key="one", Body=b"1")
    with mock_snow(seed=7) as snow:
        job = ordered(snow.client(), JobType="EXPORT", SnowballType="EDGE_S", Description="First")
        cloud.put_object(Bucket="trail-cams", Key="two", Body=b"22")
        other = ordered(snow.client(), JobType="EXPORT", SnowballType="EDGE_S", Description="Second")
        snow.until(job, "Complete").until(other, "Complete")
        cloud.delete_object(Bucket="trail-cams", Key="one")
        fork = snow.fork()
        for world in (snow.world, fork.world):
            shares = [world.life(world.job(each).parts[0].id).device.share for each in (job, other)]
            found = [{item.key: item.size for item in share.objects("trail-cams")} for share in shares]
            assert found == [{"one": 1}, {"one": 1, "two": 2}]
        assert fork.world.log == snow.world.log
        assert fork.world.events == snow.world.events


def ranged(begin, end):
    return {"S3Resources": [{"BucketArn": BUCKET, "KeyRange": {"BeginMarker": begin, "EndMarker": end}}]}


def test_law_an_export_takes_the_range_of_its_last_change(cloud):
    for key in "abcdef":
        cloud.put_object(Bucket="trail-cams", Key=key, Body=key.encode())
    with mock_snow(seed=7) as snow:
        client = snow.client()
        job = ordered(client, JobType="EXPORT", SnowballType="EDGE_S", Resources=ranged("a", "c"))
        client.update_job(JobId=job, Resources=ranged("e", "f"))
        with pytest.raises(
            client.exceptions.InvalidInputCombinationException, match="the export must be of one"
        ):
            client.update_job(JobId=job, Resources=ranged("x", "z"))
        assert client.describe_job(JobId=job)["JobMetadata"]["Resources"] == ranged("e", "f")
        snow.until(job, "Complete")
        fork = snow.fork()
        for world in (snow.world, fork.world):
            share = world.life(world.job(job).parts[0].id).device.share
            assert [item.key for item in share.objects("trail-cams")] == ["e", "f"]
        (part,) = client.describe_job(JobId=job)["SubJobMetadata"]
        log = snow.fetch(part["JobLogInfo"]["JobSuccessLogURI"]).decode().split()
        assert log == ["Bucket,Key,Size,Status", "trail-cams,e,1,Exported", "trail-cams,f,1,Exported"]


def test_law_an_export_of_nothing_is_refused(cloud):
    resources = {"S3Resources": [{"BucketArn": BUCKET, "KeyRange": {"BeginMarker": "x"}}]}
    with mock_snow() as snow:
        client = snow.client()
        with pytest.raises(
            client.exceptions.InvalidInputCombinationException, match="the export must be of one"
        ):
            ordered(client, JobType="EXPORT", SnowballType="EDGE_S", Resources=resources)
        assert client.list_jobs()["JobListEntries"] == []
