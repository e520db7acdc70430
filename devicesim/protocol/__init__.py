"""What every AWS service answered here shares: a service model as data, its bytes on the wire, what it refuses."""

from devicesim.protocol.errors import ApiError
from devicesim.protocol.operations import Entry, Table
from devicesim.protocol.shapes import Interface, Operation, Shape
from devicesim.protocol.wire import Answer, Request

__all__ = ["Answer", "ApiError", "Entry", "Interface", "Operation", "Request", "Shape", "Table"]
