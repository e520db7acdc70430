"""Goodput of one station: what the medium access of 802.11 leaves of the physical rate.

Model
    One exchange is access (AIFS or DIFS and the mean backoff), the data frame, SIFS and the response. n and
    ac send an aggregate of as many datagrams as fit and get one block acknowledgement; a, b and g send one
    datagram and get one acknowledgement. TCP adds its own acknowledgements, one for two segments, which
    contend for the medium as a second station would.
Scope and limits
    One saturated station and its access point, IPv4 without options, TCP with timestamps, best-effort
    access, no RTS/CTS, no protection of older stations. A backlog always fills the aggregate: a sender with
    a smaller window does worse. Times are those of 5 GHz; at 2.4 GHz SIFS is 6 us shorter and every OFDM
    frame carries 6 us of signal extension, which comes to the same.
Sources
    IEEE Std 802.11-2016, 9.3 (frame formats), 9.7 (A-MPDU), 10.3 and 10.22 (DCF and EDCA), 10.7 (rate of a
    response).
Checked against
    ns-3 3.44, one station at 1 m, short guard interval, aggregates up to 65,535 bytes: UDP within 0.6 %, TCP
    within 2.1 % with ``collision_factor=0.965`` on the rows of the test.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.physics.wifi.arrays import Values, plain, within
from devicesim.physics.wifi.phy import ppdu_duration, rate_count


class Access(NamedTuple):
    """How a station gets the medium.

    Attributes
    ----------
    slot, sifs, difs : float
        Slot, short interframe space and the wait before the backoff (AIFS of best effort for n and ac) [s].
    window : int
        Slots of the first contention window, ``CWmin + 1``.
    stages : int
        Doublings of the window up to ``CWmax = 1023``.
    """

    slot: float
    sifs: float
    difs: float
    window: int
    stages: int


_OFDM = Access(slot=9e-6, sifs=16e-6, difs=34e-6, window=16, stages=6)  # 17.4.4
_EDCA = Access(slot=9e-6, sifs=16e-6, difs=43e-6, window=16, stages=6)  # AIFSN 3 of best effort, 9.4.2.29
ACCESS = {
    "b": Access(slot=20e-6, sifs=10e-6, difs=50e-6, window=32, stages=5),  # 16.3
    "a": _OFDM, "g": _OFDM, "n": _EDCA, "ac": _EDCA,
}  # fmt: skip

_ACK, _BLOCK_ACK = 14, 32  # [bytes], 9.3.1.4 and 9.3.1.9 (compressed)
_LLC, _HEADER, _QOS_HEADER, _CHECK, _DELIMITER = 8, 24, 26, 4, 4  # [bytes], 9.2.3 and 9.7.1
_UDP_HEADERS, _TCP_HEADERS = 28, 52  # [bytes], RFC 791 with RFC 768, and with RFC 9293 and RFC 7323
_MOST_FRAMES = 64  # window of a compressed block acknowledgement, 9.3.1.9
_LONGEST = 5.484e-3  # aPPDUMaxTime [s], 19.4.4 and 21.4.4
_A_MAX = {"n": 65535, "ac": 1048575}  # longest aggregate [bytes], 9.4.2.56 and 9.4.2.158
# Rate of a response, as an index into the a and g rates: 6, 12 or 24 Mbit/s, the highest mandatory rate not
# above that of the frame (10.7). DSSS answers at 1 or 2 Mbit/s, the rates that every station hears.
_RESPONSE = {
    "b": np.array([0, 1, 1, 1]),
    "a": np.array([0, 0, 2, 2, 4, 4, 4, 4]),
    "g": np.array([0, 0, 2, 2, 4, 4, 4, 4]),
    "n": np.array([0, 2, 2, 4, 4, 4, 4, 4]),
    "ac": np.array([0, 2, 2, 4, 4, 4, 4, 4, 4, 4]),
}


def response_duration(standard: str, mcs: ArrayLike, size: ArrayLike = _ACK) -> Values:
    """Time on the air of a control frame that answers a data frame.

    Parameters
    ----------
    standard : str
        One of ``b``, ``a``, ``g``, ``n``, ``ac``.
    mcs : array_like of int
        Rate of the data frame, shape [...].
    size : array_like
        Control frame [bytes], shape [...]: 14 an acknowledgement or CTS, 20 an RTS, 32 a block
        acknowledgement.

    Returns
    -------
    float or ndarray
        [s], shape [...].

    Raises
    ------
    BoundError
        No such rate, or a negative size.

    References
    ----------
    IEEE Std 802.11-2016, 10.7 (multirate support).

    Examples
    --------
    >>> response_duration("ac", 7, 32)
    3.2e-05
    """
    last = rate_count(standard) - 1
    index = within(mcs, "mcs", 0, last).astype(np.int64)
    return ppdu_duration("b" if standard == "b" else "a", _RESPONSE[standard][index], size)


def subframe_size(datagram: ArrayLike) -> Values:
    """Octets that one IP datagram takes in an aggregate.

    ``4 * ceil((m + LLC 8 + QoS header 26 + check 4 + delimiter 4) / 4)``.

    Parameters
    ----------
    datagram : array_like
        IP datagram [bytes], shape [...].

    Returns
    -------
    float or ndarray
        [bytes], shape [...].

    Raises
    ------
    BoundError
        A negative size.

    References
    ----------
    IEEE Std 802.11-2016, 9.7.1.

    Examples
    --------
    >>> subframe_size(1500)
    1544.0
    """
    octets = within(datagram, "datagram", 0)
    return plain(4 * np.ceil((octets + _LLC + _QOS_HEADER + _CHECK + _DELIMITER) / 4))


def aggregate_count(
    standard: str,
    mcs: ArrayLike,
    width: ArrayLike = 20e6,
    spatial_streams: ArrayLike = 1,
    short_guard: ArrayLike = False,
    *,
    datagram: float = 1500,
    a_max: int = 65535,
) -> Values:
    """Datagrams that fit one aggregate.

    The largest ``k <= 64`` with ``k * sub(m) <= a_max`` and an aggregate not longer than 5.484 ms.

    Parameters
    ----------
    standard : str
        ``n`` or ``ac``; 1 for the others, which do not aggregate.
    mcs, width, spatial_streams, short_guard
        As in :func:`~devicesim.physics.wifi.phy.phy_mbps`, shape [...].
    datagram : float
        IP datagram [bytes].
    a_max : int
        Longest aggregate that the receiver takes [bytes]: up to 65,535 for n, up to 1,048,575 for ac.

    Returns
    -------
    float or ndarray
        Whole numbers >= 1, shape [...].

    Raises
    ------
    BoundError
        ``a_max`` is more than the standard allows or less than one subframe.

    References
    ----------
    IEEE Std 802.11-2016, 9.3.1.9, 9.7.3, 10.13.

    Examples
    --------
    >>> aggregate_count("ac", 9, 80e6, 1, True), aggregate_count("ac", 9, 80e6, 1, True, a_max=1048575)
    (42.0, 64.0)
    """
    shape = np.broadcast(mcs, width, spatial_streams, short_guard).shape
    if standard not in _A_MAX:
        within(mcs, "mcs", 0, rate_count(standard) - 1)
        return plain(np.ones(shape))
    octets = float(subframe_size(datagram))
    within(a_max, "a_max", octets, _A_MAX[standard])
    counts = np.arange(1, min(_MOST_FRAMES, int(a_max // octets)) + 1)
    last_axis = [np.asarray(each)[..., None] for each in (mcs, width, spatial_streams, short_guard)]
    durations = ppdu_duration(standard, last_axis[0], counts * octets, *last_axis[1:])
    fits = np.asarray(durations) <= _LONGEST * (1 + 1e-12)
    return plain(np.maximum(fits.sum(axis=-1), 1).astype(np.float64))


def residual_loss(mpdu_loss: ArrayLike, attempts: int = 7) -> Values:
    """Share of frames that TCP sees lost, after the retries of the link: ``p ** attempts``.

    Below 1e-4 the retries hide the loss from TCP, and its only cost is the air time of the repeats.

    Parameters
    ----------
    mpdu_loss : array_like
        Loss of one try [1], shape [...].
    attempts : int
        Tries of a frame.

    Returns
    -------
    float or ndarray
        [1], shape [...].

    Raises
    ------
    BoundError
        A loss outside [0, 1], or no attempt.

    References
    ----------
    IEEE Std 802.11-2016, 10.3.4.4 (retry limits).

    Examples
    --------
    >>> f"{residual_loss(0.1):.1e}"
    '1.0e-07'
    """
    return plain(within(mpdu_loss, "mpdu_loss", 0, 1) ** within(attempts, "attempts", 1))


def _bursts(
    standard: str, mode: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike], datagram: float, a_max: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Datagrams in a data frame, and the times of that frame, of the frame of its TCP acks, of a response."""
    mcs, *rest = mode
    count = np.asarray(aggregate_count(standard, mcs, *rest, datagram=datagram, a_max=a_max))
    if standard in _A_MAX:
        sizes = count * subframe_size(datagram), count / 2 * subframe_size(_TCP_HEADERS)
        response = response_duration(standard, mcs, _BLOCK_ACK)
    else:
        frame = _LLC + _HEADER + _CHECK
        sizes = count * (datagram + frame), count * (_TCP_HEADERS + frame)
        response = response_duration(standard, mcs, _ACK)
    data, acks = (np.asarray(ppdu_duration(standard, mcs, size, *rest)) for size in sizes)
    return count, data, acks, np.asarray(response)


def udp_goodput(
    standard: str,
    mcs: ArrayLike,
    width: ArrayLike = 20e6,
    spatial_streams: ArrayLike = 1,
    short_guard: ArrayLike = False,
    *,
    datagram: float = 1500,
    a_max: int = 65535,
    mpdu_loss: ArrayLike = 0.0,
) -> Values:
    """UDP payload a second of one saturated station.

    ``N * payload * (1 - p) / (AIFS + CW/2 * slot + T_ppdu + SIFS + T_response)``, N = 1 without aggregation.

    Parameters
    ----------
    standard, mcs, width, spatial_streams, short_guard
        As in :func:`~devicesim.physics.wifi.phy.phy_mbps`, shape [...].
    datagram : float
        IP datagram [bytes]; the payload is 28 less.
    a_max : int
        Longest aggregate [bytes].
    mpdu_loss : array_like
        Share of the frames that must be sent again [1], shape [...].

    Returns
    -------
    float or ndarray
        [bytes/s], shape [...].

    Raises
    ------
    BoundError
        An undefined rate, a datagram without payload, a loss outside [0, 1].

    References
    ----------
    IEEE Std 802.11-2016, 10.3 and 10.22.

    Examples
    --------
    >>> f"{udp_goodput('ac', 9, 80e6, 1, True) * 8e-6:.0f} Mbit/s of 433"
    '354 Mbit/s of 433'
    """
    payload = within(datagram, "datagram", _UDP_HEADERS, open_low=True) - _UDP_HEADERS
    kept = 1 - within(mpdu_loss, "mpdu_loss", 0, 1)
    count, data, _, response = _bursts(standard, (mcs, width, spatial_streams, short_guard), datagram, a_max)
    access = ACCESS[standard]
    waits = access.difs + access.slot * (access.window - 1) / 2 + access.sifs
    return plain(count * payload * kept / (waits + data + response))


def tcp_goodput(
    standard: str,
    mcs: ArrayLike,
    width: ArrayLike = 20e6,
    spatial_streams: ArrayLike = 1,
    short_guard: ArrayLike = False,
    *,
    datagram: float = 1500,
    a_max: int = 65535,
    mpdu_loss: ArrayLike = 0.0,
    collision_factor: float = 1.0,
) -> Values:
    """TCP payload a second of one saturated station.

    A data frame and the frame of its TCP acknowledgements take turns; either turn waits for the smaller of
    two backoffs, on average ``E2 = (W - 1)(2 W - 1) / (6 W)`` slots. With aggregates of N segments the
    acknowledgements are N/2 in one aggregate; without, one acknowledgement frame follows every second
    segment::

        f * (1 - p) * N * payload / (2 * turn + T_ppdu(N segments) + T_ppdu(N/2 acks))
        turn = AIFS + E2 * slot + SIFS + T_response

    Parameters
    ----------
    standard, mcs, width, spatial_streams, short_guard
        As in :func:`~devicesim.physics.wifi.phy.phy_mbps`, shape [...].
    datagram : float
        IP datagram [bytes]; the payload is 52 less.
    a_max : int
        Longest aggregate [bytes].
    mpdu_loss : array_like
        Share of the frames that must be sent again [1], shape [...].
    collision_factor : float
        What collisions of data with acknowledgements leave [1]: 1 counts none, a fitted figure belongs to
        the catalog.

    Returns
    -------
    float or ndarray
        [bytes/s], shape [...].

    Raises
    ------
    BoundError
        An undefined rate, a datagram without payload, a loss or factor outside [0, 1].

    References
    ----------
    IEEE Std 802.11-2016, 10.3 and 10.22; RFC 9293, 3.8.6.3 (an acknowledgement for every second segment).

    Examples
    --------
    >>> f"{tcp_goodput('ac', 9, 80e6, 1, True, collision_factor=0.965) * 8e-6:.0f} Mbit/s of 433"
    '295 Mbit/s of 433'
    """
    payload = within(datagram, "datagram", _TCP_HEADERS, open_low=True) - _TCP_HEADERS
    kept = (1 - within(mpdu_loss, "mpdu_loss", 0, 1)) * within(collision_factor, "collision_factor", 0, 1)
    count, data, acks, response = _bursts(
        standard, (mcs, width, spatial_streams, short_guard), datagram, a_max
    )
    access = ACCESS[standard]
    slots = (access.window - 1) * (2 * access.window - 1) / (6 * access.window)
    turn = access.difs + access.slot * slots + access.sifs + response
    ack_turns = 1.0 if standard in _A_MAX else 0.5
    return plain(count * payload * kept / (turn + data + ack_turns * (turn + acks)))
