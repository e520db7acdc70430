"""fio's own NFS engine against the door: writes, reads, at random, and what it wrote verified.

Debian's fio has no such engine: build its source with libnfs-dev (``apt-get source fio``, ``./configure && make``), and
put it in PATH, or name it in DEVICESIM_FIO.

The engine of fio 3.33 gives up what is under way when its last operation is issued, since its event loop does not wait
for less than a full queue; it says "Failed NFS operation" of that, and does not count it. And it knows no sync, which
fio asks of it where it verifies with several under way. So exact is what has one under way, else all but one queue.
"""

import json
import os
import shutil
import subprocess

import pytest
from nfs_client import Nfs3
from served import served

FIO = os.environ.get("DEVICESIM_FIO") or shutil.which("fio")


def engines():
    if FIO is None:
        return []
    told = subprocess.run([FIO, "--enghelp"], capture_output=True, text=True, timeout=30, check=False)
    return told.stdout.split()


pytestmark = pytest.mark.skipif(
    "nfs" not in engines(),
    reason="no fio with the nfs engine here: build it with libnfs-dev (DEVICESIM_FIO names it)",
)

SIZE = 8 << 20
JOBS = {
    "write": ("write", 1 << 20, 1),
    "read": ("read", 1 << 20, 1),
    "write, 8 under way": ("write", 1 << 20, 8),
    "read, 8 under way": ("read", 1 << 20, 8),
    "randwrite, 16 under way": ("randwrite", 4096, 16),
    "randread, 16 under way": ("randread", 4096, 16),
    "randrw, 8 under way": ("randrw", 1 << 16, 8),
}
"""What fio does, by blocks of how many bytes, and with how many under way."""
VERIFY = ("--verify=crc32c", "--verify_fatal=1")


def ran(server, folder, *words):
    """What fio tells of one job, whose operations and errors are in it."""
    port = server.port("nfs")
    url = f"nfs://127.0.0.1/buckets/trail-cams?nfsport={port}&mountport={port}"
    done = subprocess.run(
        [FIO, "--name=job", "--ioengine=nfs", "--thread", f"--nfs_url={url}", f"--size={SIZE}",
         "--output-format=json", *words],
        capture_output=True, text=True, timeout=240, check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    (job,) = json.loads(done.stdout[done.stdout.index("{") :])["jobs"]
    assert job["error"] == 0
    return job


@pytest.fixture(scope="module", params=["--unpaced", "--clock=driven"])
def server(request, tmp_path_factory):
    with served(tmp_path_factory.mktemp("fio"), request.param, doors=("--nfs", "0")) as opened:
        yield opened


@pytest.mark.parametrize("job", JOBS)
def test_law_fio_reads_and_writes_by_its_nfs_engine(server, tmp_path, job):
    """Every byte is read or written, and no operation fails but those that the engine itself gives up."""
    way, block, depth = JOBS[job]
    ran(server, tmp_path, "--rw=write", "--bs=1m")  # for those that read
    told = ran(server, tmp_path, f"--rw={way}", f"--bs={block}", f"--iodepth={depth}")
    done = [told["read"]["io_bytes"], told["write"]["io_bytes"]]
    assert told["read"]["total_ios"] + told["write"]["total_ios"] == SIZE // block
    assert SIZE - (depth - 1) * block <= sum(done) <= SIZE
    assert told["read"]["short_ios"] == told["write"]["short_ios"] == 0
    assert way == "randrw" or done["read" not in way] == sum(done)
    with Nfs3(server.port("nfs")) as nfs:
        status, file, *_ = nfs.lookup(nfs.mount("/buckets/trail-cams")[1], b"job.0.0")
        assert status == 0
        assert nfs.getattr(file)[1].size == SIZE


@pytest.mark.parametrize("way", ["write", "randwrite"])
def test_law_fio_verifies_what_it_wrote(server, tmp_path, way):
    told = ran(server, tmp_path, f"--rw={way}", "--bs=16k", *VERIFY, "--do_verify=1")
    assert (told["read"]["io_bytes"], told["write"]["io_bytes"]) == (SIZE, SIZE)


def test_law_several_jobs_each_have_their_file(server, tmp_path):
    told = ran(server, tmp_path, "--rw=write", "--bs=128k", "--numjobs=3", "--group_reporting")
    assert told["write"]["io_bytes"] == 3 * SIZE


def test_law_fio_finds_what_is_not_what_it_wrote(server, tmp_path):
    """The check of the check: bytes that somebody else changed fail the verification."""
    words = ("--rw=write", "--bs=64k", *VERIFY)
    ran(server, tmp_path, *words, "--do_verify=0")
    with Nfs3(server.port("nfs")) as nfs:
        file = nfs.lookup(nfs.mount("/buckets/trail-cams")[1], b"job.0.0")[1]
        assert nfs.write(file, 1_000_000, b"x" * 100)[0] == 0
    with pytest.raises(AssertionError, match="verify"):
        ran(server, tmp_path, *words, "--verify_only")
