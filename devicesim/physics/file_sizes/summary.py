"""What a list of file sizes amounts to.

Model
-----
Count-weighted figures say what a device has to do, byte-weighted ones what it has to hold.

Scope and limits
----------------
Exact for the sizes given; it estimates nothing beyond them.

Sources
-------
Plain order statistics.

Checked against
---------------
Hand computations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from devicesim.errors import require


class Summary(NamedTuple):
    """A dataset in seven numbers.

    Attributes
    ----------
    files : int
        Number of files.
    bytes : int
        Sum of their sizes [bytes].
    mean, median : float
        Size of the mean and of the middle file [bytes]; 0 without files.
    byte_median : int
        Size of the file that holds the middle byte when files stand in order of size [bytes].
    smallest, largest : int
        Extreme sizes [bytes].
    """

    files: int
    bytes: int
    mean: float
    median: float
    byte_median: int
    smallest: int
    largest: int


def describe(sizes: ArrayLike) -> Summary:
    """Summarise file sizes by count and by bytes.

    Parameters
    ----------
    sizes : array_like of int, shape (n,)
        Sizes [bytes].

    Returns
    -------
    Summary

    Raises
    ------
    BoundError
        For a negative size.

    Examples
    --------
    >>> describe([1, 1, 1, 7])
    Summary(files=4, bytes=10, mean=2.5, median=1.0, byte_median=7, smallest=1, largest=7)
    """
    ordered = np.sort(np.asarray(sizes, dtype=np.int64))
    require(ordered >= 0, "sizes", ">= 0", ordered)
    if not ordered.size:
        return Summary(0, 0, 0.0, 0.0, 0, 0, 0)
    ends = np.cumsum(ordered)
    total = int(ends[-1])
    middle = int(np.searchsorted(ends, total / 2, side="left"))
    return Summary(
        files=ordered.size,
        bytes=total,
        mean=total / ordered.size,
        median=float(np.median(ordered)),
        byte_median=int(ordered[middle]),
        smallest=int(ordered[0]),
        largest=int(ordered[-1]),
    )
