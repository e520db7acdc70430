"""The project's own claims of speed and accuracy, measured on the machine at hand.

:mod:`~devicesim.benchmark.oracle` is the event-per-RPC SimPy model that the transfer core is held against;
:mod:`~devicesim.benchmark.workloads` has the lists and nets of the comparison.
"""
