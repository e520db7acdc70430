"""The share: the one tree of names, sizes, attributes and content on a device.

Doors (NFS, SFTP, a fake file system), the simulated ingest and the import at AWS all use it. It owns no
clock: whoever changes something says when. It is not thread-safe: one loop uses it.

>>> import numpy as np
>>> share = Share(Limits(8 * 10**12, 40_000_000, 5 * 10**12, 255, 1024, 1024))
>>> bucket = share.add_bucket("trail-cams", now=0.0)
>>> file = share.create(bucket.directory, "ridge.jpg", now=1.0)
>>> share.write(file, 0, b"pixels", now=1.5)
6
>>> photos = share.add_collection("trail-cams", "photos", np.full(200_000, 4_000_000))
>>> photos.complete_first(150_000)
>>> share.files, share.bytes, share.free
(150001, 600000000006, 7399999999994)
>>> share.resolve("/buckets/trail-cams/photos/0014/00149999").size
4000000
"""

from devicesim.device.share.collection import Collection, Posix, VirtualFile
from devicesim.device.share.content import Content, Digest, Discard, Keep, Kept
from devicesim.device.share.files import Space
from devicesim.device.share.hashed import Hash
from devicesim.device.share.limits import Limits, ShareError, Usage
from devicesim.device.share.nodes import Bucket, Directory, Entry, File, Node, Page, Special, Symlink
from devicesim.device.share.paths import Numbered
from devicesim.device.share.policy import Policy, policy
from devicesim.device.share.recorded import Recorded, redo
from devicesim.device.share.spill import Spill
from devicesim.device.share.stability import Loss
from devicesim.device.share.volume import Cut, Fit, Share
from devicesim.device.share.walk import Item, walk

__all__ = [
    "Bucket",
    "Collection",
    "Content",
    "Cut",
    "Digest",
    "Directory",
    "Discard",
    "Entry",
    "File",
    "Fit",
    "Hash",
    "Item",
    "Keep",
    "Kept",
    "Limits",
    "Loss",
    "Node",
    "Numbered",
    "Page",
    "Policy",
    "Posix",
    "Recorded",
    "Share",
    "ShareError",
    "Space",
    "Special",
    "Spill",
    "Symlink",
    "Usage",
    "VirtualFile",
    "policy",
    "redo",
    "walk",
]
