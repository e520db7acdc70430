"""What it costs: ratios and CPU times, the best of several in one run; long forms, as any measured time is."""

import subprocess
import sys
import time

import pytest
from accounts import ADDRESS, ORDER

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")
from devicesim.snowball_api.mock import mock_snow  # noqa: E402

pytestmark = pytest.mark.slow
REGION = {"region_name": "us-west-2"}


def rate(ask, count=100):
    """Calls for each second of CPU."""
    before = time.process_time()
    for _ in range(count):
        ask()
    return count / (time.process_time() - before)


def test_published_describe_job_is_as_quick_as_motos_describe_task_execution():
    with moto.mock_aws():
        for bucket in ("trail-cams", "target"):
            where = {"LocationConstraint": "us-west-2"}
            boto3.client("s3", **REGION).create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        sync = boto3.client("datasync", **REGION)
        agent = "arn:aws:datasync:us-west-2:123456789012:agent/agent-0123456789abcdef0"
        source = sync.create_location_smb(
            ServerHostname="host", Subdirectory="/a", User="u", Password="p", AgentArns=[agent]
        )["LocationArn"]
        role = {"BucketAccessRoleArn": "arn:aws:iam::123456789012:role/snow"}
        target = sync.create_location_s3(S3BucketArn="arn:aws:s3:::target", S3Config=role)["LocationArn"]
        task = sync.create_task(SourceLocationArn=source, DestinationLocationArn=target)["TaskArn"]
        execution = sync.start_task_execution(TaskArn=task)["TaskExecutionArn"]
        with mock_snow(seed=7) as snow:
            client = snow.client()
            address = client.create_address(Address=ADDRESS)["AddressId"]
            job = client.create_job(AddressId=address, **ORDER)["JobId"]
            for state in ("New", "WithCustomer", "InProgress", "Complete"):
                snow.until(job, state)
                pairs = [
                    (
                        rate(lambda: client.describe_job(JobId=job)),
                        rate(lambda: sync.describe_task_execution(TaskExecutionArn=execution)),
                    )
                    for _ in range(3)
                ]
                ours, theirs = (max(column) for column in zip(*pairs, strict=True))
                assert ours >= theirs, f"{state}: {ours:.0f} against {theirs:.0f} a second"


def test_published_the_fixture_costs_less_than_20_ms_after_the_first():
    costs = []
    for _ in range(6):
        before = time.process_time()
        with mock_snow(seed=7):
            pass
        costs.append(time.process_time() - before)
    assert min(costs[1:]) < 0.020


def test_published_importing_the_plugin_costs_less_than_100_ms_of_cpu():
    words = "import pytest, time; before = time.process_time(); import devicesim.pytest_plugin; "
    words += "print(time.process_time() - before)"
    costs = [
        float(
            subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout
        )
        for _ in range(3)
    ]
    assert min(costs) < 0.100
