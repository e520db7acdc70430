"""A device's network as its own commands tell it: ports, and the interfaces made on them.

Addresses are of the documentation networks (RFC 5737), identifiers are drawn: nothing here carries data, the links of
the scenario's clients do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from devicesim import catalog
from devicesim.errors import VerbError, require

CONNECTORS = {"rj45": "RJ45", "sfp28": "SFP_PLUS", "sfp": "SFP_PLUS", "qsfp": "QSFP", "wifi": "WIFI"}
"""PhysicalConnectorType by the catalog's names of ports."""

ARN = "arn:aws:snowball-device:::interface/"
NETMASK, GATEWAY = "255.255.255.0", "192.0.2.1"
VLANS = range(1, 4095)
"""Numbers a VLAN may have (IEEE 802.1Q)."""


@dataclass(frozen=True, slots=True)
class Port:
    """A physical network interface."""

    id: str
    connector: str
    address: str
    mac: str


@dataclass(frozen=True, slots=True)
class Virtual:
    """A virtual network interface: an address that a service is bound to."""

    arn: str
    port: str
    assignment: str
    address: str
    mac: str


@dataclass(frozen=True, slots=True)
class Direct:
    """A direct network interface: a port's own piece of wire for an instance."""

    arn: str
    port: str
    mac: str
    vlan: int | None
    instance: str | None


class Network:
    """The ports of a device, and the interfaces on them.

    Args:
        kind: catalog entry of the device.
        wifi: whether its radio was ordered.
        draw: gives identifiers.
        most: direct interfaces at most.

    Attributes:
        ports, virtual, direct: by identifier or ARN, in the order in which they came.
    """

    def __init__(self, kind: str, wifi: bool, draw: np.random.Generator, most: int) -> None:
        self._draw, self._most = draw, most
        self.ports: dict[str, Port] = {}
        self.virtual: dict[str, Virtual] = {}
        self.direct: dict[str, Direct] = {}
        for name in (*_ports(kind), *(("wifi",) if wifi else ())):
            self._add_port(CONNECTORS[name])
        self.add_virtual(next(iter(self.ports)))

    def _add_port(self, connector: str) -> None:
        address = f"192.0.2.{10 + len(self.ports)}" if not self.ports else "0.0.0.0"
        port = Port(f"s.ni-{self._digits(17)}", connector, address, self._mac())
        self.ports[port.id] = port

    def add_virtual(self, port: str, address: str | None = None) -> Virtual:
        """Make a virtual interface, by DHCP where no address is given.

        Raises:
            VerbError: there is no such port.
        """
        self._known(port)
        assignment = "DHCP" if address is None else "STATIC"
        address = address or f"192.0.2.{100 + len(self.virtual)}"
        made = Virtual(f"{ARN}s.ni-{self._digits(17)}", port, assignment, address, self._mac())
        self.virtual[made.arn] = made
        return made

    def remove_virtual(self, arn: str) -> None:
        """Take a virtual interface away."""
        if arn not in self.virtual:
            raise VerbError(f"there is no virtual network interface {arn}")
        del self.virtual[arn]

    def add_direct(
        self, port: str, instance: str | None = None, vlan: int | None = None, mac: str | None = None
    ) -> Direct:
        """Make a direct interface.

        Raises:
            VerbError: no such port, or no more interfaces.
            BoundError: a VLAN outside of 1..4094.
        """
        self._known(port)
        if len(self.direct) >= self._most:
            raise VerbError(f"the device has {self._most} direct network interfaces, and no more")
        require(vlan is None or vlan in VLANS, "vlan", "in 1..4094", vlan)
        made = Direct(f"{ARN}s.ni-{self._digits(17)}", port, mac or self._mac(), vlan, instance)
        self.direct[made.arn] = made
        return made

    def change_direct(self, arn: str, **changes: str | int | None) -> Direct:
        """Change members of a direct interface: mac, vlan, instance."""
        require(
            changes.get("vlan") is None or changes["vlan"] in VLANS, "vlan", "in 1..4094", changes.get("vlan")
        )
        found = self._direct(arn)
        self.direct[arn] = replace(found, **changes)  # type: ignore[arg-type]
        return self.direct[arn]

    def remove_direct(self, arn: str) -> None:
        """Take a direct interface away.

        Raises:
            VerbError: it belongs to an instance.
        """
        if self._direct(arn).instance is not None:
            raise VerbError(f"{arn} must be detached from its instance first")
        del self.direct[arn]

    def _direct(self, arn: str) -> Direct:
        if arn not in self.direct:
            raise VerbError(f"there is no direct network interface {arn}")
        return self.direct[arn]

    def _known(self, port: str) -> None:
        if port not in self.ports:
            raise VerbError(
                f"there is no physical network interface {port}; there are {', '.join(self.ports)}"
            )

    def _digits(self, count: int) -> str:
        return self._draw.bytes(count // 2 + 1).hex()[:count]

    def _mac(self) -> str:
        """A locally administered address."""
        return ":".join(f"{byte:02x}" for byte in b"\x02" + self._draw.bytes(5))


def told_port(port: Port) -> Mapping[str, str]:
    """A port as ``describe-device`` tells it."""
    used = port.address != "0.0.0.0"
    return {
        "PhysicalNetworkInterfaceId": port.id,
        "PhysicalConnectorType": port.connector,
        "IpAddressAssignment": "DHCP" if used else "STATIC",
        "IpAddress": port.address,
        "Netmask": NETMASK if used else "0.0.0.0",
        "DefaultGateway": GATEWAY,
        "MacAddress": port.mac,
    }


def told_virtual(interface: Virtual) -> Mapping[str, str]:
    """A virtual interface as ``describe-virtual-network-interfaces`` tells it."""
    return {
        "VirtualNetworkInterfaceArn": interface.arn,
        "PhysicalNetworkInterfaceId": interface.port,
        "IpAddressAssignment": interface.assignment,
        "IpAddress": interface.address,
        "Netmask": NETMASK,
        "DefaultGateway": GATEWAY,
        "MacAddress": interface.mac,
    }


def told_direct(interface: Direct) -> Mapping[str, object]:
    """A direct interface as ``describe-direct-network-interfaces`` tells it; its members are *assumed*."""
    told: dict[str, object] = {
        "DirectNetworkInterfaceArn": interface.arn,
        "PhysicalNetworkInterfaceId": interface.port,
        "MacAddress": interface.mac,
    }
    if interface.vlan is not None:
        told["VlanId"] = interface.vlan
    if interface.instance is not None:
        told["InstanceId"] = interface.instance
    return told


def _ports(kind: str) -> list[str]:
    """The catalog's names of a device's ports; what it has more of than kinds are RJ45."""
    names = list(catalog.entry(kind).listing("ports"))
    count = int(catalog.find(f"{kind}.ports.count").si)
    return ["rj45"] * max(0, count - len(names)) + names
