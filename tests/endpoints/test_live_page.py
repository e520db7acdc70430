"""What the HTTP door shows while a World goes: state, its stream, OpenMetrics, and the page in a real browser."""

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from cluster_story import cluster_story
from small_story import small_story

pytest.importorskip("werkzeug")
from devicesim.endpoints.http import HttpDoor
from devicesim.endpoints.live.metrics import metrics
from devicesim.endpoints.live.state import state
from devicesim.endpoints.premises import Premises
from devicesim.progress import timestamp
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


@pytest.fixture
def troubled(stand: Premises) -> Premises:
    """The same, with one fault over, one that lasts, one for good, one to come."""
    snow = stand.snow
    snow.inject("slow-disk", factor="20 %", duration="10 s")
    stand.world.advance(20)
    snow.inject("cable-pulled", duration="10 min")
    snow.inject("role-revoked")
    snow.inject("slow-disk", at="1 h", factor="50 %", duration="1 min")
    return stand


def browser(folder: Path) -> list[str]:
    """Words to start the browser with."""
    return [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", f"--user-data-dir={folder / 'profile'}",
    ]  # fmt: skip


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
    assert (told["device"]["files"], told["device"]["bytes"]) == (leg["objects"], leg["bytes"])
    assert [job["state"] for job in told["jobs"]] == ["WithCustomer"]


def test_law_who_looks_on_changes_nothing() -> None:
    """Not a digit of what comes: a copy on batteries, looked at all the time or never."""
    ends = []
    for watched in (False, True):
        premises = Premises(
            Snow(
                small_story(
                    'client.laptop.rate = "2 Mbit/s"',
                    'site.power = { source = "battery", capacity = "12 Wh", spares = 9, swap = "10 min" }',
                )
            )
        )
        world = premises.world
        world.until("WithCustomer")
        for _ in range(40):
            world.advance(300)
            if watched:
                state(premises)
                metrics(premises)
        world.run()
        power = world.life().device.power
        ends.append((world.stream.events, power.energy, power.charge, world.life().device.heat.temperature))
    assert ends[0] == ends[1]


def test_law_energy_charge_and_temperature_are_those_of_now(stand: Premises, door: HttpDoor) -> None:
    """Nothing is booked while a copy goes on by itself; what is told meanwhile is what is booked when it ends."""
    device = stand.world.life().device
    booked = device.power.energy
    looks = [device_now(door) for _ in (stand.world.advance(20) for _ in range(3))]
    assert device.power.energy == booked
    energy = [each["energy"] for each in looks]
    assert energy[0] > booked
    # 20 s of the device on and of the port in use, and of what it does for 1.06 MB/s, which is little.
    assert energy[1] - energy[0] == pytest.approx(energy[2] - energy[1], rel=0.05)
    device.change()
    assert (energy[2], looks[2]["temperature"]) == (device.power.energy, device.heat.temperature)


def device_now(door: HttpDoor) -> dict[str, Any]:
    """What the state tells of the device."""
    told: dict[str, Any] = json.loads(get(door, "/_devicesim/state"))["device"]
    return told


def test_law_what_is_on_the_device_is_told_whoever_wrote_it(stand: Premises, door: HttpDoor) -> None:
    """By the copy as it goes, by clients, then by both: 200 MB over the line, 1,000 bytes through a door."""
    world, seen = stand.world, []
    for _ in range(3):
        seen.append(on_device(door))
        world.advance(30)
    share = world.life().device.share
    sizes = [size for _, size in seen]
    assert sizes == sorted(set(sizes)), "more at every look"
    assert share.bytes == 0, "the copy is still under way, and the tree has none of it"
    stand.perform(
        "WRITE",
        1000,
        0,
        lambda now: share.write(
            share.create(share.buckets["small-story"].directory, "note", now), 0, 1000, now
        ),
    )
    (leg,) = json.loads(get(door, "/_devicesim/state"))["legs"]
    assert on_device(door) == (leg["objects"] + 1, leg["bytes"] + 1000)
    world.until("InTransitToAWS")
    assert on_device(door) == (41, 200_001_000) == (share.files, share.bytes)


def on_device(door: HttpDoor) -> tuple[int, int]:
    """Files and bytes as the state tells them, and as the metrics do."""
    told = device_now(door)
    lines = get(door, "/metrics").decode().splitlines()
    files, size = (
        next(line.split()[1] for line in lines if line.startswith(f"devicesim_share_{what}{{"))
        for what in ("files", "bytes")
    )
    assert (files, size) == (str(told["files"]), str(told["bytes"]))
    return told["files"], told["bytes"]


def test_worked_the_storage_of_a_node_is_that_of_its_cluster() -> None:
    """Eight streams write 400 GB to five nodes, each of which has its part of every object."""
    premises = Premises(Snow(cluster_story()))
    world = premises.world
    world.until("WithCustomer")
    for _ in range(96):
        if world.stream.legs:
            break
        world.advance(900)
    with HttpDoor(premises) as door:
        told = json.loads(get(door, "/_devicesim/state"))
        metrics = get(door, "/metrics").decode()
    ((number, cluster),) = world.clusters.items()
    (leg,) = told["legs"]
    device = told["device"]
    assert device["cluster"] == number
    assert (device["files"], device["bytes"]) == (leg["objects"], leg["bytes"])
    assert device["bytes"] > 0
    assert device["capacity"] == cluster.drawn.capacity
    assert f'devicesim_cluster_bytes{{cluster="{number}"}} {leg["bytes"]} ' in metrics


def test_law_the_second_look_tells_what_the_first_did(door: HttpDoor) -> None:
    """A line that is never idle is so at the first look, when nobody had the copy computed up to now."""
    first, again = (json.loads(get(door, "/_devicesim/state")) for _ in range(2))
    assert first == again
    assert first["device"]["busy"]["network"] == pytest.approx(1, abs=0.01)


def test_law_reads_move_nothing(stand: Premises, door: HttpDoor) -> None:
    before, log = stand.world.now, list(stand.world.log)
    for path in ("/", "/_devicesim/state", "/metrics", "/_devicesim/clock"):
        get(door, path)
    assert (stand.world.now, stand.world.log) == (before, log)


def test_worked_the_stream_tells_when_something_moves(stand: Premises, door: HttpDoor) -> None:
    with urllib.request.urlopen(door.url + "/_devicesim/events", timeout=30) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")

        def told_next() -> dict[str, Any]:
            assert stream.readline() == b"event: state\n"
            told: dict[str, Any] = json.loads(stream.readline().removeprefix(b"data: "))
            assert stream.readline() == b"\n"
            return told

        before = told_next()
        urllib.request.urlopen(door.url + "/_devicesim/advance", b'{"duration": "1 min"}', timeout=30).close()
        after = told_next()
        assert after["seconds"] == before["seconds"] + 60
        goodput = 0.9 * 1.25e6 * 1448 / 1538
        assert after["device"]["bytes"] - before["device"]["bytes"] == pytest.approx(60 * goodput, rel=0.02)


def test_worked_the_state_labels_what_goes_wrong_on_purpose(troubled: Premises, door: HttpDoor) -> None:
    """Injected at 0 s for 10 s, at 20 s for 600 s and for good, and for an hour later."""
    told = json.loads(get(door, "/_devicesim/state"))
    began = troubled.world.now - 20
    faults = told["faults"]
    assert [(each["fault"], each["kind"], each["where"]) for each in faults["now"]] == [
        ("F2", "cable-pulled", "link of laptop"),
        ("F3", "role-revoked", "role"),
    ]
    assert [(each["fault"], each["state"]) for each in faults["lately"]] == [("F1", "over")]
    assert (faults["due"], faults["missed"]) == (1, 0)
    at = [timestamp(troubled.world.epoch, began + after) for after in (0, 10, 20, 620)]
    (over,), (pulled, revoked) = faults["lately"], faults["now"]
    assert (over["began"], over["ended"]) == (at[0], at[1])
    assert (pulled["began"], pulled["until"], pulled["ended"]) == (at[2], at[3], None)
    assert (revoked["until"], revoked["ended"]) == (None, None)
    labelled = [(each["kind"], each["fault"]) for each in told["events"] if each["fault"]]
    assert labelled == [
        ("FaultBegan", "F1"),
        ("FaultEnded", "F1"),
        ("FaultBegan", "F2"),
        ("FaultBegan", "F3"),
    ]


def test_worked_the_stream_tells_of_a_fault_at_once(stand: Premises, door: HttpDoor) -> None:
    with urllib.request.urlopen(door.url + "/_devicesim/events", timeout=30) as stream:

        def under_way() -> list[str]:
            while not (line := stream.readline()).startswith(b"data: "):
                pass
            return [each["kind"] for each in json.loads(line.removeprefix(b"data: "))["faults"]["now"]]

        assert under_way() == []
        fault = b'{"kind": "cable-pulled", "duration": "10 min"}'
        urllib.request.urlopen(door.url + "/_devicesim/faults", fault, timeout=30).close()
        assert under_way() == ["cable-pulled"]
        urllib.request.urlopen(
            door.url + "/_devicesim/advance", b'{"duration": "10 min"}', timeout=30
        ).close()
        assert under_way() == []


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
    assert families["devicesim_fault_under_way"].samples == []


def test_published_the_metrics_label_what_goes_wrong(troubled: Premises, door: HttpDoor) -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = parser.text_string_to_metric_families(get(door, "/metrics").decode())
    (under_way,) = [family for family in families if family.name == "devicesim_fault_under_way"]
    assert [(each.labels["fault"], each.labels["kind"], each.value) for each in under_way.samples] == [
        ("F2", "cable-pulled", 1),
        ("F3", "role-revoked", 1),
    ]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
@pytest.mark.parametrize(("name", "size"), [("desktop", "1200,1000"), ("phone", "390,1600")])
def test_the_page_in_a_browser(door: HttpDoor, tmp_path: Path, name: str, size: str) -> None:
    """Its script runs under the page's own policy and fills it, and one sees it: see :func:`looked_at`."""
    picture = tmp_path / f"{name}.png"
    words = [*browser(tmp_path), f"--window-size={size}"]
    dumped = subprocess.run(
        [*words, "--dump-dom", f"{door.url}/?still"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert "In the last minute: network" in dumped
    assert "40 objects" in dumped
    assert re.search(r"<dt>Files</dt><dd>1[56]</dd>", dumped), "of 84 MB in files of 5 MB, by four streams"
    assert re.search(r"84\.\d MB of 8\.00 TB", dumped)
    assert "<polyline" in dumped
    subprocess.run(
        [*words, f"--screenshot={picture}", f"{door.url}/?still"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    looked_at(picture)


ACCENT, PAPER = (11, 107, 203), (245, 247, 249)
"""Colours of the curve and of what is between the cards, as the page's style has them by day."""


def looked_at(picture: Path) -> None:
    """What a person sees of the page: cards one below the other and none beyond the edge, and the curve."""
    image = pytest.importorskip("PIL.Image").open(picture).convert("RGB")
    width, height = image.size
    inside = width - 20  # beside the scroll bar
    rows = [[image.getpixel((x, y)) for x in range(0, inside, 2)] for y in range(height)]
    between = [set(row) == {PAPER} for row in rows]
    gaps = sum(now and not before for before, now in pairwise(between))
    assert gaps >= 5, "cards are one below the other, with the paper between them"
    edge = {rows[y][column] for y in range(height) for column in (0, 1, -1)}
    assert edge == {PAPER}, "nothing is cut off at the side"
    drawn = [sum(pixel == ACCENT for pixel in row) for row in rows]
    # 84 of 200 MB, so a line that climbs 42 % of 96 % of 9 rem, with nothing else of its colour beside it.
    longest = max(len(list(rest)) for some, rest in groupby(drawn, bool) if some)
    assert longest == pytest.approx(0.96 * 0.42 * 9 * 16, abs=6), (
        "the curve climbs as far as the copy has come"
    )
    text = sum(max(pixel) < 60 for row in rows for pixel in row)
    assert text > 1500, "words are there in ink"


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_the_page_shows_what_goes_wrong(troubled: Premises, door: HttpDoor, tmp_path: Path) -> None:
    """Each fault in a line of a card of its own; without any, the card is not there."""
    words = [*browser(tmp_path), "--dump-dom"]

    def card() -> str:
        dumped = subprocess.run(
            [*words, f"{door.url}/?still"], capture_output=True, text=True, check=True, timeout=120
        ).stdout
        return dumped[dumped.index('id="wrong"') :].partition("</section>")[0]

    shown = card()
    assert "hidden" not in shown.partition(">")[0]
    for line in ("F2 cable-pulled", "link of laptop: the cable is pulled", "for good", "1 still to come"):
        assert line in shown
    assert shown.index("F2 cable-pulled") < shown.index("F1 slow-disk")
    troubled.reset()
    assert "hidden" in card().partition(">")[0]
