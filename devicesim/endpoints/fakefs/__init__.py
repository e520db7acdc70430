"""The share inside pyfakefs: ordinary Python code writes to it, and the device takes its time.

Scope and limits: what goes through ``open``, ``os``, ``pathlib``, ``shutil``, ``io`` and all that is built on them
(``zipfile``, ``gzip``, ``tarfile``) is on the device: names, sizes, content, ENOSPC at the true byte. Making,
writing, renaming and removing cost what their NFS operations cost, and under the ``driven`` clock time moves so; looks
and reads cost nothing. pyfakefs hands a whole file over at each flush: a file of many megabytes, written in small
flushes, is slow, and some hundred megabytes are its end. Code that writes from C (``sqlite3``, ``numpy.tofile``,
``pyarrow``, other processes) passes pyfakefs by: who gives SQLite, or another process, a path of the share is told so,
others find no such path, and :meth:`Mount.close` says where something was left on the real disk.
``fs.create_file(path, st_size=...)`` makes a file of any size whose bytes nobody has.
"""

from devicesim.errors import MissingExtraError

try:
    from devicesim.endpoints.fakefs.mount import Mount
    from devicesim.endpoints.fakefs.shared import Shared
except ModuleNotFoundError as missing:
    if missing.name != "pyfakefs":
        raise
    raise MissingExtraError("snow_share", "pytest") from None

__all__ = ["Mount", "Shared"]
