"""The share against a dictionary: any sequence of operations gives the same tree, bytes and refusals."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from devicesim.device.share import Directory, File, Keep, Limits, Node, Share, ShareError, Symlink, walk

CAPACITY, FILES, FILE_SIZE = 60, 5, 40
NAMES = st.sampled_from("abc")
PICK = st.integers(0, 7)  # of what there is, so that most steps hit something
BYTES = st.binary(min_size=1, max_size=12)


@dataclass(eq=False)
class Inode:
    """A file of the model; ``loose`` are its unstable bytes, ``disk_size`` what a power cut leaves."""

    data: bytearray = field(default_factory=bytearray)
    disk_size: int = 0
    target: str = ""

    def write(self, offset: int, data: bytes) -> None:
        self.data += bytes(max(0, offset + len(data) - len(self.data)))
        self.data[offset : offset + len(data)] = data


class ShareMachine(RuleBasedStateMachine):
    """``tree`` maps a path to None (a directory), or to an inode; ``queue`` holds unstable bytes by age."""

    def __init__(self) -> None:
        super().__init__()
        limits = Limits(CAPACITY, FILES, FILE_SIZE, 255, 1024, 1024)
        self.share = Share(limits, Keep(10**6))
        self.top = self.share.add_bucket("b", 0.0).directory
        self.tree: dict[str, Inode | None] = {"": None}
        self.queue: list[tuple[Inode, int]] = []
        self.now = 0.0
        self.tree["c"] = None
        inside = self.share.mkdir(self.top, "c", 0.0)
        for at, prefix in ((self.top, ""), (inside, "c/")):
            self.share.create(at, "a", 0.0)
            self.tree[f"{prefix}a"] = Inode()

    # What the model knows.

    def inodes(self) -> list[Inode]:
        return list(dict.fromkeys(inode for inode in self.tree.values() if inode is not None))

    def free(self) -> int:
        return CAPACITY - sum(len(i.data) for i in self.inodes())

    def children(self, path: str) -> list[str]:
        return [p for p in self.tree if p and p.rpartition("/")[0] == path]

    def settle(self, inode: Inode, start: int, end: int) -> None:
        for other, at in self.queue:
            if other is inode and start <= at < end:
                inode.disk_size = max(inode.disk_size, at + 1)
        self.queue = [(i, at) for i, at in self.queue if i is not inode or not start <= at < end]

    def drop(self, path: str) -> None:
        inode = self.tree.pop(path)
        if inode is not None and inode not in self.inodes():
            self.queue = [(i, at) for i, at in self.queue if i is not inode]

    def place(self, pick: int) -> tuple[str, Directory]:
        """One of the directories, of the model and of the share."""
        paths = sorted(path for path, inode in self.tree.items() if inode is None and path.count("/") < 2)
        node = self.share.resolve(f"/buckets/b/{paths[pick % len(paths)]}")
        assert isinstance(node, Directory)
        return paths[pick % len(paths)], node

    def entry(self, pick: int) -> tuple[str, Directory, str]:
        """A path, mostly one that is there, with the directory and the name that make it."""
        paths = [*sorted(self.tree)[1:], "c", "none"]
        path = paths[pick % len(paths)]
        parent, _, name = path.rpartition("/")
        node = self.share.resolve(f"/buckets/b/{parent}")
        assert isinstance(node, Directory)
        return path, node, name

    def file(self, pick: int) -> tuple[Inode, Node] | None:
        """One of the regular files, of the model and of the share."""
        paths = sorted(path for path, inode in self.tree.items() if inode is not None and not inode.target)
        if not paths:
            return None
        path = paths[pick % len(paths)]
        inode = self.tree[path]
        assert inode is not None
        return inode, self.share.resolve(f"/buckets/b/{path}")

    def expect(self, code: int, call: str, *arguments: object, **options: object) -> object:
        """Call the share, and check that it refuses with ``code``, or accepts if that is 0."""
        self.now += 1
        result, answer = None, 0
        try:
            result = getattr(self.share, call)(*arguments, **options)
        except ShareError as error:
            answer = error.errno or 0
        assert errno.errorcode.get(answer, "accepted") == errno.errorcode.get(code, "accepted"), call
        return result

    # Names.

    @rule(pick=PICK, name=NAMES, guarded=st.booleans())
    def create(self, pick: int, name: str, guarded: bool) -> None:
        place, at = self.place(pick)
        path = f"{place}/{name}".lstrip("/")
        code = 0
        if path in self.tree:
            found = self.tree[path]
            code = errno.EEXIST if found is None or found.target or guarded else 0
        elif len(self.inodes()) >= FILES:
            code = errno.EDQUOT
        node = self.expect(code, "create", at, name, self.now, guarded=guarded)
        if node is not None and path not in self.tree:
            self.tree[path] = Inode()

    @rule(pick=PICK, name=NAMES)
    def mkdir(self, pick: int, name: str) -> None:
        place, at = self.place(pick)
        path = f"{place}/{name}".lstrip("/")
        code = errno.EEXIST if path in self.tree else 0
        self.expect(code, "mkdir", at, name, self.now)
        self.tree.setdefault(path, None)

    @rule(pick=PICK, name=NAMES)
    def symlink(self, pick: int, name: str) -> None:
        place, at = self.place(pick)
        path = f"{place}/{name}".lstrip("/")
        code = errno.EEXIST if path in self.tree else errno.EDQUOT if len(self.inodes()) >= FILES else 0
        self.expect(code, "symlink", at, name, "target", self.now)
        if code == 0:
            self.tree[path] = Inode(target="target")

    @rule(choice=PICK, pick=PICK, name=NAMES)
    def link(self, choice: int, pick: int, name: str) -> None:
        place, at = self.place(pick)
        source = sorted(self.tree)[choice % len(self.tree)]
        path = f"{place}/{name}".lstrip("/")
        inode = self.tree[source]
        code = errno.EPERM if inode is None else errno.EEXIST if path in self.tree else 0
        self.expect(code, "link", self.share.resolve(f"/buckets/b/{source}"), at, name, self.now)
        if code == 0:
            self.tree[path] = inode

    @rule(pick=PICK)
    def remove(self, pick: int) -> None:
        path, at, name = self.entry(pick)
        code = errno.ENOENT if path not in self.tree else errno.EISDIR if self.tree[path] is None else 0
        self.expect(code, "remove", at, name, self.now)
        if code == 0:
            self.drop(path)

    @rule(pick=PICK)
    def rmdir(self, pick: int) -> None:
        path, at, name = self.entry(pick)
        code = 0
        if path not in self.tree:
            code = errno.ENOENT
        elif self.tree[path] is not None:
            code = errno.ENOTDIR
        elif self.children(path):
            code = errno.ENOTEMPTY
        self.expect(code, "rmdir", at, name, self.now)
        if code == 0:
            self.drop(path)

    @rule(choice=PICK, pick=PICK, new=NAMES)
    def rename(self, choice: int, pick: int, new: str) -> None:
        (old, here, name), (place, there) = self.entry(choice), self.place(pick)
        path = f"{place}/{new}".lstrip("/")
        code = self.rename_code(old, place, path)
        self.expect(code, "rename", here, name, there, new, self.now)
        same = old == path or (self.tree.get(old) is not None and self.tree.get(old) is self.tree.get(path))
        if code or same:
            return
        moved = {p: i for p, i in self.tree.items() if p == old or p.startswith(old + "/")}
        replaced = path in self.tree
        for p in moved:
            del self.tree[p]
        gone = self.tree.pop(path) if replaced else None
        for p, inode in moved.items():
            self.tree[path + p[len(old) :]] = inode
        if gone is not None and gone not in self.inodes():
            self.queue = [(i, at) for i, at in self.queue if i is not gone]

    def rename_code(self, old: str, place: str, path: str) -> int:
        if old not in self.tree:
            return errno.ENOENT
        is_directory = self.tree[old] is None
        if is_directory and (place == old or place.startswith(old + "/")):
            return errno.EINVAL
        if path not in self.tree or path == old:
            return 0
        if is_directory:
            if self.tree[path] is not None:
                return errno.ENOTDIR
            return errno.ENOTEMPTY if self.children(path) else 0
        return errno.EISDIR if self.tree[path] is None else 0

    # Bytes.

    @rule(pick=PICK, offset=st.integers(0, 45), data=BYTES, stable=st.booleans())
    def write(self, pick: int, offset: int, data: bytes, stable: bool) -> None:
        if (found := self.file(pick)) is None:
            return
        inode, node = found
        fits = min(len(data), FILE_SIZE - offset)
        code = errno.EFBIG if fits <= 0 else 0
        fits = min(fits, len(inode.data) + self.free() - offset)
        code = code or (errno.ENOSPC if fits <= 0 else 0)
        done = self.expect(code, "write", node, offset, data, self.now, stable=stable)
        if code:
            return
        assert done == fits
        inode.write(offset, data[:fits])
        if stable:
            self.settle(inode, offset, offset + fits)
            inode.disk_size = max(inode.disk_size, offset + fits)
        else:
            known = {at for other, at in self.queue if other is inode}
            self.queue += [(inode, at) for at in range(offset, offset + fits) if at not in known]

    @rule(pick=PICK, size=st.integers(0, 35))
    def truncate(self, pick: int, size: int) -> None:
        if (found := self.file(pick)) is None:
            return
        inode, node = found
        code = (
            errno.EFBIG if size > FILE_SIZE else errno.ENOSPC if size - len(inode.data) > self.free() else 0
        )
        self.expect(code, "setattr", node, self.now, size=size)
        if code:
            return
        inode.data = (inode.data + bytes(size))[:size]
        self.queue = [(i, at) for i, at in self.queue if i is not inode or at < size]
        inode.disk_size = size

    @rule(pick=PICK, offset=st.integers(0, 30), count=st.integers(0, 30))
    def commit(self, pick: int, offset: int, count: int) -> None:
        if (found := self.file(pick)) is None:
            return
        inode, node = found
        end = offset + count if count else 10**6
        loose = sum(i is inode and offset <= at < end for i, at in self.queue)
        assert self.share.mark_stable(node, offset, count) == loose
        self.settle(inode, offset, end)

    @rule(count=st.integers(0, 20))
    def flush(self, count: int) -> None:
        assert self.share.flush(count) == min(count, len(self.queue))
        self.flush_model(count)

    def flush_model(self, count: int) -> None:
        for inode, at in self.queue[:count]:
            inode.disk_size = max(inode.disk_size, at + 1)
        del self.queue[:count]

    @rule(keep=st.integers(0, 10))
    def power_cut(self, keep: int) -> None:
        self.flush_model(keep)
        before = self.share.verifier
        loss = self.share.power_cut(self.now, keep_bytes=keep)
        hit = {id(inode) for inode, _ in self.queue}
        assert (loss.files, loss.bytes) == (len(hit), len(self.queue))
        named = {f"/buckets/b/{path}" for path, inode in self.tree.items() if id(inode) in hit}
        assert sorted(loss.names()) == sorted(named)
        assert self.share.verifier != before
        for inode, at in self.queue:
            inode.data[at] = 0
        for inode in self.inodes():
            if id(inode) in hit:
                del inode.data[inode.disk_size :]
        self.queue = []

    # What must hold after every step.

    @invariant()
    def tree_is_the_same(self) -> None:
        real = dict(walk(self.top))
        assert set(real) == set(self.tree) - {""}
        same: dict[int, Inode] = {}
        for path, node in real.items():
            inode = self.tree[path]
            assert self.share.node(node.fileid, node.generation) is node
            if inode is None:
                assert isinstance(node, Directory)
                assert node.key == path
                continue
            assert same.setdefault(id(node), inode) is inode
            assert node.nlink == sum(other is inode for other in self.tree.values())
            if inode.target:
                assert isinstance(node, Symlink)
            else:
                assert isinstance(node, File)
                assert self.share.read(node, 0, 100) == inode.data
                assert node.size == len(inode.data)

    @invariant()
    def bytes_and_files_are_conserved(self) -> None:
        share, inodes = self.share, self.inodes()
        objects = [i for i in self.tree.values() if i is not None and not i.target]
        assert (share.used, share.usage.files) == (sum(len(i.data) for i in inodes), len(inodes))
        assert (share.files, share.bytes) == (len(objects), sum(len(i.data) for i in objects))
        assert share.statfs().free_bytes == self.free() >= 0
        assert share.unstable_bytes == len(self.queue)
        imported = [item for item in share.objects("b") if not item.refusal]
        assert (len(imported), sum(item.size for item in imported)) == (share.files, share.bytes)
        content = share.content
        assert isinstance(content, Keep)
        assert content.held <= share.used

    @invariant()
    def directories_count_their_own(self) -> None:
        for path in [path for path, inode in self.tree.items() if inode is None]:
            node = self.share.resolve(f"/buckets/b/{path}")
            children = self.children(path)
            assert node.nlink == 2 + sum(self.tree[child] is None for child in children)
            listed = self.share.readdir(node, 0, 100)
            assert sorted(entry.name for entry in listed.entries) == sorted(
                c.rpartition("/")[2] for c in children
            )


TestShare = ShareMachine.TestCase
TestShare.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
