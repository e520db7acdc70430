"""The cores on this machine: the compiled one where there was a compiler at install time, and the pure-Python one.

Both give the same bits; ``devicesim.throughput.replay`` is the specification of the other, which is a C extension.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from devicesim.throughput.reading import Core

if TYPE_CHECKING:
    PURE: type[Core]
    """The pure-Python core."""

    CORES: tuple[type[Core], ...]
    """The cores there are, the quickest first."""

extension: Any = None
with suppress(ImportError):
    # By name: tools that read imports know only modules written in Python.
    extension = import_module("devicesim.throughput.compiled")

COMPILED: type[Core] | None = None if extension is None else extension.Replay
"""The compiled core, None if there was no compiler."""


def _pure() -> type[Core]:
    """Import the pure-Python core, which nobody needs where there is the compiled one."""
    found: type[Core] = import_module("devicesim.throughput.replay").Replay
    return found


QUICKEST: type[Core] = COMPILED or _pure()
"""What computes a transfer that names no core."""


def __getattr__(name: str) -> Any:
    if name == "PURE":
        return _pure()
    if name == "CORES":
        return (_pure(),) if COMPILED is None else (COMPILED, _pure())
    raise AttributeError(f"module 'devicesim.throughput.core' has no attribute {name!r}")
