"""What becomes of bytes that clients write, as a user says it, from a door to the object store."""

from pathlib import Path

import pytest
from test_import import KeepingStore

from devicesim.device.neighbours import Neighbours
from devicesim.device.share import File, policy
from devicesim.device.share.policy import Temporary
from devicesim.errors import BoundError
from devicesim.world import World


def shipped(content: str) -> tuple[World, dict[str, bytes | None]]:
    """Two files written through a door, sent back and imported; what the store was given of each."""
    store = KeepingStore(buckets=("devicesim",))
    world = World(seed=7, content=content, neighbours=Neighbours(objects=store))
    world.create_job()
    world.open_doors()
    world.until_serving()
    share = world.life().device.share
    top = share.buckets["devicesim"].directory
    for name, data in (("a", b"first" * 1000), ("b", b"second" * 1000)):
        share.write(share.create(top, name, world.now), 0, data, world.now)
        world.offer("WRITE", len(data))
    world.give_back()
    world.until("Complete")
    return world, {u.key: None if u.read is None else u.read(0, u.size) for u in store.uploads}


@pytest.mark.parametrize("content", ["keep", "keep:6kB", "keep:0B", "spill"])
def test_every_byte_is_in_the_store(content: str, tmp_path: Path) -> None:
    """Whole in memory, half of it in a temporary folder, all of it there, in a folder of the user's."""
    _, given = shipped(f"spill:{tmp_path}" if content == "spill" else content)
    assert given == {"a": b"first" * 1000, "b": b"second" * 1000}


@pytest.mark.parametrize("content", ["hash", "discard"])
def test_what_nobody_kept_goes_by_its_size(content: str) -> None:
    world, given = shipped(content)
    assert given == {"a": None, "b": None}
    assert world.stream.leg("import", world.job().id).total_bytes == 11_000  # type: ignore[union-attr]


def test_a_temporary_folder_goes_with_its_owner() -> None:
    kept = Temporary("JID1")
    kept.write(File(None, 0o644, 0, 0, 0), 0, b"bytes")
    folder = Path(kept._spill.directory)
    assert folder.is_dir()
    del kept
    assert not folder.exists()


@pytest.mark.parametrize(
    "text", ["", "keep:", "keep:2", "keep:-1 GB", "spill", "spill:", "hash:sha1", "Discard"]
)
def test_law_no_other_word(text: str) -> None:
    with pytest.raises(
        BoundError, match="content must be keep, keep:BOUND as keep:2GB, spill:DIR, hash or discard"
    ):
        policy(text)
