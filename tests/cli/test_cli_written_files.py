"""``run --progress`` and ``--report``: what is written, and what is refused before a long run."""

import json
import os
import re
from itertools import pairwise

import pytest
from command_line import Done
from small_story import BYTES, TEXT

from devicesim import load, simulate

MEMBERS = [
    "schema",
    "seconds",
    "time",
    "leg",
    "JobId",
    "BytesTransferred",
    "ObjectsTransferred",
    "TotalBytes",
    "TotalObjects",
]


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_worked_progress_records(devicesim, tmp_path):
    done = devicesim("run", "small.toml", "--progress", "p.jsonl", "--every", "500 ms")
    assert done == devicesim("run", "small.toml")
    found = records(tmp_path / "p.jsonl")
    assert all(sorted(record) == sorted(MEMBERS) for record in found)
    assert {record["schema"] for record in found} == {"devicesim.progress/1"}
    assert {record["JobId"] for record in found} == {simulate(load("small.toml")).job().id}
    for leg in ("ingest", "import"):
        mine = [record for record in found if record["leg"] == leg]
        steps = [after["seconds"] - before["seconds"] for before, after in pairwise(mine)]
        # The times are sums of some 10^5 s and half a second: equal to 1e-9 s.
        assert all(abs(step - 0.5) < 1e-9 for step in steps[:-1])
        for counter in ("BytesTransferred", "ObjectsTransferred", "TotalBytes", "TotalObjects"):
            counts = [record[counter] for record in mine]
            assert counts == sorted(counts)
            assert all(type(count) is int for count in counts)
        last = mine[-1]
        assert (last["BytesTransferred"], last["ObjectsTransferred"]) == (BYTES, 40)
        assert (last["TotalBytes"], last["TotalObjects"]) == (BYTES, 40)


def test_worked_progress_every_ten_minutes_unless_told(devicesim, tmp_path):
    devicesim("run", "small.toml", "--progress", "a.jsonl")
    devicesim("run", "small.toml", "--progress", "b.jsonl", "--every", "10 min")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    # The copy of 200 MB takes seconds: its start and its end.
    assert len([record for record in records(tmp_path / "a.jsonl") if record["leg"] == "ingest"]) == 2


def test_worked_totals_are_zero_until_the_listing_is_done(devicesim, tmp_path):
    slow = ["--set", "assume.aws_import.listing_rate=1 objects/s"]
    devicesim("run", "small.toml", "--progress", "p.jsonl", "--every", "1 s", *slow)
    totals = [r["TotalObjects"] for r in records(tmp_path / "p.jsonl") if r["leg"] == "import"]
    assert totals[0] == 0
    assert set(totals) == {0, 40}


def test_worked_report_is_one_page(devicesim, tmp_path):
    done = devicesim("run", "small.toml", "--report", "out.html")
    assert done == devicesim("run", "small.toml")
    page = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert re.search(r"<title>Small story: In S3 after [\d.]+ days: [^<]+</title>", page)
    assert not re.search(r"""(?:src|href)=["']?(?!https?://|data:|#)[\w./]+\.(?:js|css)""", page)


@pytest.mark.parametrize("form", ["--json", "--json-lines"])
def test_worked_files_beside_every_form(devicesim, tmp_path, form):
    done = devicesim("run", "small.toml", form, "--progress", "p.jsonl", "--report", "out.html")
    assert done == devicesim("run", "small.toml", form)
    assert (tmp_path / "p.jsonl").stat().st_size > 0
    assert (tmp_path / "out.html").stat().st_size > 100_000


def test_worked_a_missed_goal_is_no_reason_not_to_write(devicesim, tmp_path):
    (tmp_path / "goal.toml").write_text(TEXT + '\n[[goal]]\nexpr = "days_to_s3 < 1"\n')
    done = devicesim("run", "goal.toml", "--progress", "p.jsonl", "--report", "out.html")
    assert done.code == 1
    assert "✗ days_to_s3 < 1" in done.out
    assert (tmp_path / "p.jsonl").exists()
    assert "days_to_s3" in (tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("option", ["--progress", "--report"])
@pytest.mark.parametrize(
    ("path", "code", "why"),
    [
        ("no/such/file", 4, "no/such/file: cannot be written: No such file or directory"),
        ("small.toml/file", 4, "small.toml/file: cannot be written: Not a directory"),
        ("n" * 300, 4, f"{'n' * 300}: cannot be written: File name too long"),
        ("loop", 4, "loop: cannot be written: Too many levels of symbolic links"),
        (".", 2, "{} must be a file, got the directory ."),
        ("", 2, "{} must be a file, got the directory ."),
        ("small.toml", 2, "{} must be another file than the scenario, got small.toml"),
        ("linked.toml", 2, "{} must be another file than the scenario, got linked.toml"),
    ],
    ids=["no folder", "below a file", "long name", "loop", "folder", "nothing", "scenario", "link to it"],
)
def test_worked_files_that_cannot_be_written_are_refused_before_the_run(
    devicesim, monkeypatch, tmp_path, option, path, code, why
):
    monkeypatch.setattr("devicesim.cli.run.World", None)
    (tmp_path / "linked.toml").symlink_to("small.toml")
    (tmp_path / "loop").symlink_to("loop")
    done = devicesim("run", "small.toml", option, path)
    assert done == Done(code, "", f"devicesim: {why.format(option)}\n")
    assert (tmp_path / "small.toml").read_text() == TEXT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_worked_a_folder_of_somebody_else(devicesim, tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)
    done = devicesim("run", "small.toml", "--progress", "shut/p.jsonl")
    assert done == Done(4, "", "devicesim: shut/p.jsonl: cannot be written: Permission denied\n")


def test_worked_two_outputs_need_two_files(devicesim):
    done = devicesim("run", "small.toml", "--progress", "out", "--report", "./out")
    assert done == Done(2, "", "devicesim: --report must be another file than --progress, got out\n")


def test_law_a_scenario_that_is_refused_leaves_no_files(devicesim, tmp_path):
    done = devicesim("run", "small.toml", "--set", "seed=-1", "--progress", "p.jsonl", "--report", "out.html")
    assert done.code == 3
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


def test_worked_what_was_there_stays_until_the_run_has_ended(devicesim, tmp_path):
    (tmp_path / "p.jsonl").write_text("an earlier run")
    assert devicesim("run", "small.toml", "--set", "seed=-1", "--progress", "p.jsonl").code == 3
    assert (tmp_path / "p.jsonl").read_text() == "an earlier run"
    assert devicesim("run", "small.toml", "--progress", "p.jsonl").code == 0
    assert records(tmp_path / "p.jsonl")[0]["BytesTransferred"] == 0


def test_worked_a_link_is_written_through(devicesim, tmp_path):
    (tmp_path / "link").symlink_to("p.jsonl")
    assert devicesim("run", "small.toml", "--progress", "link").code == 0
    assert (tmp_path / "link").is_symlink()
    assert records(tmp_path / "p.jsonl")


def test_worked_a_device_is_a_file_too(devicesim):
    assert devicesim("run", "small.toml", "--progress", os.devnull) == devicesim("run", "small.toml")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux's device that is always full")
@pytest.mark.parametrize("option", ["--progress", "--report"])
def test_law_the_answer_is_printed_though_a_file_failed(devicesim, option):
    done = devicesim("run", "small.toml", option, "/dev/full")
    assert done == Done(
        4,
        devicesim("run", "small.toml").out,
        "devicesim: /dev/full: cannot be written: No space left on device\n",
    )


def test_worked_a_step_that_gives_too_many_records(devicesim, tmp_path):
    done = devicesim("run", "small.toml", "--progress", "p.jsonl", "--every", "1 ns")
    assert (done.code, done.out) == (2, devicesim("run", "small.toml").out)
    assert re.fullmatch(r"devicesim: every must be >= \S+ s for this leg, got 1e-09\n", done.err)
    assert not (tmp_path / "p.jsonl").exists()
