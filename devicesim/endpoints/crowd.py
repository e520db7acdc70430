"""Who is connected to a door: as many as it has room for, and the host that has most gives way to the next.

Model: where one too many comes, the host with the most connections, the new one counted in, gives up the one of its own
that has been quiet longest; if all of them are being served, the one that came last, which may be the new one. So of n
hosts each keeps an n-th of the places, whatever the others do, and gets them if it asks; one host alone has them all.

Thousands of connections that say nothing, or a byte a second, so cost a bounded number of descriptors, threads and
buffers, and nobody who comes with a request finds the door shut. Clients that were sent away for being quiet connect
again when they have something to ask, as those of HTTP and NFS do by themselves.

Scope and limits: a host is an address; many behind one count as one.
"""

from __future__ import annotations

import resource
import threading
from collections import Counter
from collections.abc import Callable
from typing import Generic, TypeVar

G = TypeVar("G")

BACKLOG = 1024
"""Connections that the kernel holds for a door until it takes them."""

_SPARE = 96
"""Descriptors left for files, listeners, and what else a process has open."""

_DOORS = 3
"""Doors that share what is left."""

ENOUGH = 8192
"""Descriptors that are more than all doors together take."""


def room(wanted: int) -> int:
    """How many connections one door may have, so that descriptors do not run out.

    >>> 1 <= room(256) <= 256
    True
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, (soft - _SPARE) // _DOORS))


def widen() -> None:
    """Let this process have as many descriptors as its doors may need, where the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < enough:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


class Crowd(Generic[G]):
    """The connections of one door; for any number of threads.

    Args:
        most: how many there may be.
        quiet_since: since when one has been quiet, on a clock of the door's own; None while it is being served.
        send_away: hangs up on one; whoever notices that tells :meth:`leave`.
    """

    def __init__(
        self, most: int, quiet_since: Callable[[G], float | None], send_away: Callable[[G], None]
    ) -> None:
        self._most, self._quiet_since, self._send_away = most, quiet_since, send_away
        self._here: dict[G, str] = {}  # and the address of each, in the order in which they came
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._here)

    def enter(self, guest: G, address: str) -> bool:
        """Let one in, who comes from an address, in the place of another if there is no room; whether it may stay."""
        with self._lock:
            self._here[guest] = address
            going = self._one_too_many(guest) if len(self._here) > self._most else None
            if going is not None:
                del self._here[going]
        if going is not None and going is not guest:
            self._send_away(going)
        return going is not guest

    def _one_too_many(self, guest: G) -> G:
        """Who has to go because of a new guest: it itself, or another."""
        counts = Counter(self._here.values())
        most = max(counts.values())
        theirs = [each for each, whose in self._here.items() if counts[whose] == most]
        quiet = [
            (since, each)
            for each in theirs
            if each is not guest and (since := self._quiet_since(each)) is not None
        ]
        return min(quiet, key=lambda pair: pair[0])[1] if quiet else theirs[-1]

    def leave(self, guest: G) -> None:
        """Note that one is gone."""
        with self._lock:
            self._here.pop(guest, None)

    def clear(self, before: float) -> None:
        """Send away those that have been quiet since before a time."""
        with self._lock:
            late = [
                each
                for each in self._here
                if (since := self._quiet_since(each)) is not None and since < before
            ]
            for each in late:
                del self._here[each]
        for each in late:
            self._send_away(each)
