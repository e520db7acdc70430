"""The HTTP door: other processes' clients, the clock, files, and what is wrong."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from accounts import ADDRESS, ORDER

boto3 = pytest.importorskip("boto3")
pytest.importorskip("werkzeug")
from devicesim.endpoints.http import HttpDoor  # noqa: E402
from devicesim.endpoints.premises import Premises  # noqa: E402
from devicesim.errors import BoundError  # noqa: E402
from devicesim.snowball_api.snow import Snow  # noqa: E402


@pytest.fixture
def door():
    with HttpDoor(Snow(seed=7)) as opened:
        yield opened


def client(door):
    return boto3.client(
        "snowball",
        endpoint_url=door.url,
        region_name="us-west-2",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )


def ask(door, path, body=None):
    """The status and the answer of a request beside the API."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(door.url + path, data), timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def tell(door, verb, **body):
    status, told = ask(door, f"/_devicesim/{verb}", body)
    return status, json.loads(told)


def test_worked_a_job_from_order_to_its_logs(door):
    api = client(door)
    address = api.create_address(Address=ADDRESS)["AddressId"]
    job = api.create_job(AddressId=address, **ORDER)["JobId"]
    status, clock = tell(door, "advance", duration="30 min")
    assert (status, clock["seconds"], clock["clock"]) == (200, 1800.0, "manual")
    assert tell(door, "until", job=job, state="Complete")[0] == 200
    told = api.describe_job(JobId=job)["JobMetadata"]
    assert told["JobState"] == "Complete"
    link = told["JobLogInfo"]["JobSuccessLogURI"]
    assert link.startswith(door.url)
    status, log = ask(door, link.removeprefix(door.url))
    assert (status, log.splitlines()[0]) == (200, b"Bucket,Key,Size,Status")
    assert ask(door, link.removeprefix(door.url) + "0")[0] == 403
    assert json.loads(ask(door, "/_devicesim/jobs")[1])["jobs"][0]["JobState"] == "Complete"
    assert tell(door, "reset")[1]["seconds"] == 0.0
    assert api.list_jobs()["JobListEntries"] == []


@pytest.mark.parametrize(
    ("verb", "body", "words"),
    [
        ("advance", {"duration": "3 parsecs"}, "parsecs"),
        ("advance", {"duration": -1}, "duration must be >= 0"),
        ("advance", {}, "duration must be given"),
        ("advance", {"duration": None}, "duration must be a text or a number, got None"),
        ("advance", {"duration": True}, "got True"),
        ("advance", {"duration": "1 d", "typo": 1}, "must be made of duration, got typo"),
        ("advance", {"duration": "4000000 d"}, "the year stays below 9000"),
        ("advance", {"duration": "1000000000 d"}, "the year stays below 9000"),
        ("until", {"job": "JID", "state": "Complete"}, "unknown job"),
        ("until", {"job": "JID"}, "state must be given"),
        ("until", {"job": 5, "state": 7}, "job must be a text, got 5"),
        ("power_off", {}, "there is no job yet"),
        ("return", {"job": "JID"}, "unknown job"),
        ("cut_power", {"job": 5}, "job must be a text, got 5"),
        ("serving", {}, "there is no job yet"),
    ],
)
def test_law_what_the_clock_cannot_do_is_told_and_moves_nothing(door, verb, body, words):
    status, told = tell(door, verb, **body)
    assert status == 400
    assert words in told["error"]
    assert json.loads(ask(door, "/_devicesim/clock")[1])["seconds"] == 0.0


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"7", b"[" * 100_000])
def test_law_a_body_that_is_no_object_is_told(door, body):
    status, told = ask(door, "/_devicesim/advance", body)
    assert status == 400
    assert json.loads(told)["error"].startswith("the body must ")


def test_law_what_is_not_there_is_told(door):
    assert ask(door, "/_devicesim/nothing")[0] == 404
    assert ask(door, "/elsewhere")[0] == 400


def test_worked_the_page_names_every_job(door):
    api = client(door)
    job = api.create_job(AddressId=api.create_address(Address=ADDRESS)["AddressId"], **ORDER)["JobId"]
    status, page = ask(door, "/")
    assert status == 200
    assert job in page.decode()


def test_law_a_scenarios_own_job_is_listed(tmp_path):
    story = tmp_path / "story.toml"
    story.write_text(
        'name = "One"\nstart = 2026-06-01T08:00:00Z\n[site]\nregion = "us-west-2"\n[job]\ntype = "LOCAL_USE"\n'
        'description = "kept"\n'
    )
    from devicesim.scenario import load  # noqa: PLC0415

    with HttpDoor(Snow(load(story))) as door:
        (entry,) = client(door).list_jobs()["JobListEntries"]
        assert (entry["Description"], entry["JobType"]) == ("kept", "LOCAL_USE")


def test_law_the_clock_real_follows_the_wall():
    with HttpDoor(Snow(clock="real:1000000")) as door:
        first = json.loads(ask(door, "/_devicesim/clock")[1])["seconds"]
        assert json.loads(ask(door, "/_devicesim/clock")[1])["seconds"] > first


def test_law_a_state_that_cannot_come_moves_nothing(door):
    api = client(door)
    address = api.create_address(Address=ADDRESS)["AddressId"]
    job, other = (api.create_job(AddressId=address, **ORDER)["JobId"] for _ in range(2))
    api.cancel_job(JobId=job)
    status, told = tell(door, "until", job=job, state="Complete")
    assert status == 400
    assert "cannot be any more" in told["error"]
    assert json.loads(ask(door, "/_devicesim/clock")[1])["seconds"] == 0.0
    assert api.describe_job(JobId=other)["JobMetadata"]["JobState"] == "New"


def test_law_half_a_letter_is_refused_and_leaves_no_trace(door):
    api = client(door)
    code = "SerializationException"
    with pytest.raises(api.exceptions.ClientError, match=code):
        api.create_address(Address=ADDRESS | {"Name": "\ud800"})
    assert api.describe_addresses()["Addresses"] == []


def test_law_a_port_in_use_is_one_line_and_exit_4(door):
    port = door.url.rpartition(":")[2]
    words = [sys.executable, "-m", "devicesim", "serve", "--http", port]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (4, f"devicesim: 127.0.0.1:{port}: Address already in use\n")


@pytest.fixture
def camp():
    """The door of a World whose device serves, its doors open."""
    premises = Premises(Snow(seed=7))
    premises.world.create_job()
    premises.welcome()
    premises.world.until_serving()
    with HttpDoor(premises) as opened:
        yield opened, premises


def test_worked_a_device_is_switched_off_and_on_and_given_back(camp):
    door, premises = camp
    device = premises.world.life().device
    assert tell(door, "power_off")[0] == 200
    assert tell(door, "advance", duration="1 min")[1]["seconds"] == premises.world.now
    assert device.state == "off"
    assert tell(door, "power_off") == (400, {"error": f"the device of job {premises.job_id} is off"})
    assert tell(door, "power_on", job=premises.job_id)[0] == 200
    assert tell(door, "serving")[0] == 200
    assert device.serves
    assert tell(door, "cut_power")[0] == 200
    assert (device.state, device.abrupt) == ("off", True)
    assert tell(door, "return")[0] == 200
    assert tell(door, "until", job=premises.world.job().id, state="Complete")[0] == 200


def test_law_who_begins_again_keeps_the_doors_open(camp):
    door, premises = camp
    assert tell(door, "reset")[1]["seconds"] == 0.0
    premises.world.create_job()
    assert premises.world.life().device.hand.doors


def test_law_a_control_body_that_is_too_large_is_refused(door):
    status, told = ask(door, "/_devicesim/advance", b" " * 2_000_000)
    assert (status, json.loads(told)["error"]) == (
        400,
        "the body must be of 1,048,576 bytes at most, got more",
    )


def test_law_a_limit_of_no_devices_is_refused():
    with pytest.raises(BoundError, match="limit must be >= 1, got -1"):
        Snow(limit=-1)
