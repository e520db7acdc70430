"""What became of a fleet: when all of the data is in S3, what every job was, and what held them up."""

from devicesim.report.fleet.account import Account
from devicesim.report.fleet.whole import whole

__all__ = ["Account", "whole"]
