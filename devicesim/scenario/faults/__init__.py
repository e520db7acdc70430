"""What goes wrong on purpose, and when: one model for each kind of fault, told apart by ``kind``.

A new kind is a model in a room here, named in the room's union, and what becomes of it: in a room of
``device/faults`` for what befalls a device, elsewhere for others. Whether it can befall a story at all is a rule in
``scenario/checks/faults.py``.
"""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from devicesim.scenario.faults.cloud import (
    AccountFault,
    ApiErrors,
    ApiFault,
    ApiThrottled,
    CloudFault,
    ImportFailures,
    KeyRevoked,
    RoleRevoked,
    S3Throttled,
)
from devicesim.scenario.faults.cluster import ClusterFault, NodeDown, NodeLost, QuorumLost
from devicesim.scenario.faults.content import BadName, ContentFault, CorruptedFile, FileChanged, SymbolicLink
from devicesim.scenario.faults.disk import DiskFault, FullDisk, SlowDisk, SmrCliff
from devicesim.scenario.faults.grammar import SINCE, FaultTable
from devicesim.scenario.faults.link import CablePulled, LinkFault, WifiOutage, WifiRoam
from devicesim.scenario.faults.parcel import (
    CarrierFault,
    CustomsHold,
    DeliveryFault,
    ParcelDamaged,
    ParcelFault,
    ParcelLost,
    StockOut,
    WrongLabel,
)
from devicesim.scenario.faults.power import (
    BatteryDead,
    Blackout,
    BrownOut,
    Overheating,
    PowerCut,
    PowerFault,
)

NodeFault = ClusterFault | PowerCut
"""What befalls nodes of a cluster; a power cut also a device that stands alone."""

AnyFault = PowerFault | LinkFault | DiskFault | ContentFault | ClusterFault | CarrierFault | CloudFault
Fault = Annotated[AnyFault, Field(discriminator="kind")]
"""Something that the scenario lets go wrong."""

KINDS: dict[str, type[FaultTable]] = {model.name(): model for model in get_args(AnyFault)}
"""Every model by its kind."""

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
]
