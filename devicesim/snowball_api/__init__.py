"""The Snowball job API: one account over one World, for boto3, the AWS CLI and tests."""

from devicesim.protocol.wire import Answer, Request
from devicesim.snowball_api.errors import ApiError
from devicesim.snowball_api.model import ERAS, interface
from devicesim.snowball_api.operations import TABLE
from devicesim.snowball_api.service import Snowball

__all__ = ["ERAS", "TABLE", "Answer", "ApiError", "Request", "Snowball", "interface"]
