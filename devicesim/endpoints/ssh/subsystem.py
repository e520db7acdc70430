"""An SFTP session: packets in, and each reply out when it is due."""

from __future__ import annotations

import logging
import struct
from struct import Struct
from typing import Any, cast

import paramiko
from paramiko.sftp import (
    CMD_DATA,
    CMD_EXTENDED,
    CMD_EXTENDED_REPLY,
    CMD_FSETSTAT,
    CMD_INIT,
    CMD_READ,
    CMD_STATUS,
    CMD_VERSION,
    CMD_WRITE,
    SFTP_BAD_MESSAGE,
    SFTP_EOF,
    SFTP_FAILURE,
    SFTP_OK,
    SFTP_OP_UNSUPPORTED,
)

from devicesim.endpoints.premises import Premises
from devicesim.endpoints.ssh.files import Files
from devicesim.endpoints.ssh.packets import MOST_BYTES, MOST_DATA, PARTS, first, flaw
from devicesim.endpoints.ssh.receiving import Pipe
from devicesim.endpoints.ssh.replies import Replies

NOTICES = logging.getLogger("devicesim.ssh")

VERSION = 3
"""Of the SFTP protocol, the one that clients speak."""

EXTENSIONS = {"posix-rename@openssh.com": "1", "statvfs@openssh.com": "2", "limits@openssh.com": "1"}
"""Extensions of OpenSSH that are known, with their versions."""

BLOCK = 4096
"""Unit in which room is told [bytes]."""

NAME_MAX = 255
"""Longest name [bytes]."""


_FRAME = Struct(">IB")  # bytes that follow, kind
_BEGIN = Struct(">II")  # number of the request, length of the handle
_PLACE = Struct(">QI")  # offset, bytes
_DATA = Struct(">IBII")  # as a frame, number, bytes
_DONE = Struct(">IBIII7sI")  # as a frame, number, status, words, no language


class Subsystem(paramiko.SFTPServer):
    """One SFTP session: reads requests, and has each reply sent when it is due."""

    def __init__(self, channel: paramiko.Channel, name: str, server: Any, premises: Premises) -> None:
        super().__init__(channel, name, server, Files, premises, server.client)
        self._files = cast(Files, self.server)
        self._channel, self._busy, self._over = channel, False, False
        cast(Any, channel).in_buffer = Pipe()
        self._come, self._at = b"", 0  # bytes that came, and how many of them were read
        self._replies = Replies(premises, self._idle, channel.sendall, self._files.asked, self._hang_up)

    def _idle(self) -> bool:
        """Whether no request is being done, or waits to be read."""
        waits = len(self._come) > self._at or self._channel.recv_ready()
        return self._over or not (self._busy or waits)

    def _hang_up(self) -> None:
        self._channel.close()

    def _send_server_version(self) -> int:
        """Say which extensions are known: OpenSSH's clients ask for no other."""
        kind, data = self._read_packet()
        if kind != CMD_INIT:
            raise paramiko.SFTPError("the first packet of an SFTP session must be INIT")
        message = paramiko.Message()
        message.add_int(VERSION)
        for pair in EXTENSIONS.items():
            for word in pair:
                message.add_string(word)
        self._send_packet(CMD_VERSION, message)
        return int.from_bytes(data[:4], "big")

    def _read_packet(self) -> tuple[int, bytes]:
        """The next packet: its kind, and what follows.

        Raises:
            EOFError: there is none.
            SFTPError: it is none that a client sends.
        """
        size = int.from_bytes(self._read(4), "big")
        if not 1 <= size <= MOST_BYTES:
            raise paramiko.SFTPError(f"a packet must be of 1 to {MOST_BYTES} bytes, got {size}")
        packet = self._read(size)
        return packet[0], packet[1:]

    def _read(self, size: int) -> bytes:
        while len(self._come) - self._at < size:
            if not self._channel.recv_ready():
                self._replies.flush()
            more = self._channel.recv(MOST_BYTES)
            if not more:
                raise EOFError
            self._come, self._at = self._come[self._at :] + more, 0
        self._at += size
        return self._come[self._at - size : self._at]

    def _send_packet(self, t: int, packet: Any) -> None:
        """Every reply comes by here."""
        body = packet.asbytes()
        self._replies.put(self._files.due, _FRAME.pack(len(body) + 1, t) + body)

    def _send_status(self, request_number: int, code: int, desc: str | None = None) -> None:
        why, self._files.why = self._files.why, ""
        words = desc or (why if code else "") or None
        super()._send_status(request_number, code, words)  # type: ignore[misc]

    def _quick(self, kind: int, packet: bytes) -> bool:
        """Do a READ or WRITE of an open file, as nearly all requests of a copy are; whether it was one."""
        if kind not in (CMD_READ, CMD_WRITE):
            return False
        try:
            number, size = _BEGIN.unpack_from(packet)
            at = _BEGIN.size + size
            offset, count = _PLACE.unpack_from(packet, at)
        except struct.error:
            return False
        at += _PLACE.size
        file = self.file_table.get(packet[_BEGIN.size : _BEGIN.size + size])
        if file is None or (kind == CMD_WRITE and at + count > len(packet)):
            return False
        if kind == CMD_WRITE:
            status = file.write(offset, memoryview(packet)[at : at + count])
            if status == SFTP_OK:
                self._replies.put(
                    self._files.due, _DONE.pack(_DONE.size - 4, CMD_STATUS, number, SFTP_OK, 7, b"Success", 0)
                )
            else:
                self._send_status(number, status)
            return True
        data = file.read(offset, count)
        if isinstance(data, bytes) and data:
            head = _DATA.pack(len(data) + 9, CMD_DATA, number, len(data))
            self._replies.put(self._files.due, head + data)
        else:
            self._send_status(number, SFTP_EOF if data == b"" else data)
        return True

    def _do(self, kind: int, packet: bytes) -> None:
        """One request; whatever goes wrong in it, the session goes on."""
        number = int.from_bytes(packet[:4], "big")
        self._busy = True
        try:
            if not self._quick(kind, packet):
                self._answer(kind, number, packet)
        except Exception:  # a fault of ours must not end the session
            NOTICES.exception("request %d failed", kind)
            self._send_status(number, SFTP_FAILURE)
        finally:
            self._busy = False

    def _answer(self, kind: int, number: int, numbered: bytes) -> None:
        message, packet = paramiko.Message(numbered), numbered[4:]
        message.get_int()
        if kind not in PARTS:
            self._send_status(number, SFTP_OP_UNSUPPORTED, f"there is no request {kind}")
        elif wrong := flaw(kind, packet):
            self._send_status(number, SFTP_BAD_MESSAGE, wrong)
        elif kind == CMD_EXTENDED and (name := first(packet)) != b"posix-rename@openssh.com":
            if name == b"statvfs@openssh.com":
                self._statvfs(number)
            elif name == b"limits@openssh.com":
                self._limits(number)
            else:  # of paramiko's own, check-file reads on for ever where a file has ended
                self._send_status(number, SFTP_OP_UNSUPPORTED)
        elif kind == CMD_FSETSTAT and first(packet) not in self.file_table:
            self._send_status(number, SFTP_BAD_MESSAGE, "Invalid handle")  # paramiko's answer is no packet
        else:
            super()._process(kind, number, message)  # type: ignore[misc]

    def _limits(self, request_number: int) -> None:
        """How large requests may be, after which OpenSSH's clients send 255 KiB at once; any number of files."""
        message = paramiko.Message()
        message.add_int(request_number)
        for number in (MOST_BYTES, MOST_DATA, MOST_DATA, 0):
            message.add_int64(number)
        self._send_packet(CMD_EXTENDED_REPLY, message)

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
        self.sock = channel
        try:
            self._send_server_version()
            while True:
                self._do(*self._read_packet())
        except (EOFError, OSError, paramiko.SFTPError):
            pass  # it has had enough, or sent what is no packet
        finally:
            self._end()
        if not channel.closed:
            channel.send_exit_status(0)

    def _end(self) -> None:
        self._over = True
        for table in (self.file_table, self.folder_table):
            for handle in table.values():
                handle.close()
            table.clear()
        self._replies.drain()
        self._replies.close()
