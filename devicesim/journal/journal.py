"""The log of one World on disk, as it grows.

Whoever holds the World's lock calls :meth:`Journal.note` once something was done, and gets a ticket; then, without the
lock, :meth:`Journal.settle` with that ticket, and answers its client. Of several who settle at a time one writes what
all have noted, so that many answers cost one wait for the disk.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devicesim.device.share import Content
from devicesim.errors import DevicesimError, StateError, unknown
from devicesim.journal.contents import Contents
from devicesim.journal.database import Change, Database
from devicesim.journal.holes import Part, between, lived
from devicesim.journal.plain import read, written
from devicesim.journal.proof import Proof
from devicesim.journal.rows import ADD, DIGEST, EMPTY, PACK, PUT, TELL, copied, known_of, row, verbs_of
from devicesim.journal.told import Told
from devicesim.world import Verb, World
from devicesim.world.traffic import Traffic

EVERY = 5000
"""Verbs and flushes of traffic after which the log is made compact, and its World proved."""

FREED = 16_000_000
"""Bytes that files let go of, after which the store of contents is swept."""


def _alone(error: StateError) -> None:
    """Where nobody is to know at once."""


class Journal:
    """One file of state: what its World was told, and the log of what was done to it.

    Args:
        path: the file; :meth:`begin` makes it a state where there is none.
        version: of the devicesim that has it; goes into a new file, and into messages.

    Attributes:
        path, version: as given.
        by: the version that made the file.
        life: how many processes have had the file, this one included.
        told: what the World was told when it began; None in a new file.
        contents: what clients wrote.
        broke: told of the first error after which nothing is kept any more.

    Raises:
        StateError, OSError: as :class:`~devicesim.journal.database.Database`.
    """

    def __init__(self, path: Path, version: str = "") -> None:
        self.path, self.version, self.by = path, version, version
        self.life = 1
        self.broke: Callable[[StateError], object] = _alone
        self._database = Database(path)
        self.told: Told | None = None
        self.contents: Contents
        self._world: World | None = None
        self._held = 0  # where the last snapshot found the end of the contents
        self._proofs: dict[int, str] = {}
        self._forget()
        self._changed = threading.Condition()
        self._pending: list[Change] = []
        self._clock: list[Change] = []
        self._holes: list[Part] = []
        self._noted = self._settled = 0
        self._writing = False
        self._broken: StateError | None = None
        if not self._database.new:
            try:
                self._read_told()
            except BaseException:
                self._database.close()
                raise

    def _forget(self) -> None:
        self._count = self._part = self._since = self._end_noted = 0
        self._tail: Verb | None = None
        self._place, self._end = (0, 0), 0.0

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The beginning.

    def begin(self, told: Told) -> None:
        """Make a new file the state of a World that was told this."""
        self.contents = Contents(self.path, told.options["content"])
        self._database.begin({**told.plain(), "by": written(self.version), "content_end": "0", "lives": "1"})
        self.told = told

    def tell(self, told: Told) -> None:
        """Keep what the World is told from now on."""
        self._database.write((TELL, pair) for pair in told.plain().items())
        self.told = told

    def _read_told(self) -> None:
        plain = dict(self._database.read("SELECT name, value FROM told"))
        try:
            self.told = Told.of(plain)
            self.by = str(read(plain["by"]))
            self._end_noted = int(plain["content_end"])
            self._held = int(plain.get("held", self._end_noted if self.snapshots else 0))
            self.life = int(plain.get("lives", "1")) + 1
            kind = self.told.options["content"]
        except (DevicesimError, ValueError, KeyError, TypeError, IndexError) as error:
            raise StateError(f"{self.path} cannot be read: {error}") from error
        self.contents = Contents(self.path, kind, self._end_noted)
        self.contents.know(known_of(self._database.read("SELECT * FROM digest")))
        self._proofs = dict(self._database.read("SELECT number, digest FROM checkpoint"))
        self._database.write([(TELL, ("lives", str(self.life)))])

    @property
    def log(self) -> tuple[Verb, ...]:
        """The verbs that are in the file."""
        return verbs_of(self._database.read)

    def policy(self, job: str) -> Content:
        """The content policy of a job's device, whose content outlives the process."""
        return self.contents.policy(job)

    def prove(self, world: World, number: int) -> None:
        """Hold a World that is made again against the last checkpoint, when so many verbs have been applied.

        Raises:
            StateError: it is another one.
        """
        if number in self._proofs and Proof(world).digest() != self._proofs[number]:
            raise StateError(
                f"the World of {self.path} does not come back the same: it was kept by devicesim {self.by}, "
                f"and this is {self.version}; go on with that version, or begin with another file"
            )

    # Snapshots.

    @property
    def snapshots(self) -> dict[str, float]:
        """When each was taken, by its name [s]."""
        return dict(self._database.read("SELECT name, at FROM snapshot ORDER BY line"))

    def snapshot(self, name: str, world: World) -> None:
        """Keep the World as it is now under a name, which another may have had.

        The caller holds the World's lock, or nobody else has it.
        """
        ticket = self.note(world)
        with self._changed:
            self._check()
            self._held = self.contents.end
            self._pending += [*copied(name, world.now), (TELL, ("held", str(self._held)))]
            self._noted = ticket = self._noted + 1
        self.settle(ticket)

    @contextmanager
    def unless_it_fails(self) -> Iterator[None]:
        """Expect the World that is made again inside, or, if that fails, the one that there was."""
        proofs = self._proofs
        try:
            with self.contents.unless_it_fails():
                yield
        except BaseException:
            self._proofs = proofs
            raise

    def begin_again(self, snapshot: str | None = None) -> tuple[Verb, ...]:
        """Expect another World in the place of this one; returns the verbs that make it.

        Args:
            snapshot: the one that it is made from; an empty World if not given.

        Raises:
            UnknownNameError: there is no such snapshot.
        """
        if snapshot is None:
            self.contents.know({})
            self._proofs = {}
            return ()
        there = self.snapshots
        if snapshot not in there:
            raise unknown("snapshot", snapshot, there)
        ((line,),) = self._database.read("SELECT line FROM snapshot WHERE name = ?", snapshot)
        self.contents.know(
            known_of(self._database.read("SELECT * FROM snapshot_digest WHERE line = ?", line), 1)
        )
        self._proofs = dict(
            self._database.read("SELECT number, digest FROM snapshot_checkpoint WHERE line = ?", line)
        )
        return verbs_of(self._database.read, line)

    def adopt(self, world: World) -> None:
        """Follow a World that was just made again from this file's log."""
        self._forget()
        self._world, self._proof = world, Proof(world)
        verbs = world.log
        ((kept,),) = self._database.read("SELECT count(*) FROM verb")
        if len(verbs) != kept:
            self._world = None  # written anew as a whole when it is noted
            return
        self._end_noted = self.contents.end
        self._sweep(world)
        self._count = kept
        if verbs:
            self._look_at(verbs[-1])
            ((self._part,),) = self._database.read("SELECT count(*) FROM traffic WHERE number = ?", kept)

    # What is done.

    def note(self, world: World, *, clock: bool = True) -> int:
        """Take what was done since the last time; returns the ticket of what has to be on disk.

        Args:
            world: the World, whose lock the caller holds; another one than before takes its place.
            clock: whether that the clock went on has to be on disk too.
        """
        with self._changed:
            if self._broken is not None:
                raise self._broken
            try:
                self._take(world)
            except DevicesimError as error:
                self._break(StateError(f"{self.path} cannot be kept: {error}"))
            if clock:
                self._pending += self._clock
                self._clock = []
                self._noted += 1
            return self._noted

    def settle(self, ticket: int) -> None:
        """Wait until everything up to a ticket is on disk.

        Raises:
            StateError: it cannot be written; it will not be later either.
        """
        with self._changed:
            while self._settled < ticket:
                if self._broken is not None:
                    raise self._broken
                if self._writing:
                    self._changed.wait()
                    continue
                changes, holes, upto = self._pending + self._clock, self._holes, self._noted
                self._pending, self._clock, self._holes = [], [], []
                if changes or holes:
                    self._write_for_all(changes, holes)
                self._settled = upto
                self._changed.notify_all()

    def commit(self, world: World) -> None:
        """Have everything that was done to a World on disk."""
        self.settle(self.note(world))

    def close(self) -> None:
        """Keep the World as it is, with its proof, and let go of the file."""
        try:
            if self._world is not None and self._broken is None:
                with self._changed:
                    self._take(self._world)
                    self._check()
                    self._pending += self._clock
                    self._clock = []
                    self._noted += 1
                self.settle(self._noted)
        finally:
            self._database.close()
            if self.told is not None:
                self.contents.close()

    def _write_for_all(self, changes: Sequence[Change], holes: Sequence[Part]) -> None:
        """Write without the lock: whoever notes meanwhile comes with the next group."""
        self._writing = True
        self._changed.release()
        trouble: StateError | None = None
        try:
            self.contents.sync()
            self._database.write(changes)
            self.contents.release(holes)  # only now: no log on the disk leads there any more
        except StateError as error:
            trouble = error
        except OSError as error:
            trouble = StateError(f"{self.contents.path} cannot be written: {error.strerror}")
        finally:
            self._changed.acquire()
            self._writing = False
        if trouble is not None:
            self._break(trouble)

    def _break(self, error: StateError) -> None:
        self._broken = error
        self._changed.notify_all()
        self.broke(error)
        raise error

    # From the World to changes of the file.

    def _take(self, world: World) -> None:
        before, new = len(self._pending), world is not self._world
        if new:
            self._pending += EMPTY
            self._pending += [(DIGEST, (*each, *known)) for each, known in self.contents.unasked.items()]
            self._clock = []
            self._forget()
            self._world, self._proof = world, Proof(world)
        verbs = world.since(max(self._count - 1, 0))
        if self._count and verbs[0] is self._tail:
            self._grown(verbs[0])
            self._put(verbs[1:], self._count + 1)
        elif self._count and len(verbs) == 1:  # one look at the wall in place of the one before
            self._clock = [(PUT, row(self._count, verbs[0]))]
            self._tail = verbs[0]
        else:
            self._put(verbs, max(self._count, 1))
        for (job, fileid, generation), known in self.contents.changed():
            self._pending.append((DIGEST, (job, fileid, generation, *known)))
        if self._end_noted != self.contents.end:
            self._end_noted = self.contents.end
            self._pending.append((TELL, ("content_end", str(self._end_noted))))
        if new or self.contents.freed >= FREED:
            self._sweep(world)
        if len(self._pending) > before:
            self._noted += 1
            self._since += 1
            if self._since >= EVERY:
                self._check()

    def _put(self, verbs: Sequence[Verb], number: int) -> None:
        """Add verbs, of which the first has a number."""
        if verbs:
            self._pending += self._clock
            self._clock = []
        for count, verb in enumerate(verbs, number):
            self._pending.append((PUT, row(count, verb)))
            self._part = 0
            self._count = count
            self._look_at(verb)
            if isinstance(rows := verb.arguments.get("rows"), Traffic):
                self._pending.append((ADD, (count, 0, rows.lines()[0])))
                self._part = 1
            self._since += 1

    def _look_at(self, verb: Verb) -> None:
        """Remember how far the last verb has been taken."""
        self._tail = verb
        if isinstance(rows := verb.arguments.get("rows"), Traffic):
            self._place, self._end = rows.place, rows.end

    def _grown(self, verb: Verb) -> None:
        """Take what has come to the last verb."""
        rows = verb.arguments.get("rows")
        if not isinstance(rows, Traffic):
            return
        if rows.place != self._place:
            lines, self._place = rows.lines(self._place)
            self._pending += self._clock
            self._clock = []
            self._pending.append((ADD, (self._count, self._part, lines)))
            self._part += 1
        if rows.end != self._end:
            self._end = rows.end
            self._clock = [(PUT, row(self._count, verb))]

    def _sweep(self, world: World) -> None:
        """Find what nobody can ask for once all that was noted is on disk; what snapshots have stays as it is."""
        self.contents.freed = 0
        if self.contents.kind == "keep":
            self._holes = between(lived(world), self._held, self.contents.end)

    def _check(self) -> None:
        """Make the log compact up to here, and prove its World."""
        assert self._world is not None
        self._since = 0
        verbs = self._world.log  # from here on there is another verb
        if self._part > 1:
            rows = verbs[-1].arguments["rows"]
            self._pending += [
                ("DELETE FROM traffic WHERE number = ?", (self._count,)),
                (PACK, (self._count, zlib.compress(rows.lines()[0], 1))),
            ]
            self._part = 1
        self._pending += self._clock
        self._clock = []
        self._pending += [
            ("DELETE FROM checkpoint", ()),
            ("INSERT INTO checkpoint VALUES (?, ?)", (self._count, self._proof.digest())),
        ]
