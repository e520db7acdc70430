"""The remote procedure calls beside those of copying a file, and their bytes on the wire.

Model
-----
XDR word counts as in :mod:`~devicesim.physics.nfs.calls`: names looked at, made, moved and removed, attributes, locks,
and what a file system tells of itself. Data that a reply brings (of READ, READDIR, READLINK) come on top.

Scope and limits
----------------
As in :mod:`~devicesim.physics.nfs.calls`: AUTH_SYS, one RPC to a record, the compounds that the protocol needs, here
with the attributes of what was touched. A reply that tells a failure is shorter; it is counted as if it told success.

Sources
-------
RFC 1813, section 3.3; RFC 7531; RFC 5662.

Checked against
---------------
Messages as the NFS door of this package reads and writes them, exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devicesim.physics.nfs.calls import (
    HYPER,
    POST_OP_ATTR,
    PRE_OP_ATTR,
    REPLY_HEADER,
    SESSION_ID,
    STATEID,
    VERIFIER,
    WORD,
    Procedure,
    Version,
    call_header,
    checked_lengths,
    opaque_size,
    procedures,
    stat4_size,
)
from devicesim.physics.nfs.reads import file_reads


def every_call(
    version: Version,
    *,
    name_bytes: int = 16,
    handle_bytes: int = 24,
    host_bytes: int = 16,
    groups: int = 1,
    owner_bytes: int = 4,
    open_owner_bytes: int = 24,
) -> Mapping[str, Procedure]:
    """Bytes of each call that a client may send, by name; those that create a file as they create it.

    Parameters
    ----------
    version : {"3", "4.0", "4.1"}
        Protocol version.
    name_bytes, handle_bytes, host_bytes, groups, owner_bytes, open_owner_bytes
        As for :func:`~devicesim.physics.nfs.procedures`.

    Returns
    -------
    mapping of str to Procedure
        By procedure, or for NFSv4 by the operation that the compound is sent for; COMPOUND is one of state alone.

    Raises
    ------
    BoundError, UnknownNameError
        As for :func:`~devicesim.physics.nfs.procedures`.

    References
    ----------
    RFC 1813, section 3.3; RFC 7531; RFC 5662.

    Examples
    --------
    >>> calls = every_call("3")
    >>> calls["REMOVE"]
    Procedure(name='REMOVE', request=132, reply=148)
    >>> sorted(set(calls) - set(every_call("4.1")))[:4]
    ['FSINFO', 'FSSTAT', 'MKDIR', 'MKNOD']
    """
    checked_lengths(version, name_bytes, handle_bytes, owner_bytes, open_owner_bytes)
    header, name, handle = call_header(host_bytes, groups), opaque_size(name_bytes), opaque_size(handle_bytes)
    if version == "3":
        sizes = _procedures3(name, handle)
    else:
        stat, opener = stat4_size(opaque_size(owner_bytes)), opaque_size(open_owner_bytes)
        sizes = _compounds4(name, handle, stat, opener, sessions=version == "4.1")
    others = {n: Procedure(n, header + call, REPLY_HEADER + reply) for n, (call, reply) in sizes.items()}
    lengths: dict[str, Any] = {
        "name_bytes": name_bytes,
        "handle_bytes": handle_bytes,
        "host_bytes": host_bytes,
        "groups": groups,
        "owner_bytes": owner_bytes,
        "open_owner_bytes": open_owner_bytes,
    }
    reads = file_reads(version, **lengths)
    read = {each.name: each for each in (reads.read, reads.page)}
    return others | read | dict(procedures(version, **lengths))


def _procedures3(name: int, handle: int) -> dict[str, tuple[int, int]]:
    """Arguments and results of RFC 1813; a result starts with its status."""
    nothing_set, changed = 6 * WORD, PRE_OP_ATTR + POST_OP_ATTR
    made = 2 * WORD + handle + POST_OP_ATTR + changed
    return {
        "NULL": (0, 0),
        "READLINK": (handle, WORD + POST_OP_ATTR + WORD),
        "MKDIR": (handle + name + nothing_set, made),
        "SYMLINK": (handle + name + nothing_set + name, made),
        "MKNOD": (handle + name + WORD + nothing_set, made),
        "REMOVE": (handle + name, WORD + changed),
        "RMDIR": (handle + name, WORD + changed),
        "RENAME": (2 * (handle + name), WORD + 2 * changed),
        "LINK": (2 * handle + name, WORD + POST_OP_ATTR + changed),
        "READDIR": (handle + HYPER + VERIFIER + WORD, WORD + POST_OP_ATTR + VERIFIER + 2 * WORD),
        "FSSTAT": (handle, WORD + POST_OP_ATTR + 6 * HYPER + WORD),
        "FSINFO": (handle, WORD + POST_OP_ATTR + 7 * WORD + HYPER + 3 * WORD),
        "PATHCONF": (handle, WORD + POST_OP_ATTR + 6 * WORD),
    }


def _compounds4(
    name: int, handle: int, stat: int, opener: int, *, sessions: bool
) -> dict[str, tuple[int, int]]:
    """Compounds of RFC 7531 and RFC 5662: what they are for, and GETATTR where something is shown or changed."""
    done, bitmap, change = 2 * WORD, 3 * WORD, WORD + 2 * HYPER
    look = (WORD + bitmap, done + bitmap + WORD + stat)
    save = (2 * WORD + handle, 2 * done)  # the other directory: SAVEFH and a second PUTFH
    setting = bitmap + WORD  # an empty fattr4
    operations = {
        "READLINK": ((WORD, done + WORD),),
        "ACCESS": ((2 * WORD, done + 2 * WORD), look),
        "GETATTR": (look,),
        "SETATTR": ((WORD + STATEID + setting, done + bitmap), look),
        "CREATE": ((2 * WORD + name + setting, done + change + bitmap), (WORD, done + handle), look),
        "REMOVE": ((WORD + name, done + change),),
        "RENAME": (save, (WORD + 2 * name, done + 2 * change)),
        "LINK": (save, (WORD + name, done + change)),
        # type, reclaim, range, new owner, seqid, stateid, seqid, owner
        "LOCK": ((7 * WORD + 2 * HYPER + STATEID + HYPER + opener, done + STATEID),),
        "LOCKU": ((3 * WORD + STATEID + 2 * HYPER, done + STATEID),),
        "COMPOUND": (),
    }
    parts = [(WORD + SESSION_ID + 4 * WORD, done + SESSION_ID + 5 * WORD)] if sessions else []
    parts.append((WORD + handle, done))
    return {
        each: (
            3 * WORD + sum(part[0] for part in (*parts, *own)),
            3 * WORD + sum(part[1] for part in (*parts, *own)),
        )
        for each, own in operations.items()
    }
