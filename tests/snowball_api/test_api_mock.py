"""boto3 clients inside the process, the pytest plugin, and snapshots."""

import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest
from accounts import ADDRESS, ORDER
from small_story import small_story

import devicesim

boto3 = pytest.importorskip("boto3")
from devicesim.errors import VerbError  # noqa: E402
from devicesim.jobs import ORDER as STATES  # noqa: E402
from devicesim.jobs import JobType  # noqa: E402
from devicesim.snowball_api import interface  # noqa: E402
from devicesim.snowball_api.mock import know, mock_snow  # noqa: E402  (needs boto3)
from devicesim.snowball_api.stubber import stubber  # noqa: E402

ROOT = Path(__file__).parents[2]
pytest_plugins = ["pytester"]


def import_job(client):
    address = client.create_address(Address=ADDRESS)["AddressId"]
    return client.create_job(AddressId=address, **ORDER)["JobId"]


def test_worked_a_boto3_client_made_inside_talks_to_the_world():
    with mock_snow(seed=7) as snow:
        client = boto3.client("snowball", region_name="us-west-2")
        job = import_job(client)
        snow.until(job, "WithCustomer")
        assert client.describe_job(JobId=job)["JobMetadata"]["JobState"] == "WithCustomer"
        with pytest.raises(client.exceptions.InvalidJobStateException):
            client.cancel_job(JobId=job)
        pages = client.get_paginator("list_jobs").paginate(PaginationConfig={"PageSize": 1})
        assert [entry["JobId"] for page in pages for entry in page["JobListEntries"]] == [job]


def test_law_the_environment_is_as_before():
    before = dict(os.environ)
    with mock_snow():
        assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
    assert dict(os.environ) == before


def test_worked_it_decorates():
    @mock_snow(seed=1)
    def usage():
        return boto3.client("snowball", region_name="us-east-1").get_snowball_usage()["SnowballLimit"]

    assert usage() == 1


def test_worked_a_fork_goes_its_own_way_and_a_snapshot_comes_back():
    with mock_snow(seed=7) as snow:
        job = import_job(snow.client())
        then = snow.until(job, "WithCustomer").snapshot()
        fork = snow.fork()
        assert fork.at == snow.at
        fork.until(job, "Complete")
        assert snow.client().describe_job(JobId=job)["JobMetadata"]["JobState"] == "WithCustomer"
        snow.run()
        end = snow.at
        assert snow.restore(then).at < end
        assert snow.client().describe_job(JobId=job)["JobMetadata"]["JobState"] == "WithCustomer"
        assert snow.run().at == end
        assert snow.reset().client().list_jobs()["JobListEntries"] == []


def test_worked_the_service_is_known_when_botocore_has_dropped_it(monkeypatch):
    loader = pytest.importorskip("botocore.loaders").Loader
    elsewhere = str(ROOT / "tests")
    monkeypatch.setattr(loader, "BUILTIN_DATA_PATH", elsewhere)
    monkeypatch.setattr(loader, "CUSTOMER_DATA_PATH", elsewhere)
    session = pytest.importorskip("botocore.session").Session()
    assert "snowball" not in session.get_available_services()
    know(session)
    assert session.get_service_model("snowball").operation_names == sorted(interface().operations)


def test_law_a_client_made_inside_never_reaches_beyond():
    with mock_snow() as snow:
        client = snow.client()
    with pytest.raises(VerbError, match="mock_snow that has ended"):
        client.list_jobs()


def test_worked_the_plugin_gives_a_snow_and_prints_its_seed(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.snow(seed=11)
        def test_it_moves(snow):
            assert snow.world.seed == 11
            assert snow.client().list_jobs()["JobListEntries"] == []

        @pytest.mark.snow(seed=12)
        def test_it_fails(snow):
            assert snow.at.year == 1999
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["*seed 12, 2026-06-01T08:00:00+00:00, 0 verbs in the log*"])


def test_law_the_unused_plugin_imports_nothing_heavy():
    log = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import devicesim.pytest_plugin"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stderr
    packages = {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in log.splitlines() if "|" in line}
    assert not packages & {"numpy", "simpy", "pydantic", "boto3", "botocore", "werkzeug"}


def test_worked_a_stubber_of_a_world_tells_its_story_from_the_start():
    """The small story lasts under a month: one answer each day, and the last one at its end."""
    world = devicesim.simulate(small_story())
    stub = devicesim.stubber(world, every="1 d")
    (job,) = world.jobs
    with stub:
        seen = [
            stub.client.describe_job(JobId=job)["JobMetadata"]["JobState"]
            for _ in range(int(world.now // 86400) + 2)
        ]
        stub.assert_no_pending_responses()
    assert (seen[0], seen[-1]) == ("New", "Complete")


def test_worked_a_stubber_gives_the_answers_of_a_run():
    with mock_snow(seed=7) as snow:
        client = snow.client()
        job = import_job(client)
        before, seen = snow.at, []
        with stubber(snow, client, job, every="12 h") as stub:
            while not seen or seen[-1] != "Complete":
                seen.append(client.describe_job(JobId=job)["JobMetadata"]["JobState"])
            stub.assert_no_pending_responses()
        assert snow.at == before
        hours = (snow.fork().run().at - before).total_seconds() / 3600
        assert len(seen) == int(hours // 12) + 2  # one now, one for every half day, one at the end
        assert [state for state, _ in groupby(seen)] == [
            state for state in map(str, STATES[JobType.IMPORT]) if state in seen
        ]
