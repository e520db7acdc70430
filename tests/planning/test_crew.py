"""Whoever computes, and however often it is interrupted: the futures are the same."""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from small_story import small_story

from devicesim.errors import BoundError
from devicesim.planning import crew as crews
from devicesim.planning.crew import Crew
from devicesim.planning.futures import Futures
from devicesim.planning.ledger import Ledger

NONE = np.zeros(0)
STORY = small_story("dataset[0].files=3")
MANY = 9


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch):
    monkeypatch.setattr(crews, "FIRST", 3)
    monkeypatch.setattr(crews, "ALONE", 2)
    monkeypatch.setattr(crews, "BATCHED", 4)


def tell(crew: Crew, upto: int = MANY) -> Futures:
    return crew.tell({"story": STORY}, upto, 5, NONE)["story"]


@pytest.fixture(scope="module")
def expected() -> Futures:
    return tell(Crew(), MANY)


def same(one: Futures, other: Futures) -> bool:
    here, there = one.columns(), other.columns()
    return list(here) == list(there) and all(
        np.array_equal(here[k], there[k], equal_nan=True)
        if here[k].dtype.kind == "f"
        else np.array_equal(here[k], there[k])
        for k in here
    )


def test_law_threads_give_the_same_futures(expected):
    with ThreadPoolExecutor(2) as executor:
        assert same(tell(Crew(executor)), expected)


def test_law_processes_give_the_same_futures(expected):
    with crews.processes(2) as executor:
        assert same(tell(Crew(executor)), expected)


def test_law_more_futures_change_none_of_those_before(expected):
    crew = Crew()
    first = tell(crew, 4)
    assert same(tell(crew), expected)
    assert np.array_equal(first.metrics["days_to_s3"], expected.metrics["days_to_s3"][:4])


def test_law_an_interrupted_computation_goes_on_to_the_identical_futures(tmp_path: Path, expected):
    path = tmp_path / "kept"
    seen = 0

    def stop(count: int) -> None:
        nonlocal seen
        seen += count
        if seen >= 5:
            raise KeyboardInterrupt

    ledger = Ledger(path, 5)
    with pytest.raises(KeyboardInterrupt):
        tell(Crew(None, ledger, stop))
    assert len(ledger) == 5
    with path.open("ab") as out:
        out.write(b'{"key": ["cut off')
    told: list[int] = []
    again = Ledger(path, 5)
    assert len(again) == 5
    assert same(tell(Crew(None, again, told.append)), expected)
    assert same(tell(Crew(None, Ledger(path, 5))), expected)
    assert len(Ledger(path, 5)) == MANY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name = 1\n", "a file that this command has written"),
        ("[1]\n", "a file that this command has written"),
        (
            json.dumps({"schema": "devicesim.futures/1", "version": "0.1.0", "seed": 6}) + "\n",
            "of the same seed, 5",
        ),
        (
            json.dumps({"schema": "devicesim.futures/1", "version": "9", "seed": 5}) + "\n",
            "of the same devicesim",
        ),
    ],
)
def test_worked_a_ledger_of_something_else_is_refused_and_left_alone(tmp_path: Path, text, why):
    path = tmp_path / "kept"
    path.write_text(text)
    with pytest.raises(BoundError, match=why):
        Ledger(path, 5)
    assert path.read_text() == text


@pytest.mark.parametrize(
    "address", ["", "localhost", "tcp://", "tcp://127.0.0.1", "http://127.0.0.1:80", "tcp://a:b"]
)
def test_worked_what_is_no_address_of_a_scheduler_is_refused(address):
    with pytest.raises(BoundError, match="the address of a dask scheduler such as"), crews.cluster(address):
        pass


def test_worked_fewer_than_one_worker_is_refused():
    with pytest.raises(BoundError, match="--workers must be >= 1, got 0"), crews.processes(0):
        pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_worked_a_cluster_that_does_not_answer_is_told_in_words(monkeypatch):
    pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
    monkeypatch.setattr(crews, "PATIENCE", 1.0)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(OSError, match="no dask scheduler answers within 1 s"), crews.cluster(address):
        pass


def test_law_a_dask_scheduler_and_two_workers_give_the_same_futures(expected):
    pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    run = [sys.executable, "-m"]
    quiet = {
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "env": os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    }
    scheduler = [
        *run,
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-dashboard",
    ]
    worker = [
        *run,
        "distributed.cli.dask_worker",
        address,
        "--host",
        "127.0.0.1",
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    ]
    started = [subprocess.Popen(words, **quiet) for words in (scheduler, worker, worker)]
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with crews.cluster(address) as executor:
                    assert same(tell(Crew(executor)), expected)
                break
            except OSError:
                assert time.monotonic() < deadline, "no cluster within a minute"
    finally:
        for process in started:  # nothing of it is kept, so nothing is waited for
            process.kill()
        for process in started:
            process.wait()
