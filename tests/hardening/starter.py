"""Servers that start quickly: a process that has imported everything once, and forks one ``devicesim`` for each.

Each is a process of its own with its own state, as if it had been started from a shell, and dies as such; what is
saved is the second of imports.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys


class Starter:
    """Starts servers, and is told by whom they end; use it in a ``with``."""

    def __enter__(self):
        words = [sys.executable, __file__]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self._process.communicate(timeout=60)

    def _ask(self, **what):
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(self, words, folder):
        """A process that runs ``devicesim`` with these words in a folder, where ``log`` has what it says."""
        return Started(self, self._ask(words=words, folder=str(folder)))

    def ended(self, pid, seconds):
        """The exit code of a process, negative for a signal; None if it is not over by then."""
        return self._ask(pid=pid, seconds=seconds)


class Started:
    """One process."""

    def __init__(self, starter, pid):
        self._starter, self.pid, self.returncode = starter, pid, None

    def wait(self, seconds=0.0):
        """Wait for so long, or until it is over; its exit code then."""
        if self.returncode is None:
            self.returncode = self._starter.ended(self.pid, seconds)
        return self.returncode

    def signal(self, number):
        """End it, and wait until it is over."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)
        assert self.wait(60.0) is not None


def _main():
    importlib.import_module("devicesim.cli.serve")
    for door in ("http", "nfs", "ssh", "premises", "ticker"):
        importlib.import_module(f"devicesim.endpoints.{door}")
    # What the store holds is swept all the time: whatever is given back too early is missed by somebody.
    importlib.import_module("devicesim.journal.journal").FREED = 50_000
    for line in sys.stdin:
        told = json.loads(line)
        answer = _fork(told) if "words" in told else _wait(told["pid"], told["seconds"])
        print(json.dumps(answer), flush=True)


def _fork(told):
    pid = os.fork()
    if pid:
        return pid
    os.chdir(told["folder"])
    log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    for stream in (1, 2):
        os.dup2(log, stream)
    cli = importlib.import_module("devicesim.cli")
    os._exit(cli.invoke(told["words"]))


def _wait(pid, seconds):
    watched = os.pidfd_open(pid)
    try:
        if not select.select([watched], [], [], seconds)[0]:
            return None
    finally:
        os.close(watched)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _main()
