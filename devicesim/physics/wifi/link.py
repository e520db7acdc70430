"""From a radio and a distance to TCP goodput: the link budget, the choice of rate, the lost link.

Model
    The mean SNR follows from the link budget. A fade margin is taken off it for what changes faster than any
    step; the best rate whose threshold is met gives the goodput, by the table computed once for all SNR. Near
    the lowest threshold a share of the frames is lost; below the receiver's sensitivity the link is lost.
Scope and limits
    Perfect choice of rate, equal stations, an uplink without hidden stations, no roaming. No trustworthy
    measurement of Snow devices exists, and the figures behind a radio are simulated or recalled: expect 0.5
    to 0.9 of this in the field.
Sources
    The equations of :mod:`.propagation`, :mod:`.mac` and :mod:`.contention`; every figure is an argument and
    comes from the catalog. Two threshold tables are in use there: a practical one after the charts that site
    surveyors use (2, 5, 9, 11, 15, 18, 20, 25, 29, 31 dB for MCS 0-9), and the upper bound of an ideal rate
    control in ns-3 on a Gaussian channel.
Checked against
    ns-3 3.44 over distance (VHT80 and HT20, two streams, exponent 3.5, 16 dBm): within 5 % of every row
    without fading; with Nakagami fading by packet within 20 % at 10 m and inside the two runs at 20 m.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require
from devicesim.physics.wifi.arrays import Values, plain, within
from devicesim.physics.wifi.contention import tcp_sharing
from devicesim.physics.wifi.mac import tcp_goodput
from devicesim.physics.wifi.phy import rate_count, usable_mcs
from devicesim.physics.wifi.propagation import log_distance_loss_db, noise_dbm, signal_dbm


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """One radio link as the catalog describes it; every figure is an argument.

    Attributes
    ----------
    standard : str
        ``b``, ``a``, ``g``, ``n`` or ``ac``.
    frequency : float
        Carrier [Hz]; it sets the loss at 1 m.
    width : float
        Channel width [Hz].
    spatial_streams : int
        Streams.
    short_guard : bool
        Guard interval of 0.4 us; n and ac only.
    a_max : int
        Longest aggregate [bytes].
    thresholds_db : tuple of float
        Least SNR of each rate [dB], one for every index of the standard, not falling.
    edge_db, edge_loss : float
        Width above the lowest threshold [dB] in which a share ``edge_loss`` of the frames is lost [1].
    sensitivity_dbm : float
        Signal below which the link is lost [dBm].
    tx_dbm, gain_db, noise_figure_db : float
        Transmitter power [dBm], gain of both antennas [dB], noise of the receiver [dB].
    collision_factor : float
        What collisions of TCP data with its acknowledgements leave [1].
    contention_slope, contention_floor : float
        Decline with the number of stations, as in :func:`~devicesim.physics.wifi.contention.tcp_sharing` [1].

    Raises
    ------
    BoundError
        A rate that the standard does not have, thresholds that do not match it, a figure out of bounds.
    """

    standard: str
    frequency: float
    width: float
    spatial_streams: int
    short_guard: bool
    thresholds_db: tuple[float, ...]
    edge_db: float
    edge_loss: float
    sensitivity_dbm: float
    tx_dbm: float
    noise_figure_db: float
    collision_factor: float
    contention_slope: float
    contention_floor: float
    gain_db: float = 0.0
    a_max: int = 65535

    def __post_init__(self) -> None:
        usable_mcs(self.standard, self.width, self.spatial_streams)
        count, levels = rate_count(self.standard), within(self.thresholds_db, "thresholds_db")
        need = f"{count} values, one for each rate of 802.11{self.standard}"
        require(levels.shape == (count,), "thresholds_db", need, levels.shape)
        require((np.diff(levels) >= 0).all(), "thresholds_db", "in ascending order", self.thresholds_db)
        for name in ("edge_db", "contention_slope", "noise_figure_db"):
            within(getattr(self, name), name, 0)
        for name in ("edge_loss", "collision_factor", "contention_floor"):
            within(getattr(self, name), name, 0, 1)
        for name in ("sensitivity_dbm", "tx_dbm", "gain_db"):
            within(getattr(self, name), name)
        within(self.frequency, "frequency", 0, open_low=True)


@dataclass(frozen=True, slots=True, eq=False)
class RateTable:
    """Goodput as steps over the mean SNR: computed once, looked up for every step of a fading series.

    Attributes
    ----------
    snr_db : ndarray
        Where the goodput rises [dB], ascending, shape [steps].
    rates : ndarray
        Goodput [bytes/s]: 0 below the first step, then that from each step on, shape [steps + 1].
    """

    snr_db: NDArray[np.float64]
    rates: NDArray[np.float64]


def mcs_at(snr_db: ArrayLike, thresholds_db: ArrayLike) -> NDArray[np.int64]:
    """Index of the highest rate whose threshold an SNR meets, or -1.

    Parameters
    ----------
    snr_db : array_like
        [dB], shape [...].
    thresholds_db : array_like
        Least SNR of each rate, ascending [dB], shape [rates].

    Returns
    -------
    ndarray of int
        Shape [...].

    Raises
    ------
    BoundError
        An SNR or threshold that is not finite, thresholds out of order.

    Examples
    --------
    >>> mcs_at([1.9, 2.0, 12.0], (2, 5, 9, 11, 15)).tolist()
    [-1, 0, 3]
    """
    levels = within(thresholds_db, "thresholds_db")
    require((np.diff(levels) >= 0).all(), "thresholds_db", "in ascending order", thresholds_db)
    return np.asarray(np.searchsorted(levels, within(snr_db, "snr_db"), side="right") - 1)


def mean_snr_db(radio: Radio, loss_db: ArrayLike, shadow_db: ArrayLike = 0.0) -> Values:
    """Mean SNR of a radio behind a path loss: signal less noise.

    Parameters
    ----------
    radio : Radio
        The link.
    loss_db : array_like
        Path loss, by any law of :mod:`.propagation` [dB], shape [...].
    shadow_db : array_like
        Further loss [dB], shape [...].

    Returns
    -------
    float or ndarray
        [dB], shape [...].

    Raises
    ------
    BoundError
        A loss that is not finite.

    References
    ----------
    See :mod:`.propagation`.
    """
    noise = noise_dbm(radio.width, radio.noise_figure_db)
    return plain(np.asarray(signal_dbm(radio.tx_dbm, loss_db, radio.gain_db, shadow_db)) - noise)


def rate_table(radio: Radio, fade_margin_db: float = 0.0, stations: int = 1) -> RateTable:
    """Compute the TCP goodput of one of several equal stations for every mean SNR.

    A rate is used from its threshold plus the fade margin on; within ``edge_db`` of the lowest, goodput is
    multiplied by ``1 - edge_loss``; below the sensitivity, which no margin moves, it is 0. Each of n stations
    gets ``C_tcp(n) / n`` of the whole. The table rises: a rate that would give less than a lower one is never
    chosen.

    Parameters
    ----------
    radio : Radio
        The link.
    fade_margin_db : float
        What fast fading takes off the mean SNR [dB], from the catalog: small for a fixed client in sight,
        larger for one that moves.
    stations : int
        Equal stations, this one included.

    Returns
    -------
    RateTable
        At most one step for each rate, and one for the edge.

    Raises
    ------
    BoundError
        A negative margin or less than one station.

    References
    ----------
    See :mod:`.mac` and :mod:`.contention`.
    """
    usable = usable_mcs(radio.standard, radio.width, radio.spatial_streams)
    best = _best(
        radio.standard, radio.width, radio.spatial_streams, radio.short_guard,
        radio.a_max, radio.collision_factor,
    )  # fmt: skip
    levels = np.asarray(radio.thresholds_db, np.float64)[usable]
    clear = levels[0] + radio.edge_db
    steps = np.array(sorted({*levels.tolist(), float(clear)}))
    rates = best[mcs_at(steps, levels)] * np.where(steps < clear, 1 - radio.edge_loss, 1.0)
    lost = radio.sensitivity_dbm - float(noise_dbm(radio.width, radio.noise_figure_db))
    shifted = np.maximum(steps + within(fade_margin_db, "fade_margin_db", 0), lost)
    count = float(within(stations, "stations", 1))
    share = float(tcp_sharing(count, radio.contention_slope, radio.contention_floor)) / count
    return RateTable(shifted, np.concatenate([np.zeros(1), rates * share]))


# Thresholds, noise and margins move the steps of a table and not their heights, which take most of its time.
@lru_cache(maxsize=64)
def _best(
    standard: str, width: float, spatial_streams: int, short_guard: bool, a_max: int, collision_factor: float
) -> NDArray[np.float64]:
    """TCP goodput alone at each usable rate, or at a lower one that gives more [bytes/s], shape [rates]."""
    usable = usable_mcs(standard, width, spatial_streams)
    alone = tcp_goodput(
        standard, usable, width, spatial_streams, short_guard,
        a_max=a_max, collision_factor=collision_factor,
    )  # fmt: skip
    best = np.maximum.accumulate(np.asarray(alone))
    best.flags.writeable = False
    return best


def goodput_at(snr_db: ArrayLike, table: RateTable) -> Values:
    """Look up the goodput at a mean SNR, or at every step of a fading series.

    Parameters
    ----------
    snr_db : array_like
        Mean SNR plus slow fading, before the fade margin [dB], shape [...].
    table : RateTable
        From :func:`rate_table`.

    Returns
    -------
    float or ndarray
        [bytes/s], 0 where the link is lost, shape [...].

    Raises
    ------
    BoundError
        An SNR that is not finite.
    """
    found = np.searchsorted(table.snr_db, within(snr_db, "snr_db"), side="right")
    return plain(np.asarray(table.rates[found]))


def goodput(
    distance: ArrayLike,
    radio: Radio,
    *,
    exponent: ArrayLike,
    fade_margin_db: float = 0.0,
    shadow_db: ArrayLike = 0.0,
    stations: int = 1,
) -> Values:
    """TCP goodput of one station at a distance, by the log-distance loss.

    For another law of loss: ``goodput_at(mean_snr_db(radio, loss_db), rate_table(radio, ...))``.

    Parameters
    ----------
    distance : array_like
        [m], shape [...].
    radio : Radio
        The link.
    exponent : array_like
        Power of the distance [1], shape [...].
    fade_margin_db : float
        As in :func:`rate_table` [dB].
    shadow_db : array_like
        Further loss [dB], shape [...].
    stations : int
        Equal stations, this one included.

    Returns
    -------
    float or ndarray
        [bytes/s], 0 where the link is lost, shape [...].

    Raises
    ------
    BoundError
        A negative distance, exponent or margin, less than one station.

    References
    ----------
    See :mod:`.propagation`, :mod:`.mac` and :mod:`.contention`.

    Examples
    --------
    >>> radio = Radio(
    ...     standard="ac", frequency=5.18e9, width=80e6, spatial_streams=2, short_guard=True,
    ...     thresholds_db=(2, 5, 9, 11, 15, 18, 20, 25, 29, 31), edge_db=3, edge_loss=0.5,
    ...     sensitivity_dbm=-82, tx_dbm=16, noise_figure_db=7, collision_factor=0.965,
    ...     contention_slope=0.05, contention_floor=0.82,
    ... )
    >>> near, far = goodput([10.0, 40.0], radio, exponent=3.5, fade_margin_db=7)
    >>> f"{near / 1e6:.1f} MB/s, {far / 1e6:.1f} MB/s"
    '33.9 MB/s, 0.0 MB/s'
    """
    loss = log_distance_loss_db(distance, radio.frequency, exponent)
    return goodput_at(mean_snr_db(radio, loss, shadow_db), rate_table(radio, fade_margin_db, stations))
