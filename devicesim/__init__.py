"""A twin of the AWS Snow devices.

>>> import devicesim
>>> world = devicesim.simulate(devicesim.load("scenarios/ridge_camp.toml"))     # doctest: +SKIP
>>> for sample in world.progress(every="10 min"):                               # doctest: +SKIP
...     print(sample.seconds, sample.BytesTransferred)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.deferred import deferred

if TYPE_CHECKING:
    from devicesim.device.neighbours import Neighbours
    from devicesim.errors import DevicesimError, ScenarioError
    from devicesim.jobs import JobState
    from devicesim.progress import DataTransferProgress
    from devicesim.report.fold import answer
    from devicesim.report.model import Report
    from devicesim.scenario import Scenario, load, loads
    from devicesim.snowball_api.stubber import stubber
    from devicesim.world import World, replay, replicate, simulate

__version__ = "0.1.0"

_HOMES = {
    "DataTransferProgress": "progress",
    "DevicesimError": "errors",
    "JobState": "jobs",
    "Neighbours": "device.neighbours",
    "Report": "report.model",
    "Scenario": "scenario",
    "ScenarioError": "errors",
    "World": "world",
    "answer": "report.fold",
    "load": "scenario",
    "loads": "scenario",
    "replay": "world",
    "replicate": "world",
    "simulate": "world",
    "stubber": "snowball_api.stubber",
}

__all__ = [
    "DataTransferProgress",
    "DevicesimError",
    "JobState",
    "Neighbours",
    "Report",
    "Scenario",
    "ScenarioError",
    "World",
    "answer",
    "load",
    "loads",
    "replay",
    "replicate",
    "simulate",
    "stubber",
]

__getattr__, __dir__ = deferred(__name__, _HOMES)
