"""Devices as data: every SnowballType, what each is like, and a new one that is a file and no code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import devicesim
from devicesim import catalog
from devicesim.catalog import devices, store
from devicesim.errors import CatalogError
from devicesim.jobs import JobType

TYPES = {
    "SNC1_HDD": ("T8",),
    "SNC1_SSD": ("T14",),
    "STANDARD": ("T80", "T50"),
    "EDGE": ("T100",),
    "EDGE_C": ("T42",),
    "EDGE_CG": ("T42",),
    "EDGE_S": ("T98",),
    "V3_5C": ("T32",),
    "V3_5S": ("T240",),
    "RACK_5U_C": ("T13",),
}

NEEDED = (
    "storage.capacity", "storage.max_files", "storage.max_file_size", "names.max_path", "names.max_key",
    "ports.at_once", "wifi.fitted", "power.supply", "power.base", "cache.dirty_limit", "disk.outer_rate",
    "disk.inner_ratio", "disk.access_time", "disk.count", "boot.time", "unlock.time", "shutdown.time",
    "thermal.ambient_min", "thermal.ambient_max", "price.service_fee", "price.included", "price.daily_fee",
    "certificate.lifetime", "mass",
)  # fmt: skip


@pytest.mark.parametrize(("name", "capacities"), TYPES.items(), ids=TYPES)
def test_published_types_and_capacities_of_the_job_api(name: str, capacities: tuple[str, ...]) -> None:
    assert catalog.capacities(name) == capacities
    assert catalog.entry(name)["capacity"].text == capacities[0]


def test_published_every_type_of_the_job_api_is_there() -> None:
    assert set(catalog.names("device")) == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_law_every_device_has_what_the_models_read(name: str) -> None:
    device = catalog.entry(name)
    assert [path for path in NEEDED if path not in device] == []
    for interface in device.listing("interfaces"):
        parts = ("cores", "start", "stop", "per_operation", "per_byte")
        assert [part for part in parts if f"{interface}.{part}" not in device] == []
    assert all(f"ports.{port}" in device for port in device.listing("ports"))
    assert set(device.listing("job_types")) <= set(JobType)


@pytest.mark.parametrize("name", TYPES)
def test_law_instance_types_are_listed_as_they_are_figured(name: str) -> None:
    device, types = catalog.entry(name), catalog.instance_types(name)
    listed = device.lists["instance_types"].names if "instance_types" in device.lists else ()
    assert list(types) == list(listed)
    for key in types.values():
        assert catalog.find(f"{key}.vcpus").si <= device["cpu.vcpus"].si
        assert catalog.find(f"{key}.memory").si <= 1.08 * device["memory.size"].si  # GB and GiB are mixed up


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("STANDARD.storage.T50", 42e12, id="guide18 specifications.md: T50 42 TB usable"),
        pytest.param("STANDARD.storage.capacity", 72e12, id="guide18 specifications.md: T80 72 TB usable"),
        pytest.param("EDGE.storage.capacity", 80e12, id="guide20 specifications.md: 80 TB"),
        pytest.param("EDGE_C.storage.capacity", 39.5e12, id="guide20 device-differences.md: 39.5 TB"),
        pytest.param("V3_5C.storage.capacity", 28e12, id="guide23 sbe-specifications.md: 28 TB NVMe"),
        pytest.param("V3_5S.storage.capacity", 210e12, id="guide25: 210 TB"),
        pytest.param("EDGE.cpu.vcpus", 24, id="guide20 ec2-edge-limits.md: 24 vCPUs"),
        pytest.param("EDGE_C.cpu.vcpus", 52, id="guide20 ec2-edge-limits.md: 52 vCPUs"),
        pytest.param("EDGE_S.cpu.vcpus", 40, id="guide23 device-differences.md: 40 vCPUs"),
        pytest.param("V3_5C.cpu.vcpus", 104, id="guide23 device-differences.md: 104 vCPUs"),
        pytest.param("EDGE.nfs.vcpus", 8, id="guide23 ec2-edge-limits.md: the NFS interface uses 8"),
        pytest.param("EDGE_CG.s3.connections", 1000, id="guide23 rate-limiting.md: 1000 connections"),
        pytest.param("EDGE.s3.max_part", 512e6, id="guide20 limits.md: 512 MB a part"),
        pytest.param("EDGE.file.max_file_size", 150e9, id="guide20 using-fileinterface.md: 150 GB"),
    ],
)
def test_published_figures_of_the_guides(key: str, value: float) -> None:
    assert catalog.find(key).si == pytest.approx(value)


@pytest.mark.parametrize("name", [name for name in TYPES if not name.startswith("SNC1")])
def test_worked_power_while_copying_is_about_what_aws_calls_average(name: str) -> None:
    # base + eight busy vCPUs + disks at work (half of the sixteen of a V3_5S) + a fast port
    device = catalog.entry(name)
    vcpus = 1 if name == "STANDARD" else 8
    disks, active, idle = (
        device[f"{path}"].si for path in ("disk.count", "power.disk_active", "power.disk_idle")
    )
    working = disks / 2 if name == "V3_5S" else disks
    parts = working * active + (disks - working) * idle + device["power.ethernet_10g"].si
    total = device["power.base"].si + vcpus * device["power.per_vcpu"].si + parts
    assert total == pytest.approx(device["power.average"].si, rel=0.11)
    assert total < device["power.supply"].si


def test_worked_solid_state_devices_have_one_rate_everywhere() -> None:
    flat = {name for name in TYPES if catalog.entry(name)["disk.inner_ratio"].si == 1}
    assert flat == {"SNC1_SSD", "V3_5C", "V3_5S", "RACK_5U_C"}
    assert {catalog.entry(name)["disk.technology"].text for name in flat} == {"SSD", "NVMe"}


# A new device is a data file and no code.

NEW = """
title = "A Snowcone that was never built"
like = "SNC1_SSD"
without = ["battery", "wifi.fitted"]
[lists.capacities]
names = ["T99"]
kind = "assumed"
source = "assumption"
note = "for this test"
[figures]
capacity = { value = "T99", range = "exact", kind = "assumed", source = "assumption", note = "for this test" }
storage.capacity = { value = 99, unit = "TB", range = [90, 100], kind = "assumed", source = "assumption", note = "-" }
wifi.fitted = { value = false, range = "exact", kind = "assumed", source = "assumption", note = "for this test" }
nfs.per_byte = { value = 2, unit = "ns/B", range = [1, 3], KIND }
instances.giant.type = { value = "snx.giant", range = "exact", KIND }
instances.giant.vcpus = { value = 2, unit = "vCPU", range = [1, 3], KIND }
instances.giant.memory = { value = 4, unit = "GiB", range = [1, 8], KIND }
""".replace("KIND", 'kind = "assumed", source = "assumption", note = "for this test"')

STORY = """
name = "A device from a file"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "clips"
bucket = "arn:aws:s3:::clips"
files = 20
size = { distribution = "fixed", value = "100 MB" }
[[client]]
name = "laptop"
dataset = "clips"
link = "ethernet"
rate = "10 Gbit/s"
streams = 4
nfs = { wsize = "1 MiB" }
[[instance]]
name = "beside"
type = "snx.giant"
duration = "1 h"
[job]
device = "SNX"
capacity = "T99"
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the catalog's data to which a test may add."""
    source = Path(str(store._data()))
    for file in source.rglob("*.toml"):
        to = tmp_path / file.relative_to(source)
        to.parent.mkdir(exist_ok=True)
        to.write_bytes(file.read_bytes())
    monkeypatch.setattr(store, "_data", lambda: tmp_path)
    yield from fresh(tmp_path)


def fresh(path: Path) -> Iterator[Path]:
    """Forget what was read, before and after."""
    caches = (store._index, store._read, store._sources)
    for cache in caches:
        cache.cache_clear()
    yield path
    for cache in caches:
        cache.cache_clear()


def test_worked_a_new_device_is_a_file_and_no_code(data: Path) -> None:
    (data / "device" / "SNX.toml").write_text(NEW, encoding="utf-8")
    assert catalog.check(catalog.entry("SNX")) == []
    world = devicesim.simulate(devicesim.loads(STORY))
    answer = devicesim.answer(world)
    assert (answer.device, answer.outcome) == ("SNX", "complete")
    assert world.life().device.share.limits.capacity == 99e12
    assert answer.ingest is not None
    # 1 / (2 ns/B + 100 us / MiB) = 477 MB/s of its core; what the 450 MB/s of the SSD lag behind, memory holds
    assert answer.ingest.rate == pytest.approx(477e6, rel=0.01)


def test_worked_a_new_device_refuses_what_it_does_not_have(data: Path) -> None:
    (data / "device" / "SNX.toml").write_text(NEW, encoding="utf-8")
    with pytest.raises(devicesim.ScenarioError) as wrong:
        devicesim.loads(STORY.replace('"ethernet"\nrate = "10 Gbit/s"', '"wifi"').replace('"T99"', '"T14"'))
    told = str(wrong.value)
    assert "SNX has no Wi-Fi" in told
    assert "SNX comes as T99, not as T14" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'title = "x"\nlike = "SNX"\n',
            "SNX: like must name another device that is not like this one, got 'SNX'",
        ),
        (
            'title = "x"\nlike = "nfs"\n',
            "SNX: like must name another device that is not like this one, got 'nfs'",
        ),
        (
            'title = "x"\nlike = "EDGE"\nwithout = ["disk.rpn"]\n',
            "SNX: without must name figures of EDGE, got 'disk.rpn'",
        ),
    ],
)
def test_a_file_that_is_like_nothing_is_refused(data: Path, text: str, words: str) -> None:
    (data / "device" / "SNX.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as wrong:
        catalog.entry("SNX")
    assert str(wrong.value) == words


def test_worked_an_entry_is_the_other_with_its_own_laid_over() -> None:
    below, above = catalog.entry("EDGE"), catalog.entry("EDGE_S")
    assert above["nfs.per_byte"] == below["nfs.per_byte"]
    assert above["cpu.vcpus"] != below["cpu.vcpus"]
    assert "storage.with_compute" in below
    assert "storage.with_compute" not in above


def test_worked_room_follows_capacity_and_compute() -> None:
    assert devices.room("STANDARD", "T80") == "STANDARD.storage.capacity"
    assert devices.room("EDGE", "T100") == "EDGE.storage.capacity"
    assert devices.room("SNC1_HDD", computing=True) == "SNC1_HDD.storage.capacity"
