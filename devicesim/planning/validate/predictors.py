"""What the model says for each row of the catalog's validation tables.

A row's key is ``group.case``; the words of the case, joined by ``_``, say which case it is. Every prediction is by the
figures of the catalog: nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from devicesim import scenario
from devicesim.catalog import Figures
from devicesim.physics import cloud, ethernet, hdd, nfs, page_cache, wifi
from devicesim.planning.measured.law import Costs
from devicesim.planning.measured.law import wall as time_of
from devicesim.planning.measured.measurement import GIB, KIB, MIB, Setting
from devicesim.planning.predict.rates import sustained
from devicesim.planning.predict.rig import Rig, of_device

Predictor = Callable[[Figures, str], float]
DAY = 86400.0


def _number(case: str, word: str) -> float:
    """The number behind a word of a case.

    >>> _number("link1000_rtt46us_streams4", "streams")
    4.0
    >>> _number("wsize64k_files3", "wsize")
    65536.0
    """
    found = next(part for part in case.split("_") if part.startswith(word)).removeprefix(word)
    return float(found.removesuffix("k")) * KIB if found.endswith("k") else float(found.removesuffix("us"))


def _cubic(_: Figures, case: str) -> float:
    return float(ethernet.window_cubic(10.0 ** -_number(case.replace("_", ""), "losse"), 0.1))


def _rpc(_: Figures, case: str) -> float:
    return float(nfs.procedures("3")[case].request)


def server_costs(figures: Figures) -> Costs:
    """The processor costs that were measured of NFS-Ganesha by themselves, before any of these transfers."""
    return Costs(
        figures.si("nfs.client.efficiency"),
        0.0,
        figures.si("EDGE.nfs.per_operation"),
        figures.si("EDGE.nfs.per_byte"),
    )


def _small(figures: Figures, rtt: float, streams: int) -> float:
    setting = Setting(inf, rtt, streams, MIB, 2000, 4096.0, "3", 8)
    return setting.files / time_of(setting, server_costs(figures))


def _rate(figures: Figures, case: str) -> float:
    return _small(figures, _number(case, "rtt") / 1e3, int(_number(case, "streams")))


def _slope(figures: Figures, _: str) -> float:
    return (1 / _small(figures, 20e-3, 1) - 1 / _small(figures, 10e-3, 1)) / 10e-3


def _transfer(figures: Figures, case: str) -> float:
    link = _number(case, "link") * 1e6 / 8
    setting = Setting(
        link or inf,
        _number(case, "rtt") / 1e6,
        int(_number(case, "streams")),
        int(_number(case, "wsize")),
        int(_number(case, "files")),
        _number(case, "size"),
        "3",
        8,
    )
    return time_of(setting, server_costs(figures))


def _mode(case: str) -> tuple[str, int, float, int, bool]:
    standard, mcs, width, streams = case.split("_")
    short = standard in ("n", "ac")
    return standard, int(mcs[3:]), float(width.removesuffix("mhz")) * 1e6, int(streams[2:]), short


def _udp(_: Figures, case: str) -> float:
    return float(wifi.udp_goodput(*_mode(case)))


def _tcp(figures: Figures, case: str) -> float:
    factor = figures.si("wifi.tcp.collision_factor")
    return float(wifi.tcp_goodput(*_mode(case), collision_factor=factor))


def _dcf(_: Figures, case: str) -> float:
    rate, stations = _number(case, "rate"), _number(case, "stations")
    return float(wifi.dcf_throughput(case.partition("_")[0], int(rate), stations))


def _page_cache(_: Figures, case: str) -> float:
    """The node of Do et al.: 250 GiB, memory at 2764 MB/s, a disk at 420 MB/s, dirty_ratio 40 %."""
    limits = page_cache.dirty_limits(250.0 * GIB, ratio=0.40)
    size = float(case.rpartition("_")[2].removesuffix("GB")) * 1e9
    return float(page_cache.write_time(size, limits.limit, 2764e6, 420e6))


def _iops(figures: Figures, _: str) -> float:
    seek, rpm = figures.si("SNC1_HDD.disk.seek"), 60 * figures.si("SNC1_HDD.disk.rpm")
    return float(hdd.iops(seek, rpm, 4096.0, figures.si("SNC1_HDD.disk.outer_rate")))


def rig(figures: Figures, device: str, interface: scenario.Interface) -> Rig:
    """A client on a cable of 10 Gbit/s that sends large files by eight streams."""
    setting = Setting(1250e6, figures.si("nfs.rtt.lan"), 8, 128 * KIB, 8, float(GIB), "4.1")
    return of_device(figures, device, setting, "async", interface)


def _snow(figures: Figures, case: str) -> float:
    device, interface = case.removesuffix("_most").rsplit("_", 1)
    kinds: dict[str, scenario.Interface] = {"nfs": "nfs", "s3": "s3", "file": "file"}
    setting = Setting(1250e6, figures.si("nfs.rtt.lan"), 8, 128 * KIB, 8, float(GIB), "4.1")
    return sustained(rig(figures, device, kinds[interface]), setting, "").bytes


def _openfiler(figures: Figures, _: str) -> float:
    setting = Setting(125e6, figures.si("nfs.rtt.lan"), 1, 32 * KIB, 1, float(GIB), "3")
    return setting.bytes / time_of(setting, server_costs(figures))


def _import(figures: Figures, case: str) -> float:
    rate = figures.si("aws_import.rate")
    if case == "extracted_tars":
        objects = figures.si("aws_import.object_rate_extracted")
        return float(cloud.import_time(14_708e9, 119_577_235.0, rate, objects))
    return float(cloud.import_time(50e12, 0.0, rate, figures.si("aws_import.object_rate")))


def _online(figures: Figures, case: str) -> float:
    line = {"44": 44.736}.get(f"{_number(case, 'mbit'):g}", _number(case, "mbit")) * 1e6 / 8
    size = _number(case, "TB") * 1e12
    return size / float(cloud.wan_rate(line, figures.si("nfs.wan.efficiency")))


def _cluster(figures: Figures, case: str) -> float:
    device, nodes = case.rsplit("_nodes", 1)
    return scenario.cluster_capacity(figures, device, "today", int(nodes))


PREDICTORS: dict[str, tuple[str, Predictor]] = {
    "cubic": ("TCP's mean window under CUBIC", _cubic),
    "rpc": ("bytes of NFSv3 requests", _rpc),
    "slope": ("round trips of a small file", _slope),
    "rate": ("4 KiB files through a delay", _rate),
    "transfer": ("transfers to NFS-Ganesha", _transfer),
    "udp": ("UDP over Wi-Fi", _udp),
    "tcp": ("TCP over Wi-Fi", _tcp),
    "dcf": ("stations that contend", _dcf),
    "page_cache": ("writes into a page cache", _page_cache),
    "iops": ("random reads of a disk", _iops),
    "snow": ("rates of Snowball Edges", _snow),
    "server": ("a file server of 2009", _openfiler),
    "import": ("imports at AWS", _import),
    "online": ("days over a line", _online),
    "cluster": ("what fits a cluster", _cluster),
}
"""Each group: what it is of, and what predicts it, in SI."""
