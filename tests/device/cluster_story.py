"""A cluster story small enough for a test: everything certain, the nodes there at once, one client or several.

What is drawn at random elsewhere is switched off, and so is what a request costs besides its bytes, so that a test
names the one thing that it is about.
"""

from devicesim import scenario

TEXT = """
name = "Small cluster"
start = 2020-07-06T08:00:00-07:00
seed = 7
[site]
region = "us-west-2"
rtt = "0.01 ms"
[[dataset]]
name = "clips"
bucket = "arn:aws:s3:::small-story"
files = 400
size = { distribution = "fixed", value = "1 GB" }
[[client]]
name = "recorder"
dataset = "clips"
link = "ethernet"
rate = "10 Gbit/s"
streams = 8
interface = "s3"
s3 = { part = "16 MB", requests = 8 }
[job]
type = "LOCAL_USE"
device = "EDGE"
unpack = "1 h"
hand_over = "1 h"
keep = "3 d"
[cluster]
nodes = 5
port = "10 Gbit/s"
[assume]
"courier.late" = 0
"courier.lost" = 0
"courier.damaged" = 0
"EDGE.preparation.stock_out.share" = 0
"EDGE.preparation.in_stock.sigma" = 0.001
"EDGE.s3.accesses" = "0 IO"
"EDGE.s3.per_operation" = "0 us"
"EDGE.disk.inner_ratio" = 1
"nfs.client.efficiency" = 1
"""
BYTES = 400 * 10**9


def cluster_story(*changes, more=""):
    """The story with changes as ``--set`` takes them, and further tables."""
    return scenario.loads(TEXT + more, "small cluster", changes)
