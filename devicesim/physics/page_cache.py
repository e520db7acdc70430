"""Page cache: how many writes memory takes before the disk decides, and what a power cut loses.

Model
-----
Written pages are dirty until they are on the disk. Writing back starts at the background limit; between the
free-run point and the limit writers are slowed towards the disk's rate. As a fluid: dirty bytes rise at the
difference of the rates until the cache is full, then writing goes on at the disk's rate.

Scope and limits
----------------
One disk, one memory domain, steady rates, no reading; pacing without the per-device term. The closed form lets
the disk drain from the first byte unless a background limit is given, and lets the cache fill to the limit,
where Linux settles near the set point. Written data may be a wake-up (5 s) older than the age limit.

Sources
-------
Linux, Documentation/admin-guide/sysctl/vm.rst (dirty_ratio, dirty_background_ratio, dirty_expire_centisecs,
dirty_writeback_centisecs) and mm/page-writeback.c (free run, set point, position ratio). Do et al., "Modeling
the Linux page cache for accurate simulation of data-intensive applications", IEEE Cluster 2021.

Checked against
---------------
Do et al.'s measured writes on 250 GiB of memory: 20 GB within 11 %, 50 GB within 15 % (worst of three runs).
The three points that define the pacing polynomial. The closed forms against stepwise integration.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

BACKGROUND_RATIO = 0.10
DIRTY_RATIO = 0.20
EXPIRE = 30.0


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _require_finite(**values: Values) -> None:
    for name, value in values.items():
        require((value >= 0) & (value < np.inf), name, ">= 0 and finite", value)


class DirtyLimits(NamedTuple):
    """Amounts of dirty memory at which Linux changes what it does [B].

    Attributes
    ----------
    background : float or array [...]
        Writing back starts.
    limit : float or array [...]
        Writers stop.
    freerun : float or array [...]
        Below it writers are never slowed.
    """

    background: Values
    limit: Values
    freerun: Values

    @property
    def setpoint(self) -> Values:
        """Amount that pacing steers to [B]."""
        return (self.freerun + self.limit) / 2


def dirty_limits(
    memory: Values, *, background_ratio: Values = BACKGROUND_RATIO, ratio: Values = DIRTY_RATIO
) -> DirtyLimits:
    """Dirty limits of an amount of dirtyable memory.

    ``background = b M``, ``limit = r M``, ``freerun = (background + limit)/2``

    Parameters
    ----------
    memory : float or array [...]
        Dirtyable memory, free and file pages, not what programs hold [B].
    background_ratio, ratio : float or array [...]
        ``vm.dirty_background_ratio`` and ``vm.dirty_ratio``, Linux's defaults [1].

    Returns
    -------
    DirtyLimits
        The three amounts and the set point [B].

    Raises
    ------
    BoundError
        ``memory`` negative or not finite, ``ratio`` outside (0, 1], ``background_ratio`` outside [0, ratio).

    References
    ----------
    Linux, vm.rst; mm/page-writeback.c, ``domain_dirty_limits`` and ``dirty_freerun_ceiling``.

    Examples
    --------
    >>> limits = dirty_limits(700e6)
    >>> [f"{amount / 1e6:.1f}" for amount in (*limits, limits.setpoint)]
    ['70.0', '140.0', '105.0', '122.5']
    """
    _require_finite(memory=memory)
    require((ratio > 0) & (ratio <= 1), "ratio", "in (0, 1]", ratio)
    require(
        (background_ratio >= 0) & (background_ratio < ratio),
        "background_ratio",
        "in [0, ratio)",
        background_ratio,
    )
    background, limit = memory * background_ratio, memory * ratio
    return DirtyLimits(background, limit, (background + limit) / 2)


def position_ratio(dirty: V, limits: DirtyLimits) -> V:
    """Factor by which Linux scales a writer's share of the disk rate.

    ``1 + ((setpoint - D)/(limit - setpoint))**3``, held in [0, 2]: 2 at the free-run point, 1 at the set point,
    0 at the limit. Below the free-run point writers are not slowed at all.

    Parameters
    ----------
    dirty : float or array [...]
        Dirty memory, D [B].
    limits : DirtyLimits
        From :func:`dirty_limits`.

    Returns
    -------
    float or array [...]
        Factor [1].

    Raises
    ------
    BoundError
        ``dirty`` negative or not finite, limits that leave no room between set point and limit.

    References
    ----------
    Linux, mm/page-writeback.c, ``pos_ratio_polynom``.

    Examples
    --------
    >>> limits = dirty_limits(800e6)
    >>> [position_ratio(dirty, limits) for dirty in (120e6, 140e6, 150e6, 160e6)]
    [2.0, 1.0, 0.875, 0.0]
    """
    _require_finite(dirty=dirty)
    room = limits.limit - limits.setpoint
    require(room > 0, "limits.limit", "> limits.setpoint", limits.limit)
    result: V = _plain(1 + np.clip((limits.setpoint - dirty) / room, -1.0, 1.0) ** 3)
    return result


def write_time(
    size: V,
    cache: V,
    memory_rate: V,
    disk_rate: V,
    *,
    background: Values = 0.0,
    dirty: Values = 0.0,
) -> V:
    """Time in which a writer gets rid of a number of bytes.

    ``t(F) = min(F, K')/m + max(0, F - K')/d`` with ``K' = K/(1 - d/m)``: the bytes that enter before the cache is
    full, the disk draining meanwhile. With a background limit B and D dirty bytes at the start the disk begins at
    B, and ``K' = max(0, B - D) + (K - max(B, D))/(1 - d/m)``. A disk as fast as memory never lets the cache fill.

    Parameters
    ----------
    size : float or array [...]
        Bytes to write, F [B].
    cache : float or array [...]
        Dirty bytes that memory may hold: the dirty limit, K [B].
    memory_rate : float or array [...]
        Rate at which the writer fills memory: of memory itself, or of the network, m [B/s].
    disk_rate : float or array [...]
        Rate of the disk, d [B/s].
    background : float or array [...]
        Dirty bytes at which writing back starts, B [B].
    dirty : float or array [...]
        Dirty bytes at the start, D [B].

    Returns
    -------
    float or array [...]
        Time until the last byte is in memory, not on the disk [s].

    Raises
    ------
    BoundError
        A size negative or not finite, ``background`` or ``dirty`` above ``cache``, a rate not positive and finite.

    References
    ----------
    Do et al. 2021, for the measurements; the fluid is elementary.

    Examples
    --------
    >>> [f"{write_time(size, 100e9, 2.5e9, 0.5e9):.0f}" for size in (50e9, 125e9, 150e9)]
    ['20', '50', '100']
    """
    _require_finite(size=size, cache=cache, background=background, dirty=dirty)
    require(background <= cache, "background", "<= cache", background)
    require(dirty <= cache, "dirty", "<= cache", dirty)
    require((memory_rate > 0) & (memory_rate < np.inf), "memory_rate", "> 0 and finite", memory_rate)
    require((disk_rate > 0) & (disk_rate < np.inf), "disk_rate", "> 0 and finite", disk_rate)
    gain = 1 - np.divide(disk_rate, memory_rate)
    room = (cache - np.maximum(background, dirty)) / np.where(gain > 0, gain, 1.0)
    fast = np.where(gain > 0, np.maximum(background - dirty, 0) + room, np.inf)
    in_memory = np.minimum(size, fast)
    result: V = _plain(in_memory / memory_rate + (size - in_memory) / disk_rate)
    return result


def dirty_after(time: V, write_rate: V, disk_rate: V, limits: DirtyLimits, *, age: Values = EXPIRE) -> V:
    """Dirty bytes after writing at a steady rate into a clean cache.

    They rise with the writes until the disk starts, at the background limit or when the first are ``age`` old; a
    slower disk lets them rise on, by the difference of the rates, to the limit; a faster one holds them there.

    Parameters
    ----------
    time : float or array [...]
        Time since the first write [s].
    write_rate : float or array [...]
        Rate of the source [B/s].
    disk_rate : float or array [...]
        Rate of the disk [B/s].
    limits : DirtyLimits
        From :func:`dirty_limits`.
    age : float or array [...]
        Age at which dirty data is written back in any case [s].

    Returns
    -------
    float or array [...]
        Dirty bytes [B].

    Raises
    ------
    BoundError
        ``time``, a rate or ``age`` negative or not finite.

    References
    ----------
    Linux, vm.rst.

    Examples
    --------
    A gigabit into 140 MB of cache, before a disk of 190 and one of 60 MB/s:

    >>> limits = dirty_limits(700e6)
    >>> [f"{dirty_after(10.0, 117e6, disk, limits) / 1e6:.0f}" for disk in (190e6, 60e6)]
    ['70', '140']
    """
    _require_finite(time=time, write_rate=write_rate, disk_rate=disk_rate, age=age)
    written = write_rate * time
    held = np.minimum(limits.background, write_rate * age)
    kept = np.maximum(write_rate - disk_rate, 0) / np.maximum(write_rate, np.finfo(float).tiny)
    risen = np.minimum(written, held) + np.maximum(written - held, 0) * kept
    result: V = _plain(np.minimum(limits.limit, risen))
    return result


def at_risk(dirty: V, write_rate: V, age: Values = EXPIRE) -> V:
    """Bytes that a power cut loses although their writes were answered.

    ``min(D, w * age)``: what is still dirty, and nothing older than the age limit. It holds for an export that
    answers COMMIT before the disk has the data (``async``); one that waits loses nothing a running client does
    not send again.

    Parameters
    ----------
    dirty : float or array [...]
        Dirty bytes [B].
    write_rate : float or array [...]
        Rate at which they came [B/s].
    age : float or array [...]
        Age at which dirty data is written back; Linux wakes every 5 s, so that 35 is the worst case [s].

    Returns
    -------
    float or array [...]
        Bytes [B].

    Raises
    ------
    BoundError
        An argument negative or not finite.

    References
    ----------
    Linux, vm.rst; RFC 1813, section 3.3.21 (COMMIT and the write verifier).

    Examples
    --------
    >>> [at_risk(140e6, rate) / 1e6 for rate in (117e6, 1e6)]
    [140.0, 30.0]
    """
    _require_finite(dirty=dirty, write_rate=write_rate, age=age)
    result: V = _plain(np.minimum(dirty, write_rate * age))
    return result


def flush_time(dirty: V, disk_rate: V) -> V:
    """Time in which the disk takes everything that is dirty, nothing new coming in.

    ``D/d``

    Parameters
    ----------
    dirty : float or array [...]
        Dirty bytes [B].
    disk_rate : float or array [...]
        Rate of the disk [B/s].

    Returns
    -------
    float or array [...]
        Time [s].

    Raises
    ------
    BoundError
        ``dirty`` negative or not finite, ``disk_rate`` not positive.

    References
    ----------
    Elementary.

    Examples
    --------
    >>> flush_time(140e6, 100e6)
    1.4
    """
    _require_finite(dirty=dirty)
    require(disk_rate > 0, "disk_rate", "> 0", disk_rate)
    result: V = dirty / disk_rate
    return result
