"""Faults of the way between clients and device: the air carries nothing, a client roams, a cable is pulled."""

from __future__ import annotations

from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.scenario.faults import CablePulled, WifiOutage, WifiRoam


def wifi_outage(scene: Scene, fault: WifiOutage) -> Process:
    """The air carries nothing."""
    if not (links := _links(scene, "wifi", fault.client)):
        return
    scene.begin(_where(scene, links), "the air carries nothing", fault.duration)
    yield from _down(scene, links, fault.duration)
    scene.end()


def wifi_roam(scene: Scene, fault: WifiRoam) -> Process:
    """A client hears nothing between two access points."""
    if not (links := _links(scene, "wifi", fault.client)):
        return
    gap = scene.setting.figures.si("wifi.roam.gap") if fault.gap is None else fault.gap
    every = max(fault.every, gap)
    times = "once" if fault.hops == 1 else f"{fault.hops} times"
    scene.begin(_where(scene, links), f"roams {times}", every * (fault.hops - 1) + gap)
    for hop in range(fault.hops):
        if hop:
            yield scene.wait(every - gap)
        yield from _down(scene, links, gap)
    scene.end()


def cable_pulled(scene: Scene, fault: CablePulled) -> Process:
    """A cable is pulled."""
    if not (links := _links(scene, "ethernet", fault.client)):
        return
    scene.begin(_where(scene, links), "the cable is pulled", fault.duration)
    yield from _down(scene, links, fault.duration)
    scene.end()


def _links(scene: Scene, kind: str, client: str | None) -> list[int]:
    """The links of a kind, by the numbers of their clients; a site of a fleet may have none, which is noted."""
    clients = enumerate(scene.setting.scenario.clients)
    found = [number for number, each in clients if each.link == kind and client in (None, each.name)]
    if not found:
        scene.incident.miss("no client of this site has such a link")
    return found


def _where(scene: Scene, links: list[int]) -> str:
    return f"link of {', '.join(scene.setting.scenario.clients[number].name for number in links)}"


def _down(scene: Scene, links: list[int], duration: float) -> Process:
    """Let links carry nothing for a while."""
    device = scene.device
    device.strain.lay(scene.id, scene.now + duration, links=dict.fromkeys(links, 0.0))
    device.change()
    yield scene.wait(duration)
    device.strain.lift(scene.id)
    device.change()


LIVES: Lives = {WifiOutage: wifi_outage, WifiRoam: wifi_roam, CablePulled: cable_pulled}
