"""The Snowball job API: one account over one World, for boto3, the AWS CLI and tests."""

from devicesim.snowball_api.errors import ApiError
from devicesim.snowball_api.model import ERAS, interface
from devicesim.snowball_api.operations import TABLE
from devicesim.snowball_api.service import Snowball
from devicesim.snowball_api.wire import Answer, Request

__all__ = ["ERAS", "TABLE", "Answer", "ApiError", "Request", "Snowball", "interface"]
