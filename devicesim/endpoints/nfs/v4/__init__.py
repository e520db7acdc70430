"""NFS version 4, minor versions 0 and 1: compounds, the state of clients, sessions."""

from devicesim.endpoints.nfs.v4.version import (
    NAMES,
    ONCE,
    ONCE_BY_WEIGHT,
    PROGRAM,
    VERSION,
    WEIGHTS,
    Version4,
    refusal,
)

__all__ = ["NAMES", "ONCE", "ONCE_BY_WEIGHT", "PROGRAM", "VERSION", "WEIGHTS", "Version4", "refusal"]
