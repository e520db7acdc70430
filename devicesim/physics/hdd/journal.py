"""What durability costs a created file in disk accesses, and who waits for them.

Model
-----
A file system writes its journal before it may promise anything. How many accesses one created file needs
depends on when the promise is due: never (async), at COMMIT, or at CREATE and COMMIT (sync). Streams that
commit together share a transaction.

Scope and limits
----------------
Means over many files. Sharing conserves the disk time of a file; a closed system of S streams then waits
for one whole transaction each, as it should. Counts are figures of a file system and come in as arguments.

Sources
-------
RFC 1813 (what a reply promises); Prabhakaran, Arpaci-Dusseau and Arpaci-Dusseau, "Analysis and evolution of
journaling file systems", USENIX 2005 (shared transactions).

Checked against
---------------
Journal writes a file counted on ext4 (0.12, 3.0, 5.0): 641, 26 and 15 files a second at 13 ms an access.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Values = float | NDArray[np.float64]
V = TypeVar("V", float, NDArray[np.float64], float | NDArray[np.float64])
Durability = Literal["async", "commit", "sync"]


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value


def _require_finite(**values: Values) -> None:
    for name, value in values.items():
        require((value >= 0) & (value < np.inf), name, ">= 0 and finite", value)


class JournalOperations(NamedTuple):
    """Disk accesses for one created file's metadata, by the reply that waits for them.

    Attributes
    ----------
    create : float or array [...]
        Accesses before the reply to CREATE (NFSv4: OPEN) [1].
    commit : float or array [...]
        Accesses before the reply to COMMIT [1].
    behind : float or array [...]
        Accesses that no reply waits for [1].
    """

    create: Values
    commit: Values
    behind: Values

    @property
    def total(self) -> Values:
        """Accesses that keep the disk busy for one file [1]."""
        return self.create + self.commit + self.behind


def journal_operations(
    durability: Durability,
    *,
    async_accesses: Values,
    commit_accesses: Values,
    sync_create_accesses: Values,
    sync_commit_accesses: Values,
    streams: Values = 1.0,
    group: Values = 1.0,
) -> JournalOperations:
    """Disk accesses of one created file under a promise of durability.

    ``async`` promises nothing: the journal follows in batches and no reply waits. ``commit`` keeps the
    protocol's word at COMMIT. ``sync`` commits the directory entry before CREATE is answered as well. Streams
    that commit at the same time share a journal transaction: ``k / min(S, g)``.

    Parameters
    ----------
    durability : {"async", "commit", "sync"}
        What a reply promises.
    async_accesses : float or array [...]
        Accesses a file that writeback batches [1].
    commit_accesses : float or array [...]
        Accesses of one COMMIT that also carries the CREATE's metadata [1].
    sync_create_accesses, sync_commit_accesses : float or array [...]
        Accesses of a committed CREATE and of the COMMIT after it [1].
    streams : float or array [...]
        Files under way at once, S [1].
    group : float or array [...]
        Streams that share one transaction at most, g [1].

    Returns
    -------
    JournalOperations
        Accesses by the reply that waits; times the access time they are disk seconds a file.

    Raises
    ------
    BoundError
        An unknown ``durability``, a count negative or not finite, ``streams`` or ``group`` below 1.

    References
    ----------
    RFC 1813, "Synchronous modifying operations" and section 3.3.21 (COMMIT); Prabhakaran et al. 2005.

    Examples
    --------
    >>> counts = dict(
    ...     async_accesses=0.1, commit_accesses=3.0, sync_create_accesses=2.0, sync_commit_accesses=3.0
    ... )
    >>> journal_operations("commit", **counts, streams=16, group=6.0)
    JournalOperations(create=0.0, commit=0.5, behind=0.0)
    >>> f"{1 / (journal_operations('sync', **counts).total * 13e-3):.0f} files/s"
    '15 files/s'
    """
    require(durability in ("async", "commit", "sync"), "durability", "async, commit or sync", durability)
    _require_finite(
        async_accesses=async_accesses,
        commit_accesses=commit_accesses,
        sync_create_accesses=sync_create_accesses,
        sync_commit_accesses=sync_commit_accesses,
    )
    require(streams >= 1, "streams", ">= 1", streams)
    require(group >= 1, "group", ">= 1", group)
    shared = _plain(np.minimum(streams, group))
    if durability == "async":
        return JournalOperations(0.0, 0.0, async_accesses)
    if durability == "commit":
        return JournalOperations(0.0, commit_accesses / shared, 0.0)
    return JournalOperations(sync_create_accesses / shared, sync_commit_accesses / shared, 0.0)


def directory_growth(entries: V, threshold: V) -> V:
    """Factor on the cost of a name in a directory that has grown large.

    ``1 + log2(n / n0)`` beyond the threshold, 1 up to it.

    Parameters
    ----------
    entries : float or array [...]
        Names in the directory [1].
    threshold : float or array [...]
        Names from which it is felt [1].

    Returns
    -------
    float or array [...]
        Factor [1].

    Raises
    ------
    BoundError
        ``entries`` negative or not finite, ``threshold`` not positive.

    References
    ----------
    AWS warns of more than 500,000 files in a directory; the law of growth is an assumption.

    Examples
    --------
    >>> [directory_growth(n, 5e5) for n in (1e5, 5e5, 2e6)]
    [1.0, 1.0, 3.0]
    """
    _require_finite(entries=entries)
    require(threshold > 0, "threshold", "> 0", threshold)
    result: V = _plain(1 + np.log2(np.maximum(entries, threshold) / threshold))
    return result
