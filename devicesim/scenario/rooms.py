"""Tables that few scenarios have, and what reads them.

Each module is imported when a scenario first has one of its tables, or when somebody first asks for it.

>>> from devicesim.scenario import rooms
>>> rooms.Fleet.__module__
'devicesim.scenario.fleet'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.deferred import deferred

if TYPE_CHECKING:
    from devicesim.scenario.checks.windows import windows_of
    from devicesim.scenario.cluster import Cluster, cluster_capacity
    from devicesim.scenario.compute import Function, Image, Instance
    from devicesim.scenario.faults.kinds import Fault
    from devicesim.scenario.fleet import Fleet
    from devicesim.scenario.online import Hybrid, Outages, Schedule, Task, Wan, WanWindow
    from devicesim.scenario.options import Option, Sweep
    from devicesim.scenario.trace import TRACES, Arrivals, Load
    from devicesim.scenario.variants import AS_WRITTEN, Varied, load_cells, load_varied
    from devicesim.scenario.work import Requests

_HOMES = {
    "AS_WRITTEN": "variants",
    "TRACES": "trace",
    "Arrivals": "trace",
    "Cluster": "cluster",
    "Fault": "faults.kinds",
    "Fleet": "fleet",
    "Function": "compute",
    "Hybrid": "online",
    "Image": "compute",
    "Instance": "compute",
    "Load": "trace",
    "Option": "options",
    "Outages": "online",
    "Requests": "work",
    "Schedule": "online",
    "Sweep": "options",
    "Task": "online",
    "Varied": "variants",
    "Wan": "online",
    "WanWindow": "online",
    "cluster_capacity": "cluster",
    "load_cells": "variants",
    "load_varied": "variants",
    "windows_of": "checks.windows",
}

__all__ = [
    "AS_WRITTEN",
    "TRACES",
    "Arrivals",
    "Cluster",
    "Fault",
    "Fleet",
    "Function",
    "Hybrid",
    "Image",
    "Instance",
    "Load",
    "Option",
    "Outages",
    "Requests",
    "Schedule",
    "Sweep",
    "Task",
    "Varied",
    "Wan",
    "WanWindow",
    "cluster_capacity",
    "load_cells",
    "load_varied",
    "windows_of",
]

__getattr__, __dir__ = deferred(__name__, _HOMES)
