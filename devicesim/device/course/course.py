"""One copy's course: another's, told later, for as long as nothing comes between."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nextafter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim import throughput
from devicesim.device.course.given import Given
from devicesim.device.course.table import Table

Floats = NDArray[np.float64]


class Recording:
    """A course on a clock of its own, which several copies may read.

    Attributes:
        given: what it follows from.
        readers: how many copies read it.
    """

    def __init__(self, given: Given, table: Table | None = None) -> None:
        self.given, self.readers = given, 0
        self._transfer = given.transfer() if table is None else None
        self._table = table

    @property
    def shared(self) -> bool:
        """Whether it belongs to more than one copy, so that none may change it."""
        return self.readers > 1 or self._transfer is None

    @property
    def source(self) -> throughput.Transfer | Table:
        """What can be read."""
        return self._table if self._transfer is None else self._transfer  # type: ignore[return-value]

    @property
    def transfer(self) -> throughput.Transfer | None:
        """The transfer, while every RPC of it is kept."""
        return self._transfer

    @property
    def known(self) -> bool:
        """Whether it has been computed to its end."""
        return self._transfer is None or self._transfer.done

    @property
    def error(self) -> float:
        """By how much its end may be off, relative to its length."""
        return self._table.error if self._table is not None else 0.0

    def conclude(self) -> None:
        """Compute it to its end, for those who come later."""
        if self._transfer is not None and not self._transfer.done:
            self._transfer.run()

    def condense(self, until: float = inf) -> None:
        """Keep no longer every RPC, but a table up to a time."""
        if self._transfer is None:
            return
        if until == inf:
            self.conclude()
            until = self._transfer.end
        if until < inf:
            self._table, self._transfer = Table.of(self._transfer, until), None


class Course:
    """A copy, as :class:`devicesim.throughput.Transfer` is one, on the World's clock.

    Args:
        recording: what it reads.
        clients: who copies, on the World's clock.
        at: when it begins [s].
        leave: called when it needs a transfer of its own and the recording is remembered for others.

    Attributes:
        server, clients, began: as given.
        now: the latest time it was advanced to [s].
    """

    def __init__(
        self,
        recording: Recording,
        clients: tuple[throughput.Client, ...],
        at: float,
        leave: Callable[[Recording], None],
    ) -> None:
        self._recording, self._leave = recording, leave
        recording.readers += 1
        self.server, self.clients = recording.given.server, clients
        self.began = self.now = self._seen = at
        self._regime = recording.given.regime
        self._own = False

    # Its clock and that of the recording.

    def _told(self, t: ArrayLike) -> Floats:
        """Times of the recording; a hair late, so that what ends at a time has ended by it."""
        return np.asarray(np.nextafter(np.asarray(t, dtype=np.float64), inf) - self.began)

    def advance(self, to: float) -> None:
        """Go on to a time; an earlier one than now changes nothing."""
        self.now = max(self.now, to)
        transfer = self._recording.transfer
        if transfer is not None:
            transfer.advance(inf if to == inf else nextafter(to, inf) - self.began)

    def look(self, to: float) -> None:
        """Let be read what happens up to a time, while the clock stands."""
        self._seen = max(self.now, self._seen, to)
        transfer = self._recording.transfer
        if transfer is not None:
            transfer.look(nextafter(to, inf) - self.began)

    def bound(self) -> float:
        """A time before which it is not done; infinity if it stands still for good."""
        source = self._recording.source
        return self.began + (source.end if self.known else source.bound())  # type: ignore[union-attr]

    @property
    def known(self) -> bool:
        """Whether its end is known, unless something comes between."""
        return self._recording.known

    @property
    def error(self) -> float:
        """By how much its end may be off, relative to its length; 0 if every RPC was computed."""
        return self._recording.error

    @property
    def done(self) -> bool:
        """Whether every file is finished by now."""
        return self.known and self.began + self._recording.source.end <= self.now

    @property
    def end(self) -> float:
        """When the last file was finished; infinity while some are not [s]."""
        return self.began + self._recording.source.end if self.done else inf

    @property
    def regime(self) -> throughput.Regime:
        """The regime that holds now."""
        transfer = self._recording.transfer
        return transfer.regime if self._own and transfer is not None else self._regime

    # What can be read; as of a transfer.

    def progress(self, t: ArrayLike, client: int | None = None) -> tuple[Floats, Floats]:
        """Bytes sent and files finished by each time, of one client or of all."""
        return self._recording.source.progress(self._within(t), client)

    def finish(self, client: int) -> Floats:
        """When each of a client's files was finished, infinity where it is not by now [s]."""
        times = self.began + self._recording.source.finish(client)
        times[times > max(self.now, self._seen)] = inf
        return times

    def stored(self, t: ArrayLike) -> Floats:
        """Bytes that the store had by each time."""
        return self._recording.source.stored(self._within(t))

    def usage(self, t: ArrayLike) -> throughput.Usage:
        """How long each station had served by each time."""
        return self._recording.source.usage(self._within(t))

    def worked(self, t: float) -> tuple[float, float]:
        """How long the cores, all together, and the store had served by a time."""
        transfer, time = self._recording.transfer, nextafter(t, inf) - self.began
        return self._recording.source.worked(time if transfer is None else min(time, transfer.seen))

    def curve(self, client: int | None = None) -> throughput.Curve:
        """Every step of :meth:`progress` up to now, as far as it was kept."""
        whole = self._recording.source.curve(client)
        count = int(np.searchsorted(self.began + whole.time, self.now, side="right"))
        return throughput.Curve(self.began + whole.time[:count], whole.bytes[:count], whole.objects[:count])

    def _within(self, t: ArrayLike) -> Floats:
        """Times of the recording, none later than it has been computed."""
        transfer = self._recording.transfer
        times = self._told(t)
        return times if transfer is None else np.minimum(times, transfer.seen)

    # What comes between.

    def set_regime(self, regime: throughput.Regime, at: float) -> None:
        """Let a regime hold from a time on; the one that holds already changes nothing."""
        if self._own or regime != self._regime:
            self._alone().set_regime(regime, max(at - self.began, 0.0))

    def offer(self, operation: throughput.Operation, payload: float, client: int, at: float) -> float:
        """Send one operation of a door through the same stations; returns when its reply arrives [s]."""
        transfer = self._alone()
        reply = transfer.offer(operation, payload, client, max(at - self.began, transfer.now))
        return self.began + reply

    def submit(self, client: int, sizes: ArrayLike) -> None:
        """Append files to a client's list, as of now."""
        self._alone().submit(client, sizes)

    def pause(self, client: int) -> None:
        """Let a client issue nothing from now on."""
        self._alone().pause(client)

    def resume(self, client: int) -> None:
        """Let a paused client go on, as of now."""
        self._alone().resume(client)

    def close(self) -> None:
        """Drop what only a copy that still goes on would need."""
        if self._own:
            self._recording.condense(self.now - self.began)

    def _alone(self) -> throughput.Transfer:
        """The transfer of this copy alone, which may be changed: computed again from its start if others read it."""
        recording = self._recording
        if not self._own:
            self._own = True
            if recording.shared:
                recording.readers -= 1
                self._recording = recording = Recording(recording.given)
                recording.readers = 1
            else:
                self._leave(recording)
        transfer = recording.transfer
        if transfer is None:
            raise RuntimeError("the copy has been closed")
        transfer.advance(nextafter(self.now, inf) - self.began)
        return transfer


Copying = throughput.Transfer | Course
"""What a stretch of copying is computed by."""
