"""The bytes that the model gives a call are those that the NFS door reads and writes."""

import struct

import pytest
from nfs4_client import Nfs41, bitmap, names, op, opening, read_open
from nfs_client import PROCEDURES, Nfs3, opaque, sattr, u32, u64
from nfs_stand import Stand

from devicesim.endpoints.nfs import NfsDoor
from devicesim.physics import nfs

NAME = b"n" * 16
OTHER = b"o" * 16
SIZES = {
    "name_bytes": 16,
    "handle_bytes": 16,
    "host_bytes": 4,
    "groups": 0,
    "owner_bytes": 1,
    "open_owner_bytes": 2,
}
STAT = bitmap(1, 3, 4, 8, 20, 33, 35, 36, 37, 41, 45, 47, 52, 53)[4:12]


@pytest.fixture(scope="module")
def door():
    with NfsDoor(Stand()) as opened:
        yield opened


def exchange(client, message):
    """Bytes of a call and of its reply, record marks included."""
    client.send(message)
    (mark,) = struct.unpack(">I", client._exactly(4))
    client._exactly(mark & 0x7FFFFFFF)
    return len(message) + 4, (mark & 0x7FFFFFFF) + 4


def test_law_every_call_of_version_3(door):
    calls = nfs.every_call("3", **SIZES)
    with Nfs3(door.port) as client:
        top = client.mount("/buckets/demo")[1]
        file = client.create(top, b"f" * 16)[1]
        at, its = opaque(top), opaque(file)
        soft = opaque(client.symlink(top, b"s" * 16, NAME)[1])
        inside = client.mkdir(top, b"d" * 16)[1]
        arguments = {
            "NULL": b"",
            "GETATTR": its,
            "SETATTR": its + sattr(atime=(1, 0), mtime=(1, 0)) + u32(0),
            "ACCESS": its + u32(63),
            "READLINK": soft,
            "READ": its + u64(0) + u32(100),
            "CREATE": at + opaque(NAME) + u32(0) + sattr(mode=0o644),
            "REMOVE": at + opaque(NAME),
            "MKDIR": at + opaque(NAME) + sattr(),
            "RMDIR": at + opaque(NAME),
            "SYMLINK": at + opaque(NAME) + sattr() + opaque(NAME),
            "RENAME": at + opaque(NAME) + at + opaque(OTHER),
            "LINK": its + at + opaque(NAME),
            "MKNOD": at + opaque(b"p" * 16) + u32(7) + sattr(),
            "READDIR": opaque(inside) + u64(2) + bytes(8) + u32(1000),
            "READDIRPLUS": opaque(inside) + u64(2) + bytes(8) + u32(1000, 1000),
            "FSSTAT": its,
            "FSINFO": its,
            "PATHCONF": its,
        }
        for name, words in arguments.items():
            request, reply = exchange(
                client, client.message(100003, 3, PROCEDURES.index(name.lower()), words)
            )
            told = calls[name]
            brought = 16 if name == "READLINK" else 0
            assert (name, request, reply - brought) == (name, told.request, told.reply)
        assert set(calls) - set(arguments) == {"LOOKUP", "WRITE", "COMMIT"}  # of a copy, held to in test_nfs


def test_law_calls_of_version_41(door):
    calls = nfs.every_call("4.1", **SIZES)
    top = names("buckets/demo")
    with Nfs41(door.port) as client:
        client.start()
        told = client.within(*top, op("getfh"))
        *_, handle = client.result(told, *[None] * len(top), lambda words: words.opaque())
        told = client.within(*top, opening(b"g" * 16, 3, 0, 0), op("getfh"))
        *_, (stateid, _), file = client.result(
            told, *[None] * len(top), read_open, lambda words: words.opaque()
        )
        at, its = op("putfh", opaque(handle)), op("putfh", opaque(file))
        look = op("getattr", u32(2), STAT)
        operations = {
            "COMPOUND": (at,),
            "READ": (its, op("read", stateid, u64(0), u32(10))),
            "ACCESS": (its, op("access", u32(63)), look),
            "GETATTR": (its, look),
            "LINK": (its, op("savefh"), at, op("link", opaque(b"l" * 16))),
            "REMOVE": (at, op("remove", opaque(b"l" * 16))),
        }
        for name, parts in operations.items():
            body = opaque(b"") + u32(1, len(parts) + 1) + client.sequence() + b"".join(parts)
            request, reply = exchange(client, client.message(100003, 4, 1, body))
            assert (name, request, reply) == (name, calls[name].request, calls[name].reply)
