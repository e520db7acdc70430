"""The device itself: off, booting, locked, unlocked; its NFS service, its instances, its supply, its heat.

What the AWS guides say of a Snowcone: a power cycle leaves it locked; the NFS service is off until started and,
after a power cut without a stop, is DEACTIVATED until stopped and started again; switching off takes about 20 s.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol

import simpy

from devicesim.device import interfaces
from devicesim.device.capacities import limits, room
from devicesim.device.compute.compute import Alone, Compute, Copy
from devicesim.device.compute.doors import DoorPuts
from devicesim.device.compute.instances import Instances
from devicesim.device.compute.puts import Put
from devicesim.device.hand import Hand
from devicesim.device.heat import Heat
from devicesim.device.power import Busy, Power
from devicesim.device.setting import Setting
from devicesim.device.share import Recorded
from devicesim.device.spoils import Spoils
from devicesim.device.strain import Strain
from devicesim.device.tenant import Tenant
from devicesim.device.writeback import Writeback
from devicesim.physics import power as physics
from devicesim.progress import DeviceChanged, ServiceChanged

Process = Generator[simpy.Event, object, None]

GIGABIT = 1e9 / 8
"""Line rate of gigabit Ethernet [bytes/s]."""

_ACTIVE = frozenset(["ACTIVE"])


class Cache(Protocol):
    """What lies in the page cache, as the copy knows it."""

    def drain(self) -> float:
        """Seconds the disk needs for it; infinite while it stands still."""

    def drop(self) -> None:
        """Lose it."""

    def cut(self) -> None:
        """Lose what still lies there when power fails after a copy."""


class SnowDevice:
    """One Snowcone of one job.

    Attributes:
        state: ``off``, ``booting``, ``locked`` or ``unlocked``.
        services: state of each service that the scenario's clients write to, as ``describe-service`` names it.
        off: event that fires when the device goes off, cleanly or not; a new one at every start.
        room: key of the figure that says what it holds.
        abrupt: whether it last went off without warning.
        fault: id of the fault by which it last went off; empty if it was none.
        ready: event that fires when it first is on with its services.
        strain: what faults take of its disk and links. spoils: what they did to its files.
        made: when the job that it is prepared for was created [s].
        counted: cumulative busy seconds of the copy, for the draw by activity.
        tenants: what works on the device beside the copy and the instances.
        hand: what is done to it from outside of the scenario.
        writeback: the page cache, as far as clients of doors fill it.
    """

    def __init__(self, setting: Setting, kind: str, job: str, wifi: bool) -> None:
        self.setting, self.kind, self.job, self.wifi = setting, kind, job, wifi
        self.state = "off"
        self.services = dict.fromkeys(interfaces.used(setting.scenario), "INACTIVE")
        self.abrupt, self.fault = False, ""
        self.off, self.ready = setting.env.event(), setting.env.event()
        self.strain = Strain()
        self.room = room(setting, kind)
        self.share = Recorded(limits(setting, kind, self.room), setting.content(job), job, setting.now)
        self.share.epoch_ns = round(setting.epoch.timestamp() * 1e6) * 1000
        self.spoils = Spoils(self.share)
        self.hand = Hand(setting.env)
        durable = [client.nfs.durability for client in setting.scenario.clients]
        self.share.commits = not durable or durable[0] != "async"
        self.writeback = Writeback(setting, self, job)
        self._compute = Compute(setting, kind, job, self.change, lambda: self.counted())
        self._doors = DoorPuts(setting, self.share)
        self._compute.listen(lambda last: self._doors.tell(self._compute.functions.put, last=last))
        self.tenants: list[Tenant] = []
        self.power = Power(setting, kind, job)
        self.heat = Heat(setting, kind, job, self.change)
        self.counted: Callable[[], Busy] = Busy
        self.cache: Cache | None = None
        self.listeners: list[Callable[[], None]] = []
        self._changing = False
        self._stopped: set[str] = set()  # services that a command stopped, until they start again
        self.made = setting.now

    @property
    def compute(self) -> Compute:
        """Its instances and functions."""
        return self._compute

    @property
    def instances(self) -> Instances:
        """Its instances."""
        return self._compute.instances

    # What the copy asks of the device now.

    @property
    def busy_vcpus(self) -> float:
        """Processors that instances, functions and tenants keep busy."""
        return self.compute.busy_vcpus + sum(tenant.vcpus for tenant in self.tenants)

    @property
    def vcpus(self) -> float:
        """Processors that instances, functions and tenants ever keep busy."""
        return self.compute.vcpus + sum(tenant.most for tenant in self.tenants)

    @property
    def network_taken(self) -> float:
        """What instances, functions and tenants take of the network port [bytes/s]."""
        return self.compute.network_rate + sum(tenant.network for tenant in self.tenants)

    @property
    def cores(self) -> int:
        """Cores that serve the scenario's clients."""
        return interfaces.cores(self.setting.figures, self.kind, self.setting.scenario.clients)

    @property
    def cpu_share(self) -> float:
        """Share of its cores that what the clients write to has for the copy now; none of a service that is stopped."""
        if self._stopped:
            return 0.0
        left = max(0.0, 1.0 - sum(tenant.service for tenant in self.tenants) / self.cores)
        return self.compute.nfs_share * self.heat.cpu_factor * left

    @property
    def disk_factor(self) -> float:
        """Factor on the disk's speed now: what instances, functions, tenants and heat leave of it."""
        return (
            max(0.0, 1.0 - self.compute.disk_share - self._disk_read)
            * self.heat.disk_factor
            * self.strain.disk
        )

    @property
    def computes(self) -> bool:
        """Whether anything computes beside the copy."""
        return self.compute.present

    @property
    def reacts(self) -> bool:
        """Whether functions or instances serve requests beside it, so that no two copies go alike."""
        return self.compute.any

    @property
    def alone(self) -> Alone:
        """What the copy would have if nothing computed beside it; tenants and heat are what they are."""
        left = max(0.0, 1.0 - sum(tenant.service for tenant in self.tenants) / self.cores)
        disk = max(0.0, 1.0 - self._disk_read) * self.heat.disk_factor * self.strain.disk
        return Alone(self.heat.cpu_factor * left, disk, sum(tenant.network for tenant in self.tenants))

    def attend(self, tell: Callable[[Put], None], copy: Copy) -> None:
        """Take notice of a copy, and let functions run for what it puts."""
        self.compute.attend(lambda: tell(self.compute.functions.put), copy)

    @property
    def _disk_read(self) -> float:
        """Share of the disk that tenants take."""
        read = sum(tenant.disk for tenant in self.tenants)
        return min(1.0, read / self.setting.figures.si(f"{self.kind}.disk.outer_rate")) if read else 0.0

    def _draw(self, cpu: float, disk: float, wifi: float) -> float:
        """Draw [W] for that many busy vCPUs and active shares of disk and radio."""
        wired = [client for client in self.setting.scenario.clients if client.rate is not None]
        fast = any(client.rate is not None and client.rate > GIGABIT for client in wired)
        return float(
            physics.draw(
                self.power.budget,
                cpu,
                disk,
                wifi,
                ethernet_1g=int(bool(wired) and not fast),
                ethernet_10g=int(fast),
                wifi_on=self.wifi,
            )
        )

    def change(self) -> None:
        """Book energy and heat up to now, then let the copy and the supply know that a capacity changed."""
        if self._changing:
            return
        self._changing = True
        self.heat.settle(self.power)
        if self.state == "off":
            self.power.load(0.0)
        else:
            self.compute.settle(self.heat.cpu_factor, self.heat.disk_factor)
            booting = self.setting.figures.si(f"{self.kind}.boot.vcpus") if self.state == "booting" else 0.0
            serving = sum(tenant.service for tenant in self.tenants)
            busy = self.busy_vcpus + serving + booting
            # A copy keeps the disk busy by itself.
            reading = self._disk_read if self.counted is Busy else 0.0
            self.power.load(self._draw(busy, reading, 0.0), self.counted)
        for listener in self.listeners:
            listener()
        self._changing = False
        self.brown_out()

    def brown_out(self) -> None:
        """Go off at once if what runs is more than the supply can give; a copy counts where the supply sags."""
        if self.state == "off" or self.off.triggered:
            return
        fault = self.power.sagging
        copies = bool(fault) and self.counted is not Busy
        needs = self.most() if copies else self._draw(self.busy_vcpus, 0.0, 0.0)
        if physics.brown_out(needs, self.power.rating):
            self.fail(f"brown-out: {needs:.0f} W from a supply of {self.power.rating:.0f} W", fault)

    @property
    def least(self) -> float:
        """The draw of a device that is on and has nothing to do [W]."""
        return self._draw(0.0, 0.0, 0.0)

    def most(self, vcpus: float | None = None) -> float:
        """The greatest draw possible now, or with instances that keep so many vCPUs busy [W]."""
        busy = self.busy_vcpus if vcpus is None else vcpus
        return self._draw(busy + self.cores, 1.0, 1.0 if self.wifi else 0.0)

    # The life of the device.

    def _enter(self, state: str, why: str = "", fault: str = "") -> None:
        self.state = state
        self.setting.say(DeviceChanged(self.setting.now, self.job, state, why, fault))
        self.change()

    @property
    def nfs(self) -> str:
        """State of the NFS service."""
        return self.services.get("nfs", "INACTIVE")

    @property
    def serves(self) -> bool:
        """Whether the services that the scenario's clients write to are all there."""
        return _ACTIVE.issuperset(self.services.values())

    def _serve(self, service: str, state: str) -> None:
        self.services[service] = state
        self.setting.say(ServiceChanged(self.setting.now, self.job, service, state))

    def start(self, serve: bool) -> Generator[simpy.Event, object, bool]:
        """Power on, unlock, start the services if asked; False when the device went off on the way."""
        figures, env = self.setting.figures, self.setting.env
        self.off = env.event()
        self._stopped.clear()
        self._enter("booting")
        env.process(self.power.watch(self.most, self.off))
        env.process(self.heat.watch(self.power, self.least, self.most(self.vcpus), self.off))
        env.process(self._guard(self.off))
        for state, key in (("locked", "boot.time"), ("unlocked", "unlock.time")):
            yield env.timeout(figures.si(f"{self.kind}.{key}")) | self.off
            if self.off.triggered:
                return False
            self._enter(state)
        if not self.abrupt:
            self.share.restart()
        if self.compute.functions.pools:
            self._doors.begin()
        self.compute.resume(self.off)
        if not serve:
            return True
        return (yield from self._start_services())

    def _start_services(self) -> Generator[simpy.Event, object, bool]:
        """Start what the clients write to, all at once; False when the device went off on the way."""
        figures, env = self.setting.figures, self.setting.env
        cut = [service for service, state in self.services.items() if state == "DEACTIVATED"]
        for service in cut:
            self._serve(service, "DEACTIVATING")
        stops = [figures.si(f"{self.kind}.{service}.stop") for service in cut]
        if stops:
            yield env.timeout(max(stops)) | self.off
        takes = {service: figures.si(f"{self.kind}.{service}.start") for service in self.services}
        for service in takes:
            if takes[service] > 0 and not self.off.triggered:
                self._serve(service, "ACTIVATING")
        waited = 0.0
        for service in sorted(takes, key=lambda each: takes[each]):
            if not self.off.triggered:
                yield env.timeout(takes[service] - waited) | self.off
                waited = takes[service]
            if not self.off.triggered:
                self._serve(service, "ACTIVE")
        return not self.off.triggered

    def start_service(self, service: str) -> Process:
        """Start one service that is INACTIVE, while the device stays on."""
        yield from self._turn(service, "ACTIVATING", "start", "ACTIVE")

    def stop_service(self, service: str) -> Process:
        """Stop one service; what it has accepted is on the platters then."""
        yield from self._turn(service, "DEACTIVATING", "stop", "INACTIVE")

    def _turn(self, service: str, through: str, key: str, to: str) -> Process:
        off = self.off
        self._serve(service, through)
        if to == "INACTIVE":
            self._stopped.add(service)
        self.change()
        yield self.setting.env.timeout(self.setting.figures.si(f"{self.kind}.{service}.{key}")) | off
        if off.triggered or self.services[service] != through:
            return
        if to == "INACTIVE":
            self.share.flush(self.share.unstable_bytes)
        else:
            self._stopped.discard(service)
        self._serve(service, to)
        self.change()

    def _guard(self, off: simpy.Event) -> Process:
        """Go off when the battery is low: cleanly, or at once where the scenario says so."""
        low = self.power.low
        yield low | off
        if off.triggered:
            return
        if self.setting.scenario.site.power.when_low == "abrupt":
            self.fail("battery empty")
        else:
            yield from self.shut_down("battery low")

    def shut_down(self, why: str) -> Process:
        """Go off cleanly: the services stop and the page cache reaches the disk within the shutdown time.

        A battery that does not last so long makes it an abrupt end.
        """
        if self.off.triggered:
            return
        flush = self.writeback.drain() + (self.cache.drain() if self.cache is not None else 0.0)
        usual = self.setting.figures.si(f"{self.kind}.shutdown.time")
        needed = max(usual, flush) if flush < float("inf") else usual
        self.power.settle()
        if self.power.lasts(self.least) < needed:
            self.fail("battery empty")
            return
        self.abrupt, self.fault = False, ""
        for service, state in self.services.items():
            if state not in {"INACTIVE", "DEACTIVATED"}:
                self._serve(service, "INACTIVE")
        self.off.succeed()
        self.compute.stop(lose=False)
        yield self.setting.env.timeout(needed)
        if flush == float("inf"):  # the disk stands still, from heat: what was to be flushed is gone
            self.writeback.cut()
            if self.cache is not None:
                self.cache.drop()
        self.share.flush(self.share.unstable_bytes)
        self._enter("off", why)

    def fail(self, why: str, fault: str = "") -> None:
        """Go off at once: what only the page cache held is gone, and services are left DEACTIVATED.

        ``fault`` is the id of what was laid into the story to make it so.
        """
        if self.off.triggered:
            return
        self.abrupt, self.fault = True, fault
        for service, state in self.services.items():
            if state != "INACTIVE":
                self._serve(service, "DEACTIVATED")
        self.off.succeed()
        self.compute.stop(lose=True)
        self.writeback.cut()
        if self.cache is not None:
            self.cache.cut()
        self._enter("off", why, fault)
