"""Files of measurements: a plain CSV, and what fio, elbencho, rclone, nfsiostat and mountstats write.

Each reader says all that is wrong at once, with its line, and takes from :class:`Given` what its tool does not tell.
"""

from devicesim.planning.measured.readers.given import Given
from devicesim.planning.measured.readers.reading import FORMATS, read, read_all

__all__ = ["FORMATS", "Given", "read", "read_all"]
