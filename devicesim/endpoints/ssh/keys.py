"""Who the door is, and whom it lets in: its host key, kept in a file, and the public keys it knows."""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path

import paramiko

from devicesim.errors import BoundError

HOST_KEY = "ssh_host_ecdsa_key"
"""Name of the file of the host key, below the directory where a program keeps its state."""

KINDS = {
    "ssh-ed25519": paramiko.Ed25519Key,
    "ssh-rsa": paramiko.RSAKey,
    "ecdsa-sha2-nistp256": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp384": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp521": paramiko.ECDSAKey,
}
"""Kinds of public keys by the first word of their line."""


def host_key(file: Path | None = None) -> paramiko.PKey:
    """The key of a file, which is made, for its owner only, where there is none; a new one without a file.

    Raises:
        BoundError: the file holds no key that can be read.
        OSError: it cannot be read or made.
    """
    if file is None:
        return paramiko.ECDSAKey.generate()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = paramiko.ECDSAKey.generate()
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            made.write_private_key(out)
        return made
    try:
        return paramiko.ECDSAKey.from_private_key_file(str(file))
    except paramiko.SSHException as why:
        raise BoundError(f"{file} must be a private ECDSA key without a passphrase, got: {why}") from None


def authorized(text: str, name: str = "authorized keys") -> tuple[paramiko.PKey, ...]:
    """The public keys of a file such as ``authorized_keys`` or ``id_ed25519.pub``; options before a key are ignored.

    Raises:
        BoundError: a line is no key, with its number.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not (line := line.strip()) or line.startswith("#"):
            continue
        words = line.split()
        kind = next((word for word in words if word in KINDS), None)
        try:
            if kind is None:
                raise ValueError("no known kind of key")
            found.append(KINDS[kind](data=b64decode(words[words.index(kind) + 1], validate=True)))
        except (ValueError, IndexError, paramiko.SSHException) as why:
            raise BoundError(f"{name}:{number} must be a public key, got {line[:40]!r}: {why}") from None
    return tuple(found)
