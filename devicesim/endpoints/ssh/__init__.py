"""The SSH door: SFTP into the share, the device's own commands, and its instances.

Scope and limits: an SSH server by paramiko, public keys only, one thread a client. SFTP is version 3, with
OpenSSH's ``posix-rename`` and ``statvfs``. A request costs what the NFS operation of its kind costs on the link of
the scenario's client (*assumed*: what a device's own SFTP server would take is not published; ciphers cost the model
nothing). Instances have a name and a load, no operating system: a login finds a handful of commands.
"""

from devicesim.errors import MissingExtraError

try:
    from devicesim.endpoints.ssh.door import SshDoor
except ModuleNotFoundError as missing:
    if missing.name != "paramiko":
        raise
    raise MissingExtraError("serve --ssh", "ssh") from None

__all__ = ["SshDoor"]
