"""The online road from the command line: refused with exit 3, told with exit 0."""

import json
from pathlib import Path

from small_story import TEXT

NIGHT = """
[site.wan]
up = "100 Mbit/s"
[[site.wan.window]]
begin = "22:00"
end = "06:00"
"""
EARLY = """
[[site.wan.window]]
days = "Mon"
begin = "05:30"
end = "07:00"
"""
SENT = """
name = "Sent"
start = 2026-06-01T08:00:00-07:00
[site]
region = "us-west-2"
[site.wan]
up = "100 Mbit/s"
[[dataset]]
name = "video"
bucket = "arn:aws:s3:::video-in"
files = 10
size = { distribution = "fixed", value = "1 GB" }
[[task]]
name = "send"
dataset = "video"
"""


def test_a_schedule_that_overlaps_itself_ends_with_3_and_both_places(devicesim):
    Path("overlap.toml").write_text(TEXT + NIGHT + EARLY, encoding="utf-8")
    lines = (TEXT + NIGHT + EARLY).splitlines()
    places = [number for number, line in enumerate(lines, start=1) if line == "[[site.wan.window]]"]
    done = devicesim("run", "overlap.toml")
    assert (done.code, done.out) == (3, "")
    for number, place in enumerate(places):
        assert f"overlap.toml:{place}:1: error: site.wan.window[{number}]: must not overlap" in done.err
    assert "Mon 05:30 to Mon 06:00" in done.err


def test_a_story_without_a_device_is_told_in_every_form(devicesim):
    Path("sent.toml").write_text(SENT, encoding="utf-8")
    text = devicesim("run", "sent.toml")
    assert text.code == 0
    assert "Online, no device: 10 files, 10 GB" in text.out
    told = json.loads(devicesim("run", "sent.toml", "--json").out)
    (execution,) = told["sections"]["online"]["executions"]
    assert (execution["status"], execution["files"]) == ("SUCCESS", 10)
    assert told["device"] == ""
    page = devicesim("run", "sent.toml", "--report", "out.html", "--progress", "p.jsonl", "--every", "10 s")
    assert page.code == 0
    html = Path("out.html").read_text(encoding="utf-8")
    assert "Over the line" in html
    assert "send 1" in html
    records = [json.loads(line) for line in Path("p.jsonl").read_text(encoding="utf-8").splitlines()]
    assert records[-1]["BytesTransferred"] == records[-1]["TotalBytes"] == 10_000_000_000
