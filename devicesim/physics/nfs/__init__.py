"""NFS: the calls that create or read one file, their bytes, and the rate that their round trips allow.

Model
-----
A client creates a file by calls that wait for one another, with the WRITEs between them pipelined::

    before          data                    after              one-WRITE file
    LOOKUP, CREATE  WRITE ... WRITE         COMMIT, SETATTR    5 calls (NFSv3)
    LOOKUP, OPEN    WRITE ... WRITE         COMMIT, CLOSE      5 calls (NFSv4.0, NFSv4.1)

Sizes on the wire follow from XDR: everything is words of 4 B, variable data carries a length word and is
padded to a word (:mod:`~devicesim.physics.nfs.calls`). The file rate of many streams is the lowest of four
asymptotic bounds: latency, link, processor, disk (:mod:`~devicesim.physics.nfs.rates`).

NFSv4 keeps the five. OPEN with create replaces CREATE, and its compound brings the handle and the
attributes that NFSv3 returns with CREATE. CLOSE replaces SETATTR: an open has to be given back, while the
times of a plain copy need no call. A copy that keeps times adds a SETATTR in NFSv4, which is not counted.

Reading is :mod:`~devicesim.physics.nfs.reads`, whatever else a client may ask :mod:`~devicesim.physics.nfs.others`.

Scope and limits
----------------
AUTH_SYS over TCP, one RPC to a record, a fresh name, a file written once from its start, COMMIT always sent
(a client that writes a short file FILE_SYNC saves it, and an empty file needs none). NFSv4 compounds hold
what the protocol needs: a Linux client adds ACCESS to OPEN (8 B and 16 B) and a GETATTR of a few attributes
to WRITE and CLOSE (16 B and some 70 B). Mounting, leases and the one OPEN_CONFIRM of each open owner are
not per file. The bounds are optimistic by up to a factor of 2 where two of them meet, and exact far from
there.

Sources
-------
RFC 1813 (NFSv3), RFC 5531 (RPC), RFC 4506 (XDR), RFC 7530 and RFC 7531 (NFSv4.0), RFC 8881 and RFC 5662
(NFSv4.1). Asymptotic bounds: Lazowska et al., Quantitative System Performance, 1984, chapter 5.

Checked against
---------------
NFSv3: the bytes of seven procedures as measured on NFS-Ganesha, exact. NFSv4: messages assembled word by
word in the tests, exact. 4 KiB files on NFS-Ganesha behind a delay process: slope 4.93 calls between 10 and
20 ms (law: 5), streams within 2 % of linear at 10 ms. That process cost more than its nominal delay, so the
absolute rates lie below the law by 31, 26 and 15 % at 1, 2 and 10 ms, and by 9 % in a second set at 2.4 ms.
"""

from devicesim.physics.nfs.calls import (
    FileOperations,
    Procedure,
    Version,
    call_header,
    file_operations,
    procedures,
)
from devicesim.physics.nfs.others import every_call
from devicesim.physics.nfs.rates import (
    FileRateBounds,
    Stations,
    WireBytes,
    file_rate,
    file_rate_bounds,
    large_file_bound,
    operations_per_file,
    round_trips,
    wire_bytes,
)
from devicesim.physics.nfs.reads import FileReads, file_reads, read_bytes

__all__ = [
    "FileOperations",
    "FileRateBounds",
    "FileReads",
    "Procedure",
    "Stations",
    "Version",
    "WireBytes",
    "call_header",
    "every_call",
    "file_operations",
    "file_rate",
    "file_rate_bounds",
    "file_reads",
    "large_file_bound",
    "operations_per_file",
    "procedures",
    "read_bytes",
    "round_trips",
    "wire_bytes",
]
