"""What no single field can tell, room by room.

Checks look at the raw document where a name or a switch is enough, so that they speak even if the table
around it has other faults, and at the validated parts where quantities count.
"""

from __future__ import annotations

from collections.abc import Iterator

from devicesim.scenario.checks import (
    batch,
    clients,
    cluster,
    compute,
    device,
    export,
    faults,
    fleet,
    interface,
    online,
    story,
)
from devicesim.scenario.checks.draft import Draft, assumptions
from devicesim.scenario.findings import Finding

ROOMS = (
    story.check,
    device.check,
    clients.check,
    interface.check,
    batch.check,
    compute.check,
    cluster.check,
    online.check,
    fleet.check,
    export.check,
    faults.check,
)
"""One function for each room of the scenario: a draft in, findings out."""


def check(draft: Draft) -> Iterator[Finding]:
    """Yield everything that does not fit together."""
    for room in ROOMS:
        yield from room(draft)


__all__ = ["Draft", "assumptions", "check"]
