"""Erasure codes: what a cluster of devices holds, how fast it takes data, how it heals, how long data lasts.

Model
-----
``k`` data and ``m`` parity fragments of every object on ``k + m`` nodes; see :mod:`~devicesim.physics.erasure.code`
for capacity and acknowledgement, :mod:`~devicesim.physics.erasure.rates` for writing and rebuilding,
:mod:`~devicesim.physics.erasure.durability` for the time to data loss.

Scope and limits
----------------
Arithmetic of whole clusters: which node holds what is the host's to know.

Sources
-------
Those of the parts.

Checked against
---------------
AWS's published capacities, worked sums, and the laws of each part.
"""

from devicesim.physics.erasure.code import Code, usable_capacity, write_latency
from devicesim.physics.erasure.durability import availability, mean_time_to_loss
from devicesim.physics.erasure.rates import (
    Node,
    Repair,
    cluster_rate,
    disk_rate,
    ingress_rate,
    rebuild_time,
    rebuild_traffic,
    repair_rate,
)

__all__ = [
    "Code",
    "Node",
    "Repair",
    "availability",
    "cluster_rate",
    "disk_rate",
    "ingress_rate",
    "mean_time_to_loss",
    "rebuild_time",
    "rebuild_traffic",
    "repair_rate",
    "usable_capacity",
    "write_latency",
]
