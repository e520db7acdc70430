"""Data sets to files: drawn, listed in manifests with every kind of bad row, and found in real directories."""

import csv
import json
import os
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import devicesim
from devicesim import catalog
from devicesim.errors import ScenarioError
from devicesim.scenario import Dataset, expected_count, expected_total, files, files_of, loads

STORY = """\
name = "Listed"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[[dataset]]
name = "photos"
bucket = "arn:aws:s3:::trail-cams"
{source}
[[client]]
name = "laptop"
dataset = "photos"
link = "ethernet"
[job]
"""


def dataset(**source):
    return Dataset(name="photos", bucket="arn:aws:s3:::trail-cams", **source)


def listed(tmp_path, name, content):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return loads(STORY.format(source=f'manifest = "{name}"'), "listed.toml", directory=tmp_path)


def problems(tmp_path, name, content):
    with pytest.raises(ScenarioError) as caught:
        listed(tmp_path, name, content)
    return [str(problem) for problem in caught.value.problems]


# --- drawn -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "mean"),
    [
        ({"distribution": "fixed", "value": "64 kB"}, 64e3),
        ({"distribution": "uniform", "minimum": "1 MB", "maximum": "9 MB"}, 5e6),
        ({"distribution": "lognormal", "median": "4 MB", "sigma": 0.8}, 4e6 * np.exp(0.32)),
        ({"distribution": "normal", "mean": "450 MB", "deviation": "45 MB"}, 450e6),
        # Pareto k = 2 from m to h, truncated: 2 m (1 - m/h) / (1 - (m/h)^2) = 2 m / (1 + m/h)
        ({"distribution": "pareto", "minimum": "1 MB", "exponent": 2.0, "maximum": "9 MB"}, 1.8e6),
    ],
    ids=lambda value: value["distribution"] if isinstance(value, dict) else "",
)
def test_worked_expected_totals(size, mean):
    assert expected_total(dataset(files=1000, size=size)) == pytest.approx(1000 * mean, rel=1e-6)
    sizes = files(dataset(files=20_000, size=size), np.random.default_rng(1)).sizes
    # Five standard errors of a mean of 20,000.
    assert abs(sizes.mean() - mean) <= 5 * sizes.std() / np.sqrt(20_000) + 1


def test_worked_a_total_instead_of_a_number_of_files():
    fixed = dataset(total="2 TB", size={"distribution": "fixed", "value": "25 MB"})
    assert expected_count(fixed) == 80_000  # 2e12 / 25e6
    assert files(fixed, np.random.default_rng(0)).total == 2_000_000_000_000


@pytest.mark.parametrize("model", catalog.names("workload"))
def test_law_every_workload_of_the_catalog_can_be_drawn(model):
    drawn = files(dataset(model=model, files=500), np.random.default_rng(3))
    assert (drawn.count, drawn.sizes.dtype) == (500, np.int64)
    assert (drawn.sizes >= 0).all()
    assert expected_total(dataset(model=model, total="1 TB")) == pytest.approx(1e12, rel=0.2)


def test_worked_assumptions_reach_the_workloads():
    key = next(k for k in catalog.entry("nas_small").figures if k.endswith(".size"))
    figures = catalog.Figures({f"nas_small.{key}": "1 MB"})
    assert (
        files(dataset(model="nas_small", files=3), np.random.default_rng(0), figures=figures).total
        == 3_000_000
    )


def test_law_same_seed_same_files():
    story = loads(STORY.format(source='model = "desktop2004"\nfiles = 1000'))
    one, two, other = (files_of(story, "photos", np.random.default_rng(seed)).sizes for seed in (7, 7, 8))
    assert (one == two).all()
    assert not (one == other).all()


def test_worked_names_of_drawn_files_are_made_on_demand():
    drawn = files(
        dataset(files=10_001, size={"distribution": "fixed", "value": "0 B"}), np.random.default_rng(0)
    )
    assert drawn.paths is None
    assert drawn.path(10_000) == "photos/0001/00010000"
    with pytest.raises(ValueError, match=r"index must be in \[0, 10001\), got 10001"):
        drawn.path(10_001)


# --- manifests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("files.csv", "a.jpg,4000000\nb/c.jpg,0\n"),
        ("files.csv", "path,size\na.jpg,4 MB\nb/c.jpg,0 B\n"),
        ("files.csv", "size, Path ,owner\r\n4000000,a.jpg,me\r\n\r\n0,b/c.jpg,you\r\n"),
        ("files.csv", '"a.jpg","4_000_000 B"\n"b/c.jpg",0'),
        ("files.csv", b"\xef\xbb\xbfpath,size\na.jpg,4000000\nb/c.jpg,0\n"),
        ("files.jsonl", '{"path": "a.jpg", "size": 4000000}\n\n{"size": "0 B", "path": "b/c.jpg", "x": 1}\n'),
        ("files.txt", '{"path": "a.jpg", "size": "4 MB"}\n{"path": "b/c.jpg", "size": 0}'),
    ],
)
def test_worked_manifests(tmp_path, name, content):
    story = listed(tmp_path, name, content)
    found = files_of(story, "photos", np.random.default_rng(0))
    assert found.sizes.tolist() == [4_000_000, 0]
    assert list(found.paths) == ["a.jpg", "b/c.jpg"]
    assert (found.total, found.count, found.path(1)) == (4_000_000, 2, "b/c.jpg")
    assert (found.bucket, found.skipped) == ("arn:aws:s3:::trail-cams", ())
    assert expected_total(story.datasets[0], directory=tmp_path) == 4_000_000


def test_worked_a_missing_manifest(tmp_path):
    with pytest.raises(ScenarioError) as caught:
        loads(STORY.format(source='manifest = "files.csv"'), "listed.toml", directory=tmp_path)
    assert (
        str(caught.value)
        == """\
listed.toml:8:12: error: dataset[0].manifest: 'files.csv' cannot be read: No such file or directory
    manifest = "files.csv"
               ^
    hint: a relative path starts at the scenario file"""
    )


def test_worked_every_bad_row_with_its_number(tmp_path):
    rows = [
        "path,size",
        "good.jpg,4 MB",
        "short.jpg",
        "negative.jpg,-1",
        "unit.jpg,4 MW",
        "half.jpg,0.5 B",
        "words.jpg,many",
        ",12",
        "good.jpg,4",
        "../up.jpg,4",
        "huge.jpg,6 TB",
        "more.jpg,99999999999999999999",
    ]
    assert problems(tmp_path, "files.csv", "\n".join(rows)) == [
        "files.csv:3:1: error: row 3: must have a path and a size, got 1 column\n    short.jpg\n    ^",
        "files.csv:4:1: error: row 4: size must be at least 0 bytes and below 2^63, got -1\n"
        "    negative.jpg,-1\n    ^",
        "files.csv:5:1: error: row 5: size: expected a size such as '8 TB', got '4 MW': "
        "unknown unit 'MW'\n    unit.jpg,4 MW\n    ^",
        "files.csv:6:1: error: row 6: size must be a whole number of bytes, got '0.5 B'\n    half.jpg,0.5 B\n    ^",
        "files.csv:7:1: error: row 7: size: expected a size such as '8 TB', got 'many': "
        "not a number and a unit\n    words.jpg,many\n    ^",
        "files.csv:8:1: error: row 8: path must be text, got ''\n    ,12\n    ^",
        "files.csv:9:1: error: row 9: 'good.jpg' is in line 2 already\n    good.jpg,4\n    ^",
        "files.csv:10:1: error: row 10: path must be without '..' and NUL, got '../up.jpg'\n    ../up.jpg,4\n    ^",
        "files.csv:11:1: error: row 11: size must be at most 5 TB, got 6 TB\n    huge.jpg,6 TB\n    ^",
        "files.csv:12:1: error: row 12: size must be at least 0 bytes and below 2^63, got 99999999999999999999\n"
        "    more.jpg,99999999999999999999\n    ^",
    ]


def test_worked_bad_rows_of_json_lines(tmp_path):
    rows = [
        '{"path": "a", "size": 1}',
        '{"path": "b", "size": 1.5}',
        '{"path": "c"}',
        '{"path": "d", "size": true}',
        '["e", 1]',
        '{"path": "f", "size": 1',
        '{"path": 7, "size": 1}',
        '{"path": "g", "size": NaN}',
    ]
    assert [problem.splitlines()[0] for problem in problems(tmp_path, "files.jsonl", "\n".join(rows))] == [
        "files.jsonl:2:1: error: row 2: size must be a whole number of bytes or text with a unit, got 1.5",
        "files.jsonl:3:1: error: row 3: size missing",
        "files.jsonl:4:1: error: row 4: size must be a whole number of bytes or text with a unit, got true",
        'files.jsonl:5:1: error: row 5: must be an object such as {"path": "a.jpg", "size": 4}, got a list',
        "files.jsonl:6:1: error: row 6: not JSON: Expecting ',' delimiter",
        "files.jsonl:7:1: error: row 7: path must be text, got 7",
        "files.jsonl:8:1: error: row 8: size must be a whole number of bytes or text with a unit, got nan",
    ]


def test_worked_rows_that_are_no_csv_and_no_utf8(tmp_path):
    assert [
        problem.splitlines()[0] for problem in problems(tmp_path, "files.csv", b'a,1\n"b"x,2\nc\xff,3\nd,4\n')
    ] == [
        "files.csv:2:1: error: row 2: not CSV: ',' expected after '\"'",
        "files.csv:3:1: error: row 3: path must be UTF-8",
    ]


def test_worked_twenty_bad_rows_are_shown_and_the_rest_counted(tmp_path):
    found = problems(tmp_path, "files.csv", "".join(f"file{n},none\n" for n in range(57)))
    assert len(found) == 21
    assert found[19].startswith("files.csv:20:1: error: row 20: ")
    assert found[20] == "files.csv: error: 37 more rows are bad, 57 in all: rows 21-57"


def test_worked_bad_rows_come_with_the_problems_of_the_scenario(tmp_path):
    (tmp_path / "files.csv").write_text("a,b\n")
    text = STORY.format(source='manifest = "files.csv"').replace("us-west-2", "us-west-9")
    with pytest.raises(ScenarioError) as caught:
        loads(text.replace("arn:aws:s3:::", ""), "listed.toml", directory=tmp_path)
    assert [problem.path for problem in caught.value.problems] == [
        "site.region",
        "dataset[0].bucket",
        "row 1",
    ]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("path,size\n", "must hold at least one file, got none"),
        ("a,4 TB\nb,4 TB\nc,1\n", "the data must fit the device's 8 TB, got 8,000,000,000,001 bytes"),
    ],
)
def test_worked_manifests_that_do_not_fit(tmp_path, rows, why):
    (found,) = problems(tmp_path, "files.csv", rows)
    assert found.splitlines()[0] == f"listed.toml:8:12: error: dataset[0].manifest: {why}"


ROWS = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12).filter(
        lambda path: path.strip() and ".." not in path and "\r" not in path
    ),
    st.integers(0, 5 * 10**12),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_law_a_written_manifest_reads_back(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("manifest")
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "size"])
        writer.writerows(rows.items())
    with (folder / "a.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps({"path": path, "size": size}) + "\n" for path, size in rows.items())
    for name in ("a.csv", "a.jsonl"):
        found = files(dataset(manifest=name), np.random.default_rng(0), folder)
        assert dict(zip(found.paths, found.sizes.tolist(), strict=True)) == rows


# --- directories -------------------------------------------------------------------------------------------


def in_tree(root):
    """Count and bytes of a tree's regular files by another road: ``os.walk``."""
    found = [Path(folder) / name for folder, _, names in os.walk(root) for name in names]
    sizes = [path.lstat().st_size for path in found if path.is_file() and not path.is_symlink()]
    return len(sizes), sum(sizes)


def test_law_a_real_tree_keeps_its_count_and_bytes():
    root = Path(np.__file__).parent
    found = files(dataset(directory=str(root)), np.random.default_rng(0))
    assert (found.count, found.total) == in_tree(root)
    assert all((root / path).is_file() for path in found.paths[:50])


def test_worked_a_tree_with_everything_in_it(tmp_path):
    root = tmp_path / "data"
    (root / "b" / "deep").mkdir(parents=True)
    (root / "a").mkdir()
    (root / "b" / "two.bin").write_bytes(b"22")
    (root / "b" / "deep" / "three.bin").write_bytes(b"333")
    (root / "z.bin").write_bytes(b"1")
    (root / "a" / "empty").touch()
    (root / "link.bin").symlink_to(root / "z.bin")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "b" / "pipe")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.path.relpath(root / "socket"))
        story = loads(STORY.format(source='directory = "data"'), directory=tmp_path)
    found = files_of(story, "photos", np.random.default_rng(0))
    assert list(found.paths) == ["z.bin", "a/empty", "b/two.bin", "b/deep/three.bin"]
    assert found.sizes.tolist() == [1, 0, 2, 3]
    assert found.skipped == (
        ("link.bin", "symbolic link"),
        ("loop", "symbolic link"),
        ("socket", "not a regular file"),
        ("b/pipe", "not a regular file"),
    )
    assert story.source.notes == ("dataset 'photos': 4 entries skipped, the first 'link.bin': symbolic link",)


def test_worked_a_name_that_is_not_utf8(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9")).touch()
    assert list(files(dataset(directory="."), np.random.default_rng(0), tmp_path).paths) == ["caf\\udce9"]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda root: None, "'data' cannot be read: No such file or directory"),
        (lambda root: root.touch(), "'data' cannot be read: Not a directory"),
        (lambda root: root.mkdir(), "must hold at least one file, got none"),
    ],
    ids=["missing", "a file", "empty"],
)
def test_worked_directories_that_are_none(tmp_path, make, why):
    make(tmp_path / "data")
    with pytest.raises(ScenarioError) as caught:
        loads(STORY.format(source='directory = "data"'), "listed.toml", directory=tmp_path)
    assert str(caught.value).splitlines()[0] == f"listed.toml:8:13: error: dataset[0].directory: {why}"


def test_worked_a_sparse_file_above_five_terabytes(tmp_path):
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "disk.img").open("wb") as stream:
        try:
            stream.truncate(6 * 10**12)
        except OSError:
            pytest.skip("the file system takes no file this large")
    with pytest.raises(ScenarioError) as caught:
        loads(STORY.format(source='directory = "data"'), "listed.toml", directory=tmp_path)
    assert str(caught.value).splitlines()[0] == (
        "listed.toml:8:13: error: dataset[0].directory: must be at most 5 TB, the largest file the device takes, "
        "got disk.img of 6 TB"
    )


def test_worked_a_listing_is_what_was_there_when_the_scenario_was_read(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one").write_bytes(b"1")
    story = loads(STORY.format(source='directory = "data"'), directory=tmp_path)
    (tmp_path / "data" / "two").write_bytes(b"22")
    assert files_of(story, "photos", np.random.default_rng(0)).count == 1


def test_worked_package_of_this_project_as_data():
    root = Path(devicesim.__file__).parent
    found = files(dataset(directory=str(root / "templates")), np.random.default_rng(0))
    assert list(found.paths) == ["scenario.toml"]
