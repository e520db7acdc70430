"""The cores on this machine: the compiled one where there was a compiler at install time, and the pure-Python one.

Both give the same bits; ``devicesim.throughput.replay`` is the specification of the other, which is a C extension.
"""

from __future__ import annotations

from devicesim.throughput.reading import Core
from devicesim.throughput.replay import Replay

try:
    from devicesim.throughput.compiled import Replay as _Compiled
except ImportError:
    COMPILED: type[Core] | None = None
else:
    COMPILED = _Compiled

PURE: type[Core] = Replay

CORES: tuple[type[Core], ...] = (PURE,) if COMPILED is None else (COMPILED, PURE)
"""The cores there are, the quickest first."""
