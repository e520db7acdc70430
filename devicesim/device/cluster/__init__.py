"""A cluster: several Edge devices that keep their data together."""
