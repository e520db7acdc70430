"""A client that copies files by NFSv3 as the model says a client does, and what the core predicts for it."""

import threading

import numpy as np
from nfs_client import NFS, PROCEDURES, Nfs3, opaque, u32, u64

from devicesim import throughput
from devicesim.device import capacities
from devicesim.device.ingest.regime import regime

WRITE = PROCEDURES.index("write")


def copy(nfs, directory, name, size, block, window):
    """One file: LOOKUP, CREATE, WRITEs of which ``window`` are under way, COMMIT, SETATTR."""
    nfs.lookup(directory, name)
    file = nfs.create(directory, name)[1]
    at = under_way = 0
    data = opaque(bytes(min(block, size)))
    while at < size or under_way:
        while at < size and under_way < window:
            count = min(block, size - at)
            body = data if count == block else opaque(bytes(count))
            nfs.send(nfs.message(NFS, 3, WRITE, opaque(file) + u64(at) + u32(count, 0) + body))
            at, under_way = at + count, under_way + 1
        nfs.receive()
        under_way -= 1
    nfs.commit(file)
    nfs.setattr(file, atime=(1, 0), mtime=(1, 0))


def copy_all(port, path, sizes, streams, block, window, source="127.0.0.1"):
    """Every file, by so many streams that each take the next one when they are free, from one address."""
    files, lock, failed = iter(enumerate(sizes)), threading.Lock(), []

    def stream():
        try:
            with Nfs3(port, timeout=120, source=source) as nfs:
                top = nfs.mount(path)[1]
                ready.wait()
                while True:
                    with lock:
                        number, size = next(files, (None, 0))
                    if number is None:
                        return
                    copy(nfs, top, b"%s-%06d" % (source.encode(), number), size, block, window)
        except Exception as error:
            failed.append(error)
            raise

    ready = threading.Barrier(streams)
    threads = [threading.Thread(target=stream) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


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
