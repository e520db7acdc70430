"""The copy onto a device: the host of the throughput core."""
