"""Where an agent stands, and what reading files there costs: on premises, or on the device beside the copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from devicesim.device import capacities
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.device.tenant import Tenant
from devicesim.physics import nfs

VERSIONS: dict[str, nfs.Version] = {"AUTOMATIC": "4.1", "NFS3": "3", "NFS4_0": "4.0", "NFS4_1": "4.1"}
"""DataSync's names of NFS versions."""


class Post(Protocol):
    """Where an agent works."""

    @property
    def up(self) -> bool:
        """Whether it runs and reaches its files."""

    @property
    def ends(self) -> float:
        """When it stops for good [s]."""

    def bounds(self) -> dict[str, float]:
        """What reading gives, by what limits it [bytes/s]."""

    def take(self, rate: float, files: float, version: str, *, send: bool) -> None:
        """Read at so many bytes and files a second from now on, and send them if asked; nothing is zero."""


class Premises:
    """An agent at the site, beside storage of the site's own."""

    up = True
    ends = float("inf")

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def bounds(self) -> dict[str, float]:
        """What the site's storage gives."""
        return {"the site's storage": self._setting.figures.si("datasync.site_read")}

    def take(self, rate: float, files: float, version: str, *, send: bool) -> None:
        """Nobody else is modelled there."""


class Aboard:
    """An agent on the device: an instance that mounts the NFS service beside the clients.

    While clients copy, disk and service serve both, and the agent gets half of either at most.

    Args:
        setting: of the job.
        device: it runs on.
        copying: whether clients copy now.
    """

    def __init__(self, setting: Setting, device: SnowDevice, copying: Callable[[], bool]) -> None:
        self._setting, self._device, self._copying = setting, device, copying
        figure = setting.figures.si
        self.tenant = Tenant(most=figure("datasync.agent.vcpus") + figure(f"{device.kind}.nfs.cores"))
        device.tenants.append(self.tenant)
        lifetime = setting.figures.si(f"{device.kind}.certificate.lifetime")
        self.ends = device.made + lifetime

    @property
    def up(self) -> bool:
        """Whether the device is on and serves."""
        device = self._device
        return device.nfs == "ACTIVE" and device.state == "unlocked" and not device.off.triggered

    def bounds(self) -> dict[str, float]:
        """What disk, service and the agent's own processors give."""
        device, figure = self._device, self._setting.figures.si
        kind, share = device.kind, 0.5 if self._copying() else 1.0
        server = capacities.server(self._setting.figures, kind, device.share.used)
        disk = server.store.rate(device.share.used / 2)
        left = max(0.0, 1.0 - device.compute.disk_share) * device.heat.disk_factor
        heat = device.heat.cpu_factor
        return {
            "the disk": disk * left * share,
            "the NFS service": device.compute.nfs_share
            * heat
            * share
            * figure(f"{kind}.nfs.cores")
            / figure(f"{kind}.nfs.per_byte"),
            "the agent's processors": heat
            * figure("datasync.agent.vcpus")
            / figure("datasync.agent.per_byte"),
        }

    def take(self, rate: float, files: float, version: str, *, send: bool) -> None:
        """Let the copy, the supply and the heat feel what the agent does."""
        figure, kind = self._setting.figures.si, self._device.kind
        calls = nfs.file_reads(VERSIONS[version])
        each = (len(calls.before) + 1 + len(calls.after)) * figure(f"{kind}.nfs.per_operation")
        taken = Tenant(
            most=self.tenant.most,
            vcpus=min(rate * figure("datasync.agent.per_byte"), figure("datasync.agent.vcpus")),
            disk=rate,
            network=rate if send else 0.0,
            service=min(
                rate * figure(f"{kind}.nfs.per_byte") + files * each, figure(f"{kind}.nfs.cores") / 2
            ),
        )
        tenant = self.tenant
        if taken == tenant:
            return
        tenant.vcpus, tenant.disk, tenant.network, tenant.service = (
            taken.vcpus, taken.disk, taken.network, taken.service,
        )  # fmt: skip
        self._device.change()
