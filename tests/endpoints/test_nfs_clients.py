"""Clients that others wrote: nfs-rs by all three versions, the tools of libnfs."""

import os
import random
import shutil
import subprocess

import pytest
from nfs_stand import Stand

from devicesim.device.share import Hash, walk
from devicesim.endpoints.nfs import NfsDoor

DATA = random.Random(7).randbytes(5_000_001)
TOOLS = pytest.mark.skipif(
    shutil.which("nfs-cp") is None, reason="nfs-cp is not installed (Debian: libnfs-utils)"
)


@pytest.fixture
def stand():
    return Stand()


@pytest.fixture
def door(stand):
    with NfsDoor(stand) as opened:
        yield opened


@pytest.mark.parametrize("version", ["3", "4.0", "4.1"])
def test_worked_nfs_rs(door, stand, version):
    nfs_rs = pytest.importorskip("nfs_rs", reason="nfs-rs is not installed")
    ports = {"nfs_port": door.port, "mount_port": door.port}
    client = nfs_rs.Client.connect("nfs://127.0.0.1/buckets/demo", versions=[version], **ports)
    assert str(client.version) == version
    client.mkdir("in")
    with client.open("in/clip.mov", "wb") as file:
        file.write(DATA)
    with client.open("in/clip.mov", "rb") as file:
        assert file.read() == DATA
    client.symlink("clip.mov", "in/soft")
    client.link("in/clip.mov", "in/hard")
    client.rename("in/hard", "in/other")
    client.chmod("in/clip.mov", 0o600)
    client.utime("in/clip.mov", ns=(10**18, 10**18 + 5))
    told = client.stat("in/other")
    assert (told.size, told.mode, told.nlink, told.mtime) == (len(DATA), 0o600, 2, 10**18 + 5)
    assert client.readlink("in/soft") == "clip.mov"
    assert (client.listdir("."), sorted(client.listdir("in"))) == (["in"], ["clip.mov", "other", "soft"])
    client.truncate("in/other", 100)
    assert client.stat("in/clip.mov").size == 100
    assert client.fs_stat().total_bytes == 8 * 10**12
    for name in client.listdir("in"):
        client.remove(f"in/{name}")
    client.rmdir("in")
    client.close()
    assert list(walk(stand.share.root)) == [("demo", stand.share.buckets["demo"].directory)]


@TOOLS
def test_worked_a_tree_by_nfs_cp(door, stand, tmp_path):
    draw = random.Random(7)
    url, ports = f"nfs://{door.host}/buckets/demo", f"?nfsport={door.port}&mountport={door.port}"
    for number in range(20):
        source = tmp_path / f"{number}.bin"
        source.write_bytes(draw.randbytes(draw.choice([0, 1, 4096, 100_000, 3_000_000])))
        subprocess.run(
            ["nfs-cp", source, f"{url}/{source.name}{ports}"], check=True, timeout=60, capture_output=True
        )
    listed = subprocess.run(["nfs-ls", url + ports], check=True, timeout=60, capture_output=True, text=True)
    assert sorted(line.split()[-1] for line in listed.stdout.splitlines()) == sorted(os.listdir(tmp_path))
    for name in os.listdir(tmp_path):
        told = subprocess.run(
            ["nfs-cat", f"{url}/{name}{ports}"], check=True, timeout=60, capture_output=True
        )
        assert told.stdout == (tmp_path / name).read_bytes()
        node = stand.share.resolve(f"/buckets/demo/{name}")
        assert stand.share.read(node, 0, node.size) == told.stdout


@TOOLS
def test_worked_checksums_are_true_where_content_is_not_kept(tmp_path):
    stand = Stand(Hash())
    source = tmp_path / "a"
    source.write_bytes(DATA)
    with NfsDoor(stand) as door:
        url = f"nfs://{door.host}/buckets/demo/a?nfsport={door.port}&mountport={door.port}"
        subprocess.run(["nfs-cp", source, url], check=True, timeout=60, capture_output=True)
    kept = Stand().share
    file = kept.create(kept.buckets["demo"].directory, "a", 1.0)
    kept.write(file, 0, DATA, 1.0)
    assert stand.share.digest(stand.share.resolve("/buckets/demo/a")) == kept.digest(file)
