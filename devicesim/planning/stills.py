"""A plan's charts as one picture in a file, SVG or PNG; importing this needs the extra ``report``."""

from __future__ import annotations

import json
import re

import altair as alt
import vl_convert

from devicesim.planning import wording
from devicesim.planning.pictures import all_of
from devicesim.planning.plan import Plan
from devicesim.report import charts, phrases
from devicesim.report.style import CSS

WIDTH = 760
"""Of a picture in a file."""


def picture(plan: Plan, form: str) -> bytes:
    """All charts of a plan below one another, as ``svg`` or ``png``."""
    parts = [
        spec | {"width": WIDTH, "title": {"text": title, "anchor": "start"}}
        for title, spec in all_of(plan).items()
    ]
    for part in parts:
        part.pop("$schema", None)
    whole = {
        "$schema": alt.SCHEMA_URL,
        "title": {"text": phrases.plain(plan.name), "subtitle": wording.headline(plan), "anchor": "start"},
        "vconcat": parts,
        "spacing": 36,
        "padding": 24,
        "resolve": {"scale": {"color": "independent", "opacity": "independent"}},
        "config": charts.CONFIG
        | {"background": "var(--paper)", "title": {"color": "var(--ink)", "subtitleColor": "var(--muted)"}},
    }
    spec = json.loads(_lit(json.dumps(whole)))
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    if form == "svg":
        drawn: str = vl_convert.vegalite_to_svg(spec, vl_version=version)
        return drawn.encode()
    return bytes(vl_convert.vegalite_to_png(spec, vl_version=version, scale=2))


def _lit(text: str) -> str:
    """The colours of the page's light form in place of their names."""
    light = CSS[: CSS.index("@media")]
    colors = dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})", light))
    fonts = text.replace(
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif", "sans-serif"
    )
    return re.sub(r"var\((--[\w-]+)\)", lambda found: colors[found[1]], fonts)
