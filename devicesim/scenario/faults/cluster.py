"""Faults of the nodes of a cluster."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from devicesim.scenario.faults.grammar import FaultTable, Lasting, Nodes, Since


class NodeLost(FaultTable):
    """Nodes of a cluster fail for good, with all that is on them; they never join again."""

    since: ClassVar[Since] = "formed"
    kind: Literal["node-lost"] = Field(description="What goes wrong.", examples=["node-lost"])
    nodes: Nodes


class NodeDown(FaultTable):
    """Nodes of a cluster hang or lose the network for a while; they are restarted, nothing on them is lost."""

    since: ClassVar[Since] = "formed"
    kind: Literal["node-down"] = Field(description="What goes wrong.", examples=["node-down"])
    nodes: Nodes
    duration: Lasting


class QuorumLost(FaultTable):
    """So many nodes of a cluster are out of reach for a while that it serves nothing, the last ones first."""

    since: ClassVar[Since] = "formed"
    kind: Literal["quorum-lost"] = Field(description="What goes wrong.", examples=["quorum-lost"])
    duration: Lasting


ClusterFault = NodeLost | NodeDown | QuorumLost
"""What befalls only nodes of a cluster."""
