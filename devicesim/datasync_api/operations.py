"""The table of DataSync's operations: which function answers each, and what triggers its errors."""

from __future__ import annotations

from devicesim.protocol.operations import Table

TABLE = Table()
"""Every operation that is answered, by name."""

operation = TABLE.operation
"""Enters a function into the table as the answer to an operation."""
