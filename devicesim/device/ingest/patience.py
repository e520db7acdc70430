"""How long a copy may stand still, and until when the device serves at all.

A link that never comes back or a disk too hot to run must not keep a story from its end: the customer gives up
after a while. AWS's certificate ends so many days after the device was prepared; it then locks.
"""

from __future__ import annotations

import numpy as np

from devicesim.device.course import Copying
from devicesim.device.setting import Setting
from devicesim.units import format_duration


class Patience:
    """What ends a session that gets nowhere.

    Args:
        setting: of the run.
        kind: catalog entry of the device.
        began: when the copy's first session began; clients that start later are waited for [s].
        made: when the job was created; the certificate counts from there [s].

    Attributes:
        until: when to look again at the latest [s].
    """

    def __init__(self, setting: Setting, kind: str, began: float, made: float) -> None:
        self._wait = setting.figures.si("default_customer.patience")
        self._lock = made + setting.figures.si(f"{kind}.certificate.lifetime")
        latest = max((client.start_after for client in setting.scenario.clients), default=0.0)
        self._since = max(setting.now, began + latest)
        self.until = min(self._since + self._wait, self._lock)

    def spent(self, transfer: Copying, now: float) -> str:
        """Why the copy ends here, or nothing."""
        if now >= self._lock:
            return "the device locked when its certificate ended"
        if now < self.until:
            return ""
        before, after = transfer.progress(np.array([max(now - self._wait, self._since), now]))[0]
        if after == before:
            return f"nothing moved for {format_duration(self._wait)}"
        self.until = min(now + self._wait / 8, self._lock)
        return ""
