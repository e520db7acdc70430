"""The share in pyfakefs: ordinary code writes, the device keeps the books, and what was written gets shipped."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws

from devicesim.device.share import Share
from devicesim.errors import BoundError, VerbError

REAL = (open,)
"""In a tuple, since pyfakefs replaces it wherever it has a name."""


@pytest.fixture
def share(snow_share: Any) -> Share:
    found: Share = snow_share.share
    return found


@pytest.fixture
def home(snow_share: Any) -> Path:
    return Path(str(snow_share.path))


class TestOrdinaryCode:
    def test_open_and_pathlib(self, home: Path, share: Share) -> None:
        (home / "a.txt").write_text("one\n")
        with (home / "a.txt").open("a") as file:
            file.write("two\n")
        with open(home / "a.txt", "r+b") as binary:
            binary.seek(4)
            binary.write(b"TWO")
        assert (home / "a.txt").read_text() == "one\nTWO\n"
        assert (share.files, share.bytes) == (1, 8)
        node = share.resolve("/buckets/share/a.txt")
        assert share.read(node, 0, 100) == b"one\nTWO\n"

    def test_archives(self, home: Path, snow_share: Any) -> None:
        snow_share.fs.create_file("/data/a", contents=b"x" * 300_000)
        with zipfile.ZipFile(home / "z.zip", "w") as archive:
            archive.write("/data/a", "a")
        with gzip.open(home / "g.gz", "wb") as packed:
            packed.write(b"y" * 100_000)
        with tarfile.open(home / "t.tar", "w") as tar:
            tar.add("/data")
        assert zipfile.ZipFile(home / "z.zip").read("a") == b"x" * 300_000
        with gzip.open(home / "g.gz") as packed:
            assert packed.read() == b"y" * 100_000
        with tarfile.open(home / "t.tar") as tar:
            assert tar.getnames() == ["data", "data/a"]

    def test_shutil_copies_a_tree(self, home: Path, share: Share, snow_share: Any) -> None:
        for number in range(10):
            snow_share.fs.create_file(f"/data/{number % 3}/f{number}", contents=b"z" * number)
        shutil.copytree("/data", home / "copy")
        assert (share.files, share.bytes) == (10, 45)
        shutil.move(str(home / "copy"), str(home / "moved"))
        assert sorted(path.name for path in home.rglob("f*")) == sorted(f"f{number}" for number in range(10))
        shutil.rmtree(home / "moved")
        assert (share.files, share.bytes, list(home.iterdir())) == (0, 0, [])

    def test_names(self, home: Path, share: Share) -> None:
        (home / "a").write_text("a")
        os.link(home / "a", home / "b")
        assert (os.stat(home / "b").st_nlink, share.files) == (2, 2)
        os.symlink("b", home / "l")
        assert (os.readlink(home / "l"), (home / "l").read_text()) == ("b", "a")
        os.rename(home / "a", home / "c")
        (home / "d").write_text("dd")
        os.replace(home / "d", home / "c")
        assert (home / "c").read_text() == "dd"
        assert sorted(os.listdir(home)) == ["b", "c", "l"]
        os.remove(home / "l")
        os.remove(home / "b")
        assert (share.files, share.bytes) == (1, 2)

    def test_rename_that_is_refused_leaves_all_as_it_was(self, home: Path, share: Share) -> None:
        (home / "a").write_text("a")
        with pytest.raises(OSError, match="too long"):
            os.rename(home / "a", home / ("n" * 300))
        assert ((home / "a").read_text(), share.files) == ("a", 1)

    def test_attributes(self, home: Path, share: Share, snow_share: Any) -> None:
        (home / "a").write_text("a")
        world = snow_share.snow.world
        assert abs(os.stat(home / "a").st_mtime - world.epoch.timestamp() - world.now) < 60
        os.chmod(home / "a", 0o600)
        os.utime(home / "a", ns=(10**18, 10**18 + 1))
        seen = os.stat(home / "a")
        assert (stat.S_IMODE(seen.st_mode), seen.st_mtime_ns) == (0o600, 10**18 + 1)
        node = share.resolve("/buckets/share/a")
        assert node.mtime_ns == 10**18 + 1 - int(world.epoch.timestamp()) * 10**9

    def test_what_comes_by_another_door_is_there(self, home: Path, share: Share) -> None:
        share.write(share.create(share.buckets["share"].directory, "by_nfs", 0.0), 0, b"hello", 0.0)
        assert (os.listdir(home), (home / "by_nfs").read_text()) == (["by_nfs"], "hello")


class TestDevice:
    def test_writing_takes_time_and_looking_takes_none(self, home: Path, snow_share: Any) -> None:
        """20 MB at a gigabit take 0.16 s at least; at the default customer's link some times as long."""
        world = snow_share.snow.world
        before = world.now
        (home / "a").write_bytes(bytes(20_000_000))
        assert 0.16 < world.now - before < 20
        after = world.now
        assert (home / "a").stat().st_size == 20_000_000
        assert list(home.iterdir()) == [home / "a"]
        assert world.now == after

    def test_time_grows_with_bytes(self, home: Path, snow_share: Any) -> None:
        world, took = snow_share.snow.world, []
        for number, size in enumerate((4_000_000, 16_000_000)):
            before = world.now
            (home / f"f{number}").write_bytes(bytes(size))
            took.append(world.now - before)
        assert 3 < took[1] / took[0] < 4.2

    def test_full_at_the_true_byte(self, home: Path, share: Share, snow_share: Any) -> None:
        snow_share.fs.create_file(home / "huge", st_size=4 * 10**12)
        snow_share.fs.create_file(home / "more", st_size=share.free - 1000)
        usage = shutil.disk_usage(home)
        assert (usage.total, usage.free) == (8 * 10**12, 1000)
        with pytest.raises(OSError, match="No space left") as caught:
            (home / "over").write_bytes(b"x" * 1001)
        assert caught.value.errno == errno.ENOSPC
        assert (share.free, (home / "over").stat().st_size) == (0, 1000)
        os.remove(home / "over")
        (home / "fits").write_bytes(b"x" * 1000)

    @pytest.mark.parametrize(
        ("name", "code"), [("n" * 300, errno.ENAMETOOLONG), ("no/such/place", errno.ENOENT)]
    )
    def test_refused_names(self, home: Path, name: str, code: int) -> None:
        with pytest.raises(OSError) as caught:
            (home / name).write_text("")
        assert caught.value.errno == code

    def test_only_the_device_makes_buckets(self, home: Path) -> None:
        with pytest.raises(OSError, match="Read-only"):
            (home.parent / "mine").mkdir()

    def test_a_device_that_is_off(self, home: Path, snow_share: Any) -> None:
        snow_share.snow.world.power_off()
        with pytest.raises(OSError) as caught:
            (home / "a").write_text("a")
        assert caught.value.errno == errno.EIO

    @pytest.mark.snow(content="hash")
    def test_the_content_policy_is_the_markers(self, home: Path, share: Share) -> None:
        """A policy that keeps digests only: sizes and checksums stay true, and no bytes are held."""
        (home / "a").write_bytes(b"x" * 1000)
        node = share.resolve("/buckets/share/a")
        assert share.digest(node).value == hashlib.md5(b"x" * 1000).hexdigest()
        assert share.read(node, 0, 4) == bytes(4)


class TestShipping:
    def test_what_was_written_is_in_s3(self, request: pytest.FixtureRequest) -> None:
        with mock_aws():
            bucket = boto3.client("s3", region_name="us-west-2")
            bucket.create_bucket(
                Bucket="share", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
            )
            shared = request.getfixturevalue("snow_share")
            home = Path(str(shared.path))
            (home / "day").mkdir()
            (home / "day" / "a.jpg").write_bytes(b"pixels" * 1000)
            (home / "note").write_text("héllo")
            shared.ship()
            objects = {
                each["Key"]: each["Size"] for each in bucket.list_objects_v2(Bucket="share")["Contents"]
            }
            assert objects == {"day/a.jpg": 6000, "note": 6}
            assert bucket.get_object(Bucket="share", Key="day/a.jpg")["Body"].read() == b"pixels" * 1000


class TestWhatPassesBy:
    """C code and other processes do not see the fake file system; who hands them a path of it is told."""

    WAYS: ClassVar[dict[str, Callable[[Path], object]]] = {
        "SQLite": lambda file: sqlite3.connect(file),
        "another process": lambda file: subprocess.run(["touch", file], check=False),
        "another process was given touch": lambda file: os.system(f"touch {file}"),
        "the real open\\(\\)": lambda file: REAL[0](str(file), "wb"),
    }

    @pytest.mark.parametrize("who", WAYS)
    def test_it_is_told(self, home: Path, who: str) -> None:
        with pytest.raises(
            VerbError, match=f"{who}.* which is only in the fake file system: mount the share"
        ):
            self.WAYS[who](home / "x")
        assert list(home.iterdir()) == []

    def test_what_has_to_do_with_other_paths_is_let_be(self, home: Path, snow_share: Any) -> None:
        with closing(sqlite3.connect(":memory:")) as database:
            assert database.execute("select 1").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError):
            sqlite3.connect(f"{home.parent}.nowhere/x")  # named like the mount
        assert subprocess.run(["true"], check=True, env={"FOLDER": str(home)}).returncode == 0
        snow_share.close()
        with pytest.raises(sqlite3.OperationalError):
            sqlite3.connect(home / "x")


class TestMount:
    def test_a_path_that_is_taken(self, snow_share: Any) -> None:
        with pytest.raises(BoundError, match="path must be free in the fake file system, got /mnt/snowcone"):
            snow_share.mount(snow_share.fs)
        with pytest.raises(BoundError, match="path must be free in the real file system, got /tmp"):
            snow_share.mount(snow_share.fs, "/tmp")

    def test_no_device(self, snow_share: Any) -> None:
        snow_share.ship()
        with pytest.raises(VerbError, match="no device is with its customer"):
            snow_share.mount(snow_share.fs, "/mnt/other")
