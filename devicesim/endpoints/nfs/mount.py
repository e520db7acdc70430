"""The MOUNT protocol, version 3 (RFC 1813, appendix I): from an export's path to its first handle.

Scope and limits: exports are ``/buckets/<bucket>``, and a directory below one can be mounted as well. Who has mounted
what is not kept: DUMP lists nothing, as RFC 1813 allows, since it would never be true.
"""

from __future__ import annotations

from devicesim.device.share import Directory
from devicesim.device.share.limits import ShareError
from devicesim.endpoints.nfs.rpc import AUTH_SYS, Caller
from devicesim.endpoints.nfs.status import Status, status_of
from devicesim.endpoints.nfs.tree import EXECUTE, Tree
from devicesim.endpoints.nfs.xdr import FALSE, TRUE, UINT, UINT2, Reader, opaque

PROGRAM, VERSION = 100005, 3
NAMES = ("NULL", "MNT", "DUMP", "UMNT", "UMNTALL", "EXPORT")
_MOST_PATH = 1024
_AUTH_NONE = 0


def answer(tree: Tree, procedure: str, arguments: Reader, caller: Caller) -> tuple[bytes, ...]:
    """Do one procedure: the result after the RPC's head."""
    if procedure == "MNT":
        return _mount(tree, arguments.opaque(), caller)
    if procedure == "UMNT":
        arguments.opaque()
    if procedure == "DUMP":
        return (FALSE,)
    if procedure == "EXPORT":
        lines = [TRUE + opaque(path.encode()) + FALSE for path in exports(tree)]
        return (*lines, FALSE)
    return ()


def exports(tree: Tree) -> list[str]:
    """Paths that can be mounted: each bucket."""
    return [f"/buckets/{name}" for name in tree.share.buckets]


def refusal(procedure: str, status: Status) -> tuple[bytes, ...]:
    """The result for a host that is not allowed, or of a device that does not serve."""
    if procedure == "MNT":
        return (UINT.pack(status),)
    return () if procedure in ("UMNT", "UMNTALL") else (FALSE,)


def _mount(tree: Tree, path: bytes, caller: Caller) -> tuple[bytes, ...]:
    if len(path) > _MOST_PATH:
        return (UINT.pack(Status.NAMETOOLONG),)
    names = [name for name in path.split(b"/") if name]
    if not path.startswith(b"/") or names[:1] != [b"buckets"]:
        return (UINT.pack(Status.NOENT),)
    if len(names) == 1:
        return (UINT.pack(Status.ACCESS),)
    node = tree.share.root
    try:
        for name in names[1:]:
            below = tree.share.lookup(node, name)
            if not isinstance(below, Directory):
                return (UINT.pack(Status.NOTDIR),)
            if node.bucket is not None:
                tree.check(caller, node, EXECUTE)
            node = below
    except ShareError as refused:
        return (UINT.pack(status_of(refused.errno)),)
    return UINT.pack(Status.OK), opaque(tree.handle(node)), UINT.pack(2), UINT2.pack(AUTH_SYS, _AUTH_NONE)
