"""File attributes as NFSv4 has them (RFC 7530, section 5; RFC 8881, section 5): a table by number.

Model: a client asks by a bitmap; the encoders of a bitmap are looked up once. Owners are numbers in text, which is what
clients with AUTH_SYS send and understand.

Scope and limits: no ACLs, no named attributes, no quotas, no backup or creation times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from struct import Struct

from devicesim.device.share import Node
from devicesim.endpoints.nfs.attributes3 import BLOCK, FSID, device_of, size_of, type_of
from devicesim.endpoints.nfs.records import MOST_DATA
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.tree import SECOND, Tree, Wanted
from devicesim.endpoints.nfs.v3 import MOST_LINKS
from devicesim.endpoints.nfs.xdr import FALSE, HYPER, TRUE, UINT, UINT2, Reader, XdrError, opaque

_TIME = Struct(">qI")
_MOST_WORDS = 64  # of a bitmap: many more than there are attributes
_HYPER2 = Struct(">QQ")
NOBODY_NAMES = {b"root": 0, b"nobody": 65534, b"nogroup": 65534}
RDATTR_ERROR, FILEHANDLE, SUPPATTR_EXCLCREAT = 11, 19, 75
SIZE, MODE, OWNER, GROUP, ATIME_SET, MTIME_SET = 4, 33, 36, 37, 48, 54
WRITABLE = frozenset({SIZE, MODE, OWNER, GROUP, ATIME_SET, MTIME_SET})
WRITE_ONLY = frozenset({ATIME_SET, MTIME_SET})
Encoder = Callable[[Tree, Node], bytes]


def bitmap(numbers: Iterable[int]) -> bytes:
    """``bitmap4`` of attribute numbers.

    >>> bitmap([0, 33]).hex()
    '000000020000000100000002'
    """
    words: list[int] = []
    for number in numbers:
        while len(words) <= number // 32:
            words.append(0)
        words[number // 32] |= 1 << number % 32
    return UINT.pack(len(words)) + b"".join(map(UINT.pack, words))


def read_bitmap(reader: Reader) -> bytes:
    """The words of a ``bitmap4``, as they came."""
    count = reader.uint()
    if count > _MOST_WORDS:
        raise XdrError(f"a bitmap of {count} words")
    return reader.fixed(4 * count)


@lru_cache(maxsize=1024)
def numbers_of(words: bytes) -> tuple[int, ...]:
    """Attribute numbers of a bitmap, ascending."""
    value = b"".join(reversed([words[at : at + 4] for at in range(0, len(words), 4)]))
    bits = int.from_bytes(value)
    return tuple(number for number in range(bits.bit_length()) if bits >> number & 1)


_mask = lru_cache(maxsize=1024)(bitmap)


@lru_cache(maxsize=1024)
def _number(value: int) -> bytes:
    return opaque(b"%d" % value)


def _time(ns: int) -> bytes:
    return _TIME.pack(*divmod(ns, SECOND))


def _flag(value: bool) -> Encoder:
    word = TRUE if value else FALSE
    return lambda tree, node: word


def _hyper(value: Callable[[Tree, Node], int]) -> Encoder:
    return lambda tree, node: HYPER.pack(value(tree, node))


LEASE = 10
_ENCODERS: dict[int, Encoder] = {
    1: lambda tree, node: UINT.pack(type_of(node)),
    2: _flag(False),  # handles are good as long as the device runs
    3: lambda tree, node: HYPER.pack(node.change),
    4: lambda tree, node: HYPER.pack(size_of(node)),
    5: _flag(True),
    6: _flag(True),
    7: _flag(False),
    8: lambda tree, node: _HYPER2.pack(FSID, 0),
    9: _flag(True),
    RDATTR_ERROR: lambda tree, node: UINT.pack(Status.OK),
    13: _flag(False),
    15: _flag(True),
    16: _flag(False),
    17: _flag(True),
    18: _flag(True),
    FILEHANDLE: lambda tree, node: opaque(tree.handle(node)),
    20: lambda tree, node: HYPER.pack(node.fileid),
    21: _hyper(lambda tree, node: tree.share.free_files),
    22: _hyper(lambda tree, node: tree.share.free_files),
    23: _hyper(lambda tree, node: tree.share.limits.files),
    26: _flag(True),
    27: _hyper(lambda tree, node: tree.share.limits.file_size),
    28: lambda tree, node: UINT.pack(MOST_LINKS),
    29: lambda tree, node: UINT.pack(tree.share.limits.name_bytes),
    30: _hyper(lambda tree, node: MOST_DATA),
    31: _hyper(lambda tree, node: MOST_DATA),
    MODE: lambda tree, node: UINT.pack(node.mode),
    34: _flag(True),
    35: lambda tree, node: UINT.pack(node.nlink),
    OWNER: lambda tree, node: _number(node.uid),
    GROUP: lambda tree, node: _number(node.gid),
    41: lambda tree, node: UINT2.pack(*device_of(node)),
    42: _hyper(lambda tree, node: tree.share.free),
    43: _hyper(lambda tree, node: tree.share.free),
    44: _hyper(lambda tree, node: tree.share.limits.capacity),
    45: lambda tree, node: HYPER.pack((size_of(node) + BLOCK - 1) & -BLOCK),
    47: lambda tree, node: _time(node.atime_ns + tree.epoch_ns),
    51: lambda tree, node: _TIME.pack(0, 1),
    52: lambda tree, node: _time(node.ctime_ns + tree.epoch_ns),
    53: lambda tree, node: _time(node.mtime_ns + tree.epoch_ns),
    55: lambda tree, node: HYPER.pack(node.fileid),
}


class Attributes:
    """The attributes of one minor version.

    Args:
        minor: 0 or 1.
        lease: how long clients' state is kept without a word of them [s].

    Attributes:
        plans: of bitmaps that were asked for, the ``bitmap4`` of what is told, and the numbers of that as bytes.
    """

    def __init__(self, minor: int, lease: float) -> None:
        self._encoders = dict(_ENCODERS)
        lease_word = UINT.pack(max(1, round(lease)))
        self._encoders[LEASE] = lambda tree, node: lease_word
        if minor:
            settable = bitmap(sorted(WRITABLE))
            self._encoders[SUPPATTR_EXCLCREAT] = lambda tree, node: settable
        every = bitmap(sorted({0, *self._encoders, *WRITABLE}))
        self._encoders[0] = lambda tree, node: every
        self._chosen: dict[bytes, tuple[bytes, tuple[Encoder, ...]]] = {}
        self.plans: dict[bytes, tuple[bytes, bytes]] = {}

    def encode(self, tree: Tree, node: Node, words: bytes) -> bytes:
        """``fattr4`` with those of a bitmap's attributes that there are."""
        mask, encoders = self._choose(words)
        return mask + opaque(b"".join([encoder(tree, node) for encoder in encoders]))

    def values(self, tree: Tree, node: Node, words: bytes) -> bytes:
        """The values alone, as VERIFY compares them.

        Raises:
            NfsError: ATTRNOTSUPP for an attribute that is not there, INVAL for one that is not readable.
        """
        self.check_readable(words)
        numbers = numbers_of(words)
        if any(number not in self._encoders for number in numbers):
            raise NfsError(Status.ATTRNOTSUPP)
        if RDATTR_ERROR in numbers:
            raise NfsError(Status.INVAL)
        return b"".join([self._encoders[number](tree, node) for number in numbers])

    def check_readable(self, words: bytes) -> None:
        """Refuse with INVAL attributes that can only be set."""
        if not WRITE_ONLY.isdisjoint(numbers_of(words)):
            raise NfsError(Status.INVAL)

    def read(self, reader: Reader, tree: Tree) -> tuple[Wanted, bytes]:
        """Read a ``fattr4`` to be set, and which attributes it sets as ``bitmap4``.

        Raises:
            NfsError: an attribute that is not there, or cannot be set, or an owner who is nobody's.
        """
        numbers = numbers_of(read_bitmap(reader))
        values = Reader(memoryview(reader.opaque()))
        wanted = Wanted()
        for number in numbers:
            if number not in WRITABLE:
                raise NfsError(Status.INVAL if number in self._encoders else Status.ATTRNOTSUPP)
            _read_one(number, values, wanted, tree)
        if values.left:
            raise XdrError("attributes longer than their values")
        return wanted, _mask(numbers)

    def _choose(self, words: bytes) -> tuple[bytes, tuple[Encoder, ...]]:
        chosen = self._chosen.get(words)
        if chosen is None:
            self.check_readable(words)
            there = [number for number in numbers_of(words) if number in self._encoders]
            chosen = bitmap(there), tuple(self._encoders[number] for number in there)
            if len(self._chosen) < 4096:
                self._chosen[words] = chosen
                self.plans[words] = chosen[0], bytes(there)
        return chosen


def _read_one(number: int, values: Reader, wanted: Wanted, tree: Tree) -> None:
    if number == SIZE:
        wanted.size = values.hyper()
    elif number == MODE:
        wanted.mode = values.uint()
        if wanted.mode > 0o7777:
            raise NfsError(Status.INVAL)
    elif number == OWNER:
        wanted.uid = _owner(values.opaque())
    elif number == GROUP:
        wanted.gid = _owner(values.opaque())
    elif number == ATIME_SET:
        wanted.atime_now, wanted.atime_ns = _read_time(values, tree)
    else:
        wanted.mtime_now, wanted.mtime_ns = _read_time(values, tree)


def _owner(name: bytes) -> int:
    if not name:
        raise NfsError(Status.INVAL)
    name = name.partition(b"@")[0]
    if name.isdigit() and len(name) <= 10 and int(name) < 2**32:
        return int(name)
    if name in NOBODY_NAMES:
        return NOBODY_NAMES[name]
    raise NfsError(Status.BADOWNER)


def _read_time(values: Reader, tree: Tree) -> tuple[bool, int | None]:
    how = values.uint()
    if how == 0:
        return True, None
    if how != 1:
        raise XdrError(f"time to set of kind {how}")
    seconds, rest = _TIME.unpack_from(values.buffer, values.position)
    values.position += 12
    if rest >= SECOND:
        raise NfsError(Status.INVAL)
    return False, seconds * SECOND + rest - tree.epoch_ns
