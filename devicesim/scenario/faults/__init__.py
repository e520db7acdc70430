"""What goes wrong on purpose, and when: one model for each kind of fault, told apart by ``kind``.

A new kind is a model in a room here, named in the room's union, and what becomes of it: in a room of
``device/faults`` for what befalls a device, elsewhere for others. Whether it can befall a story at all is a rule in
``scenario/checks/faults.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.deferred import deferred

if TYPE_CHECKING:
    from devicesim.scenario.faults.cloud import (
        AccountFault,
        ApiErrors,
        ApiFault,
        ApiThrottled,
        ImportFailures,
        KeyRevoked,
        RoleRevoked,
        S3Throttled,
    )
    from devicesim.scenario.faults.cluster import NodeDown, NodeLost, QuorumLost
    from devicesim.scenario.faults.content import BadName, CorruptedFile, FileChanged, SymbolicLink
    from devicesim.scenario.faults.disk import FullDisk, SlowDisk, SmrCliff
    from devicesim.scenario.faults.grammar import SINCE, FaultTable
    from devicesim.scenario.faults.injected import read
    from devicesim.scenario.faults.kinds import KINDS, AnyFault, Fault, NodeFault
    from devicesim.scenario.faults.link import CablePulled, WifiOutage, WifiRoam
    from devicesim.scenario.faults.parcel import (
        CustomsHold,
        DeliveryFault,
        ParcelDamaged,
        ParcelFault,
        ParcelLost,
        StockOut,
        WrongLabel,
    )
    from devicesim.scenario.faults.power import BatteryDead, Blackout, BrownOut, Overheating, PowerCut

# Each is imported when it is first asked for: most stories have no fault.
_HOMES = {
    "KINDS": "kinds",
    "SINCE": "grammar",
    "AccountFault": "cloud",
    "AnyFault": "kinds",
    "ApiErrors": "cloud",
    "ApiFault": "cloud",
    "ApiThrottled": "cloud",
    "BadName": "content",
    "BatteryDead": "power",
    "Blackout": "power",
    "BrownOut": "power",
    "CablePulled": "link",
    "CorruptedFile": "content",
    "CustomsHold": "parcel",
    "DeliveryFault": "parcel",
    "Fault": "kinds",
    "FaultTable": "grammar",
    "FileChanged": "content",
    "FullDisk": "disk",
    "ImportFailures": "cloud",
    "KeyRevoked": "cloud",
    "NodeDown": "cluster",
    "NodeFault": "kinds",
    "NodeLost": "cluster",
    "Overheating": "power",
    "ParcelDamaged": "parcel",
    "ParcelFault": "parcel",
    "ParcelLost": "parcel",
    "PowerCut": "power",
    "QuorumLost": "cluster",
    "RoleRevoked": "cloud",
    "S3Throttled": "cloud",
    "SlowDisk": "disk",
    "SmrCliff": "disk",
    "StockOut": "parcel",
    "SymbolicLink": "content",
    "WifiOutage": "link",
    "WifiRoam": "link",
    "WrongLabel": "parcel",
    "read": "injected",
}

__all__ = [
    "KINDS",
    "SINCE",
    "AccountFault",
    "AnyFault",
    "ApiErrors",
    "ApiFault",
    "ApiThrottled",
    "BadName",
    "BatteryDead",
    "Blackout",
    "BrownOut",
    "CablePulled",
    "CorruptedFile",
    "CustomsHold",
    "DeliveryFault",
    "Fault",
    "FaultTable",
    "FileChanged",
    "FullDisk",
    "ImportFailures",
    "KeyRevoked",
    "NodeDown",
    "NodeFault",
    "NodeLost",
    "Overheating",
    "ParcelDamaged",
    "ParcelFault",
    "ParcelLost",
    "PowerCut",
    "QuorumLost",
    "RoleRevoked",
    "S3Throttled",
    "SlowDisk",
    "SmrCliff",
    "StockOut",
    "SymbolicLink",
    "WifiOutage",
    "WifiRoam",
    "WrongLabel",
    "read",
]

__getattr__, __dir__ = deferred(__name__, _HOMES)
