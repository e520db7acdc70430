"""The transfer core: capacities and file sizes in, curves and finish times out.

It knows links, a server with cores, a buffer and a store; what these are in the world it does not know. Every RPC
is computed, none is an event: see :mod:`~devicesim.throughput.model` for what happens to one,
:class:`~devicesim.throughput.transfer.Transfer` for how to ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devicesim.deferred import deferred

if TYPE_CHECKING:
    from devicesim.throughput.batch import Batch, replicate, simulate
    from devicesim.throughput.curves import Curve, Usage
    from devicesim.throughput.demand import bounds
    from devicesim.throughput.efficiencies import Efficiencies
    from devicesim.throughput.estimates import Estimate, estimate
    from devicesim.throughput.forecasts import Forecast, forecast
    from devicesim.throughput.model import Client, Operation, Operations, Regime, Server, Store
    from devicesim.throughput.profile import Profile
    from devicesim.throughput.transfer import Transfer

# Each is imported when it is first asked for: a run needs neither the fast tier nor batches.
_HOMES = {
    "Batch": "batch",
    "Client": "model",
    "Curve": "curves",
    "Efficiencies": "efficiencies",
    "Estimate": "estimates",
    "Forecast": "forecasts",
    "Operation": "model",
    "Operations": "model",
    "Profile": "profile",
    "Regime": "model",
    "Server": "model",
    "Store": "model",
    "Transfer": "transfer",
    "Usage": "curves",
    "bounds": "demand",
    "estimate": "estimates",
    "forecast": "forecasts",
    "replicate": "batch",
    "simulate": "batch",
}

__all__ = [
    "Batch",
    "Client",
    "Curve",
    "Efficiencies",
    "Estimate",
    "Forecast",
    "Operation",
    "Operations",
    "Profile",
    "Regime",
    "Server",
    "Store",
    "Transfer",
    "Usage",
    "bounds",
    "estimate",
    "forecast",
    "replicate",
    "simulate",
]

__getattr__, __dir__ = deferred(__name__, _HOMES)
