"""``devicesim serve`` as a process: its doors, its ready file, its clocks, its end."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devicesim.cli import USAGE, invoke

pytest.importorskip("werkzeug")

STORY = """
name = "Field camp"
start = 2026-06-01T08:00:00Z
[site]
region = "us-west-2"
[job]
buckets = ["arn:aws:s3:::trail-cams"]
"""


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A process that serves, and the lines that it printed to say where."""
    words = [sys.executable, "-m", "devicesim", "serve", *arguments]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, [process.stdout.readline().rstrip("\n")]
    finally:
        process.kill()
        process.communicate(timeout=30)


def ask(url: str, body: object = None) -> dict[str, object]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
        told: dict[str, object] = json.loads(answer.read())
        return told


@pytest.fixture
def story(tmp_path: Path) -> str:
    file = tmp_path / "story.toml"
    file.write_text(STORY, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_and_closes_when_told(tmp_path: Path, story: str, number: signal.Signals) -> None:
    ready = tmp_path / "ready.json"
    with served(story, "--ready-file", str(ready)) as (process, (line,)):
        process.stderr and process.stderr.readline()  # the last word before it waits
        told = json.loads(ready.read_text(encoding="utf-8"))
        assert told == {"http": line, "exports": ["/buckets/trail-cams"]}
        assert ask(f"{line}/_devicesim/clock")["clock"] == "manual"
        process.send_signal(number)
        _, words = process.communicate(timeout=30)
    assert (process.returncode, words) == (0, "devicesim: the door is closed\n")


def test_the_clock_real_goes_on_by_itself(story: str) -> None:
    """Nobody asks for a while, and at a million times the wall the job is over."""
    with served(story, "--clock", "real:10000000") as (_, (url,)):
        for _ in range(100):
            if ask(f"{url}/_devicesim/jobs")["jobs"][0]["JobState"] == "Complete":  # type: ignore[index]
                return
    pytest.fail("the World stood still")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--nfs", "70000"], "--nfs must be at most 65535, got 70000"),
        (["--ssh", "-1"], "--ssh must be a whole number >= 0, got -1"),
        (["--clock", "slow"], "clock must be manual, driven, real or real:N, got slow"),
        (["--allow", "everyone"], "--allow must be a network such as 192.168.1.0/24, got everyone"),
        (["--allow", "10.0.0.1/8"], "--allow must be a network such as 192.168.1.0/24, got 10.0.0.1/8"),
        (
            ["--content", "keep:many"],
            "content must be keep, keep:BOUND as keep:2GB, spill:DIR, hash or discard",
        ),
        (["--content", "spill:"], "content must be keep, keep:BOUND as keep:2GB, spill:DIR, hash or discard"),
        (["--listen", "::1"], "--listen must be an IPv4 address or a host's name, got ::1"),
        (["--mount-as", "laptop"], "--mount-as must be given with --mount, got no --mount"),
        (["--host-key", "key"], "--host-key must be given with --ssh, got no --ssh"),
    ],
)
def test_law_what_cannot_be_served_is_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["serve", *arguments]) == USAGE
    told = capsys.readouterr().err
    assert told.startswith(f"devicesim: {words}")
    assert told.count("\n") == 1
