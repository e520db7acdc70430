"""What the HTTP door shows while a World goes: state, its stream, OpenMetrics, and the page in a real browser."""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_story import small_story

pytest.importorskip("werkzeug")
from devicesim.endpoints.http import HttpDoor
from devicesim.endpoints.premises import Premises
from devicesim.snowball_api.snow import Snow

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def stand() -> Premises:
    """Half of a copy over a slow line, doors open."""
    premises = Premises(Snow(small_story('client.laptop.rate = "10 Mbit/s"')))
    premises.welcome()
    premises.world.until_serving()
    premises.world.advance(80)
    return premises


@pytest.fixture
def door(stand: Premises) -> Iterator[HttpDoor]:
    with HttpDoor(stand) as opened:
        yield opened


def get(door: HttpDoor, path: str) -> bytes:
    with urllib.request.urlopen(door.url + path, timeout=30) as answer:
        told: bytes = answer.read()
        return told


def test_worked_the_state_tells_the_device_and_the_copy(stand: Premises, door: HttpDoor) -> None:
    """80 s of a line of 10 Mbit/s, of whose 1.25 MB/s the clips get 0.9 of the goodput."""
    told = json.loads(get(door, "/_devicesim/state"))
    goodput = 0.9 * 1.25e6 * 1448 / 1538
    assert told["device"]["serves"]
    assert told["device"]["binds"] == "network"
    assert told["device"]["can"] == {"power_off": True, "cut_power": True, "power_on": False, "return": True}
    (leg,) = told["legs"]
    assert leg["bytes"] == pytest.approx(80 * goodput, rel=0.01)
    assert leg["curve"][-1] == [told["seconds"], leg["bytes"]]
    assert [job["state"] for job in told["jobs"]] == ["WithCustomer"]


def test_law_reads_move_nothing(stand: Premises, door: HttpDoor) -> None:
    before, log = stand.world.now, list(stand.world.log)
    for path in ("/", "/_devicesim/state", "/metrics", "/_devicesim/clock"):
        get(door, path)
    assert (stand.world.now, stand.world.log) == (before, log)


def test_worked_the_stream_tells_when_something_moves(stand: Premises, door: HttpDoor) -> None:
    with urllib.request.urlopen(door.url + "/_devicesim/events", timeout=30) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")

        def state() -> dict[str, float]:
            assert stream.readline() == b"event: state\n"
            told: dict[str, float] = json.loads(stream.readline().removeprefix(b"data: "))
            assert stream.readline() == b"\n"
            return told

        first = state()["seconds"]
        urllib.request.urlopen(door.url + "/_devicesim/advance", b'{"duration": "1 min"}', timeout=30).close()
        assert state()["seconds"] == first + 60


def test_published_the_metrics_are_openmetrics(stand: Premises, door: HttpDoor) -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    with urllib.request.urlopen(door.url + "/metrics", timeout=30) as answer:
        assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
        text = answer.read().decode()
    assert text.endswith("# EOF\n")
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    (clock,) = families["devicesim_clock_seconds"].samples
    assert clock.value == stand.world.now
    at = stand.world.epoch.timestamp() + stand.world.now
    assert float(clock.timestamp) == pytest.approx(at, abs=0.001)
    states = [s.labels["devicesim_job_state"] for s in families["devicesim_job_state"].samples if s.value]
    assert states == ["WithCustomer"]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.parametrize(("name", "size"), [("desktop", "1200,1000"), ("phone", "390,1600")])
def test_the_page_in_a_browser(door: HttpDoor, tmp_path: Path, name: str, size: str) -> None:
    """Its script runs under the page's own policy and fills it; the picture is not blank."""
    picture = tmp_path / f"{name}.png"
    words = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}",
    ]  # fmt: skip
    dumped = subprocess.run(
        [*words, "--dump-dom", f"{door.url}/?still"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert "In the last minute: network" in dumped
    assert "40 objects" in dumped
    assert "<polyline" in dumped
    subprocess.run(
        [*words, f"--screenshot={picture}", f"{door.url}/?still"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert os.path.getsize(picture) > 20_000
