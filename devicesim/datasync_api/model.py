"""The interface of AWS DataSync as data, as far as it is answered here.

>>> interface().target, len(interface().operations), interface().message
('FmrsService', 26, 'message')
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from devicesim.protocol.shapes import Interface, read_interface

_FOLDER = "datasync/2018-11-09"


@cache
def interface() -> Interface:
    """Read the interface."""
    return read_interface(_read("service-2.json"), _read("paginators-1.json"), "today")


def _read(name: str) -> Any:
    return json.loads((resources.files(__package__) / "data" / _FOLDER / name).read_bytes())
