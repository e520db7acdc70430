"""The road over the wire: the site's line, agents that send files over it, and who goes by which road.

An agent stands on premises or on the device and runs one execution of a task at a time. An execution is a few
events, whatever it moves: between two changes of the line, of the device or of a limit, how far it has come is a
closed form.
"""

from devicesim.device.online.execution import Execution
from devicesim.device.online.service import DataSync
from devicesim.device.online.undertaking import Online

__all__ = ["DataSync", "Execution", "Online"]
