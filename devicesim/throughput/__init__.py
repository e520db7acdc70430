"""The transfer core: capacities and file sizes in, curves and finish times out.

It knows links, a server with cores, a buffer and a store; what these are in the world it does not know. Every RPC
is computed, none is an event: see :mod:`~devicesim.throughput.model` for what happens to one,
:class:`~devicesim.throughput.transfer.Transfer` for how to ask.
"""

from devicesim.throughput.batch import Batch, replicate, simulate
from devicesim.throughput.curves import Curve, Usage
from devicesim.throughput.demand import bounds
from devicesim.throughput.estimates import Estimate, estimate
from devicesim.throughput.forecasts import Efficiencies, Forecast, forecast
from devicesim.throughput.model import Client, Operation, Operations, Regime, Server, Store
from devicesim.throughput.profile import Profile
from devicesim.throughput.transfer import Transfer

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
