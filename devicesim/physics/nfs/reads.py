"""The remote procedure calls that read a file, and their bytes on the wire.

Model
-----
A client that copies a tree from a server lists each directory page by page, opens one file after another, keeps
some READs of it under way, and closes it::

    listing, by the page      before           data               after
    READDIRPLUS (NFSv3)       LOOKUP, ACCESS   READ ... READ       -
    READDIR (NFSv4)           OPEN             READ ... READ       CLOSE

The data travel in the replies. Sizes follow from XDR as in :mod:`~devicesim.physics.nfs.calls`.

Scope and limits
----------------
What :mod:`devicesim.physics.nfs` says of writing: AUTH_SYS, TCP, one RPC to a record, the compounds that the
protocol needs. A client whose listing has filled its name cache leaves the LOOKUP of NFSv3 out; the GETATTR of
close-to-open consistency is answered with ACCESS. Links, times of access and locks are not counted.

Sources
-------
RFC 1813 (sections 3.3.3, 3.3.4, 3.3.6, 3.3.17), RFC 7531, RFC 5662.

Checked against
---------------
Messages assembled word by word in the tests, exact.
"""

from __future__ import annotations

from typing import NamedTuple

from devicesim.errors import require
from devicesim.physics.nfs.calls import (
    HYPER,
    POST_OP_ATTR,
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
    stat4_size,
)

_COMPOUNDS = {
    "OPEN": ("OPEN", "GETFH", "ACCESS", "GETATTR"),
    "READ": ("READ",),
    "CLOSE": ("CLOSE",),
    "READDIR": ("READDIR",),
}


class FileReads(NamedTuple):
    """The calls that read one file, in order: each of ``before`` and ``after`` waits for the one before it.

    Attributes
    ----------
    before, after : tuple of Procedure
        Calls before the first READ and after the last.
    read : Procedure
        One READ; its reply without the data.
    page : Procedure
        One page of the listing of a directory; its reply without the entries.
    entry : int
        Bytes that a file takes in such a page [B].
    """

    before: tuple[Procedure, ...]
    read: Procedure
    after: tuple[Procedure, ...]
    page: Procedure
    entry: int

    def entries(self, page_bytes: int) -> int:
        """Files that a page of so many bytes lists, one at least.

        >>> file_reads("3").entries(32768)
        204
        """
        return max(1, (page_bytes - (self.page.reply - REPLY_HEADER)) // self.entry)


def file_reads(
    version: Version,
    *,
    name_bytes: int = 16,
    handle_bytes: int = 24,
    host_bytes: int = 16,
    groups: int = 1,
    owner_bytes: int = 4,
    open_owner_bytes: int = 24,
) -> FileReads:
    """Calls that read one file, in order, and those that list its directory.

    Parameters
    ----------
    version : {"3", "4.0", "4.1"}
        Protocol version.
    name_bytes, handle_bytes, host_bytes, groups, owner_bytes, open_owner_bytes
        As for :func:`~devicesim.physics.nfs.procedures`.

    Returns
    -------
    FileReads
        NFSv3: two calls before the data and none after; NFSv4: one and one.

    Raises
    ------
    BoundError, UnknownNameError
        As for :func:`~devicesim.physics.nfs.procedures`.

    References
    ----------
    RFC 1813, section 3.3.6 (READ); RFC 7530, section 16.23 and RFC 8881, section 18.22 (READ).

    Examples
    --------
    >>> calls = file_reads("3")
    >>> [f"{call.name} {call.request}/{call.reply}" for call in (*calls.before, calls.read, calls.page)]
    ['LOOKUP 132/236', 'ACCESS 116/124', 'READ 124/132', 'READDIRPLUS 136/136']
    """
    checked_lengths(version, name_bytes, handle_bytes, owner_bytes, open_owner_bytes)
    header, name, handle = call_header(host_bytes, groups), opaque_size(name_bytes), opaque_size(handle_bytes)
    if version == "3":
        sizes, entry = _procedures3(name, handle)
        names: tuple[tuple[str, ...], tuple[str, ...], str] = ("LOOKUP", "ACCESS"), (), "READDIRPLUS"
    else:
        stat, opener = stat4_size(opaque_size(owner_bytes)), opaque_size(open_owner_bytes)
        sizes, entry = _compounds4(name, handle, stat, opener, sessions=version == "4.1")
        names = ("OPEN",), ("CLOSE",), "READDIR"
    calls = {n: Procedure(n, header + call, REPLY_HEADER + reply) for n, (call, reply) in sizes.items()}
    before, after, page = names
    return FileReads(
        tuple(calls[n] for n in before), calls["READ"], tuple(calls[n] for n in after), calls[page], entry
    )


def _procedures3(name: int, handle: int) -> tuple[dict[str, tuple[int, int]], int]:
    """Arguments and results of RFC 1813, and an entry of READDIRPLUS; a result starts with its status."""
    # Another entry follows, fileid, name, cookie, attributes, and the handle behind a word that says it does.
    entry = WORD + HYPER + name + HYPER + POST_OP_ATTR + WORD + handle
    return {
        "LOOKUP": (handle + name, WORD + handle + 2 * POST_OP_ATTR),
        "ACCESS": (handle + WORD, WORD + POST_OP_ATTR + WORD),
        # count, end of file, and the length of the data
        "READ": (handle + HYPER + WORD, WORD + POST_OP_ATTR + 3 * WORD),
        "READDIRPLUS": (handle + HYPER + VERIFIER + 2 * WORD, WORD + POST_OP_ATTR + VERIFIER + 2 * WORD),
    }, entry


def _compounds4(
    name: int, handle: int, stat: int, opener: int, *, sessions: bool
) -> tuple[dict[str, tuple[int, int]], int]:
    """Compounds of RFC 7531 and RFC 5662, and an entry of READDIR; see the writing calls for their parts."""
    done, bitmap, change = 2 * WORD, 3 * WORD, WORD + 2 * HYPER
    # seqid, access, deny; client id; owner; no create; claim and name
    opening = 3 * WORD + HYPER + opener + WORD + WORD + name
    operations = {
        "SEQUENCE": (WORD + SESSION_ID + 4 * WORD, done + SESSION_ID + 5 * WORD),
        "PUTFH": (WORD + handle, done),
        "OPEN": (WORD + opening, done + STATEID + change + WORD + WORD + WORD),  # no attribute was set
        "GETFH": (WORD, done + handle),
        "ACCESS": (2 * WORD, done + 2 * WORD),
        "GETATTR": (WORD + bitmap, done + bitmap + WORD + stat),
        "READ": (WORD + STATEID + HYPER + WORD, done + 2 * WORD),
        "CLOSE": (2 * WORD + STATEID, done + STATEID),
        "READDIR": (WORD + HYPER + VERIFIER + 2 * WORD + bitmap, done + VERIFIER + 2 * WORD),
    }
    first = ("SEQUENCE", "PUTFH") if sessions else ("PUTFH",)
    sizes = {
        each: tuple(3 * WORD + sum(operations[part][side] for part in first + parts) for side in (0, 1))
        for each, parts in _COMPOUNDS.items()
    }
    # Another entry follows, cookie, name; attributes: those of a stat, whether they could be read, the handle.
    entry = WORD + HYPER + name + bitmap + WORD + stat + WORD + handle
    return {each: (call, reply) for each, (call, reply) in sizes.items()}, entry


def read_bytes(size: int, rsize: int, calls: FileReads) -> tuple[int, int]:
    """RPC bytes that reading a file moves in each direction, before TCP and without the listing.

    Parameters
    ----------
    size : int
        Size of the file [B].
    rsize : int
        Data of a full READ [B].
    calls : FileReads
        What is sent.

    Returns
    -------
    request, reply : int
        To the server and from it, the data padded to a word [B].

    Raises
    ------
    BoundError
        ``size`` negative, or ``rsize`` not a positive multiple of 4.

    References
    ----------
    RFC 4506, section 4.10 (padding).

    Examples
    --------
    >>> read_bytes(4096, 131072, file_reads("3"))
    (372, 4588)
    """
    require(size >= 0, "size", ">= 0", size)
    require(rsize > 0 and rsize % WORD == 0, "rsize", "a positive multiple of 4", rsize)
    count = -(-size // rsize)
    around = (*calls.before, *calls.after)
    return (
        sum(call.request for call in around) + count * calls.read.request,
        sum(call.reply for call in around) + count * calls.read.reply + -(-size // WORD) * WORD,
    )
