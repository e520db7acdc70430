"""Hard disks: the rate at a place, the cost of an access, the price of durability, shingled recording.

Model
-----
Four models that do not depend on one another: :mod:`~devicesim.physics.hdd.zones` (sequential rate),
:mod:`~devicesim.physics.hdd.access` (random access), :mod:`~devicesim.physics.hdd.journal` (accesses of a
created file), :mod:`~devicesim.physics.hdd.shingled` (scattered writes on a shingled disk).

Scope and limits
----------------
One disk, one head position, no queue. The Snowcone's disk is not documented: every figure is an argument.

Sources
-------
See each module.

Checked against
---------------
See each module.
"""

from devicesim.physics.hdd.access import SeekCurve, access_time, iops, seek_time
from devicesim.physics.hdd.journal import (
    Durability,
    JournalOperations,
    directory_growth,
    journal_operations,
)
from devicesim.physics.hdd.shingled import smr_level, smr_write_time
from devicesim.physics.hdd.zones import fill_time, mean_rate, position_after, rate, time_to

__all__ = [
    "Durability",
    "JournalOperations",
    "SeekCurve",
    "access_time",
    "directory_growth",
    "fill_time",
    "iops",
    "journal_operations",
    "mean_rate",
    "position_after",
    "rate",
    "seek_time",
    "smr_level",
    "smr_write_time",
    "time_to",
]
