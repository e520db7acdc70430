"""Whole runs: one future, many futures, and a World made again from its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from devicesim.device.neighbours import Neighbours
from devicesim.device.share import Policy
from devicesim.scenario import Scenario
from devicesim.world.verbs import HEAR, Verb
from devicesim.world.world import World


def pass_by(world: World, number: int) -> None:
    """Where nobody looks."""


def simulate(
    scenario: Scenario,
    seed: int | None = None,
    *,
    replication: int = 0,
    neighbours: Neighbours | None = None,
) -> World:
    """Run a scenario to its end."""
    world = World(scenario, seed=seed, replication=replication, neighbours=neighbours)
    world.run()
    return world


def replicate(scenario: Scenario, count: int, seed: int | None = None) -> Iterator[World]:
    """Run many futures of one scenario; number i equals ``simulate(..., replication=i)``."""
    return (simulate(scenario, seed, replication=i) for i in range(count))


def replay(
    scenario: Scenario | None,
    seed: int,
    log: Sequence[Verb],
    *,
    replication: int = 0,
    clock: str = "manual",
    content: str | Policy = "discard",
    attach: Sequence[Callable[[World], Any]] = (),
    passed: Callable[[World, int], None] = pass_by,
) -> World:
    """Make the World that a scenario, a seed and a log of verbs describe.

    Args:
        scenario: as it was. seed, replication, clock: likewise.
        content: what becomes of bytes that are written; those of the log are not in it, and read as zeros unless the
            policy knows better.
        log: the verbs.
        attach: makes the upper layers whose verbs the log holds, each on the new World.
        passed: is shown the World when so many verbs have been applied.
    """
    world = World(scenario, seed=seed, replication=replication, clock=clock, content=content)
    for layer in attach:
        layer(world)
    heard = [verb for verb in log if verb.name == HEAR]
    world._setting.heard.recall(
        (verb.at, verb.arguments["question"], verb.arguments["answer"]) for verb in heard
    )
    for number, verb in enumerate(log, 1):
        if verb.name != HEAR:
            world._go(verb.at)
            if verb.name == "advance":
                world._move(verb.arguments["to"])
            else:
                getattr(world, verb.name)(**verb.arguments)
        passed(world, number)
    world._setting.heard.recall(())
    world.stand()  # what making it took is no time of the World
    return world
