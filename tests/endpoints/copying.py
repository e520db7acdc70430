"""A client that copies files by NFSv3 or 4.1 as the model says a client does, and what the core predicts for it."""

import threading
import time

import numpy as np
from nfs4_client import Nfs41, names, op, opening, read_open
from nfs_client import NFS, PROCEDURES, Nfs3, opaque, u32, u64

from devicesim import throughput
from devicesim.device import capacities
from devicesim.device.ingest.regime import regime

WRITE = PROCEDURES.index("write")


class Copier3(Nfs3):
    """One stream of NFSv3."""

    def enter(self, path):
        self.top = self.mount(path)[1]

    def write_all(self, size, block, window, send):
        """The WRITEs of a file, of which ``window`` are under way."""
        at = under_way = 0
        data = opaque(bytes(min(block, size)))
        while at < size or under_way:
            while at < size and under_way < window:
                count = min(block, size - at)
                send(at // block, at, data if count == block else opaque(bytes(count)), count)
                at, under_way = at + count, under_way + 1
            assert self.receive()[1].u32() == 0, "refused"
            under_way -= 1

    def copy(self, name, size, block, window):
        """One file: LOOKUP, CREATE, WRITE, COMMIT, SETATTR."""
        self.lookup(self.top, name)
        file = self.create(self.top, name)[1]

        def send(number, at, data, count):
            self.send(self.message(NFS, 3, WRITE, opaque(file) + u64(at) + u32(count, 0) + data))

        self.write_all(size, block, window, send)
        self.commit(file)
        self.setattr(file, atime=(1, 0), mtime=(1, 0))


class Copier41(Nfs41):
    """One stream of NFSv4.1, with a session of its own; its WRITEs take a slot each."""

    write_all = Copier3.write_all

    def enter(self, path):
        self.start(name=repr(self.socket.getsockname()).encode())
        self.numbers = {}
        told = self.within(*names(path), op("getfh"))
        _, *_, self.top = self.result(told, None, *([None] * path.count("/")), lambda words: words.opaque())

    def copy(self, name, size, block, window):
        """One file: LOOKUP, OPEN, WRITE, COMMIT, CLOSE."""
        self.within(op("putfh", opaque(self.top)), op("lookup", opaque(name)), op("getfh"))
        told = self.within(op("putfh", opaque(self.top)), opening(name, access=2, how=0), op("getfh"))
        _, opened, file = self.result(told, None, read_open, lambda words: words.opaque())
        handle, stateid = op("putfh", opaque(file)), opened[0]

        def send(number, at, data, count):
            slot = number % window
            if slot:
                self.numbers[slot] = self.numbers.get(slot, 0) + 1
            sequence = self.sequence(self.numbers.get(slot), slot)
            write = op("write", stateid, u64(at), u32(0), data)
            self.send(self.message(NFS, 4, 1, opaque(b"") + u32(1, 3) + sequence + handle + write))

        self.write_all(size, block, window, send)
        assert self.within(handle, op("commit", u64(0), u32(0))).status == 0
        assert self.within(handle, op("close", u32(0), stateid)).status == 0


COPIERS = {"3": Copier3, "4.1": Copier41}


def copy_all(port, path, sizes, streams, block, window, source="127.0.0.1", version="3"):
    """Every file, by so many streams that each take the next one when they are free, from one address.

    Returns how long it took from when all of them had their mount [s of wall].
    """
    files, lock, failed = iter(enumerate(sizes)), threading.Lock(), []

    def stream():
        try:
            with COPIERS[version](port, timeout=120, source=source) as nfs:
                nfs.enter(path)
                if ready.wait() == 0:
                    begun.append(time.perf_counter())
                while True:
                    with lock:
                        number, size = next(files, (None, 0))
                    if number is None:
                        return
                    nfs.copy(b"%s-%06d" % (source.encode(), number), size, block, window)
        except Exception as error:
            failed.append(error)
            raise

    ready, begun = threading.Barrier(streams), []
    threads = [threading.Thread(target=stream) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    return time.perf_counter() - begun[0]


def predicted(world, sizes):
    """How long the core says that the scenario's one client needs for these files, beginning now [s]."""
    life = world.life()
    setting, device = life.setting, life.device
    server = capacities.server(
        setting.figures, device.kind, device.share.bytes, device.room, setting.scenario.clients
    )
    clients = capacities.clients(setting.figures, setting.scenario)
    transfer = throughput.Transfer(server, clients, regime(setting, device))
    transfer.submit(0, np.asarray(sizes, dtype=float))
    return transfer.run()
