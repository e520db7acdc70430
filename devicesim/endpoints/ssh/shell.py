"""Commands of a session: the device's own for the user ``snow``, a handful on its instances for their names."""

from __future__ import annotations

import inspect
import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import paramiko

from devicesim.device.console import COMMANDS, Console
from devicesim.device.snow_device import SnowDevice
from devicesim.endpoints.premises import Premises
from devicesim.errors import DevicesimError, VerbError, unknown
from devicesim.progress import timestamp
from devicesim.snowball_api.errors import ApiError

DEVICE = "snow"
"""The user whose commands are the device's own."""

PROFILE = ("endpoint", "manifest-file", "unlock-code", "profile")
"""Options that the Snowball Edge client has for every command; the session's key stands for them."""

NOT_HERE = {
    "scp": "scp copies by SFTP, as it does unless -O is given",
    "rsync": "rsync cannot come by SSH; mount the share for it, by NFS or by serve --mount",
}
"""Programs that people try, with what to do instead."""

OF_FILES = frozenset({"cat", "cp", "df", "du", "find", "ls", "mkdir", "mv", "rm", "stat"})
"""What a shell has for files, and the device does not."""

FOUND, FAILED, MISUSED, NOT_FOUND = 0, 1, 2, 127
"""Exit statuses as a shell has them."""

GONE = (OSError, EOFError)
"""What paramiko raises where the channel, or the connection below it, has ended meanwhile."""

LINE = 65_536
"""Longest line of a conversation [characters]."""


class Shell:
    """What a session may run."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def knows(self, user: str) -> bool:
        """Whether somebody of that name may log in now: the device's user, or a running instance."""
        with self._premises.lock:
            return user == DEVICE or user in self._instances

    def run(self, channel: paramiko.Channel, user: str, line: str) -> None:
        """Run one command, and end the channel with its status."""
        told, status = self.answer(user, line)
        try:
            (channel.sendall if status == FOUND else channel.sendall_stderr)(told.encode())
            channel.send_exit_status(status)
        except GONE:
            pass
        finally:
            with suppress(*GONE):
                channel.close()

    def converse(self, channel: paramiko.Channel, user: str) -> None:
        """Read lines and run each, until the client has had enough."""
        prompt = f"{user}> ".encode()
        status = FOUND
        try:
            channel.sendall(prompt)
            for line in _lines(channel):
                if line in {"exit", "logout", "quit"}:
                    break
                if line:
                    told, status = self.answer(user, line)
                    channel.sendall(told.replace("\n", "\r\n").encode())
                channel.sendall(prompt)
            channel.send_exit_status(status)
        except GONE:
            pass
        finally:
            channel.close()

    def answer(self, user: str, line: str) -> tuple[str, int]:
        """What a command prints, and its exit status."""
        try:
            words = shlex.split(line)
        except ValueError as why:
            return f"{line[:80]}: {why}\n", MISUSED
        if words and words[0] == "snowballEdge":
            words = words[1:]
        if not words:
            return "", FOUND
        if words[0] in NOT_HERE:
            return f"{words[0]}: not found; {NOT_HERE[words[0]]}\n", NOT_FOUND
        told = self._done(user, words)
        self._premises.settle()
        return told

    def _done(self, user: str, words: Sequence[str]) -> tuple[str, int]:
        """The same for a command that was split into words."""
        with self._premises.lock:
            self._premises.tick()
            try:
                return self._on_device(words) if user == DEVICE else self._on_instance(user, words)
            except VerbError as why:
                return f"{words[0]}: {why}\n", FAILED
            except ApiError as why:
                return f"{words[0]}: {why}\n", FAILED
            except (DevicesimError, ValueError) as why:
                return f"{words[0]}: {why}\n", MISUSED

    # On the device.

    def _on_device(self, words: Sequence[str]) -> tuple[str, int]:
        name, rest = words[0], words[1:]
        if name in {"help", "--help", "-h"}:
            return "".join(f"{each}\n" for each in COMMANDS), FOUND
        if name in OF_FILES:
            return (
                f"{name}: not found; the device has no shell, its files are seen by sftp, scp and NFS\n",
                NOT_FOUND,
            )
        if name not in COMMANDS:
            return f"{unknown('command', name, COMMANDS)}\n", NOT_FOUND
        options = _options(getattr(Console, COMMANDS[name]), rest)
        self._check_code(name, options.pop("unlock_code", None))
        told = self._premises.operate(name, **options)
        if isinstance(told, str):
            return (f"{told}\n" if told else ""), FOUND
        return json.dumps(told, indent=2, separators=(",", " : "), ensure_ascii=False) + "\n", FOUND

    def _check_code(self, name: str, code: str | None) -> None:
        """Refuse an unlock code that is not the job's; none is as good as the session's key."""
        job_id = self._premises.job_id
        if name != "unlock-device" or code is None or job_id is None:
            return
        if code != self._premises.snow.api.call("GetJobUnlockCode", {"JobId": job_id})["UnlockCode"]:
            raise VerbError(f"the unlock code is not that of job {job_id}")

    # On an instance.

    @property
    def _instances(self) -> Mapping[str, Any]:
        device = self._premises.device
        return {run.name: run for run in device.instances.running} if device is not None else {}

    def _on_instance(self, name: str, words: Sequence[str]) -> tuple[str, int]:
        run, device = self._instances.get(name), self._premises.device
        if run is None or device is None:
            raise VerbError(f"instance {name} does not run")
        if words[0] not in PROGRAMS:
            known = ", ".join(PROGRAMS)
            return f"{words[0]}: not found; an instance here has {known}\n", NOT_FOUND
        return PROGRAMS[words[0]](self._premises, device, run, words[1:]) + "\n", FOUND


def _options(method: Callable[..., Any], words: Sequence[str]) -> dict[str, Any]:
    """Options of a command as its method takes them."""
    parameters = {name: each for name, each in inspect.signature(method).parameters.items() if name != "self"}
    given: dict[str, list[str]] = {}
    at: list[str] | None = None
    for word in words:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if name.replace("-", "_") not in parameters and name not in PROFILE:
                raise unknown("option", f"--{name}", [f"--{each.replace('_', '-')}" for each in parameters])
            at = given.setdefault(name.replace("-", "_"), [])
            at += [value] if equals else []
        elif at is None:
            raise ValueError(f"{word!r} is no option; options begin with --")
        else:
            at.append(word)
    options = {name: _value(name, parameters[name], given[name]) for name in parameters if name in given}
    for name, each in parameters.items():
        if each.default is inspect.Parameter.empty and not options.get(name):
            raise ValueError(f"--{name.replace('_', '-')} must be given")
    if code := given.get("unlock_code"):
        options["unlock_code"] = code[0]
    return options


def _value(name: str, parameter: inspect.Parameter, words: Sequence[str]) -> Any:
    kind = str(parameter.annotation)
    if kind == "bool":
        return True
    if kind.startswith("Mapping"):  # AllowedHosts=10.0.0.0/16,10.1.0.0/16
        pairs = [word.partition("=")[::2] for word in words]
        return {key: [part for part in value.split(",") if part] for key, value in pairs}
    if kind.startswith("Sequence"):
        return list(words)
    if len(words) != 1:
        raise ValueError(f"--{name.replace('_', '-')} must have one value, got {len(words)}")
    return words[0]


def _hostname(_: Premises, __: SnowDevice, run: Any, ___: Sequence[str]) -> str:
    return str(run.name)


def _date(premises: Premises, *_: Any) -> str:
    return timestamp(premises.world.epoch, premises.world.now)


def _nproc(_: Premises, __: SnowDevice, run: Any, ___: Sequence[str]) -> str:
    return f"{run.vcpus:g}"


def _uptime(premises: Premises, _: SnowDevice, run: Any, __: Sequence[str]) -> str:
    ran = run.ran + premises.world.now - run.since
    hours, minutes = divmod(int(ran) // 60, 60)
    return f"up {hours}:{minutes:02d}, load average: {run.level.cpu:.2f}"


def _uname(_: Premises, __: SnowDevice, run: Any, ___: Sequence[str]) -> str:
    return f"devicesim {run.name} {run.wanted.type}"


def _echo(_: Premises, __: SnowDevice, ___: Any, words: Sequence[str]) -> str:
    return " ".join(words)


PROGRAMS: Mapping[str, Callable[[Premises, SnowDevice, Any, Sequence[str]], str]] = {
    "date": _date,
    "echo": _echo,
    "hostname": _hostname,
    "nproc": _nproc,
    "uname": _uname,
    "uptime": _uptime,
}
"""What an instance has."""


def _lines(channel: paramiko.Channel) -> Iterator[str]:
    """Lines that a terminal types, echoed as it expects; ends at end of file, Ctrl-C and Ctrl-D."""
    line = ""
    while data := channel.recv(1024):
        for character in data.decode("utf-8", "replace"):
            if character in "\r\n":
                channel.sendall(b"\r\n")
                yield line.strip()
                line = ""
            elif character in "\x03\x04":
                return
            elif character in "\x7f\b":
                if line:
                    line = line[:-1]
                    channel.sendall(b"\b \b")
            elif character.isprintable() and len(line) < LINE:
                line += character
                channel.sendall(character.encode())
