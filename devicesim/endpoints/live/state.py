"""A World as one JSON document, for a page or a dashboard; reading it moves nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from devicesim.device.online import Execution
from devicesim.device.order import Life
from devicesim.endpoints import faults
from devicesim.endpoints.premises import Premises
from devicesim.jobs import JobState
from devicesim.progress import Leg, timestamp
from devicesim.world import World

SCHEMA = "devicesim.state/1"
POINTS = 60
"""Points of a curve."""
RECENT = 60.0
"""Seconds over which stations are looked at."""
EVENTS = 12
"""How many of the last events are told."""
TOLD = ("service", "operation", "error", "kind", "where", "state", "what", "words", "why")
"""What is told of an event, where it has that."""


def state(premises: Premises, doors: dict[str, str] | None = None) -> dict[str, Any]:
    """Everything that the page shows.

    Args:
        premises: the World; its lock is taken.
        doors: where its doors are.
    """
    with premises.lock:
        world = premises.world
        life = _shown(premises)
        # First, since a curve has computed what a look at the device only finds.
        legs = [_leg(world, leg) for leg in world.stream.legs[-8:]]
        return {
            "schema": SCHEMA,
            "name": world.scenario.name if world.scenario else "An empty account",
            "seed": world.seed,
            "clock": world.clock,
            "paced": premises.paced,
            "seconds": world.now,
            "time": timestamp(world.epoch, world.now),
            "doors": doors or {},
            "exports": list(premises.exports),
            "jobs": [_job(world, each) for each in (world.life(name) for name in world.jobs)],
            "executions": [_execution(world, each) for each in world.executions()[-8:]],
            "device": _device(world, life) if life is not None else None,
            "faults": faults.at_hand(world),
            "legs": legs,
            "events": [_event(world, event) for event in world.stream.events[-EVENTS:]],
        }


def _shown(premises: Premises) -> Life | None:
    """The job whose device is shown: that of the doors, or the first that is not over, or the last."""
    world = premises.world
    if not world.jobs:
        return None
    if premises.job_id is not None:
        return world.life(premises.job_id)
    lives = [world.life(name) for name in world.jobs]
    return next((life for life in lives if not life.job.outcome and not life.job.master), lives[-1])


def _execution(world: World, execution: Execution) -> dict[str, Any]:
    leg = execution.leg
    return {
        "id": execution.id.rpartition("/")[2],
        "task": execution.task,
        "sent": int(leg.at(world.now)[0][0]) if leg is not None else 0,
        "total": execution.estimated_bytes,
        "status": execution.status,
        "since": timestamp(world.epoch, execution.history[-1][0] if execution.history else execution.queued),
    }


def _job(world: World, life: Life) -> dict[str, Any]:
    job = life.job
    return {
        "id": job.id,
        "type": job.order.type.value,
        "device": job.order.device,
        "state": job.state.value,
        "outcome": job.outcome,
        "since": timestamp(world.epoch, job.history[-1][0]),
        "history": [
            {"state": str(entered), "time": timestamp(world.epoch, at)} for at, entered in job.history
        ],
    }


def _device(world: World, life: Life) -> dict[str, Any]:
    device, hand = life.device, life.device.hand
    power, there = device.power, life.job.state is JobState.WITH_CUSTOMER
    cluster = next((each for each in world.clusters.values() if life in each.lives), None)
    # What is on a cluster is on all its nodes together.
    share = device.share if cluster is None else cluster.work.front.share
    files, size = share.contents
    energy, charge = power.look()
    on = device.state != "off" and not device.off.triggered
    return {
        "job": life.job.id,
        "kind": device.kind,
        "cluster": cluster.id if cluster is not None else None,
        "state": device.state,
        "with_customer": there,
        "serves": device.serves,
        "services": dict(device.services),
        "files": files,
        "bytes": size,
        "capacity": share.limits.capacity,
        "unstable": share.unstable_bytes,
        "operations": hand.operations,
        "doors_open": hand.doors,
        "last_operation": timestamp(world.epoch, hand.came) if hand.operations else None,
        "energy": energy,
        "battery": charge / power.capacity if power.on_battery else None,
        "temperature": device.heat.look(power),
        "can": {
            "power_off": there and on and not hand.packed,
            "cut_power": there and on and not hand.packed,
            "power_on": there and hand.stopped and not hand.on.triggered and not hand.packed,
            "return": there and not hand.packed,
        },
        "links": _links(world, life),
        **_stations(world, life),
    }


def _links(world: World, life: Life) -> list[dict[str, Any]]:
    transfer = life.transfer
    rates = transfer.regime.bandwidth if transfer is not None else ()
    told = []
    for number, client in enumerate(life.setting.scenario.clients):
        rate = float(rates[number]) if number < len(rates) else None
        told.append({"name": client.name, "link": client.link, "rate": rate})
    return told


def _stations(world: World, life: Life) -> dict[str, Any]:
    """Busy shares of the stations of late, and which of them binds."""
    transfer, since = life.transfer, max(world.now - RECENT, 0.0)
    # What has not been computed yet is not asked for: that would be more than a look.
    now = min(world.now, transfer.now) if transfer is not None else 0.0
    if transfer is None or not life.device.serves or now <= since:
        return {"busy": {}, "binds": None}
    usage = transfer.usage(np.array([since, now]))
    length = now - since
    busy = {
        "network": float(np.max(np.diff(usage.link, axis=-1), initial=0.0)) / length,
        "CPU of the service": float(np.diff(usage.cores)[0]) / length / max(transfer.server.cores, 1),
        "disk": float(np.diff(usage.store)[0]) / length,
    }
    busy = {name: min(max(share, 0.0), 1.0) for name, share in busy.items()}
    busiest = max(busy, key=lambda name: busy[name])
    return {
        "busy": busy,
        "binds": busiest if busy[busiest] > 0.5 else ("round trips" if busy[busiest] > 0 else None),
    }


def _leg(world: World, leg: Leg) -> dict[str, Any]:
    end = world.now if leg.end is None else min(leg.end, world.now)
    times = np.linspace(leg.start, max(end, leg.start), POINTS)
    sizes, counts = leg.at(times)
    return {
        "name": leg.name,
        "job": leg.job,
        "start": timestamp(world.epoch, leg.start),
        "end": None if leg.end is None else timestamp(world.epoch, leg.end),
        "bytes": int(sizes[-1]),
        "total_bytes": leg.total_bytes,
        "objects": int(counts[-1]),
        "total_objects": leg.total_objects,
        "curve": [[float(at), int(size)] for at, size in zip(times, sizes, strict=True)],
    }


def _event(world: World, event: Any) -> dict[str, Any]:
    words = [str(getattr(event, name)) for name in TOLD if getattr(event, name, "")]
    fault = getattr(event, "fault", "")
    return {
        "time": timestamp(world.epoch, event.at),
        "job": event.job,
        "kind": type(event).__name__,
        "words": ", ".join(words),
        "fault": fault or None,
    }
