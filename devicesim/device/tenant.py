"""What works on a device beside the copy, and what it takes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tenant:
    """Something that takes part of a device now; whoever changes it tells the device.

    Attributes:
        vcpus: processors kept busy.
        disk: read from or written to the disk [bytes/s].
        network: through the network port [bytes/s].
        service: cores of the NFS service kept busy.
        most: processors that it ever keeps busy, those of the service included.
    """

    vcpus: float = 0.0
    disk: float = 0.0
    network: float = 0.0
    service: float = 0.0
    most: float = 0.0
