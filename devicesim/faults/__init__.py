"""Faults by the hundred: random schedules of them from a seed, and a shrinker for the story that one of them breaks.

>>> from devicesim.scenario import loads, template
>>> story = loads(template())
>>> len(schedule(story, 7, 3)), schedule(story, 7, 3) == schedule(story, 7, 3)
(3, True)
"""

from devicesim.faults.schedule import MOST, laid, possible, schedule
from devicesim.faults.shrink import Shrunk, shrink
from devicesim.faults.written import written

__all__ = ["MOST", "Shrunk", "laid", "possible", "schedule", "shrink", "written"]
