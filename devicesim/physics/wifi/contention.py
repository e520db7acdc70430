"""Several stations on one channel: what each gets of the medium.

Model
    Bianchi's chain for saturated stations of equal frames: a station transmits in a slot with probability
    ``tau`` and collides with probability ``p``, tied by one fixed point; the throughput is payload a renewal
    slot. For aggregates the chain is replaced by a measured decline with the number of stations. Stations of
    unequal rates get equal numbers of frames, so each gets the harmonic combination of all rates.
Scope and limits
    Ideal channel, no hidden stations, no capture, all stations saturated. With the frame times of aggregates
    Bianchi's model is good up to five stations and 14-30 % optimistic at 10-20: use :func:`udp_sharing` and
    :func:`tcp_sharing` there, with figures from the catalog.
Sources
    G. Bianchi, "Performance analysis of the IEEE 802.11 distributed coordination function", IEEE JSAC 18(3),
    2000. M. Heusse, F. Rousseau, G. Berger-Sabbatel, A. Duda, "Performance anomaly of 802.11b", INFOCOM 2003.
Checked against
    The table for EIFS in ns-3's ``wifi-bianchi.cc``: 11a at 6, 12 and 24 Mbit/s with 5 to 50 stations within
    2.7 %. Bianchi's own 1 Mbit/s parameters, as regression values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require
from devicesim.physics.wifi.arrays import Values, plain, within
from devicesim.physics.wifi.mac import ACCESS, response_duration
from devicesim.physics.wifi.phy import ppdu_duration

_HALVINGS = 60  # a bracket of at most 1 shrinks below the spacing of doubles
_RTS, _CTS = 20, 14  # [bytes], IEEE 802.11-2016, 9.3.1.2 and 9.3.1.3


class Attempt(NamedTuple):
    """Fixed point of the backoff chain.

    Attributes
    ----------
    transmission : float or ndarray
        ``tau``, the probability that a station transmits in a slot.
    collision : float or ndarray
        ``p``, the probability that such a transmission collides.
    """

    transmission: Values
    collision: Values


def attempt(stations: ArrayLike, window: int = 16, stages: int = 6) -> Attempt:
    """Solve Bianchi's fixed point.

    ``tau = 2 / (1 + W + p W sum_{i<m} (2 p)^i)`` and ``p = 1 - (1 - tau)^(n - 1)``. The first falls with p
    and the second rises with tau, so there is one solution; halving its bracket a fixed number of times
    finds it. The sum is the usual quotient without its gap at ``p = 1/2``.

    Parameters
    ----------
    stations : array_like
        Saturated stations n >= 1, shape [...].
    window : int
        Slots of the first contention window W.
    stages : int
        Doublings of the window m.

    Returns
    -------
    Attempt
        ``(tau, p)`` [1], each of shape [...].

    Raises
    ------
    BoundError
        Less than one station or slot, or negative stages.

    References
    ----------
    Bianchi 2000, equations 7 and 9.

    Examples
    --------
    A lone station never collides: ``tau = 2 / (W + 1)``.

    >>> alone = attempt(1, window=31)
    >>> f"{alone.transmission:.4f} {alone.collision:.4f}"
    '0.0625 0.0000'
    """
    others = within(stations, "stations", 1) - 1
    size, doublings = float(within(window, "window", 1)), int(within(stages, "stages", 0))
    low, high = np.zeros(others.shape), np.full(others.shape, 2 / (size + 1))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        collision = 1 - (1 - middle) ** others
        growth = sum(((2 * collision) ** i for i in range(doublings)), start=np.zeros(others.shape))
        below = middle <= 2 / (1 + size + collision * size * growth)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    tau = (low + high) / 2
    return Attempt(plain(tau), plain(1 - (1 - tau) ** others))


def saturation_throughput(
    stations: ArrayLike,
    payload: ArrayLike,
    success: ArrayLike,
    collision: ArrayLike,
    slot: float,
    window: int = 16,
    stages: int = 6,
) -> Values:
    """Payload that all stations together carry, in the unit of ``payload`` a second.

    ``S = P_s P_tr E[P] / ((1 - P_tr) slot + P_tr P_s T_s + P_tr (1 - P_s) T_c)``, with
    ``P_tr = 1 - (1 - tau)^n`` and ``P_s = n tau (1 - tau)^(n - 1) / P_tr``.

    Parameters
    ----------
    stations : array_like
        Saturated stations, shape [...].
    payload : array_like
        Payload of a frame [bytes], or its time [s] for the share of the channel, shape [...].
    success, collision : array_like
        Time that a successful exchange and a collision occupy, the wait after them included [s], shape [...].
    slot : float
        Idle slot [s].
    window, stages : int
        As in :func:`attempt`.

    Returns
    -------
    float or ndarray
        [bytes/s], shape [...].

    Raises
    ------
    BoundError
        A time or payload that is not positive, or as in :func:`attempt`.

    References
    ----------
    Bianchi 2000, equation 13.

    Examples
    --------
    >>> f"{saturation_throughput(1, 1000, 1e-3, 1e-3, 1e-5, window=1) / 1e6:.3f} MB/s"
    '1.000 MB/s'
    """
    number, load = within(stations, "stations", 1), within(payload, "payload", 0, open_low=True)
    busy = within(success, "success", 0, open_low=True)
    lost, idle = within(collision, "collision", 0, open_low=True), within(slot, "slot", 0, open_low=True)
    tau = np.asarray(attempt(number, window, stages).transmission)
    silent = (1 - tau) ** number
    alone = number * tau * (1 - tau) ** (number - 1)
    return plain(alone * load / (silent * idle + alone * busy + (1 - silent - alone) * lost))


def dcf_throughput(
    standard: str,
    mcs: ArrayLike,
    stations: ArrayLike,
    *,
    payload: float = 1500,
    overhead: float = 36,
    exchange: str = "eifs",
) -> Values:
    """Payload that saturated stations of b, a or g carry together, by Bianchi's model.

    A success takes ``T_data + SIFS + T_ack + DIFS``. A collision takes ``T_data`` and, by ``exchange``,
    DIFS (``basic``) or EIFS = SIFS + T_ack at the lowest rate + DIFS (``eifs``). With ``rts`` a success is
    preceded by ``T_rts + SIFS + T_cts + SIFS`` and a collision takes ``T_rts + DIFS``.

    Parameters
    ----------
    standard : str
        ``b``, ``a`` or ``g``.
    mcs : array_like of int
        Index of the rate, shape [...].
    stations : array_like
        Saturated stations, shape [...].
    payload, overhead : float
        What counts, and the headers and check sequence around it [bytes].
    exchange : str
        ``basic``, ``eifs`` or ``rts``.

    Returns
    -------
    float or ndarray
        [bytes/s] of all stations together, shape [...].

    Raises
    ------
    BoundError
        Another standard or exchange, no such rate, less than one station.

    References
    ----------
    Bianchi 2000, equations 14 and 17; IEEE Std 802.11-2016, 10.3.2.3.7 (EIFS).

    Examples
    --------
    >>> each = dcf_throughput("a", 0, [1, 10])
    >>> f"{each[0] * 8e-6:.2f} and {each[1] * 8e-6:.2f} Mbit/s"
    '5.37 and 4.27 Mbit/s'
    """
    require(standard in ("b", "a", "g"), "standard", "one of b, a, g", standard)
    require(exchange in ("basic", "eifs", "rts"), "exchange", "one of basic, eifs, rts", exchange)
    access, extra = ACCESS[standard], within(overhead, "overhead", 0)
    data = np.asarray(ppdu_duration(standard, mcs, payload + extra))
    success = data + access.sifs + response_duration(standard, mcs) + access.difs
    collision = data + access.difs
    if exchange == "eifs":
        collision = collision + access.sifs + response_duration(standard, 0)
    if exchange == "rts":
        rts, cts = (np.asarray(response_duration(standard, mcs, size)) for size in (_RTS, _CTS))
        success, collision = success + rts + cts + 2 * access.sifs, rts + access.difs
    return saturation_throughput(
        stations, payload, success, collision, access.slot, access.window, access.stages
    )


def udp_sharing(stations: ArrayLike, slope: float) -> Values:
    """Share of one station's aggregate UDP goodput that n saturated stations carry together.

    ``C(n) = 1 / (1 + slope * (n - 1))``.

    Parameters
    ----------
    stations : array_like
        Saturated stations, shape [...].
    slope : float
        Loss of each further station [1], from the catalog.

    Returns
    -------
    float or ndarray
        In (0, 1], shape [...].

    Raises
    ------
    BoundError
        Less than one station or a negative slope.

    References
    ----------
    A fit to ns-3 runs of 1 to 20 stations; see the tests.

    Examples
    --------
    >>> udp_sharing([1, 5], slope=0.05).round(3).tolist()
    [1.0, 0.833]
    """
    further = within(stations, "stations", 1) - 1
    return plain(1 / (1 + within(slope, "slope", 0) * further))


def tcp_sharing(stations: ArrayLike, slope: float, floor: float) -> Values:
    """Share of one station's TCP goodput that n stations carry together: ``max(floor, C_udp(n))``.

    TCP waits for its acknowledgements, so few stations contend at any moment and the decline ends.

    Parameters
    ----------
    stations : array_like
        Stations with a TCP transfer, shape [...].
    slope, floor : float
        Loss of each further station, and the least share [1], from the catalog.

    Returns
    -------
    float or ndarray
        In (0, 1], shape [...].

    Raises
    ------
    BoundError
        As in :func:`udp_sharing`, or a floor outside [0, 1].

    References
    ----------
    A fit to ns-3 runs of 1 to 20 stations; see the tests.

    Examples
    --------
    >>> tcp_sharing([1, 3, 20], slope=0.05, floor=0.82).round(3).tolist()
    [1.0, 0.909, 0.82]
    """
    return plain(np.maximum(within(floor, "floor", 0, 1), np.asarray(udp_sharing(stations, slope))))


def equal_frames_rate(rates: ArrayLike) -> Values:
    """Rate of each of several stations that send equal frames in turn: ``1 / sum_i (1 / R_i)``.

    One slow station holds the medium longest, and all others come down to its pace.

    Parameters
    ----------
    rates : array_like
        What each station would get alone [bytes/s], shape [..., stations].

    Returns
    -------
    float or ndarray
        What every one of them gets [bytes/s], shape [...].

    Raises
    ------
    BoundError
        A rate that is not positive, or no station; a station without a link does not contend: leave it out.

    References
    ----------
    Heusse et al. 2003.

    Examples
    --------
    >>> equal_frames_rate([30e6, 30e6, 5e6])
    3750000.0
    """
    alone = _rates(rates)
    return plain(np.asarray(1 / (1 / alone).sum(axis=-1)))


def airtime_shares(rates: ArrayLike) -> NDArray[np.float64]:
    """Share of the air time that each station takes under equal frames; they add up to 1.

    Parameters
    ----------
    rates : array_like
        What each station would get alone [bytes/s], shape [..., stations].

    Returns
    -------
    ndarray
        [1], shape [..., stations].

    Raises
    ------
    BoundError
        As in :func:`equal_frames_rate`.

    References
    ----------
    Heusse et al. 2003.

    Examples
    --------
    >>> airtime_shares([30e6, 30e6, 5e6]).tolist()
    [0.125, 0.125, 0.75]
    """
    alone = _rates(rates)
    return np.asarray(np.asarray(equal_frames_rate(alone))[..., None] / alone)


def _rates(rates: ArrayLike) -> NDArray[np.float64]:
    alone = np.atleast_1d(within(rates, "rates", 0, open_low=True))
    require(alone.shape[-1] > 0, "rates", "one or more", alone.shape[-1])
    return alone
