"""The compiled core: C, made from the sources in c/."""

from devicesim.throughput.reading import Core

Replay: type[Core]
