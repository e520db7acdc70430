"""The inode table of a share."""

from __future__ import annotations

from devicesim.device.share.nodes import Node


class Inodes:
    """The nodes by number. A number in use again gets a generation that it never had.

    Attributes:
        nodes: the table, None where a number is free; always the same list.
    """

    def __init__(self) -> None:
        self.nodes: list[Node | None] = [None]  # 0 is no inode
        self._free: list[int] = []
        self._reused = 0
        self._shared: dict[int, int] = {}

    def enter(self, node: Node) -> None:
        """Give a node its number."""
        if self._free:
            self._reused += 1
            node.fileid, node.generation = self._free.pop(), self._reused
            self.nodes[node.fileid] = node
        else:
            node.fileid = len(self.nodes)
            self.nodes.append(node)

    def leave(self, node: Node) -> None:
        """Free the number of a node that is gone."""
        self.nodes[node.fileid] = None
        self._free.append(node.fileid)

    def find(self, number: int, generation: int) -> Node | None:
        """The node of a number, if it is of that generation."""
        node = self.nodes[number] if number < len(self.nodes) else None
        return node if node is not None and node.generation == generation else None

    def owner(self, mode: int, uid: int, gid: int) -> tuple[int, int, int]:
        """The same numbers as objects shared by all nodes; they would be a quarter of a node's memory."""
        share = self._shared.setdefault
        return share(mode, mode), share(uid, uid), share(gid, gid)
