"""The wording that the text answer and the page share: the headline, local times, steps, values.

Nothing here knows how it will look. Names from a scenario are people's own text; :func:`plain` keeps control
characters among them away from terminals.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from devicesim.report.model import (
    BatterySummary,
    Bottleneck,
    FigureUsed,
    GoalResult,
    IngestSummary,
    Loss,
    Report,
    Step,
    Swing,
)
from devicesim.scenario import METRICS
from devicesim.units import DURATION, MONEY, RATE, SIZE, format_duration, format_rate, format_size

# Not strftime: its names follow the process's locale, and an answer must be the same everywhere.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY = 86400.0
MINUS = "\N{MINUS SIGN}"
UNDER_WAY = "under way"
"""The outcome of a job that has not ended."""
_PLACES = {
    "device": "on the device",
    "return": "on the way back",
    "import": "at the import",
    "outbound": "on the way to the customer",
    "export": "at the export",
}


class Line(NamedTuple):
    """A line of the condensed timeline: one job state, or all equal steps within it.

    Attributes:
        start: seconds since the run's start, of the first.
        total: seconds that they took together; None while open.
        what, level, note: as in the steps.
        parts: (start, end) of each [s]; an open end is None.
    """

    start: float
    total: float | None
    what: str
    level: int
    note: str
    parts: tuple[tuple[float, float | None], ...]


def plain(text: str) -> str:
    r"""Text without control characters: ``plain("a\x1b[2Jb")`` is ``'a�[2Jb'``."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def epoch(report: Report) -> datetime:
    """Local time of the run's second 0, in the offset of its start."""
    for step in report.timeline:
        return datetime.fromisoformat(step.time) - timedelta(seconds=step.start)
    return datetime.fromisoformat(report.start)


def moment(report: Report, seconds: float) -> datetime:
    """Local time after that many seconds of the run."""
    return epoch(report) + timedelta(seconds=seconds)


def day_time(at: datetime, year: bool = False) -> str:
    """Weekday, day and time, as wide every time: ``'Mon  1 Jun 08:00'``, or with its year."""
    of = f" {at.year}" if year else ""
    return f"{_DAYS[at.weekday()]} {at.day:2d} {_MONTHS[at.month - 1]}{of} {at:%H:%M}"


def run_time(begin: datetime, seconds: float, end: float) -> str:
    """Local time after that many seconds of a run, with its year where the run ends in another than it begins in.

    >>> run_time(datetime(2026, 6, 1, 8), 86400.0, 30 * DAY), run_time(datetime(2026, 6, 1, 8), 86400.0, 400 * DAY)
    ('Tue  2 Jun 08:00', 'Tue  2 Jun 2026 08:00')
    """
    later = begin + timedelta(seconds=max(seconds, end))
    return day_time(begin + timedelta(seconds=seconds), year=later.year != begin.year)


def date_time(at: datetime) -> str:
    """Day, year and time: ``'1 Jun 2026 08:00'``."""
    return f"{day(at)} {at.year} {at:%H:%M}"


def day(at: datetime) -> str:
    """Day and month: ``'1 Jun'``."""
    return f"{at.day} {_MONTHS[at.month - 1]}"


def count(amount: float, noun: str, plural: str = "s") -> str:
    """A number of things: ``count(2500, "file")`` is ``'2,500 files'``, ``count(1, "file")`` ``'1 file'``."""
    return f"{amount:,.0f} {noun}{'' if amount == 1 else plural}"


def days(number: float) -> str:
    """Days for people: ``'13.9 days'``; less than one as hours and minutes."""
    return f"{number:,.1f} days" if number >= 1 else format_duration(number * DAY)


def money(usd: float) -> str:
    """US dollars: ``money(1234.5)`` is ``'1,234.50 USD'``."""
    return f"{usd:,.2f} USD"


def energy(joules: float) -> str:
    """Energy in watt-hours: ``energy(255600)`` is ``'71 Wh'``, ``energy(16e6)`` is ``'4.44 kWh'``."""
    watt_hours = joules / 3600
    return f"{number(watt_hours / 1000)} kWh" if watt_hours >= 999.5 else f"{number(watt_hours)} Wh"


def percent(share: float) -> str:
    """A share for people: ``percent(0.613)`` is ``'61 %'``; a trace is not shown as nothing."""
    return "< 1 %" if 0 < share <= 0.005 else f"{100 * share:.0f} %"


def verdict(report: Report) -> Literal["good", "partial", "bad"]:
    """How the job ended: with everything, with something missing, or not at all."""
    if not is_complete(report) or _nothing_left(report):
        return "bad"
    return "partial" if report.losses else "good"


def is_complete(report: Report) -> bool:
    """Whether the job came to its end; data may still be missing."""
    return report.days_to_s3 is not None or report.state == "Complete" or "days_to_site" in report.metrics


def headline(report: Report) -> str:
    """The answer in one sentence: when the data is in S3, or at the site, or why it is not."""
    if report.job_type == "EXPORT" and "days_to_site" in report.metrics:
        needed = report.metrics["days_to_site"]
        at = datetime.fromisoformat(report.start) + timedelta(days=needed)
        text = f"At the site after {days(needed)}: {date_time(at)}"
        return f"{text}, without {_missing(report.losses)}" if report.losses else text
    goes_to_s3 = report.job_type in {"IMPORT", "ONLINE"}
    if report.days_to_s3 is not None:
        at = datetime.fromisoformat(report.start) + timedelta(days=report.days_to_s3)
        arrived = "None of it in S3" if _nothing_left(report) else "In S3"
        text = f"{arrived} after {days(report.days_to_s3)}: {date_time(at)}"
        return f"{text}, without {_missing(report.losses)}" if report.losses else text
    if is_complete(report):
        text = f"{'Nothing in S3: c' if goes_to_s3 else 'C'}omplete after {days(report.end / DAY)}"
        return f"{text}: {date_time(moment(report, report.end))}"
    aim = {"IMPORT": "Not in S3", "EXPORT": "Not at the site"}.get(report.job_type, "Not complete")
    if report.outcome in {"", UNDER_WAY}:
        return f"{aim} yet: {plain(report.state)} after {days(report.end / DAY)}"
    return f"{aim}: {_continued(plain(report.outcome))}"


def _nothing_left(report: Report) -> bool:
    """Whether all that was to be copied was refused or lost."""
    lost = sum(loss.files for loss in report.losses)
    return report.ingest is not None and lost >= report.ingest.total_files > 0


def _missing(losses: Iterable[Loss]) -> str:
    losses = tuple(losses)
    size = sum(loss.bytes for loss in losses)
    return f"{count(sum(loss.files for loss in losses), 'file')} ({format_size(size)})"


def _continued(sentence: str) -> str:
    """A sentence as the rest of another: lower case, but not for a name such as AWS."""
    ordinary = (len(sentence) > 1 and sentence[1].islower()) or sentence[:2] == "A "
    return (sentence[0].lower() + sentence[1:] if ordinary else sentence).rstrip(".")


def subject(report: Report) -> str:
    """What the answer is about: job, device, data, and the clock that times are read by."""
    if report.subject:
        return f"{plain(report.subject)}. Times are local, {_offset(report.start)}."
    ingest = report.ingest
    data = (
        f"{count(ingest.total_files, 'file')}, {format_size(ingest.total_bytes)}"
        if ingest
        else "no data copied"
    )
    aim = "" if report.job_type == "IMPORT" else ", none of it for S3" if ingest else ", nothing for S3"
    return f"{report.job_type} on {report.device}: {data}{aim}. Times are local, {_offset(report.start)}."


def _offset(start: str) -> str:
    offset = datetime.fromisoformat(start).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else MINUS
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def condense(timeline: Sequence[Step]) -> list[Line]:
    """Gather equal steps within each job state, in the order of their first."""
    lines: list[Line] = []
    within: dict[str, list[Step]] = {}
    for step in (*timeline, None):
        if step is not None and step.level:
            within.setdefault(step.what, []).append(step)
            continue
        lines += [_line(steps) for steps in within.values()]
        within = {}
        if step is not None:
            lines.append(_line([step]))
    return lines


def _line(steps: Sequence[Step]) -> Line:
    parts = tuple((step.start, step.end) for step in steps)
    ends = [end for _, end in parts if end is not None]
    total = sum(end - start for start, end in parts if end is not None) if ends else None
    notes = list(dict.fromkeys(step.note for step in steps if step.note))
    more = f"; and {len(notes) - 2} more" if len(notes) > 2 else ""
    first = steps[0]
    return Line(first.start, total, first.what, first.level, "; ".join(notes[:2]) + more, parts)


def lasted(line: Line) -> str:
    """How long a line of the timeline took; nothing for an open or an instant one."""
    return format_duration(line.total) if line.total else ""


def what(line: Line) -> str:
    """What a line of the timeline is; for a step within a state also how often and how long."""
    if not line.level:
        return plain(line.what)
    often = len(line.parts)
    parts = [plain(line.what)]
    if often > 1:
        parts.append(f"{often:,} times")
    if line.total:
        parts.append(lasted(line) + (" in all" if often > 1 else ""))
    return ", ".join(parts)


def copied(ingest: IngestSummary) -> str:
    """How much was copied, over how long."""
    stretches = f" in {ingest.sessions} stretches" if ingest.sessions > 1 else ""
    if ingest.complete:
        amount = "everything"
    else:
        amount = (
            f"{format_size(ingest.bytes)} of {format_size(ingest.total_bytes)} and "
            f"{ingest.files:,} of {count(ingest.total_files, 'file')}"
        )
    return f"{amount} in {format_duration(ingest.copying)} of copying{stretches}"


def telling(bottlenecks: Sequence[Bottleneck]) -> list[Bottleneck]:
    """The stations that held the copy back for at least one per cent of its time, and the first anyway."""
    return [part for index, part in enumerate(bottlenecks) if not index or part.share >= 0.01]


def lifted(lift: str) -> str:
    """What would lift a bottleneck: ``lifted("a faster link")`` is ``'lifted by a faster link'``."""
    if lift.startswith(_NOTHING):
        return _NOTHING + " lifts it" + plain(lift.removeprefix(_NOTHING))
    return f"lifted by {plain(lift)}"


_NOTHING = "nothing on this device"


def speed(ingest: IngestSummary) -> str:
    """Bytes and files a second: ``'12.3 MB/s and 2.2 files/s'``."""
    return f"{format_rate(ingest.rate)} and {files_rate(ingest.files_rate)}"


def files_rate(rate: float) -> str:
    """Files a second; huge files by the hour: ``files_rate(0.004)`` is ``'14.4 files/h'``."""
    unit, amount = ("h", number(rate * 3600)) if 0 < rate < 0.01 else ("s", number(rate))
    return f"{amount} {'file' if amount == '1' else 'files'}/{unit}"


def power(summary: BatterySummary) -> tuple[str, str]:
    """What fed the device, and what it did: swaps and charge of a battery, of mains only what was drawn."""
    drawn = f"{energy(summary.energy)} drawn, {number(summary.mean_power)} W on average"
    if summary.source == "mains":
        return "Mains", drawn
    parts = [count(summary.swaps, "swap")]
    if summary.recharges:
        parts.append(count(summary.recharges, "recharge"))
    parts += [drawn, f"lowest charge {percent(summary.lowest_charge)}"]
    return "Battery", "; ".join(parts)


def place(lost: Loss) -> str:
    """Where data was lost: ``'on the way back'``."""
    return _PLACES.get(lost.at, plain(lost.at))


def loss(lost: Loss) -> str:
    """What was lost, where and why."""
    where, why = place(lost), plain(lost.why)
    reason = why if where in why else f"{where}: {why}"
    return f"{count(lost.files, 'file')} ({format_size(lost.bytes)}), {reason}"


def assumed(figures: Iterable[FigureUsed]) -> list[FigureUsed]:
    """The figures that nobody has published or measured."""
    return [figure for figure in figures if figure.kind == "assumed"]


def weighty(swings: Iterable[Swing]) -> list[Swing]:
    """Swings by the days they move the answer, largest first."""
    return sorted(swings, key=lambda swing: -max(abs(swing.low_days), abs(swing.high_days)))


def moves(swing: Swing) -> str:
    """How far the answer moves from the low to the high end: ``'+1.4 to −0.63 days'``."""
    low, high = signed(swing.low_days), signed(swing.high_days)
    return "no change" if low == high == "0" else f"{low} to {high} days"


def of_the_copy(swings: Iterable[Swing], shown: Sequence[Swing]) -> tuple[Swing, str] | None:
    """The figure that moves the work at the site most, unless it is shown already: it, and the hours."""
    known = [swing for swing in swings if swing not in shown]
    most = max(known, key=lambda swing: max(abs(swing.low_hours), abs(swing.high_hours)), default=None)
    if most is None or max(abs(most.low_hours), abs(most.high_hours)) < 0.01:
        return None
    return most, f"{signed(most.low_hours)} to {signed(most.high_hours)} hours of copying"


def rests(figure: FigureUsed | Swing) -> str:
    """An assumed figure with its value and range."""
    inside = f"assumed, {figure.range}" if figure.range else "assumed"
    return plain(f"{figure.key} {figure.value} ({inside})")


def signed(number: float) -> str:
    """A change in days, short, with its sign: ``signed(-0.634)`` is ``'−0.63'``."""
    if not math.isfinite(number):
        return "unknown" if math.isnan(number) else f"{'+' if number > 0 else MINUS}∞"
    if abs(number) < 0.005:
        return "0"
    digits = 0 if abs(number) >= 10 else 1 if abs(number) >= 1 else 2
    return f"{number:+.{digits}f}".replace("-", MINUS)


def reached(goal: GoalResult) -> str:
    """The value a goal came to, in the unit that its metric's name tells."""
    if goal.value is None or not math.isfinite(goal.value):
        return "never" if goal.expr.lstrip().startswith("days_to_") else "no value"
    metric = re.match(r"\s*(\w+)", goal.expr)
    return value(metric[1] if metric else "", goal.value)


def value(metric: str, amount: float) -> str:
    """A metric for people, in the unit that a scenario's goals give it.

    >>> [value("days_to_s3", 13.925), value("ingest_mb_s", 4.81), value("cost_usd", 176.5)]
    ['13.93 days', '4.81 MB/s', '176.50 USD']
    """
    dimension, unit, _ = METRICS.get(metric, (None, 1.0, ""))
    if dimension is DURATION:
        in_days = unit == DAY and amount >= 1
        return f"{amount:,.2f} days" if in_days else format_duration(amount * unit)
    if dimension is RATE:
        return format_rate(amount * unit)
    if dimension is MONEY:
        return money(amount)
    if dimension is SIZE:
        return format_size(amount)
    return number(amount)


def number(amount: float) -> str:
    """A plain number, short: ``number(0.8736)`` is ``'0.874'``, ``number(2500)`` is ``'2,500'``."""
    whole = abs(amount) >= 999.5 or amount == round(amount)
    return f"{amount:,.0f}" if whole else f"{amount:.3g}"
