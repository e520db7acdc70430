"""Power: what the device draws, from what it is doing.

Model
-----
A linear budget: a constant share, so many watts for each busy virtual CPU, for each active disk, for each
Ethernet port by its speed, and for the radio by its share of airtime. Being linear in the busy shares, it
integrates exactly over any stretch of time of which only the busy seconds are known, so energy needs no trace
of the load. The least and the most that can be drawn bound the time at which a battery runs out.

Scope and limits
----------------
No power states between idle and busy, no spin-up surge, no voltage scaling, no dependence on temperature. The
conversion loss of the device's own supply belongs to the constant share, that of a battery's cable to the
battery. No draw of a Snowcone has been published: with assumed coefficients the result is an order of
magnitude.

Sources
-------
The additive budget is the usual component model of system power, as in S. Rivoire et al., "A comparison of
high-level full-system power models", HotPower 2008. D. Halperin et al., "Demystifying 802.11n power
consumption", HotPower 2010, for the radio.

Checked against
---------------
Component sums for a Snowcone with two disks: idle 13.5 W (expected 12-14), wired ingest 23.5 W (about 24),
computing with 10GBASE-T 31.3 W (about 32), everything at once below the 45 W supply that AWS asks for. No
measurement exists to check against.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])

_ROUNDING = 1e-6
"""Busy seconds are differences of running sums and may leave their bounds by so much [s]."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Coefficients of the draw: all but the number of disks in [W], all >= 0.

    Attributes
    ----------
    base : float
        Board, memory, fan, conversion loss and idle processor.
    per_vcpu : float
        Added by one virtual CPU that is busy.
    disk_idle, disk_active : float
        One disk spinning, and one disk transferring.
    ethernet_1g, ethernet_10g : float
        One port with its link up at that speed.
    wifi_idle, wifi_active : float
        The radio associated, and the radio transferring.
    disks : int
        Number of disks, which are busy or idle together.

    Raises
    ------
    BoundError
        A negative coefficient, or an active one below its idle one.
    """

    base: float
    per_vcpu: float
    disk_idle: float
    disk_active: float
    ethernet_1g: float
    ethernet_10g: float
    wifi_idle: float
    wifi_active: float
    disks: float = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            require(0 <= value < np.inf, field.name, "finite and >= 0", value)
        require(self.disk_active >= self.disk_idle, "disk_active", ">= disk_idle", self.disk_active)
        require(self.wifi_active >= self.wifi_idle, "wifi_active", ">= wifi_idle", self.wifi_active)


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


def least(budget: Budget, *, ethernet_1g: float = 0, ethernet_10g: float = 0, wifi_on: bool = False) -> float:
    """Draw with nothing to do: the lower bound, hence the latest depletion.

    ``P = base + disks * disk_idle + ethernet_1g * ports + ethernet_10g * ports + wifi_idle``

    Parameters
    ----------
    budget : Budget
        Coefficients of the device.
    ethernet_1g, ethernet_10g : float
        Ports with their link up at 1 and at 10 Gbit/s [1], >= 0.
    wifi_on : bool
        Whether the radio is on.

    Returns
    -------
    float
        Power [W].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> snowcone = Budget(8, 5, 1.1, 2.1, 0.5, 3.25, 0.8, 2.1, disks=2)
    >>> round(least(snowcone, ethernet_10g=1), 2)
    13.45
    """
    require(ethernet_1g >= 0, "ethernet_1g", ">= 0", ethernet_1g)
    require(ethernet_10g >= 0, "ethernet_10g", ">= 0", ethernet_10g)
    ports = ethernet_1g * budget.ethernet_1g + ethernet_10g * budget.ethernet_10g
    return budget.base + budget.disks * budget.disk_idle + ports + bool(wifi_on) * budget.wifi_idle


def most(
    budget: Budget,
    vcpus: float,
    *,
    ethernet_1g: float = 0,
    ethernet_10g: float = 0,
    wifi_on: bool = False,
) -> float:
    """Draw with everything busy: the upper bound, hence the earliest depletion.

    Parameters
    ----------
    budget, ethernet_1g, ethernet_10g, wifi_on
        As for :func:`least`.
    vcpus : float
        Virtual CPUs that can be busy at once [1], >= 0.

    Returns
    -------
    float
        Power [W].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> snowcone = Budget(8, 5, 1.1, 2.1, 0.5, 3.25, 0.8, 2.1, disks=2)
    >>> round(most(snowcone, 3, ethernet_10g=1, wifi_on=True), 2)
    32.55
    """
    idle = least(budget, ethernet_1g=ethernet_1g, ethernet_10g=ethernet_10g, wifi_on=wifi_on)
    return idle + activity_energy(budget, vcpus, 1.0, float(wifi_on))


def draw(
    budget: Budget,
    busy_vcpus: V | float,
    disk_active: V | float = 0.0,
    wifi_active: V | float = 0.0,
    *,
    ethernet_1g: float = 0,
    ethernet_10g: float = 0,
    wifi_on: bool = False,
) -> V:
    """Draw at a level of activity.

    ``P = least + per_vcpu * n + disks * (disk_active - disk_idle) * d + (wifi_active - wifi_idle) * w``

    Parameters
    ----------
    budget, ethernet_1g, ethernet_10g, wifi_on
        As for :func:`least`.
    busy_vcpus : (...)
        Virtual CPUs busy on average, n [1], >= 0.
    disk_active, wifi_active : (...)
        Shares of the time in which the disks, d, and the radio, w, transfer [1], in [0, 1]; w is 0 while the
        radio is off.

    Returns
    -------
    (...)
        Power [W].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> snowcone = Budget(8, 5, 1.1, 2.1, 0.5, 3.25, 0.8, 2.1, disks=2)
    >>> round(draw(snowcone, 2, disk_active=1, ethernet_1g=1, wifi_on=True), 2)
    23.5
    """
    for name, share in (("disk_active", disk_active), ("wifi_active", wifi_active)):
        require(np.greater_equal(share, 0) & np.less_equal(share, 1), name, "in [0, 1]", share)
    require(wifi_on or np.equal(wifi_active, 0), "wifi_active", "0 while the radio is off", wifi_active)
    require(np.greater_equal(busy_vcpus, 0), "busy_vcpus", ">= 0", busy_vcpus)
    idle = least(budget, ethernet_1g=ethernet_1g, ethernet_10g=ethernet_10g, wifi_on=wifi_on)
    result: V = _plain(idle + np.asarray(activity_energy(budget, busy_vcpus, disk_active, wifi_active)))
    return result


def activity_energy(
    budget: Budget, cpu_busy: V | float, disk_busy: V | float = 0.0, wifi_busy: V | float = 0.0
) -> V:
    """Energy above idling, from the seconds in which each part was busy.

    ``E = per_vcpu * b_cpu + disks * (disk_active - disk_idle) * b_disk + (wifi_active - wifi_idle) * b_wifi``

    Exact however the activity was spread.

    Parameters
    ----------
    budget : Budget
        Coefficients of the device.
    cpu_busy : (...)
        Busy seconds summed over the virtual CPUs [s], >= 0.
    disk_busy, wifi_busy : (...)
        Seconds in which the disks and the radio transferred [s], >= 0.

    Returns
    -------
    (...)
        Energy [J].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> activity_energy(Budget(8, 5, 1.1, 2.1, 0.5, 3.25, 0.8, 2.1), cpu_busy=1200, disk_busy=600)
    6600.0
    """
    for name, busy in (("cpu_busy", cpu_busy), ("disk_busy", disk_busy), ("wifi_busy", wifi_busy)):
        require(np.greater_equal(busy, -_ROUNDING), name, ">= 0", busy)
    disk, radio = budget.disk_active - budget.disk_idle, budget.wifi_active - budget.wifi_idle
    result: V = _plain(
        np.multiply(budget.per_vcpu, cpu_busy)
        + np.multiply(budget.disks * disk, disk_busy)
        + np.multiply(radio, wifi_busy)
    )
    return result


def energy(
    budget: Budget,
    elapsed: V | float,
    cpu_busy: V | float = 0.0,
    disk_busy: V | float = 0.0,
    wifi_busy: V | float = 0.0,
    *,
    ethernet_1g: float = 0,
    ethernet_10g: float = 0,
    wifi_on: bool = False,
) -> V:
    """Energy drawn over a stretch of time in which the links did not change: the integral of :func:`draw`.

    ``E = least * t + activity_energy``

    Parameters
    ----------
    budget, ethernet_1g, ethernet_10g, wifi_on
        As for :func:`least`.
    elapsed : (...)
        Length of the stretch, t [s], >= 0.
    cpu_busy, disk_busy, wifi_busy : (...)
        As for :func:`activity_energy`; the disks and the radio are busy for at most ``elapsed``.

    Returns
    -------
    (...)
        Energy [J].

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    An hour of which the disk worked ten minutes and one virtual CPU twenty:

    >>> snowcone = Budget(8, 5, 1.1, 2.1, 0.5, 3.25, 0.8, 2.1)
    >>> energy(snowcone, 3600, cpu_busy=1200, disk_busy=600, ethernet_1g=1)
    41160.0
    """
    require(np.greater_equal(elapsed, 0), "elapsed", ">= 0", elapsed)
    longest = np.multiply(elapsed, 1 + 1e-9) + _ROUNDING
    for name, busy in (("disk_busy", disk_busy), ("wifi_busy", wifi_busy)):
        require(np.less_equal(busy, longest), name, "<= elapsed", busy)
    require(wifi_on or np.equal(wifi_busy, 0), "wifi_busy", "0 while the radio is off", wifi_busy)
    idle = least(budget, ethernet_1g=ethernet_1g, ethernet_10g=ethernet_10g, wifi_on=wifi_on)
    busy_energy = np.asarray(activity_energy(budget, cpu_busy, disk_busy, wifi_busy))
    result: V = _plain(np.multiply(idle, elapsed) + busy_energy)
    return result


def brown_out(load: Values, rating: Values) -> Any:
    """Whether a sustained load is more than the supply can give.

    Parameters
    ----------
    load : (...)
        Sustained draw [W], >= 0.
    rating : (...)
        Rated power of the supply [W], > 0.

    Returns
    -------
    bool, or (...) of bool
        ``load > rating``; a load equal to the rating is carried.

    Raises
    ------
    BoundError
        An input outside its bound.

    Examples
    --------
    >>> brown_out(45, rating=45), brown_out(46, rating=45)
    (False, True)
    """
    require(np.greater_equal(load, 0), "load", ">= 0", load)
    require(np.greater(rating, 0), "rating", "> 0", rating)
    above = np.greater(load, rating)
    return above if np.ndim(above) else bool(above)
