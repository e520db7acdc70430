"""Wording: worked examples of each sentence."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sample_report import DAY, bare, full_disk, local_use, lost_parcel, ridge_camp, steps

from devicesim.report import phrases
from devicesim.report.model import BatterySummary, Bottleneck, GoalResult, Loss, Step, Swing


def test_headline_of_a_success_is_the_date():
    # 13.925 days after 1 June 08:00 are 13 days, 22 hours and 12 minutes: 15 June 06:12.
    assert phrases.headline(ridge_camp()) == "In S3 after 13.9 days: 15 Jun 2026 06:12"


@pytest.mark.parametrize(
    ("report", "headline", "verdict"),
    [
        (full_disk(), "In S3 after 13.9 days: 15 Jun 2026 05:36, without 2,500 files (1.25 TB)", "partial"),
        (lost_parcel(), "Not in S3: lost on the way back to AWS", "bad"),
        (
            replace(full_disk(), losses=(Loss("device", 18_500, 9_250_000_000_000, "no link"),)),
            "None of it in S3 after 13.9 days: 15 Jun 2026 05:36, without 18,500 files (9.25 TB)",
            "bad",
        ),
        (local_use(), "Complete after 39.0 days: 10 Jul 2026 08:00", "good"),
        (bare(), "Not in S3: cancelled", "bad"),
        (replace(bare(), outcome="under way"), "Not in S3 yet: Cancelled after 1 min", "bad"),
        (replace(bare(), outcome="The disk died."), "Not in S3: the disk died", "bad"),
        (replace(bare(), outcome="AWS erased it"), "Not in S3: AWS erased it", "bad"),
        (replace(bare(), state="Complete"), "Nothing in S3: complete after 1 min: 1 Jun 2026 08:01", "good"),
        (replace(bare(), job_type="LOCAL_USE", outcome="lost"), "Not complete: lost", "bad"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_headline_and_verdict(report, headline, verdict):
    assert phrases.headline(report) == headline
    assert phrases.verdict(report) == verdict


def test_days_to_s3_count_from_the_order_steps_from_the_run():
    # Ordered 10 h after the run's start: 2 days later is 3 June 18:00, but second 0 was 1 June 08:00.
    report = replace(
        bare(),
        start="2026-06-01T18:00:00+00:00",
        days_to_s3=2.0,
        timeline=(Step(36_000.0, None, "2026-06-01T18:00:00+00:00", "New"),),
    )
    assert phrases.headline(report).endswith("3 Jun 2026 18:00")
    assert phrases.date_time(phrases.moment(report, 0.0)) == "1 Jun 2026 08:00"


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        ("2026-06-01T08:00:00-07:00", "UTC−07:00"),
        ("2026-06-01T08:00:00+05:30", "UTC+05:30"),
        ("2026-06-01T08:00:00+00:00", "UTC"),
        ("2026-06-01T08:00:00Z", "UTC"),
    ],
)
def test_subject_names_the_clock(start, zone):
    assert phrases.subject(replace(bare(), start=start)).endswith(f"Times are local, {zone}.")


def test_equal_steps_within_a_state_become_one_line():
    rows = [(0.0, "WithCustomer", 0, "")]
    for i in range(3):
        rows += [(0.25 * i, "copying", 1, f"reason {i}"), (0.25 * i + 0.125, "device off", 1, "")]
    rows += [(0.75, "InTransitToAWS", 0, "")]
    lines = phrases.condense(steps(rows))
    # Three times 0.125 days, which are 3 h, are 9 h.
    assert [phrases.what(line) for line in lines] == [
        "WithCustomer",
        "copying, 3 times, 9 h in all",
        "device off, 3 times, 9 h in all",
        "InTransitToAWS",
    ]
    assert [line.note for line in lines] == ["", "reason 0; reason 1; and 1 more", "", ""]
    assert lines[1].parts[0] == (0.0, 0.125 * DAY)
    assert lines[3].total is None


def test_a_battery_and_mains():
    battery = BatterySummary("battery", 1, 2, 255_600.0, 9.84, 0.05)
    # 255,600 J / 3600 = 71 Wh.
    did = "1 swap; 2 recharges; 71 Wh drawn, 9.84 W on average; lowest charge 5 %"
    assert phrases.power(battery) == ("Battery", did)
    assert phrases.power(battery._replace(source="mains")) == ("Mains", "71 Wh drawn, 9.84 W on average")


@pytest.mark.parametrize(
    ("joules", "text"),
    [
        # 3600 J are 1 Wh: 16 MJ / 3.6 MJ = 4.444 kWh; 999.5 Wh round to 1 kWh and not to 1e+03 Wh.
        (0.0, "0 Wh"),
        (180.0, "0.05 Wh"),
        (255_600.0, "71 Wh"),
        (999.4 * 3600, "999 Wh"),
        (999.5 * 3600, "1 kWh"),
        (16e6, "4.44 kWh"),
        (3.6e9, "1,000 kWh"),
    ],
)
def test_energy(joules, text):
    assert phrases.energy(joules) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0.0, "0 files/s"),
        (1.0, "1 file/s"),
        (1.004, "1 file/s"),
        (0.235, "0.235 files/s"),
        (999.7, "1,000 files/s"),
        (25_000.0, "25,000 files/s"),
        # 5 TB at 100 MB/s take 50,000 s: 3600 / 50,000 = 0.072 files an hour.
        (1 / 50_000, "0.072 files/h"),
        (1 / 3600, "1 file/h"),
    ],
)
def test_files_rate(rate, text):
    assert phrases.files_rate(rate) == text


@pytest.mark.parametrize(
    ("lift", "text"),
    [
        (
            "a faster link; next is the disk at 150 MB/s",
            "lifted by a faster link; next is the disk at 150 MB/s",
        ),
        ("nothing on this device", "nothing on this device lifts it"),
        (
            "nothing on this device; next is the disk at 150 MB/s",
            "nothing on this device lifts it; next is the disk at 150 MB/s",
        ),
        ("a\x1b[2J", "lifted by a�[2J"),
    ],
)
def test_what_lifts_a_bottleneck(lift, text):
    assert phrases.lifted(lift) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.8736, "0.874"),
        (3.0, "3"),
        (999.4, "999"),
        (999.6, "1,000"),
        (2500.4, "2,500"),
        (1e9, "1,000,000,000"),
    ],
)
def test_numbers_have_no_exponent(number, text):
    assert phrases.number(number) == text


def test_a_loss_is_placed_once():
    assert phrases.loss(Loss("device", 1, 500, "power cut")) == "1 file (500 B), on the device: power cut"
    assert (
        phrases.loss(Loss("return", 2, 500, "lost on the way back"))
        == "2 files (500 B), lost on the way back"
    )


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1.42, -0.634, "+1.4 to −0.63 days"),
        (12.4, 0.0, "+12 to 0 days"),
        (0.0, 0.004, "no change"),
        (math.inf, -0.5, "+∞ to −0.50 days"),
        (math.nan, 0.5, "unknown to +0.50 days"),
    ],
)
def test_moves(low, high, text):
    assert phrases.moves(Swing("k", "1", "0 to 2", low, high)) == text


@pytest.mark.parametrize(
    ("expr", "value", "text"),
    [
        ("days_to_s3 < 21", 20.98, "20.98 days"),
        ("days_to_s3 < 21", None, "never"),
        ("ingest_hours < 8", 7.5, "7 h 30 min"),
        ("ingest_mb_s >= 40", 41.7, "41.7 MB/s"),
        ("ingest_files_s >= 10", 9.8765, "9.88"),
        ("cost_usd <= 500", 1234.5, "1,234.50 USD"),
        # Exactly half a day is 12 h; a job of forty years has its thousands parted.
        ("device_days <= 1", 0.5, "12 h"),
        ("device_days <= 1", 1.0, "1.00 days"),
        ("device_days <= 1", 14_610.0, "14,610.00 days"),
        ("bytes_lost == 0", 1.25e12, "1.25 TB"),
        ("files_lost == 0", 2500.0, "2,500"),
        ("files_lost == 0", math.nan, "no value"),
        ("unheard_of < 3", 2.5, "2.5"),
    ],
)
def test_value_reached(expr, value, text):
    assert phrases.reached(GoalResult(expr, value, False)) == text


def test_traces_are_told_apart_from_nothing():
    assert [phrases.percent(share) for share in (0.0, 0.004, 0.005, 0.0051, 0.126, 1.0)] == [
        "0 %",
        "< 1 %",
        "< 1 %",
        "1 %",
        "13 %",
        "100 %",
    ]
    parts = (Bottleneck("disk", 0.004), Bottleneck("round trips", 0.004), Bottleneck("Wi-Fi link", 0.5))
    assert [part.station for part in phrases.telling(parts)] == ["disk", "Wi-Fi link"]


def test_names_cannot_steer_a_terminal():
    assert phrases.plain("a\x1b[2Jb\nc\u202ed") == "a�[2Jb c�d"


def test_a_run_over_new_year_tells_the_year_of_every_time() -> None:
    """Worked: a run from 1 June of 2026 that ends 213 days later still ends in it, on 31 December; a day more not."""
    begin = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert phrases.run_time(begin, 0.0, 213 * DAY) == "Mon  1 Jun 09:00"
    assert phrases.run_time(begin, 0.0, 214 * DAY) == "Mon  1 Jun 2026 09:00"
    assert phrases.run_time(begin, 214 * DAY, 214 * DAY) == "Fri  1 Jan 2027 09:00"
