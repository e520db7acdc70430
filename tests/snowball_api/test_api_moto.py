"""The job API as one of moto's services, registered and not forked."""

import pytest
from accounts import ADDRESS, ORDER

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")
from devicesim.snowball_api.moto_plugin import register, snow_of  # noqa: E402

REGION = {"region_name": "us-west-2"}


def ordered(client):
    return client.create_job(AddressId=client.create_address(Address=ADDRESS)["AddressId"], **ORDER)["JobId"]


@moto.mock_aws
def test_worked_an_import_goes_from_the_order_to_the_bucket():
    register()
    s3 = boto3.client("s3", **REGION)
    s3.create_bucket(Bucket="trail-cams", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    client = boto3.client("snowball", **REGION)
    job = ordered(client)
    assert client.describe_job(JobId=job)["JobMetadata"]["JobState"] == "New"
    snow_of().until(job, "Complete")
    assert client.describe_job(JobId=job)["JobMetadata"]["JobState"] == "Complete"
    assert s3.list_objects_v2(Bucket="trail-cams", MaxKeys=5)["KeyCount"] == 5
    with pytest.raises(client.exceptions.InvalidJobStateException):
        client.cancel_job(JobId=job)


def test_law_a_world_ends_with_motos_other_state():
    register()
    for _ in range(2):
        with moto.mock_aws():
            client = boto3.client("snowball", **REGION)
            assert client.list_jobs()["JobListEntries"] == []
            ordered(client)
            assert len(boto3.client("snowball", region_name="us-east-2").list_jobs()["JobListEntries"]) == 1


def test_law_registering_twice_enters_it_once():
    register()
    register()
    index = pytest.importorskip("moto.backend_index")
    assert [name for name, _ in index.backend_url_patterns].count("snowball") == 1
