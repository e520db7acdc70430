"""A small client of ONC RPC, MOUNT and NFSv3 for tests: one socket, no cache, every value spelled out."""

import itertools
import random
import socket
import struct
from types import SimpleNamespace

NFS, MOUNT = 100003, 100005
PROCEDURES = (
    "null", "getattr", "setattr", "lookup", "access", "readlink", "read", "write", "create", "mkdir", "symlink",
    "mknod", "remove", "rmdir", "rename", "link", "readdir", "readdirplus", "fsstat", "fsinfo", "pathconf", "commit",
)  # fmt: skip


def u32(*values):
    return struct.pack(f">{len(values)}I", *values)


def u64(*values):
    return struct.pack(f">{len(values)}Q", *values)


def opaque(data):
    return u32(len(data)) + data + bytes(-len(data) % 4)


def sattr(mode=None, uid=None, gid=None, size=None, atime=None, mtime=None):
    """``sattr3``; a time is (seconds, nanoseconds), or "now"."""
    out = b""
    for value, pack in ((mode, u32), (uid, u32), (gid, u32), (size, u64)):
        out += u32(0) if value is None else u32(1) + pack(value)
    for time in (atime, mtime):
        out += u32(0) if time is None else u32(1) if time == "now" else u32(2, *time)
    return out


class Words:
    """Reads a reply."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def u32(self):
        self.at += 4
        return struct.unpack_from(">I", self.data, self.at - 4)[0]

    def u64(self):
        self.at += 8
        return struct.unpack_from(">Q", self.data, self.at - 8)[0]

    def fixed(self, size):
        self.at += size + -size % 4
        return self.data[self.at - size - -size % 4 :][:size]

    def opaque(self):
        return self.fixed(self.u32())

    @property
    def left(self):
        return len(self.data) - self.at


class RpcError(Exception):
    """The call was not done; ``args`` is what the reply says instead of a result."""


class Rpc:
    """One connection."""

    def __init__(self, port, uid=0, gid=0, groups=(), machine="test", timeout=30, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as NFS clients do
        self.xids = itertools.count(random.randrange(2**31))
        self.credential = u32(1) + opaque(
            u32(0) + opaque(machine.encode()) + u32(uid, gid, len(groups), *groups)
        )

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def message(self, program, version, procedure, arguments=b"", xid=None):
        xid = next(self.xids) if xid is None else xid
        return u32(xid, 0, 2, program, version, procedure) + self.credential + u32(0, 0) + arguments

    def send(self, message, fragment=None):
        """Send a record, in fragments of so many bytes."""
        size = fragment or max(1, len(message))
        pieces = [message[at : at + size] for at in range(0, len(message), size)] or [b""]
        last = len(pieces) - 1
        self.socket.sendall(
            b"".join(u32(len(p) | (1 << 31 if k == last else 0)) + p for k, p in enumerate(pieces))
        )

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the server hung up")
            data += more
        return bytes(data)

    def receive(self):
        """One reply: xid, and what follows the head of an accepted one."""
        (mark,) = struct.unpack(">I", self._exactly(4))
        reply = Words(self._exactly(mark & 0x7FFFFFFF))
        xid, kind, denied = reply.u32(), reply.u32(), reply.u32()
        assert kind == 1
        if denied:
            raise RpcError("denied", reply.u32(), *[reply.u32() for _ in range(reply.left // 4)])
        reply.u32(), reply.opaque()
        status = reply.u32()
        if status:
            raise RpcError("accepted", status, *[reply.u32() for _ in range(reply.left // 4)])
        return xid, reply

    def call(self, program, version, procedure, arguments=b"", xid=None, fragment=None):
        message = self.message(program, version, procedure, arguments, xid)
        self.send(message, fragment)
        got, reply = self.receive()
        assert got == struct.unpack_from(">I", message)[0]
        return reply


class Nfs3(Rpc):
    """NFSv3 and MOUNT. Every method gives the status, and what came with it."""

    def mount(self, path):
        reply = self.call(MOUNT, 3, 1, opaque(path.encode()))
        status = reply.u32()
        return status, (reply.opaque() if status == 0 else None)

    def exports(self):
        reply, paths = self.call(MOUNT, 3, 5), []
        while reply.u32():
            paths.append(reply.opaque().decode())
            assert reply.u32() == 0
        return paths

    def do(self, name, arguments, **more):
        reply = self.call(NFS, 3, PROCEDURES.index(name), arguments, **more)
        return reply.u32(), reply

    @staticmethod
    def attributes(reply):
        names = ("type", "mode", "nlink", "uid", "gid")
        found = dict(zip(names, struct.unpack(">5I", reply.fixed(20)), strict=True))
        found |= dict(
            zip(
                ("size", "used", "rdev", "fsid", "fileid"), struct.unpack(">5Q", reply.fixed(40)), strict=True
            )
        )
        found |= {name: (reply.u32(), reply.u32()) for name in ("atime", "mtime", "ctime")}
        return SimpleNamespace(**found)

    def post_op(self, reply):
        return self.attributes(reply) if reply.u32() else None

    def wcc(self, reply):
        earlier = (reply.u64(), reply.u64(), reply.u64()) if reply.u32() else None
        return earlier, self.post_op(reply)

    def getattr(self, handle):
        status, reply = self.do("getattr", opaque(handle))
        return status, (self.attributes(reply) if status == 0 else None)

    def setattr(self, handle, guard=None, **wanted):
        status, reply = self.do(
            "setattr", opaque(handle) + sattr(**wanted) + (u32(0) if guard is None else u32(1, *guard))
        )
        return status, self.wcc(reply)

    def lookup(self, directory, name):
        status, reply = self.do("lookup", opaque(directory) + opaque(name))
        return status, (reply.opaque() if status == 0 else None)

    def access(self, handle, bits):
        status, reply = self.do("access", opaque(handle) + u32(bits))
        self.post_op(reply)
        return status, (reply.u32() if status == 0 else None)

    def readlink(self, handle):
        status, reply = self.do("readlink", opaque(handle))
        self.post_op(reply)
        return status, (reply.opaque() if status == 0 else None)

    def read(self, handle, offset, count):
        status, reply = self.do("read", opaque(handle) + u64(offset) + u32(count))
        self.post_op(reply)
        if status:
            return status, None, None
        reply.u32()
        end = reply.u32()
        return status, reply.opaque(), bool(end)

    def write(self, handle, offset, data, stable=0, **more):
        arguments = opaque(handle) + u64(offset) + u32(len(data), stable) + opaque(data)
        status, reply = self.do("write", arguments, **more)
        self.wcc(reply)
        if status:
            return status, None, None, None
        return status, reply.u32(), reply.u32(), reply.fixed(8)

    def create(self, directory, name, how=0, verifier=None, xid=None, **wanted):
        arguments = opaque(directory) + opaque(name) + u32(how) + (verifier if how == 2 else sattr(**wanted))
        return self._made("create", arguments, xid=xid)

    def mkdir(self, directory, name, **wanted):
        return self._made("mkdir", opaque(directory) + opaque(name) + sattr(**wanted))

    def symlink(self, directory, name, target):
        return self._made("symlink", opaque(directory) + opaque(name) + sattr() + opaque(target))

    def _made(self, procedure, arguments, **more):
        status, reply = self.do(procedure, arguments, **more)
        if status:
            return status, None
        assert reply.u32() == 1
        return status, reply.opaque()

    def remove(self, directory, name, **more):
        return self.do("remove", opaque(directory) + opaque(name), **more)[0]

    def rmdir(self, directory, name):
        return self.do("rmdir", opaque(directory) + opaque(name))[0]

    def rename(self, source, name, target, new_name):
        arguments = opaque(source) + opaque(name) + opaque(target) + opaque(new_name)
        return self.do("rename", arguments)[0]

    def link(self, handle, directory, name):
        return self.do("link", opaque(handle) + opaque(directory) + opaque(name))[0]

    def readdir(self, directory, cookie=0, count=4096):
        """Status, the lines (fileid, name, cookie), and whether that is all."""
        status, reply = self.do("readdir", opaque(directory) + u64(cookie) + bytes(8) + u32(count))
        self.post_op(reply)
        if status:
            return status, None, None
        reply.fixed(8)
        lines = []
        while reply.u32():
            lines.append((reply.u64(), reply.opaque(), reply.u64()))
        return status, lines, bool(reply.u32())

    def readdirplus(self, directory, cookie=0, names=1024, count=8192):
        """The same with attributes and handle behind each line."""
        arguments = opaque(directory) + u64(cookie) + bytes(8) + u32(names, count)
        status, reply = self.do("readdirplus", arguments)
        self.post_op(reply)
        if status:
            return status, None, None
        reply.fixed(8)
        lines = []
        while reply.u32():
            line = (reply.u64(), reply.opaque(), reply.u64(), self.post_op(reply))
            lines.append((*line, reply.opaque() if reply.u32() else None))
        return status, lines, bool(reply.u32())

    def numbers(self, procedure, handle, form):
        """What FSSTAT, FSINFO or PATHCONF tell, behind the attributes."""
        status, reply = self.do(procedure, opaque(handle))
        self.post_op(reply)
        return status, (struct.unpack_from(form, reply.data, reply.at) if status == 0 else None)

    def commit(self, handle, offset=0, count=0):
        status, reply = self.do("commit", opaque(handle) + u64(offset) + u32(count))
        self.wcc(reply)
        return status, (reply.fixed(8) if status == 0 else None)
