"""The share as a directory of this machine: what no Python-level fake can reach writes to it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_stand import BUCKET, device_stand, share_of
from small_story import CAMP

from devicesim import scenario
from devicesim.endpoints.premises import Premises
from devicesim.snowball_api.snow import Snow

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mfusepy") is None
    or shutil.which("fusermount3") is None
    or not os.access("/dev/fuse", os.R_OK | os.W_OK),
    reason="mounting needs the extra 'mount', fusermount3 and /dev/fuse",
)


@pytest.fixture
def stand() -> Premises:
    return device_stand()


@pytest.fixture
def home(stand: Premises, tmp_path: Path) -> Iterator[Path]:
    from devicesim.endpoints.fuse import FuseMount  # noqa: PLC0415  (only where it can be imported)

    place = tmp_path / "snow"
    place.mkdir()
    with FuseMount(stand, place) as mount:
        yield mount.path / BUCKET
    assert list(place.iterdir()) == []


def ran(command: str, where: Path) -> str:
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, cwd=where, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mounting_leaves_the_process_where_it_was(stand: Premises, tmp_path: Path) -> None:
    from devicesim.endpoints.fuse import FuseMount  # noqa: PLC0415  (only where it can be imported)

    here = Path.cwd()
    with FuseMount(stand, tmp_path):
        assert Path.cwd() == here


def test_a_tree_by_cp(stand: Premises, home: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "inner").mkdir(parents=True)
    for number in range(10):
        (tree / "inner" / f"f{number}").write_bytes(os.urandom(3000 * number))
    before = stand.world.now
    ran(f"cp -r {tree} . && diff -r {tree} tree", home)
    assert stand.world.now > before
    assert (share_of(stand).files, share_of(stand).bytes) == (10, 3000 * 45)


def test_a_data_base_of_c_code(home: Path) -> None:
    base = sqlite3.connect(home / "data.db")
    base.execute("create table t (a)")
    base.executemany("insert into t values (?)", [(number,) for number in range(100)])
    base.commit()
    assert base.execute("select sum(a) from t").fetchone() == (4950,)
    base.close()


def test_names_and_attributes(stand: Premises, home: Path) -> None:
    told = ran(
        "echo one > a; ln -s a l; cat l; ln a b; stat -c %h b; mv a c; truncate -s 2 c; cat b; rm l; ls", home
    )
    assert told == "one\n2\non" + "b\nc\n"
    ran("chmod 600 c; touch -d @1000000000 c", home)
    node = share_of(stand).resolve(f"/buckets/{BUCKET}/c")
    assert (node.mode, node.mtime_ns) == (0o600, (10**9 - int(stand.world.epoch.timestamp())) * 10**9)


def test_room(home: Path) -> None:
    assert shutil.disk_usage(home).total == 8 * 10**12


def test_a_device_that_is_off(stand: Premises, home: Path) -> None:
    stand.world.power_off()
    with pytest.raises(OSError, match="Input/output error"):
        (home / "a").write_text("a")


def test_a_mount_has_the_link_of_the_client_it_is_for(tmp_path: Path) -> None:
    """The kernel writes 4 KiB at a time, each a round trip; 4 MB over 10 Mbit/s take 3.2 s more, at least."""
    from devicesim.endpoints.fuse import mounted  # noqa: PLC0415  (only where it can be imported)

    clients = "".join(
        f'[[client]]\nname = "{name}"\nlink = "ethernet"\nrate = "{rate}"\n'
        for name, rate in (("desk", "1 Gbit/s"), ("laptop", "10 Mbit/s"))
    )
    took = {}
    for name in ("desk", "laptop"):
        snow = Snow(scenario.loads(CAMP + clients, "two", ()), clock="driven")
        snow.world.open_doors()
        snow.world.until_serving()
        place = tmp_path / name
        place.mkdir()
        with mounted(Premises(snow), "", None, place, name) as mount:
            began = snow.world.now
            (mount.path / BUCKET / "clip").write_bytes(bytes(4_000_000))
            took[name] = snow.world.now - began
    assert took["laptop"] > took["desk"] + 3
