"""A World that a journal keeps, for tests of what is on the disk and what comes back."""

import shutil
from pathlib import Path
from typing import Any

from devicesim.device.share import Bucket, Share
from devicesim.journal import Journal, Told
from devicesim.snowball_api.kept import kept
from devicesim.snowball_api.snow import Snow

FILES = ("", "-wal", "-content")
"""What a state's files end in."""


def killed(path: Path, name: str = "again") -> Path:
    """The file as a process leaves it that is killed now."""
    there = path.with_name(f"{name}.state")
    for ending in FILES:
        if Path(f"{path}{ending}").exists():
            shutil.copy(f"{path}{ending}", f"{there}{ending}")
    return there


def serving(journal: Journal, **options: Any) -> Snow:
    """A job that only the API knows, whose device serves."""
    snow = kept(journal, Told(options={"seed": 7, **options}))
    snow.world.create_job()
    snow.world.open_doors()
    snow.world.until_serving()
    return snow


def bucket(snow: Snow) -> tuple[Share, Bucket]:
    share = snow.world.life().device.share
    return share, next(iter(share.buckets.values()))
