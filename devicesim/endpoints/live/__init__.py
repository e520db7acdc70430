"""What the HTTP door shows of a World while it goes: a page, its state as JSON, a stream of states, OpenMetrics."""

from devicesim.endpoints.live.feed import Feed
from devicesim.endpoints.live.metrics import CONTENT_TYPE, metrics
from devicesim.endpoints.live.page import POLICY, page
from devicesim.endpoints.live.state import state

__all__ = ["CONTENT_TYPE", "POLICY", "Feed", "metrics", "page", "state"]
