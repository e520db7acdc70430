"""States as server-sent events: one when something has moved, a few a second at most."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from devicesim.endpoints.premises import Premises
from devicesim.errors import StateError

APART = 0.25
"""Seconds on the wall between two states at least."""
MOST = 64
"""Streams at a time: each has a thread."""
BEAT = 15.0
"""Seconds after which a quiet stream says that it lives."""


class Feed:
    """All streams of one door.

    Args:
        premises: the World.
        read: gives its state.
    """

    def __init__(self, premises: Premises, read: Callable[[], dict[str, Any]]) -> None:
        self._premises, self._read = premises, read
        self._moved = threading.Condition()
        self._number = 0
        self._streams = 0
        self._over = threading.Event()
        premises.subscribe(self._notice)

    def _notice(self) -> None:
        # Under the World's lock: count, and wake whoever waits. Who begins meanwhile reads the state after it.
        if not self._streams:
            self._number += 1
            return
        with self._moved:
            self._number += 1
            self._moved.notify_all()

    def close(self) -> None:
        """End every stream."""
        self._over.set()
        self._notice()

    @property
    def full(self) -> bool:
        """Whether there are as many streams as there may be."""
        return self._streams >= MOST

    def stream(self) -> Iterator[bytes]:
        """One client's stream, the present state first."""
        with self._moved:
            self._streams += 1
        try:
            yield from self._states()
        finally:
            with self._moved:
                self._streams -= 1

    def _states(self) -> Iterator[bytes]:
        seen = -1
        while not self._over.is_set():
            with self._moved:
                if self._number == seen and not self._over.is_set():
                    self._moved.wait(BEAT)
                moved, seen = self._number != seen, self._number
            if self._over.is_set():
                return
            if moved:
                told = json.dumps(self._read(), ensure_ascii=False).encode()
                try:
                    self._premises.settle()
                except StateError:
                    return
                yield b"event: state\ndata: " + told + b"\n\n"
            else:
                yield b": still here\n\n"
            self._over.wait(APART)
