"""Scenarios: a TOML file in, frozen models out, or every problem at once with its place.

>>> story = loads('''
... name = "Two clips"
... start = 2026-06-01T08:00:00-07:00
... [site]
... region = "us-west-2"
... [[dataset]]
... name = "clips"
... bucket = "arn:aws:s3:::two-clips"
... files = 2
... size = { distribution = "fixed", value = "1 GB" }
... [[client]]
... name = "laptop"
... dataset = "clips"
... link = "ethernet"
... [job]
... ''')
>>> story.clients[0].rate
125000000.0
>>> str(story.job.shipping)
'SECOND_DAY'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.deferred import deferred
from devicesim.scenario import rooms
from devicesim.scenario.client import INTERFACES, S3, Client, Interface, Nfs
from devicesim.scenario.data import Dataset, Fixed, KeyRange, Lognormal, Normal, Pareto, Uniform
from devicesim.scenario.datasets import expected_count, expected_total, files, files_of
from devicesim.scenario.goals import METRICS, Goal, goal_of
from devicesim.scenario.listing import Files
from devicesim.scenario.models import Holds, Job, Notify, Scenario, Source
from devicesim.scenario.read import from_dict, load, loads
from devicesim.scenario.schema import schema
from devicesim.scenario.site import Address, Power, Site, Wifi
from devicesim.scenario.template import template

if TYPE_CHECKING:
    from devicesim.scenario.rooms import (
        AS_WRITTEN,
        Arrivals,
        Cluster,
        Fault,
        Fleet,
        Function,
        Hybrid,
        Image,
        Instance,
        Load,
        Option,
        Outages,
        Requests,
        Schedule,
        Sweep,
        Task,
        Varied,
        Wan,
        WanWindow,
        cluster_capacity,
        load_cells,
        load_varied,
    )

__all__ = [
    "AS_WRITTEN",
    "INTERFACES",
    "METRICS",
    "S3",
    "Address",
    "Arrivals",
    "Client",
    "Cluster",
    "Dataset",
    "Fault",
    "Files",
    "Fixed",
    "Fleet",
    "Function",
    "Goal",
    "Holds",
    "Hybrid",
    "Image",
    "Instance",
    "Interface",
    "Job",
    "KeyRange",
    "Load",
    "Lognormal",
    "Nfs",
    "Normal",
    "Notify",
    "Option",
    "Outages",
    "Pareto",
    "Power",
    "Requests",
    "Scenario",
    "Schedule",
    "Site",
    "Source",
    "Sweep",
    "Task",
    "Uniform",
    "Varied",
    "Wan",
    "WanWindow",
    "Wifi",
    "cluster_capacity",
    "expected_count",
    "expected_total",
    "files",
    "files_of",
    "from_dict",
    "goal_of",
    "load",
    "load_cells",
    "load_varied",
    "loads",
    "schema",
    "template",
]

__getattr__, __dir__ = deferred(__name__, {name: "rooms" for name in rooms.__all__ if name in __all__})
