"""How clusters come about: the one that a scenario tells of, and those that an account creates step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from devicesim import catalog, scenario
from devicesim.catalog import Figures
from devicesim.device.cluster.cluster import Cluster
from devicesim.device.customer import default_story
from devicesim.device.job import Order, ordered
from devicesim.device.order import Life
from devicesim.device.ordering import Open
from devicesim.device.setting import Setting
from devicesim.errors import require
from devicesim.scenario import Files, Scenario


class Whole:
    """The cluster that a scenario tells of: all its node jobs are created at once.

    Attributes:
        cluster: as it stands.
    """

    def __init__(self, setting: Setting, story: Scenario, open: Open, files: Sequence[Files]) -> None:
        self.cluster = Cluster(setting, cluster_id(setting.draw, 0), ordered(story), open, files)
        for _ in range(self.cluster.drawn.nodes):
            self.cluster.add_node()

    @property
    def lives(self) -> Sequence[Life]:
        """Its node jobs so far, in the order of their creation."""
        return self.cluster.lives


def cluster_id(draw: Callable[[str], np.random.Generator], number: int) -> str:
    """The ClusterId of an account's cluster of that number."""
    digits = draw(f"cluster/{number}").bytes(16).hex()
    return f"CID{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def default_cluster(
    figures: Figures, start: datetime, region: str, order: Order, nodes: int, era: str
) -> Scenario:
    """The scenario of a customer of whom no more is known than that there is a cluster.

    Args:
        figures: where the customer stands.
        start: second 0.
        region: of the cluster.
        order: of each node.
        nodes: how many.
        era: whose rules hold.

    Raises:
        BoundError: no such era, a type that it cannot cluster, or a size that it does not have.
    """
    require(era in ("2020", "today"), "era", "one of 2020, today", era)
    able = catalog.entry("cluster").listing(f"{era}.devices")
    require(order.device in able, "device", f"one of {', '.join(able)} in a cluster of {era}", order.device)
    least, most = (int(figures.si(f"cluster.{era}.nodes.{end}")) for end in ("least", "most"))
    require(least <= nodes <= most, "nodes", f"in [{least}, {most}]", nodes)
    cluster = scenario.Cluster.model_validate({"nodes": nodes, "era": era})
    return default_story(figures, start, region, order).model_copy(update={"cluster": cluster})
