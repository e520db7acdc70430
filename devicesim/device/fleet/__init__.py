"""Many devices in rotation: a queue of jobs against the account's quota, sites that pack and send, on one clock.

Which device AWS sends is AWS's affair: one comes back, is erased, and goes out to somebody else. What a planner has
are places in the rotation, so a device here is such a place, and each of its turns is a job.
"""

from devicesim.device.fleet.bench import Bench
from devicesim.device.fleet.cargo import Cargo, Fresh, Load
from devicesim.device.fleet.fleet import Fleet, Place, Turn
from devicesim.device.fleet.quota import HELD, Counter, Usage, usage

__all__ = ["HELD", "Bench", "Cargo", "Counter", "Fleet", "Fresh", "Load", "Place", "Turn", "Usage", "usage"]
