"""An SFTP session: packets in, and each reply out when it is due."""

from __future__ import annotations

from typing import Any, cast

import paramiko
from paramiko.sftp import CMD_EXTENDED, CMD_EXTENDED_REPLY, CMD_INIT, CMD_VERSION

from devicesim.endpoints.premises import Premises
from devicesim.endpoints.ssh.files import Files
from devicesim.endpoints.ssh.replies import Replies

VERSION = 3
"""Of the SFTP protocol, the one that clients speak."""

EXTENSIONS = {"posix-rename@openssh.com": "1", "statvfs@openssh.com": "2"}
"""Extensions of OpenSSH that are known, with their versions."""

BLOCK = 4096
"""Unit in which room is told [bytes]."""

NAME_MAX = 255
"""Longest name [bytes]."""


class Subsystem(paramiko.SFTPServer):
    """One SFTP session: reads requests, and has each reply sent when it is due."""

    def __init__(self, channel: paramiko.Channel, name: str, server: Any, premises: Premises) -> None:
        super().__init__(channel, name, server, Files, premises, server.client)
        self._files = cast(Files, self.server)
        self._channel, self._busy = channel, False
        self._replies = Replies(premises, lambda: not self._busy and not channel.recv_ready())

    def _send_server_version(self) -> int:
        """Say which extensions are known: OpenSSH's clients ask for no other."""
        kind, data = self._read_packet()  # type: ignore[attr-defined]
        if kind != CMD_INIT:
            raise paramiko.SFTPError("the first packet of an SFTP session must be INIT")
        message = paramiko.Message()
        message.add_int(VERSION)
        for pair in EXTENSIONS.items():
            for word in pair:
                message.add_string(word)
        self._send_packet(CMD_VERSION, message)
        return int.from_bytes(data[:4], "big")

    def _send_packet(self, t: int, packet: Any) -> None:
        """Every reply comes by here."""
        body = packet.asbytes()
        framed = (len(body) + 1).to_bytes(4, "big") + bytes([t]) + body
        self._replies.put(self._files.due, lambda: self._channel.sendall(framed))

    def _send_status(self, request_number: int, code: int, desc: str | None = None) -> None:
        why, self._files.why = self._files.why, ""
        words = desc or (why if code else "") or None
        super()._send_status(request_number, code, words)  # type: ignore[misc]

    def _process(self, t: int, request_number: int, msg: paramiko.Message) -> None:
        self._busy = True
        try:
            start = msg.packet.tell()
            if t == CMD_EXTENDED and msg.get_text() == "statvfs@openssh.com":
                self._statvfs(request_number)
                return
            msg.packet.seek(start)
            super()._process(t, request_number, msg)  # type: ignore[misc]
        finally:
            self._busy = False

    def _statvfs(self, request_number: int) -> None:
        """Room on the device, as ``df`` shows it: in blocks of 4 KiB."""
        space = self._files.spend("FSSTAT", 0, lambda share, _: share.statfs())
        if isinstance(space, int):
            self._send_status(request_number, space)
            return
        message = paramiko.Message()
        message.add_int(request_number)
        total, free = space.total_bytes // BLOCK, space.free_bytes // BLOCK
        for number in (
            BLOCK,
            BLOCK,
            total,
            free,
            free,
            space.total_files,
            space.free_files,
            space.free_files,
        ):
            message.add_int64(number)
        for number in (0, 0, NAME_MAX):
            message.add_int64(number)
        self._send_packet(CMD_EXTENDED_REPLY, message)

    def start_subsystem(self, name: str, transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        """Serve until the client has had enough; then tell it that all is well, which scp waits for."""
        super().start_subsystem(name, transport, channel)
        for table in (self.file_table, self.folder_table):
            for handle in table.values():
                handle.close()
            table.clear()
        self._replies.drain()
        self._replies.close()
        if not channel.closed:
            channel.send_exit_status(0)
