"""Archives: small files packed into tar files before they are copied.

Model
-----
A tar archive is blocks of 512 B: a header block before each file, its data padded to whole blocks, two zero blocks
at the end, and the whole padded to records of 20 blocks. Files are packed in their order, each into the archive that
is open until it would have more files or more bytes than an archive may.

Scope and limits
----------------
Names that fit the header (ustar: 100 B, or 155 B of directory and 100 B of name); longer ones take two blocks more.
No compression. What packing costs the computer that does it, reading small files most of all, is not counted.

Sources
-------
POSIX.1-2017, pax, "ustar Interchange Format". AWS Snowball Edge developer guide, "Batching small files".

Checked against
---------------
Archives that Python's tarfile writes, to the byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

BLOCK, RECORD = 512, 20 * 512
"""Bytes of a block and of a record of a tar archive (POSIX.1-2017, pax)."""


def tar_size(data: Any, files: Any) -> Any:
    """Size of archives from what is in them.

    ``ceil((data + files * 512 + 1024) / 10240) * 10240``

    Parameters
    ----------
    data : int or array [...]
        Bytes of the files, each padded to whole blocks (:func:`padded`) [B].
    files : int or array [...]
        How many files [1].

    Returns
    -------
    int or array [...]
        Size [B].

    Raises
    ------
    BoundError
        A negative number.

    References
    ----------
    POSIX.1-2017, pax, ustar interchange format.

    Examples
    --------
    >>> int(tar_size(padded(1), 1)), int(tar_size(padded(10_000), 1))
    (10240, 20480)
    """
    require(np.greater_equal(data, 0), "data", ">= 0", data)
    require(np.greater_equal(files, 0), "files", ">= 0", files)
    bare = np.asarray(data) + np.asarray(files) * BLOCK + 2 * BLOCK
    return -(-bare // RECORD) * RECORD


def padded(size: Any) -> Any:
    """Bytes that a file's data takes in an archive: whole blocks.

    ``ceil(size / 512) * 512``

    Parameters
    ----------
    size : int or array [...]
        Size of the file [B].

    Returns
    -------
    int or array [...]
        Bytes [B].

    Raises
    ------
    BoundError
        ``size`` negative.

    References
    ----------
    POSIX.1-2017, pax, ustar interchange format.

    Examples
    --------
    >>> padded(0), padded(1), padded(512)
    (0, 512, 512)
    """
    require(np.greater_equal(size, 0), "size", ">= 0", size)
    return -(-size // BLOCK) * BLOCK


def pack(sizes: NDArray[np.int64], most_files: int, most_bytes: float) -> NDArray[np.int64]:
    """Pack files in their order into archives of so many files and bytes at most.

    A file that is larger than an archive may be gets one of its own.

    Parameters
    ----------
    sizes : array [n]
        Sizes of the files [B].
    most_files : int
        Files of an archive [1].
    most_bytes : float
        Bytes of an archive's files, padded to blocks [B].

    Returns
    -------
    array [m + 1]
        Where each of m archives begins among the files, and the end of the last [1].

    Raises
    ------
    BoundError
        ``most_files`` below 1, ``most_bytes`` not positive, a negative size.

    References
    ----------
    Next-fit packing: Johnson, Near-optimal bin packing algorithms, 1973.

    Examples
    --------
    >>> pack(np.array([400, 400, 400, 5000, 400]), most_files=2, most_bytes=2048.0).tolist()
    [0, 2, 3, 4, 5]
    """
    require(most_files >= 1, "most_files", ">= 1", most_files)
    require(most_bytes > 0, "most_bytes", "> 0", most_bytes)
    ends, whole = np.cumsum(padded(sizes)), int(min(most_bytes, 2**62))
    edges = [0]
    while edges[-1] < sizes.size:
        first = edges[-1]
        before = int(ends[first - 1]) if first else 0
        fits = int(np.searchsorted(ends, before + whole, side="right"))
        edges.append(min(max(fits, first + 1), first + most_files, sizes.size))
    return np.array(edges, dtype=np.int64)
