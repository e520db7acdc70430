"""What moves a World whose clock is real while nobody asks: a look at the wall's clock now and then."""

from __future__ import annotations

import threading

from devicesim.endpoints.premises import Premises
from devicesim.errors import StateError

EVERY = 0.1
"""Seconds on the wall between two looks."""
SETTLED = 10
"""Looks after which the time is kept, where the state is: a server that is killed loses no more of it."""


class Ticker:
    """A thread that lets a World follow the wall, closed by :meth:`close` or at the end of a ``with``.

    Args:
        premises: the World.
        every: seconds on the wall between two looks.
    """

    def __init__(self, premises: Premises, every: float = EVERY) -> None:
        self._premises, self._every = premises, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="devicesim-ticker", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        looks = 0
        while not self._over.wait(self._every):
            self._premises.tick()
            looks += 1
            if looks % SETTLED == 0:
                try:
                    self._premises.settle()
                except StateError:
                    return

    def __enter__(self) -> Ticker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the World stand."""
        self._over.set()
        self._thread.join()
