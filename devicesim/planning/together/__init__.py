"""Many futures of one job at once: its life in columns, its copy by the fast tier of the transfer core.

What is told here is what a World tells of the same draws: waiting, parcels, import and costs as exactly, the copy
within an error that is measured against the exact core and stated. A story, or a future of it, that this cannot tell
goes to a World, and :attr:`~devicesim.planning.futures.Futures.told` says so.
"""
