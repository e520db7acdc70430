"""Faults of the way between clients and device: the air carries nothing, a cable is pulled."""

from __future__ import annotations

from devicesim.device.faults.scene import Lives, Process, Scene
from devicesim.scenario.faults import CablePulled, WifiOutage


def _down(scene: Scene, kind: str, client: str | None, words: str, duration: float) -> Process:
    """Let the links of a kind carry nothing for a while."""
    chosen = {
        number: each.name
        for number, each in enumerate(scene.setting.scenario.clients)
        if each.link == kind and client in (None, each.name)
    }
    device = scene.device
    scene.begin(f"link of {', '.join(chosen.values())}", words, duration)
    device.strain.lay(scene.id, links=dict.fromkeys(chosen, 0.0))
    device.change()
    yield scene.wait(duration)
    device.strain.lift(scene.id)
    scene.end()
    device.change()


def wifi_outage(scene: Scene, fault: WifiOutage) -> Process:
    """The air carries nothing."""
    yield from _down(scene, "wifi", fault.client, "the air carries nothing", fault.duration)


def cable_pulled(scene: Scene, fault: CablePulled) -> Process:
    """A cable is pulled."""
    yield from _down(scene, "ethernet", fault.client, "the cable is pulled", fault.duration)


LIVES: Lives = {WifiOutage: wifi_outage, CablePulled: cable_pulled}
