"""The Report's curves as Vega-Lite charts, made with altair; importing this needs the extra ``report``.

Colours are names of CSS variables, so that the page decides on light, dark and print. Times are the run's
local times, written as if they were UTC: a reader in another zone sees what a clock on site showed. No chart
carries more than :data:`POINTS` points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import MissingExtraError
from devicesim.report import phrases
from devicesim.report.model import BottleneckSpan, Report, Series, Swing

try:
    import altair as alt
    import vl_convert
except ImportError:
    raise MissingExtraError("--report", "report") from None

POINTS = 1000
"""Most points of a chart."""
BARS = 12
"""Most figures of the tornado chart."""
COLORS = 7
"""How many colours the page names ``--c0``, ``--c1``, ..; further stations share the last."""

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_SHORT = "datum.value === 0 ? '0' : format(datum.value, '~s')"
_Rows = list[dict[str, Any]]

CONFIG: dict[str, Any] = {
    "background": "transparent",
    # Named in full: Vega measures labels on a canvas, which knows no inheritance.
    "font": "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domainColor": "var(--line)",
        "gridColor": "var(--line)",
        "gridOpacity": 0.6,
        "tickColor": "var(--line)",
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "axisY": {"domain": False, "ticks": False, "labelPadding": 6, "tickCount": 4},
    "axisX": {"grid": False, "labelOverlap": "greedy"},
    "text": {"color": "var(--ink)", "fontSize": 12},
}
"""The look of all charts, given to the page's script once."""


@cache
def bundle() -> str:
    """The JavaScript that draws: ``vegaEmbed`` and all it needs, for the Vega-Lite that altair writes."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version)


def stations(report: Report) -> list[str]:
    """The stations of the copy, largest share of its time first: the order of their colours."""
    named = [part.station for part in report.ingest.bottlenecks] if report.ingest else []
    return list(dict.fromkeys(named + [span.station for span in report.spans]))


def color(index: int) -> str:
    """The CSS colour of the station at an index."""
    return f"var(--c{min(index, COLORS - 1)})"


def thin(time: Sequence[float], value: Sequence[float], most: int) -> NDArray[np.intp]:
    """Choose at most ``most`` points, in order: the ends, and lows and highs of equal stretches.

    >>> thin(range(6), [0, 9, 1, 1, -9, 0], 4).tolist()
    [0, 1, 4, 5]
    """
    size = len(time)
    if size <= most:
        return np.arange(size)
    edges = np.linspace(1, size - 1, (most - 2) // 2 + 1).astype(np.intp)
    values = np.asarray(value, dtype=np.float64)
    kept = [0, size - 1]
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        kept += [low + int(values[low:high].argmin()), low + int(values[low:high].argmax())]
    return np.unique(np.array(kept, dtype=np.intp))


def gather(spans: Sequence[BottleneckSpan], most: int) -> list[BottleneckSpan]:
    """Join equal neighbours, then any, until at most ``most`` are left; who bound longest names each."""
    even: list[BottleneckSpan] = []
    for span in spans:
        last = even[-1] if even else None
        if last and (last.end, last.station, last.rate) == (span.start, span.station, span.rate):
            even[-1] = last._replace(end=span.end)
        else:
            even.append(span)
    size = max(1, -(-len(even) // most))
    return [_joined(even[i : i + size]) for i in range(0, len(even), size)]


def _joined(spans: Sequence[BottleneckSpan]) -> BottleneckSpan:
    if len(spans) == 1:
        return spans[0]
    held: dict[str, float] = {}
    for span in spans:
        held[span.station] = held.get(span.station, 0.0) + span.end - span.start
    moved = sum(span.rate * (span.end - span.start) for span in spans)
    whole = spans[-1].end - spans[0].start
    return BottleneckSpan(
        spans[0].start, spans[-1].end, max(held, key=lambda s: held[s]), moved / whole if whole else 0.0
    )


def legs(report: Report) -> list[str]:
    """The legs that have a progress curve, in their order; a curve's name begins with its leg's."""
    return list(dict.fromkeys(series.name.partition(" ")[0] for series in report.progress if series.time))


def progress(report: Report, leg: str) -> dict[str, Any] | None:
    """Bytes (area, left) and files or objects (line, right) of a leg over time; None without bytes."""
    curves = {s.unit: s for s in report.progress if s.time and s.name.partition(" ")[0] == leg}
    size = curves.pop("B", None)
    if size is None:
        return None
    factor, unit = _scale(size.value, "B")
    rows = _rows(phrases.epoch(report), size, factor, POINTS)
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=_time_axis(rows))
    left = base.encode(y=_from_zero("value:Q", f"{unit} (area)" if curves else unit))
    layers = [left.mark_area(color=color(0), opacity=0.35)]
    shown = [alt.Tooltip("value:Q", title=unit, format=",.4~r")]
    for curve in list(curves.values())[:1]:
        things = curve.unit or phrases.plain(curve.name).removeprefix(leg).strip()
        times = [size.time[i] for i in thin(size.time, size.value, POINTS).tolist()]
        for row, number in zip(rows, np.interp(times, curve.time, curve.value).tolist(), strict=True):
            row["count"] = _short(number)
        right = base.encode(
            y=_from_zero("count:Q", f"{things} (line)", orient="right", grid=False, labelExpr=_SHORT)
        )
        layers.append(right.mark_line(color=color(1), strokeWidth=1.8))
        shown.append(alt.Tooltip("count:Q", title=things, format=",.0f"))
    # Scales are independent for the second axis, so the points would draw the first a second time.
    points = base.encode(y=alt.Y("value:Q", scale=alt.Scale(domainMin=0), axis=None))
    layers.append(_hover(points, shown))
    return _chart(alt.layer(*layers).resolve_scale(y="independent"), 190)


def _from_zero(field: str, title: str, **axis: Any) -> Any:
    return alt.Y(field, title=title, scale=alt.Scale(domainMin=0), axis=alt.Axis(**axis))


def rates(report: Report) -> dict[str, Any] | None:
    """Rate of the copy over time, each stretch in the colour of the station that bound it."""
    spans = gather(report.spans, POINTS)
    if not spans:
        return None
    begin = phrases.epoch(report)
    factor, unit = _scale([span.rate for span in spans], "B/s")
    rows: _Rows = [
        {
            "from": _stamp(begin, span.start),
            "to": _stamp(begin, span.end),
            "zero": 0,
            "rate": _short(span.rate / factor),
            "station": phrases.plain(span.station),
        }
        for span in spans
    ]
    names = [phrases.plain(station) for station in stations(report)]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect(opacity=0.85)
        .encode(
            x=_time_axis(rows, "from", "to"),
            x2="to:T",
            y=alt.Y("rate:Q", title=unit, scale=alt.Scale(zero=True, nice=True)),
            y2="zero:Q",
            color=alt.Color(
                "station:N",
                scale=alt.Scale(domain=names, range=[color(i) for i in range(len(names))]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("station:N", title="Bound by"),
                alt.Tooltip("rate:Q", title=unit, format=".3~r"),
                _at("from", "From"),
                _at("to", "To"),
            ],
        )
    )
    return _chart(chart, 200)


def series(report: Report, shown: Series) -> dict[str, Any] | None:
    """A sampled quantity over time: lines between points for shares, steps for everything else."""
    if not shown.time:
        return None
    share = shown.unit == "1"
    factor, unit = (0.01, "%") if share else _scale(shown.value, shown.unit)
    rows = _rows(phrases.epoch(report), shown, factor, POINTS)
    scale = alt.Scale(domain=[0, 100]) if share else alt.Scale(zero=True, nice=True)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=_time_axis(rows), y=alt.Y("value:Q", title=unit, scale=scale)
    )
    area = base.mark_area(
        color=color(2 if share else 0),
        opacity=0.22,
        interpolate="linear" if share else "step-after",
        line={"color": color(2 if share else 0), "strokeWidth": 1.2},
    )
    return _chart(alt.layer(area, _hover(base, [alt.Tooltip("value:Q", title=unit, format=",.4~r")])), 150)


def tornado(swings: Sequence[Swing]) -> dict[str, Any] | None:
    """How far each assumed figure moves the answer, from the low and the high end of its range."""
    ranked = [s for s in phrases.weighty(swings) if phrases.moves(s) != "no change"][:BARS]
    widest = max((_reach(s) for s in ranked), default=0.0)
    moving = [s for s in ranked if not _reach(s) < 0.01 * widest]
    rows: _Rows = [
        {"figure": phrases.plain(s.key), "range": phrases.plain(s.range), "end": end, "days": _short(number)}
        for s in moving
        for end, number in (("low end", s.low_days), ("high end", s.high_days))
    ]
    if not rows:
        return None
    signed = "datum.value === 0 ? '0' : format(datum.value, '+~g')"
    axis = alt.Axis(labelExpr=signed, grid=True, tickCount=5)
    ends = ["low end", "high end"]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("days:Q", title="change of the answer, in days", axis=axis),
        y=alt.Y(
            "figure:N",
            sort=None,
            title=None,
            axis=alt.Axis(labelLimit=260, labelColor="var(--ink)"),
        ),
        yOffset=alt.YOffset("end:N", sort=ends),
    )
    bars = base.mark_bar(cornerRadius=2).encode(
        color=alt.Color(
            "end:N",
            scale=alt.Scale(domain=ends, range=[color(0), color(1)]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("figure:N", title="Figure"),
            alt.Tooltip("range:N", title="Range"),
            alt.Tooltip("end:N", title="At its"),
            alt.Tooltip("days:Q", title="Days", format="+.2~f"),
        ],
    )
    zero = alt.Chart(alt.InlineData(values=[{"days": 0}])).mark_rule(color="var(--muted)").encode(x="days:Q")
    return _chart(alt.layer(bars, zero), 40 * len(moving))


def _reach(swing: Swing) -> float:
    """The longer of its two bars; one without an end is not drawn and counts nothing."""
    ends = (swing.low_days, swing.high_days)
    return max((abs(end) for end in ends if math.isfinite(end)), default=0.0)


def _chart(chart: Any, height: int) -> dict[str, Any]:
    drawn = chart.properties(width="container", height=height)
    spec: dict[str, Any] = drawn.to_dict(validate=True)
    # What an enabled altair theme put here would differ from machine to machine; the page has CONFIG.
    spec.pop("config", None)
    return spec


def _hover(base: Any, shown: list[Any]) -> Any:
    """Points that show themselves and their values only under the pointer."""
    near = alt.selection_point(
        name="near", on="pointermove", nearest=True, fields=["time"], empty=False, clear="pointerout"
    )
    return (
        base.mark_point(filled=True, size=50, color="var(--ink)")
        .encode(
            opacity=alt.condition(near, alt.value(1), alt.value(0)), tooltip=[_at("time", "Time"), *shown]
        )
        .properties(name="points")
        .add_params(near)
    )


def _at(field: str, title: str) -> Any:
    return alt.Tooltip(
        f"{field}:T", title=title, format="%d %b %H:%M", timeUnit="utcyearmonthdatehoursminutes"
    )


def _rows(begin: datetime, shown: Series, factor: float, most: int) -> _Rows:
    return [
        {"time": _stamp(begin, shown.time[i]), "value": _short(shown.value[i] / factor)}
        for i in thin(shown.time, shown.value, most).tolist()
    ]


def _stamp(begin: datetime, seconds: float) -> int:
    """Milliseconds of the local clock, counted as if it were UTC."""
    wall = begin.replace(tzinfo=None) + timedelta(seconds=seconds)
    return round((wall - datetime(1970, 1, 1)).total_seconds() * 1000)


def _short(number: float) -> float | None:
    """Six digits are plenty for a chart; what is not finite is a gap."""
    return float(f"{number:.6g}") if math.isfinite(number) else None


def _scale(values: Iterable[float], unit: str) -> tuple[float, str]:
    """Divisor and unit for an axis: bytes with a decimal prefix, counts of things in thousands at most."""
    top = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if unit not in {"B", "B/s"}:
        return 1.0, unit
    return next((factor, prefix + unit) for factor, prefix in _PREFIXES if top >= factor or factor == 1.0)


def _time_axis(rows: _Rows, first: str = "time", last: str = "time") -> Any:
    """Local time: hours where the chart spans a day or two, else days."""
    hours = (rows[-1][last] - rows[0][first]) / 3.6e6
    clock = "utcFormat(datum.value, '%H:%M')"
    date = "utcdate(datum.value) + ' ' + utcFormat(datum.value, '%b')"
    if hours > 24 * 6:
        label = f"{clock} === '00:00' ? {date} : ''"
    elif hours > 1 / 6:
        label = f"[{clock}, datum.index === 0 || {clock} === '00:00' ? {date} : '']"
    else:
        label = "utcFormat(datum.value, '%H:%M:%S')"
    return alt.X(
        f"{first}:T",
        title=None,
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(labelExpr=label, tickCount={"expr": "max(2, floor(width / 90))"}),
    )
