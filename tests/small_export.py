"""An export small enough for a test: forty objects of 5 MB on devices of 80 MB, so three parts; the rest certain."""

from devicesim import scenario

TEXT = """
name = "Small export"
start = 2026-06-01T08:00:00-07:00
seed = 7
[site]
region = "us-west-2"
[[dataset]]
name = "clips"
bucket = "arn:aws:s3:::small-export"
files = 40
size = { distribution = "fixed", value = "5 MB" }
[[client]]
name = "nas"
dataset = "clips"
link = "ethernet"
streams = 4
nfs = { wsize = "1 MiB" }
[job]
type = "EXPORT"
device = "EDGE"
shipping = "SECOND_DAY"
unpack = "1 h"
hand_over = "1 h"
[assume]
"EDGE.storage.capacity" = "80 MB"
"EDGE.preparation.in_stock.median" = "2 d"
"EDGE.preparation.in_stock.sigma" = 1e-13
"EDGE.preparation.stock_out.share" = 0
"EDGE.preparation.preparing_shipment.share" = 0.3
"courier.late" = 0
"courier.lost" = 0
"courier.damaged" = 0
"aws_export.failed" = 0
"aws_import.sorting_mean" = "1000 d"
"aws_import.start_mean" = "1000 d"
"""
FILE, FILES, ROOM = 5_000_000, 40, 80_000_000


def small_export(*changes: str) -> scenario.Scenario:
    """The story with changes as ``--set`` takes them: ``client.nas.streams = 1``."""
    return scenario.loads(TEXT, "small export", changes)
