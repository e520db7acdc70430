"""The simulated device: its processes, its share of files, and what lies around it."""
