"""What customers put onto the share comes out of moto's S3: byte for byte, with POSIX attributes as metadata."""

import pytest
from accounts import ADDRESS, BUCKET, ORDER

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")
from devicesim.device.share import Discard, Hash, Keep, Spill  # noqa: E402
from devicesim.snowball_api.mock import mock_snow  # noqa: E402

NAME = BUCKET.rpartition(":")[2]
BODY = bytes(range(256)) * 5000


@pytest.fixture
def s3():
    with moto.mock_aws():
        client = boto3.client("s3", region_name="us-west-2")
        client.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        yield client


def filled(snow, content=None):
    """A job whose customer has a share to write to: World, JobId, share, and the directory of the bucket."""
    client = snow.client()
    address = client.create_address(Address=ADDRESS)["AddressId"]
    job = client.create_job(AddressId=address, **ORDER)["JobId"]
    snow.until(job, "WithCustomer")
    share = snow.world.life(job).device.share
    if content is not None:
        share.content = content
    if NAME not in share.buckets:
        share.add_bucket(NAME, snow.world.now)
    return job, share, share.resolve(f"/buckets/{NAME}")


@pytest.mark.parametrize("policy", ["keep", "spill"])
def test_worked_objects_are_the_files_byte_for_byte(s3, policy, tmp_path):
    with mock_snow(seed=7) as snow:
        job, share, top = filled(snow, Keep(1 << 24) if policy == "keep" else Spill(tmp_path))
        now = snow.world.now
        june = share.mkdir(top, "june", now)
        file = share.create(june, "frame ä.raw", now, mode=0o640, uid=1001, gid=50)
        share.write(file, 0, BODY, now)
        share.write(file, len(BODY) + 10, b"after a hole", now)
        empty = share.create(top, "empty", now)
        assert empty.size == 0
        snow.until(job, "Complete")
    found = s3.get_object(Bucket=NAME, Key="june/frame ä.raw")
    assert found["Body"].read() == BODY + bytes(10) + b"after a hole"
    told = found["Metadata"]
    assert (told["file-permissions"], told["file-owner"], told["file-group"]) == ("0640", "1001", "50")
    civil = round(now * 1e9) + round(snow.world.epoch.timestamp()) * 10**9
    assert told["file-mtime"] == f"{civil}ns"
    assert told["user-agent"] == "aws-datasync"
    assert s3.head_object(Bucket=NAME, Key="empty")["ContentLength"] == 0


def test_worked_each_name_of_a_file_is_an_object_and_a_symbolic_link_none(s3):
    with mock_snow(seed=7) as snow:
        job, share, top = filled(snow, Keep(1 << 20))
        now = snow.world.now
        file = share.create(top, "one", now)
        share.write(file, 0, b"twice", now)
        share.link(file, top, "other", now)
        share.symlink(top, "pointer", "one", now)
        snow.until(job, "Complete")
        failed = [event.objects for event in snow.world.events if type(event).__name__ == "ImportFailed"]
        log = snow.fetch(
            snow.client().describe_job(JobId=job)["JobMetadata"]["JobLogInfo"]["JobFailureLogURI"]
        )
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=NAME)["Contents"]]
    assert keys == ["one", "other"]
    assert s3.get_object(Bucket=NAME, Key="other")["Body"].read() == b"twice"
    assert sum(failed) == 1
    assert b"pointer" in log


def etags(s3, content):
    """Objects' ETags and metadata after a tree was written, read from the store and from the job's own log."""
    with mock_snow(seed=7) as snow:
        job, share, top = filled(snow, content)
        now = snow.world.now
        for number, size in enumerate((0, 1, 4096, 1 << 20, (9 << 20) + 1)):
            file = share.create(top, f"in order {number}", now)
            for at in range(0, size, 1 << 20):
                share.write(file, at, (BODY * 8)[number : number + min(1 << 20, size - at)], now)
        file = share.create(top, "early", now)
        for at in (1 << 20, 2 << 20, 0):  # as several WRITEs under way come
            share.write(file, at, BODY[: 1 << 20], now)
        file = share.create(top, "hole", now)
        share.write(file, 1 << 20, BODY, now)
        file = share.create(top, "twice", now)
        share.write(file, 0, BODY, now)
        share.write(file, 10, b"once more", now)
        snow.until(job, "Complete")
        logs = snow.client().describe_job(JobId=job)["JobMetadata"]["JobLogInfo"]
        log = snow.fetch(logs["JobSuccessLogURI"]).decode()
    heads = {
        each["Key"]: s3.head_object(Bucket=NAME, Key=each["Key"])
        for each in s3.list_objects_v2(Bucket=NAME)["Contents"]
    }
    told = {key: head["Metadata"] for key, head in heads.items()}
    return {key: head["ETag"].strip('"') for key, head in heads.items()}, told, log


def test_worked_etags_of_content_that_was_summed_are_those_of_the_same_content_kept(s3):
    kept, _, _ = etags(s3, Keep(1 << 26))
    summed, told, log = etags(s3, Hash())
    unknown = summed.pop("twice")
    assert (
        kept.pop("twice") != unknown.removesuffix("-1") != unknown
    )  # by the dash clients know that it is no MD5
    assert len(summed) == 7
    assert summed == kept
    assert told["hole"]["devicesim-md5"] == kept["hole"]
    assert told["twice"]["devicesim-checksum"] == "unknown: written twice at 10"
    assert log.startswith("Bucket,Key,Size,Status,MD5\r\n")
    assert f"early,3145728,Imported,{kept['early']}\r\n" in log
    assert "twice,1280000,Imported,unknown: written twice at 10\r\n" in log


def test_worked_an_etag_of_content_that_was_discarded_claims_to_be_no_md5(s3):
    kept, _, _ = etags(s3, Keep(1 << 26))
    discarded, told, log = etags(s3, Discard())
    assert {key for key in kept if kept[key] == discarded[key]} == {"in order 0"}  # of nothing it is known
    assert {each[-2:] for key, each in discarded.items() if key != "in order 0"} == {"-1"}
    assert told["hole"]["devicesim-checksum"] == "unknown: content is discarded"
    assert log.startswith("Bucket,Key,Size,Status\r\n")


@pytest.mark.parametrize("content", [Discard(), Hash()], ids=["discarded", "hashed"])
def test_worked_content_that_nobody_kept_has_its_size_and_reads_as_zeros(s3, content):
    with mock_snow(seed=7) as snow:
        job, share, top = filled(snow, content)
        file = share.create(top, "large", snow.world.now)
        share.write(file, 0, b"x" * 4096, snow.world.now)
        snow.until(job, "Complete")
    found = s3.get_object(Bucket=NAME, Key="large")
    assert (found["ContentLength"], found["Body"].read()) == (4096, bytes(4096))


def test_worked_an_object_of_the_same_key_is_overwritten(s3):
    s3.put_object(Bucket=NAME, Key="a", Body=b"before")
    with mock_snow(seed=7) as snow:
        job, share, top = filled(snow, Keep(1 << 20))
        share.write(share.create(top, "a", snow.world.now), 0, b"after", snow.world.now)
        snow.until(job, "Complete")
    assert s3.get_object(Bucket=NAME, Key="a")["Body"].read() == b"after"
