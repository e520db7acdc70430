"""Drive-managed shingled disks: a cache for scattered writes, cleaned when idle.

Model
-----
A leaky bucket. Scattered writes go to a persistent cache at its own rate; when it is full every write waits
for cleaning. A pause empties it.

Scope and limits
----------------
No cleaning during a burst that fits; sequential writing bypasses the cache at the full zoned rate.

Sources
-------
Aghayev and Desnoyers, "Skylight: a window on shingled disk operation", FAST 2015.

Checked against
---------------
Hand sums and conservation. No published series of a drive was compared.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _require_finite(**values: Values) -> None:
    for name, value in values.items():
        require((value >= 0) & (value < np.inf), name, ">= 0 and finite", value)


def smr_write_time(size: V, cache: V, cache_rate: V, cleaning_rate: V, level: Values = 0.0) -> V:
    """Time in which a drive-managed shingled disk takes scattered writes without a pause.

    A leaky bucket: ``min(F, K - L)/r_cache + max(0, F - (K - L))/r_clean``.

    Parameters
    ----------
    size : float or array [...]
        Bytes of small or overwriting writes [B].
    cache : float or array [...]
        Persistent cache, K [B].
    cache_rate : float or array [...]
        Rate into the cache [B/s].
    cleaning_rate : float or array [...]
        Rate when each write waits for cleaning [B/s].
    level : float or array [...]
        Bytes in the cache at the start, L [B].

    Returns
    -------
    float or array [...]
        Time [s].

    Raises
    ------
    BoundError
        A size negative or not finite, ``level`` above ``cache``, a rate not positive.

    References
    ----------
    Aghayev and Desnoyers 2015.

    Examples
    --------
    >>> f"{smr_write_time(40e9, 30e9, 100e6, 10e6) / 60:.1f} min"
    '21.7 min'
    """
    _require_finite(size=size, cache=cache, level=level)
    require(level <= cache, "level", "<= cache", level)
    require(cache_rate > 0, "cache_rate", "> 0", cache_rate)
    require(cleaning_rate > 0, "cleaning_rate", "> 0", cleaning_rate)
    cached = np.minimum(size, cache - level)
    result: V = _plain(cached / cache_rate + (size - cached) / cleaning_rate)
    return result


def smr_level(level: V, size: V, idle: V, cache: V, idle_cleaning_rate: V) -> V:
    """Bytes in a shingled disk's cache after writes and the pause behind them.

    ``max(0, min(K, L + F) - r_idle t)``

    Parameters
    ----------
    level : float or array [...]
        Bytes in the cache before, L [B].
    size : float or array [...]
        Bytes of scattered writes, F [B].
    idle : float or array [...]
        Pause behind them [s].
    cache : float or array [...]
        Persistent cache, K [B].
    idle_cleaning_rate : float or array [...]
        Rate of cleaning while nothing else is asked [B/s].

    Returns
    -------
    float or array [...]
        Bytes [B].

    Raises
    ------
    BoundError
        An argument negative or not finite, ``level`` above ``cache``.

    References
    ----------
    Aghayev and Desnoyers 2015.

    Examples
    --------
    >>> smr_level(0.0, 40e9, 600.0, 30e9, 20e6) / 1e9
    18.0
    """
    _require_finite(level=level, size=size, idle=idle, cache=cache, idle_cleaning_rate=idle_cleaning_rate)
    require(level <= cache, "level", "<= cache", level)
    result: V = _plain(np.maximum(0.0, np.minimum(cache, level + size) - idle_cleaning_rate * idle))
    return result
