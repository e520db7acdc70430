"""One operation at a time: what a door (NFS, SFTP) asks of the device, through the same core as the copy.

An operation of the client's own sequence (LOOKUP, CREATE or OPEN, WRITE, COMMIT, SETATTR or CLOSE) costs what it costs
in a copy. Others cost as their likes, with their own bytes on the wire: what changes names or attributes as the
operation that creates a file, what looks as the one that looks a name up. A READ comes from memory, at a WRITE's price
of processor and link: that it may wait for the disk is left out. What brings data in its reply has that reply on the
client's one link, which knows one direction.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from devicesim import throughput
from devicesim.device import capacities
from devicesim.device.ingest.ingest import Ingest
from devicesim.device.ingest.regime import ahead, regime
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.errors import require, unknown
from devicesim.physics import nfs

CHANGES = frozenset(
    [
        "CREATE",
        "OPEN",
        "MKDIR",
        "SYMLINK",
        "MKNOD",
        "REMOVE",
        "RMDIR",
        "RENAME",
        "LINK",
        "SETATTR",
        "CLOSE",
        "OPEN_DOWNGRADE",
        "LOCK",
        "LOCKU",
    ]
)
"""Operations that change names, attributes or state: each is a journal write, or waits for none, as CREATE."""

LOOKS = frozenset(
    [
        "NULL",
        "GETATTR",
        "LOOKUP",
        "LOOKUPP",
        "ACCESS",
        "READLINK",
        "READDIR",
        "READDIRPLUS",
        "FSSTAT",
        "FSINFO",
        "PATHCONF",
        "SEQUENCE",
        "LOCKT",
    ]
)
"""Operations that only look."""

BRINGS = frozenset(["READ", "READDIR", "READDIRPLUS", "READLINK"])
"""Operations whose data come with the reply."""

MOST_PRICES = 4096
"""Prices of operations that are kept: what brings data has one for each size."""

OPERATIONS = CHANGES | LOOKS | {"READ", "WRITE", "COMMIT"}
"""What a door may ask for, whichever version of NFS the scenario's client has."""


class Door:
    """The way in for operations of real clients.

    While a copy of the scenario runs, operations queue with it at the same stations; otherwise the door has a
    core of its own.
    """

    def __init__(self, setting: Setting, device: SnowDevice) -> None:
        self._setting, self._device = setting, device
        self._own: throughput.Transfer | None = None
        self._prices: dict[tuple[str, int, int], throughput.Operation] = {}
        self._priced_for: object = None  # the transfer of these
        device.listeners.append(self._on_change)

    def offer(self, ingest: Ingest | None, operation: str, payload: int, client: int, at: float) -> float:
        """Push one operation through the device.

        Args:
            ingest: the scenario's copy, if there is one.
            operation: name of an RPC of the client's NFS version, as ``WRITE`` or ``LOOKUP``.
            payload: bytes it carries.
            client: number of the scenario's client whose link and mount options it uses.
            at: when it was issued [s]; as early as it may be where that was before what the core knows of already.

        Returns:
            When its reply arrives [s]; infinite while the device does not serve.
        """
        require(payload >= 0, "payload", ">= 0", payload)
        if not self._device.serves:
            return float("inf")
        running = ingest.running if ingest is not None else None
        transfer = running or self._core()
        require(0 <= client < len(transfer.clients), "client", f"in 0..{len(transfer.clients) - 1}", client)
        if transfer is not self._priced_for:
            self._priced_for, self._prices = transfer, {}
        brings = operation in BRINGS
        key = operation, client, payload if brings else 0
        if (priced := self._prices.get(key)) is None:
            version = self._setting.scenario.clients[client].nfs.version
            priced = _priced(transfer.clients[client].operations, operation, payload, version)
            if len(self._prices) < MOST_PRICES:
                self._prices[key] = priced
        return transfer.offer(priced, 0 if brings else payload, client, max(at, transfer.now))

    @property
    def core(self) -> throughput.Transfer | None:
        """The door's own core, once it was needed."""
        return self._own

    def _core(self) -> throughput.Transfer:
        if self._own is None:
            setting, kind, story = self._setting, self._device.kind, self._setting.scenario
            server = capacities.server(
                setting.figures, kind, self._device.share.bytes, self._device.room, story.clients
            )
            clients = capacities.clients(setting.figures, story)
            self._own = throughput.Transfer(server, clients, regime(setting, self._device), at=setting.now)
            ahead(setting, self._device, self._own)
        return self._own

    def _on_change(self) -> None:
        if self._device.off.triggered:
            self._own = None  # what was under way is gone with the power
        if self._own is not None:
            self._own.advance(self._setting.now)
            self._own.set_regime(regime(self._setting, self._device), self._setting.now)
            ahead(self._setting, self._device, self._own)


def _priced(
    known: throughput.Operations, operation: str, payload: int, version: nfs.Version
) -> throughput.Operation:
    """An operation with its cost, from those of the sequence in which the client creates a file."""
    own = {each.name: each for each in (*known.before, known.write, *known.after)}
    if operation in own:
        return own[operation]
    if operation not in OPERATIONS:
        raise unknown("operation", operation, sorted(OPERATIONS | set(own)))
    first, create = (known.before or (known.write,))[0], (known.before or (known.write,))[-1]
    if operation == "COMMIT":
        return (known.after or (create,))[0]
    if operation == "WRITE":
        return known.write
    call, brings = _call(operation, version), operation in BRINGS
    like = create if operation in CHANGES else first
    return replace(
        like,
        name=operation,
        request=float(call.reply + payload if brings else call.request),
        work=like.work + (known.write.work_per_byte * payload if operation == "READ" else 0.0),
        work_per_byte=0.0,
    )


_ALONE = {
    "SEQUENCE": "COMPOUND",
    "NULL": "COMPOUND",
    "LOOKUPP": "ACCESS",
    "LOCKT": "LOCKU",
    "OPEN_DOWNGRADE": "CLOSE",
}
"""Operations whose messages are as long as another's."""


@lru_cache(maxsize=256)
def _call(operation: str, version: nfs.Version) -> nfs.Procedure:
    """Bytes of an operation on the wire, in the client's version of NFS, or in one that has it."""
    for each in (version, "3", "4.1"):
        calls = nfs.every_call(each)
        for name in (operation, _ALONE.get(operation, "")):
            if name in calls:
                return calls[name]
    raise unknown("operation", operation, OPERATIONS)
