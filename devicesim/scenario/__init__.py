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

from devicesim.scenario.client import INTERFACES, S3, Client, Interface, Nfs
from devicesim.scenario.cluster import Cluster
from devicesim.scenario.cluster import capacity as cluster_capacity
from devicesim.scenario.compute import Function, Image, Instance
from devicesim.scenario.data import Dataset, Fixed, KeyRange, Lognormal, Normal, Pareto, Uniform
from devicesim.scenario.datasets import expected_count, expected_total, files, files_of
from devicesim.scenario.faults import Fault
from devicesim.scenario.fleet import Fleet
from devicesim.scenario.goals import METRICS, Goal, goal_of
from devicesim.scenario.listing import Files
from devicesim.scenario.models import Holds, Job, Notify, Scenario, Source
from devicesim.scenario.online import Hybrid, Outages, Schedule, Task, Wan, WanWindow
from devicesim.scenario.options import Option, Sweep
from devicesim.scenario.read import from_dict, load, loads
from devicesim.scenario.schema import schema
from devicesim.scenario.site import Address, Power, Site, Wifi
from devicesim.scenario.template import template
from devicesim.scenario.variants import AS_WRITTEN, Varied, load_cells, load_varied
from devicesim.scenario.work import Requests

__all__ = [
    "AS_WRITTEN",
    "INTERFACES",
    "METRICS",
    "S3",
    "Address",
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
