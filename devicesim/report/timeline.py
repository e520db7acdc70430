"""The timeline of the page: one row for each job state, and within it for what happened there, as bars."""

from __future__ import annotations

from devicesim.report import phrases
from devicesim.report.markup import section, text
from devicesim.report.model import Report

SEGMENTS = 200
"""Most bars drawn on one row; beyond, one bar from the first to the last."""
STEPS = (1, 2, 3, 7, 14, 30, 60, 90, 180, 365)
"""Days between the dates above the bars."""


def timeline(report: Report) -> str:
    """The section with all rows; nothing for a run without a timeline."""
    lines = phrases.condense(report.timeline)
    if not lines:
        return ""
    last = lines[-1].start
    # A job that stopped in a state has its last bar fade out; leave it some room.
    whole = max(report.end, last * (1.0 if _ended(report) else 1.05)) or 1.0
    rows = "\n".join(_row(report, line, whole) for line in lines)
    bars = f'<div class="timeline {phrases.verdict(report)}">\n{_dates(report, whole)}{rows}\n</div>'
    return section("Timeline", bars)


def _ended(report: Report) -> bool:
    return report.state in {"Complete", "Cancelled"}


def _row(report: Report, line: phrases.Line, whole: float) -> str:
    note = f'<span class="note">{text(line.note)}</span>' if line.note else ""
    at = "" if line.level else phrases.run_time(phrases.epoch(report), line.start, report.end)
    often = f", {len(line.parts):,} times" if len(line.parts) > 1 else ""
    return (
        f'<div class="row{" sub" if line.level else ""}"><time>{at}</time>'
        f'<span class="what">{text(line.what)}{often}{note}</span>'
        f'<span class="track">{_bars(report, line, whole)}</span>'
        f'<span class="took">{phrases.lasted(line)}</span></div>'
    )


def _bars(report: Report, line: phrases.Line, whole: float) -> str:
    parts = line.parts
    if len(parts) > SEGMENTS:
        parts = ((parts[0][0], parts[-1][1]),)
    bars = []
    for start, end in parts:
        left = f"left:{100 * start / whole:.3f}%"
        if end is not None:
            bars.append(f'<i style="{left};width:{100 * (end - start) / whole:.3f}%"></i>')
        elif line.level:
            bars.append(f'<i class="moment" style="{left}"></i>')
        elif _ended(report):
            bars.append(f'<i class="end" style="{left}"></i>')
        else:
            bars.append(f'<i class="open" style="{left};right:0"></i>')
    return "".join(bars)


def _dates(report: Report, whole: float) -> str:
    """Dates above the bars: about five midnights, equally far apart, none so late that it would not fit."""
    step = next((days for days in STEPS if whole / phrases.DAY / days <= 5), STEPS[-1])
    begin = phrases.moment(report, 0.0)
    at = phrases.DAY - (begin - begin.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    marks = []
    while at < 0.93 * whole:
        day = phrases.day(phrases.moment(report, at))
        marks.append(f'<span style="left:{100 * at / whole:.3f}%">{day}</span>')
        at += step * phrases.DAY
    if not marks:
        return ""
    track = f'<span class="track">{"".join(marks)}</span>'
    return f'<div class="row scale" aria-hidden="true"><i></i><i></i>{track}<i></i></div>\n'
