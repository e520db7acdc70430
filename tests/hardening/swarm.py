"""Many clients of one door at once, in a process of their own: ``python swarm.py DOOR ADDRESS CLIENTS SECONDS [KEY]``.

Each client sends its next request when it has the answer to the last one, looks at every byte that comes back, and
notes how long each answer took; what it prints is one line of JSON. DOOR is http, nfs3, nfs41 or sftp.
"""

import asyncio
import json
import random
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

if __name__ == "__main__":
    tests = Path(__file__).parents[1]
    sys.path[:0] = [str(tests / each) for each in ("endpoints", "snowball_api")]

import paramiko
from nfs4_client import bitmap, op, opening, read_open, skip_attributes
from nfs_client import MOUNT, NFS, PROCEDURES, Words, opaque, sattr, u32, u64

BUCKET = "trail-cams"
BLOCK = 4096
PATIENCE = 60.0
"""How long an answer may take [s]; what takes longer counts as dropped."""
LOGINS = 25
"""SSH clients of one process: their threads share its interpreter, as those of real ones would not."""
ADDRESS = {
    "Name": "Ana Ruiz",
    "Street1": "410 Terry Avenue North",
    "City": "Seattle",
    "StateOrProvince": "WA",
    "PostalCode": "98109",
    "Country": "US",
    "PhoneNumber": "425-555-5555",
}


def rounds(until):
    """Once at least, and again until the time is over."""
    yield
    while time.perf_counter() < until:
        yield


class Tally:
    """What the clients have seen."""

    def __init__(self):
        self.took, self.wrong, self.dropped, self.first = [], 0, 0, []

    def told(self):
        return {
            "took": self.took,
            "wrong": self.wrong,
            "dropped": self.dropped,
            "first": self.first,
        }


def summary(tallies, clients, seconds):
    """One row of many tallies."""
    took = sorted(each for tally in tallies for each in tally["took"])
    first = [each for tally in tallies for each in tally["first"]]
    at = lambda share: took[min(int(share * len(took)), len(took) - 1)] if took else float("nan")  # noqa: E731
    return {
        "clients": clients,
        "operations": len(took),
        "rate": len(took) / seconds,
        "wrong": sum(tally["wrong"] for tally in tallies),
        "dropped": sum(tally["dropped"] for tally in tallies) + clients - len(first),
        "notes": sorted({tally["note"] for tally in tallies if tally.get("note")})[:3],
        "median_ms": 1e3 * at(0.5),
        "p99_ms": 1e3 * at(0.99),
        "worst_ms": 1e3 * at(1.0),
        "ratio": at(0.99) / at(0.5) if took else float("nan"),
    }


class Line:
    """One client's connection."""

    def __init__(self, host, port, tally):
        self._where, self._tally = (host, port), tally

    async def open(self):
        self.reader, self.writer = await asyncio.wait_for(asyncio.open_connection(*self._where), PATIENCE)
        self._tally.first.append(1)

    async def timed(self, work):
        begun = time.perf_counter()
        told = await asyncio.wait_for(work, PATIENCE)
        self._tally.took.append(time.perf_counter() - begun)
        return told

    def hold(self, right):
        if not right:
            self._tally.wrong += 1


class Http(Line):
    """Orders a job of its own, and asks for it again and again."""

    async def ask(self, operation, members):
        body = json.dumps(members).encode()
        target = f"AWSIESnowballJobManagementService.{operation}"
        return json.loads(await self._send("POST", "/", body, target))

    async def _send(self, method, path, body=b"", target=""):
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        head += f"Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: {target}\r\n\r\n"
        self.writer.write(head.encode() + body)
        told = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        self.hold(told.startswith(b"http/1.1 200"))
        (size,) = (int(line[15:]) for line in told.split(b"\r\n") if line.startswith(b"content-length:"))
        return await self.reader.readexactly(size)

    async def run(self, number, until):
        await self.open()
        name = f"Client {number}"
        address = (await self.ask("CreateAddress", {"Address": ADDRESS | {"Name": name}}))["AddressId"]
        order = {"JobType": "IMPORT", "SnowballType": "SNC1_HDD", "ShippingOption": "SECOND_DAY"}
        order |= {
            "Resources": {"S3Resources": [{"BucketArn": f"arn:aws:s3:::{BUCKET}"}]},
            "Description": name,
        }
        job = (await self.ask("CreateJob", order | {"AddressId": address}))["JobId"]
        for _ in rounds(until):
            told = (await self.timed(self.ask("DescribeJob", {"JobId": job})))["JobMetadata"]
            self.hold((told["JobId"], told["Description"], told["AddressId"]) == (job, name, address))
            told = (await self.timed(self.ask("DescribeAddress", {"AddressId": address})))["Address"]
            self.hold((told["AddressId"], told["Name"]) == (address, name))
            clock = json.loads(await self.timed(self._send("GET", "/_devicesim/clock")))
            self.hold(clock["schema"] == "devicesim.clock/1")


class Rpc(Line):
    """Calls, one after the other."""

    def begin(self, number):
        self.xid = number << 20
        self.credential = u32(1) + opaque(u32(0) + opaque(b"swarm") + u32(0, 0, 0))

    async def call(self, program, version, procedure, arguments):
        self.xid += 1
        message = u32(self.xid, 0, 2, program, version, procedure) + self.credential + u32(0, 0) + arguments
        self.writer.write(u32(len(message) | 1 << 31) + message)
        mark = int.from_bytes(await self.reader.readexactly(4), "big")
        words = Words(await self.reader.readexactly(mark & 0x7FFFFFFF))
        self.hold((words.u32(), words.u32(), words.u32()) == (self.xid, 1, 0))
        words.fixed(8)
        self.hold(words.u32() == 0)
        return words


class Nfs3(Rpc):
    """Writes blocks of its own file and reads them back."""

    async def do(self, name, arguments):
        words = await self.call(NFS, 3, PROCEDURES.index(name), arguments)
        return words.u32(), words

    async def run(self, number, until):
        await self.open()
        self.begin(number)
        words = await self.call(MOUNT, 3, 1, opaque(f"/buckets/{BUCKET}".encode()))
        self.hold(words.u32() == 0)
        top = words.opaque()
        status, words = await self.do("create", opaque(top) + opaque(b"v3-%d" % number) + u32(0) + sattr())
        self.hold((status, words.u32()) == (0, 1))
        file, draw = words.opaque(), random.Random(number)
        for _ in rounds(until):
            block, place = draw.randbytes(BLOCK), draw.randrange(64) * BLOCK
            arguments = opaque(file) + u64(place) + u32(BLOCK, 0) + opaque(block)
            status, _ = await self.timed(self.do("write", arguments))
            self.hold(status == 0)
            status, words = await self.timed(self.do("read", opaque(file) + u64(place) + u32(BLOCK)))
            self.hold(status == 0)
            words.fixed(88 if words.u32() else 4)
            words.fixed(4)
            self.hold(words.opaque() == block)


class Nfs41(Rpc):
    """The same in compounds of a session."""

    async def compound(self, *operations):
        words = await self.call(NFS, 4, 1, opaque(b"") + u32(1, len(operations)) + b"".join(operations))
        status = words.u32()
        words.opaque()
        words.u32()
        return status, words

    async def within(self, *operations):
        self.slot += 1
        status, words = await self.compound(op("sequence", self.name, u32(self.slot, 0, 0, 0)), *operations)
        words.fixed(8 + 36)
        return status, words

    async def run(self, number, until):
        await self.open()
        self.begin(number)
        status, words = await self.compound(
            op("exchange_id", b"verifier", opaque(b"swarm-%d" % number), u32(0, 0, 0))
        )
        words.fixed(8)
        client, sequence = words.u64(), words.u32()
        channel = u32(0, 1 << 20, 1 << 20, 4096, 16, 4, 0)
        _, words = await self.compound(
            op("create_session", u64(client), u32(sequence, 0), channel, channel, u32(0, 1, 0))
        )
        words.fixed(8)
        self.name, self.slot = words.fixed(16), 0
        await self.within(op("reclaim_complete", u32(0)))
        way = (op("putrootfh"), op("lookup", b"\0\0\0\7buckets\0"), op("lookup", opaque(BUCKET.encode())))
        opened = opening(b"v41-%d" % number, access=3, how=0, client=client, owner=b"%d" % number)
        status, words = await self.within(*way, opened, op("getfh"))
        self.hold(status == 0)
        words.fixed(3 * 8 + 8)
        stateid, _ = read_open(words)
        words.fixed(8)
        file, draw = op("putfh", opaque(words.opaque())), random.Random(number)
        for _ in rounds(until):
            block, place = draw.randbytes(BLOCK), draw.randrange(64) * BLOCK
            write = op("write", stateid, u64(place), u32(0), opaque(block))
            status, _ = await self.timed(self.within(file, write))
            self.hold(status == 0)
            read = op("read", stateid, u64(place), u32(BLOCK))
            status, words = await self.timed(self.within(file, read, op("getattr", bitmap(4))))
            self.hold(status == 0)
            words.fixed(8 + 8 + 4)
            self.hold(words.opaque() == block)
            words.fixed(8)
            skip_attributes(words)


KINDS = {"http": Http, "nfs3": Nfs3, "nfs41": Nfs41}


async def crowd(kind, host, port, clients, seconds):
    """So many clients on one loop."""
    tally, until = Tally(), time.perf_counter() + seconds

    async def one(number):
        line = KINDS[kind](host, port, tally)
        try:
            await line.run(number, until)
            line.writer.close()
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as gone:
            tally.dropped += 1
            tally.note = repr(gone)

    await asyncio.gather(*map(one, range(clients)))
    return tally.told() | {"note": getattr(tally, "note", "")}


def sftp(host, port, clients, seconds, key, first):
    """So many SFTP clients in threads, which all log in before the time begins."""
    tally, ready = Tally(), threading.Barrier(clients + 1)
    pkey = paramiko.ECDSAKey.from_private_key_file(key)

    def one(number):
        transport, entered = None, False
        try:
            transport = paramiko.Transport((host, port))
            transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = PATIENCE
            transport.start_client(timeout=PATIENCE)
            transport.auth_publickey("snow", pkey)
            client = transport.open_sftp_client()
            client.get_channel().settimeout(PATIENCE)
            file = client.open(f"{BUCKET}/sftp-{number}", "w+b")
            file.set_pipelined(False)
            draw = random.Random(number)
            tally.first.append(1)
            entered = True
            ready.wait(10 * PATIENCE)
            until = time.perf_counter() + seconds
            for _ in rounds(until):
                block, place = draw.randbytes(BLOCK), draw.randrange(64) * BLOCK
                begun = time.perf_counter()
                write(file, place, block)
                written = time.perf_counter()
                right = read(file, place) == block
                tally.took += written - begun, time.perf_counter() - written
                tally.wrong += not right
        except (OSError, EOFError, paramiko.SSHException, threading.BrokenBarrierError) as gone:
            tally.dropped += entered
            tally.note = repr(gone)
            if not entered:
                ready.abort()
        finally:
            if transport is not None:
                transport.close()

    threads = [threading.Thread(target=one, args=(first + each,)) for each in range(clients)]
    for each in threads:
        each.start()
    ready.wait(10 * PATIENCE)
    for each in threads:
        each.join()
    return tally.told() | {"note": getattr(tally, "note", "")}


def write(file, place, block):
    file.seek(place)
    file.write(block)
    file.flush()


def read(file, place):
    file.seek(place)
    return file.read(BLOCK)


def main(kind, address, clients, seconds, key=""):
    host, _, port = address.removeprefix("http://").rpartition(":")
    clients, seconds = int(clients), float(seconds)
    if kind != "sftp":
        tallies = [asyncio.run(crowd(kind, host, int(port), clients, seconds))]
    else:
        parts = [min(LOGINS, clients - first) for first in range(0, clients, LOGINS)]
        with ProcessPoolExecutor(len(parts)) as pool:
            work = [
                pool.submit(sftp, host, int(port), part, seconds, key, LOGINS * index)
                for index, part in enumerate(parts)
            ]
            tallies = [each.result() for each in work]
    print(json.dumps({"door": kind} | summary(tallies, clients, seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
