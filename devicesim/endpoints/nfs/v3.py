"""NFS version 3 (RFC 1813): its procedures on the device's tree.

Scope and limits: all 22 procedures. Attributes from before and after come with every change that succeeded; a refused
one tells none, which the protocol allows. Directory listings need no verifier: a cookie stays good for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct

from devicesim.device.share import Directory, Node, Symlink
from devicesim.device.share.limits import ShareError
from devicesim.endpoints.nfs.attributes3 import (
    BLOCK,
    SPECIAL,
    before,
    ctime_of,
    fattr3,
    post_op,
    read_wanted,
)
from devicesim.endpoints.nfs.listing3 import lines
from devicesim.endpoints.nfs.records import MOST_DATA
from devicesim.endpoints.nfs.rpc import Caller
from devicesim.endpoints.nfs.status import NfsError, Status, status_of
from devicesim.endpoints.nfs.tree import EXECUTE, READ, WRITE, Tree, Wanted
from devicesim.endpoints.nfs.xdr import (
    FALSE,
    MOST_HYPER,
    TRUE,
    UINT,
    UINT2,
    UINT3,
    Reader,
    XdrError,
    opaque,
    padding,
)

PROGRAM, VERSION = 100003, 3
NAMES = (
    "NULL", "GETATTR", "SETATTR", "LOOKUP", "ACCESS", "READLINK", "READ", "WRITE", "CREATE", "MKDIR", "SYMLINK",
    "MKNOD", "REMOVE", "RMDIR", "RENAME", "LINK", "READDIR", "READDIRPLUS", "FSSTAT", "FSINFO", "PATHCONF", "COMMIT",
)  # fmt: skip
"""Procedures by number."""
ONCE = frozenset({"SETATTR", "CREATE", "MKDIR", "SYMLINK", "MKNOD", "REMOVE", "RMDIR", "RENAME", "LINK"})
"""Procedures that must not be done twice: their replies are kept for repetitions."""
_FAILED = {
    "GETATTR": b"",
    "SETATTR": bytes(8),
    "LOOKUP": bytes(4),
    "WRITE": bytes(8),
    "CREATE": bytes(8),
    "MKDIR": bytes(8),
    "SYMLINK": bytes(8),
    "MKNOD": bytes(8),
    "REMOVE": bytes(8),
    "RMDIR": bytes(8),
    "RENAME": bytes(16),
    "LINK": bytes(12),
    "COMMIT": bytes(8),
}  # what follows a status other than OK: no attributes; one word where nothing else is said
_OK = UINT.pack(Status.OK)
_UNCHECKED, _GUARDED, _EXCLUSIVE = range(3)
_UNSTABLE, _DATA_SYNC, _FILE_SYNC = range(3)
_ACCESS_READ, _ACCESS_LOOKUP, _ACCESS_MODIFY, _ACCESS_EXTEND, _ACCESS_DELETE, _ACCESS_EXECUTE = (
    1 << bit for bit in range(6)
)
_WRITE = Struct(">QII")
_FSSTAT = Struct(">6QI")
_FSINFO = Struct(">7IQ3I")
_PROPERTIES = 0x1B  # hard links, symbolic links, one file system, times can be set
_WRITE_HEAD = 40  # bytes of a WRITE's arguments before the data, with a handle of ours
Parts = tuple[bytes, ...]
Procedure = Callable[[Tree, Reader, Caller, float], Parts]


def answer(tree: Tree, procedure: str, arguments: Reader, caller: Caller, now: float) -> Parts:
    """Do one procedure: the result after the RPC's head."""
    try:
        return _PROCEDURES[procedure](tree, arguments, caller, now)
    except ShareError as refused:
        return _refused(procedure, status_of(refused.errno))
    except NfsError as refused:
        return _refused(procedure, refused.status)


def refusal(procedure: str, status: Status) -> tuple[bytes]:
    """The result of a procedure that was not done."""
    return _refused(procedure, status)


def _refused(procedure: str, status: Status) -> tuple[bytes]:
    return (UINT.pack(status) + _FAILED.get(procedure, FALSE),)


def payload(procedure: str, arguments: Reader, parts: Parts) -> int:
    """Data that a procedure that was done carried, besides what is the same in every call [bytes]."""
    if procedure == "WRITE":
        return written(arguments.size - arguments.start)
    if len(parts) == 1:
        return 0
    if procedure == "READ":
        return len(parts[3])
    return len(parts[-1]) if procedure in ("READDIR", "READDIRPLUS") else 0


def written(size: int) -> int:
    """Data of a WRITE whose arguments are so long: refused or not, they came over the link [bytes]."""
    return max(0, size - _WRITE_HEAD)


def _node(tree: Tree, arguments: Reader) -> Node:
    return tree.named(arguments)


def _directory(tree: Tree, arguments: Reader) -> Directory:
    node = _node(tree, arguments)
    if not isinstance(node, Directory):
        raise NfsError(Status.NOTDIR)
    return node


def _name(arguments: Reader, *, new: bool = False) -> bytes:
    """A file name; "." and ".." exist already (RFC 1813, 3.3.8), and an empty one is nobody's (3.2)."""
    name = arguments.opaque()
    if not name:
        raise NfsError(Status.ACCESS)
    if new and name in (b".", b".."):
        raise NfsError(Status.EXIST)
    return name


def _changed(tree: Tree, earlier: bytes, node: Node) -> bytes:
    """``wcc_data``."""
    return earlier + post_op(tree, node)


# The procedures, by number.


def _getattr(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    return _OK, fattr3(tree, _node(tree, arguments))


def _setattr(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    wanted = read_wanted(arguments, tree)
    if arguments.flag() and (arguments.uint(), arguments.uint()) != ctime_of(tree, node):
        raise NfsError(Status.NOT_SYNC)
    earlier = before(tree, node)
    tree.setattr(caller, node, wanted, now)
    return _OK, _changed(tree, earlier, node)


def _lookup(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    name = _name(arguments)
    if name == b".." and directory.parent is tree.share.root:
        node: Node = directory  # an export's top is above itself
    else:
        node = tree.lookup(caller, directory, name)
    return _OK, opaque(tree.handle(node)), post_op(tree, node), post_op(tree, directory)


def _access(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    return _OK, post_op(tree, node), UINT.pack(granted(tree, caller, node, arguments.uint()))


def granted(tree: Tree, caller: Caller, node: Node, wanted: int) -> int:
    """Those of the ACCESS bits that a caller has; NFSv4 has the same bits."""
    may = tree.may(caller, node, READ | WRITE | EXECUTE)
    bits = _ACCESS_READ if may & READ else 0
    if isinstance(node, Directory):
        if may & WRITE and node.bucket is not None:
            bits |= _ACCESS_MODIFY | _ACCESS_EXTEND | _ACCESS_DELETE
        if may & EXECUTE:
            bits |= _ACCESS_LOOKUP
    else:
        if may & WRITE:
            bits |= _ACCESS_MODIFY | _ACCESS_EXTEND
        if may & EXECUTE:
            bits |= _ACCESS_EXECUTE
    return bits & wanted


def _readlink(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    target = tree.share.readlink(node)
    return _OK, post_op(tree, node), opaque(target.encode())


def _read(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    offset, count = arguments.hyper(), min(arguments.uint(), MOST_DATA)
    if isinstance(node, Symlink):
        raise NfsError(Status.INVAL)
    data = tree.read(caller, node, offset, count)
    size = len(data)
    head = UINT3.pack(size, offset + size >= node.size, size)
    return _OK, post_op(tree, node), head, data, padding(size)


def _write(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    offset, count, stable = arguments.several(_WRITE)
    data = arguments.view()
    if stable > _FILE_SYNC:
        raise XdrError(f"stable_how of {stable}")
    if count != len(data):
        raise NfsError(Status.INVAL)
    if offset + count > MOST_HYPER:
        raise NfsError(Status.FBIG)
    earlier = before(tree, node)
    done = tree.write(caller, node, offset, data, now, stable=stable != _UNSTABLE)
    committed = _FILE_SYNC if stable else _UNSTABLE
    return _OK, _changed(tree, earlier, node), UINT2.pack(done, committed), tree.share.verifier


def _create(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    name = _name(arguments, new=True)
    how, verifier, wanted = arguments.uint(), None, Wanted()
    if how == _EXCLUSIVE:
        verifier = arguments.fixed(8)
    elif how in (_UNCHECKED, _GUARDED):
        wanted = read_wanted(arguments, tree)
    else:
        raise XdrError(f"createmode3 of {how}")
    earlier = before(tree, directory)
    node, _ = tree.create(caller, directory, name, wanted, now, guarded=how == _GUARDED, verifier=verifier)
    return _made(tree, node, earlier, directory)


def _made(tree: Tree, node: Node, earlier: bytes, directory: Directory) -> Parts:
    handle = TRUE + opaque(tree.handle(node))
    return _OK, handle, post_op(tree, node), _changed(tree, earlier, directory)


def _mkdir(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    name, wanted = _name(arguments, new=True), read_wanted(arguments, tree)
    earlier = before(tree, directory)
    return _made(tree, tree.mkdir(caller, directory, name, wanted, now), earlier, directory)


def _symlink(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    name, wanted = _name(arguments, new=True), read_wanted(arguments, tree)
    target = arguments.opaque()
    earlier = before(tree, directory)
    node = tree.symlink(caller, directory, name, target, wanted, now)
    return _made(tree, node, earlier, directory)


def _mknod(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory, name = _directory(tree, arguments), _name(arguments, new=True)
    number, device = arguments.uint(), (0, 0)
    if number not in SPECIAL:
        raise NfsError(Status.BADTYPE)
    wanted = read_wanted(arguments, tree)
    if SPECIAL[number] in ("block", "char"):
        device = arguments.uint(), arguments.uint()
    earlier = before(tree, directory)
    node = tree.special(caller, directory, name, SPECIAL[number], device, wanted, now)
    return _made(tree, node, earlier, directory)


def _remove(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    name, earlier = _name(arguments), before(tree, directory)
    tree.remove(caller, directory, name, now)
    return _OK, _changed(tree, earlier, directory)


def _rmdir(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    name, earlier = _name(arguments), before(tree, directory)
    if name == b"..":
        raise NfsError(Status.EXIST)
    tree.rmdir(caller, directory, name, now)
    return _OK, _changed(tree, earlier, directory)


def _rename(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    source, name = _directory(tree, arguments), _name(arguments, new=True)
    target, new_name = _directory(tree, arguments), _name(arguments, new=True)
    earlier, earlier_there = before(tree, source), before(tree, target)
    try:
        tree.rename(caller, source, name, target, new_name, now)
    except ShareError as refused:
        status = status_of(refused.errno)
        # What stands in the way and is of another kind "exists" (RFC 1813, 3.3.14).
        in_the_way = status in (Status.NOTDIR, Status.ISDIR)
        raise NfsError(Status.EXIST if in_the_way else status) from None
    return _OK, _changed(tree, earlier, source), _changed(tree, earlier_there, target)


def _link(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node, directory = _node(tree, arguments), _directory(tree, arguments)
    name, earlier = _name(arguments, new=True), before(tree, directory)
    tree.link(caller, node, directory, name, now)
    return _OK, post_op(tree, node), _changed(tree, earlier, directory)


def _readdir(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    cookie = arguments.hyper()
    arguments.fixed(8)
    count = arguments.uint()
    listed = lines(tree, directory, cookie, min(count, MOST_DATA) - 128, caller)
    return _OK, post_op(tree, directory), bytes(8), listed


def _readdirplus(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    directory = _directory(tree, arguments)
    cookie = arguments.hyper()
    arguments.fixed(8)
    names, count = arguments.uint(), arguments.uint()
    room = min(count, MOST_DATA) - 128
    # Clients ask for less of names than of all; some ask for nothing of names, which cannot be meant.
    names = min(max(names, 512), room)
    return (
        _OK,
        post_op(tree, directory),
        bytes(8),
        lines(tree, directory, cookie, room, caller, plus=True, names=names),
    )


def _fsstat(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node, space = _node(tree, arguments), tree.share.statfs()
    numbers = _FSSTAT.pack(
        space.total_bytes,
        space.free_bytes,
        space.free_bytes,
        space.total_files,
        space.free_files,
        space.free_files,
        0,
    )
    return _OK, post_op(tree, node), numbers


def _fsinfo(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    largest = tree.share.limits.file_size
    numbers = _FSINFO.pack(
        MOST_DATA, MOST_DATA, BLOCK, MOST_DATA, MOST_DATA, BLOCK, 1 << 16, largest, 0, 1, _PROPERTIES
    )
    return _OK, post_op(tree, node), numbers


def _pathconf(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    # Links, bytes of a name; longer names are refused, owners cannot be given away; case counts and is kept.
    numbers = UINT.pack(MOST_LINKS) + UINT.pack(tree.share.limits.name_bytes) + TRUE + TRUE + FALSE + TRUE
    return _OK, post_op(tree, node), numbers


MOST_LINKS = 32000
"""Names that a file can have, as clients are told."""


def _commit(tree: Tree, arguments: Reader, caller: Caller, now: float) -> Parts:
    node = _node(tree, arguments)
    offset, count = arguments.hyper(), arguments.uint()
    if isinstance(node, Directory):
        raise NfsError(Status.ISDIR)
    tree.check_data(caller, node, WRITE)
    earlier = before(tree, node)
    tree.share.mark_stable(node, offset, count)
    return _OK, _changed(tree, earlier, node), tree.share.verifier


_PROCEDURES: dict[str, Procedure] = {
    "GETATTR": _getattr,
    "SETATTR": _setattr,
    "LOOKUP": _lookup,
    "ACCESS": _access,
    "READLINK": _readlink,
    "READ": _read,
    "WRITE": _write,
    "CREATE": _create,
    "MKDIR": _mkdir,
    "SYMLINK": _symlink,
    "MKNOD": _mknod,
    "REMOVE": _remove,
    "RMDIR": _rmdir,
    "RENAME": _rename,
    "LINK": _link,
    "READDIR": _readdir,
    "READDIRPLUS": _readdirplus,
    "FSSTAT": _fsstat,
    "FSINFO": _fsinfo,
    "PATHCONF": _pathconf,
    "COMMIT": _commit,
}
