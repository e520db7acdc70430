"""How fast requests go that use a processor and a disk in turn, when the disk is shared with a copy and one another.

Model
-----
A closed network, by approximate mean value analysis: so many requests of each kind are under way, each on its
processor for a while, then at the disk, which serves all who are there at the same time, each by its weight
(processor sharing). One who comes to the disk finds the copy, and of the others as many as are there on average,
itself not counted (Bard and Schweitzer). A copy that always wants the disk is one more who is there; one that wants
only a part of it leaves the rest to whoever comes, and never has to give way by more than its fair share.

Scope and limits
----------------
Means only. Exact for one request beside a copy that always wants the disk, and for many; some percent off between.
What is read by instances all the time is taken from the disk beforehand.

Sources
-------
Reiser and Lavenberg, J. ACM 27(2), 1980 (mean value analysis); Bard 1979 and Schweitzer 1979 (the approximation);
Kleinrock, Queueing Systems II, 1976, chapter 4 (processor sharing).

Checked against
---------------
An event for every step of processor sharing, in the tests of the device's compute: the copy's time within 5 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require

ROUNDS, PRECISION = 200, 1e-9
"""The fixed point is looked for in so many rounds at most, and found when speeds move by less."""


def shared_speed(
    busy: ArrayLike,
    cpu: ArrayLike,
    disk: ArrayLike,
    weight: ArrayLike = 1.0,
    copy: float = 1.0,
    room: float = 1.0,
) -> NDArray[np.float64]:
    """Speed of each kind of request, relative to being alone.

    ``R_d = (d / room) min(k / (1 - u), k + 1/w)``, ``k_i = 1 + sum_j (w_j / w_i) n_j R_d,j / R_j`` with ``n_i - 1`` for
    the kind itself, ``R = c + R_d``; the speed is ``(c + d) / R``.

    Parameters
    ----------
    busy : array_like [n]
        Requests of each kind under way, on average [1].
    cpu : array_like [n]
        Time of one on its processor, as slowed as that is [s].
    disk : array_like [n]
        Time of one at the disk, alone there [s].
    weight : array_like [n]
        Of each request where the disk is short; a copy's is 1 [1].
    copy : float
        Part of the disk that the copy wants, u of what there is; all of it or more: always there [1].
    room : float
        Part of the disk that there is for all [1].

    Returns
    -------
    array [n]
        Speeds, in [0, 1]; 1 for a kind that needs neither, 0 for one that needs a disk that has no room [1].

    Raises
    ------
    BoundError
        An argument negative, not finite, or out of its domain.

    References
    ----------
    Reiser and Lavenberg 1980, Schweitzer 1979.

    Examples
    --------
    Two thirds of the time at a disk that a copy always wants: 1 + 2/3 of the time.

    >>> shared_speed([1.0], [0.1], [0.2]).round(6).tolist()
    [0.6]

    A copy that wants a quarter of the disk slows it by a third only while it is there.

    >>> shared_speed([1.0], [0.1], [0.2], copy=0.25).round(6).tolist()
    [0.818182]
    """
    given = {"busy": busy, "cpu": cpu, "disk": disk, "weight": weight}
    for name, values in given.items():
        numbers = np.asarray(values, float)
        require((numbers >= 0) & (numbers < np.inf), name, ">= 0 and finite", values)
    many, processor, spindle, heavy = np.broadcast_arrays(*(np.asarray(v, float) for v in given.values()))
    require(heavy > 0, "weight", "> 0 and finite", weight)
    require(0 <= copy < np.inf, "copy", ">= 0 and finite", copy)
    require(0 <= room <= 1, "room", "in [0, 1]", room)
    whole = processor + spindle
    if room == 0:
        return np.where(spindle > 0, 0.0, 1.0)
    left = max(0.0, 1.0 - copy / room)
    alone = spindle / room
    at_disk, last = alone.copy(), np.zeros_like(alone)
    # Of one's own kind one is not there; of a fraction of a request nobody else is.
    others = np.maximum(many - 1, 0.0)
    for _ in range(ROUNDS):
        cycle = processor + at_disk
        there = np.divide(at_disk, cycle, out=np.zeros_like(cycle), where=cycle > 0)
        crowd = (heavy * many * there).sum() - heavy * many * there + heavy * others * there
        company = 1 + crowd / heavy
        steady = company / left if left > 0 else np.full_like(company, np.inf)
        at_disk = 0.5 * at_disk + 0.5 * alone * np.minimum(steady, company + 1 / heavy)
        cycle = processor + at_disk
        speed = np.divide(whole, cycle, out=np.ones_like(cycle), where=whole > 0)
        if np.all(np.abs(speed - last) < PRECISION):
            break
        last = speed
    bounded: NDArray[np.float64] = np.minimum(speed, 1.0)
    return bounded
