"""``devicesim serve`` in a process of its own, with all of its doors, for tests that are hard on it."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import paramiko
from small_story import CAMP

PROGRAM = [sys.executable, "-m", "devicesim"]
"""What is started."""
READY = 60.0
"""How long it may take to open its doors [s]."""


class Served:
    """A running server.

    Attributes:
        process: as started. doors: what the ready file says. key: file of a private key that may log in.
    """

    def __init__(self, process, doors, key):
        self.process, self.doors, self.key = process, doors, key

    @property
    def pid(self):
        return self.process.pid

    def address(self, door):
        return self.doors[{"nfs3": "nfs", "nfs41": "nfs", "sftp": "ssh"}.get(door, door)]

    def port(self, door):
        return int(self.address(door).rpartition(":")[2])

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.doors['http']}/_devicesim/{path}", data)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def descriptors(self):
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        """How many threads it has."""
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def memory(self):
        """Its resident memory [bytes]."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def settles(self, descriptors, threads, seconds=30.0):
        """Whether it comes back to so many, or fewer, within some time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.descriptors() <= descriptors and self.threads() <= threads:
                return True
            time.sleep(0.05)
        return False

    def stop(self, number=signal.SIGTERM):
        """End it as a person would; exit code and what it wrote to stderr."""
        self.process.send_signal(number)
        self.process.wait(30)
        return self.process.returncode, self.errors.read_text()


def _heed_interrupts():
    """Whatever started the tests may have them ignore Ctrl-C, which a child would inherit."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def served(folder, *more, story=CAMP, doors=("--nfs", "0", "--ssh", "0")):
    """Start one in a folder of its own; ``more`` are further words of its command line."""
    (folder / "story.toml").write_text(story)
    key = paramiko.ECDSAKey.generate()
    key.write_private_key_file(str(folder / "key"))
    (folder / "key.pub").write_text(f"{key.get_name()} {key.get_base64()}\n")
    ready, errors = folder / "ready.json", folder / "stderr"
    ready.unlink(missing_ok=True)
    words = [
        *PROGRAM,
        "serve",
        "story.toml",
        "--ready-file",
        "ready.json",
        *doors,
        *more,
    ]
    if "--ssh" in doors:
        words += ["--authorized-keys", "key.pub"]
    with errors.open("wb") as err, (folder / "stdout").open("wb") as out:
        process = subprocess.Popen(words, cwd=folder, stdout=out, stderr=err, preexec_fn=_heed_interrupts)
    try:
        until = time.monotonic() + READY
        while not ready.exists():
            assert process.poll() is None, errors.read_text()
            assert time.monotonic() < until, "its doors do not open"
            time.sleep(0.02)
        server = Served(process, json.loads(ready.read_text()), str(folder / "key"))
        server.errors = errors
        yield server
    finally:
        process.kill()
        process.wait(30)
