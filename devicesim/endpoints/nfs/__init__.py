"""The NFS door: the device's files for any NFS client, by versions 3, 4.0 and 4.1 on one TCP port.

Scope and limits
----------------
MOUNT and NFS are answered on the same port, and no portmapper is needed; nothing needs root. ``mount -t nfs -o port=N``
suffices on Linux. AUTH_SYS, no Kerberos, no UDP, no lock manager for version 3 (mount it with ``nolock``), no
delegations, no layouts. Handles are stale after a reboot of the device.

=================== ====================================================================================
:mod:`~.xdr`        words of four bytes
:mod:`~.rpc`        calls, replies, credentials
:mod:`~.records`    one connection: records out of bytes, without copies
:mod:`~.tree`       the share as NFS shows it: handles, permissions, changes
:mod:`~.mount`      MOUNT version 3
:mod:`~.v3`         NFS version 3
:mod:`~.repeats`    calls that come twice
:mod:`~.service`    which call goes where, and what it costs
:mod:`~.server`     the port
=================== ====================================================================================
"""

from devicesim.endpoints.nfs.server import NfsDoor

__all__ = ["NfsDoor"]
