"""Directory listings of NFSv3 (RFC 1813, 3.3.16 and 3.3.17): a page of lines behind a cookie.

Model: cookies 1 and 2 are "." and "..", larger ones those of the share, which stay good for ever. The top of an export
is above itself.
"""

from __future__ import annotations

from devicesim.device.share import Directory, Node
from devicesim.endpoints.nfs.attributes3 import post_op
from devicesim.endpoints.nfs.records import MOST_DATA
from devicesim.endpoints.nfs.rpc import Caller
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.tree import READ, Tree
from devicesim.endpoints.nfs.xdr import FALSE, HYPER, TRUE, opaque

_LEAST_LINE = 24  # bytes of the shortest line
_MOST_LINES = 8192


def lines(
    tree: Tree,
    directory: Directory,
    cookie: int,
    room: int,
    caller: Caller,
    *,
    plus: bool = False,
    names: int = MOST_DATA,
) -> bytes:
    """``dirlist3`` or ``dirlistplus3``: what fits of a directory behind a cookie.

    Args:
        tree, directory, caller: what is listed, to whom.
        cookie: of the last line that is known; 0 begins.
        room: for the lines [bytes].
        plus: whether attributes and handle follow each.
        names: room for the lines without these [bytes].
    """
    tree.check(caller, directory, READ)
    above = directory if directory.parent is tree.share.root else tree.parent(directory)
    found: list[tuple[int, str, Node]] = [(1, ".", directory), (2, "..", above)]
    del found[: min(cookie, 2)]
    most = min(_MOST_LINES, max(2, names // _LEAST_LINE))
    page = tree.share.readdir(directory, cookie, most)
    found += page.entries
    parts: list[bytes] = []
    end = page.end
    for number, name, node in found:
        line = TRUE + HYPER.pack(node.fileid) + opaque(name.encode()) + HYPER.pack(number)
        names -= len(line)
        if plus:
            line += post_op(tree, node) + TRUE + opaque(tree.handle(node))
        room -= len(line)
        if room < 0 or (names < 0 and parts):
            end = False
            break
        parts.append(line)
    if not parts and found:
        raise NfsError(Status.TOOSMALL)
    parts.append(FALSE + (TRUE if end else FALSE))
    return b"".join(parts)
