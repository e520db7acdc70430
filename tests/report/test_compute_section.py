"""What the answer says of compute: numbers by hand, and the copy told again without it."""

import json

import numpy as np
import pytest
from small_story import small_story

import devicesim
from devicesim.report import html, text
from devicesim.report.model import Report
from devicesim.world import simulate

BUCKET = "arn:aws:s3:::small-story"
FUNCTION = f'function = [{{ name = "thumb", triggers = "{BUCKET}", work = "2 s", reads = "0 %", cold_start = "0 s" }}]'
PERIODIC = 'arrivals = "periodic", every = "10 s", work = "4 s"'
BOX = f'instance = [{{ name = "box", type = "snc1.micro", duration = "100 s", requests = {{ {PERIODIC} }} }}]'
LOCAL_USE = 'job.type = "LOCAL_USE"', "client = []", "dataset = []"


def answer(*changes: str) -> Report:
    return devicesim.answer(simulate(small_story(*changes)))


def section(report: Report) -> dict:
    return report.to_dict()["sections"]["compute"]


class TestServed:
    def test_worked_requests(self) -> None:
        """Every 10 s from 10 to 100 s; each takes 4 s; the one at 100 s comes as the instance ends."""
        report = answer(*LOCAL_USE, BOX)
        (box,) = section(report)["servings"]
        assert (box["requests"], box["served"], box["cut"], box["failed"], box["left"]) == (10, 9, 1, 0, 0)
        assert box["latency_ms"]["p50"] == pytest.approx(4000, rel=1e-9)
        assert box["latency_ms"]["max"] == pytest.approx(4000, rel=1e-9)
        assert box["wait_ms"]["max"] == pytest.approx(0, abs=1e-3)
        assert box["backlog_max"] == 0

    def test_worked_overload(self) -> None:
        """One a second from 1 to 100 s, each of 10 s: at 100 s ten have begun (at 1, 11 .. 91 s), nine are done.

        The one that comes at 100 s is cut off as it comes; of the 99 before it 89 wait. Of those that never finish,
        the tenth came first, at 10 s, and is cut off after 90 s; the nine took at most 10 + 8 x 9 = 82 s.
        """
        much = BOX.replace('"10 s", work = "4 s"', '"1 s", work = "10 s"')
        goals = 'goal = [{ expr = "latency_p50_ms < 1 h" }, { expr = "backlog_max < 80" }]'
        report = answer(*LOCAL_USE, much, goals)
        (box,) = section(report)["servings"]
        assert (box["requests"], box["served"], box["cut"]) == (100, 9, 91)
        assert box["backlog_max"] == 89
        assert box["latency_ms"]["max"] == pytest.approx(90_000, rel=1e-6)
        assert box["at_least"] == ("p50", "p95", "p99", "max", "mean")
        assert not any(key.startswith("latency") for key in report.metrics)
        assert [goal.met for goal in report.goals] == [False, False]
        assert "p50 ≥ " in text.render(report)
        assert "falls on the 91 that never finished" in " ".join(text.render(report).split())

    def test_law_what_never_finished_is_slower_than_what_did(self) -> None:
        """Of ten the tenth is cut off: p50 lies between the fifth and sixth, p95 beyond the ninth."""
        report = answer(*LOCAL_USE, BOX)
        (box,) = section(report)["servings"]
        assert box["cut"] == 1
        assert box["at_least"] == ("p95", "p99", "max", "mean")
        assert report.metrics["latency_p50_ms"] == pytest.approx(4000, rel=1e-9)
        assert "latency_p95_ms" not in report.metrics

    def test_worked_functions_behind_the_copy(self) -> None:
        """Forty runs of 2.005 s in four slots: the last are done 20.05 s after the first came."""
        report = answer('job.device = "EDGE"', FUNCTION)
        (thumb,) = section(report)["servings"]
        assert (thumb["requests"], thumb["served"], thumb["slots"]) == (40, 40, 4)
        assert thumb["busy"] == pytest.approx(1.0, abs=0.01)
        assert report.metrics["latency_max_ms"] <= 20_050 + 1
        assert report.metrics["latency_max_ms"] == pytest.approx(20_050, rel=0.15)
        assert report.metrics["backlog_max"] == pytest.approx(36, abs=3)
        assert report.metrics["drain_hours"] * 3600 == pytest.approx(20.05, rel=0.15)
        assert report.metrics["runs_failed"] == 0

    def test_goals_name_its_metrics(self) -> None:
        wanted = "latency_p99_ms < 1 s", "backlog_max < 50", "drain_hours < 1 min"
        goals = "goal = [" + ", ".join(f'{{ expr = "{expr}" }}' for expr in wanted) + "]"
        assert [goal.met for goal in answer('job.device = "EDGE"', FUNCTION, goals).goals] == [
            False,
            True,
            True,
        ]

    def test_the_slowest_decides(self) -> None:
        two = (
            f'function = [{{ name = "quick", triggers = "{BUCKET}", work = "1 ms" }}, '
            f'{{ name = "slow", triggers = "{BUCKET}", work = "3 s" }}]'
        )
        report = answer('job.device = "EDGE"', two)
        times = [each["latency_ms"]["p95"] for each in section(report)["servings"]]
        assert times[0] < times[1] == report.metrics["latency_p95_ms"]


class TestLost:
    def test_worked_half_a_disk(self) -> None:
        """As in the device's own test: 2 GB into 95 MB/s, with 190 MB/s alone; the link needs 18.9 s."""
        hog = 'instance = [{ name = "a", type = "snc1.micro", disk = "95 MB/s" }]'
        files = "dataset.clips.files = 400", "client.laptop.streams = 8"
        alone, beside = (simulate(small_story(*files, *more)) for more in ((), (hog,)))
        took = [world.stream.legs[0].end - world.stream.legs[0].start for world in (alone, beside)]
        lost = section(devicesim.answer(beside))["ingest_lost"]
        assert lost["tier"] == "exact"
        assert lost["hours"] * 3600 == pytest.approx(took[1] - took[0], abs=1e-6)
        assert lost["alone"] - lost["beside"] == pytest.approx(2e9 / took[0] - 2e9 / took[1], rel=1e-6)

    def test_nothing_where_nothing_is_shared(self) -> None:
        report = answer(
            'instance = [{ name = "a", type = "snc1.micro" }]', 'client.laptop.rate = "100 Mbit/s"'
        )
        assert report.metrics["ingest_hours_lost_to_compute"] == pytest.approx(0, abs=1e-9)
        assert "the copy lost nothing to it" in text.render(report)

    def test_over_power_cuts(self) -> None:
        """Each stretch against itself: never less than nothing, and no more than it took."""
        power = 'site.power = { source = "battery", capacity = "8 Wh", spares = 5 }'
        hog = 'instance = [{ name = "a", type = "snc1.micro", disk = "150 MB/s" }]'
        report = answer(power, hog, "dataset.clips.files = 12000", 'client.laptop.rate = "1 Gbit/s"')
        assert report.ingest is not None
        assert report.ingest.sessions > 1
        assert 0 < report.metrics["ingest_hours_lost_to_compute"] < report.ingest.copying / 3600

    def test_functions_that_take_the_disk_are_named(self) -> None:
        thumbs = FUNCTION.replace('"2 s"', '"5 ms"').replace('reads = "0 %", ', "")
        report = answer(
            thumbs, 'assume."SNC1_HDD.functions.vcpus" = "2 vCPU"', "dataset.clips.files = 8000",
            'dataset.clips.size.value = "200 kB"', 'client.laptop.rate = "10 Gbit/s"',
        )  # fmt: skip
        assert report.ingest is not None
        assert report.ingest.bottlenecks[0].station == "disk"
        assert report.ingest.bottlenecks[0].lift.startswith("functions that read less")

    def test_nothing_is_told_where_nothing_computes(self) -> None:
        assert "compute" not in answer().to_dict()["sections"]


class TestShown:
    def test_images_have_their_names_on_the_device(self) -> None:
        image = 'image = [{ name = "os", ami = "ami-0123456789abcdef0", size = "8 GB" }]'
        report = answer(*LOCAL_USE, image, 'instance = [{ name = "a", type = "snc1.micro", image = "os" }]')
        names = section(report)["images"]["os"]
        assert names["AmiId"] == "ami-0123456789abcdef0"
        assert names["SnowballAmiId"].startswith("s.ami-")
        assert len(names["SnowballAmiId"]) == len("s.ami-") + 17
        given = image.replace("size", 'snowball_ami = "s.ami-00000000000000001", size')
        other = section(answer(*LOCAL_USE, given))["images"]["os"]["SnowballAmiId"]
        assert other == "s.ami-00000000000000001"
        again = section(answer(*LOCAL_USE, image))["images"]["os"]["SnowballAmiId"]
        assert again == names["SnowballAmiId"]

    def test_an_image_decides_how_long_an_instance_boots(self) -> None:
        image = 'image = [{ name = "os", ami = "ami-01234567", size = "8 GB", boot = "5 min" }]'
        changes = 'instance = [{ name = "a", type = "snc1.micro", image = "os", duration = "1 min" }]'
        states = [
            e for e in simulate(small_story(*LOCAL_USE, image, changes)).events if hasattr(e, "instance")
        ]
        assert np.diff([e.at for e in states]).tolist() == [300.0, 60.0]

    def test_in_text_json_and_html(self) -> None:
        report = answer('job.device = "EDGE"', FUNCTION)
        shown = text.render(report)
        assert "Compute     thumb: 40 runs, all done; p50 " in shown
        assert (
            json.loads(json.dumps(report.to_dict()))["sections"]["compute"]["servings"][0]["name"] == "thumb"
        )
        assert "thumb" in html.page(report)
