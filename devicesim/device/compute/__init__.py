"""Compute on a device: instances, requests and functions beside the copy."""
