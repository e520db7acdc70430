"""State that survives: the log of a World's verbs on disk, as it grows, and the contents that clients wrote.

A World's state is its scenario, its seed and its log of verbs; so that is what the file holds, and going on from it is
to make the World again. A checkpoint cannot be a picture of the processes; it is a proof: a hash by which a World that
is made again is held to be the same (:mod:`devicesim.journal.proof`), at a place up to which the log is compact.

>>> import tempfile
>>> from pathlib import Path
>>> from devicesim.world import World, replay
>>> folder = tempfile.TemporaryDirectory()
>>> path = Path(folder.name) / "camp.state"
>>> with Journal(path) as journal:
...     journal.begin(Told(options={"seed": 7, "content": "keep"}))
...     world = World(seed=7, content=journal.policy)
...     job = world.create_job()
...     journal.commit(world)
>>> with Journal(path) as journal:
...     again = replay(None, journal.told.options["seed"], journal.log, content=journal.policy)
>>> again.job(job).state is world.job(job).state
True
>>> folder.cleanup()
"""

from devicesim.journal.journal import Journal
from devicesim.journal.told import Told, differences

__all__ = ["Journal", "Told", "differences"]
