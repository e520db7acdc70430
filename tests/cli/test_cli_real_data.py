"""Real trees and lists of files as input: what goes in is what arrives, or every bad row is named."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from small_story import TEXT

# The story's dataset, to be put in the place of its files and sizes.
DRAWN = """\
files = 40
size = { distribution = "fixed", value = "5 MB" }
"""


def story(tmp_path, dataset):
    """The small story with another dataset; text is made TOML as JSON makes it."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in dataset.items())
    assert DRAWN in TEXT
    (tmp_path / "real.toml").write_text(TEXT.replace(DRAWN, lines), encoding="utf-8")
    return "real.toml"


def counted(root):
    """Regular files below a folder and their bytes, links not followed: what ``find -type f`` counts."""
    paths = [Path(folder) / name for folder, _, names in os.walk(root) for name in names]
    files = [path for path in paths if path.is_file() and not path.is_symlink()]
    return len(files), sum(path.stat().st_size for path in files)


def test_worked_a_directory_arrives_whole(devicesim, tmp_path):
    tree = Path(np.__file__).parent
    files, size = counted(tree)
    assert files > 100
    done = devicesim("run", story(tmp_path, {"directory": str(tree)}), "--json", "--progress", "p.jsonl")
    assert (done.code, done.err) == (0, "")
    ingest = json.loads(done.out)["ingest"]
    assert (ingest["total_files"], ingest["total_bytes"]) == (files, size)
    assert (ingest["files"], ingest["bytes"], ingest["complete"]) == (files, size, True)
    for line in (tmp_path / "p.jsonl").read_text().splitlines():
        last = json.loads(line)
    assert last["leg"] == "import"
    assert (last["BytesTransferred"], last["TotalBytes"]) == (size, size)
    assert (last["ObjectsTransferred"], last["TotalObjects"]) == (files, files)


def test_worked_a_directory_beside_the_scenario(devicesim, tmp_path):
    photos = tmp_path / "photos"
    (photos / "2026").mkdir(parents=True)
    for name, size in {"a.jpg": 3_000_000, "2026/b.jpg": 1_234_567, "empty": 0, "Grüße.txt": 5}.items():
        (photos / name).write_bytes(bytes(size))
    (photos / "link").symlink_to("a.jpg")
    done = devicesim("run", story(tmp_path, {"directory": "photos"}), "--json")
    told = json.loads(done.out)
    assert done.code == 0
    assert (told["ingest"]["files"], told["ingest"]["bytes"]) == (4, 3_000_000 + 1_234_567 + 0 + 5)
    assert any("link" in note for note in told["notes"])


def test_worked_a_directory_that_is_not_there(devicesim, tmp_path):
    done = devicesim("run", story(tmp_path, {"directory": "nowhere"}), "--progress", "p.jsonl")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("real.toml:10:13: error: dataset[0].directory: ")
    assert done.err.count("\n") == 4, "the problem, its line, the caret and a hint"
    assert not (tmp_path / "p.jsonl").exists()


MANIFEST = {"list.csv": "path,size\na,3 MB\nb/c,4000000\n", "list.jsonl": '{"path": "a", "size": 7000000}\n'}


@pytest.mark.parametrize("name", MANIFEST)
def test_worked_a_manifest_arrives_whole(devicesim, tmp_path, name):
    (tmp_path / name).write_text(MANIFEST[name])
    done = devicesim("run", story(tmp_path, {"manifest": name}), "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["ingest"]["bytes"] == 7_000_000


def test_worked_every_bad_row_is_named(devicesim, tmp_path):
    rows = ["path,size", "good,1 MB", "bad,1 Mb", "short", "good,2 MB", "also good,1 MB", "worse,-1"]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n")
    files = story(tmp_path, {"manifest": "list.csv"})
    done = devicesim("run", files)
    assert (done.code, done.out) == (3, "")
    # Row 3 is in bits, row 4 has no size, row 5 repeats row 2, row 7 is negative.
    assert [line.split(": ")[:3] for line in done.err.splitlines() if line.startswith("list.csv")] == [
        [f"list.csv:{row}:1", "error", f"row {row}"] for row in (3, 4, 5, 7)
    ]
    assert done.err.endswith("\n4 problems\n")
    assert devicesim("check", files) == done


def test_worked_a_manifest_that_is_not_there(devicesim, tmp_path):
    done = devicesim("check", story(tmp_path, {"manifest": "nowhere.csv"}))
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("real.toml:10:12: error: dataset[0].manifest: ")
