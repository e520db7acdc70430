"""The part of AWS DataSync that a Snowcone's online path needs: agents, locations, tasks, executions, tags."""

from devicesim.datasync_api.model import interface
from devicesim.datasync_api.operations import TABLE
from devicesim.datasync_api.service import DataSyncApi

__all__ = ["TABLE", "DataSyncApi", "interface"]
