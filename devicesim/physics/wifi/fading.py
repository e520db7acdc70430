"""How a link changes while a transfer runs: slow fading and outages.

Model
    Slow fading is a stationary Gaussian AR(1) in decibels on top of the mean signal; outages are the bad
    state of a Gilbert-Elliott chain with exponential sojourns.
Scope and limits
    Only what lasts a second or more is drawn. Fading by many paths decorrelates within tens of milliseconds
    (:func:`coherence_time`), far below a step: it is averaged, as a fade margin on the mean signal, and never
    simulated. A step longer than ``tau`` gives nearly independent values, which is right but says nothing of
    the time between.
Sources
    M. Gudmundson, "Correlation model for shadow fading in mobile radio systems", Electronics Letters 27(23),
    1991. E. N. Gilbert, "Capacity of a burst-noise channel", BSTJ 39, 1960. Rappaport 5.4.3 (coherence time).
Checked against
    The stationary law and the autocorrelation of AR(1), and the mean sojourns, on long draws.
"""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require
from devicesim.physics.wifi.arrays import Values, plain, within

_LIGHT = 299_792_458.0  # [m/s]
_CYCLES = 64  # sojourns drawn at once; a constant, so that a longer horizon begins with the same outages


def fading(
    n: int,
    step: float,
    sigma_db: float,
    tau: float,
    rng: np.random.Generator,
    start: float | None = None,
) -> NDArray[np.float64]:
    """Draw slow fading at equal steps of time.

    ``x[0] ~ N(0, s^2)`` and ``x[t+1] = r x[t] + s sqrt(1 - r^2) e``, ``r = exp(-step / tau)``: exact at every
    step, without a transient. With ``start`` the first value is one step after it, so a series drawn in parts
    is bit for bit the series drawn at once.

    Parameters
    ----------
    n : int
        Number of values.
    step : float
        Time between two values [s].
    sigma_db : float
        Standard deviation s [dB].
    tau : float
        Correlation time [s]; for a moving station the correlation distance over its speed.
    rng : numpy.random.Generator
        Source of ``n`` normal draws.
    start : float, optional
        The value one step before the first [dB]; without it the first is drawn from the stationary law.

    Returns
    -------
    ndarray
        To be added to the mean signal or SNR [dB], shape [n].

    Raises
    ------
    BoundError
        ``n`` or ``sigma_db`` negative, ``step`` or ``tau`` not positive, ``start`` not finite.

    References
    ----------
    Gudmundson 1991.

    Examples
    --------
    >>> series = fading(4, 1.0, 3.0, 30.0, np.random.default_rng(1))
    >>> series.shape, fading(2, 1.0, 0.0, 30.0, np.random.default_rng(1)).tolist()
    ((4,), [0.0, 0.0])
    """
    require(n >= 0, "n", ">= 0", n)
    sigma, time = float(within(sigma_db, "sigma_db", 0)), float(within(tau, "tau", 0, open_low=True))
    ratio = float(within(step, "step", 0, open_low=True)) / time
    keep, fresh = math.exp(-ratio), sigma * math.sqrt(-math.expm1(-2 * ratio))
    draws = rng.standard_normal(n)
    if n == 0:
        return draws
    shocks = fresh * draws
    shocks[0] = sigma * draws[0] if start is None else keep * float(within(start, "start")) + shocks[0]
    return np.fromiter(accumulate(shocks.tolist(), lambda before, shock: keep * before + shock), float, n)


def outages(
    horizon: float, good: float, bad: float, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw when the link is in its bad state, for a Gilbert-Elliott chain in its stationary law.

    Sojourns are exponential with means ``good`` and ``bad``; the chain begins bad with probability
    ``bad / (good + bad)``. What the bad state does to the rate is the caller's figure.

    Parameters
    ----------
    horizon : float
        End of the time considered, from 0 [s].
    good, bad : float
        Mean sojourns [s].
    rng : numpy.random.Generator
        Source of the draws; a longer horizon begins with the same outages.

    Returns
    -------
    start, end : ndarray
        Disjoint intervals in ascending order, within [0, horizon] [s], each of shape [outages].

    Raises
    ------
    BoundError
        A negative horizon, or a sojourn that is not positive.

    References
    ----------
    Gilbert 1960.

    Examples
    --------
    >>> start, end = outages(3600.0, 60.0, 2.0, np.random.default_rng(1))
    >>> bool((start < end).all() and (end[:-1] < start[1:]).all())
    True
    """
    until = float(within(horizon, "horizon", 0))
    means = np.array(
        [float(within(good, "good", 0, open_low=True)), float(within(bad, "bad", 0, open_low=True))]
    )
    begins_bad = rng.random() < means[1] / means.sum()
    pieces, reached = [np.zeros(1)], 0.0
    while reached < until:
        sojourns = rng.standard_exponential((_CYCLES, 2)) * means
        if begins_bad and len(pieces) == 1:
            sojourns[0, 0] = 0.0
        pieces.append(reached + np.cumsum(sojourns.ravel()))
        reached = float(pieces[-1][-1])
    changes = np.concatenate(pieces)[1:]
    start, end = changes[0::2], np.minimum(changes[1::2], until)
    inside = start < until
    return start[inside], end[inside]


def coherence_time(speed: ArrayLike, frequency: ArrayLike) -> Values:
    """Time over which the sum of many paths stays alike: ``0.423 / f_D``, ``f_D = v f / c``.

    Steps of a fading series should be far above it, so that what changes faster averages out.

    Parameters
    ----------
    speed : array_like
        Of the station or of what moves around it [m/s], shape [...].
    frequency : array_like
        Carrier [Hz], shape [...].

    Returns
    -------
    float or ndarray
        [s], shape [...].

    Raises
    ------
    BoundError
        A speed or frequency that is not positive.

    References
    ----------
    Rappaport, "Wireless Communications", 2nd ed., 5.4.3, ``sqrt(9 / (16 pi))``.

    Examples
    --------
    >>> f"{coherence_time(1.0, 5.2e9) * 1e3:.0f} ms"
    '24 ms'
    """
    shift = (
        within(speed, "speed", 0, open_low=True) * within(frequency, "frequency", 0, open_low=True) / _LIGHT
    )
    return plain(math.sqrt(9 / (16 * math.pi)) / shift)
