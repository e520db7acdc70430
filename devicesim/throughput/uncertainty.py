"""How far a sampled transfer may be from the exact one: what its samples scatter, and what no sample tells.

Model
-----
A regime's leaps last as long as the bounds say, times the mean of its samples' efficiencies, which is known to
``scatter / sqrt(samples)``; the regimes are independent of one another, and :data:`SIGMAS` of that are stated. Added
to it is what may be wrong in one direction: leaps at a pace that no sample has measured, or that another pattern of
files that are all alike would change. All of it counts in bytes: what a quick regime carries too much or too little a
slow one has to make up for.
"""

from __future__ import annotations

from math import sqrt

from devicesim.throughput.samples import Measured

SIGMAS = 4
"""Standard deviations of what the samples scatter: few samples say little of their own scatter."""

FLOOR = 5e-4
"""Error that is stated at least, whatever the samples say."""

LOST = 1.0
"""Error that is stated where samples cannot say: too small a buffer, or a core that ran out of files."""

UNMEASURED = 0.5
"""How wrong a leap may be, as a part of it, whose pace no sample has measured."""


class Uncertainty:
    """What is known of the error of a transfer while it goes on.

    Attributes:
        measured: what the samples of each regime told, by its number.
        lost: whether the core cannot have gone on as it would have.
    """

    def __init__(self) -> None:
        self.measured: dict[int, Measured] = {}
        self.lost = False
        self._doubtful = 0.0

    def doubt(self, size: float, part: float) -> None:
        """Count a leap over so many bytes, which may be more or less by a part of them."""
        self._doubtful += part * size

    @property
    def bytes(self) -> float:
        """How many may have been sent more or less at some time."""
        scatters = [m.scatter() for m in self.measured.values() if len(m.took) > 1]
        usual = sqrt(sum(each**2 for each in scatters) / len(scatters)) if scatters else 1.0
        total = 0.0
        for m in self.measured.values():
            own = m.scatter() if len(m.took) > 1 else 0.0
            total += (m.leapt * max(own, usual)) ** 2 / max(1, len(m.took))
        return SIGMAS * sqrt(total) + self._doubtful
