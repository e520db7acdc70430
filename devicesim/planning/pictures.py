"""A plan's charts in Vega-Lite, made with altair; importing this needs the extra ``report``.

The same charts stand on the page, where colours are names of its style sheet, and in SVG and PNG files, where they are
the colours of its light form. Times are local, written as if they were UTC.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import altair as alt
import numpy as np

from devicesim.planning import wording
from devicesim.planning.breakeven import Map
from devicesim.planning.futures import Futures
from devicesim.planning.outlook import Outlook
from devicesim.planning.plan import Plan
from devicesim.report import charts, phrases

BANDS = ((0.05, 0.95), (0.25, 0.75))
"""The percentiles between which the fan's bands lie."""
WEEKS = 14
"""Most weeks of the calendar; what comes later is told in words."""
BARS = 8
"""Most unknowns of the tornado chart."""
NAMED = 6
"""Most options that are all named beside their points; of more, those worth it."""
_MS_A_DAY = 86_400_000
_DAY_MONTH = "utcdate(datum.value) + ' ' + utcFormat(datum.value, '%b')"
_Spec = dict[str, Any]


def all_of(plan: Plan) -> dict[str, _Spec]:
    """The plan's charts by title, those there is something to draw for."""
    first = plan.outlooks[0]
    found: dict[str, _Spec | None] = {
        "How far it is, by date": fan(plan, first),
        "When it is done": calendar(plan, first),
    }
    found["How far the unknowns move the date"] = tornado(first)
    if len(plan.outlooks) > 1:
        found["Days of each option, from P5 to P95"] = spans(plan)
        found["Cost against date"] = pareto(plan)
    if plan.map is not None:
        found["Ship or wire, by data size and line rate"] = roads(plan.map)
    return {title: spec for title, spec in found.items() if spec is not None}


def _rows(data: Sequence[Mapping[str, Any]]) -> Any:
    return alt.Chart(alt.InlineData(values=list(data)))


def _spec(chart: Any, height: int | None) -> _Spec:
    drawn = chart.properties(width="container", **({"height": height} if height else {}))
    spec: _Spec = drawn.to_dict(validate=True)
    spec.pop("config", None)
    return spec


def _stamp(plan: Plan, days: float) -> int:
    wall = datetime.fromisoformat(plan.start).replace(tzinfo=None) + timedelta(days=days)
    return round((wall - datetime(1970, 1, 1)).total_seconds() * 1000)


def fan(plan: Plan, outlook: Outlook) -> _Spec | None:
    """Percentiles of the share of the bytes that has arrived, over time."""
    told = plan.curves.get(outlook.name)
    curves = _arrived(told)
    if told is None or curves is None:
        return None
    lines = {q: np.quantile(curves, q, axis=0, method="inverted_cdf") for q in (0.05, 0.25, 0.5, 0.75, 0.95)}
    rows = [
        {"time": _stamp(plan, at / 86400)}
        | {f"p{round(100 * q)}": round(float(line[i]), 4) for q, line in lines.items()}
        for i, at in enumerate(told.at.tolist())
    ]
    base = _rows(rows).encode(x=_dates(rows))
    percent = alt.Axis(format="%", tickCount=4)
    layers = [
        base.mark_area(color=charts.color(0), opacity=opacity, interpolate="monotone").encode(
            y=alt.Y(
                f"p{round(100 * low)}:Q",
                title="share of the bytes there",
                axis=percent,
                scale=alt.Scale(domain=[0, 1]),
            ),
            y2=f"p{round(100 * high)}:Q",
        )
        for (low, high), opacity in zip(BANDS, (0.2, 0.35), strict=True)
    ]
    tips = [
        alt.Tooltip("time:T", title="By", format="%a %d %b %H:%M", timeUnit="utcyearmonthdatehoursminutes"),
        *(alt.Tooltip(f"p{p}:Q", title=f"P{p}", format=".0%") for p in (95, 50, 5)),
    ]
    line = base.mark_line(color=charts.color(0), strokeWidth=2.2, interpolate="monotone").encode(
        y="p50:Q", tooltip=tips
    )
    near = base.mark_point(size=140, opacity=0).encode(y="p50:Q", tooltip=tips)
    return _spec(alt.layer(*layers, line, near), 220)


def _arrived(told: Futures | None) -> Any:
    """Share of its bytes that each future has where they go by each time, shape (n, m); None without any."""
    if told is None:
        return None
    kept = [told.progress[name] for name in ("import", "online", "read") if name in told.progress]
    curves = [curve for curve in kept if curve.size and curve.max() > 0]
    if not curves:
        return None
    there = sum(curves[1:], curves[0])
    whole = np.max([curve.max(axis=1) for curve in told.progress.values()], axis=0)
    whole = np.maximum(whole, there.max(axis=1))
    # Where not all came, what there was is not seen: it is as much as usual.
    complete = np.array([end == "complete" for end in told.outcomes])[told.outcome]
    if complete.any():
        whole[~complete] = np.maximum(whole[~complete], np.median(whole[complete]))
    return there / np.where(whole > 0, whole, 1.0)[:, np.newaxis]


def _dates(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Local dates, at midnights."""
    return alt.X(
        "time:T",
        title=None,
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(
            labelExpr=f"utcFormat(datum.value, '%H') === '00' ? {_DAY_MONTH} : ''",
            tickCount={"expr": "max(2, floor(width / 90))"},
        ),
    )


def calendar(plan: Plan, outlook: Outlook) -> _Spec | None:
    """The share of the futures that end on each day, on a calendar of weeks."""
    days = outlook.futures.metric(outlook.headline)
    finite = days[np.isfinite(days)]
    if not finite.size or outlook.headline == "device_days":
        return None
    start = datetime.fromisoformat(plan.start).replace(tzinfo=None)
    ends = np.floor((finite * _MS_A_DAY + _stamp(plan, 0.0)) / _MS_A_DAY).astype(np.int64)
    monday = int(ends.min()) - (int(ends.min()) + 3) % 7  # 1 January 1970 was a Thursday
    weeks = _weeks(ends, monday)
    rows, passed = list[dict[str, Any]](), 0.0
    for number in range(7 * weeks):
        day = monday + number
        share = float(np.count_nonzero(ends == day)) / days.size
        passed += share
        at = datetime(1970, 1, 1) + timedelta(days=day)
        week = datetime(1970, 1, 1) + timedelta(days=monday + number // 7 * 7)
        rows.append(
            {
                "week": f"{phrases.day(week)}{f' {week.year}' if week.year != start.year else ''}",
                "day": phrases.day_time(at)[:3],
                "date": f"{phrases.day_time(at)[:3]} {phrases.day(at)} {at.year}",
                "share": round(share, 5),
                "passed": round(passed, 5),
                "label": "" if share == 0 else "<1 %" if share < 0.01 else f"{100 * share:.0f} %",
                "number": str(at.day),
            }
        )
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    base = _rows(rows).encode(
        x=alt.X(
            "day:N",
            sort=names,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False),
        ),
        y=alt.Y("week:N", sort=None, title="week of", axis=alt.Axis(domain=False, ticks=False)),
    )
    most = max(row["share"] for row in rows)
    cells = base.mark_rect(
        stroke="var(--paper)", strokeWidth=2, cornerRadius=3, color=charts.color(0)
    ).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, most], range=[0.05, 0.95]), legend=None),
        tooltip=[
            alt.Tooltip("date:N", title="Day"),
            alt.Tooltip("share:Q", title="Ends that day", format=".1%"),
            alt.Tooltip("passed:Q", title="By then", format=".1%"),
        ],
    )
    strong = f"datum.share > {0.55 * most}"
    ink = alt.condition(strong, alt.value("var(--paper)"), alt.value("var(--ink)"))
    numbers = base.mark_text(dy=-10, fontSize=10).encode(
        text="number:N", color=alt.condition(strong, alt.value("var(--paper)"), alt.value("var(--muted)"))
    )
    labels = base.mark_text(fontSize=11, dy=6).encode(text="label:N", color=ink)
    return _spec(alt.layer(cells, numbers, labels), 42 * weeks)


def _weeks(ends: Any, monday: int) -> int:
    """How many weeks the calendar shows: all, or up to the one in which 95 % have ended and one more."""
    last = (int(ends.max()) - monday) // 7 + 1
    usual = (int(np.quantile(ends, 0.95, method="inverted_cdf")) - monday) // 7 + 2
    return min(WEEKS, last, usual)


def later(plan: Plan, outlook: Outlook) -> str:
    """What the calendar leaves out, in words."""
    days = outlook.futures.metric(outlook.headline)
    finite = days[np.isfinite(days)]
    parts = []
    if finite.size:
        ends = np.floor((finite * _MS_A_DAY + _stamp(plan, 0.0)) / _MS_A_DAY)
        monday = int(ends.min()) - (int(ends.min()) + 3) % 7
        beyond = float(np.count_nonzero(ends >= monday + 7 * _weeks(ends, monday))) / days.size
        parts += [f"{wording.share(beyond)} end later"] if beyond else []
    never = 1 - finite.size / days.size
    parts += [f"{wording.share(never)} never do"] if never else []
    return "; ".join(parts)


def spans(plan: Plan) -> _Spec | None:
    """From P5 to P95 of the date, and its middle, option by option."""
    rows = list[dict[str, Any]]()
    for outlook in plan.outlooks:
        told = outlook.measure(outlook.headline)
        if math.isfinite(told.p50):
            high = told.p95 if math.isfinite(told.p95) else told.p50
            rows.append({"option": phrases.plain(outlook.name), "p5": told.p5, "p50": told.p50, "p95": high})
    if not rows:
        return None
    order = [row["option"] for row in rows]
    tips = [
        alt.Tooltip("option:N", title="Option"),
        *(alt.Tooltip(f"{p}:Q", title=p.upper(), format=".1f") for p in ("p5", "p50", "p95")),
    ]
    base = _rows(rows).encode(
        y=alt.Y("option:N", sort=order, title=None, axis=alt.Axis(labelLimit=170, labelColor="var(--ink)")),
        tooltip=tips,
    )
    days = wording.TITLES[plan.outlooks[0].headline]
    bars = base.mark_bar(color=charts.color(0), opacity=0.35, cornerRadius=3, height=12).encode(
        x=alt.X("p5:Q", title=days, scale=alt.Scale(zero=True), axis=alt.Axis(grid=True, tickCount=6)),
        x2="p95:Q",
    )
    middles = base.mark_tick(color=charts.color(0), thickness=3, height=16).encode(x="p50:Q")
    return _spec(alt.layer(bars, middles), 30 * len(rows))


def pareto(plan: Plan) -> _Spec | None:
    """Each option's usual cost and late date; those on the line are beaten by no other."""
    rows = []
    for outlook in plan.outlooks:
        cost, days = outlook.measure("cost_usd"), outlook.measure(outlook.headline)
        if math.isfinite(cost.p50) and math.isfinite(days.p95):
            rows.append(
                {
                    "option": phrases.plain(outlook.name),
                    "cost": round(cost.p50, 2),
                    "days": round(days.p95, 2),
                    "kind": "worth it" if outlook.name in plan.front else "beaten",
                }
            )
    if len(rows) < 2:
        return None
    x = alt.X(
        "cost:Q",
        title="cost in the middle, USD",
        scale=alt.Scale(zero=False, nice=True, padding=24),
        axis=alt.Axis(grid=True, tickCount=6),
    )
    y = alt.Y("days:Q", title="days, P95", scale=alt.Scale(zero=False, nice=True, padding=16))
    tips = [
        alt.Tooltip("option:N", title="Option"),
        alt.Tooltip("cost:Q", title="USD, P50", format=",.0f"),
        alt.Tooltip("days:Q", title="Days, P95", format=".1f"),
    ]
    line = (
        _rows([row for row in rows if row["kind"] == "worth it"])
        .mark_line(color=charts.color(1), strokeDash=[4, 3], interpolate="step-after")
        .encode(x=x, y=y)
    )
    base = _rows(rows).encode(x=x, y=y, tooltip=tips)
    color = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["worth it", "beaten"], range=[charts.color(1), charts.color(6)]),
        legend=None,
    )
    points = base.mark_circle(size=110, opacity=0.95).encode(color=color)
    shown = "true" if len(rows) <= NAMED else "datum.kind === 'worth it'"
    names = base.mark_text(dy=-13, fontSize=11).encode(text="option:N").transform_filter(shown)
    return _spec(alt.layer(line, points, names), 260)


def tornado(outlook: Outlook) -> _Spec | None:
    """How far the middle of the date moves from each unknown's lowest tenth to its highest, the largest share first."""
    told = outlook.unknowns
    ranked = [each for each in told.shares if each.share > 0][:BARS] if told else []
    rows = [
        {"figure": each.key, "share": round(each.share, 4), "end": end, "days": round(days, 3)}
        for each in ranked
        for end, days in (("where it is lowest", each.low), ("where it is highest", each.high))
        if math.isfinite(days)
    ]
    if not rows:
        return None
    ends = ["where it is lowest", "where it is highest"]
    bars = (
        _rows(rows)
        .mark_bar(cornerRadius=2)
        .encode(
            x=alt.X("days:Q", title="change of the middle, in days", axis=alt.Axis(grid=True, tickCount=5)),
            y=alt.Y(
                "figure:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, labelColor="var(--ink)")
            ),
            yOffset=alt.YOffset("end:N", sort=ends),
            color=alt.Color(
                "end:N", scale=alt.Scale(domain=ends, range=[charts.color(0), charts.color(1)]), legend=None
            ),
            tooltip=[
                alt.Tooltip("figure:N", title="Figure"),
                alt.Tooltip("share:Q", title="Share of the uncertainty", format=".0%"),
                alt.Tooltip("end:N", title="Here"),
                alt.Tooltip("days:Q", title="Days", format="+.2~f"),
            ],
        )
    )
    zero = _rows([{"days": 0}]).mark_rule(color="var(--muted)").encode(x="days:Q")
    return _spec(alt.layer(bars, zero), 40 * len(ranked))


def roads(found: Map) -> _Spec:
    """Ship or wire, with the days of the sooner, over data size and line rate."""
    rows = [
        {
            "size": wording.amount(row),
            "rate": rate,
            "road": wording.sooner(row, days).split()[0],
            "days": wording.sooner(row, days).partition(" ")[2],
            "parcel": wording.value("days_to_s3", row.parcel),
            "line": wording.value("days_to_s3", days),
        }
        for row in found.rows
        for rate, days in zip(found.rates, row.line, strict=True)
    ]
    sizes = [wording.amount(row) for row in found.rows]
    base = _rows(rows).encode(
        x=alt.X(
            "rate:N",
            sort=list(found.rates),
            title="line",
            axis=alt.Axis(labelAngle=0, domain=False, ticks=False),
        ),
        y=alt.Y(
            "size:N",
            sort=sizes,
            title=None,
            axis=alt.Axis(domain=False, ticks=False, labelColor="var(--ink)"),
        ),
        tooltip=[
            alt.Tooltip("road:N", title="Sooner"),
            alt.Tooltip("parcel:N", title="Days by parcel"),
            alt.Tooltip("line:N", title="Days by line"),
        ],
    )
    color = alt.Color(
        "road:N",
        scale=alt.Scale(
            domain=["ship", "wire", "neither"], range=[charts.color(1), charts.color(0), charts.color(6)]
        ),
        title=None,
    )
    cells = base.mark_rect(stroke="var(--paper)", strokeWidth=2, cornerRadius=3, opacity=0.55).encode(
        color=color
    )
    return _spec(alt.layer(cells, base.mark_text(fontSize=11).encode(text="days:N")), 36 * len(sizes))
