"""Faults over HTTP: what goes wrong on purpose, what could, and letting it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devicesim.device.faults.ledger import DUE, MISSED, OVER, UNDER_WAY, Incident
from devicesim.errors import require
from devicesim.progress import timestamp
from devicesim.scenario.faults import told as grammar
from devicesim.snowball_api.snow import Snow
from devicesim.world import World

RECENT = 6
"""How many of the last faults that are over are told."""

NO_MEMBERS = ("self", "job_id")
"""What a call of ``inject`` in Python gives a meaning of its own."""


def told(world: World) -> dict[str, Any]:
    """Every fault of a World, and every kind there is."""
    return {
        "schema": "devicesim.faults/1",
        "faults": [_incident(world, each) for each in world.faults],
        "kinds": grammar.injected(),
    }


def at_hand(world: World) -> dict[str, Any]:
    """What goes wrong now, what did last, newest first, and how many are due or found nothing to befall."""
    by_state: dict[str, list[Incident]] = {DUE: [], UNDER_WAY: [], OVER: [], MISSED: []}
    for each in world.faults:
        by_state[each.state].append(each)
    over = sorted(by_state[OVER], key=lambda each: each.ended or 0.0, reverse=True)
    return {
        "now": [_incident(world, each) for each in by_state[UNDER_WAY]],
        "lately": [_incident(world, each) for each in over[:RECENT]],
        "due": len(by_state[DUE]),
        "missed": len(by_state[MISSED]),
    }


def _incident(world: World, each: Incident) -> dict[str, Any]:
    def at(seconds: float | None) -> str | None:
        try:
            return None if seconds is None else timestamp(world.epoch, seconds)
        except OverflowError:  # for good, or until the calendar ends
            return None

    return {
        "fault": each.id,
        "kind": each.kind,
        "job": each.job or None,
        "state": each.state,
        "where": each.where,
        "words": each.words,
        "began": at(each.began),
        "until": at(None if each.began is None else each.began + each.lasts),
        "ended": at(each.ended),
        "members": each.fault.model_dump(mode="json", exclude={"kind"}, exclude_none=True),
    }


def inject(snow: Snow, document: Mapping[str, Any], job_id: str | None) -> str:
    """Let a fault befall the job that is named, or the one that the doors lead to; returns its id."""
    members = dict(document)
    kind, job = members.pop("kind", None), members.pop("job", None)
    require(kind is not None, "kind", "given", "nothing")
    require(isinstance(kind, str), "kind", "a text", kind)
    require(job is None or isinstance(job, str), "job", "a text", job)
    for name in NO_MEMBERS:
        require(name not in members, name, "no member here (a job is named by job)", members.get(name))
    return snow.inject(kind, job or job_id, **members)
