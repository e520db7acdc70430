"""Operations on handles, names and attributes (RFC 7530, section 16; RFC 8881, section 18)."""

from __future__ import annotations

from devicesim.device.share import Directory, Node, Symlink
from devicesim.device.share.limits import ShareError
from devicesim.endpoints.nfs.attributes3 import SPECIAL
from devicesim.endpoints.nfs.rpc import AUTH_NONE, AUTH_SYS
from devicesim.endpoints.nfs.status import NfsError, Status, status_of
from devicesim.endpoints.nfs.tree import READ
from devicesim.endpoints.nfs.v3 import granted
from devicesim.endpoints.nfs.v4.attributes import read_bitmap
from devicesim.endpoints.nfs.v4.compound import NONE, Body, Compound, Operation, change_info
from devicesim.endpoints.nfs.v4.data import check_io
from devicesim.endpoints.nfs.v4.state import WRITE
from devicesim.endpoints.nfs.xdr import FALSE, HYPER, TRUE, UINT2, UINT3, opaque

_DIR, _BLOCK, _CHAR, _LINK = 2, 3, 4, 5
_ACCESS_LOOKUP, _ACCESS_DELETE, _ACCESS_EXECUTE = 2, 16, 32
_MOST_HANDLE = 128
_MOST_LINES = 8192
_LEAST_LINE = 24


def putrootfh(compound: Compound) -> Body:
    """PUTROOTFH, PUTPUBFH."""
    compound.node, compound.stateid = compound.tree.pseudo, None
    return NONE


def putfh(compound: Compound) -> Body:
    """PUTFH."""
    reader = compound.reader
    start = reader.position
    try:
        compound.node = compound.tree.named(reader, _MOST_HANDLE)
    except ShareError:
        # A removed one is there as long as it is open, so that it can be closed.
        reader.position = start
        node = compound.clients.removed(compound.tree.numbers(reader.view(_MOST_HANDLE)))
        if node is None:
            raise
        compound.node = node
    compound.stateid = None
    return NONE


def getfh(compound: Compound) -> Body:
    """GETFH."""
    return opaque(compound.tree.handle(compound.current()))


def savefh(compound: Compound) -> Body:
    """SAVEFH."""
    compound.saved, compound.saved_stateid = compound.current(), compound.stateid
    return NONE


def restorefh(compound: Compound) -> Body:
    """RESTOREFH."""
    if compound.saved is None:
        raise NfsError(Status.NOFILEHANDLE if compound.minor else Status.RESTOREFH)
    compound.node, compound.stateid = compound.saved, compound.saved_stateid
    return NONE


def lookup(compound: Compound) -> Body:
    """LOOKUP."""
    node = compound.current()
    if isinstance(node, Symlink):
        raise NfsError(Status.SYMLINK)
    directory = compound.directory()
    if not compound.skip(b"."):  # a name that is none; nfs-rs looks it up to list the top of a mount
        compound.node = compound.tree.lookup(compound.caller, directory, compound.name())
    compound.stateid = None
    return NONE


def lookupp(compound: Compound) -> Body:
    """LOOKUPP."""
    directory, tree = compound.directory(), compound.tree
    if directory is tree.pseudo:
        raise NfsError(Status.NOENT)
    compound.node, compound.stateid = tree.lookup(compound.caller, directory, b".."), None
    return NONE


def access(compound: Compound) -> Body:
    """ACCESS."""
    node, wanted = compound.current(), compound.reader.uint()
    if compound.minor == 0 and wanted & ~0x3F:
        raise NfsError(Status.INVAL)
    # What is meaningless for a file or a directory is not checked, and so not "supported".
    known = 0x1F if isinstance(node, Directory) else 0x3F & ~(_ACCESS_LOOKUP | _ACCESS_DELETE)
    wanted &= known
    return UINT2.pack(wanted, granted(compound.tree, compound.caller, node, wanted))


def getattr_(compound: Compound) -> Body:
    """GETATTR."""
    node = compound.current()
    return compound.attributes.encode(compound.tree, node, read_bitmap(compound.reader))


def setattr_(compound: Compound) -> Body:
    """SETATTR; what was set follows whatever the status (:meth:`.version.Version4.told_of`)."""
    stateid = compound.read_stateid()
    node = compound.current()
    wanted, mask = compound.attributes.read(compound.reader, compound.tree)
    opened = False
    if wanted.size is not None:
        if isinstance(node, Directory):
            raise NfsError(Status.ISDIR)
        if isinstance(node, Symlink):
            raise NfsError(Status.INVAL)
        opened = check_io(compound, stateid, node, WRITE) is not None
    compound.tree.setattr(compound.caller, node, wanted, compound.now, opened=opened)
    return mask


def verify(compound: Compound) -> Body:
    """VERIFY."""
    if not _same(compound):
        raise NfsError(Status.NOT_SAME)
    return NONE


def nverify(compound: Compound) -> Body:
    """NVERIFY."""
    if _same(compound):
        raise NfsError(Status.SAME)
    return NONE


def _same(compound: Compound) -> bool:
    node, words = compound.current(), read_bitmap(compound.reader)
    values = compound.reader.opaque()
    return compound.attributes.values(compound.tree, node, words) == values


def readlink(compound: Compound) -> Body:
    """READLINK."""
    node = compound.current()
    if not isinstance(node, Symlink):
        strange = compound.minor and not isinstance(node, Directory)
        raise NfsError(Status.WRONG_TYPE if strange else Status.INVAL)
    return opaque(compound.tree.share.readlink(node).encode())


def create(compound: Compound) -> Body:
    """CREATE: of whatever is no regular file."""
    reader, tree = compound.reader, compound.tree
    kind, target, device = reader.uint(), b"", (0, 0)
    if kind == _LINK:
        target = reader.opaque()
    elif kind in (_BLOCK, _CHAR):
        device = reader.uint(), reader.uint()
    directory, name = compound.directory(), compound.name()
    wanted, mask = compound.attributes.read(reader, tree)
    before = directory.change
    if kind == _DIR:
        node: Node = tree.mkdir(compound.caller, directory, name, wanted, compound.now)
    elif kind == _LINK:
        if not target:
            raise NfsError(Status.INVAL)
        node = tree.symlink(compound.caller, directory, name, target, wanted, compound.now)
    elif kind in SPECIAL:
        node = tree.special(compound.caller, directory, name, SPECIAL[kind], device, wanted, compound.now)
    else:
        raise NfsError(Status.BADTYPE)
    compound.node, compound.stateid = node, None
    return change_info(before, directory) + mask


def remove(compound: Compound) -> Body:
    """REMOVE: of files and of empty directories."""
    directory, name, tree = compound.directory(), compound.name(), compound.tree
    before = directory.change
    if isinstance(tree.share.lookup(directory, name), Directory):
        tree.rmdir(compound.caller, directory, name, compound.now)
    else:
        tree.remove(compound.caller, directory, name, compound.now)
    return change_info(before, directory)


def rename(compound: Compound) -> Body:
    """RENAME: from the saved directory to the current one."""
    source, name, new_name = compound.saved, compound.name(), compound.name()
    if source is None or compound.node is None:
        raise NfsError(Status.NOFILEHANDLE)
    if not isinstance(source, Directory):
        raise NfsError(Status.NOTDIR)
    target = compound.directory()
    before, before_there = source.change, target.change
    try:
        compound.tree.rename(compound.caller, source, name, target, new_name, compound.now)
    except ShareError as refused:
        status = status_of(refused.errno)
        in_the_way = status in (Status.NOTDIR, Status.ISDIR, Status.NOTEMPTY)
        raise NfsError(Status.EXIST if in_the_way else status) from None
    return change_info(before, source) + change_info(before_there, target)


def link(compound: Compound) -> Body:
    """LINK: of the saved file into the current directory."""
    node = compound.saved
    if node is None or compound.node is None:
        raise NfsError(Status.NOFILEHANDLE)
    directory, name = compound.directory(), compound.name()
    if isinstance(node, Directory):
        raise NfsError(Status.ISDIR)
    before = directory.change
    compound.tree.link(compound.caller, node, directory, name, compound.now)
    return change_info(before, directory)


def readdir(compound: Compound) -> Body:
    """READDIR: a page of lines behind a cookie."""
    reader, tree, directory = compound.reader, compound.tree, compound.directory()
    cookie, _ = reader.hyper(), reader.fixed(8)
    reader.uint()  # room for names alone, which clients do not mean
    room, words = reader.uint(), read_bitmap(reader)
    if cookie in (1, 2):
        raise NfsError(Status.BAD_COOKIE)
    compound.attributes.check_readable(words)
    tree.check(compound.caller, directory, READ)
    room = min(room, 1 << 20) - 16  # the verifier, and the words that end the list
    if room < 0:
        raise NfsError(Status.TOOSMALL)
    most = min(_MOST_LINES, max(2, room // _LEAST_LINE))
    page = tree.share.readdir(directory, cookie, most)
    parts: list[bytes] = []
    end = page.end
    for number, name, node in page.entries:
        line = (
            TRUE + HYPER.pack(number) + opaque(name.encode()) + compound.attributes.encode(tree, node, words)
        )
        room -= len(line)
        if room < 0:
            end = False
            break
        parts.append(line)
    if not parts and page.entries:
        raise NfsError(Status.TOOSMALL)
    listed = b"".join(parts)
    compound.payload += len(listed)
    return bytes(8), listed, FALSE + (TRUE if end else FALSE)


def secinfo(compound: Compound) -> Body:
    """SECINFO; the handle is used up by it in NFSv4.1."""
    directory, name = compound.directory(), compound.name()
    compound.tree.lookup(compound.caller, directory, name)
    if compound.minor:
        compound.node = None
    return _flavors()


def secinfo_no_name(compound: Compound) -> Body:
    """SECINFO_NO_NAME."""
    if compound.reader.uint() == 1:
        lookupp(compound)
    compound.current()
    compound.node = None
    return _flavors()


def _flavors() -> bytes:
    return UINT3.pack(2, AUTH_SYS, AUTH_NONE)


OPERATIONS: dict[int, Operation] = {
    3: access,
    6: create,
    9: getattr_,
    10: getfh,
    11: link,
    15: lookup,
    16: lookupp,
    17: nverify,
    22: putfh,
    23: putrootfh,
    24: putrootfh,
    26: readdir,
    27: readlink,
    28: remove,
    29: rename,
    31: restorefh,
    32: savefh,
    33: secinfo,
    34: setattr_,
    37: verify,
    52: secinfo_no_name,
}
