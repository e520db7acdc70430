"""Answers for planners: many futures, and the model fitted to measurements and held against them.

>>> import devicesim
>>> from devicesim.planning import replicate
>>> story = devicesim.load("scenarios/late_parcel.toml")                        # doctest: +SKIP
>>> futures = replicate(story, range(1000))                                     # doctest: +SKIP
>>> futures.metrics["days_to_s3"].shape                                         # doctest: +SKIP
(1000,)
"""

from devicesim.planning.futures import Futures, Way, joined
from devicesim.planning.replicate import replicate, story_of

__all__ = ["Futures", "Way", "joined", "replicate", "story_of"]
