"""What the entries of devices say in names: capacities, instance types, ports, and where they are offered.

A new device is a new data file: nothing here, or above, knows the name of one.
"""

from __future__ import annotations

from devicesim.catalog.store import entries, entry

FIRST = "SNC1_HDD"
"""What a job orders that names no device: the type with which the API of 2020-06-17 came."""

NO_PREFERENCE = "NoPreference"
"""``SnowballCapacity`` of a job that takes what there is."""


def capacities(device: str) -> tuple[str, ...]:
    """Name the ``SnowballCapacity`` values of a device, the one that ``NoPreference`` means first.

    >>> capacities("STANDARD")
    ('T80', 'T50')
    """
    return entry(device).listing("capacities")


def all_capacities() -> tuple[str, ...]:
    """Name every ``SnowballCapacity`` that some device has, in alphabetical order."""
    return tuple(sorted({name for each in entries("device") for name in each.listing("capacities")}))


def room(device: str, capacity: str = NO_PREFERENCE, computing: bool = False) -> str:
    """Give the key of the figure that says how much data a device of a capacity takes.

    Args:
        device: its ``SnowballType``.
        capacity: its ``SnowballCapacity``.
        computing: whether instances or functions are ordered with it, which take room on some devices.

    >>> room("STANDARD", "T50"), room("STANDARD"), room("EDGE", computing=True)
    ('STANDARD.storage.T50', 'STANDARD.storage.capacity', 'EDGE.storage.with_compute')
    """
    known = entry(device)
    if f"storage.{capacity}" in known:
        return f"{device}.storage.{capacity}"
    if computing and "storage.with_compute" in known:
        return f"{device}.storage.with_compute"
    return f"{device}.storage.capacity"


def instance_types(device: str) -> dict[str, str]:
    """Give the instance types of a device, each with the key below which its figures stand.

    >>> instance_types("SNC1_HDD")["snc1.medium"]
    'SNC1_HDD.instances.medium'
    """
    mark = ".type"
    return {
        figure.text: f"{device}.{path.removesuffix(mark)}"
        for path, figure in entry(device).figures.items()
        if path.startswith("instances.") and path.endswith(mark)
    }


def all_instance_types() -> tuple[str, ...]:
    """Name the instance types of all devices."""
    return tuple(dict.fromkeys(name for each in entries("device") for name in instance_types(each.name)))


def offered(device: str, region: str, capacity: str = NO_PREFERENCE) -> bool:
    """Tell whether AWS offered a device, or a capacity of it, in a Region; where nothing is known it did.

    >>> offered("STANDARD", "eu-west-1"), offered("STANDARD", "eu-west-1", "T50")
    (True, False)
    """
    lists = entry(device).lists
    return all(region in lists[key].names for key in ("regions", f"regions_{capacity}") if key in lists)


def own(device: str, path: str) -> str:
    """Give the key of a figure that some devices have of their own and a model has for all the others.

    >>> own("EDGE", "preparation.in_stock.median"), own("SNC1_HDD", "preparation.in_stock.median")
    ('EDGE.preparation.in_stock.median', 'preparation.in_stock.median')
    """
    return f"{device}.{path}" if path in entry(device) else path
