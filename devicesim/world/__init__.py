"""World: the account, the sites, the devices and the one clock; what moves it, and what only looks."""

from devicesim.world.runs import replay, replicate, simulate
from devicesim.world.verbs import Verb
from devicesim.world.world import START, World

__all__ = ["START", "Verb", "World", "replay", "replicate", "simulate"]
