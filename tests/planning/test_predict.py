"""Rates before anything is copied: bounds worked by hand, the same as ``run``, and probes that fio takes."""

import json
import re
import shutil
import subprocess
from math import inf
from pathlib import Path

import pytest
from click.testing import CliRunner

from devicesim import World
from devicesim.catalog import Figures
from devicesim.cli.predict import command
from devicesim.errors import DevicesimError
from devicesim.planning.measured.measurement import KIB, MIB, Measurement, Setting
from devicesim.planning.predict import against, probes
from devicesim.planning.predict.rates import CPU, DISK, LINK, TRIPS, sustained, wall
from devicesim.planning.predict.rig import of_device
from devicesim.report.fold import answer
from devicesim.scenario import loads

GANESHA = Path(__file__).parent / "ganesha.csv"


def rate(size, streams=1, link=125e6, durability="async", rtt=4e-4, device="SNC1_HDD", figures=None):
    setting = Setting(link, rtt, streams, 128 * KIB, 1, float(size), "4.1")
    return sustained(of_device(figures or Figures(), device, setting, durability), setting, durability)


def test_worked_large_files_fill_a_gigabit():
    # 90 % of 117.6853 MB/s, less 200 bytes of header for each 128 KiB.
    found = rate(1024 * MIB, streams=4)
    assert found.bytes == pytest.approx(0.9 * 117.6853e6 * 131072 / 131272, rel=0.002)
    assert found.binding == LINK


def test_worked_small_files_of_one_stream_wait_for_round_trips():
    # Five calls: 5 (0.4 ms + 0.1 ms) and 5 us for the bytes on the line and 25 us for them on the core.
    found = rate(4 * KIB)
    assert found.files == pytest.approx(1 / (5 * 0.5e-3 + 5340 / 105.9e6 + 4096 * 6e-9), rel=0.01)
    assert found.binding == TRIPS


def test_worked_a_synchronous_export_waits_for_the_disk():
    # Two accesses of 13 ms at the creation and three at the commit, 65 ms a file beside 2.5 ms of calls.
    found = rate(4 * KIB, durability="sync")
    assert found.files == pytest.approx(1 / (5 * 13e-3 + 5 * 0.5e-3), rel=0.02)
    assert found.binding == DISK


def test_worked_ten_gigabit_is_bound_by_the_core():
    # 6 ns a byte and 100 us for each 128 KiB: 148 MB/s.
    found = rate(1024 * MIB, streams=4, link=1250e6)
    assert found.bytes == pytest.approx(131072 / (131072 * 6e-9 + 100e-6), rel=0.01)
    assert found.binding == CPU


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"size": 64 * KIB, "streams": 4}, {"size": 64 * KIB, "streams": 1}),
        ({"size": 64 * KIB}, {"size": 64 * KIB, "durability": "commit"}),
        ({"size": 64 * KIB, "durability": "commit"}, {"size": 64 * KIB, "durability": "sync"}),
        ({"size": 64 * KIB}, {"size": 64 * KIB, "rtt": 5e-3}),
        ({"size": MIB, "link": 1250e6}, {"size": MIB}),
    ],
    ids=["streams", "async", "commit", "near", "link"],
)  # fmt: skip
def test_law_more_of_a_good_thing_is_no_slower(better, worse):
    assert rate(**better).bytes > rate(**worse).bytes


STORY = """
name = "Alike"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "alike"
bucket = "arn:aws:s3:::alike"
files = 2000
size = { distribution = "fixed", value = "1 MiB" }
[[client]]
name = "laptop"
dataset = "alike"
link = "ethernet"
streams = 4
[job]
"""


def test_law_a_prediction_is_what_a_run_gives():
    world = World(loads(STORY))
    world.run()
    ingest = answer(world).ingest
    setting = Setting(125e6, 4e-4, 4, 128 * KIB, 2000, float(MIB), "4.1")
    predicted = wall(of_device(Figures(), "SNC1_HDD", setting, "async"), setting)
    assert ingest is not None
    assert predicted == pytest.approx(ingest.bytes / ingest.rate, rel=1e-3)


def test_law_a_whole_copy_is_its_parts():
    figures = Figures()
    short, long = (
        Setting(125e6, 4e-4, 4, 128 * KIB, files, float(64 * KIB), "4.1") for files in (50_000, 1_000_000)
    )
    rig = of_device(figures, "SNC1_HDD", short, "async")
    steady = sustained(rig, short, "")
    assert wall(rig, long) == pytest.approx(long.bytes / steady.bytes, rel=0.05)
    assert wall(rig, short) < wall(rig, long) / 15


def test_worked_errors_by_row_and_by_setting():
    setting = Setting(inf, 0.0, 1, MIB, 1, 1.0)
    rows = against.against([Measurement(setting, 1.0), Measurement(setting, 2.0), Measurement(setting, 4.0, 9.0)],
                           lambda _: 3.0, 4.0)  # fmt: skip
    assert [row.error for row in rows] == [2.0, 0.5, -0.25]
    assert [row.disturbed for row in rows] == [False, False, True]
    told = against.summary(rows)
    assert (told.median, told.worst, told.settings, told.median_of_settings) == (0.5, 2.0, 1, 0.5)


def invoke(*words):
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)


def test_law_the_table_names_what_binds_in_every_cell():
    done = invoke("--link", "1 Gbit/s", "--durability", "async")
    cells = re.findall(r"MB/s\s+[\d.,]+/s (link|CPU|disk|round trips)", done.output)
    assert len(cells) == 15
    assert "Rests on assumed figures: nfs.rtt.lan" in done.output
    assert max(map(len, done.output.splitlines())) <= 100


def test_law_the_document_has_every_cell():
    document = json.loads(invoke("--json", "--file-size", "64 KiB").output)
    assert document["schema"] == "devicesim.rates/1"
    assert len(document["rows"]) == 2 * 3 * 3
    assert all(row["binding"] in row["shares"] for row in document["rows"])


def test_law_against_measurements_by_a_device(tmp_path):
    document = json.loads(invoke("--against", GANESHA, "--json").output)
    assert len(document["rows"]) == 70
    row = document["rows"][0]
    assert row["error"] == pytest.approx(row["predicted_s"] / row["measured_s"] - 1)
    assert document["summary"]["settings"] == 24


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--device", "SNC1_HHD"], "did you mean 'SNC1_HDD'"),
        (["--device", "STANDARD"], "one with an NFS service"),
        (["--device", "measured"], "given with --profile"),
        (["--durability", "safe"], "async, commit or sync"),
        (["--link", "1 GB"], "--link: expected a rate"),
        (["--streams", "none"], "--streams must be a whole number"),
    ],
    ids=["typo", "no NFS", "no profile", "durability", "unit", "streams"],
)
def test_misuse_in_words(words, why):
    with pytest.raises(DevicesimError, match=re.escape(why)):
        invoke(*words)


def test_worked_probes_are_nine_settings_that_a_calibration_takes(tmp_path):
    done = invoke("--probes", tmp_path / "probes")
    files = sorted((tmp_path / "probes").glob("*.fio"))
    assert len(files) == len(probes.PROBES) == 9
    assert "sh " in done.output
    assert (tmp_path / "probes" / "run.sh").read_text().startswith("#!/bin/sh\n")
    fio = shutil.which("fio")
    if fio is None:
        pytest.skip("no fio")
    for file in files:
        parsed = subprocess.run(
            [fio, "--parse-only", file],
            env={"MOUNT": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert parsed.returncode == 0, parsed.stdout + parsed.stderr
