"""Every kind of fault: the union by which a scenario reads them, and each by its name."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from devicesim.scenario.faults.cloud import CloudFault
from devicesim.scenario.faults.cluster import ClusterFault
from devicesim.scenario.faults.content import ContentFault
from devicesim.scenario.faults.disk import DiskFault
from devicesim.scenario.faults.grammar import FaultTable
from devicesim.scenario.faults.link import LinkFault
from devicesim.scenario.faults.parcel import CarrierFault
from devicesim.scenario.faults.power import PowerCut, PowerFault

NodeFault = ClusterFault | PowerCut
"""What befalls nodes of a cluster; a power cut also a device that stands alone."""

AnyFault = PowerFault | LinkFault | DiskFault | ContentFault | ClusterFault | CarrierFault | CloudFault
Fault = Annotated[AnyFault, Field(discriminator="kind")]
"""Something that the scenario lets go wrong."""

KINDS: dict[str, type[FaultTable]] = {model.name(): model for model in get_args(AnyFault)}
"""Every model by its kind."""
