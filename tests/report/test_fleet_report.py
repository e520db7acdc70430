"""The answer of a fleet: all jobs folded, where their time went, and what held up the last data."""

import json
from itertools import pairwise

import pytest
from small_story import small_story

import devicesim
from devicesim.jobs import JobState
from devicesim.report import html
from devicesim.report.text import render
from devicesim.world import World, simulate

DAY = 86400.0
SMALL = 'assume."SNC1_HDD.storage.capacity" = "50 MB"', 'fleet.fill = "100 %"'
"""Forty files of 5 MB make four jobs."""


def fleet(*changes: str, devices: int = 2) -> World:
    return simulate(small_story(*SMALL, f"fleet.devices = {devices}", *changes))


def jobs(world: World) -> list[dict]:
    return devicesim.answer(world).sections[0].data["jobs"]


def test_all_jobs_are_folded() -> None:
    """Worked: the date is the last job's, the bill four times 60 and 60 USD, the device days are added up."""
    world = fleet()
    answer = devicesim.answer(world)
    assert (answer.metrics["jobs"], answer.device) == (4, "2 SNC1_HDD, 4 jobs")
    assert answer.days_to_s3 == max(job["in_s3"] for job in jobs(world)) / DAY
    assert answer.metrics["cost_usd"] == sum(job["cost_usd"] for job in jobs(world)) == 4 * 120
    assert [(cost.item, cost.usd) for cost in answer.costs] == [("service fee", 240.0), ("shipping", 240.0)]
    on_site = sum(job["collected"] - job["with_customer"] for job in jobs(world))
    assert answer.metrics["device_days"] == pytest.approx(on_site / DAY)
    assert (answer.ingest.files, answer.ingest.bytes, answer.ingest.complete) == (40, 200_000_000, True)
    rate = 200e6 / answer.days_to_s3 * 7 / 1e12
    assert answer.metrics["fleet_tb_per_week"] == pytest.approx(rate)


def test_one_job_of_it_can_be_asked_for() -> None:
    world = fleet()
    second = [*world.jobs][1]
    answer = devicesim.answer(world, second)
    assert (answer.job, answer.ingest.files) == (second, 10)


def test_time_is_parted_without_a_gap() -> None:
    """Law: the phases of a device follow one another, and of the last data's way make up the whole time."""
    world = fleet('fleet.stagger = "1 d"', "fleet.quota = 1")
    data = devicesim.answer(world).sections[0].data
    for job in data["jobs"]:
        times = [job[key] for key in ("ordered", "with_customer", "collected", "back", "in_s3")]
        assert times == sorted(times)
    way = data["seconds_of_the_last"]
    assert sum(way.values()) == pytest.approx(max(job["in_s3"] for job in data["jobs"]))
    whole = sum(sum(device["seconds"].values()) for device in data["devices"].values())
    assert whole == pytest.approx(sum(data["seconds"].values()))
    assert data["seconds"]["quota"] / DAY == pytest.approx(devicesim.answer(world).metrics["quota_days"])


def test_text_fits_a_screen_however_many_jobs() -> None:
    plan = 'fleet.data = "each"', "fleet.rotations = 8", "dataset[0].files = 5", "fleet.benches = 9"
    shown = render(devicesim.answer(fleet(*plan, devices=9)))
    assert "9 SNC1_HDD, 72 jobs" in shown
    assert "jobs 1 to 6: 150 MB" in shown
    assert len(shown.splitlines()) < 45
    assert max(map(len, shown.splitlines()[:-1])) <= 100


def test_awss_default_quota_is_told_where_nobody_set_one() -> None:
    shown = render(devicesim.answer(fleet()))
    assert "up to 2 devices at once, and AWS's quota is 1 until it grants more: ask for 2" in shown


def test_what_held_it_up_and_what_lifts_it() -> None:
    """Worked: with one place for four devices, the last waits three rounds of some nine days for quota."""
    shown = " ".join(render(devicesim.answer(fleet("fleet.quota = 1", devices=4))).split())
    assert "Held up waiting for quota" in shown
    assert "lifted by a higher quota" in shown


def test_what_went_again_is_told_and_is_no_loss() -> None:
    answer = devicesim.answer(fleet('assume."courier.lost" = 0.3', "seed = 5"))
    lost = [job for job in answer.sections[0].data["jobs"] if job["sent_again"]]
    assert lost
    assert answer.losses == ()
    assert f"its {50} MB went again" in render(answer)
    assert answer.metrics["files_lost"] == 0


def test_an_answer_on_the_way_says_so() -> None:
    world = World(small_story(*SMALL, "fleet.devices = 2"))
    world.until(lambda w: any(job.state is JobState.WITH_CUSTOMER for job in w.jobs.values()))
    answer = devicesim.answer(world)
    assert answer.days_to_s3 is None
    assert "Not in S3 yet" in render(answer)


def test_the_document_and_the_page_have_every_job() -> None:
    answer = devicesim.answer(fleet())
    document = json.loads(json.dumps(answer.to_dict()))
    assert [job["number"] for job in document["sections"]["fleet"]["jobs"]] == [1, 2, 3, 4]
    assert sum(document["sections"]["fleet"]["bytes_per_week"]) == 200_000_000
    pytest.importorskip("altair")
    page = html.page(answer)
    assert all(f"<td>{n}</td>" in page or f">{n}<" in page for n in range(1, 5))


def test_the_curve_of_all_copies_never_falls() -> None:
    (curve,) = [s for s in devicesim.answer(fleet()).progress if s.name == "ingest bytes"]
    assert all(a <= b for a, b in pairwise(curve.value))
    assert curve.value[-1] == 200_000_000


def test_the_reason_of_the_longest_job_is_a_part_of_it() -> None:
    """Worked: the fourth job is ordered 300 days after the first, and 300 days are in no job's length."""
    shown = " ".join(render(devicesim.answer(fleet('fleet.stagger = "100 d"', devices=4))).split())
    longest = shown[shown.index("at worst") :].partition(")")[0]
    assert "waiting to be ordered" not in longest


def test_devices_without_work_are_told() -> None:
    """Worked: four jobs are for four of nine devices."""
    assert devicesim.answer(fleet(devices=9)).device == "9 SNC1_HDD, 4 of which had work, 4 jobs"
