"""``devicesim serve --state`` and ``devicesim state``: gone on from after a kill, looked at, refused in one line."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_story import CAMP

from devicesim.cli import ENVIRONMENT, SCENARIO_INVALID, USAGE, invoke

pytest.importorskip("werkzeug")


@contextmanager
def served(
    folder: Path, *words: str, before: tuple[str, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a folder, and the address of its HTTP door."""
    process = subprocess.Popen(
        [*before, sys.executable, "-m", "devicesim", "serve", "--state", "camp.state", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.communicate(timeout=30)


def ask(url: str, path: str, body: object = None) -> dict[str, object]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/_devicesim/{path}", data), timeout=30
    ) as answer:
        told: dict[str, object] = json.loads(answer.read())
        return told


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> str:
    assert invoke(list(words)) == code
    return capsys.readouterr().err


def test_the_walk_of_the_readme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A snapshot, a kill, a second server that is refused, the next one, back to the snapshot, and Ctrl-C."""
    (tmp_path / "camp.toml").write_text(CAMP, encoding="utf-8")
    with served(tmp_path, "camp.toml") as (process, url):
        assert ask(url, "advance", {"duration": "1 d"})["seconds"] == 86400.0
        ask(url, "snapshot", {"name": "loaded"})
        assert ask(url, "advance", {"duration": "1 d"})["seconds"] == 172800.0
        monkeypatch.chdir(tmp_path)
        refused = said(capsys, "serve", "--state", "camp.state", code=ENVIRONMENT)
        assert refused == (
            "devicesim: camp.state is in use by another process; one at a time can go on from it\n"
        )
        process.send_signal(signal.SIGKILL)
    assert invoke(["state", "camp.state"]) == 0
    assert capsys.readouterr().out == (
        "World      Field camp, seed 7, clock manual, API of today\n"
        "until      2026-06-03T08:00:00.000+00:00\n"
        "done       2 advance\n"
        "content    keep, 0 B beside it\n"
        "snapshots  loaded (2026-06-02T08:00:00.000+00:00)\n"
        "kept by    devicesim 0.1.0\n"
    )
    assert invoke(["state", "camp.state", "--scenario"]) == 0
    assert capsys.readouterr().out == CAMP
    assert invoke(["state", "camp.state", "--log"]) == 0
    log = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["to"] for each in log] == [86400.0, 172800.0]
    (tmp_path / "camp.toml").unlink()
    monkeypatch.undo()
    with served(tmp_path) as (process, url):
        assert ask(url, "clock")["seconds"] == 172800.0
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=30)
    assert process.returncode == 0
    assert words.startswith("devicesim: going on from camp.state, kept until 03 Jun 2026 08:00:00\n")
    with served(tmp_path, "--at", "loaded") as (_, url):
        assert ask(url, "clock")["seconds"] == 86400.0
        ask(url, "advance", {"duration": "1 h"})
        assert ask(url, "restore", {"name": "loaded"})["seconds"] == 86400.0
        assert ask(url, "snapshots")["snapshots"] == [
            {"name": "loaded", "time": "2026-06-02T08:00:00.000+00:00"}
        ]
        with pytest.raises(urllib.error.HTTPError) as unknown:
            ask(url, "restore", {"name": "leaded"})
        with unknown.value as answer:
            assert b"unknown snapshot 'leaded'; did you mean 'loaded'?" in answer.read()


def test_a_full_disk_ends_the_server_and_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The disk takes files of 60 kB: what does not fit any more is not answered, and the server says why."""
    told = [0.0]
    limited = ("bash", "-c", 'ulimit -f 60; exec "$@"', "bash")
    with served(tmp_path, before=limited) as (process, url):
        try:
            for _ in range(1000):
                told.append(float(str(ask(url, "advance", {"duration": "1 h"})["seconds"])))
        except (urllib.error.HTTPError, ConnectionError) as refused:
            refused.close() if isinstance(refused, urllib.error.HTTPError) else None
        _, words = process.communicate(timeout=30)
    assert process.returncode == ENVIRONMENT
    assert words.splitlines()[-1].startswith("devicesim: camp.state cannot be written: ")
    with served(tmp_path) as (_, url):
        assert ask(url, "clock")["seconds"] == told[-1]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ["--state", "x", "--content", "spill:here"],
            USAGE,
            "--content must be keep, hash or discard with --state",
        ),
        (
            ["--state", "x", "--content", "keep:2GB"],
            USAGE,
            "--content must be keep, hash or discard with --state",
        ),
        (["--at", "now"], USAGE, "--at must be given with --state, got no --state"),
        (
            ["--state", "x", "--at", "now"],
            USAGE,
            "--at must be given with a file of state that is there, got x",
        ),
        (["--state", "camp.toml"], ENVIRONMENT, "camp.toml is no state of devicesim: it is no SQLite file"),
        (["--state", "nowhere/x"], ENVIRONMENT, "nowhere/x: cannot be opened: No such file or directory"),
        (["--state", "."], ENVIRONMENT, ".: cannot be opened: Is a directory"),
    ],
)
def test_law_what_cannot_be_kept_is_told_in_one_line(
    words: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "camp.toml").write_text(CAMP, encoding="utf-8")
    heard = said(capsys, "serve", *words, code=code)
    assert heard.startswith(f"devicesim: {told}")
    assert heard.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["camp.toml"]


def test_what_is_no_state_cannot_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "camp.toml").write_text(CAMP, encoding="utf-8")
    assert "camp.toml is no state of devicesim" in said(capsys, "state", "camp.toml", code=ENVIRONMENT)
    (tmp_path / "empty").touch()
    assert "empty is empty: no server has kept anything in it" in said(
        capsys, "state", "empty", code=ENVIRONMENT
    )
    assert "nowhere: " in said(capsys, "state", "nowhere", code=ENVIRONMENT)
    (tmp_path / "bad.toml").write_text("name = 3", encoding="utf-8")
    said(capsys, "serve", "bad.toml", "--state", "x", code=SCENARIO_INVALID)
    assert not (tmp_path / "x").exists()


def test_a_taken_port_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        heard = said(capsys, "serve", "--state", "camp.state", "--http", port, code=ENVIRONMENT)
    assert heard.splitlines()[-1] == f"devicesim: 127.0.0.1:{port}: Address already in use"
    assert invoke(["state", "camp.state", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == {}
