"""The standard normal distribution, and its inverse on whole arrays.

Model
-----
Wichura's rational approximations of the normal quantile: one around the median, two for the flanks and
tails in sqrt(-ln p).

Scope and limits
----------------
Double precision. Probabilities within 1e-16 of 1 cannot be told apart, so sizes stop about 8 deviations up.

Sources
-------
M. J. Wichura, Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37
(1988) 477-484, procedure PPND16.

Checked against
---------------
The standard library's ``statistics.NormalDist``, to 1e-14 of the deviation.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require

Floats = NDArray[np.float64]
Ratio = tuple[tuple[float, ...], tuple[float, ...]]

# Numerators and denominators, the highest power first.
_CENTRE: Ratio = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080),
    (5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
     5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0),
)  # fmt: skip
_FLANK: Ratio = (
    (7.74545014278341407640e-4, 0.0227238449892691845833, 0.241780725177450611770, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 0.0151986665636164571966, 0.148103976427480074590,
     0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
_TAIL: Ratio = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     0.0265321895265761230930, 0.296560571828504891230, 1.78482653991729133580, 5.46378491116411436990,
     6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 0.0148753612908506148525, 0.136929880922735805310, 0.599832206555887937690,
     1.0),
)  # fmt: skip


def normal_share(z: float) -> float:
    """Give P(Z <= z) of the standard normal distribution."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def normal_quantile(p: ArrayLike) -> Floats:
    """Give the standard normal quantile.

    Parameters
    ----------
    p : array_like
        Probability [1], in [0, 1]; the ends give minus and plus infinity.

    Returns
    -------
    ndarray
        z with P(Z <= z) = p [1], in the shape of ``p``.

    Raises
    ------
    BoundError
        For a probability outside [0, 1].

    References
    ----------
    .. [1] M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988) 477-484.

    Examples
    --------
    >>> normal_quantile([0.5, 0.975]).round(6).tolist()
    [0.0, 1.959964]
    """
    chance = np.asarray(p, dtype=np.float64)
    require((chance >= 0) & (chance <= 1), "p", "in [0, 1]", chance)
    flat = chance.ravel()
    offset = flat - 0.5
    away = np.nonzero(np.abs(offset) > 0.425)[0]
    z = offset * _ratio(_CENTRE, 0.180625 - offset * offset)
    if away.size:
        z[away] = np.copysign(_outer(flat[away]), offset[away])
    return z.reshape(chance.shape)


def _outer(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        depth = np.sqrt(-np.log(np.minimum(p, 1.0 - p)))
    z = np.full_like(p, np.inf)
    flank, tail = depth <= 5.0, (depth > 5.0) & np.isfinite(depth)
    z[flank] = _ratio(_FLANK, depth[flank] - 1.6)
    z[tail] = _ratio(_TAIL, depth[tail] - 5.0)
    return z


def _ratio(coefficients: Ratio, x: Floats) -> Floats:
    over, under = (np.full_like(x, polynomial[0]) for polynomial in coefficients)
    for top, bottom in zip(coefficients[0][1:], coefficients[1][1:], strict=True):
        over *= x
        over += top
        under *= x
        under += bottom
    over /= under
    return over
