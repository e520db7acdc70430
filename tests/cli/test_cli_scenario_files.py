"""``init``, ``check`` and ``schema``: files in, files out."""

import json

import pytest
from command_line import Done

from devicesim.scenario.schema import schema
from devicesim.scenario.template import template


def test_worked_init_writes_what_checks_and_runs(devicesim, tmp_path):
    done = devicesim("init", "demo.toml")
    assert done == Done(0, "", "wrote demo.toml; next: devicesim run demo.toml\n")
    assert (tmp_path / "demo.toml").read_text(encoding="utf-8") == template()
    assert devicesim("check", "demo.toml") == Done(0, "demo.toml: ok: Trail cameras, ridge camp\n", "")
    run = devicesim("run", "demo.toml", "--set", "dataset.photos.files=50")
    assert (run.code, run.err) == (0, "")


def test_worked_init_has_a_default_and_quotes_what_it_tells_to_type(devicesim, tmp_path):
    assert devicesim("init").code == 0
    assert (tmp_path / "scenario.toml").exists()
    assert devicesim("init", "my own.toml").err == "wrote my own.toml; next: devicesim run 'my own.toml'\n"


def test_worked_init_refuses_to_overwrite_unless_forced(devicesim, tmp_path):
    mine = tmp_path / "demo.toml"
    mine.write_text("mine")
    assert devicesim("init", "demo.toml") == Done(
        2, "", "devicesim: demo.toml is there already; --force overwrites it\n"
    )
    assert mine.read_text() == "mine"
    assert devicesim("init", "demo.toml", "--force").code == 0
    assert mine.read_text(encoding="utf-8") == template()


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_worked_init_where_nothing_can_be_written(devicesim, tmp_path, force):
    assert devicesim("init", "no/such/demo.toml", *force) == Done(
        4, "", "devicesim: no/such/demo.toml: cannot be written: No such file or directory\n"
    )
    assert devicesim("init", ".", *force) == Done(
        2, "", "devicesim: FILE must be a file, got the directory .\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.toml"]


BROKEN = """\
name = "Broken"
start = 2026-06-01T08:00:00Z
sede = 7
[site]
region = "us-west-2"
[[dataset]]
name = "clips"
bucket = "arn:aws:s3:::clips"
files = 40
size = { distribution = "fixed", value = "5 Mb" }
[[client]]
name = "laptop"
dataset = "clips"
link = "wifi"
streams = 0
"""


def test_worked_check_says_all_that_is_wrong(devicesim, tmp_path):
    (tmp_path / "broken.toml").write_text(BROKEN)
    done = devicesim("check", "broken.toml")
    assert (done.code, done.out) == (3, "")
    # Line and column of the key that is unknown, of the size in bits, of the number of streams.
    assert "broken.toml:3:1: error: sede:" in done.err
    assert "hint: did you mean 'seed'?" in done.err
    assert "broken.toml:10:42: error: dataset[0].size" in done.err
    assert "'Mb' is bits, 'MB' is bytes" in done.err
    assert "broken.toml:15:11: error: client[0].streams" in done.err
    count = done.err.count(": error: ")
    assert done.err.endswith(f"\n{count} problems\n")
    assert devicesim("run", "broken.toml") == done


def test_worked_one_problem_is_not_counted(devicesim, tmp_path):
    line = "nosuch.toml: error: cannot be read: No such file or directory\n"
    assert devicesim("check", "nosuch.toml") == devicesim("run", "nosuch.toml") == Done(3, "", line)
    line = f"{tmp_path}: error: cannot be read: Is a directory\n"
    assert devicesim("check", str(tmp_path)) == devicesim("run", str(tmp_path)) == Done(3, "", line)


def test_worked_check_with_overrides(devicesim):
    assert devicesim("check", "small.toml", "--set", "client.laptop.streams=8").code == 0
    done = devicesim("check", "small.toml", "--set", "client.desktop.streams=8", "--set", "seed=-1")
    assert (done.code, done.out) == (3, "")
    assert "--set: error: no client is named 'desktop'" in done.err
    assert done.err.count("--set") == 2
    assert done.err.endswith("\n2 problems\n")


def test_worked_check_tells_what_it_understood(devicesim):
    done = devicesim("check", "small.toml", "--set", "start=2026-06-01T08:00:00")
    assert (done.code, done.out) == (0, "small.toml: ok: Small story\n")
    assert done.err == "small.toml: note: start has no offset from UTC and is read as UTC\n"


def test_worked_schema_is_the_schema(devicesim):
    done = devicesim("schema")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == schema()
