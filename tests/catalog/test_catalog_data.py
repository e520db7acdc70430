import math
import re
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from devicesim import catalog
from devicesim.physics import courier, file_sizes

ENTRIES = catalog.entries()
DATA = files("devicesim.catalog") / "data"

# The card of default parameters: value, 5th and 95th percentile.
CARD = {
    "nfs.rtt.lan": (0.4e-3, 0.18e-3, 0.9e-3),
    "nfs.rtt.wan": (40e-3, 20e-3, 80e-3),
    "nfs.client.efficiency": (0.90, 0.75, 0.96),
    "nfs.operations": (5, 4, 8),
    "nfs.wsize": (128 * 1024, 64 * 1024, 1024 * 1024),
    "nfs.journal.per_file": (0.5, 0.3, 2.4),
    "SNC1_HDD.nfs.per_byte": (6e-9, 4e-9, 9.1e-9),
    "SNC1_HDD.nfs.per_operation": (100e-6, 44e-6, 228e-6),
    "SNC1_HDD.nfs.vcpus": (1, 1, 1),
    "SNC1_HDD.nfs.memory": (1e9, 1e9, 1e9),
    "SNC1_HDD.disk.outer_rate": (190e6, 135e6, 245e6),
    "SNC1_HDD.disk.inner_ratio": (0.5, 0.45, 0.6),
    "SNC1_HDD.disk.access_time": (13e-3, 11.8e-3, 14.1e-3),
    "SNC1_HDD.cache.dirty_limit": (140e6, 70e6, 160e6),
    "SNC1_HDD.battery.capacity": (71 * 3600, 50 * 3600, 100 * 3600),
    "SNC1_HDD.battery.efficiency": (0.88, 0.85, 0.9),
    "wifi.shadow_sigma": (4, 3, 8),
    "wifi.shadow_tau": (30, 10, 60),
    "courier.late": (0.042, 0.025, 0.15),
    "courier.tail": (1 / 6, 0.1, 0.2),
}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_law_every_figure_keeps_the_rules(entry: catalog.Entry) -> None:
    assert catalog.check(entry) == []


@pytest.mark.parametrize(("key", "card"), CARD.items(), ids=CARD)
def test_published_default_parameter_card(key: str, card: tuple[float, float, float]) -> None:
    figure = catalog.find(key)
    assert (figure.si, figure.low_si, figure.high_si) == pytest.approx(card, rel=1e-9)


def test_law_every_document_is_cited_and_every_file_is_an_entry() -> None:
    known = tomllib.loads((DATA / "sources.toml").read_text(encoding="utf-8"))
    texts = [
        file.read_text(encoding="utf-8")
        for folder in DATA.iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
    ]
    cited = {
        part.partition(":")[0].strip()
        for text in texts
        for source in re.findall(r'source = "([^"]*)"', text)
        for part in source.split(";")
    }
    assert cited == set(known)
    assert len(texts) == len(catalog.names())


# Figures that follow from one another.


def test_worked_seek_is_the_access_time_less_half_a_turn() -> None:
    # 5400 rpm = 90 Hz, half a turn 5.56 ms; 13.0 - 5.56 = 7.44 ms; 77 reads a second
    device = catalog.entry("SNC1_HDD")
    half_turn = 0.5 / device["disk.rpm"].si
    assert device["disk.seek"].si + half_turn == pytest.approx(device["disk.access_time"].si, rel=0.01)
    assert 1 / (device["disk.seek"].si + half_turn) == pytest.approx(77, abs=1)


def test_worked_dirty_limit_is_a_fifth_of_what_the_service_has_for_pages() -> None:
    # 1 GB for NFS, of which 0.7 GB may be dirty pages: 20 % and 10 %
    device = catalog.entry("SNC1_HDD")
    assert device["cache.dirty_limit"].si == pytest.approx(0.2 * 0.7 * device["nfs.memory"].si)
    assert device["cache.background"].si == pytest.approx(0.1 * 0.7 * device["nfs.memory"].si)


def test_worked_device_has_one_core_more_than_its_instances_may_use() -> None:
    device = catalog.entry("SNC1_HDD")
    assert device["cpu.vcpus_total"].si == device["cpu.vcpus"].si + device["nfs.vcpus"].si


def test_worked_power_of_a_wired_ingest_is_about_24_w() -> None:
    # base 8 + NFS core 5 + one of the instances' 5 + disk 2.1 + 10 GbE 3.25 = 23.4 W; idle 8 + 1.1 + 3.25 = 12.4 W
    power = {
        path.removeprefix("power."): f.si
        for path, f in catalog.entry("SNC1_HDD").figures.items()
        if "power." in path
    }
    idle = power["base"] + power["disk_idle"] + power["ethernet_10g"]
    busy = power["base"] + 2 * power["per_vcpu"] + power["disk_active"] + power["ethernet_10g"]
    assert 12 <= idle <= 14
    assert busy == pytest.approx(24, rel=0.1)
    assert busy < power["supply"]


def test_worked_reference_losses_are_those_of_free_space() -> None:
    # 20 log10(f in MHz) - 27.55 dB at one metre
    wifi = catalog.entry("wifi")
    for path, frequency in (("path_loss.reference_2g4", 2400), ("path_loss.reference_5g", 5180)):
        assert wifi[path].si == pytest.approx(20 * math.log10(frequency) - 27.55, abs=0.06)


def test_worked_lateness_comes_from_the_shares_on_time() -> None:
    # UPS: 95.8 % on time, 99.3 % a day later at most; FedEx: 84.8 % and 97.1 %
    courier = catalog.entry("courier")
    for prefix, on_time, within in (("", 0.958, 0.993), ("stressed.", 0.848, 0.971)):
        late, tail = courier[f"{prefix}late"].si, courier[f"{prefix}tail"].si
        assert late == pytest.approx(1 - on_time)
        assert late * tail == pytest.approx(1 - within, abs=2e-4)


def test_worked_import_of_the_known_job_is_within_a_fifth_of_its_26_hours() -> None:
    # 14,708 GB at 300 MB/s + 119.58 million objects at 2,000 a second = 13.6 h + 16.6 h = 30.2 h: 16 % over
    rates = catalog.entry("aws_import")
    hours = (14_708e9 / rates["rate"].si + 119_577_235 / rates["object_rate_extracted"].si) / 3600
    assert hours == pytest.approx(30.2, abs=0.1)
    assert hours == pytest.approx(26, rel=0.2)


def test_worked_mean_wait_at_aws_is_one_day() -> None:
    rates = catalog.entry("aws_import")
    assert rates["sorting_mean"].si + rates["start_mean"].si == 86400
    assert rates["sorting_mean"].si <= rates["sorting"].si
    assert rates["start_mean"].si <= rates["start"].si


# Workloads


@pytest.mark.parametrize("workload", catalog.entries("workload"), ids=lambda entry: entry.name)
def test_law_every_workload_can_be_sampled(workload: catalog.Entry) -> None:
    sizes = file_sizes.sample(catalog.components(workload), 500, np.random.default_rng(1))
    assert sizes.min() > 0
    assert sizes.max() <= catalog.find("SNC1_HDD.storage.max_file_size").si


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("desktop1998", 80e3),
        ("nas_small", 123e3),
        ("jpeg_archive", 60e3),
        ("camera_iot", 450e6),
        ("dicom", 526e3),
        ("timelapse_raw", 25e6),
    ],
)
def test_published_mean_sizes_of_the_workload_table(name: str, mean: float) -> None:
    assert file_sizes.mean(catalog.components(catalog.entry(name))) == pytest.approx(mean, rel=0.005)


def test_worked_genomics_has_ten_companions_a_read_file() -> None:
    parts = catalog.components(catalog.entry("genomics"))
    # companions end at 1 MB, reads start above (30 GB / 1 MB is 14.7 sigma)
    assert file_sizes.files_below(parts, 1e6) == pytest.approx(10 / 11)
    # bimodal: the middle file is small, the middle byte is in a read file of 30 GB e^0.49 = 49 GB
    assert file_sizes.median(parts) < 1e6
    assert file_sizes.byte_median(parts) == pytest.approx(49e9, rel=0.01)


def test_published_device_cap_binds_below_200_kb() -> None:
    # 40 million files of nas_small are 4.92 TB of the 8
    device = catalog.entry("SNC1_HDD")
    total = device["storage.max_files"].si * file_sizes.mean(catalog.components(catalog.entry("nas_small")))
    assert total == pytest.approx(4.92e12)
    assert total < device["storage.capacity"].si


def test_law_the_default_customer_names_a_workload_and_brings_data() -> None:
    customer = catalog.entry("default_customer")
    assert customer["workload"].value in catalog.names("workload")
    assert customer["files"].si > 0


# Lanes

DOCUMENTED = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-southeast-3",
    "ap-south-1",
    "ap-northeast-3",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-south-1",
    "eu-west-3",
    "eu-north-1",
    "il-central-1",
    "me-central-1",
    "sa-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
]


def test_published_regions_of_the_aws_general_reference() -> None:
    assert set(catalog.regions()) == {*DOCUMENTED, "cn-north-1", "cn-northwest-1"}
    assert list(catalog.regions()) == sorted(catalog.regions())


def test_law_each_region_and_each_country_has_one_lane() -> None:
    for path in ("regions", "countries"):
        served = [name for lane in catalog.entries("lane") for name in lane.listing(path)]
        assert len(served) == len(set(served))


@pytest.mark.parametrize("lane", catalog.entries("lane"), ids=lambda entry: entry.name)
def test_law_each_option_has_its_time_and_each_time_its_option(lane: catalog.Entry) -> None:
    options = set(lane.listing("options"))
    assert options <= {"SECOND_DAY", "NEXT_DAY", "EXPRESS", "STANDARD"}
    for option in options:
        # the days a fixed option takes, or the median of a lognormal one
        assert lane[f"{option}.business_days"].si >= 1
        assert 0 <= lane[f"{option}.sigma"].si < 1
    # the fastest option comes first, the slowest last
    days = [lane[f"{option}.business_days"].si for option in lane.listing("options")]
    assert days == sorted(days)
    assert {path.split(".")[0] for path in lane.figures} - {"carrier", "holidays", "dispatch"} == options


@pytest.mark.parametrize("lane", catalog.entries("lane"), ids=lambda entry: entry.name)
def test_law_each_lane_keeps_a_calendar_that_the_courier_knows(lane: catalog.Entry) -> None:
    assert courier.holidays(str(lane["holidays"].value), 2026).size > 0


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("us-gov-west-1", "lane.US"),
        ("eu-west-2", "lane.GB"),
        ("eu-west-3", "lane.EU"),
        ("ap-northeast-3", "lane.JP"),
    ],
)
def test_law_lane_of_a_region(region: str, name: str) -> None:
    assert catalog.lane_for(region).name == name


@pytest.mark.parametrize(("name", "low", "high"), [("lane.JP", 1, 3), ("lane.IN", 1, 7), ("lane.EU", 1.8, 7)])
def test_worked_documented_spans_are_the_5th_and_95th_percentile(name: str, low: float, high: float) -> None:
    # lognormal: median e^(+-1.645 sigma)
    lane = catalog.entry(name)
    median, sigma = lane["STANDARD.business_days"].si, lane["STANDARD.sigma"].si
    assert median * math.exp(-1.645 * sigma) == pytest.approx(low, abs=0.05)
    assert median * math.exp(1.645 * sigma) == pytest.approx(high, rel=0.05)
