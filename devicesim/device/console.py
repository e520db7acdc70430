"""The device's own commands, as the Snowball Edge client sends them: looks, and what changes the device.

Names and documents follow the client's guide; where it prints no example (direct network interfaces, an NFS service
that is off) members are *assumed* from their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from ipaddress import ip_network
from typing import Any

from devicesim import catalog
from devicesim.device.network import Network, told_direct, told_port, told_virtual
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.errors import VerbError, require, unknown

Document = Mapping[str, Any] | Sequence[Any] | str
"""What a command answers: JSON, or a line of words."""

ALWAYS = ("s3", "ec2")
"""Services that run whenever the device is unlocked, and cannot be stopped."""

PORTS = {"nfs": ("nfs", 2049), "s3": ("http", 8080), "ec2": ("http", 8008)}
"""Protocol and port of the endpoints of services."""

CHANGES = (
    "unlock-device",
    "reboot-device",
    "start-service",
    "stop-service",
    "create-virtual-network-interface",
    "delete-virtual-network-interface",
    "create-direct-network-interface",
    "update-direct-network-interface",
    "delete-direct-network-interface",
    "create-tags",
    "delete-tags",
)
"""Commands that change the device, and so are verbs of the World."""


class Console:
    """The commands of one device.

    Attributes:
        allowed_hosts: CIDR blocks that may mount the share, as ``start-service`` was last told; None if it never was.
        tags: of the device.
    """

    def __init__(self, setting: Setting, device: SnowDevice) -> None:
        self._setting, self._device = setting, device
        self.allowed_hosts: tuple[str, ...] | None = None
        self.tags: dict[str, str] = {}
        self._bound: dict[str, str] = {}

    @cached_property
    def network(self) -> Network:
        """Its ports and interfaces, drawn when somebody first looks."""
        device, setting = self._device, self._setting
        most = int(setting.figures.si("console.direct_interfaces"))
        return Network(device.kind, device.wifi, setting.draw(f"network/{device.job}"), most)

    # Looks.

    def describe_device(self) -> Document:
        """Lock state and ports; a locked device tells no more than that it is."""
        device = self._device
        state = {"unlocked": "UNLOCKED", "locked": "LOCKED"}.get(device.state)
        if state is None:
            raise VerbError(f"the device is {device.state} and does not answer")
        ports = list(self.network.ports.values())
        return {
            "DeviceId": device.job,
            "UnlockStatus": {"State": state},
            "ActiveNetworkInterface": {"IpAddress": ports[0].address},
            "PhysicalNetworkInterfaces": [told_port(port) for port in ports],
        }

    def list_services(self) -> Document:
        """Names of the services that it has."""
        self._open()
        return {"ServiceIds": list(self._services)}

    def describe_service(self, service_id: str) -> Document:
        """State of a service, and where it is found while it runs."""
        self._open()
        state = self._state(service_id)
        told: dict[str, Any] = {"ServiceId": service_id, "Status": {"State": state}}
        if state == "ACTIVE":
            protocol, port = PORTS.get(service_id, ("tcp", 0))
            told["Endpoints"] = [{"Protocol": protocol, "Port": port, "Host": self._host(service_id)}]
        if service_id == "nfs":
            space = self._device.share.statfs()
            told["Storage"] = {"TotalSpaceBytes": space.total_bytes, "FreeSpaceBytes": space.free_bytes}
            if self.allowed_hosts is not None:
                told["ServiceConfiguration"] = {"AllowedHosts": list(self.allowed_hosts)}
        return told

    def list_interfaces(self) -> Document:
        """Every interface: physical, virtual, direct."""
        self._open()
        network = self.network
        return {
            "PhysicalNetworkInterfaces": [told_port(port) for port in network.ports.values()],
            "VirtualNetworkInterfaces": [told_virtual(each) for each in network.virtual.values()],
            "DirectNetworkInterfaces": [told_direct(each) for each in network.direct.values()],
        }

    def describe_virtual_network_interfaces(self) -> Document:
        """The virtual interfaces."""
        self._open()
        return [told_virtual(each) for each in self.network.virtual.values()]

    def describe_direct_network_interfaces(self) -> Document:
        """The direct interfaces."""
        self._open()
        return [told_direct(each) for each in self.network.direct.values()]

    def describe_tags(self) -> Document:
        """The device's tags."""
        self._open()
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    # Changes.

    def unlock_device(self) -> Document:
        """Unlock a device; whoever has it does so as soon as it has booted, and it takes its time."""
        if self._device.state not in {"locked", "unlocked"}:
            raise VerbError(f"the device is {self._device.state} and does not answer")
        return (
            "Your Snowball Edge device is unlocking. You may determine the unlock state of your device using the "
            "describe-device command. Your Snowball Edge device will be available for use when it is in the UNLOCKED "
            "state."
        )

    def reboot_device(self) -> Document:
        """Go off cleanly; whoever has the device unlocks it again when it is back."""
        self._open()
        self._setting.env.process(self._device.shut_down("rebooted"))
        return "Rebooting device now."

    def start_service(
        self,
        service_id: str,
        virtual_network_interface_arns: Sequence[str] = (),
        service_configuration: Mapping[str, Sequence[str]] | None = None,
    ) -> Document:
        """Start a service, or tell one that runs whom it may serve.

        Raises:
            VerbError: no such service, one that was cut off and not stopped since, or an unknown interface.
            BoundError: an allowed host that is no address.
        """
        self._open()
        state = self._state(service_id)
        network = self.network
        for arn in virtual_network_interface_arns:
            if arn not in network.virtual:
                raise VerbError(f"there is no virtual network interface {arn}; create one first")
        hosts = dict(service_configuration or {}).get("AllowedHosts")
        if hosts is not None:
            self.allowed_hosts = tuple(hosts) if _networks(hosts) else ()
        if virtual_network_interface_arns:
            self._bound[service_id] = virtual_network_interface_arns[0]
        if service_id in ALWAYS and service_id not in self._device.services:
            raise VerbError(f"service {service_id} is always on")
        if state == "DEACTIVATED":
            raise VerbError(f"service {service_id} is DEACTIVATED: stop it, then start it")
        if state == "DEACTIVATING":
            raise VerbError(f"service {service_id} is still stopping; start it when it is INACTIVE")
        if state == "INACTIVE":
            self._setting.env.process(self._device.start_service(service_id))
        return (
            "Starting the service on your Snowball Edge. You can determine the status of the service using the "
            "describe-service command."
        )

    def stop_service(self, service_id: str) -> Document:
        """Stop a service; what it has accepted reaches the disk."""
        self._open()
        state = self._state(service_id)
        if service_id in ALWAYS and service_id not in self._device.services:
            raise VerbError(f"service {service_id} is always on")
        if state == "ACTIVATING":
            raise VerbError(f"service {service_id} is still starting; stop it when it is ACTIVE")
        if state in {"ACTIVE", "DEACTIVATED"}:
            self._setting.env.process(self._device.stop_service(service_id))
        return (
            "Stopping the service on your Snowball Edge. You can determine the status of the service using the "
            "describe-service command."
        )

    def create_virtual_network_interface(
        self, physical_network_interface_id: str, static_ip_address_configuration: str = ""
    ) -> Document:
        """Make an address for a service."""
        self._open()
        pairs = dict(part.partition("=")[::2] for part in static_ip_address_configuration.split(",") if part)
        made = self.network.add_virtual(physical_network_interface_id, pairs.get("IpAddress"))
        return {"VirtualNetworkInterface": told_virtual(made)}

    def delete_virtual_network_interface(self, virtual_network_interface_arn: str) -> Document:
        """Take an address away."""
        self._open()
        self.network.remove_virtual(virtual_network_interface_arn)
        return ""

    def create_direct_network_interface(
        self,
        physical_network_interface_id: str,
        instance_id: str | None = None,
        vlan: str | None = None,
        mac: str | None = None,
    ) -> Document:
        """Make a piece of wire for an instance."""
        self._open()
        self._instance(instance_id)
        made = self.network.add_direct(physical_network_interface_id, instance_id, _number("vlan", vlan), mac)
        return {"DirectNetworkInterface": told_direct(made)}

    def update_direct_network_interface(
        self,
        direct_network_interface_arn: str,
        attach_instance_id: str | None = None,
        vlan: str | None = None,
        mac: str | None = None,
        detach: bool = False,
    ) -> Document:
        """Change a direct interface, or give it to another instance."""
        self._open()
        self._instance(attach_instance_id)
        changes: dict[str, str | int | None] = {}
        if vlan is not None:
            changes["vlan"] = _number("vlan", vlan)
        if mac is not None:
            changes["mac"] = mac
        if attach_instance_id is not None or detach:
            changes["instance"] = attach_instance_id
        changed = self.network.change_direct(direct_network_interface_arn, **changes)
        return {"DirectNetworkInterface": told_direct(changed)}

    def delete_direct_network_interface(self, direct_network_interface_arn: str) -> Document:
        """Take a direct interface away."""
        self._open()
        self.network.remove_direct(direct_network_interface_arn)
        return ""

    def create_tags(self, tag: Sequence[str]) -> Document:
        """Set tags, each as ``Key=Name,Value=text``."""
        self._open()
        made = dict(map(_tag, tag))
        most = int(self._setting.figures.si("console.tags"))
        require(len(self.tags | made) <= most, "tags", f"at most {most}", len(self.tags | made))
        self.tags |= made
        return f"Tag(s) [{', '.join(tag)}] created."

    def delete_tags(self, tag: Sequence[str]) -> Document:
        """Take tags away: those of a key, or of a key and a value where one is given."""
        self._open()
        for text in tag:
            key, value = _tag(text)
            if key in self.tags and ("Value=" not in text or self.tags[key] == value):
                del self.tags[key]
        return f"Tag(s) [{', '.join(tag)}] deleted."

    # What stands behind them.

    def _open(self) -> None:
        if self._device.state != "unlocked":
            raise VerbError(f"the device is {self._device.state}; unlock it first")

    @property
    def _services(self) -> dict[str, str]:
        """Every service with its state, those that are always on included."""
        own = set(catalog.entry(self._device.kind).listing("interfaces"))
        known = {name: "ACTIVE" for name in ALWAYS if name == "ec2" or name in own}
        if "nfs" in own:
            known["nfs"] = "INACTIVE"
        return known | self._device.services

    def _state(self, service: str) -> str:
        if service not in self._services:
            raise unknown("service", service, self._services)
        return self._services[service]

    def _host(self, service: str) -> str:
        network = self.network
        if service in ALWAYS:
            return next(iter(network.ports.values())).address
        bound = self._bound.get(service)
        if bound in network.virtual:
            return network.virtual[bound].address
        return next((each.address for each in network.virtual.values()), "0.0.0.0")

    def _instance(self, name: str | None) -> None:
        runs = [run.name for run in self._device.instances.runs]
        if name is not None and name not in runs:
            raise unknown("instance", name, runs)


def _networks(hosts: Sequence[str]) -> bool:
    """Check that hosts are CIDR blocks; whether there are any."""
    for host in hosts:
        try:
            ip_network(host, strict=False)
        except ValueError:
            require(False, "AllowedHosts", "a list of CIDR blocks, as 10.0.0.0/16", host)
    return bool(hosts)


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    require(text.isdecimal(), name, "a whole number", text)
    return int(text)


def _tag(text: str) -> tuple[str, str]:
    pairs = dict(part.partition("=")[::2] for part in text.split(","))
    require(bool(pairs.get("Key")), "tag", "as Key=NAME,Value=TEXT", text)
    return pairs["Key"], pairs.get("Value", "")


COMMANDS: Mapping[str, str] = {
    name.replace("_", "-"): name
    for name in vars(Console)
    if not name.startswith("_") and callable(vars(Console)[name])
}
"""The commands, each with the name of its method."""
