"""What an NFSv4 server remembers of its clients: client ids, opens, locks, leases.

Model: a client that has not been heard of for a lease loses everything. Opens and locks are known by a stateid: a
number of ours, and how often the state behind it changed. Time here is the wall's, since a client's patience is.

Scope and limits: state is lost with the device's run, as are handles, so nothing can be reclaimed after a reboot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from struct import Struct
from typing import TYPE_CHECKING, TypeVar

from devicesim.device.share import Node
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.v4.locks import Locks

if TYPE_CHECKING:
    from devicesim.endpoints.nfs.v4.sessions import Session

OTHER = Struct(">4sQ")
STATEID = Struct(">I12s")
READ, WRITE = 1, 2
K = TypeVar("K")
V = TypeVar("V")
_LAST = 2**32 - 1


@dataclass(eq=False, slots=True)
class Owner:
    """An open owner or lock owner of one client, with the last answer to it (NFSv4.0).

    Attributes:
        client, name: whose, and what the client calls it.
        sequence: of its last call that counted.
        reply: status and body of the answer to it, with the node that was current afterwards.
        confirmed: whether OPEN_CONFIRM came.
    """

    client: Client
    name: bytes
    sequence: int | None = None
    reply: tuple[int, int, bytes, Node | None] | None = None
    confirmed: bool = False
    opens: int = 0


@dataclass(eq=False, slots=True)
class FileState:
    """Opens and locks of one file."""

    opens: list[OpenState] = field(default_factory=list)
    locks: Locks = field(default_factory=Locks)

    def denies(self, access: int, deny: int) -> bool:
        """Whether an open stands against one more."""
        return any(each.access & deny or each.deny & access for each in self.opens)


@dataclass(eq=False, slots=True)
class OpenState:
    """One owner's open of one file.

    Attributes:
        other, sequence: its stateid.
        access, deny: what it was opened for, and is denied to others.
        ways: (access, deny) of each OPEN that came together here, which is what may be downgraded to.
        locks: its lock states by lock owner.
    """

    other: bytes
    owner: Owner
    node: Node
    file: FileState
    access: int
    deny: int
    ways: set[tuple[int, int]]
    sequence: int = 1
    locks: dict[Owner, LockState] = field(default_factory=dict)

    @property
    def client(self) -> Client:
        """Whose it is."""
        return self.owner.client


@dataclass(eq=False, slots=True)
class LockState:
    """One lock owner's locks of one file."""

    other: bytes
    owner: Owner
    open: OpenState
    sequence: int = 0

    @property
    def client(self) -> Client:
        """Whose it is."""
        return self.owner.client

    @property
    def node(self) -> Node:
        """The file."""
        return self.open.node

    @property
    def access(self) -> int:
        """What the file was opened for."""
        return self.open.access


State = OpenState | LockState


@dataclass(eq=False, slots=True)
class Client:
    """One client id.

    Attributes:
        number: the client id.
        name, verifier: what the client calls itself, and which of its runs this is.
        principal: uid that made it.
        minor: version in which it was made.
        confirm: what has to be repeated to confirm it (NFSv4.0).
        renewed: when it was last heard of [s of wall].
        sequence, created: of its last CREATE_SESSION, and the answer (NFSv4.1).
        reclaimed: whether RECLAIM_COMPLETE came.
    """

    number: int
    name: bytes
    verifier: bytes
    principal: int
    minor: int
    renewed: float
    confirm: bytes = b""
    confirmed: bool = False
    sequence: int = 0
    created: tuple[int, bytes] | None = None
    reclaimed: bool = False
    open_owners: dict[bytes, Owner] = field(default_factory=dict)
    lock_owners: dict[bytes, Owner] = field(default_factory=dict)
    sessions: dict[bytes, Session] = field(default_factory=dict)
    states: dict[bytes, State] = field(default_factory=dict)


class Clients:
    """All clients of one door, while the device runs.

    Args:
        signature: four bytes that tell this run from others.
        lease: how long state is kept without a word of its client [s of wall].
        clock: the wall's.

    Attributes:
        by_number, sessions, files, states: clients by their number, sessions by their id, what is known of files by
            inode number and generation, opens and locks by the part of their stateid that stays.
    """

    def __init__(self, signature: bytes, lease: float, clock: Callable[[], float]) -> None:
        self.signature, self.lease, self._clock = signature, lease, clock
        self.by_number: dict[int, Client] = {}
        self.sessions: dict[bytes, Session] = {}
        self.files: dict[tuple[int, int], FileState] = {}
        self.states: dict[bytes, State] = {}
        self._expired: dict[bytes, None] = {}
        self._expired_clients: dict[int, None] = {}
        self._closed: dict[bytes, Owner] = {}
        self._numbers = count(1)
        self._looked = clock()

    def number(self) -> int:
        """A number that was never given out."""
        return next(self._numbers)

    def client_number(self) -> int:
        """A client id that no other run has given out."""
        return int.from_bytes(self.signature) << 32 | self.number()

    # Leases.

    def renew(self, client: Client) -> None:
        """Note a word of a client."""
        client.renewed = self._clock()

    def look(self) -> None:
        """Let clients go that were not heard of; costs nothing most of the time."""
        now = self._clock()
        if now - self._looked < min(1.0, self.lease / 4):
            return
        self._looked = now
        for client in [c for c in self.by_number.values() if now - c.renewed > self.lease]:
            self.drop(client)
            _remember(self._expired_clients, client.number, None)

    def get(self, number: int) -> Client:
        """A confirmed client; EXPIRED if its lease has run out, STALE_CLIENTID if there is none."""
        client = self.by_number.get(number)
        if number in self._expired_clients:
            raise NfsError(Status.EXPIRED)
        if client is None or not client.confirmed:
            raise NfsError(Status.STALE_CLIENTID)
        return client

    def named(self, name: bytes, minor: int, *, confirmed: bool) -> Client | None:
        """The client of a name."""
        for client in self.by_number.values():
            if client.name == name and client.minor == minor and client.confirmed == confirmed:
                return client
        return None

    def add(self, name: bytes, verifier: bytes, principal: int, minor: int) -> Client:
        """A new client, not confirmed yet."""
        client = Client(self.client_number(), name, verifier, principal, minor, self._clock())
        self.by_number[client.number] = client
        return client

    def drop(self, client: Client) -> None:
        """Forget a client with everything it has; its stateids are known as expired for a while."""
        for other in client.states:
            _remember(self._expired, other, None)
        for state in list(client.states.values()):
            if isinstance(state, OpenState):
                self.close(state)
        for name in list(client.sessions):
            del self.sessions[name]
        client.sessions.clear()
        self.by_number.pop(client.number, None)

    # Opens and locks.

    def file(self, node: Node) -> FileState:
        """What is known of a file."""
        return self.files.setdefault((node.fileid, node.generation), FileState())

    def known(self, node: Node) -> FileState | None:
        """The same, where anything is known."""
        return self.files.get((node.fileid, node.generation))

    def removed(self, numbers: tuple[int, int]) -> Node | None:
        """A node without a name that somebody has still open."""
        file = self.files.get(numbers)
        return file.opens[0].node if file is not None and file.opens else None

    def open(self, owner: Owner, node: Node, access: int, deny: int) -> OpenState:
        """A new open."""
        file = self.file(node)
        state = OpenState(self._other(), owner, node, file, access, deny, {(access, deny)})
        file.opens.append(state)
        owner.opens += 1
        self.states[state.other] = owner.client.states[state.other] = state
        return state

    def lock(self, opened: OpenState, owner: Owner) -> LockState:
        """The lock state of an owner below an open, new if need be."""
        state = opened.locks.get(owner)
        if state is None:
            state = opened.locks[owner] = LockState(self._other(), owner, opened)
            self.states[state.other] = owner.client.states[state.other] = state
        return state

    def close(self, opened: OpenState) -> None:
        """End an open, and the locks below it."""
        for lock in list(opened.locks.values()):
            self.free(lock)
        opened.file.opens.remove(opened)
        opened.owner.opens -= 1
        if not opened.client.minor:
            _remember(self._closed, opened.other, opened.owner)
        if not opened.file.opens:
            self.files.pop((opened.node.fileid, opened.node.generation), None)
        self._forget(opened)

    def free(self, lock: LockState) -> None:
        """End a lock state with its locks."""
        lock.open.file.locks.remove(lock.owner, 0, 2**64)
        del lock.open.locks[lock.owner]
        self._forget(lock)

    def _forget(self, state: State) -> None:
        self.states.pop(state.other, None)
        state.client.states.pop(state.other, None)

    def _other(self) -> bytes:
        return OTHER.pack(self.signature, self.number())

    def owner_of(self, stateid: bytes, minor: int, client: Client | None = None) -> Owner:
        """Whose a state is, or was before it was closed."""
        other = stateid[4:]
        if other in self.states or other not in self._closed:
            return self.state_of(stateid, minor, client).owner
        return self._closed[other]

    def state_of(self, stateid: bytes, minor: int, client: Client | None = None) -> State:
        """The state of a stateid, however old."""
        state = self.states.get(stateid[4:])
        if state is None or (client is not None and state.client is not client):
            return self.state(stateid, minor, client)  # which says why there is none
        return state

    def state(self, stateid: bytes, minor: int, client: Client | None = None) -> State:
        """The state of a stateid.

        Raises:
            NfsError: BAD_STATEID, OLD_STATEID, STALE_STATEID or EXPIRED.
        """
        sequence, other = STATEID.unpack(stateid)
        state = self.states.get(other)
        if state is None or (client is not None and state.client is not client):
            if other in self._expired:
                raise NfsError(Status.EXPIRED)
            strange = minor == 0 and other[:4] != self.signature and any(other) and other != b"\xff" * 12
            raise NfsError(Status.STALE_STATEID if strange else Status.BAD_STATEID)
        if minor and sequence == 0:
            return state
        if sequence != state.sequence:
            newer = (sequence - state.sequence) & _LAST < 2**31
            raise NfsError(Status.BAD_STATEID if newer else Status.OLD_STATEID)
        return state


def stateid(state: State) -> bytes:
    """What a client is told of a state."""
    return STATEID.pack(state.sequence, state.other)


def bump(state: State) -> bytes:
    """Note a change of a state, and give its stateid."""
    state.sequence = state.sequence + 1 if state.sequence < _LAST else 1
    return stateid(state)


_MOST_REMEMBERED = 4096


def _remember(known: dict[K, V], other: K, value: V) -> None:
    """Enter what is remembered of a state that is gone, for a bounded number of them."""
    known[other] = value
    if len(known) > _MOST_REMEMBERED:
        del known[next(iter(known))]
