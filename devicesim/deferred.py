"""Names of a package that are imported when they are first asked for (PEP 562): a start pays for what it uses."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def deferred(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a module some of whose names live elsewhere.

    Args:
        package: the module's name; its package, or the module itself if it is one, holds the homes.
        homes: for each name the module that it is in, as ``"cluster.whole"``.

    >>> find, names = deferred("devicesim.report", {"Report": "model"})
    >>> find("Report").__module__, "Report" in names()
    ('devicesim.report.model', True)
    """
    module = sys.modules[package]

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{module.__package__}.{homes[name]}"), name)
        setattr(module, name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(module), *homes})

    return find, names
