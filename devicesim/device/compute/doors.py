"""Objects as they are put into buckets through a door: a file that somebody wrote, and no longer writes, is one."""

from __future__ import annotations

import numpy as np

from devicesim.device.compute.puts import Put
from devicesim.device.setting import Setting
from devicesim.device.share import Share


class DoorPuts:
    """What real clients have written to a share since the last time, for the functions that it triggers.

    A protocol like NFS has no end of a file: an object is put once nothing has been written to it for a while. Written
    to again, it is put again. What was removed before that is none.
    """

    def __init__(self, setting: Setting, share: Share) -> None:
        self._setting, self._share = setting, share

    def begin(self) -> None:
        """Take notice from now on."""
        if self._share.touched is None:
            self._share.touched = {}

    def tell(self, put: Put, *, last: bool = False) -> None:
        """Tell ``put`` bucket by bucket, in order of time; ``last`` takes what is being written as it is."""
        touched, now = self._share.touched, self._setting.now
        if not touched:
            return
        quiet = self._setting.figures.si("functions.quiet")
        due = {file: min(file.mtime_ns * 1e-9 + quiet, now if last else np.inf) for file in touched}
        settled = sorted((file for file in touched if due[file] <= now), key=due.__getitem__)
        for file in settled:
            del touched[file]
        there = [file for file in settled if file.nlink and file.bucket is not None]
        for name in dict.fromkeys(file.bucket.name for file in there if file.bucket is not None):
            mine = [file for file in there if file.bucket is not None and file.bucket.name == name]
            times = np.array([due[file] for file in mine])
            put(f"arn:aws:s3:::{name}", times, np.array([float(file.size) for file in mine]))
