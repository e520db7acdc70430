"""Whether an instance may start now: AWS answers InsufficientInstanceCapacity where it may not, and it has to wait.

What never fits is refused before the run. What fits by the scenario's clock may yet not fit when it is due: an
instance that was stopped by a power cut, or boots first, still runs when the next one is to start.
"""

from __future__ import annotations

from collections.abc import Sequence

from devicesim import catalog
from devicesim.catalog import Figures


class Admission:
    """What instances of one device have together.

    Args:
        figures: of the run.
        device: its catalog entry.
        serving: services that are on beside them, by their names in the catalog.
    """

    def __init__(self, figures: Figures, device: str, serving: Sequence[str]) -> None:
        self._figures, self._types = figures, catalog.instance_types(device)
        self._vcpus = figures.si(f"{device}.cpu.vcpus")
        size = f"{device}.instances.memory"
        self._memory = figures.si(size if catalog.has(size) else f"{device}.memory.size")
        for service in serving:
            taken = f"{device}.{service}.from_instances"
            if catalog.has(taken) and figures.flag(taken):
                memory = "functions.reserved" if service == "functions" else f"{service}.memory"
                self._vcpus -= figures.si(f"{device}.{service}.vcpus")
                self._memory -= figures.si(f"{device}.{memory}")

    def admits(self, kind: str, running: Sequence[str]) -> bool:
        """Whether there is room for one more of a type beside those that are pending or run."""
        quota = f"{self._types[kind]}.quota"
        if catalog.has(quota) and [*running, kind].count(kind) > self._figures.si(quota):
            return False
        return all(
            sum(self._figures.si(f"{self._types[each]}.{what}") for each in (*running, kind)) <= most
            for what, most in (("vcpus", self._vcpus), ("memory", self._memory))
        )
