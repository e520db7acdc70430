"""The text answer: whole samples as they are read, and what holds for any."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sample_report import bare, full_disk, local_use, lost_parcel, ridge_camp, steps

from devicesim.errors import BoundError
from devicesim.report.model import Bottleneck, FigureUsed, Loss
from devicesim.report.text import render

STORIES = [ridge_camp, full_disk, lost_parcel, local_use, bare]

RIDGE_CAMP = """\
Trail cameras, ridge camp
In S3 after 13.9 days: 15 Jun 2026 06:12
IMPORT on SNC1_HDD: 200,000 files, 1.1 TB. Times are local, UTC−07:00.

Mon  1 Jun 08:00   2 h 24 min  New
Mon  1 Jun 10:24      3 d 4 h  PreparingAppliance
Thu  4 Jun 14:00         18 h  PreparingShipment
Fri  5 Jun 08:00      2 d 2 h  InTransitToCustomer
Sun  7 Jun 10:24      3 d 5 h  WithCustomer
                                 unlocking and starting NFS, 36 min
                                 copying, 10 times, 2 d 16 h in all
                                 battery swap and boot, 9 times, 3 h 1 min in all
                                 powered off, waiting for the courier, 9 h 36 min
Wed 10 Jun 15:12          3 d  InTransitToAWS (1 business day late)
Sat 13 Jun 15:12         12 h  WithAWSSortingFacility
Sun 14 Jun 03:12  19 h 12 min  WithAWS
Sun 14 Jun 22:24   7 h 48 min  InProgress
Mon 15 Jun 06:12               Complete

Ingest      4.81 MB/s and 0.874 files/s: everything in 2 d 16 h of copying in 10 stretches
Bottleneck  Wi-Fi link, 56 % of the time; lifted by a cable, or less distance; next is the disk at
            44.1 MB/s
            NFS service CPU, 42 % of the time; lifted by larger files; next is the Wi-Fi link at 9.1
            MB/s
            round trips, 2 % of the time
Instances   s.i-0a1b2c (snc1.micro) ran 64.0 h, then stopped
Battery     9 swaps; 639 Wh drawn, 9.8 W on average; lowest charge 5 %
Lost        nothing
Cost        176.50 USD: service fee 60.00; 13 extra days 78.00; shipping 38.50 (assumed)
Goals       ✓ days_to_s3 < 21: 13.93 days
            ✗ ingest_mb_s >= 80 Mbit/s: 4.81 MB/s
Rests on    wifi.tcp_efficiency 0.62 (assumed, 0.45 to 0.75): +1.4 to −0.63 days
            snc1_hdd.battery.capacity 71 Wh (assumed, 60 to 95 Wh): +0.18 to −0.21 days
            snc1_hdd.disk.outer_rate 135 MB/s (assumed, 110 to 160 MB/s): no change
Notes       Wi-Fi and battery figures of the Snowcone are not published; they are assumed.
Seed        7, devicesim 0.1.0
Repeat      devicesim run ridge-camp.toml --seed 7
"""

FULL_DISK = """\
Factory video, more than one device holds
In S3 after 13.9 days: 15 Jun 2026 05:36, without 2,500 files (1.25 TB)
IMPORT on SNC1_HDD: 18,500 files, 9.25 TB. Times are local, UTC−07:00.

Mon  1 Jun 08:00   2 h 24 min  New
Mon  1 Jun 10:24      4 d 2 h  PreparingAppliance
Fri  5 Jun 12:48  16 h 48 min  PreparingShipment
Sat  6 Jun 05:36      2 d 5 h  InTransitToCustomer
Mon  8 Jun 10:24      2 d 2 h  WithCustomer
                                 unlocking and starting NFS, 43 min
                                 copying, 1 d 5 h (stopped by ENOSPC)
                                 powered off, waiting for the courier, 21 h 7 min
Wed 10 Jun 12:48          2 d  InTransitToAWS
Fri 12 Jun 12:48  16 h 48 min  WithAWSSortingFacility
Sat 13 Jun 05:36         12 h  WithAWS
Sat 13 Jun 17:36     1 d 12 h  InProgress
Mon 15 Jun 05:36               Complete

Ingest      77.8 MB/s and 0.156 files/s: 8 TB of 9.25 TB and 16,000 of 18,500 files in 1 d 5 h of
            copying
Bottleneck  disk, 82 % of the time; lifted by an SNC1_SSD; next is the Ethernet link at 112 MB/s
            Ethernet link, 18 % of the time; lifted by a faster port and link
Lost        2,500 files (1.25 TB), refused (ENOSPC): the device is full
Cost        176.50 USD: service fee 60.00; 13 extra days 78.00; shipping 38.50 (assumed)
Goals       ✗ files_lost == 0: 2,500
Rests on    wifi.tcp_efficiency 0.62 (assumed, 0.45 to 0.75): +1.4 to −0.63 days
            snc1_hdd.battery.capacity 71 Wh (assumed, 60 to 95 Wh): +0.18 to −0.21 days
            snc1_hdd.disk.outer_rate 135 MB/s (assumed, 110 to 160 MB/s): no change
Notes       overflow = "run": the data set is larger than the device on purpose.
Seed        7, devicesim 0.1.0
Repeat      devicesim run factory-video.toml --seed 7
"""

LOST_PARCEL = """\
Dailies from location
Not in S3: lost on the way back to AWS
IMPORT on SNC1_HDD: 3,600 files, 1.8 TB. Times are local, UTC−07:00.

Mon  1 Jun 08:00   2 h 24 min  New
Mon  1 Jun 10:24      4 d 2 h  PreparingAppliance
Fri  5 Jun 12:48  16 h 48 min  PreparingShipment
Sat  6 Jun 05:36      2 d 5 h  InTransitToCustomer
Mon  8 Jun 10:24      1 d 2 h  WithCustomer
                                 unlocking and starting NFS, 43 min
                                 copying, 5 h 17 min
                                 powered off, waiting for the courier, 20 h 24 min
Tue  9 Jun 12:48               InTransitToAWS (lost)

Ingest      94.7 MB/s and 0.189 files/s: everything in 5 h 17 min of copying
Bottleneck  Ethernet link, 100 % of the time; lifted by a faster port and link; next is the disk at
            121 MB/s
Lost        3,600 files (1.8 TB), lost on the way back to AWS
Cost        410.00 USD: service fee 60.00; device not returned 350.00 (assumed)
Goals       ✗ days_to_s3 < 21: never
            ✓ cost_usd <= 500: 410.00 USD
Rests on    wifi.tcp_efficiency 0.62 (assumed, 0.45 to 0.75)
            snc1_hdd.battery.capacity 71 Wh (assumed, 60 to 95 Wh)
            snc1_hdd.disk.outer_rate 135 MB/s (assumed, 110 to 160 MB/s)
Seed        11, devicesim 0.1.0
Repeat      devicesim run dailies.toml --seed 11 --set lane.loss=1
"""

LOCAL_USE = """\
Edge inference on a platform
Complete after 39.0 days: 10 Jul 2026 08:00
LOCAL_USE on SNC1_HDD: no data copied, nothing for S3. Times are local, UTC−07:00.

Mon  1 Jun 08:00   2 h 24 min  New
Mon  1 Jun 10:24      3 d 2 h  PreparingAppliance
Thu  4 Jun 12:48  16 h 48 min  PreparingShipment
Fri  5 Jun 05:36      2 d 5 h  InTransitToCustomer
Sun  7 Jun 10:24       30.0 d  WithCustomer
Tue  7 Jul 10:24          2 d  InTransitToAWS
Thu  9 Jul 10:24   9 h 36 min  WithAWSSortingFacility
Thu  9 Jul 20:00         12 h  WithAWS
Fri 10 Jul 08:00               Complete

Ingest      nothing was copied onto the device
Instances   s.i-0a1b2c (snc1.micro) ran 64.0 h, then stopped
Lost        nothing
Cost        176.50 USD: service fee 60.00; 13 extra days 78.00; shipping 38.50 (assumed)
Seed        7, devicesim 0.1.0
Repeat      devicesim run platform.toml --seed 7
"""

BARE = """\
Nothing
Not in S3: cancelled
IMPORT on SNC1_HDD: no data copied. Times are local, UTC.

Mon  1 Jun 08:00  1 min  New
Mon  1 Jun 08:01         Cancelled

Ingest      nothing was copied onto the device
Lost        nothing
Seed        0, devicesim 0.1.0
Repeat      devicesim run nothing.toml --seed 0
"""


@pytest.mark.parametrize(
    ("story", "text"),
    [
        (ridge_camp, RIDGE_CAMP),
        (full_disk, FULL_DISK),
        (lost_parcel, LOST_PARCEL),
        (local_use, LOCAL_USE),
        (bare, BARE),
    ],
)
def test_samples(story, text):
    assert render(story()) == text


def crowded():
    """Every list long: 300 interruptions, ten kinds of steps, many losses, stations and figures."""
    rows = [(at, state, 0, "") for at, state in enumerate(["New", "PreparingAppliance", "PreparingShipment"])]
    rows += [(3.0, "InTransitToCustomer", 0, "2 business days late"), (5.0, "WithCustomer", 0, "")]
    for i in range(300):
        rows += [(5.0 + i / 100, f"kind {i % 10}", 1, "the battery died" if i % 10 == 3 else "")]
    states = ["InTransitToAWS", "WithAWSSortingFacility", "WithAWS", "InProgress", "Complete"]
    rows += [(9.0 + at, state, 0, "") for at, state in enumerate(states)]
    report = ridge_camp()
    return replace(
        report,
        timeline=steps(rows),
        losses=tuple(Loss("device", 2, 10**9 * i, "power cut") for i in range(1, 8)),
        ingest=report.ingest._replace(
            bottlenecks=tuple(Bottleneck(f"station {i}", 0.125, "a change") for i in range(8))
        ),
        notes=tuple(f"note {i}" for i in range(9)),
    )


@pytest.mark.parametrize("story", [*STORIES, crowded])
def test_it_fits_one_screen(story):
    lines = render(story()).splitlines()
    assert len(lines) <= 45
    assert max(len(line) for line in lines) <= 100


@pytest.mark.parametrize("story", [*STORIES, crowded])
@pytest.mark.parametrize("width", [10, 40, 72, 160])
def test_only_the_repeat_line_is_wider_than_asked(story, width):
    lines = render(story(), width).splitlines()
    assert all(len(line) <= max(width, 40) for line in lines[:-1])
    assert lines[-1] == f"Repeat      {story().repeat}"
    assert not any(line != line.rstrip() for line in lines)


def test_long_lists_are_cut_with_what_is_left():
    text = render(crowded())
    # The three largest of 7 losses are shown; 2 files in each of the 4 others are 8.
    assert "2 files (7 GB), on the device: power cut" in text
    assert "8 more files in 4 places" in text
    assert "kind 3, 30 times" in text
    assert text.count("kind ") == 8
    assert "station 2" in text
    assert "station 3" not in text


def test_without_a_date_assumed_figures_are_named():
    figures = tuple(FigureUsed(f"f{i}", "1 W", "", "assumed", "none") for i in range(5))
    text = render(replace(lost_parcel(), figures=figures))
    assert (
        "Rests on    f0 1 W (assumed)\n            f1 1 W (assumed)\n            f2 1 W (assumed)\n" in text
    )
    assert "            2 more assumed figures\n" in text


@pytest.mark.parametrize("story", STORIES)
def test_color_adds_nothing_but_color(story):
    colored = render(story(), color=True)
    assert "\x1b[" in colored
    plain = re.sub(r"\x1b\[[\d;]*m", "", colored)
    assert [line.rstrip() for line in plain.splitlines()] == render(story()).splitlines()


def test_the_environment_plays_no_part(monkeypatch):
    before = render(ridge_camp())
    for name, value in {"COLUMNS": "44", "FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    assert render(ridge_camp()) == before
    assert "\x1b[" in render(ridge_camp(), color=True)


def test_names_are_text_and_nothing_else():
    bad = "[bold]a[/bold] :smile: \x1b[2J\x07"
    report = replace(
        ridge_camp(), name=bad, notes=(bad,), instances=(bad,), timeline=steps([(0.0, bad, 0, bad)])
    )
    text = render(report)
    assert "\x1b" not in text
    assert text.startswith("[bold]a[/bold] :smile: \N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}\n")


def test_an_instant_step_shows_no_duration():
    text = render(replace(bare(), timeline=steps([(0.0, "New", 0, ""), (0.0, "Cancelled", 0, "")])))
    assert "Mon  1 Jun 08:00    New\n" in text


@pytest.mark.parametrize("width", [0, -1, float("nan")])
def test_width_is_positive(width):
    with pytest.raises(BoundError, match="width must be > 0"):
        render(bare(), width)
