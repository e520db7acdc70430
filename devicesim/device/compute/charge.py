"""What requests took of a station, taken from the copy: followed as it changes, and settled to the last second.

The copy drives the functions and the functions slow the copy. Charging a copy with what was taken in the stretch
before would make the two swing: a copy slowed too much makes too few requests, and is then slowed too little. What is
charged therefore follows what is taken with some calm, and what it was wrong by is paid back over some stretches.
"""

from __future__ import annotations

FOLLOW = 0.1
"""How much of a change is followed at each stretch: steady while the copy's files ask for up to ten times its own."""

REPAY = 20.0
"""Over how many stretches a difference is paid back: slower than following, or the two would swing together."""


class Charge:
    """One station: what is charged to the copy of it.

    Attributes:
        rate: what the copy is charged with now, a second.
        owed: what was taken and not charged so far; negative if too much was.
    """

    def __init__(self) -> None:
        self.rate = self.owed = 0.0
        self._expected = self._seen = 0.0

    def renew(self) -> None:
        """Expect something else from now on: a copy has begun, or is over."""
        self._seen = 0.0

    def book(self, used: float, elapsed: float, stretch: float) -> None:
        """Book what was taken, a second on average, since the last time."""
        self.owed += (used - self.rate) * elapsed
        part = min(1.0, elapsed / stretch)
        self._seen += part
        # At first the mean of what has been seen, so that nothing has to be followed up from nothing.
        self._expected += (used - self._expected) * min(1.0, part * max(1.0 / self._seen, FOLLOW))

    def set(self, stretch: float, most: float) -> None:
        """Charge from now on what is expected, and a part of what is owed, up to what there is."""
        self.rate = min(max(0.0, self._expected + self.owed / (REPAY * stretch)), most)
