"""The catalog: every figure devicesim rests on, as data with value, unit, range, kind and source.

The figures stand in TOML files under ``data/<kind>/<name>.toml``; the documents they cite in
``data/sources.toml``. A file is read when one of its figures is first asked for, so importing the catalog
costs next to nothing.

>>> from devicesim import catalog
>>> catalog.entry("SNC1_HDD")["storage.capacity"].text
'8 TB'
>>> figures = catalog.Figures({"SNC1_HDD.disk.outer_rate": "180 MB/s"})
>>> figures.si("SNC1_HDD.disk.outer_rate")
180000000.0
>>> list(figures.used)
['SNC1_HDD.disk.outer_rate']
"""

from devicesim.catalog.devices import (
    FIRST,
    NO_PREFERENCE,
    all_capacities,
    all_instance_types,
    capacities,
    instance_types,
    offered,
    own,
    room,
)
from devicesim.catalog.figure import KINDS, Entry, Figure, Listing, describe
from devicesim.catalog.lanes import lane_for, regions
from devicesim.catalog.rules import check
from devicesim.catalog.store import entries, entry, find, has, names, sources
from devicesim.catalog.view import Figures, override
from devicesim.catalog.workloads import components

__all__ = [
    "FIRST",
    "KINDS",
    "NO_PREFERENCE",
    "Entry",
    "Figure",
    "Figures",
    "Listing",
    "all_capacities",
    "all_instance_types",
    "capacities",
    "check",
    "components",
    "describe",
    "entries",
    "entry",
    "find",
    "has",
    "instance_types",
    "lane_for",
    "names",
    "offered",
    "override",
    "own",
    "regions",
    "room",
    "sources",
]
