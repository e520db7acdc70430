"""The remote procedure calls that create a file, and their bytes on the wire.

Model
-----
XDR word counts of each message, record marks included and the payload of WRITE excluded.

Scope and limits
----------------
AUTH_SYS, TCP, one RPC to a record, the compounds that the protocol needs; see :mod:`devicesim.physics.nfs`.

Sources
-------
RFC 5531, RFC 1813, RFC 7531, RFC 5662.

Checked against
---------------
Seven NFSv3 procedures as measured on NFS-Ganesha; NFSv4 compounds assembled word by word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from devicesim.errors import require, unknown

Version = Literal["3", "4.0", "4.1"]
VERSIONS = ("3", "4.0", "4.1")

WORD = 4
HYPER = 8
REPLY_HEADER = 7 * WORD  # record mark, xid, type, status, empty verifier (2 words), accept status
FATTR3 = 5 * WORD + 5 * HYPER + 3 * HYPER  # 5 words; size, used, rdev, fsid, fileid; 3 times
POST_OP_ATTR = WORD + FATTR3
PRE_OP_ATTR = WORD + 3 * HYPER  # size, mtime, ctime
VERIFIER = 8
STATEID = 16
SESSION_ID = 16

# The reply lists what was done up to the first failure: LOOKUP of a new name ends with its own status.
_COMPOUNDS = {
    "LOOKUP": (("LOOKUP", "GETFH", "GETATTR"), ("LOOKUP",)),
    "OPEN": (("OPEN", "GETFH", "GETATTR"), ("OPEN", "GETFH", "GETATTR")),
    "WRITE": (("WRITE",), ("WRITE",)),
    "COMMIT": (("COMMIT",), ("COMMIT",)),
    "CLOSE": (("CLOSE",), ("CLOSE",)),
}


class Procedure(NamedTuple):
    """One remote procedure call on the wire, record marks included and payload excluded.

    Attributes
    ----------
    name : str
        Procedure, or for NFSv4 the operation that the compound is sent for.
    request, reply : int
        Bytes from and to the client [B].
    """

    name: str
    request: int
    reply: int


class FileOperations(NamedTuple):
    """The calls that create one file, in order: each of ``before`` and ``after`` waits for the one before it.

    Attributes
    ----------
    before, after : tuple of Procedure
        Calls before the first WRITE and after the last.
    write : Procedure
        One WRITE without its payload.
    """

    before: tuple[Procedure, ...]
    write: Procedure
    after: tuple[Procedure, ...]


def opaque_size(size: int) -> int:
    """Bytes of variable data: a length word, and the data padded to a word [B]."""
    return WORD + -(-size // WORD) * WORD


def call_header(host_bytes: int = 16, groups: int = 1) -> int:
    """Bytes of an AUTH_SYS call before its arguments, record mark included.

    Record mark 1 word, call 6 words (xid, type, RPC version, program, version, procedure), credential 2 words
    and a body of stamp, host name, uid, gid and the counted groups, verifier 2 words.

    Parameters
    ----------
    host_bytes : int
        Length of the client's host name [B].
    groups : int
        Groups listed, at most 16 [1].

    Returns
    -------
    int
        Bytes [B].

    Raises
    ------
    BoundError
        ``host_bytes`` outside [0, 255] or ``groups`` outside [0, 16].

    References
    ----------
    RFC 5531, sections 9, 11 and appendix A.

    Examples
    --------
    >>> call_header(16, 1)
    84
    """
    require(0 <= host_bytes <= 255, "host_bytes", "in [0, 255]", host_bytes)
    require(0 <= groups <= 16, "groups", "in [0, 16]", groups)
    return (1 + 6 + 2 + 1) * WORD + opaque_size(host_bytes) + (2 + 1 + groups) * WORD + 2 * WORD


def procedures(
    version: Version,
    *,
    name_bytes: int = 16,
    handle_bytes: int = 24,
    host_bytes: int = 16,
    groups: int = 1,
    owner_bytes: int = 4,
    open_owner_bytes: int = 24,
    write_pre_op: bool = False,
) -> Mapping[str, Procedure]:
    """Bytes of each call that creating a file needs, by name.

    Parameters
    ----------
    version : {"3", "4.0", "4.1"}
        Protocol version.
    name_bytes : int
        Length of the file's name [B].
    handle_bytes : int
        Length of a file handle: at most 64 in NFSv3, 128 in NFSv4 [B].
    host_bytes, groups
        As for :func:`call_header`.
    owner_bytes : int
        NFSv4: length of an owner as text; 4 for a numeric id such as ``1000`` [B].
    open_owner_bytes : int
        NFSv4: length of the name that a client gives its opens [B].
    write_pre_op : bool
        NFSv3: whether WRITE and COMMIT return the attributes from before, as CREATE and SETATTR do.

    Returns
    -------
    mapping of str to Procedure
        LOOKUP (of a name not there yet), CREATE, WRITE, COMMIT, SETATTR, ACCESS, GETATTR in NFSv3; LOOKUP,
        OPEN, WRITE, COMMIT, CLOSE in NFSv4.

    Raises
    ------
    BoundError
        A length out of the protocol's range.
    UnknownNameError
        No such version.

    References
    ----------
    RFC 1813, section 3.3; RFC 7531; RFC 5662.

    Examples
    --------
    >>> procedures("3")["CREATE"]
    Procedure(name='CREATE', request=164, reply=268)
    """
    checked_lengths(version, name_bytes, handle_bytes, owner_bytes, open_owner_bytes)
    header, name, handle = call_header(host_bytes, groups), opaque_size(name_bytes), opaque_size(handle_bytes)
    if version == "3":
        sizes = _procedures3(name, handle, PRE_OP_ATTR if write_pre_op else WORD)
    else:
        operations = _operations4(name, handle, opaque_size(owner_bytes), opaque_size(open_owner_bytes))
        sizes = _compounds4(operations, sessions=version == "4.1")
    return {n: Procedure(n, header + call, REPLY_HEADER + reply) for n, (call, reply) in sizes.items()}


def checked_lengths(
    version: str, name_bytes: int, handle_bytes: int, owner_bytes: int, open_owner_bytes: int
) -> None:
    """Raise unless the version is known and the lengths are within what it allows."""
    if version not in VERSIONS:
        raise unknown("NFS version", version, VERSIONS)
    longest = 64 if version == "3" else 128
    require(1 <= name_bytes <= 255, "name_bytes", "in [1, 255]", name_bytes)
    require(1 <= handle_bytes <= longest, "handle_bytes", f"in [1, {longest}]", handle_bytes)
    require(1 <= owner_bytes <= 1024, "owner_bytes", "in [1, 1024]", owner_bytes)
    require(1 <= open_owner_bytes <= 1024, "open_owner_bytes", "in [1, 1024]", open_owner_bytes)


def _procedures3(name: int, handle: int, pre_op: int) -> dict[str, tuple[int, int]]:
    """Arguments and results of RFC 1813; a result starts with its status."""
    new_mode = 7 * WORD  # sattr3: mode follows (2); uid, gid, size, atime, mtime do not (5)
    new_times = 10 * WORD  # sattr3: mode, uid, gid, size do not follow (4); atime and mtime do (3 + 3)
    written, changed = pre_op + POST_OP_ATTR, PRE_OP_ATTR + POST_OP_ATTR
    return {
        "LOOKUP": (handle + name, WORD + POST_OP_ATTR),
        "CREATE": (handle + name + WORD + new_mode, 2 * WORD + handle + POST_OP_ATTR + changed),
        "WRITE": (handle + HYPER + 3 * WORD, WORD + written + 2 * WORD + VERIFIER),
        "COMMIT": (handle + HYPER + WORD, WORD + written + VERIFIER),
        "SETATTR": (handle + new_times + WORD, WORD + changed),
        "ACCESS": (handle + WORD, WORD + POST_OP_ATTR + WORD),
        "GETATTR": (handle, WORD + FATTR3),
    }


def stat4_size(owner: int) -> int:
    """Bytes of the NFSv4 attributes that fill a Unix stat, their mask and length not counted [B].

    They are 14: type, mode, numlinks; change, size, fileid, rawdev, space_used; fsid; the times of access,
    metadata and modification; owner and owner_group, each of so many bytes.
    """
    return 3 * WORD + 5 * HYPER + 2 * HYPER + 3 * (HYPER + WORD) + 2 * owner


def _operations4(name: int, handle: int, owner: int, open_owner: int) -> dict[str, tuple[int, int]]:
    """Operations of RFC 7531 and RFC 5662: a request starts with its number, a result with number and status."""
    done, bitmap = 2 * WORD, 3 * WORD  # a bitmap of two words carries its count
    stat = stat4_size(owner)
    mode = bitmap + 2 * WORD  # fattr4 with mode alone: mask, length, value
    change = WORD + 2 * HYPER
    # seqid, access, deny; client id; owner; create, unchecked; attributes; claim and name
    opening = 3 * WORD + HYPER + open_owner + 2 * WORD + mode + WORD + name
    return {
        "SEQUENCE": (WORD + SESSION_ID + 4 * WORD, done + SESSION_ID + 5 * WORD),
        "PUTFH": (WORD + handle, done),
        "LOOKUP": (WORD + name, done),
        "OPEN": (WORD + opening, done + STATEID + change + WORD + bitmap + WORD),
        "GETFH": (WORD, done + handle),
        "GETATTR": (WORD + bitmap, done + bitmap + WORD + stat),
        "WRITE": (WORD + STATEID + HYPER + 2 * WORD, done + 2 * WORD + VERIFIER),
        "COMMIT": (WORD + HYPER + WORD, done + VERIFIER),
        "CLOSE": (2 * WORD + STATEID, done + STATEID),
    }


def _compounds4(operations: dict[str, tuple[int, int]], *, sessions: bool) -> dict[str, tuple[int, int]]:
    """Lists of operations behind 3 words: empty tag, minor version, count; or status, empty tag, count."""
    first = ("SEQUENCE", "PUTFH") if sessions else ("PUTFH",)
    return {
        name: (
            3 * WORD + sum(operations[each][0] for each in first + asked),
            3 * WORD + sum(operations[each][1] for each in first + answered),
        )
        for name, (asked, answered) in _COMPOUNDS.items()
    }


def file_operations(
    version: Version,
    *,
    name_bytes: int = 16,
    handle_bytes: int = 24,
    host_bytes: int = 16,
    groups: int = 1,
) -> FileOperations:
    """Calls that create one file, in order.

    Parameters
    ----------
    version, name_bytes, handle_bytes, host_bytes, groups
        As for :func:`procedures`.

    Returns
    -------
    FileOperations
        Two calls before the data, one WRITE, two calls after it.

    Raises
    ------
    BoundError, UnknownNameError
        As for :func:`procedures`.

    References
    ----------
    RFC 1813, section 3.3.21 (COMMIT); RFC 7530, section 16 and RFC 8881, section 18 (OPEN, CLOSE).

    Examples
    --------
    >>> calls = file_operations("4.1")
    >>> [f"{call.name} {call.request}/{call.reply}" for call in (*calls.before, calls.write, *calls.after)]
    ['LOOKUP 208/100', 'OPEN 288/336', 'WRITE 200/116', 'COMMIT 180/108', 'CLOSE 188/116']
    """
    calls = procedures(
        version, name_bytes=name_bytes, handle_bytes=handle_bytes, host_bytes=host_bytes, groups=groups
    )
    create, last = ("CREATE", "SETATTR") if version == "3" else ("OPEN", "CLOSE")
    return FileOperations((calls["LOOKUP"], calls[create]), calls["WRITE"], (calls["COMMIT"], calls[last]))
