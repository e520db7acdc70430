"""``run --progress`` in every form, seen exactly or as a monitor sees it; contradictions are refused in one line."""

import csv
import io
import json
import sys

import pytest
from command_line import Done
from foreign_readers import collated, json_lines, nfsiostat
from small_story import BYTES

from devicesim import load, simulate

STEP = ("--every", "500 ms")


@pytest.fixture
def columns(devicesim):
    return simulate(load("small.toml")).columns("500 ms")


def test_worked_csv(devicesim, tmp_path, columns):
    assert devicesim("run", "small.toml", "--progress", "p.csv", *STEP) == devicesim("run", "small.toml")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "p.csv").read_text())))
    assert list(rows[0]) == list(columns)
    assert [int(row["BytesTransferred"]) for row in rows] == columns["BytesTransferred"].tolist()
    assert [row["time"] for row in rows] == columns["time"].tolist()


def test_worked_parquet(devicesim, tmp_path, columns):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    assert devicesim("run", "small.toml", "--progress", "p.parquet", *STEP).code == 0
    table = parquet.read_table(tmp_path / "p.parquet")
    assert table["ObjectsTransferred"].to_pylist() == columns["ObjectsTransferred"].tolist()


def test_worked_parquet_without_the_extra(devicesim, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "devicesim.progress.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr("devicesim.cli.run.World", None)
    done = devicesim("run", "small.toml", "--progress", "p.parquet")
    assert done == Done(4, "", "devicesim: Parquet needs: pip install 'devicesim[parquet]'\n")
    assert not (tmp_path / "p.parquet").exists()


@pytest.mark.parametrize("name", ["p.jsonl", "p"])
def test_worked_json_lines_by_name(devicesim, tmp_path, name):
    devicesim("run", "small.toml", "--progress", name, *STEP)
    devicesim("run", "small.toml", "--progress", "named", "--progress-format", "jsonl", *STEP)
    assert (tmp_path / name).read_bytes() == (tmp_path / "named").read_bytes()
    world = simulate(load("small.toml"))
    lines = "".join(sample.to_json() + "\n" for sample in world.progress("500 ms"))
    assert (tmp_path / name).read_text() == lines


ENDS = {
    "rclone": lambda text: json_lines(text)[-1]["stats"]["bytes"],
    "fio": lambda text: collated(text)[-1]["jobs"][0]["write"]["io_bytes"],
    "datasync": lambda text: json_lines(text)[-1]["BytesWritten"],
}


@pytest.mark.parametrize("form", ENDS)
def test_worked_forms_of_other_tools_end_at_the_totals(devicesim, tmp_path, form):
    done = devicesim("run", "small.toml", "--progress", "p", "--progress-format", form, *STEP)
    assert done == devicesim("run", "small.toml")
    assert ENDS[form]((tmp_path / "p").read_text()) == BYTES


def test_worked_nfsiostat_knows_the_mount_of_the_scenario(devicesim, tmp_path):
    devicesim("run", "small.toml", "--progress", "p", "--progress-format", "nfsiostat", *STEP)
    blocks = nfsiostat((tmp_path / "p").read_text())
    # wsize is 1 MiB: 5 MB in 5 writes at least, less what ends within the step; a kB is 1,024 bytes.
    write = blocks[1]["write"]
    assert write.each == pytest.approx(1024, rel=0.02)
    # Four streams: what is under way at any time.
    assert write.exe * write.rate == pytest.approx(4000, rel=1e-3)


def test_worked_datasync_tells_of_both_legs_in_the_region(devicesim, tmp_path):
    devicesim("run", "small.toml", "--progress", "p", "--progress-format", "datasync", *STEP)
    told = json_lines((tmp_path / "p").read_text())
    arns = list(dict.fromkeys(answer["TaskExecutionArn"] for answer in told))
    assert len(arns) == 2
    assert all(arn.startswith("arn:aws:datasync:us-west-2:") for arn in arns)
    assert [answer["Status"] for answer in told].count("SUCCESS") == 2


def records(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_worked_a_monitor_sees_late_counters(devicesim, tmp_path):
    view = ("--progress-view", "refresh=1 s", "--progress-view", "listing=10 objects/s")
    devicesim("run", "small.toml", "--progress", "p.jsonl", "--every", "100 ms", *view)
    ingest = [record for record in records(tmp_path / "p.jsonl") if record["leg"] == "ingest"]
    # 200 MB take less than 2 s: the counters are seen at the start, after one second, and at the end.
    assert len({record["BytesTransferred"] for record in ingest}) == 3
    # Forty objects at 10 a second are not listed before the end.
    assert [record["TotalObjects"] for record in ingest][-2:] == [0, 40]
    assert ingest[-1]["BytesTransferred"] == BYTES


def test_worked_a_monitor_sees_attempts_that_fail(devicesim, tmp_path):
    form = ("--progress-format", "rclone", "--progress-view", "failing=50 %", *STEP)
    devicesim("run", "small.toml", "--progress", "p", *form)
    devicesim("run", "small.toml", "--progress", "again", *form)
    devicesim("run", "small.toml", "--progress", "other", "--seed", "8", *form)
    last, other = (json_lines((tmp_path / name).read_text())[-1]["stats"] for name in ("p", "other"))
    # Forty objects fail forty times in the mean, with a deviation of 9.
    assert 0 < last["errors"] < 40 + 5 * 9
    assert last["retryError"]
    assert last["bytes"] == last["totalBytes"] > BYTES
    assert (tmp_path / "p").read_bytes() == (tmp_path / "again").read_bytes()
    assert other["bytes"] != last["bytes"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["p.csv", "--progress-format", "parquet"], "progress format must be csv for a .csv file, got parquet"),
        (
            ["p.jsonl", "--progress-format", "fio"],
            "progress format must be jsonl or rclone or datasync for a .jsonl file, got fio",
        ),
        (["p", "--progress-format", "rclon"], "unknown progress format 'rclon'; did you mean 'rclone'?"),
        (["p", "--progress-view", "late=1 s"], "unknown --progress-view 'late'; known: failing, listing, refresh"),
        (
            ["p", "--progress-view", "refresh=1"],
            "--progress-view refresh: expected a duration such as '36 h', got '1': a unit is missing",
        ),
        (["p", "--progress-view", "failing=100 %"], "failing must be in [0, 1), got 1.0"),
    ],
)  # fmt: skip
def test_worked_contradictions_are_refused_before_the_run(devicesim, monkeypatch, tmp_path, words, why):
    monkeypatch.setattr("devicesim.cli.run.World", None)
    done = devicesim("run", "small.toml", "--progress", *words)
    assert done == Done(2, "", f"devicesim: {why}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--progress-format", "csv"), ("--progress-view", "refresh=1 s"), ("--every", "1 s")],
)
def test_worked_options_of_progress_need_progress(devicesim, option, value):
    done = devicesim("run", "small.toml", option, value)
    assert done == Done(2, "", f"devicesim: {option} must be given with --progress, got no --progress\n")
