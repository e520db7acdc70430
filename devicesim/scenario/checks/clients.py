"""Whether each client has something to copy, or comes through the doors, from an address of its own."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.checks.roads import named
from devicesim.scenario.findings import Finding

_BESIDE = ("cluster", "fleet", "hybrid", "task", "dataset")


def check(draft: Draft) -> Iterator[Finding]:
    """Yield clients with nothing to copy where data is copied, and addresses that two of them have."""
    left_to_doors = _left_to_doors(draft)
    addresses: dict[Any, int] = {}
    for index, client in draft.tables("client"):
        if not named(wanted := client.get("dataset", [])) and isinstance(wanted, list) and not left_to_doors:
            given = "dataset" in client
            why = "must not be empty" if given else "is missing"
            hint = "" if given else 'add dataset = "photos"'
            yield Finding(("client", index, "dataset"), why, hint)
        try:
            network = ip_network(client.get("address", ""), strict=False)
        except ValueError:
            continue  # there is none, or it is told of where its own field is read
        if network in addresses:
            why = f"must be another client's than client[{addresses[network]}]'s, got {client['address']!r}"
            yield Finding(("client", index, "address"), why)
        addresses.setdefault(network, index)


def _left_to_doors(draft: Draft) -> bool:
    """Whether the scenario names buckets, and no data: what comes through the doors is the data."""
    job = draft.table("job")
    if any(draft.document.get(room) for room in _BESIDE):
        return False
    return bool(job.get("buckets")) and job.get("type", "IMPORT") == "IMPORT"
