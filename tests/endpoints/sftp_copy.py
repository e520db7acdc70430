"""A client that copies one file to the share by SFTP and back, in a process of its own: what it measured, as JSON."""

import hashlib
import io
import json
import random
import sys
import time

import paramiko


class Counted(io.RawIOBase):
    """A file to write to that keeps a checksum."""

    def __init__(self):
        self.digest = hashlib.sha256()

    def writable(self):
        return True

    def write(self, data):
        self.digest.update(data)
        return len(data)


def copied(port, key, size):
    """Rates there and back [MB/s], this client's processor time for each [ms/MB], whether the bytes are the same."""
    data = random.Random(7).randbytes(size)
    with paramiko.Transport(("127.0.0.1", port)) as transport:
        transport.connect(username="snow", pkey=paramiko.ECDSAKey.from_private_key_file(key))
        files = paramiko.SFTPClient.from_transport(transport)
        back, told = Counted(), {}
        for way in ("put", "get"):
            began, used = time.perf_counter(), time.process_time()
            if way == "put":
                files.putfo(io.BytesIO(data), "trail-cams/large")
            else:
                files.getfo("trail-cams/large", back)
            told[way] = size / (time.perf_counter() - began) / 1e6
            told[f"{way} client"] = (time.process_time() - used) / size * 1e9
        told["same"] = back.digest.digest() == hashlib.sha256(data).digest()
    return told


if __name__ == "__main__":
    print(json.dumps(copied(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
