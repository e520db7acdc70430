"""Charts: what is thrown away keeps ends, extremes and sums; what is drawn is within its budget."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_report import full_disk, lost_parcel, ridge_camp

from devicesim.report import charts
from devicesim.report.model import BottleneckSpan, Series, Swing


def every_chart(report):
    made = [charts.progress(report, leg) for leg in charts.legs(report)]
    made += [charts.rates(report), charts.tornado(report.swings)]
    made += [charts.series(report, shown) for shown in report.series]
    return [spec for spec in made if spec is not None]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=400),
    st.integers(4, 60),
)
def test_thinning_keeps_ends_and_extremes(values, most):
    kept = charts.thin(range(len(values)), values, most)
    chosen = [values[i] for i in kept.tolist()]
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert chosen[0] == values[0]
    assert chosen[-1] == values[-1]
    assert (min(chosen), max(chosen)) == (min(values), max(values))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2), st.integers(0, 50)), min_size=1, max_size=80),
    st.integers(1, 30),
)
def test_gathering_conserves_bytes(parts, most):
    spans, at = [], 0.0
    for length, station, rate in parts:
        spans.append(BottleneckSpan(at, at + length, f"s{station}", float(rate)))
        at += length
    fewer = charts.gather(spans, most)
    assert len(fewer) <= most
    assert (fewer[0].start, fewer[-1].end) == (0.0, at)

    def moved(of):
        return sum(span.rate * (span.end - span.start) for span in of)

    assert moved(fewer) == pytest.approx(moved(spans), rel=1e-12)


def test_equal_neighbours_become_one_span():
    spans = [
        BottleneckSpan(0, 1, "disk", 5.0),
        BottleneckSpan(1, 2, "disk", 5.0),
        BottleneckSpan(2, 3, "disk", 4.0),
    ]
    assert charts.gather(spans, 10) == [BottleneckSpan(0, 2, "disk", 5.0), BottleneckSpan(2, 3, "disk", 4.0)]


def test_the_longest_names_a_joined_span():
    spans = [BottleneckSpan(0, 1, "disk", 8.0), BottleneckSpan(1, 4, "Wi-Fi link", 4.0)]
    # (1 s x 8 + 3 s x 4) / 4 s = 5.
    assert charts.gather(spans, 1) == [BottleneckSpan(0, 4, "Wi-Fi link", 5.0)]


@pytest.mark.parametrize("report", [ridge_camp(), full_disk(), lost_parcel()], ids=lambda r: r.name)
def test_charts_are_valid_and_small(report):
    made = every_chart(report)
    assert made
    for spec in made:
        assert "config" not in spec
        assert all(len(rows) <= charts.POINTS for rows in spec["datasets"].values())
        json.dumps(spec, allow_nan=False)
        assert vl_convert.vegalite_to_vega(spec | {"width": 600})["marks"]


def test_times_are_the_clock_on_site():
    shown = Series("wifi.goodput", "B/s", (0.0, 3600.0), (1e6, 2e6))
    spec = charts.series(ridge_camp(), shown)
    rows = next(iter(spec["datasets"].values()))
    # 1 June 2026 08:00 as if UTC: 20,605 days after the epoch and 8 h; the offset of -7 h plays no part.
    assert [row["time"] for row in rows] == [
        (20_605 * 86_400 + 8 * 3600) * 1000,
        (20_605 * 86_400 + 9 * 3600) * 1000,
    ]
    assert [row["value"] for row in rows] == [1.0, 2.0]


def test_progress_shows_objects_at_the_same_times():
    report = replace(
        ridge_camp(),
        progress=(
            Series("ingest bytes", "B", (0.0, 10.0, 20.0), (0.0, 1e9, 2e9)),
            Series("ingest objects", "", (0.0, 20.0), (0.0, 8.0)),
        ),
    )
    rows = next(iter(charts.progress(report, "ingest")["datasets"].values()))
    assert [(row["value"], row["count"]) for row in rows] == [(0.0, 0.0), (1.0, 4.0), (2.0, 8.0)]


def test_nothing_to_show_makes_no_chart():
    report = replace(ridge_camp(), progress=(), spans=())
    assert charts.legs(report) == []
    assert charts.progress(report, "ingest") is None
    assert charts.rates(report) is None
    assert charts.series(report, Series("battery.charge", "1", (), ())) is None
    assert charts.tornado([Swing("k", "1", "0 to 2", 0.0, 0.001)]) is None


def test_gaps_are_null_not_nan():
    shown = Series("wifi.goodput", "B/s", (0.0, 1.0, 2.0), (1e6, float("nan"), float("inf")))
    rows = next(iter(charts.series(ridge_camp(), shown)["datasets"].values()))
    assert [row["value"] for row in rows] == [1.0, None, None]


def test_bars_too_short_to_see_are_left_to_the_table():
    ranges = {"a": (10.0, -5.0), "b": (0.05, 0.0), "c": (float("inf"), 0.5)}
    spec = charts.tornado([Swing(key, "1", "0 to 2", *days) for key, days in ranges.items()])
    rows = [row for rows in spec["datasets"].values() for row in rows if "figure" in row]
    assert {row["figure"] for row in rows} == {"a", "c"}
    assert [row["days"] for row in rows if row["figure"] == "c"] == [None, 0.5]
    assert charts.tornado([Swing("d", "1", "0 to 2", float("inf"), float("nan"))]) is not None
