"""What is beside one job on one device: other undertakings, and the device's own commands.

Each is imported when a scenario first has it, or when somebody first asks for it.

>>> from devicesim.device import rooms
>>> rooms.Fleet.__module__
'devicesim.device.fleet.fleet'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.deferred import deferred

if TYPE_CHECKING:
    from devicesim.device.cluster.cluster import Cluster
    from devicesim.device.cluster.whole import Whole, cluster_id, default_cluster
    from devicesim.device.console import CHANGES, COMMANDS, Console, Document
    from devicesim.device.export.export import Export, Master, Part, asked_for
    from devicesim.device.export.inventory import attached
    from devicesim.device.faults.befall import befall, expect
    from devicesim.device.fleet.fleet import Fleet
    from devicesim.device.fleet.quota import Usage, usage
    from devicesim.device.online.execution import Execution
    from devicesim.device.online.picking import Pick
    from devicesim.device.online.service import DataSync, serves
    from devicesim.device.online.undertaking import Online

_HOMES = {
    "CHANGES": "console",
    "COMMANDS": "console",
    "Cluster": "cluster.cluster",
    "Console": "console",
    "Document": "console",
    "DataSync": "online.service",
    "Execution": "online.execution",
    "Export": "export.export",
    "Fleet": "fleet.fleet",
    "Master": "export.export",
    "Online": "online.undertaking",
    "Part": "export.export",
    "Pick": "online.picking",
    "Usage": "fleet.quota",
    "Whole": "cluster.whole",
    "asked_for": "export.export",
    "attached": "export.inventory",
    "befall": "faults.befall",
    "cluster_id": "cluster.whole",
    "default_cluster": "cluster.whole",
    "expect": "faults.befall",
    "serves": "online.service",
    "usage": "fleet.quota",
}

__all__ = [
    "CHANGES",
    "COMMANDS",
    "Cluster",
    "Console",
    "DataSync",
    "Document",
    "Execution",
    "Export",
    "Fleet",
    "Master",
    "Online",
    "Part",
    "Pick",
    "Usage",
    "Whole",
    "asked_for",
    "attached",
    "befall",
    "cluster_id",
    "default_cluster",
    "expect",
    "serves",
    "usage",
]

__getattr__, __dir__ = deferred(__name__, _HOMES)
