"""A story small enough for a test: forty files of 5 MB over a gigabit cable, everything else certain.

What is drawn at random elsewhere is switched off, so that a test names the one thing that it is about.
"""

from devicesim import scenario

TEXT = """
name = "Small story"
start = 2026-06-01T08:00:00-07:00
seed = 7
[site]
region = "us-west-2"
[[dataset]]
name = "clips"
bucket = "arn:aws:s3:::small-story"
files = 40
size = { distribution = "fixed", value = "5 MB" }
[[client]]
name = "laptop"
dataset = "clips"
link = "ethernet"
streams = 4
nfs = { wsize = "1 MiB" }
[job]
shipping = "SECOND_DAY"
unpack = "1 h"
hand_over = "1 h"
[assume]
"courier.late" = 0
"courier.lost" = 0
"courier.damaged" = 0
"preparation.stock_out.share" = 0
"aws_import.failed" = 0
"""
MONDAY = "2026-06-01T08:00:00-07:00"
BYTES = 40 * 5_000_000


def small_story(*changes: str) -> scenario.Scenario:
    """The story with changes as ``--set`` takes them: ``client.laptop.streams = 1``."""
    return scenario.loads(TEXT, "small story", changes)


CAMP = """
name = "Field camp"
start = 2026-06-01T08:00:00Z
seed = 7
[site]
region = "us-west-2"
[job]
buckets = ["arn:aws:s3:::trail-cams"]
"""
"""A whole scenario whose device nobody copies to but real clients, for tests that start servers."""
