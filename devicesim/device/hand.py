"""What is done to a device from outside of its scenario: through its doors, and by whoever stands beside it.

A tester who pulls the plug, an rsync that still copies, somebody who has what they came for: the customer, who
otherwise goes by the scenario, asks here before the device is packed up.
"""

from __future__ import annotations

import simpy


class Hand:
    """What hands have done to one device so far.

    Attributes:
        doors: whether real clients may come to the device through doors.
        came: when the last operation of a real client was answered, or the first of them could have come [s].
        operations: how many came.
        stopped: whether it was a hand that the device last went off by; until the customer starts it again.
        on: event that fires when a hand switches it on after that.
        returned: event that fires when the customer is told to give the device back.
        packed: whether the customer is done with it.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self.doors = self.stopped = self.packed = False
        self.came = 0.0
        self.operations = 0
        self.on = env.event()
        self.returned = env.event()

    def open_doors(self) -> None:
        """Let real clients come."""
        self.doors = True
        self.ready()

    def ready(self) -> None:
        """Begin to wait for real clients anew: from now on they can come."""
        self.came = max(self.came, float(self._env.now))

    def note(self, reply: float) -> None:
        """Note that an operation came, whose reply leaves at a time [s]."""
        self.operations += 1
        now = float(self._env.now)
        self.came = max(self.came, reply if now <= reply < float("inf") else now)

    def stop(self) -> None:
        """Note that the device goes off by hand."""
        self.stopped, self.on = True, self._env.event()

    def start(self) -> None:
        """Let the customer start it again."""
        self.on.succeed()

    def give_back(self) -> None:
        """Have the device packed up and given to the courier."""
        self.packed = True
        if not self.returned.triggered:
            self.returned.succeed()
