"""From a real directory through a door of ``devicesim serve`` to S3: every byte, every name, every time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest
from client_tools import needs
from device_stand import share_of, story_stand
from nfs_client import Nfs3

from devicesim.endpoints.nfs import NfsDoor
from devicesim.progress import Lost

boto3 = pytest.importorskip("boto3")
server = pytest.importorskip("moto.server", reason="moto's server needs flask")
pytest.importorskip("flask_cors", reason="moto's server needs flask-cors")

BUCKET = "trail-cams"
STORY = f"""
name = "Field camp"
start = 2026-06-01T08:00:00Z
[site]
region = "us-west-2"
[job]
buckets = ["arn:aws:s3:::{BUCKET}"]
"""
PATIENCE = 120
"""What a client or the server may take on the wall [s], far more than it does."""


@pytest.fixture
def s3() -> Iterator[Any]:
    """moto's S3 in a server of its own, with the bucket."""
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        client = boto3.client(
            "s3",
            endpoint_url="http://{}:{}".format(*running.get_host_and_port()),
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        client.create_bucket(Bucket=BUCKET)
        yield client
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for entry in page.get("Contents", ()):
                client.delete_object(Bucket=BUCKET, Key=entry["Key"])
        client.delete_bucket(Bucket=BUCKET)
    finally:
        running.stop()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Thirty files in four directories: empty, of a byte, around a block, of several MB; names as people give them."""
    top, draw = tmp_path / "photos", random.Random(7)
    sizes = [
        0,
        1,
        4095,
        4096,
        4097,
        262_144,
        1_048_577,
        5_000_001,
        *(draw.randrange(50_000) for _ in range(22)),
    ]
    for number, size in enumerate(sizes):
        folder = top / ("", "day 1", "day 1/raw", "Überblick")[number % 4]
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"clip {number:02} (übrig).mov"
        file.write_bytes(draw.randbytes(size))
        os.utime(file, (10**9 + number, 1_100_000_000 + number))
    return top


@contextmanager
def serving(tmp_path: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """``devicesim serve`` in a process of its own; what its ready file says."""
    story, ready = tmp_path / "camp.toml", tmp_path / "ready.json"
    story.write_text(STORY, encoding="utf-8")
    words = ["serve", str(story), "--ready-file", str(ready), *arguments]
    with open(tmp_path / "serve.log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen([sys.executable, "-m", "devicesim", *words], stdout=log, stderr=log)
        try:
            end = time.monotonic() + PATIENCE
            while not ready.exists():
                assert process.poll() is None, (tmp_path / "serve.log").read_text()
                assert time.monotonic() < end
                time.sleep(0.05)
            yield json.loads(ready.read_text())
        finally:
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0
            assert "Traceback" not in (tmp_path / "serve.log").read_text()


def complete(url: str) -> None:
    """Give the device back, and move to the end."""

    def ask(path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{url}/_devicesim/{path}", data, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    job = ask("jobs")["jobs"][0]["JobId"]
    ask("return", {})
    ask("until", {"job": job, "state": "Complete"})


def ran(*words: object, text: str | None = None) -> str:
    done = subprocess.run(
        list(map(str, words)), input=text, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def files_of(tree: Path) -> dict[str, Path]:
    return {str(file.relative_to(tree)): file for file in tree.rglob("*") if file.is_file()}


def objects_of(s3: Any) -> dict[str, dict[str, Any]]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [
        each["Key"] for page in pages for each in page.get("Contents", ()) if not each["Key"].endswith("/")
    ]
    return {key: s3.get_object(Bucket=BUCKET, Key=key) for key in keys}


@pytest.mark.parametrize("content", ["keep", "hash"])
def test_worked_a_tree_by_nfs_cp_is_in_s3(content: str, tmp_path: Path, tree: Path, s3: Any) -> None:
    """nfs-cp copies one file and no times: directories are made by a client of our own, times are the arrival's.

    Where content is not kept, its checksum is there in its stead.
    """
    needs("libnfs-utils", "nfs-cp")
    source = files_of(tree)
    with serving(tmp_path, "--nfs", "0", "--s3", s3.meta.endpoint_url, "--content", content) as doors:
        host, port = doors["nfs"].split(":")
        (export,) = doors["exports"]
        with Nfs3(int(port)) as nfs:
            made = {Path(): nfs.mount(export)[1]}
            for folder in sorted({Path(name).parent for name in source} | {Path("day 1")}):
                if folder not in made:
                    made[folder] = nfs.mkdir(made[folder.parent], os.fsencode(folder.name))[1]
        for name, file in source.items():
            ran("nfs-cp", file, f"nfs://{host}{export}/{name}?nfsport={port}&mountport={port}")
        complete(doors["http"])
    found = objects_of(s3)
    there = {key: each["Body"].read() for key, each in found.items()}
    if content == "keep":
        assert there == {name: file.read_bytes() for name, file in source.items()}
    else:
        assert set(there.values()) == {b""}
        assert {key: each["Metadata"].get("devicesim-md5") for key, each in found.items()} == {
            name: md5(file.read_bytes()).hexdigest() if file.stat().st_size else None
            for name, file in source.items()
        }
    assert all(each["Metadata"]["file-mtime"].endswith("ns") for each in found.values())


def test_worked_a_tree_by_sftp_is_in_s3_with_its_times(tmp_path: Path, tree: Path, s3: Any) -> None:
    needs("openssh-client", "sftp", "ssh-keygen")
    source, key = files_of(tree), tmp_path / "id"
    ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    arguments = ["--ssh", "0", "--authorized-keys", f"{key}.pub", "--s3", s3.meta.endpoint_url]
    with serving(tmp_path, *arguments) as doors:
        host, port = doors["ssh"].split(":")
        ran(
            "sftp", "-i", key, "-F", "none", "-P", port, "-b", "-", "-o", "StrictHostKeyChecking=no",
            "-o", f"UserKnownHostsFile={tmp_path / 'known'}", "-o", "IdentitiesOnly=yes", f"snow@{host}",
            text=f'put -rp "{tree}" {BUCKET}\n',
        )  # fmt: skip
        complete(doors["http"])
    found = objects_of(s3)
    assert {key: each["Body"].read() for key, each in found.items()} == {
        f"photos/{name}": file.read_bytes() for name, file in source.items()
    }
    assert {key: each["Metadata"]["file-mtime"] for key, each in found.items()} == {
        f"photos/{name}": f"{file.stat().st_mtime_ns}ns" for name, file in source.items()
    }


@pytest.mark.parametrize(
    ("durability", "kept"),
    [
        ("async", []),
        ("commit", [b"committed", b"stable"]),
        ("sync", [b"committed", b"stable"]),
    ],
)
def test_worked_what_a_power_cut_takes_of_what_came_by_nfs(durability: str, kept: list[bytes]) -> None:
    """Three files of 1 MB a moment before: one only written, one committed, one written FILE_SYNC."""
    stand = story_stand(
        f'client.laptop.nfs.durability = "{durability}"', 'client.laptop.start_after = "10 h"', clock="driven"
    )
    data = random.Random(7).randbytes(1_000_000)
    names = [b"written", b"committed", b"stable"]
    with NfsDoor(stand) as door, Nfs3(door.port) as nfs:
        top = nfs.mount("/buckets/small-story")[1]
        files = {name: nfs.create(top, name)[1] for name in names}
        before = {name: nfs.write(files[name], 0, data, 2 if name == b"stable" else 0)[3] for name in names}
        assert nfs.commit(files[b"committed"])[1] == before[b"committed"]
        with stand.lock:
            stand.world.cut_power()
            stand.world.power_on()
            stand.world.until_serving()
        top = nfs.mount("/buckets/small-story")[1]
        again = {name: nfs.lookup(top, name)[1] for name in names}
        read = {name: nfs.read(again[name], 0, len(data))[1] for name in names}
        after = nfs.commit(again[b"written"])[1]
    assert {name: content == data for name, content in read.items()} == {name: name in kept for name in names}
    assert set(before.values()) == {before[b"written"]} != {after}
    lost = stand.world.stream.of(Lost, stand.job_id)
    assert [(event.files, event.bytes) for event in lost] == [(3 - len(kept), (3 - len(kept)) * 1_000_000)]
    assert share_of(stand).bytes == len(kept) * 1_000_000
