"""What a share is told before a copy begins: which files are to come, and what an earlier copy left there."""

from __future__ import annotations

import numpy as np

from devicesim.device.share import Collection, Share
from devicesim.scenario import Files, Holds


def files(share: Share, coming: Files, now: float) -> Collection:
    """Announce the files of a data set; each is there when it is told to be complete."""
    paths = None if coming.paths is None else lambda i: f"{coming.name}/{coming.path(i)}"
    collection = share.add_collection(_bucket(share, coming, now), coming.root, coming.sizes, paths, now)
    collection.inside = coming.inside
    return collection


def held(share: Share, first: Files, holds: Holds, now: float) -> None:
    """Put on the share what the scenario says an earlier copy left there, in the bucket of the first data set."""
    mean, rest = divmod(round(holds.size), holds.files)
    # One number seen as many: 40 million files must not cost 320 MB. The last file takes what is left over.
    alike = np.broadcast_to(np.int64(mean), (holds.files - 1,))
    bucket = _bucket(share, first, now)
    share.add_collection(bucket, "earlier-copy", alike, now=now).complete_first(holds.files - 1)
    last = np.array([mean + rest], dtype=np.int64)
    share.add_collection(bucket, "earlier-copy-last", last, now=now).complete_first(1)


def _bucket(share: Share, coming: Files, now: float) -> str:
    bucket = coming.bucket.rpartition(":")[2]
    if bucket not in share.buckets:
        share.add_bucket(bucket, now)
    return bucket
