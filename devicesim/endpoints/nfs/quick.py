"""The plain calls in C, where there was a compiler at install time.

:mod:`devicesim.endpoints.nfs.service`, :mod:`~devicesim.endpoints.nfs.v3` and :mod:`~devicesim.endpoints.nfs.v4` are
the specification: what a ``Quick`` answers is byte for byte what they would, and what it does not answer it leaves to
them untouched: a call of version 3 as a whole, of a compound of version 4 the one operation.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Protocol

from devicesim.endpoints.nfs import rpc, v3, v4
from devicesim.endpoints.nfs.records import Connection
from devicesim.endpoints.nfs.repeats import Repeats
from devicesim.endpoints.nfs.rpc import Caller
from devicesim.endpoints.nfs.status import status_of
from devicesim.endpoints.nfs.tree import Tree, Wanted

extension: Any = None
with suppress(ImportError):
    # By name: tools that read imports know only modules written in Python.
    extension = import_module("devicesim.endpoints.nfs.compiled")


class Quick(Protocol):
    """Answers calls at one run of a device."""

    def answer(
        self,
        record: memoryview,
        connection: Connection,
        host: str,
        now: float,
        place: int,
        beside: memoryview | None,
    ) -> tuple[bytes, ...] | None:
        """The reply to a record, some of whose data may have come beside it; None where nothing was done."""


def quick(
    tree: Tree, repeats: Repeats, squashed: Callable[[Caller], Caller], version4: v4.Version4
) -> Quick | None:
    """What answers the plain calls on a tree; None where there was no compiler."""
    if extension is None:
        return None
    share = tree.share

    def caller_of(flavor: int, body: bytes) -> Caller:
        return squashed(rpc.caller_of(flavor, body))

    def refused(procedure: int, errno: int) -> bytes:
        return v3.refusal(v3.NAMES[procedure], status_of(errno))[0]

    made: Quick = extension.Quick(
        tree=tree,
        share=share,
        nodes=share.nodes,
        overlays=share.overlays,
        signature=tree.signature,
        epoch_ns=tree.epoch_ns,
        caller_of=caller_of,
        refused=refused,
        find=repeats.find,
        keep=repeats.keep,
        crc32=zlib.crc32,
        wanted=Wanted,
        version4=version4,
        clients=version4.clients,
        sessions=version4.clients.sessions,
        states=version4.clients.states,
        plans_0=version4.attributes[0].plans,
        plans_1=version4.attributes[1].plans,
        pseudo=tree.pseudo,
        weights=v4.WEIGHTS,
        once=v4.ONCE_BY_WEIGHT,
    )
    return made
