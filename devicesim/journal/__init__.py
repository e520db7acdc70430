"""State that survives: the log of a World's verbs on disk, as it grows, and the contents that clients wrote.

A World's state is its scenario, its seed and its log of verbs; so that is what the file holds, and going on from it is
to make the World again. A checkpoint cannot be a picture of the processes; it is a proof: a hash by which a World that
is made again is held to be the same (:mod:`devicesim.journal.proof`), at a place up to which the log is compact.

Why not a picture as well: a World stands in Python's generators, which cannot be written down, and in queues of the
transfer core, whose next replies depend on every operation before; a share alone is not the World. And a picture would
have to be loaded by running what a file says. So a restart costs what the log costs: about 50 us of processor time for
an operation of a door, half of what it took when it came (100,000 of them 4.8 s).

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
