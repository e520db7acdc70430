"""The page: it holds the answer, needs no network, is the same twice, and trusts no name."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sample_report
from sample_report import bare, full_disk, local_use, lost_parcel, ridge_camp

import devicesim.report
from devicesim.errors import MissingExtraError
from devicesim.report import html
from devicesim.report.model import BottleneckSpan, Cost, FigureUsed, GoalResult, Loss, Step

BAD = "<script>alert('x')</script>&\"\x1b[2J"
STORIES = [ridge_camp, full_disk, lost_parcel, local_use, bare]


def without_library(page: str) -> str:
    """The page without the chart library, of which only the absence of addresses that load is ours to hold."""
    return page.replace(html.charts.bundle(), "")


def body(page: str) -> str:
    return re.sub(r"<(wbr|/?span|/?code)[^>]*>", "", page[page.index("<body>") :])


@pytest.mark.parametrize("story", STORIES)
def test_the_page_is_well_formed(story):
    page = without_library(html.page(story()))
    assert page.startswith("<!DOCTYPE html>")
    for tag in ("section", "div", "table", "figure", "ul", "dl", "span", "code", "p", "script", "main"):
        assert len(re.findall(rf"<{tag}[ >]", page)) == page.count(f"</{tag}>"), tag


def test_the_answer_comes_first():
    page = html.page(ridge_camp())
    assert "<title>Trail cameras, ridge camp: In S3 after 13.9 days: 15 Jun 2026 06:12</title>" in page
    assert '<h1 class="good">In S3 after 13.9 days: 15 Jun 2026 06:12</h1>' in page


def test_key_numbers_and_tables_hold_the_numbers():
    page = body(html.page(ridge_camp()))
    for shown in (
        "1.1 TB",
        "all of 200,000 files",
        "4.81 MB/s",
        "0.874 files/s",
        "10 stretches",
        "9 swaps",
        "lowest charge 5 %",
        "lifted by a cable, or less distance; next is the disk at 44.1 MB/s",
        "176.50 USD",
        "Goals: 1 of 2 met",
        "13.93 days",
        "Mon  1 Jun 10:24",
        "1 business day late",
        "battery swap and boot, 9 times",
        "wifi.tcp_efficiency",
        "0.45 to 0.75",
        "+1.4 to −0.63 days",
        "Of 7 figures that this run read, 3 are assumed",
        "RFC 1813, RFC 5531",
        "devicesim run ridge-camp.toml --seed 7",
        "Seed 7.",
    ):
        assert shown in page, shown
    assert len(re.findall(r'id="chart\d', page)) == 6


def test_a_full_disk_says_what_is_missing():
    page = body(html.page(full_disk()))
    assert (
        '<h1 class="partial">In S3 after 13.9 days: 15 Jun 2026 05:36 without 2,500 files (1.25 TB)</h1>'
        in page
    )
    assert "of 9.25 TB; 16,000 files" in page
    assert "refused (ENOSPC)" in page


def test_a_lost_parcel_has_no_date_and_no_import():
    page = html.page(lost_parcel())
    assert '<h1 class="bad">Not in S3: lost on the way back to AWS</h1>' in page
    assert "Into S3" not in page
    assert 'class="open"' in page


@pytest.mark.parametrize("story", [local_use, bare])
def test_a_run_without_curves_carries_no_script(story):
    page = html.page(story())
    assert "<script" not in page
    assert "<figure" not in page


def test_assumed_figures_come_first_and_are_marked():
    page = html.page(ridge_camp())
    table = page[page.index("Figures and their sources") :]
    kinds = re.findall(r'class="kind( assumed)?">(\w+)<', table)
    assert [kind for _, kind in kinds[:3]] == ["assumed"] * 3
    assert all(bool(mark) == (kind == "assumed") for mark, kind in kinds)


def test_sources_are_links_that_load_nothing():
    page = html.page(ridge_camp())
    address = "https://docs.aws.amazon.com/snowball/latest/snowcone-guide/snowcone-what-is-snowcone.html"
    assert f'<a href="{address}" rel="noreferrer">{address}</a>' in page


@pytest.mark.parametrize("story", STORIES)
def test_the_page_loads_nothing(story):
    page = html.page(story())
    assert f'<meta http-equiv="Content-Security-Policy" content="{html.POLICY}">' in page
    assert html.POLICY.startswith("default-src 'none'")
    assert not re.search(r"<(link|img|iframe|object|embed|base)\b", without_library(page))
    assert not re.search(r"\bsrc\s*=\s*[\"']?(https?:)?//", page)
    assert not re.search(
        r"@import|url\(\s*[\"']?(https?:)?//|\bimport\s*\(|\bimport\s+[\w{*].*?\bfrom\b", page
    )
    for opening in re.findall(r"<script[^>]*>", without_library(page)):
        assert opening in {"<script>", '<script type="application/json" id="charts">'}


def test_the_same_report_gives_the_same_page_in_another_process():
    code = (
        "import hashlib, sample_report; from devicesim.report import html;"
        "print(hashlib.sha256(html.page(sample_report.ridge_camp()).encode()).hexdigest())"
    )
    path = os.pathsep.join([str(Path(sample_report.__file__).parent), *sys.path])
    elsewhere = {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "PYTHONPATH": path}
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | elsewhere, check=True, capture_output=True
    )
    pages = [html.page(ridge_camp()).encode() for _ in range(2)]
    assert pages[0] == pages[1]
    assert run.stdout.decode().strip() == hashlib.sha256(pages[0]).hexdigest()


def test_write_is_the_page_in_utf8(tmp_path):
    path = tmp_path / "out.html"
    html.write(bare(), path)
    assert path.read_bytes() == html.page(bare()).encode()


def test_names_are_text_and_nothing_else():
    report = ridge_camp()
    report = replace(
        report,
        name=BAD,
        job=BAD,
        device=BAD,
        outcome=BAD,
        repeat=BAD,
        notes=(BAD,),
        instances=(BAD,),
        timeline=(*report.timeline[:-1], Step(1e6, None, report.timeline[0].time, BAD, 0, BAD)),
        goals=(GoalResult(BAD, 1.0, False),),
        costs=(Cost(BAD, 1.0, BAD),),
        losses=(Loss(BAD, 1, 1, BAD),),
        figures=(FigureUsed(BAD, BAD, BAD, BAD, f"https://example.org/{BAD}", BAD),),
        metrics={BAD: 1.0},
        swings=tuple(swing._replace(key=BAD, value=BAD, range=BAD) for swing in report.swings),
        spans=(BottleneckSpan(0.0, 60.0, BAD, 1.0),),
        series=tuple(series._replace(name=BAD) for series in report.series),
        progress=tuple(series._replace(name=BAD) for series in report.progress),
    )
    page = without_library(html.page(report))
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert page.count("<script") == page.count("</script>") == 3
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;\N{REPLACEMENT CHARACTER}[2J" in page


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_a_missing_extra_is_one_line(monkeypatch, missing):
    for module in ("html", "charts"):
        monkeypatch.delitem(sys.modules, f"devicesim.report.{module}")
        monkeypatch.delattr(devicesim.report, module)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError) as caught:
        importlib.import_module("devicesim.report.html")
    assert str(caught.value) == "--report needs: pip install 'devicesim[report]'"


def test_text_needs_no_chart_library():
    code = (
        "import sys, devicesim.report.text; assert not {'altair', 'vl_convert', 'pandas'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, check=True
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
@pytest.mark.parametrize("story", [ridge_camp, full_disk, lost_parcel])
def test_a_browser_draws_every_chart(story, tmp_path):
    page = tmp_path / "page.html"
    html.write(story(), page)
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    options += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=8000", "--dump-dom"]
    drawn = subprocess.run(
        ["chromium", *options, page.as_uri()], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    shown = drawn[: drawn.index("</main>")]
    assert shown.count("<svg") == without_library(page.read_text(encoding="utf-8")).count('class="chart"') > 0
    assert "cannot be drawn" not in shown
