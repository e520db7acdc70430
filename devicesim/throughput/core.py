"""The cores on this machine: the compiled one where there was a compiler at install time, and the pure-Python one.

Both give the same bits; ``devicesim.throughput.replay`` is the specification of the other, which is a C extension.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

from devicesim.throughput.reading import Core
from devicesim.throughput.replay import Replay

extension: Any = None
with suppress(ImportError):
    # By name: tools that read imports know only modules written in Python.
    extension = import_module("devicesim.throughput.compiled")

COMPILED: type[Core] | None = None if extension is None else extension.Replay
"""The compiled core, None if there was no compiler."""

PURE: type[Core] = Replay

CORES: tuple[type[Core], ...] = (PURE,) if COMPILED is None else (COMPILED, PURE)
"""The cores there are, the quickest first."""
