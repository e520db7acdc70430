"""Rates and durations of 802.11 b, a, g, n and ac frames on the air.

Model
    OFDM: ``R = N_SS * N_SD * N_BPSCS * CR / T_sym``, a whole number of symbols a frame; DSSS/CCK: a preamble
    and the octets at their rate.
Scope and limits
    Mixed-format HT and VHT preambles, one BCC encoder (six tail bits), long DSSS preamble, equal modulation
    on all streams, no space-time coding. HT MCS are numbered 0-7 with the number of streams beside them.
    For 2.4 GHz OFDM the 6 us signal extension is counted as part of SIFS (see :mod:`.mac`), not here.
Sources
    IEEE Std 802.11-2016, clauses 15 and 16 (DSSS, HR/DSSS), 17 (OFDM), 18 (ERP), 19 (HT), 21 (VHT) with the
    rate tables of 19.5 and 21.5.
Checked against
    The rates printed in those tables, exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require
from devicesim.physics.wifi.arrays import Values, plain, within

STANDARDS = ("b", "a", "g", "n", "ac")

_DSSS_MBPS = np.array([1.0, 2.0, 5.5, 11.0])  # IEEE 802.11-2016, 16.2.3.4
# Coded bits per subcarrier, and the code rate as numerator and denominator.
_LEGACY = np.array(
    [(1, 1, 2), (1, 3, 4), (2, 1, 2), (2, 3, 4), (4, 1, 2), (4, 3, 4), (6, 2, 3), (6, 3, 4)]
)  # IEEE 802.11-2016, 17.3.2.2
_HIGH = np.array(
    [(1, 1, 2), (2, 1, 2), (2, 3, 4), (4, 1, 2), (4, 3, 4), (6, 2, 3), (6, 3, 4), (6, 5, 6)]
)  # IEEE 802.11-2016, 19.5
_VERY_HIGH = np.concatenate([_HIGH, [(8, 3, 4), (8, 5, 6)]])  # 21.5
_MODULATION = {"a": _LEGACY, "g": _LEGACY, "n": _HIGH, "ac": _VERY_HIGH}
_SUBCARRIERS = {  # data subcarriers by channel width [MHz]
    "a": {20: 48}, "g": {20: 48}, "n": {20: 52, 40: 108}, "ac": {20: 52, 40: 108, 80: 234, 160: 468},
}  # fmt: skip
_STREAMS = {"b": 1, "a": 1, "g": 1, "n": 4, "ac": 8}
# Width [MHz] and MCS that 802.11ac leaves out at some numbers of streams (the tables of 21.5).
_LEFT_OUT = {(20, 9): (1, 2, 4, 5, 7, 8), (80, 6): (3, 7), (80, 9): (6,), (160, 9): (3,)}
_LONG_TRAINING = np.array([1, 2, 4, 4, 6, 6, 8, 8])  # HT- and VHT-LTF symbols by streams, 21.3.8
_SERVICE_AND_TAIL = 22  # [bit], 17.3.5.3


def rate_count(standard: str) -> int:
    """Number of rates of a standard: ``mcs`` runs from 0 to one less.

    Parameters
    ----------
    standard : str
        One of ``b``, ``a``, ``g``, ``n``, ``ac``.

    Raises
    ------
    BoundError
        Another standard.

    Examples
    --------
    >>> rate_count("ac")
    10
    """
    require(standard in STANDARDS, "standard", f"one of {', '.join(STANDARDS)}", standard)
    return len(_DSSS_MBPS) if standard == "b" else len(_MODULATION[standard])


def _together(mcs: ArrayLike, width: ArrayLike, spatial_streams: ArrayLike) -> list[NDArray[np.float64]]:
    """Rate index, width [MHz] and streams as arrays of one shape."""
    mega = np.asarray(width, np.float64) / 1e6
    return list(
        np.broadcast_arrays(np.asarray(mcs, np.float64), mega, np.asarray(spatial_streams, np.float64))
    )


def _among(values: NDArray[np.float64], choices: ArrayLike) -> NDArray[np.bool_]:
    """Tell which values are among a few choices; np.isin would sort both, which takes longer than that."""
    return np.asarray((values[..., None] == np.asarray(choices)).any(axis=-1))


def exists(
    standard: str, mcs: ArrayLike, width: ArrayLike = 20e6, spatial_streams: ArrayLike = 1
) -> NDArray[np.bool_]:
    """Tell which combinations the standard defines.

    Parameters
    ----------
    standard : str
        One of ``b``, ``a``, ``g``, ``n``, ``ac``.
    mcs : array_like of int
        Index of the rate; for b, a and g the position in the list of rates.
    width : array_like
        Channel width [Hz]; a DSSS channel counts as 20 MHz.
    spatial_streams : array_like of int
        Number of streams.

    Returns
    -------
    ndarray of bool
        Of the arguments' common shape.

    Examples
    --------
    >>> exists("ac", 9, 20e6, [1, 2, 3]).tolist()
    [False, False, True]
    """
    index, mega, streams = _together(mcs, width, spatial_streams)
    widths = list(_SUBCARRIERS.get(standard, {20: 0}))
    found = _among(index, np.arange(rate_count(standard))) & _among(mega, widths)
    found &= _among(streams, np.arange(1, _STREAMS[standard] + 1))
    if standard == "ac":
        for (hole_width, hole_mcs), hole_streams in _LEFT_OUT.items():
            found &= ~((mega == hole_width) & (index == hole_mcs) & _among(streams, hole_streams))
    return np.asarray(found)


def usable_mcs(standard: str, width: float, spatial_streams: int) -> NDArray[np.int64]:
    """Indices of the rates that the standard defines at a width and number of streams, ascending.

    Parameters
    ----------
    standard : str
        One of ``b``, ``a``, ``g``, ``n``, ``ac``.
    width : float
        Channel width [Hz].
    spatial_streams : int
        Number of streams.

    Returns
    -------
    ndarray of int
        Shape [rates].

    Raises
    ------
    BoundError
        No rate at that width and number of streams.

    Examples
    --------
    >>> usable_mcs("ac", 20e6, 1)
    array([0, 1, 2, 3, 4, 5, 6, 7, 8])
    """
    indices = np.arange(rate_count(standard))
    found = indices[exists(standard, indices, width, spatial_streams)]
    need = f"a channel of 802.11{standard} with its width and number of streams"
    require(found.size > 0, "width and spatial_streams", need, f"{width:g} Hz and {spatial_streams}")
    return found


def _checked(
    standard: str, mcs: ArrayLike, width: ArrayLike, spatial_streams: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    index, mega, streams = _together(mcs, width, spatial_streams)
    last, widest = rate_count(standard) - 1, list(_SUBCARRIERS.get(standard, {20: 0}))
    name = f"802.11{standard}"
    require(_among(index, np.arange(last + 1)), "mcs", f"a whole number in [0, {last}] for {name}", index)
    require(_among(mega, widest), "width", f"one of {widest} MHz for {name}", mega * 1e6)
    most = _STREAMS[standard]
    require(_among(streams, np.arange(1, most + 1)), "spatial_streams", f"in [1, {most}] for {name}", streams)
    defined = exists(standard, index, width, streams)
    require(defined, "mcs", f"defined by {name} at this width and number of streams", index)
    return index.astype(np.int64), mega.astype(np.int64), streams.astype(np.int64)


def _symbol(
    standard: str, mcs: ArrayLike, width: ArrayLike, spatial_streams: ArrayLike, short_guard: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Data bits of an OFDM symbol, and its duration in tenths of a microsecond, as whole numbers."""
    index, mega, streams = _checked(standard, mcs, width, spatial_streams)
    short = np.asarray(short_guard, dtype=bool)
    require(
        not short.any() or standard in ("n", "ac"), "short_guard", f"False for 802.11{standard}", short_guard
    )
    bits, over, under = np.moveaxis(_MODULATION[standard][index], -1, 0)
    carriers = sum(np.where(mega == at, count, 0) for at, count in _SUBCARRIERS[standard].items())
    data_bits, tenths = np.broadcast_arrays(
        streams * carriers * bits * over // under, np.where(short, 36, 40)
    )
    return data_bits, tenths


def phy_mbps(
    standard: str,
    mcs: ArrayLike,
    width: ArrayLike = 20e6,
    spatial_streams: ArrayLike = 1,
    short_guard: ArrayLike = False,
) -> Values:
    """Nominal rate of the physical layer.

    ``R = N_SS * N_SD * N_BPSCS * CR / T_sym``, with a symbol of 4.0 us, or 3.6 us with the short guard
    interval.

    Parameters
    ----------
    standard : str
        One of ``b``, ``a``, ``g``, ``n``, ``ac``.
    mcs : array_like of int
        Index of the rate, shape [...]; for b 1, 2, 5.5, 11, for a and g 6, 9, 12, 18, 24, 36, 48, 54 Mbit/s.
    width : array_like
        Channel width [Hz], shape [...].
    spatial_streams : array_like of int
        Number of streams, shape [...].
    short_guard : array_like of bool
        Whether the guard interval is 0.4 us, shape [...]; n and ac only.

    Returns
    -------
    float or ndarray
        [Mbit/s], shape [...].

    Raises
    ------
    BoundError
        A combination that the standard does not define.

    References
    ----------
    IEEE Std 802.11-2016, 16.2.3.4, 17.3.2.2, 19.5, 21.5.

    Examples
    --------
    >>> round(phy_mbps("ac", 9, 80e6, 1, True), 2)
    433.33
    >>> phy_mbps("ac", 9, 20e6)
    Traceback (most recent call last):
    devicesim.errors.BoundError: mcs must be defined by 802.11ac at this width and number of streams, got 9.0
    """
    if standard == "b":
        _dsss(width, spatial_streams, short_guard, mcs)
        return plain(_DSSS_MBPS[np.asarray(mcs, dtype=np.int64)])
    data_bits, tenths = _symbol(standard, mcs, width, spatial_streams, short_guard)
    return plain(data_bits * 10.0 / tenths)


def _dsss(width: ArrayLike, spatial_streams: ArrayLike, short_guard: ArrayLike, mcs: ArrayLike) -> None:
    _checked("b", mcs, width, spatial_streams)
    require(not np.any(short_guard), "short_guard", "False for 802.11b", short_guard)


def preamble(standard: str, spatial_streams: ArrayLike = 1) -> Values:
    """Preamble and header of a frame.

    192 us (DSSS, long), 20 us (OFDM), ``32 + 4 N_LTF`` us (HT, mixed format), ``36 + 4 N_LTF`` us (VHT).

    Parameters
    ----------
    standard : str
        One of ``b``, ``a``, ``g``, ``n``, ``ac``.
    spatial_streams : array_like of int
        Number of streams, shape [...].

    Returns
    -------
    float or ndarray
        [s], shape [...].

    Raises
    ------
    BoundError
        More streams than the standard has.

    References
    ----------
    IEEE Std 802.11-2016, 16.2.2, 17.3.2, 19.3.2, 21.3.2.

    Examples
    --------
    >>> preamble("ac", 2)
    4.4e-05
    """
    return plain(_preamble_micro(standard, spatial_streams) / 1e6)


def _preamble_micro(standard: str, spatial_streams: ArrayLike) -> NDArray[np.int64]:
    _, _, streams = _checked(standard, 0, 20e6, spatial_streams)
    if standard in ("n", "ac"):
        return np.asarray((32 if standard == "n" else 36) + 4 * _LONG_TRAINING[streams - 1])
    return np.full(streams.shape, 192 if standard == "b" else 20)


def ppdu_duration(
    standard: str,
    mcs: ArrayLike,
    size: ArrayLike,
    width: ArrayLike = 20e6,
    spatial_streams: ArrayLike = 1,
    short_guard: ArrayLike = False,
) -> Values:
    """Time on the air of one frame, preamble included.

    OFDM: ``T = T_pre + 4 us * ceil(ceil((16 + 8 L + 6) / N_DBPS) * T_sym / 4 us)``; DSSS:
    ``T = T_pre + ceil(8 L / R)`` in whole microseconds.

    Parameters
    ----------
    standard, mcs, width, spatial_streams, short_guard
        As in :func:`phy_mbps`, shape [...].
    size : array_like
        PSDU: MAC header, body and check sequence, with the padding of an aggregate [bytes], shape [...].

    Returns
    -------
    float or ndarray
        [s], shape [...].

    Raises
    ------
    BoundError
        A size below 0, or a combination that the standard does not define.

    References
    ----------
    IEEE Std 802.11-2016, 16.3 (TXTIME), 17.4.3, 19.4.3, 21.4.3.

    Examples
    --------
    An acknowledgement of 14 octets at 6 Mbit/s: 134 bits in 6 symbols of 24.

    >>> ppdu_duration("a", 0, 14)
    4.4e-05
    """
    octets = within(size, "size", 0)
    if standard == "b":
        _dsss(width, spatial_streams, short_guard, mcs)
        return plain((192 + np.ceil(8 * octets / _DSSS_MBPS[np.asarray(mcs, dtype=np.int64)])) / 1e6)
    data_bits, tenths = _symbol(standard, mcs, width, spatial_streams, short_guard)
    symbols = np.ceil((_SERVICE_AND_TAIL + 8 * octets) / data_bits)
    return plain((_preamble_micro(standard, spatial_streams) + 4 * np.ceil(symbols * tenths / 40)) / 1e6)
