"""A share full of files, and many clients in it: ``python crowded.py ADDRESS FILES CLIENTS SECONDS``.

Half of the files are made in one directory, the others a thousand to a directory, all by NFSv3; then the directory is
listed from its beginning to its end, and then everybody looks names up, asks for attributes and turns pages of the
listing. What it prints is JSON: after the files are there a line, which is when whoever started it measures the
server's memory and answers with a line; in the end the rest.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    tests = Path(__file__).parents[1]
    sys.path[:0] = [str(tests / each) for each in ("endpoints", "snowball_api", "hardening")]

from nfs_client import MOUNT, NFS, PROCEDURES, Words, opaque, sattr, u32, u64
from swarm import BUCKET, PATIENCE, Rpc, Tally, rounds, summary

LINES, WINDOW = 4, 32
"""Connections that make the files, and calls that each has under way."""
OTHERS = 1000
"""Files of each directory but the large one."""
PAGE, PLUS = 8192, 32768
"""Bytes of a page of a listing, without attributes and with them."""


class Shelf(Rpc):
    """A client of NFSv3 that makes files, and looks for them."""

    async def begun(self, number):
        await self.open()
        self.begin(number)
        words = await self.call(MOUNT, 3, 1, opaque(f"/buckets/{BUCKET}".encode()))
        self.hold(words.u32() == 0)
        return words.opaque()

    async def do(self, name, arguments):
        words = await self.call(NFS, 3, PROCEDURES.index(name), arguments)
        return words.u32(), words

    async def directory(self, top, name):
        """Make a directory, or find it; its handle."""
        await self.do("mkdir", opaque(top) + opaque(name) + sattr())
        status, words = await self.do("lookup", opaque(top) + opaque(name))
        self.hold(status == 0)
        return words.opaque()

    async def make(self, directory, names):
        """Make files, of which several calls are under way."""
        head = self.credential + u32(0, 0) + opaque(directory)
        under_way = 0
        for name in names:
            self.xid += 1
            message = (
                u32(self.xid, 0, 2, NFS, 3, PROCEDURES.index("create"))
                + head
                + opaque(name)
                + u32(0)
                + sattr()
            )
            self.writer.write(u32(len(message) | 1 << 31) + message)
            under_way += 1
            if under_way == WINDOW:
                await self.made()
                under_way -= 1
        for _ in range(under_way):
            await self.made()

    async def made(self):
        mark = int.from_bytes(await self.reader.readexactly(4), "big")
        reply = await self.reader.readexactly(mark & 0x7FFFFFFF)
        self.hold(Words(reply[24:28]).u32() == 0)

    async def page(self, directory, cookie, *, plus):
        """One page of a listing: how many names, the last cookie, and whether it is the end."""
        name, sizes = ("readdirplus", u32(PAGE, PLUS)) if plus else ("readdir", u32(PAGE))
        status, words = await self.do(name, opaque(directory) + u64(cookie) + bytes(8) + sizes)
        self.hold(status == 0)
        words.fixed(84 if words.u32() else 0)
        words.fixed(8)
        names = 0
        while words.u32():
            words.u64()
            names += words.opaque() not in (b".", b"..")
            cookie = words.u64()
            if plus:
                words.fixed(84 if words.u32() else 0)
                if words.u32():
                    words.opaque()
        return names, cookie, bool(words.u32())

    async def browse(self, number, files, until):
        large = await self.directory(await self.begun(number), b"large")
        draw, cookie = random.Random(number), 1 + number * files // 100
        for _ in rounds(until):
            name = b"f%07d" % draw.randrange(files)
            status, words = await self.timed(self.do("lookup", opaque(large) + opaque(name)))
            self.hold(status == 0)
            status, _ = await self.timed(self.do("getattr", opaque(words.opaque())))
            self.hold(status == 0)
            for plus in (False, True):
                names, cookie, end = await self.timed(self.page(large, cookie, plus=plus))
                self.hold(names > 0 or end)
                cookie = 0 if end else cookie


async def filled(where, files):
    """Make the files; how many a second."""
    tally, begun = Tally(), time.perf_counter()

    async def one(number):
        line = Shelf(*where, tally)
        top = await line.begun(number)
        large = await line.directory(top, b"large")
        await line.make(large, (b"f%07d" % k for k in range(number, files // 2, LINES)))
        for place in range(number * OTHERS, files - files // 2, LINES * OTHERS):
            other = await line.directory(top, b"d%07d" % place)
            await line.make(other, (b"g%07d" % k for k in range(min(OTHERS, files - files // 2 - place))))
        line.writer.close()

    await asyncio.gather(*map(one, range(LINES)))
    return {"files": files, "wrong": tally.wrong, "rate": files / (time.perf_counter() - begun)}


async def listed(where, files):
    """List the large directory with attributes; names seen, and how much longer its second half took than its first."""
    tally = Tally()
    line = Shelf(*where, tally)
    large = await line.directory(await line.begun(90), b"large")
    names = cookie = 0
    end, half, begun = False, 0.0, time.perf_counter()
    while not end:
        more, cookie, end = await line.page(large, cookie, plus=True)
        names += more
        half = half or (time.perf_counter() - begun if names >= files // 4 else 0.0)
    whole = time.perf_counter() - begun
    line.writer.close()
    return {"names": names, "seconds": whole, "growth": (whole - half) / half, "wrong": tally.wrong}


async def crowded(where, files, clients, seconds):
    """Everybody at once."""
    tally, until = Tally(), time.perf_counter() + seconds

    async def one(number):
        line = Shelf(*where, tally)
        try:
            await line.browse(number, files // 2, until)
            line.writer.close()
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError):
            tally.dropped += 1

    await asyncio.wait_for(asyncio.gather(*map(one, range(clients))), seconds + 2 * PATIENCE)
    return summary([tally.told()], clients, seconds)


def main(address, files, clients, seconds):
    host, _, port = address.rpartition(":")
    where, files, clients, seconds = (host, int(port)), int(files), int(clients), float(seconds)
    print(json.dumps(asyncio.run(filled(where, files))), flush=True)
    sys.stdin.readline()
    listing = asyncio.run(listed(where, files))
    print(json.dumps({"listing": listing, "crowd": asyncio.run(crowded(where, files, clients, seconds))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
