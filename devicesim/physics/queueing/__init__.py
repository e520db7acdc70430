"""Queues: how long requests wait for one of several slots, in theory and request by request.

:mod:`.theory` has the closed forms of M/M/c, M/G/1, M/D/1 and an approximation of G/G/c; :mod:`.recursion` serves
given arrivals first come, first served, slot by slot; :mod:`.sharing` says how fast those under way go.
"""

from devicesim.physics.queueing.recursion import Slots, serve
from devicesim.physics.queueing.sharing import shared_speed
from devicesim.physics.queueing.theory import (
    erlang_b,
    erlang_c,
    ggc_wait,
    md1_wait,
    mg1_wait,
    mmc_wait,
    mmc_wait_quantile,
)

__all__ = [
    "Slots",
    "erlang_b",
    "erlang_c",
    "ggc_wait",
    "md1_wait",
    "mg1_wait",
    "mmc_wait",
    "mmc_wait_quantile",
    "serve",
    "shared_speed",
]
