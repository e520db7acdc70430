"""From transmitter to receiver: path loss, noise and signal, in decibels.

Model
    ``signal = P_tx + G - PL(d) - shadow`` and ``noise = -174 + 10 log10(B) + NF``. The loss is log-distance
    from the free-space loss at 1 m, or the indoor law of ITU-R P.1238.
Scope and limits
    Distances below 1 m count as 1 m. No antenna pattern, no walls one by one: the exponent, or the ITU
    coefficient and floor loss, stand for the building and come from the catalog.
Sources
    H. T. Friis, "A note on a simple transmission formula", Proc. IRE 34, 1946. Recommendation ITU-R P.1238.
    The noise density is k T at 290 K, -173.98 dBm/Hz.
Checked against
    The losses at 1 m of 40.05 dB (2.4 GHz) and 46.7 dB (5.18 GHz), and noise of -94, -91, -88 dBm in 20, 40,
    80 MHz with a noise figure of 7 dB.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from devicesim.physics.wifi.arrays import Values, plain, within

_LIGHT = 299_792_458.0  # [m/s]
_THERMAL_DBM = float(10 * np.log10(1.380649e-23 * 290 * 1e3))  # [dBm/Hz], k T at the standard 290 K


def free_space_loss_db(distance: ArrayLike, frequency: ArrayLike) -> Values:
    """Loss between isotropic antennas in the open: ``20 log10(4 pi d f / c)``.

    Parameters
    ----------
    distance : array_like
        [m], shape [...]; below 1 m counts as 1 m.
    frequency : array_like
        Carrier [Hz], shape [...].

    Returns
    -------
    float or ndarray
        [dB], shape [...].

    Raises
    ------
    BoundError
        A negative distance or a frequency that is not positive.

    References
    ----------
    Friis 1946.

    Examples
    --------
    >>> round(free_space_loss_db(1, 2.4e9), 2)
    40.05
    """
    return log_distance_loss_db(distance, frequency, 2.0)


def log_distance_loss_db(distance: ArrayLike, frequency: ArrayLike, exponent: ArrayLike) -> Values:
    """Loss that grows with a power of the distance: ``PL(1 m) + 10 n log10(d)``.

    Parameters
    ----------
    distance : array_like
        [m], shape [...]; below 1 m counts as 1 m.
    frequency : array_like
        Carrier [Hz], shape [...].
    exponent : array_like
        Power n of the distance [1], shape [...]: 2 in free space, more indoors.

    Returns
    -------
    float or ndarray
        [dB], shape [...].

    Raises
    ------
    BoundError
        A negative distance or exponent, or a frequency that is not positive.

    References
    ----------
    T. S. Rappaport, "Wireless Communications", 2nd ed., 4.9.

    Examples
    --------
    >>> round(log_distance_loss_db(10, 5.18e9, 3.5), 2)
    81.73
    """
    metres = np.maximum(within(distance, "distance", 0), 1.0)
    carrier, power = within(frequency, "frequency", 0, open_low=True), within(exponent, "exponent", 0)
    return plain(20 * np.log10(4 * np.pi * carrier / _LIGHT) + 10 * power * np.log10(metres))


def itu_indoor_loss_db(
    distance: ArrayLike, frequency: ArrayLike, coefficient: ArrayLike, floor_loss_db: ArrayLike = 0.0
) -> Values:
    """Indoor loss of ITU-R P.1238: ``20 log10(f / MHz) + N log10(d) + L_f - 28``.

    Parameters
    ----------
    distance : array_like
        [m], shape [...]; below 1 m counts as 1 m.
    frequency : array_like
        Carrier [Hz], shape [...].
    coefficient : array_like
        Distance power loss coefficient N [dB a decade], shape [...].
    floor_loss_db : array_like
        Penetration of the floors between [dB], shape [...].

    Returns
    -------
    float or ndarray
        [dB], shape [...].

    Raises
    ------
    BoundError
        A negative distance, coefficient or floor loss, or a frequency that is not positive.

    References
    ----------
    Recommendation ITU-R P.1238, site-general model.

    Examples
    --------
    >>> round(itu_indoor_loss_db(10, 2.4e9, 28, 4), 2)
    71.6
    """
    metres = np.maximum(within(distance, "distance", 0), 1.0)
    carrier = within(frequency, "frequency", 0, open_low=True) / 1e6
    floors, decade = within(floor_loss_db, "floor_loss_db", 0), within(coefficient, "coefficient", 0)
    return plain(20 * np.log10(carrier) + decade * np.log10(metres) + floors - 28)


def noise_dbm(width: ArrayLike, noise_figure_db: ArrayLike) -> Values:
    """Noise at the receiver: ``-174 + 10 log10(B / Hz) + NF``.

    Parameters
    ----------
    width : array_like
        Channel width B [Hz], shape [...].
    noise_figure_db : array_like
        What the receiver adds NF [dB], shape [...].

    Returns
    -------
    float or ndarray
        [dBm], shape [...].

    Raises
    ------
    BoundError
        A width that is not positive or a negative noise figure.

    References
    ----------
    H. T. Friis, "Noise figures of radio receivers", Proc. IRE 32, 1944.

    Examples
    --------
    >>> round(noise_dbm(80e6, 7), 1)
    -87.9
    """
    band = within(width, "width", 0, open_low=True)
    return plain(_THERMAL_DBM + 10 * np.log10(band) + within(noise_figure_db, "noise_figure_db", 0))


def signal_dbm(
    tx_dbm: ArrayLike, loss_db: ArrayLike, gain_db: ArrayLike = 0.0, shadow_db: ArrayLike = 0.0
) -> Values:
    """Power at the receiver: ``P_tx + G - PL - shadow``.

    Parameters
    ----------
    tx_dbm : array_like
        Transmitter power [dBm], shape [...].
    loss_db : array_like
        Path loss [dB], shape [...].
    gain_db : array_like
        Gain of both antennas together [dB], shape [...].
    shadow_db : array_like
        Loss of what stands in the way, on top of the mean loss [dB], of either sign, shape [...].

    Returns
    -------
    float or ndarray
        [dBm], shape [...].

    Raises
    ------
    BoundError
        A value that is not finite.

    References
    ----------
    Friis 1946.

    Examples
    --------
    >>> signal_dbm(16, 81.7)
    -65.7
    """
    gained = within(tx_dbm, "tx_dbm") + within(gain_db, "gain_db")
    return plain(gained - within(loss_db, "loss_db") - within(shadow_db, "shadow_db"))
