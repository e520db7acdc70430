"""A World as OpenMetrics text, with simulated times as its timestamps."""

from __future__ import annotations

from collections.abc import Iterator

from devicesim.device.faults.ledger import UNDER_WAY
from devicesim.device.order import Life
from devicesim.endpoints.premises import Premises
from devicesim.jobs import JobState

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
DEVICE_STATES = ("off", "booting", "locked", "unlocked")


def metrics(premises: Premises) -> str:
    """Everything that is worth a graph, ending in ``# EOF`` as the format wants it."""
    with premises.lock:
        world = premises.world
        at = f"{world.epoch.timestamp() + world.now:.3f}"
        lives = [world.life(name) for name in world.jobs]
        lines = [
            "# TYPE devicesim_clock_seconds gauge",
            "# UNIT devicesim_clock_seconds seconds",
            "# HELP devicesim_clock_seconds Simulated time since the start.",
            f"devicesim_clock_seconds {world.now} {at}",
        ]
        lines += _states("job", "State of a job.", lives, [str(state) for state in JobState], at)
        lines += _states("device", "State of a job's device.", lives, DEVICE_STATES, at)
        for name, unit, kind, words in FAMILIES:
            lines += _family(name, unit, kind, words, lives, at)
        lines += _clusters(premises, at)
        lines += _faults(premises, at)
        for name, unit, words in (("bytes", "bytes", "Bytes"), ("objects", "objects", "Objects")):
            family = f"devicesim_leg_{name}"
            lines += [
                f"# TYPE {family} gauge",
                f"# UNIT {family} {unit}",
                f"# HELP {family} {words} that a leg has moved.",
            ]
            for leg in world.stream.legs:
                size, count = leg.at(world.now)
                value = int(size[0] if name == "bytes" else count[0])
                lines.append(f'{family}{{job="{leg.job}",leg="{leg.name}"}} {value} {at}')
        return "\n".join([*lines, "# EOF"]) + "\n"


FAMILIES = (
    ("share_bytes", "bytes", "gauge", "Bytes of the files on a device."),
    ("share_files", "files", "gauge", "Files on a device."),
    ("share_unstable_bytes", "bytes", "gauge", "Bytes accepted through doors that are not on the disk yet."),
    ("door_operations", "", "counter", "Operations of real clients."),
    ("energy_joules", "joules", "counter", "Energy that a device has drawn."),
    ("battery_ratio", "ratio", "gauge", "Charge of the connected battery."),
)


def _value(life: Life, name: str) -> float | None:
    device, power = life.device, life.device.power
    match name:
        case "share_bytes":
            return device.share.contents[1]
        case "share_files":
            return device.share.contents[0]
        case "share_unstable_bytes":
            return device.share.unstable_bytes
        case "door_operations":
            return device.hand.operations
        case "energy_joules":
            return power.look()[0]
        case _:
            return power.look()[1] / power.capacity if power.on_battery else None


def _family(name: str, unit: str, kind: str, words: str, lives: list[Life], at: str) -> Iterator[str]:
    family, suffix = f"devicesim_{name}", "_total" if kind == "counter" else ""
    yield f"# TYPE {family} {kind}"
    if unit:
        yield f"# UNIT {family} {unit}"
    yield f"# HELP {family} {words}"
    for life in lives:
        if (value := _value(life, name)) is not None:
            yield f'{family}{suffix}{{job="{life.job.id}"}} {value} {at}'


def _clusters(premises: Premises, at: str) -> Iterator[str]:
    """What is on the nodes of each cluster together, of which their own shares tell nothing."""
    for place, unit in enumerate(("objects", "bytes")):
        family = f"devicesim_cluster_{unit}"
        yield f"# TYPE {family} gauge"
        yield f"# UNIT {family} {unit}"
        yield f"# HELP {family} {unit.capitalize()} on a cluster."
        for cluster in premises.world.clusters.values():
            yield f'{family}{{cluster="{cluster.id}"}} {cluster.work.front.share.contents[place]} {at}'


def _faults(premises: Premises, at: str) -> Iterator[str]:
    """What goes wrong on purpose now: the labels of whoever watches the rest."""
    yield "# TYPE devicesim_fault_under_way gauge"
    yield "# HELP devicesim_fault_under_way 1 for each fault that is laid in and under way."
    for each in premises.world.faults:
        if each.state == UNDER_WAY:
            yield f'devicesim_fault_under_way{{job="{each.job}",fault="{each.id}",kind="{each.kind}"}} 1 {at}'


def _states(
    what: str, words: str, lives: list[Life], states: list[str] | tuple[str, ...], at: str
) -> Iterator[str]:
    family = f"devicesim_{what}_state"
    yield f"# TYPE {family} stateset"
    yield f"# HELP {family} {words}"
    for life in lives:
        now = str(life.job.state) if what == "job" else life.device.state
        for state in states:
            yield f'{family}{{job="{life.job.id}",{family}="{state}"}} {int(state == now)} {at}'
