import json
import pickle
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim import catalog
from devicesim.catalog import Entry, Figure, Figures, Listing, store
from devicesim.errors import CatalogError, UnitError, UnknownNameError

GOOD = Figure("disk.seek", 7.4, "ms", 6.2, 8.5, "measured", "a bench")
NUMBERS = [
    f"{entry.name}.{path}"
    for entry in catalog.entries()
    for path, figure in entry.figures.items()
    if isinstance(figure.value, int | float) and not isinstance(figure.value, bool)
]


def faults(figure: Figure, kind: str = "device") -> list[str]:
    return catalog.check(Entry("X", kind, "a thing", {figure.path: figure}))


# The rules catch what is broken


def test_law_a_good_figure_passes() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"value": None}, "value and range must be finite numbers, got 6.2 <= None <= 8.5"),
        ({"value": float("nan")}, "value and range must be finite numbers, got 6.2 <= nan <= 8.5"),
        ({"low": None}, "value and range must be finite numbers, got None <= 7.4 <= 8.5"),
        ({"low": 7.5}, "range must hold the value, got 7.5 <= 7.4 <= 8.5"),
        ({"high": 7.3}, "range must hold the value, got 6.2 <= 7.4 <= 7.3"),
        ({"value": (7.4, 7.5)}, "range must have as many numbers as the value"),
        ({"unit": "msec"}, "unknown unit 'msec'"),
        (
            {"kind": "guessed"},
            "kind must be one of documented, published, measured, derived, assumed, got 'guessed'",
        ),
        ({"kind": ""}, "kind must be one of documented, published, measured, derived, assumed, got ''"),
        ({"source": " "}, "source is missing"),
        ({"kind": "assumed"}, "what is assumed needs a note that says why"),
        ({"kind": "assumed", "note": "why", "low": 7.4, "high": 7.4}, "an assumed number needs a range"),
        ({"value": "fast"}, "a word or switch has no range, got 6.2 .. 8.5"),
        ({"value": "", "unit": "", "low": "", "high": ""}, "value is empty"),
        ({"value": True, "low": True, "high": True}, "a word or switch has no unit, got 'ms'"),
        ({"path": "disk..seek"}, "path must be words joined by dots, got 'disk..seek'"),
    ],
    ids=lambda case: str(case)[:40],
)
def test_law_a_broken_figure_is_caught(change: dict[str, Any], fault: str) -> None:
    broken = replace(GOOD, **change)
    assert f"X.{broken.path}: {fault}" in faults(broken)


def test_law_a_price_needs_a_date() -> None:
    price = replace(GOOD, unit="USD")
    assert faults(price, "price") == ["X.disk.seek: a price needs a date such as '2020-06', got ''"]
    assert faults(replace(price, date="2024-04"), "price") == []


def test_law_an_entry_needs_a_title_and_figures() -> None:
    assert catalog.check(Entry("X", "device", " ", {})) == ["X.title is empty", "X.there is no figure"]


@pytest.mark.parametrize(
    ("listing", "fault"),
    [
        (Listing("regions", (), "documented", "a page"), "names must not be empty, got ()"),
        (Listing("regions", ("a", "a"), "documented", "a page"), "names must differ, got ('a', 'a')"),
        (Listing("regions", ("a",), "documented", ""), "source is missing"),
    ],
)
def test_law_a_broken_listing_is_caught(listing: Listing, fault: str) -> None:
    entry = Entry("X", "lane", "a lane", {GOOD.path: GOOD}, {"regions": listing})
    assert catalog.check(entry) == [f"X.regions: {fault}"]


@pytest.mark.parametrize("part", ["value", "unit", "range", "kind", "source"])
def test_law_reading_refuses_a_figure_without(part: str) -> None:
    raw = {"value": 1, "unit": "s", "range": [0, 2], "kind": "documented", "source": "doc"}
    assert (
        store.build("X", "device", {"title": "x", "figures": {"a": raw}}, {"doc": "A document"})["a"].si == 1
    )
    with pytest.raises(CatalogError, match=f"X: a has no {part}"):
        store.build(
            "X",
            "device",
            {"title": "x", "figures": {"a": {k: v for k, v in raw.items() if k != part}}},
            {"doc": ""},
        )


def test_law_reading_names_every_problem_at_once() -> None:
    figure = {
        "value": 1,
        "unit": "s",
        "range": [1],
        "kind": "documented",
        "source": "doc; blog: p. 3",
        "colour": "red",
    }
    with pytest.raises(CatalogError) as caught:
        store.build(
            "X", "device", {"figures": {"a": {"b": figure, "c": 5}}, "note": ""}, {"doc": "A document"}
        )
    assert str(caught.value).split("\n") == [
        "X: unknown table 'note'",
        "X: a.b has an unknown part 'colour'",
        "X: a.b range must be [low, high] or 'exact', got [1]",
        "X: a.b cites an unknown document 'blog'",
        "X: a.c is not a table",
        "X: title is missing",
    ]


def test_worked_a_source_is_the_documents_title_and_the_place() -> None:
    figure = {"value": 1, "unit": "s", "range": "exact", "kind": "documented", "source": "doc: p. 3; blog"}
    entry = store.build(
        "X", "device", {"title": "x", "figures": {"a": figure}}, {"doc": "A document", "blog": "A blog"}
    )
    assert entry["a"].source == "A document: p. 3; A blog"
    assert entry["a"].exact


# Looking up


def test_law_names_are_sorted_by_kind_and_name() -> None:
    assert catalog.names() == tuple(
        entry.name for entry in sorted(catalog.entries(), key=lambda e: (e.kind, e.name))
    )
    assert catalog.names("radio") == ("wifi",)
    assert {entry.kind for entry in catalog.entries("lane")} == {"lane"}


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (lambda: catalog.names("lanes"), "unknown kind of catalog entry 'lanes'; did you mean 'lane'?"),
        (lambda: catalog.entry("wiffi"), "unknown catalog entry 'wiffi'; did you mean 'wifi'?"),
        (
            lambda: catalog.entry("wifi")["outage.god"],
            "unknown figure of wifi 'outage.god'; did you mean 'outage.good'?",
        ),
        (lambda: catalog.entry("wifi").listing("standard"), "unknown listing of wifi 'standard'"),
        (
            lambda: catalog.find("wiffi.outage.good"),
            "unknown figure 'wiffi.outage.good'; did you mean 'wifi.outage.good'?",
        ),
        (lambda: catalog.find("wifi"), "unknown figure 'wifi'"),
        (lambda: catalog.find(""), "unknown figure ''"),
        (
            lambda: Figures({"wifi.latencies": "1 ms"}),
            "unknown figure 'wifi.latencies'; did you mean 'wifi.latency'?",
        ),
        (
            lambda: Figures().si("lane.US.NEXT_DAY.business_day"),
            "did you mean 'lane.US.NEXT_DAY.business_days'?",
        ),
    ],
)
def test_misuse_an_unknown_name_suggests_a_near_one(look, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        look()
    assert message in str(caught.value)


def test_law_an_entry_is_read_once() -> None:
    assert catalog.entry("wifi") is catalog.entry("wifi")


def test_law_importing_the_catalog_reads_nothing_and_needs_no_numpy() -> None:
    code = (
        "import sys, devicesim.catalog as c; from devicesim.catalog import store;"
        "print('numpy' in sys.modules, store._read.cache_info().currsize);"
        "c.find('SNC1_HDD.cpu.vcpus'); c.Figures({'wifi.latency': '1 ms'}); c.components(c.entry('genomics'));"
        "print('numpy' in sys.modules, store._read.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["False 0", "False 3"]


def test_law_a_description_is_json_and_complete() -> None:
    for entry in catalog.entries():
        document = json.loads(json.dumps(catalog.describe(entry)))
        assert document["schema"] == "devicesim.catalog/1"
        assert [figure["path"] for figure in document["figures"]] == list(entry.figures)
        assert sum(document["kinds"].values()) == entry.count()
        assert document["kinds"].get("assumed", 0) == entry.count("assumed")
    low = catalog.describe(catalog.entry("wifi"))["figures"]
    assert next(f for f in low if f["path"] == "snr_thresholds")["value"][:3] == [2, 5, 9]


# Figures


def test_law_only_what_is_read_is_recorded_in_order_of_first_reading() -> None:
    figures = Figures({"nfs.rtt.lan": "1 ms", "wifi.latency": "3 ms"})
    for key in ("SNC1_HDD.disk.seek", "nfs.rtt.lan", "SNC1_HDD.disk.seek", "SNC1_HDD.nfs.export"):
        figures.text(key)
    assert list(figures.used) == ["SNC1_HDD.disk.seek", "nfs.rtt.lan", "SNC1_HDD.nfs.export"]
    assert figures.used["nfs.rtt.lan"].kind == "scenario"
    assert list(figures.overrides) == ["nfs.rtt.lan", "wifi.latency"]


@pytest.mark.parametrize(
    ("key", "value", "si", "text"),
    [
        ("SNC1_HDD.disk.outer_rate", "0.18 GB/s", 180e6, "180 MB/s"),
        ("SNC1_HDD.boot.time", "1 h 30 min", 5400, "90 min"),
        ("SNC1_HDD.disk.rpm", "7200 rpm", 120, "7200 rpm"),
        ("SNC1_HDD.thermal.ambient", "-5 °C", -5, "-5 °C"),
        ("SNC1_HDD.nfs.per_byte", "4.5 ns/B", 4.5e-9, "4.5 ns/B"),
        ("SNC1_HDD.battery.efficiency", 0.5, 0.5, "0.5"),
        ("SNC1_HDD.battery.efficiency", "92 %", 0.92, "0.92"),
        ("SNC1_HDD.battery.efficiency", "0.92", 0.92, "0.92"),
        ("prices.data_out", "0.05 USD/GB", 0.05e-9, "0.05 USD/GB"),
    ],
)
def test_worked_overrides(key: str, value: float | str, si: float, text: str) -> None:
    figures = Figures({key: value})
    assert figures.si(key) == pytest.approx(si, rel=1e-12)
    assert figures.text(key) == text
    assert figures.figure(key).exact
    assert figures.figure(key).source == "set in the scenario"


def test_worked_overrides_of_words_switches_and_lists() -> None:
    ladder = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    figures = Figures({"wifi.standard": "n", "SNC1_HDD.disk.smr": True, "wifi.snr_thresholds": ladder})
    assert figures.text("wifi.standard") == "n"
    assert figures.flag("SNC1_HDD.disk.smr") is True
    assert figures.text("SNC1_HDD.disk.smr") == "yes"
    assert figures.si_values("wifi.snr_thresholds") == tuple(ladder)
    assert Figures().si_values("courier.handover") == (0, 86400, 172800)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "SNC1_HDD.disk.outer_rate",
            "180 MB",
            "expected a rate such as '240 MB/s', got '180 MB': 'MB' is a size",
        ),
        ("SNC1_HDD.disk.outer_rate", "-180 MB/s", "must be >= 0"),
        (
            "SNC1_HDD.disk.outer_rate",
            180,
            "expected a number in MB/s such as '190 MB/s', got 180: a unit is missing",
        ),
        ("SNC1_HDD.disk.rpm", "7200 K/W", "expected a number in rpm such as '5400 rpm', got '7200 K/W'"),
        ("SNC1_HDD.disk.smr", "yes", "expected true or false, got 'yes'"),
        ("SNC1_HDD.disk.count", True, "expected a number such as 2, got True"),
        ("SNC1_HDD.disk.count", "two", "expected a number such as 2, got 'two'"),
        ("SNC1_HDD.disk.count", float("nan"), "expected a finite number, got nan"),
        ("SNC1_HDD.disk.count", "inf", "expected a number such as 2, got 'inf'"),
        ("wifi.standard", 11, "expected a word such as 'ac', got 11"),
        ("wifi.snr_thresholds", [1, 2], "expected 10 numbers in dB, got [1, 2]"),
        ("wifi.snr_thresholds", 5, "expected 10 numbers in dB, got 5"),
        ("wifi.snr_thresholds", ["a"] * 10, "expected a finite number, got 'a'"),
    ],
)
def test_misuse_a_wrong_override_names_its_key(key: str, value: Any, message: str) -> None:
    with pytest.raises(UnitError) as caught:
        Figures({key: value})
    assert str(caught.value).startswith(f"{key}: ")
    assert message in str(caught.value)


def test_misuse_a_word_is_no_number_and_a_number_no_switch() -> None:
    with pytest.raises(UnitError, match="expected a number in standard, got 'ac'"):
        Figures().si("wifi.standard")
    with pytest.raises(UnitError, match="expected a number in snr_thresholds, got a list"):
        Figures().si("wifi.snr_thresholds")
    with pytest.raises(UnitError, match=r"expected yes or no in SNC1_HDD\.disk\.count, got 2"):
        Figures().flag("SNC1_HDD.disk.count")


@given(st.sampled_from(NUMBERS), st.floats(1e-6, 1e6))
@settings(max_examples=100)
def test_law_with_value_sets_one_figure_of_a_copy(key: str, si_value: float) -> None:
    figures = Figures({"nfs.rtt.lan": "1 ms"})
    before = figures.si(key)
    varied = figures.with_value(key, si_value)
    assert varied.si(key) == pytest.approx(si_value, rel=1e-12)
    assert list(varied.used) == [key]
    assert figures.si(key) == before
    if key != "nfs.rtt.lan":
        assert varied.si("nfs.rtt.lan") == 1e-3


@given(st.sampled_from(NUMBERS))
@settings(max_examples=60)
def test_law_a_figures_own_text_reads_back_as_itself(key: str) -> None:
    figure = catalog.find(key)
    assert Figures({key: figure.text}).si(key) == pytest.approx(figure.si, rel=1e-11)


def test_law_figures_travel_between_processes() -> None:
    figures = Figures({"nfs.rtt.lan": "1 ms"})
    figures.si("nfs.rtt.lan")
    copy = pickle.loads(pickle.dumps(figures))
    assert copy.used == figures.used
    assert copy.si("nfs.rtt.lan") == 1e-3
    assert pickle.loads(pickle.dumps(catalog.entry("wifi"))) == catalog.entry("wifi")


def test_law_workloads_read_through_the_scenarios_figures() -> None:
    figures = Figures({"timelapse_raw.frame.high": "40 MB"})
    (frame,) = catalog.components(catalog.entry("timelapse_raw"), figures)
    assert (frame["low"], frame["high"]) == (20e6, 40e6)
    assert "timelapse_raw.frame.low" in figures.used


def test_worked_texts_of_figures() -> None:
    # 40 million and 1e-5 in full, ranges with both ends
    assert catalog.find("SNC1_HDD.storage.max_files").text == "40000000 files"
    assert catalog.find("nfs.wan.loss").range_text == "1e-05 .. 0.0001"
    assert catalog.find("SNC1_HDD.ports.count").range_text == "exact"
    assert catalog.find("courier.handover").text == "0, 1, 2 d"
