"""Small files packed into archives: what is copied, what AWS makes of it, and what it does not unpack."""

import numpy as np
import pytest

import devicesim
from devicesim.catalog import Figures
from devicesim.errors import ScenarioError
from devicesim.physics import archive
from devicesim.scenario import Scenario, files_of, loads

STORY = """\
name = "Batches"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "scans"
bucket = "arn:aws:s3:::scans"
files = 100_000
size = { distribution = "fixed", value = "100 kB" }
batch = { files = 10_000, size = "10 GB" }
[[client]]
name = "server"
dataset = "scans"
link = "ethernet"
rate = "10 Gbit/s"
interface = "s3"
streams = 4
[job]
device = "EDGE_S"
[assume]
"aws_import.failed" = 0
"""


def story(*changes: str) -> Scenario:
    return loads(STORY, "story", changes)


def files(told: Scenario) -> devicesim.scenario.Files:
    return files_of(told, "scans", np.random.default_rng(1), Figures())


def test_worked_what_is_copied_are_the_archives() -> None:
    # 100 kB are 196 blocks of 512 B: 100,352 B and a header; 10,000 of them and 1024 B, in records of 10,240 B
    packed = files(story())
    size = -(-(10_000 * (100_352 + 512) + 1024) // 10_240) * 10_240
    assert packed.sizes.tolist() == [size] * 10
    assert (packed.inside, packed.packed, packed.count) == (10_000.0, 100_000, 10)
    assert size == archive.tar_size(10_000 * 100_352, 10_000)


@pytest.mark.parametrize(
    ("changes", "inside"),
    [
        pytest.param([], 10_000.0, id="S3 adapter: unpacked"),
        pytest.param(["dataset.scans.batch.auto_extract = false"], 1.0, id="not asked for"),
        pytest.param(['client.server.interface = "nfs"'], 1.0, id="NFS: not unpacked"),
        pytest.param(
            ['job.device = "STANDARD"', "client.server.interface = snowball"], 10_000.0, id="Snowball client"
        ),
    ],
)
def test_worked_who_unpacks(changes: list[str], inside: float) -> None:
    assert files(story(*changes)).inside == inside


def hours_of_import(told: Scenario) -> float:
    world = devicesim.simulate(told)
    leg = world.stream.leg("import", world.job().id)
    assert leg is not None
    assert leg.end is not None
    return (leg.end - leg.start) / 3600


def test_worked_unpacked_objects_are_made_at_their_own_rate() -> None:
    # 10.09 GB / 300 MB/s + 100,000 / 2000 objects/s = 33.6 s + 50 s, and 10 / 5000 s to list them
    bytes_ = files(story()).total
    assert hours_of_import(story()) * 3600 == pytest.approx(bytes_ / 300e6 + 100_000 / 2000 + 10 / 5000)


def test_worked_archives_that_stay_are_objects_like_others() -> None:
    kept = story("dataset.scans.batch.auto_extract = false")
    assert hours_of_import(kept) * 3600 == pytest.approx(files(kept).total / 300e6 + 10 / 50 + 10 / 5000)


def test_law_packing_makes_small_files_faster_both_ways() -> None:
    one_by_one = devicesim.loads(STORY.replace('batch = { files = 10_000, size = "10 GB" }\n', ""))
    answers = [devicesim.answer(devicesim.simulate(told)) for told in (one_by_one, story())]
    rates = [answer.ingest.rate for answer in answers if answer.ingest is not None]
    assert rates[1] > 20 * rates[0]
    assert hours_of_import(story()) < hours_of_import(one_by_one) / 10


def test_published_119_6_million_files_of_123_kb_in_archives_are_imported_in_26_h_post_hoc() -> None:
    # snowball-uploader README; the rate of unpacking was chosen knowing it (models.md, row S10, kind P: 30.2 h)
    told = story(
        "dataset.scans.files = 11_957_723",
        'dataset.scans.size.value = "123 kB"',
        'dataset.scans.batch.size = "1 GB"',
    )
    assert 26 / 1.5 < 10 * hours_of_import(told) < 26 * 1.5


def test_worked_the_report_tells_of_archives() -> None:
    section = next(s for s in devicesim.answer(devicesim.simulate(story())).sections if s.name == "archives")
    assert section.lines == (
        "scans: 100,000 files in 10 archives of 1.01 GB on average, which AWS unpacks in 50 s",
        # 100,000 files at 3,400 and at 198 a second
        "packing them is not counted: 198 files/s .. 3400 files/s, as published, are 29 s to 8 min 25 s",
    )
    assert section.data["datasets"][0]["archives"] == 10


BAD = {
    "unpacking what came over NFS": (
        ['client.server.interface = "nfs"', "dataset.scans.batch.auto_extract = true"],
        "dataset[0].batch.auto_extract: AWS does not unpack what comes through the NFS service",
    ),
    "archives beyond 100 GB": (
        ['dataset.scans.batch.size = "101 GB"'],
        "dataset[0].batch.size: AWS unpacks archives of 100 GB at most",
    ),
    "packing for local use": (
        ['job.type = "LOCAL_USE"'],
        "dataset[0].batch: files are packed for IMPORT jobs only",
    ),
    "no file in an archive": (
        ["dataset.scans.batch.files = 0"],
        "dataset[0].batch.files: must be at least 1, got 0",
    ),
}


@pytest.mark.parametrize(("changes", "why"), BAD.values(), ids=BAD)
def test_worked_what_cannot_be_packed_is_refused(changes: list[str], why: str) -> None:
    with pytest.raises(ScenarioError) as wrong:
        story(*changes)
    assert why in [f"{problem.path}: {problem.why}" for problem in wrong.value.problems]


def test_law_a_device_full_of_small_files_holds_them_in_archives() -> None:
    # 60 million files of 100 kB are 6 TB: too many for its 40 million, and 6,000 archives of a gigabyte
    many = 'job.device = "SNC1_HDD"', 'client.server.interface = "nfs"', "dataset.scans.files = 60_000_000"
    assert story(*many).datasets[0].files == 60_000_000
    with pytest.raises(ScenarioError, match="the device holds at most 40,000,000 files"):
        loads(STORY.replace('batch = { files = 10_000, size = "10 GB" }\n', ""), "story", many)
