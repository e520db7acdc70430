"""What creating files costs in calls, round trips and bytes, and the rate that this allows.

Model
-----
Per file: four serial calls, the WRITEs pipelined between them. Many streams: asymptotic bounds of a closed
network of a delay and three stations.

Scope and limits
----------------
Steady state, files of one size, every stream always busy; see :mod:`devicesim.physics.nfs`.

Sources
-------
Lazowska et al., Quantitative System Performance, 1984, chapter 5; RFC 8881, section 2.10.6.

Checked against
---------------
Files a second of NFS-Ganesha at three round-trip times and three numbers of streams.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.physics.nfs.calls import WORD, FileOperations, Version, file_operations

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _writes(size: Values, wsize: int) -> Any:
    require((size >= 0) & (size < inf), "size", ">= 0 and finite", size)
    require(wsize > 0 and wsize % WORD == 0, "wsize", "a positive multiple of 4", wsize)
    return np.ceil(np.divide(size, wsize))


def _serial(version: Version) -> int:
    calls = file_operations(version)
    return len(calls.before) + len(calls.after)


class WireBytes(NamedTuple):
    """RPC bytes of one file: requests from the client and replies to it [B]."""

    request: Values
    reply: Values


def operations_per_file(size: V, wsize: int, version: Version = "4.1") -> V:
    """Calls that create a file of a size.

    ``4 + ceil(size / wsize)``

    Parameters
    ----------
    size : float or array [...]
        Size of the file [B].
    wsize : int
        Payload of a full WRITE [B].
    version : {"3", "4.0", "4.1"}
        Protocol version.

    Returns
    -------
    float or array [...]
        Calls [1].

    Raises
    ------
    BoundError
        ``size`` negative or not finite, ``wsize`` not a positive multiple of 4.

    References
    ----------
    RFC 1813; RFC 8881.

    Examples
    --------
    >>> operations_per_file(4096.0, 131072), operations_per_file(1e6, 131072)
    (5.0, 12.0)
    """
    result: V = _plain(_serial(version) + _writes(size, wsize))
    return result


def round_trips(size: V, wsize: int, version: Version = "4.1", *, slots: int = 64) -> V:
    """Round trips that creating a file takes when bytes cost nothing.

    ``4 + ceil(ceil(size / wsize) / slots)``: WRITEs of one file do not wait for one another, up to ``slots``.

    Parameters
    ----------
    size, wsize, version
        As for :func:`operations_per_file`.
    slots : int
        WRITEs of one client under way at once [1].

    Returns
    -------
    float or array [...]
        Round trips [1].

    Raises
    ------
    BoundError
        As for :func:`operations_per_file`, or ``slots`` below 1.

    References
    ----------
    RFC 8881, section 2.10.6 (slots).

    Examples
    --------
    >>> round_trips(4096.0, 131072), round_trips(100e6, 131072, slots=64)
    (5.0, 16.0)
    """
    require(slots >= 1, "slots", ">= 1", slots)
    result: V = _plain(_serial(version) + np.ceil(_writes(size, wsize) / slots))
    return result


def wire_bytes(
    size: Values, wsize: int, version: Version = "4.1", *, calls: FileOperations | None = None
) -> WireBytes:
    """RPC bytes that creating a file moves in each direction, before TCP.

    Parameters
    ----------
    size, wsize, version
        As for :func:`operations_per_file`.
    calls : FileOperations, optional
        What is sent, for other than the default lengths; replaces ``version``.

    Returns
    -------
    WireBytes
        Requests, the payload padded to a word, and replies [B], each of the shape of ``size``.

    Raises
    ------
    BoundError
        As for :func:`operations_per_file`.

    References
    ----------
    RFC 4506, section 4.10 (padding).

    Examples
    --------
    >>> wire_bytes(4096.0, 131072, "3")
    WireBytes(request=4804.0, reply=808.0)
    """
    calls = calls or file_operations(version)
    writes = _writes(size, wsize)
    around = (*calls.before, *calls.after)
    payload = np.ceil(np.divide(size, WORD)) * WORD
    return WireBytes(
        _plain(sum(call.request for call in around) + writes * calls.write.request + payload),
        _plain(sum(call.reply for call in around) + writes * calls.write.reply),
    )


def large_file_bound(slots: V, wsize: V, rtt: V, service: V) -> V:
    """Rate at which one client's window of WRITEs turns over.

    ``slots * wsize / (RTT + service)``

    Parameters
    ----------
    slots : float or array [...]
        WRITEs under way at once [1].
    wsize : float or array [...]
        Payload of one WRITE [B].
    rtt : float or array [...]
        Round-trip time [s].
    service : float or array [...]
        Time in which the server answers one WRITE [s].

    Returns
    -------
    float or array [...]
        Payload rate [B/s].

    Raises
    ------
    BoundError
        ``slots`` below 1, ``wsize`` not positive, a negative time, or no time at all.

    References
    ----------
    Little's law; RFC 8881, section 2.10.6.

    Examples
    --------
    >>> f"{large_file_bound(64, 256 * 1024, 0.05, 0.0) / 1e6:.1f} MB/s"
    '335.5 MB/s'
    """
    require((slots >= 1) & (slots < inf), "slots", ">= 1 and finite", slots)
    require((wsize > 0) & (wsize < inf), "wsize", "> 0 and finite", wsize)
    require((rtt >= 0) & (rtt < inf), "rtt", ">= 0 and finite", rtt)
    require((service >= 0) & (service < inf), "service", ">= 0 and finite", service)
    require(rtt + service > 0, "rtt + service", "> 0", rtt + service)
    result: V = slots * wsize / (rtt + service)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Stations:
    """What a file passes on its way to the platters; each field a number or an array [...].

    Attributes
    ----------
    rtt : float
        Round-trip time [s].
    link_rate : float
        TCP payload rate of the link [B/s].
    per_operation, per_byte : float
        Processor time of one call [s] and of one byte of payload [s/B].
    vcpus : float
        Processors given to NFS [1].
    journal_time : float
        Disk time of one file's metadata: IOs times access time [s].
    disk_rate : float
        Sequential rate of the disk [B/s].
    client_efficiency : float
        Share of the link that the copying program keeps busy [1].

    Raises
    ------
    BoundError
        A field out of range, NaN included.
    """

    rtt: Values
    link_rate: Values
    per_operation: Values
    per_byte: Values
    vcpus: Values = 1.0
    journal_time: Values = 0.0
    disk_rate: Values = inf
    client_efficiency: Values = 1.0

    def __post_init__(self) -> None:
        for name in ("rtt", "per_operation", "per_byte", "journal_time"):
            value = getattr(self, name)
            require((value >= 0) & (value < inf), name, ">= 0 and finite", value)
        for name in ("link_rate", "vcpus", "disk_rate"):
            value = getattr(self, name)
            require(value > 0, name, "> 0", value)
        share = self.client_efficiency
        require((share > 0) & (share <= 1), "client_efficiency", "in (0, 1]", share)


class FileRateBounds(NamedTuple):
    """Files a second that each station allows [1/s]; the lowest holds."""

    latency: Values
    link: Values
    cpu: Values
    disk: Values


def file_rate_bounds(
    size: Values,
    streams: Values,
    stations: Stations,
    *,
    wsize: int = 131072,
    version: Version = "4.1",
    slots: int = 64,
) -> FileRateBounds:
    """Asymptotic bounds on the rate of files of one size over concurrent streams.

    With ``n`` calls, ``k`` round trips and ``b`` request bytes for a file of size ``s``::

        latency = S / (k (RTT + c_op) + b/(B eta))
        link    = B eta / b
        cpu     = C / (n c_op + s c_b)
        disk    = 1 / (t_journal + s/R)

    Parameters
    ----------
    size : float or array [...]
        Size of each file [B].
    streams : float or array [...]
        Files under way at once, S [1].
    stations : Stations
        Capacities and costs, broadcast against ``size`` and ``streams``.
    wsize, version, slots
        As for :func:`round_trips`.

    Returns
    -------
    FileRateBounds
        Files a second by station [1/s], infinite where a station has nothing to do.

    Raises
    ------
    BoundError
        As for :func:`round_trips`, or ``streams`` below 1.

    References
    ----------
    Lazowska et al., Quantitative System Performance, 1984, chapter 5.

    Examples
    --------
    4 KiB files, 10 ms away, one stream: the round trips decide.

    >>> far = Stations(rtt=0.01, link_rate=117.7e6, per_operation=1e-4, per_byte=6e-9, journal_time=1.3e-3)
    >>> [f"{bound:.0f}" for bound in file_rate_bounds(4096.0, 1, far)]
    ['20', '22810', '1906', '769']
    """
    require((streams >= 1) & (streams < inf), "streams", ">= 1 and finite", streams)
    on_link = wire_bytes(size, wsize, version).request / (stations.link_rate * stations.client_efficiency)
    trips = round_trips(size, wsize, version, slots=slots)
    one_file = trips * (stations.rtt + stations.per_operation) + on_link
    work = operations_per_file(size, wsize, version) * stations.per_operation + size * stations.per_byte
    on_disk = stations.journal_time + size / stations.disk_rate
    with np.errstate(divide="ignore", over="ignore"):
        bounds = (np.divide(streams, one_file), np.divide(1.0, on_link))
        shared = (np.divide(stations.vcpus, work), np.divide(1.0, on_disk))
    return FileRateBounds(*map(_plain, bounds + shared))


def file_rate(
    size: V,
    streams: Values,
    stations: Stations,
    *,
    wsize: int = 131072,
    version: Version = "4.1",
    slots: int = 64,
) -> V:
    """Files a second of one size over concurrent streams: the lowest of :func:`file_rate_bounds`.

    Parameters
    ----------
    size, streams, stations, wsize, version, slots
        As for :func:`file_rate_bounds`.

    Returns
    -------
    float or array [...]
        Files a second [1/s]; times ``size`` it is the payload rate.

    Raises
    ------
    BoundError
        As for :func:`file_rate_bounds`.

    References
    ----------
    As for :func:`file_rate_bounds`.

    Examples
    --------
    >>> far = Stations(rtt=0.01, link_rate=117.7e6, per_operation=1e-4, per_byte=6e-9)
    >>> [f"{file_rate(4096.0, streams, far):.1f}" for streams in (1, 16, 1000)]
    ['19.8', '316.6', '1906.3']
    """
    bounds = file_rate_bounds(size, streams, stations, wsize=wsize, version=version, slots=slots)
    result: V = _plain(
        np.minimum(np.minimum(bounds.latency, bounds.link), np.minimum(bounds.cpu, bounds.disk))
    )
    return result
