"""Reports to render: four stories with round figures, made by hand, not by a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from devicesim.report.model import (
    BatterySummary,
    Bottleneck,
    BottleneckSpan,
    Cost,
    FigureUsed,
    GoalResult,
    IngestSummary,
    Loss,
    Report,
    Series,
    Step,
    Swing,
)

HOUR = 3600.0
DAY = 24 * HOUR
START = "2026-06-01T08:00:00-07:00"

FIGURES = (
    FigureUsed(
        "wifi.tcp_efficiency",
        "0.62",
        "0.45 to 0.75",
        "assumed",
        "no Snow Wi-Fi measurement is published; range of 802.11ac stations at 15 m",
    ),
    FigureUsed(
        "snc1_hdd.battery.capacity",
        "71 Wh",
        "60 to 95 Wh",
        "assumed",
        "USB-C power banks of 45 W and more",
    ),
    FigureUsed(
        "snc1_hdd.disk.outer_rate", "135 MB/s", "110 to 160 MB/s", "assumed", "2.5-inch 5400 rpm drives"
    ),
    FigureUsed(
        "snc1_hdd.storage.usable",
        "8 TB",
        "",
        "documented",
        "https://docs.aws.amazon.com/snowball/latest/snowcone-guide/snowcone-what-is-snowcone.html",
    ),
    FigureUsed(
        "lane.us.second_day.transit",
        "2 days",
        "2 to 3 days",
        "published",
        "carrier's service guide, 2024",
    ),
    FigureUsed("nfs.rpc_header", "188 B", "180 to 212 B", "derived", "RFC 1813, RFC 5531"),
    FigureUsed("nfs.create_time", "410 us", "350 to 600 us", "measured", "NFS over 1 Gbit/s", "async export"),
)

SWINGS = (
    Swing("wifi.tcp_efficiency", "0.62", "0.45 to 0.75", 1.42, -0.63),
    Swing("snc1_hdd.battery.capacity", "71 Wh", "60 to 95 Wh", 0.18, -0.21),
    Swing("snc1_hdd.disk.outer_rate", "135 MB/s", "110 to 160 MB/s", 0.0, 0.0),
)

COSTS = (
    Cost("service fee", 60.0, "documented"),
    Cost("13 extra days", 78.0, "documented"),
    Cost("shipping", 38.5, "assumed"),
)


def steps(rows: list[tuple[float, str, int, str]], start: str = START) -> tuple[Step, ...]:
    """Steps from (days, what, level, note): each ends where the next of its level or above begins."""
    made = []
    for index, (at, what, level, note) in enumerate(rows):
        end = next((later[0] for later in rows[index + 1 :] if later[2] <= level), None)
        made.append(
            Step(
                at * DAY,
                None if end is None else end * DAY,
                (datetime.fromisoformat(start) + timedelta(days=at)).isoformat(),
                what,
                level,
                note,
            )
        )
    return tuple(made)


def ridge_camp() -> Report:
    """Wi-Fi with fades, a battery with swaps, every goal but one met."""
    rows = [
        (0.0, "New", 0, ""),
        (0.1, "PreparingAppliance", 0, ""),
        (3.25, "PreparingShipment", 0, ""),
        (4.0, "InTransitToCustomer", 0, ""),
        (6.1, "WithCustomer", 0, ""),
        (6.1, "unlocking and starting NFS", 1, ""),
        (6.125, "copying", 1, ""),
    ]
    swaps = [6.125 + 0.3 * (i + 1) for i in range(9)]
    for at in swaps:
        rows += [(at, "battery swap and boot", 1, ""), (at + 0.014, "copying", 1, "")]
    rows += [
        (8.9, "powered off, waiting for the courier", 1, ""),
        (9.3, "InTransitToAWS", 0, "1 business day late"),
        (12.3, "WithAWSSortingFacility", 0, ""),
        (12.8, "WithAWS", 0, ""),
        (13.6, "InProgress", 0, ""),
        (13.925, "Complete", 0, ""),
    ]
    total, files = 1_102_000_000_000, 200_000
    rng = np.random.default_rng(7)
    hours = np.arange(6.125 * 24, 8.9 * 24, 0.02)
    fade = np.zeros(hours.size)
    for i in range(1, hours.size):
        fade[i] = 0.985 * fade[i - 1] + rng.normal(0, 0.06)
    off = np.zeros(hours.size, dtype=bool)
    for at in swaps:
        off |= (hours >= at * 24) & (hours < (at + 0.014) * 24)
    link = np.where(off, 0.0, 8e6 * np.exp(fade - fade.mean()))
    rate = np.minimum(link, 8.4e6)
    copied = np.concatenate([[0.0], np.cumsum(rate)[:-1]])
    copied *= total / copied[-1]
    curve = tuple((hours * HOUR).tolist())
    spans, edge = [], 0
    bound = np.where(off, -1, (link > 8.4e6).astype(int))
    for i in range(1, hours.size + 1):
        if i == hours.size or bound[i] != bound[edge]:
            if bound[edge] >= 0:
                until = hours[min(i, hours.size - 1)] * HOUR
                station = ("Wi-Fi link", "NFS service CPU")[bound[edge]]
                spans.append(
                    BottleneckSpan(
                        float(hours[edge] * HOUR), float(until), station, float(rate[edge:i].mean())
                    )
                )
            edge = i
    bound_by = {
        name: sum(span.end - span.start for span in spans if span.station == name)
        for name in ("Wi-Fi link", "NFS service CPU")
    }
    wifi = round(0.98 * bound_by["Wi-Fi link"] / sum(bound_by.values()), 2)
    charge_time, charge = [6.1 * DAY], [1.0]
    for at in swaps:
        charge_time += [at * DAY, at * DAY, (at + 0.007) * DAY]
        charge += [0.05, 0.05, 1.0]
    charge_time.append(8.9 * DAY)
    charge.append(0.6)
    importing = np.linspace(13.6, 13.925, 40) * DAY
    return Report(
        name="Trail cameras, ridge camp",
        seed=7,
        repeat="devicesim run ridge-camp.toml --seed 7",
        version="0.1.0",
        start=START,
        job="JID123e4567-e89b-12d3-a456-426655440000",
        job_type="IMPORT",
        device="SNC1_HDD",
        state="Complete",
        outcome="complete",
        days_to_s3=13.925,
        end=13.925 * DAY,
        timeline=steps(rows),
        ingest=IngestSummary(
            start=6.125 * DAY,
            end=8.9 * DAY,
            copying=2.65 * DAY,
            bytes=total,
            files=files,
            total_bytes=total,
            total_files=files,
            rate=total / (2.65 * DAY),
            files_rate=files / (2.65 * DAY),
            complete=True,
            bottlenecks=(
                Bottleneck("Wi-Fi link", wifi, "a cable, or less distance; next is the disk at 44.1 MB/s"),
                Bottleneck(
                    "NFS service CPU", 0.98 - wifi, "larger files; next is the Wi-Fi link at 9.1 MB/s"
                ),
                Bottleneck("round trips", 0.02),
            ),
            sessions=10,
            median_file=4e6,
        ),
        losses=(),
        battery=BatterySummary("battery", 9, 0, 639 * 3600.0, 9.8, 0.05),
        instances=("s.i-0a1b2c (snc1.micro) ran 64.0 h, then stopped",),
        costs=COSTS,
        goals=(
            GoalResult("days_to_s3 < 21", 13.925, True),
            GoalResult("ingest_mb_s >= 80 Mbit/s", total / (2.65 * DAY) / 1e6, False),
        ),
        metrics={
            "days_to_s3": 13.925,
            "device_days": 3.2,
            "ingest_mb_s": total / (2.65 * DAY) / 1e6,
            "cost_usd": 176.5,
            "battery_swaps": 9.0,
        },
        swings=SWINGS,
        figures=FIGURES,
        progress=(
            Series("ingest bytes", "B", curve, tuple(copied.tolist())),
            Series("ingest objects", "", curve, tuple(np.floor(copied / total * files).tolist())),
            Series("import bytes", "B", tuple(importing.tolist()), tuple(np.linspace(0, total, 40).tolist())),
            Series(
                "import objects", "", tuple(importing.tolist()), tuple(np.linspace(0, files, 40).tolist())
            ),
        ),
        spans=tuple(spans),
        series=(
            Series("battery.charge", "1", tuple(charge_time), tuple(charge)),
            Series("wifi.goodput", "B/s", curve, tuple(link.tolist())),
        ),
        notes=("Wi-Fi and battery figures of the Snowcone are not published; they are assumed.",),
    )


def full_disk() -> Report:
    """More data than the device holds: ENOSPC, the rest arrives."""
    rows = [
        (0.0, "New", 0, ""),
        (0.1, "PreparingAppliance", 0, ""),
        (4.2, "PreparingShipment", 0, ""),
        (4.9, "InTransitToCustomer", 0, ""),
        (7.1, "WithCustomer", 0, ""),
        (7.1, "unlocking and starting NFS", 1, ""),
        (7.13, "copying", 1, "stopped by ENOSPC"),
        (8.32, "powered off, waiting for the courier", 1, ""),
        (9.2, "InTransitToAWS", 0, ""),
        (11.2, "WithAWSSortingFacility", 0, ""),
        (11.9, "WithAWS", 0, ""),
        (12.4, "InProgress", 0, ""),
        (13.9, "Complete", 0, ""),
    ]
    times = tuple(float(x) for x in np.linspace(7.13, 8.32, 200) * DAY)
    importing = tuple(float(x) for x in np.linspace(12.4, 13.9, 60) * DAY)
    done, done_files, total, files = 8_000_000_000_000, 16_000, 9_250_000_000_000, 18_500
    zones = np.linspace(7.13, 8.32, 9) * DAY
    return replace(
        ridge_camp(),
        name="Factory video, more than one device holds",
        repeat="devicesim run factory-video.toml --seed 7",
        days_to_s3=13.9,
        end=13.9 * DAY,
        outcome="complete",
        timeline=steps(rows),
        ingest=IngestSummary(
            start=7.13 * DAY,
            end=8.32 * DAY,
            copying=1.19 * DAY,
            bytes=done,
            files=done_files,
            total_bytes=total,
            total_files=files,
            rate=done / (1.19 * DAY),
            files_rate=done_files / (1.19 * DAY),
            complete=False,
            bottlenecks=(
                Bottleneck("disk", 0.82, "an SNC1_SSD; next is the Ethernet link at 112 MB/s"),
                Bottleneck("Ethernet link", 0.18, "a faster port and link"),
            ),
            sessions=1,
            median_file=500e6,
        ),
        losses=(Loss("refused (ENOSPC)", 2_500, total - done, "the device is full"),),
        battery=None,
        instances=(),
        goals=(GoalResult("files_lost == 0", 2_500.0, False),),
        progress=(
            Series("ingest bytes", "B", times, tuple(np.linspace(0, done, 200).tolist())),
            Series("ingest objects", "", times, tuple(np.linspace(0, done_files, 200).tolist())),
            Series("import bytes", "B", importing, tuple(np.linspace(0, done, 60).tolist())),
            Series("import objects", "", importing, tuple(np.linspace(0, done_files, 60).tolist())),
        ),
        spans=tuple(
            BottleneckSpan(
                float(zones[i]),
                float(zones[i + 1]),
                "Ethernet link" if i < 2 else "disk",
                (112 - 9 * max(0, i - 1)) * 1e6,
            )
            for i in range(8)
        ),
        series=(),
        notes=('overflow = "run": the data set is larger than the device on purpose.',),
    )


def lost_parcel() -> Report:
    """The parcel never comes back: no date, everything lost."""
    rows = [
        (0.0, "New", 0, ""),
        (0.1, "PreparingAppliance", 0, ""),
        (4.2, "PreparingShipment", 0, ""),
        (4.9, "InTransitToCustomer", 0, ""),
        (7.1, "WithCustomer", 0, ""),
        (7.1, "unlocking and starting NFS", 1, ""),
        (7.13, "copying", 1, ""),
        (7.35, "powered off, waiting for the courier", 1, ""),
        (8.2, "InTransitToAWS", 0, "lost"),
    ]
    report = full_disk()
    assert report.ingest is not None
    total, files = 1_800_000_000_000, 3_600
    times = tuple(float(x) for x in np.linspace(7.13, 7.35, 200) * DAY)
    return replace(
        report,
        name="Dailies from location",
        repeat="devicesim run dailies.toml --seed 11 --set lane.loss=1",
        seed=11,
        state="InTransitToAWS",
        days_to_s3=None,
        end=8.2 * DAY,
        outcome="lost on the way back to AWS",
        timeline=steps(rows),
        ingest=report.ingest._replace(
            end=7.35 * DAY,
            copying=0.22 * DAY,
            bytes=total,
            files=files,
            total_bytes=total,
            total_files=files,
            rate=total / (0.22 * DAY),
            files_rate=files / (0.22 * DAY),
            complete=True,
            bottlenecks=(
                Bottleneck("Ethernet link", 1.0, "a faster port and link; next is the disk at 121 MB/s"),
            ),
        ),
        losses=(Loss("return", files, total, "lost on the way back to AWS"),),
        goals=(GoalResult("days_to_s3 < 21", None, False), GoalResult("cost_usd <= 500", 410.0, True)),
        costs=(*COSTS[:1], Cost("device not returned", 350.0, "assumed")),
        swings=(),
        metrics={"cost_usd": 410.0, "files_lost": 3600.0},
        progress=(
            Series("ingest bytes", "B", times, tuple(np.linspace(0, total, 200).tolist())),
            Series("ingest objects", "", times, tuple(np.linspace(0, files, 200).tolist())),
        ),
        spans=(BottleneckSpan(7.13 * DAY, 7.35 * DAY, "Ethernet link", 94.7e6),),
        notes=(),
    )


def local_use() -> Report:
    """A device that works on site and goes back empty: nothing is meant for S3."""
    rows = [
        (0.0, "New", 0, ""),
        (0.1, "PreparingAppliance", 0, ""),
        (3.2, "PreparingShipment", 0, ""),
        (3.9, "InTransitToCustomer", 0, ""),
        (6.1, "WithCustomer", 0, ""),
        (36.1, "InTransitToAWS", 0, ""),
        (38.1, "WithAWSSortingFacility", 0, ""),
        (38.5, "WithAWS", 0, ""),
        (39.0, "Complete", 0, ""),
    ]
    return replace(
        ridge_camp(),
        name="Edge inference on a platform",
        repeat="devicesim run platform.toml --seed 7",
        job_type="LOCAL_USE",
        days_to_s3=None,
        end=39 * DAY,
        outcome="complete",
        timeline=steps(rows),
        ingest=None,
        battery=None,
        goals=(),
        metrics={"device_days": 30.0, "cost_usd": 176.5},
        swings=(),
        figures=FIGURES[3:5],
        progress=(),
        spans=(),
        series=(),
        notes=(),
    )


def bare() -> Report:
    """The least a report can hold: a job that was cancelled at once."""
    return Report(
        name="Nothing",
        seed=0,
        repeat="devicesim run nothing.toml --seed 0",
        version="0.1.0",
        start="2026-06-01T08:00:00+00:00",
        job="JID1",
        job_type="IMPORT",
        device="SNC1_HDD",
        state="Cancelled",
        outcome="cancelled",
        days_to_s3=None,
        end=60.0,
        timeline=steps([(0.0, "New", 0, ""), (60 / DAY, "Cancelled", 0, "")], "2026-06-01T08:00:00+00:00"),
        ingest=None,
        losses=(),
        battery=None,
        instances=(),
        costs=(),
        goals=(),
        metrics={},
        swings=(),
        figures=(),
    )
