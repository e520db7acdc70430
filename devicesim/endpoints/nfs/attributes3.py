"""File attributes as NFSv3 has them (RFC 1813, sections 2.5 and 2.6)."""

from __future__ import annotations

from struct import Struct

from devicesim.device.share import Directory, Node, Special, Symlink
from devicesim.endpoints.nfs.tree import SECOND, Tree, Wanted
from devicesim.endpoints.nfs.xdr import FALSE, MOST_UINT, UINT2, Reader, XdrError

NF3REG, NF3DIR, NF3LNK = 1, 2, 5
SPECIAL = {3: "block", 4: "char", 6: "socket", 7: "fifo"}
"""Kinds of special files by ``ftype3``."""
_NUMBERS = {kind: number for number, kind in SPECIAL.items()}
FSID = 0x534E4F57
"""Number of the one file system: SNOW."""
BLOCK = 4096
_TYPES = {Directory: NF3DIR, Symlink: NF3LNK}
_FATTR = Struct(">6I2Q2I2Q6I")
_BEFORE = Struct(">IQ4I")
_DONT_CHANGE, _SERVER_TIME, _CLIENT_TIME = range(3)


def type_of(node: Node) -> int:
    """``ftype3`` of a node, which NFSv4 numbers alike."""
    return _NUMBERS[node.kind] if isinstance(node, Special) else _TYPES.get(type(node), NF3REG)


def device_of(node: Node) -> tuple[int, int]:
    """Major and minor number of a device; nothing of anything else."""
    return node.device if isinstance(node, Special) else (0, 0)


def size_of(node: Node) -> int:
    """Its size; of a directory one block."""
    return BLOCK if isinstance(node, Directory) else node.size


def _time(ns: int) -> tuple[int, int]:
    """``nfstime3``: no second before 1970, none after 2106."""
    seconds, rest = divmod(ns, SECOND)
    if not 0 <= seconds <= MOST_UINT:
        return (0, 0) if seconds < 0 else (MOST_UINT, 0)
    return seconds, rest


def fattr3(tree: Tree, node: Node) -> bytes:
    """All attributes of a node."""
    return post_op(tree, node)[4:]


def post_op(tree: Tree, node: Node) -> bytes:
    """Attributes, behind the word that says that they follow."""
    epoch, ns = tree.epoch_ns, node.mtime_ns
    mtime = _time(ns + epoch)
    atime = mtime if node.atime_ns == ns else _time(node.atime_ns + epoch)
    ctime = mtime if node.ctime_ns == ns else _time(node.ctime_ns + epoch)
    size = size_of(node)
    major, minor = device_of(node)
    return _FATTR.pack(
        1, type_of(node), node.mode, node.nlink, node.uid, node.gid, size, (size + BLOCK - 1) & -BLOCK, major,
        minor, FSID, node.fileid, *atime, *mtime, *ctime,
    )  # fmt: skip


def before(tree: Tree, node: Node) -> bytes:
    """What a client needs to see whether somebody else changed a node meanwhile: ``pre_op_attr``."""
    epoch = tree.epoch_ns
    return _BEFORE.pack(1, size_of(node), *_time(node.mtime_ns + epoch), *_time(node.ctime_ns + epoch))


def ctime_of(tree: Tree, node: Node) -> tuple[int, int]:
    """When the inode last changed, as ``sattrguard3`` has it."""
    return _time(node.ctime_ns + tree.epoch_ns)


def read_wanted(reader: Reader, tree: Tree) -> Wanted:
    """Read ``sattr3``."""
    wanted = Wanted()
    if reader.flag():
        wanted.mode = reader.uint()
    if reader.flag():
        wanted.uid = reader.uint()
    if reader.flag():
        wanted.gid = reader.uint()
    if reader.flag():
        wanted.size = reader.hyper()
    wanted.atime_now, wanted.atime_ns = _read_time(reader, tree)
    wanted.mtime_now, wanted.mtime_ns = _read_time(reader, tree)
    return wanted


def _read_time(reader: Reader, tree: Tree) -> tuple[bool, int | None]:
    how = reader.uint()
    if how == _CLIENT_TIME:
        seconds, rest = UINT2.unpack_from(reader.buffer, reader.position)
        reader.position += 8
        return False, seconds * SECOND + rest - tree.epoch_ns
    if how not in (_DONT_CHANGE, _SERVER_TIME):
        raise XdrError(f"time to set of kind {how}")
    return how == _SERVER_TIME, None


NOTHING_FOLLOWS = FALSE
