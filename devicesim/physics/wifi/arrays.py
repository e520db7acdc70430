"""Scalars in, floats out; arrays in, arrays out: the one convention of every function of this package.

*Model.* None: shapes and bounds only. *Scope and limits.* Inputs broadcast by numpy's rules.
*Sources.* None. *Checked against.* The example below.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
"""What the functions here return: a float for scalar arguments, else an array of their common shape."""


def plain(values: NDArray[np.float64]) -> Values:
    """Turn an array without dimensions into a float and leave every other array alone.

    >>> plain(np.float64(2.0) * np.ones(()))
    2.0
    """
    return float(values) if np.ndim(values) == 0 else values


def within(
    values: ArrayLike, name: str, low: float = -np.inf, high: float = np.inf, open_low: bool = False
) -> NDArray[np.float64]:
    """Read finite numbers between two bounds; NaN is outside of every bound.

    Parameters
    ----------
    values : array_like
        What the caller gave.
    name : str
        Its name, for the message.
    low, high : float
        Bounds; an infinite one is no bound.
    open_low : bool
        Whether ``low`` itself is refused.

    Raises
    ------
    BoundError
        A value is out of bounds, infinite or NaN.

    Examples
    --------
    >>> within(-1.0, "distance", 0.0)
    Traceback (most recent call last):
    devicesim.errors.BoundError: distance must be >= 0, got -1.0
    """
    array = np.asarray(values, dtype=np.float64)
    inside = np.isfinite(array) & ((array > low) if open_low else (array >= low)) & (array <= high)
    if high < np.inf:
        bound = f"in {'(' if open_low else '['}{low:g}, {high:g}]"
    elif low > -np.inf:
        bound = f"{'>' if open_low else '>='} {low:g}"
    else:
        bound = "finite"
    require(inside, name, bound, array)
    return array
