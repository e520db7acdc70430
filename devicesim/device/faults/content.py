"""Faults of the files themselves: flipped bits, changes during the copy, links and names that no object can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.device.share import Collection, Directory, File, Node, Recorded, Share, ShareError, walk
from devicesim.device.spoils import Place, Spoil
from devicesim.scenario.faults import BadName, CorruptedFile, FileChanged, SymbolicLink

CHECKSUM = "checksum does not match: bits flipped on the disk"
CHANGED = "checksum does not match: changed while it was copied"
LINK = "symbolic link"
NAME = "a name that no object's key may have"

Touched = list[tuple[Place, str, int]]
"""Places of files with their paths and sizes."""


def corrupted_file(scene: Scene, fault: CorruptedFile) -> Process:
    """Bits flip in files that are on the device."""
    yield from ()
    share = scene.device.share
    single = [(node, path, node.size) for path, node in _single(share)]
    there = list(_there(scene, share))
    counts = [int(mask.sum()) for _, mask in there]
    total = len(single) + sum(counts)
    if not total:
        scene.incident.miss("no file was on the device then")
        return
    draw = scene.setting.draw(f"fault/{scene.id}")
    chosen = np.sort(draw.choice(total, min(fault.files, total), replace=False)).tolist()
    touched: Touched = [single[number] for number in chosen if number < len(single)]
    first = len(single)
    for (collection, mask), count in zip(there, counts, strict=True):
        places = np.flatnonzero(mask)
        touched += [_of(collection, int(places[n - first])) for n in chosen if first <= n < first + count]
        first += count
    _spoil(scene, touched, CHECKSUM, "bits flip on the disk")


def file_changed(scene: Scene, fault: FileChanged) -> Process:
    """Files that are under way change at their source."""
    yield from ()
    ingest = scene.customer.ingest
    touched = [_of(*each) for each in (ingest.under_way(fault.files) if ingest is not None else ())]
    if not touched:
        scene.incident.miss("no file was being copied then")
        return
    _spoil(scene, touched, CHANGED, "files change while they are copied")


def symbolic_link(scene: Scene, fault: SymbolicLink) -> Process:
    """Links come onto the device."""
    yield from ()

    def make(share: Recorded, top: Directory, name: str) -> Node:
        return Share.symlink(share, top, name, "../elsewhere", scene.now)

    made = _made(scene, fault.files, "link-", make)
    _spoil(scene, made, LINK, "symbolic links come onto the device")


def bad_name(scene: Scene, fault: BadName) -> Process:
    """Names come onto the device that no key may have."""
    yield from ()

    def make(share: Recorded, top: Directory, name: str) -> Node:
        return Share.create(share, top, name, scene.now)

    made = _made(scene, fault.files, "bad\\name\x07", make)
    _spoil(scene, made, NAME, "names come onto the device that no key may have")


def _made(scene: Scene, files: int, called: str, make: Callable[[Recorded, Directory, str], Node]) -> Touched:
    """Bring so many names onto the device, or as many as it takes."""
    made: Touched = []
    with _quietly(scene) as (share, top):
        for number in range(1, files + 1):
            name = f"{scene.id}-{called}{number:04}"
            try:
                node = make(share, top, name)
            except ShareError:
                break  # a full device takes no more names
            made.append((node, f"/buckets/{top.bucket.name if top.bucket else ''}/{name}", 0))
    return made


def _spoil(scene: Scene, touched: Touched, why: str, words: str) -> None:
    if not touched:
        scene.incident.miss("the device took no more names")
        return
    for place, _, _ in touched:
        scene.device.spoils.names[place] = Spoil(scene.id, why, content=why in (CHECKSUM, CHANGED))
    size = sum(each for _, _, each in touched)
    scene.begin("files", words, files=len(touched), size=size, names=[path for _, path, _ in touched])


def _of(collection: Collection, number: int) -> tuple[Place, str, int]:
    path = f"/buckets/{collection.bucket.name}/{collection.path(number)}"
    return (collection.number, number), path, collection.size(number)


def _single(share: Share) -> Iterator[tuple[str, File]]:
    """Files that no collection holds, by their paths."""
    for bucket in share.buckets.values():
        for path, node in walk(bucket.directory):
            if isinstance(node, File) and node.size:
                yield f"/buckets/{bucket.name}/{path}", node


def _there(scene: Scene, share: Share) -> Iterator[tuple[Collection, np.ndarray]]:
    """Which files of each collection are there, those of a copy under way included."""
    ingest = scene.customer.ingest
    known = ingest.there() if ingest is not None else {}
    for bucket in share.buckets:
        for each in share.collections(bucket):
            yield each, known.get(each.number, each.are_complete(np.arange(len(each))))


@contextmanager
def _quietly(scene: Scene) -> Iterator[tuple[Recorded, Directory]]:
    """The share and its first bucket, for changes that are no client's: a log has the fault, and makes them again."""
    share = scene.device.share
    with share.untold():
        yield share, next(iter(share.buckets.values())).directory


LIVES: Lives = {
    CorruptedFile: corrupted_file,
    FileChanged: file_changed,
    SymbolicLink: symbolic_link,
    BadName: bad_name,
}
