"""The Report as one HTML file that opens without a network; importing this needs the extra ``report``.

Everything is inside: style, data, and the JavaScript of Vega. A content security policy keeps the browser from
loading anything else, whatever a scenario's names contain. The same Report gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devicesim.report import charts, phrases
from devicesim.report.markup import key, kind, paragraph, quantity, section, source, table, text
from devicesim.report.model import IngestSummary, Report, Section
from devicesim.report.style import CSS, SCRIPT
from devicesim.report.timeline import timeline
from devicesim.scenario import METRICS
from devicesim.units import format_duration, format_rate, format_size

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_LEGS = {
    "ingest": "Onto the device",
    "import": "Into S3",
    "online": "Over the line",
    "export": "From S3 onto devices",
    "read": "Off the devices",
    "verify": "Verified",
}
_SERIES = {
    "battery.charge": "Battery charge",
    "wifi.goodput": "Wi-Fi goodput of a client",
    "compute.backlog": "Runs and requests that wait",
}
_MET = {
    True: '<li class="met"><span class="mark" title="met">✓</span>',
    False: '<li><span class="mark" title="missed">✗</span>',
}
Specs = dict[str, Any]
"""The charts of a page by the id of their place."""


def write(report: Report, path: Path) -> None:
    """Write the page to a file."""
    path.write_text(page(report), encoding="utf-8", newline="\n")


def page(report: Report) -> str:
    """The whole page as HTML."""
    specs: Specs = {}
    body = "\n".join(filter(None, _sections(report, specs)))
    title = f"{text(report.name)}: {text(phrases.headline(report))}"
    return whole_page(title, report.version, body, specs)


def whole_page(title: str, version: str, body: str, specs: Specs) -> str:
    """A page of its title and body, both HTML already, with the charts that the body has places for."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="devicesim {text(version)}">
<title>{title}</title>
<style>{CSS}</style>
</head>
<body>
<main>
{body}
</main>
{_scripts(specs)}</body>
</html>
"""


def _sections(report: Report, specs: Specs) -> Iterator[str]:
    yield _head(report)
    yield _goals(report)
    yield timeline(report)
    yield _copy(report, specs)
    yield from map(_room, report.sections)
    yield _progress(report, specs)
    yield _power_and_link(report, specs)
    yield _losses(report)
    yield _costs(report)
    yield _rests_on(report, specs)
    yield _figures(report)
    yield _metrics(report)
    yield _foot(report)
    if specs:
        yield '<noscript><p class="quiet small">Charts need JavaScript; the tables do not.</p></noscript>'


def figure(specs: Specs, spec: dict[str, Any] | None, title: str, remark: str = "") -> str:
    """A place for a chart, noted in ``specs`` for the script; nothing for a chart without data."""
    if spec is None:
        return ""
    place = f"chart{len(specs)}"
    specs[place] = spec
    more = f" <span>{text(remark)}</span>" if remark else ""
    return (
        f"<figure>\n<figcaption>{text(title)}{more}</figcaption>\n"
        f'<div class="chart" id="{place}" role="img" aria-label="{text(title)}"></div>\n</figure>'
    )


def _scripts(specs: Specs) -> str:
    if not specs:
        return ""
    document = json.dumps({"config": charts.CONFIG, "specs": specs}, separators=(",", ":"))
    # A name in the data must not be able to end the script element.
    data = document.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return (
        f'<script type="application/json" id="charts">{data}</script>\n'
        f"<script>{charts.bundle()}</script>\n<script>{SCRIPT}</script>\n"
    )


def _head(report: Report) -> str:
    answer, _, missing = phrases.headline(report).partition(", without ")
    without = f' <span class="without">without {text(missing)}</span>' if missing else ""
    notes = "\n".join(paragraph(note, "quiet") for note in report.notes)
    return (
        f'<header>\n<p class="name">{text(report.name)}</p>\n'
        f'<h1 class="{phrases.verdict(report)}">{text(answer)}{without}</h1>\n'
        f"{paragraph(phrases.subject(report), 'quiet')}\n{notes}{_key_numbers(report)}</header>"
    )


def _key_numbers(report: Report) -> str:
    cells = [
        f"<div><dt>{name}</dt><dd{' class=bad' if name == 'Lost' else ''}>{text(number)}"
        f"<span>{text(remark)}</span></dd></div>\n"
        for name, number, remark in _keys(report)
    ]
    if not cells:
        return ""
    across = len(cells) if len(cells) < 5 else -(-len(cells) // 2)
    return f'<dl class="keys" style="--across:{across}">\n{"".join(cells)}</dl>\n'


def _keys(report: Report) -> Iterator[tuple[str, str, str]]:
    """Name, value and remark of the key numbers."""
    ingest = report.ingest
    if ingest is not None:
        files = phrases.count(ingest.files, "file")
        kept = f"all of {files}" if ingest.complete else f"of {format_size(ingest.total_bytes)}; {files}"
        yield "On the device", format_size(ingest.bytes), kept
        yield "Ingest rate", format_rate(ingest.rate), phrases.files_rate(ingest.files_rate)
        yield "Copying took", format_duration(ingest.copying), phrases.count(ingest.sessions, "stretch", "es")
        for first in ingest.bottlenecks[:1]:
            yield "Bottleneck", first.station, f"{phrases.percent(first.share)} of the copying time"
    if (battery := report.battery) is not None and battery.source != "mains":
        low = f"lowest charge {phrases.percent(battery.lowest_charge)}"
        yield "Battery", phrases.count(battery.swaps, "swap"), low
    if "device_days" in report.metrics:
        yield "On site", phrases.days(report.metrics["device_days"]), "from delivery to pickup"
    if report.losses:
        size = format_size(sum(loss.bytes for loss in report.losses))
        yield "Lost", size, phrases.count(sum(loss.files for loss in report.losses), "file")
    if report.costs:
        items = phrases.count(len(report.costs), "item")
        yield "Cost", phrases.money(sum(cost.usd for cost in report.costs)), items


def _goals(report: Report) -> str:
    if not report.goals:
        return ""
    lines = "\n".join(
        f"{_MET[goal.met]}<code>{text(goal.expr)}</code>"
        f'<span class="value">{text(phrases.reached(goal))}</span></li>'
        for goal in report.goals
    )
    met = sum(goal.met for goal in report.goals)
    return section(f"Goals: {met} of {len(report.goals)} met", f'<ul class="plain goals">\n{lines}\n</ul>')


def _copy(report: Report, specs: Specs) -> str:
    ingest, instances = report.ingest, ""
    if report.instances:
        instances = paragraph(f"Instances: {'; '.join(report.instances)}.")
    if ingest is None:
        return section("Compute on the device", instances)
    return section(
        "Copy onto the device",
        paragraph(f"{phrases.speed(ingest)}: {phrases.copied(ingest)}."),
        instances,
        _stations(report, ingest),
        figure(specs, charts.rates(report), "Rate and bottleneck", "coloured by what held the copy back"),
    )


def _stations(report: Report, ingest: IngestSummary) -> str:
    if not ingest.bottlenecks:
        return ""
    colors = {station: charts.color(i) for i, station in enumerate(charts.stations(report))}
    bar = "".join(
        f'<i style="width:{100 * part.share:.2f}%;background:{colors[part.station]}"></i>'
        for part in ingest.bottlenecks
    )
    lines = "\n".join(
        f'<li><span class="dot" style="background:{colors[part.station]}"></span>'
        f'<span>{text(part.station)}</span><span class="number">{phrases.percent(part.share)}</span>'
        f'<span class="lift quiet">{text(phrases.lifted(part.lift)) if part.lift else ""}</span></li>'
        for part in phrases.telling(ingest.bottlenecks)
    )
    return f'<div class="share" aria-hidden="true">{bar}</div>\n<ul class="plain stations">\n{lines}\n</ul>'


def _room(told: Section) -> str:
    """What a room of the scenario adds: its lines, and its table if it has one."""
    rows = [tuple(map(text, row)) for row in told.rows]
    head = [(text(column), "") for column in told.columns]
    return section(
        text(told.title), *map(paragraph, told.lines), table(head, rows, stack=True) if rows else ""
    )


def _progress(report: Report, specs: Specs) -> str:
    figures = [
        figure(specs, charts.progress(report, leg), _LEGS.get(leg, leg)) for leg in charts.legs(report)
    ]
    return section("Progress", f'<div class="pair">{"".join(figures)}</div>') if any(figures) else ""


def _power_and_link(report: Report, specs: Specs) -> str:
    figures = [
        figure(specs, charts.series(report, shown), _SERIES.get(shown.name, shown.name))
        for shown in report.series
    ]
    power = paragraph(": ".join(phrases.power(report.battery)) + ".") if report.battery else ""
    return section("Power and link", power, *figures)


def _losses(report: Report) -> str:
    rows = [
        (text(phrases.place(loss)), text(loss.why), f"{loss.files:,}", format_size(loss.bytes))
        for loss in report.losses
    ]
    head = (("Where", ""), ("Why", ""), ("Files", "number"), ("Size", "number"))
    return section("What did not arrive", table(head, rows) if rows else "")


def _costs(report: Report) -> str:
    rows = [(text(cost.item), kind(cost.kind), f"{cost.usd:,.2f}") for cost in report.costs]
    total = phrases.money(sum(cost.usd for cost in report.costs))
    foot = f'<tfoot><tr><td>Total</td><td></td><td class="number">{total}</td></tr></tfoot>'
    head = (("Item", ""), ("Price is", ""), ("USD", "number"))
    return section("Cost", table(head, rows, foot) if rows else "")


def _rests_on(report: Report, specs: Specs) -> str:
    assumed = len(phrases.assumed(report.figures))
    sentence = (
        f"Of {phrases.count(len(report.figures), 'figure')} that this run read, {assumed} "
        f"{'is' if assumed == 1 else 'are'} assumed: nobody has published a measurement."
    )
    chart = figure(
        specs,
        charts.tornado(report.swings),
        "How far the assumed figures move the date",
        "from the low end of each range (blue) to the high end (orange), all else equal",
    )
    rows = [
        (key(swing.key), quantity(swing.value), quantity(swing.range), text(phrases.moves(swing)))
        for swing in phrases.weighty(report.swings)
    ]
    head = (("Figure", ""), ("Value", ""), ("Range", ""), ("Change", "number"))
    return section(
        "What the answer rests on",
        paragraph(sentence) if assumed else "",
        chart,
        table(head, rows, stack=True) if rows else "",
    )


def _figures(report: Report) -> str:
    rows = [
        (
            key(figure.key),
            quantity(figure.value),
            quantity(figure.range),
            kind(figure.kind),
            source(figure.source) + (f'<span class="note">{text(figure.note)}</span>' if figure.note else ""),
        )
        for figure in sorted(report.figures, key=lambda figure: figure.kind != "assumed")
    ]
    head = (("Figure", ""), ("Value", ""), ("Range", ""), ("Kind", ""), ("Source", ""))
    return section("Figures and their sources", table(head, rows, stack=True) if rows else "")


def _metrics(report: Report) -> str:
    rows = [
        (key(name), text(METRICS[name][2] if name in METRICS else ""), text(phrases.value(name, number)))
        for name, number in report.metrics.items()
    ]
    head = (("Name", ""), ("Meaning", ""), ("Value", "number"))
    return section("Metrics for goals", table(head, rows, stack=True) if rows else "")


def _foot(report: Report) -> str:
    return (
        "<footer>\n<h2>Repeat this run</h2>\n"
        f'<code class="repeat">{text(report.repeat)}</code>\n'
        f'<p class="quiet small">Seed {report.seed}. devicesim {text(report.version)}. Job {text(report.job)}. '
        "The same scenario and seed give this page again, byte for byte.</p>\n</footer>"
    )
