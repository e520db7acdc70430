"""Collections: millions of files that behave like files and cost their size only."""

from __future__ import annotations

import errno
import tracemalloc
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.device.share import (
    Collection,
    Directory,
    File,
    Limits,
    Numbered,
    Share,
    ShareError,
    VirtualFile,
)
from devicesim.errors import BoundError, UnknownNameError

LIMITS = Limits(10**15, 50_000_000, 10**13, 255, 1024, 1024)
Paths = Callable[[int], str] | Sequence[str] | None


def empty(limits: Limits = LIMITS) -> tuple[Share, Directory]:
    share = Share(limits)
    return share, share.add_bucket("b", 0.0).directory


def add(share: Share, count: int, paths: Paths = None, name: str = "photos") -> Collection:
    return share.add_collection("b", name, np.arange(count, dtype=np.int64), paths)


def listing(share: Share, directory: str, step: int = 3) -> list[str]:
    at, found, cookie = share.resolve(directory), [], 0
    while True:
        page = share.readdir(at, cookie, step)
        found += [entry.name for entry in page.entries]
        if page.end:
            return found
        cookie = page.entries[-1].cookie


def code(caught: pytest.ExceptionInfo[ShareError]) -> str:
    return errno.errorcode[caught.value.errno or 0]


def test_files_are_there_when_they_are_complete() -> None:
    share, _ = empty()
    photos = add(share, 20_005)
    assert (share.files, share.used, listing(share, "/buckets/b/photos/0002")) == (0, 0, [])
    photos.complete_first(20_003)
    assert (share.files, share.used) == (20_003, sum(range(20_003)))
    assert listing(share, "/buckets/b") == ["photos"]
    assert listing(share, "/buckets/b/photos") == ["0000", "0001", "0002"]
    assert listing(share, "/buckets/b/photos/0002") == ["00020000", "00020001", "00020002"]
    with pytest.raises(ShareError):
        share.resolve("/buckets/b/photos/0002/00020003")
    photos.complete(np.array([20_004, 20_004, 5]))  # twice, and one that is there
    assert (share.files, len(photos), photos.files) == (20_004, 20_005, 20_004)
    assert listing(share, "/buckets/b/photos/0002")[-1] == "00020004"
    mask = np.zeros(20_005, bool)
    mask[20_003] = True
    photos.complete(mask)
    assert (share.files, share.used) == (20_005, sum(range(20_005)))
    assert photos.are_complete(np.arange(20_005)).all()
    assert list(photos) == list(range(20_005))
    assert photos.complete_sizes().tolist() == list(range(20_005))


def test_a_file_of_a_collection_looks_like_a_file_and_is_read_only() -> None:
    share, top = empty()
    photos = share.add_collection(
        "b", "p", np.array([7, 8]), ["a.jpg", "sub/b.jpg"], 2.0, mode=0o600, uid=5, gid=6
    )
    photos.complete_first(2)
    file = share.resolve("/buckets/b/sub/b.jpg")
    assert isinstance(file, VirtualFile)
    assert (file.size, file.mode, file.uid, file.gid, file.nlink) == (8, 0o600, 5, 6, 1)
    assert file.mtime_ns == 2_000_000_000
    assert share.read(file, 3, 99) == bytes(5)
    again = share.node(file.fileid, file.generation)
    assert isinstance(again, VirtualFile)
    assert (again.collection, again.index) == (photos, 1)
    assert share.create(top, "a.jpg", 0.0).size == 7
    sub = share.resolve("/buckets/b/sub")
    changes: dict[str, list[Callable[[], object]]] = {
        "EROFS": [
            lambda: share.write(file, 0, b"x", 0.0),
            lambda: share.setattr(file, 0.0, mode=0),
            lambda: share.remove(sub, "b.jpg", 0.0),
            lambda: share.rename(sub, "b.jpg", top, "c.jpg", 0.0),
            lambda: share.rename(top, "sub", top, "other", 0.0),
            lambda: share.link(file, top, "c.jpg", 0.0),
        ],
        "EEXIST": [
            lambda: share.create(top, "a.jpg", 0.0, guarded=True),
            lambda: share.mkdir(top, "a.jpg", 0.0),
        ],
        "ENOTEMPTY": [lambda: share.rmdir(top, "sub", 0.0)],
        "ENOTDIR": [lambda: share.rmdir(top, "a.jpg", 0.0), lambda: share.lookup(file, "x")],
    }
    for expected, calls in changes.items():
        for call in calls:
            with pytest.raises(ShareError) as caught:
                call()
            assert code(caught) == expected
    assert (photos.files, share.used) == (2, 15)


def test_real_files_live_beside_those_of_a_collection() -> None:
    share, top = empty()
    add(share, 4, ["d/a", "d/b", "d/c", "e"]).complete_first(4)
    directory = share.resolve("/buckets/b/d")
    real = share.create(directory, "real", 0.0)
    assert listing(share, "/buckets/b/d", 1) == ["real", "a", "b", "c"]
    assert listing(share, "/buckets/b", 1) == ["d", "e"]
    share.rename(directory, "real", top, "moved", 0.0)
    assert share.resolve("/buckets/b/moved") is real
    with pytest.raises(ShareError) as caught:
        share.rename(top, "moved", directory, "a", 0.0)
    assert code(caught) == "EROFS"


def test_a_listing_skips_nothing_while_files_finish_and_vanish() -> None:
    share, _ = empty()
    photos = add(share, 30, [f"d/{i}" for i in range(30)])
    photos.complete(np.arange(0, 30, 2))
    directory = share.resolve("/buckets/b/d")
    page = share.readdir(directory, 0, 5)
    assert [entry.name for entry in page.entries] == ["0", "2", "4", "6", "8"]
    photos.lose(np.array([8, 10]))
    photos.complete(np.array([1, 11]))
    page = share.readdir(directory, page.entries[-1].cookie, 3)
    assert [entry.name for entry in page.entries] == ["11", "12", "14"]


def test_a_path_belongs_to_one() -> None:
    """Whatever is there first has the path; a collection has its paths from the start, finished or not."""
    share, top = empty()
    share.create(share.mkdir(top, "d", 0.0), "f", 0.0)
    share.create(top, "plain", 0.0)

    def refused(paths: Paths, count: int = 1, name: str = "n") -> None:
        with pytest.raises(ShareError) as caught:
            add(share, count, paths, name)
        assert code(caught) == "EEXIST"

    refused(["d/f"])  # a file that is there
    refused(["d"])  # a directory
    refused(["plain/x"])  # below a file
    refused(["plain/x/y"])
    refused(None, name="plain")
    first = add(share, 3, ["d/g", "x/y/z", "q"])
    refused(["d/g"])
    refused(["x/y"])  # a directory of the other
    refused(["q/r"])  # below a file of the other
    refused(["new", "x/y/z"], 2)
    add(share, 3, ["d/h", "x/y/w", "r"])
    add(share, 3, None, "n")
    refused(None, name="n")
    refused(["n/0000/00000001"])
    refused(["n/0000"])
    refused(None, name="x/y/z")
    assert first.files == 0
    with pytest.raises(ShareError):
        share.resolve("/buckets/b/q")  # not finished, so not there
    with pytest.raises(ShareError) as caught:
        share.create(top, "q", 0.0)  # and yet taken
    assert code(caught) == "EEXIST"
    first.complete_first(3)
    assert [item.key for item in share.objects("b")] == ["d/f", "plain", "d/g", "x/y/z", "q"]


def test_room_for_collections_ends_at_the_exact_byte_and_file() -> None:
    share, top = empty(Limits(100, 5, 60, 255, 1024, 1024))
    sizes = np.array([50, 50, 1, 0, 0, 0, 61])
    photos = share.add_collection("b", "p", sizes)
    photos.complete_first(2)
    assert share.free == 0
    with pytest.raises(ShareError) as caught:
        photos.complete(np.array([2]))
    assert (code(caught), photos.files) == ("ENOSPC", 2)
    photos.complete(np.array([3, 4, 5]))
    for act in (lambda: share.create(top, "f", 0.0), lambda: photos.complete(np.array([3, 2]))):
        with pytest.raises(ShareError) as caught:
            act()
        assert code(caught) == "EDQUOT"
    photos.lose(np.array([0, 1, 3, 4, 5]))
    assert (share.used, share.files, share.usage.files) == (0, 0, 0)
    with pytest.raises(ShareError) as caught:
        photos.complete(np.array([6]))
    assert code(caught) == "EFBIG"


def test_bytes_on_their_way_take_room_and_are_no_object() -> None:
    share, top = empty(Limits(100, 5, 60, 255, 1024, 1024))
    photos = share.add_collection("b", "p", np.array([40, 40, 40]))
    photos.partial_bytes = 70
    assert (share.used, share.free, share.bytes, share.files) == (70, 30, 0, 0)
    photos.complete_first(1, partial_bytes=30)
    assert (share.used, share.bytes, share.files) == (70, 40, 1)
    with pytest.raises(ShareError) as caught:
        photos.partial_bytes = 61
    assert (code(caught), share.used) == ("ENOSPC", 70)
    photos.complete(np.array([1]), partial_bytes=20)
    assert (share.used, share.bytes, photos.partial_bytes) == (100, 80, 20)
    with pytest.raises(ShareError):
        share.write(share.create(top, "f", 0.0), 0, b"x", 0.0)
    with pytest.raises(BoundError):
        photos.partial_bytes = -1


def test_the_last_file_of_a_full_disk_is_cut_short() -> None:
    share, _ = empty(Limits(100, 5, 60, 255, 1024, 1024))
    sizes = np.array([60, 60])
    photos = share.add_collection("b", "p", sizes)
    fit = share.fit(sizes)
    photos.complete_first(fit.files)
    photos.cut_short(np.array([1]), np.array([fit.partial_bytes]))
    photos.complete_first(2)
    assert (share.free, [item.size for item in share.objects("b")]) == (0, [60, 40])
    assert sizes.tolist() == [60, 60]  # the caller's array is not touched
    photos.cut_short(np.array([0]), np.array([10]))
    assert (share.used, share.bytes) == (50, 50)
    with pytest.raises(BoundError, match="not larger than before"):
        photos.cut_short(np.array([0]), np.array([11]))


def test_misuse_is_refused_in_words() -> None:
    share, _ = empty()
    with pytest.raises(BoundError, match=r"sizes\[1\] must be >= 0, got -1"):
        share.add_collection("b", "p", np.array([1, -1]))
    with pytest.raises(BoundError, match="vector of int64"):
        share.add_collection("b", "p", np.array([1.0, 2.0]))  # type: ignore[arg-type]
    with pytest.raises(BoundError, match="path_of must be of 2 paths, got 1"):
        share.add_collection("b", "p", np.array([1, 2]), ["a"])
    with pytest.raises(UnknownNameError, match="unknown bucket 'c'"):
        share.add_collection("c", "p", np.array([1]))
    with pytest.raises(ShareError):
        share.add_collection("b", "../p", np.array([1]))
    photos = add(share, 3)
    for wrong in (np.array([3]), np.array([-1])):
        with pytest.raises(BoundError, match=r"must be in 0\.\.2"):
            photos.complete(wrong)
    with pytest.raises(BoundError, match="mask must be of 3 files"):
        photos.complete(np.ones(4, bool))
    photos.complete_first(2)
    photos.complete_first(1)
    assert photos.files == 2
    with pytest.raises(BoundError, match=r"count must be in 0\.\.3"):
        photos.complete_first(4)


def test_objects_come_in_a_set_order_with_what_cannot_be_one() -> None:
    share, top = empty()
    sub = share.mkdir(top, "z", 0.0)
    file = share.create(sub, "deep", 1.0, mode=0o640, uid=3, gid=4)
    share.write(file, 0, b"abc", 2.0)
    share.symlink(top, "link", "z/deep", 0.0)
    share.link(file, top, "again", 3.0)
    at = share.mkdir(top, "p", 0.0)
    for _ in range(4):
        at = share.mkdir(at, "d" * 250, 0.0)
    share.create(at, "f", 0.0)
    share.rename(top, "p", share.mkdir(top, "q" * 200, 0.0), "p", 0.0)  # now its key is too long
    paths = ["ok", "a//b", "../up", "x" * 300, "dir/" * 300 + "f"]
    add(share, 5, paths, "listed").complete_first(5)
    add(share, 2, None, "made").complete_first(1)
    items = list(share.objects("b"))
    assert [(item.key[:9], item.size, item.refusal) for item in items] == [
        ("z/deep", 3, ""),
        ("link", 6, "symbolic link"),
        ("again", 3, ""),
        ("q" * 9, 0, "path of 1208 characters, at most 1024"),  # 200 + 2 + 4 x 251 + 2
        ("ok", 0, ""),
        ("a//b", 1, "'' is not a file name"),
        ("../up", 2, "'..' is not a file name"),
        ("x" * 9, 3, "name of 300 bytes, at most 255"),
        ("dir/dir/d", 4, "path of 1201 characters, at most 1024"),
        ("made/0000", 0, ""),
    ]
    assert (items[0].posix.mode, items[0].posix.uid, items[0].posix.mtime_ns) == (0o640, 3, 2_000_000_000)
    assert (items[4].posix.mode, items[4].node, items[4].number) == (0o644, None, 0)
    assert items[4].collection is share.collections("b")[0]
    assert listing(share, "/buckets/b")[-2:] == ["made", "ok"]  # the bad names cannot be looked at
    with pytest.raises(UnknownNameError):
        share.objects("none")


@given(
    paths=st.lists(
        st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join), max_size=12, unique=True
    ),
    data=st.data(),
)
def test_the_tree_shows_exactly_the_complete_files(paths: list[str], data: st.DataObject) -> None:
    """Listing every directory finds what the import finds; each path looks up to its own file."""
    paths = [path for path in paths if not any(other.startswith(path + "/") for other in paths)]
    share, _ = empty()
    photos = add(share, len(paths), paths)
    done = data.draw(st.sets(st.sampled_from(range(len(paths)))) if paths else st.just(set()))
    photos.complete(np.array(sorted(done), np.int64))

    def below(directory: str) -> set[str]:
        found = set()
        for name in listing(share, directory, 2):
            node = share.resolve(f"{directory}/{name}")
            found |= below(f"{directory}/{name}") if isinstance(node, Directory) else {f"{directory}/{name}"}
        return found

    assert below("/buckets/b") == {f"/buckets/b/{paths[i]}" for i in done}
    assert {(item.key, item.size) for item in share.objects("b")} == {(paths[i], i) for i in done}
    for i, path in enumerate(paths):
        assert photos.paths.find(path) == i


@pytest.mark.parametrize("scattered", [False, True])
def test_a_file_of_a_collection_takes_at_most_nine_bytes(scattered: bool) -> None:
    count = 2_000_000
    tracemalloc.start()
    try:
        share, _ = empty()
        photos = add(share, count)
        if scattered:
            photos.complete(np.arange(count, dtype=np.int64) % 2 == 0)
        else:
            photos.complete_first(count)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 8 * count <= taken < 9.01 * count
    file = share.resolve("/buckets/b/photos/0199/01999998")
    assert file.size == 1_999_998
    assert not isinstance(file, File)


class TestRunsOfNumberedNames:
    """Part of a longer list of made-up names, as a part of an export holds it."""

    def test_worked_it_begins_within_a_directory_and_ends_in_another(self):
        run = Numbered("photos", 20_000, first=5_000, whole=40_000)
        assert list(run.parents()) == ["photos/0000", "photos/0001", "photos/0002"]
        assert (run.children("photos/0000"), run.children("photos/0001")) == (
            range(5_000),
            range(5_000, 15_000),
        )
        assert run.children("photos/0002") == range(15_000, 20_000)
        assert run.children("photos/0003") == range(0)
        assert (run.find("photos/0000/00004999"), run.find("photos/0000/00005000")) == (-1, 0)
        assert (run.find("photos/0002/00024999"), run.find("photos/0002/00025000")) == (19_999, -1)

    def test_law_every_name_is_found_where_it_lies(self):
        for first, count in ((0, 3), (9_999, 2), (123_456, 25_000)):
            run = Numbered("n", count, first, 200_000)
            places = [index for parent in run.parents() for index in run.children(parent)]
            assert places == list(range(count))
            assert all(run.find(run.path(index)) == index for index in range(0, count, 997))
