"""Costs to and from a profile: the file that ``devicesim calibrate`` writes and scenarios name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from devicesim.catalog import Figures
from devicesim.errors import Problem, ScenarioError
from devicesim.planning.measured.law import Costs, Line
from devicesim.scenario.profile import Profile

KEYS = {
    "efficiency": "nfs.client.efficiency",
    "delay": "nfs.client.delay",
    "ceiling": "nfs.client.ceiling",
    "per_operation": "device.nfs.per_operation",
    "per_byte": "device.nfs.per_byte",
    "cores": "device.nfs.cores",
}
"""Each cost and its figure, by the catalog's key."""

UNITS = {
    "efficiency": ("", 1.0),
    "delay": ("us", 1e-6),
    "ceiling": ("MB/s", 1e6),
    "per_operation": ("us", 1e-6),
    "per_byte": ("ns/B", 1e-9),
    "cores": ("vCPU", 1.0),
}
"""The unit that each is written in, and what it is in SI."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A profile as the law takes it.

    Attributes:
        costs: what it holds, the catalog's where it does not say.
        title: its title.
        held_out: median error that the calibration saw on what it had held out; None if the file does not say.
    """

    costs: Costs
    title: str
    held_out: float | None


def fitted(profile: Profile, file: str) -> Fitted:
    """Read a profile's costs.

    Raises:
        ScenarioError: a part of it is not what a profile has there.
    """
    figures = Figures({}, profile.on("SNC1_HDD"))

    def si(name: str) -> float:
        return figures.si(KEYS[name].replace("device.", "SNC1_HDD."))

    document = profile.document
    try:
        transfer: Mapping[str, Any] = document.get("transfer", {})
        lines = tuple(
            Line(str(line["kind"]), float(line["rtt_ms"]) / 1e3, float(line["bucket_bytes"]))
            for line in document.get("line", ())
        )
        costs = Costs(
            efficiency=si("efficiency"),
            delay=si("delay"),
            per_operation=si("per_operation"),
            per_byte=si("per_byte"),
            ceiling=si("ceiling") if KEYS["ceiling"] in profile.figures else inf,
            cores=int(si("cores")),
            window=int(transfer.get("window", 8)),
            lines=lines,
        )
        held = document.get("held_out", {}).get("median")
        return Fitted(costs, profile.title, None if held is None else float(held))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"the tables [transfer], [[line]] and [held_out] must be as 'devicesim calibrate' writes them: {error}"
        raise ScenarioError([Problem("", why, file)]) from None
