"""The interface of Amazon Import/Export Snowball as data: operations and shapes, of today and of June 2020.

The data is the service's published model, shipped with this package, so that nothing here depends on which
version of an AWS library is installed, or on whether that still knows the service.

>>> interface("2020").operations["CreateCluster"].input.required
('JobType', 'Resources', 'AddressId', 'RoleARN', 'ShippingOption')
>>> len(interface("2020").operations), len(interface().operations)
(19, 27)
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from devicesim.errors import unknown
from devicesim.protocol.shapes import Interface, read_interface

ERAS = ("today", "2020")
"""``today``: the model of 2026; ``2020``: that of the change that brought SNC1_HDD, 17 June 2020."""

_FOLDER = "snowball/2016-06-30"


@cache
def interface(era: str = "today") -> Interface:
    """Read the interface of an era.

    Raises:
        UnknownNameError: neither ``today`` nor ``2020``.
    """
    if era not in ERAS:
        raise unknown("API era", era, ERAS)
    return read_interface(_read(era, "service-2.json"), _read(era, "paginators-1.json"), era)


def _read(era: str, name: str) -> Any:
    return json.loads((resources.files(__package__) / "data" / era / _FOLDER / name).read_bytes())
