"""The Report as text: one screen, the answer first, for a terminal and for an e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from devicesim.errors import require
from devicesim.report import phrases
from devicesim.report.model import Report
from devicesim.report.paper import Paper

STEPS_SHOWN = 8
"""Most lines for steps within job states: the answer fits one screen."""
SHOWN = 3
"""Most losses, bottlenecks, assumed figures and notes that are listed one by one."""
_COLORS = {"good": "green", "partial": "yellow", "bad": "red"}


def render(report: Report, width: int = 100, color: bool = False) -> str:
    """The run's answer as text.

    Args:
        report: what to tell.
        width: columns of the terminal, 40 at least; only the repeat line may be wider, so that it can be
            copied.
        color: with ANSI colours; the caller knows about terminals and NO_COLOR.

    Returns:
        Lines without trailing spaces, the last one ended.
    """
    require(width > 0, "width", "> 0", width)
    console = Paper(max(width, 40), color)
    console.print(Text(phrases.plain(report.name), style="dim"))
    console.print(Text(phrases.headline(report), style=f"bold {_COLORS[phrases.verdict(report)]}"))
    console.print(Text(phrases.subject(report)))
    console.print()
    console.print(_timeline(report))
    console.print()
    console.print(_facts(report))
    console.print(Text.assemble(("Seed        ", "dim"), f"{report.seed}, devicesim {report.version}"))
    console.print(Text.assemble(("Repeat      ", "dim"), phrases.plain(report.repeat)), soft_wrap=True)
    return console.text()


def _timeline(report: Report) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for line in _kept(phrases.condense(report.timeline)):
        note = (f" ({phrases.plain(line.note)})", "yellow") if line.note else ""
        if line.level:
            step = Text.assemble((phrases.what(line), "dim"), note)
            table.add_row("", "", Padding(step, (0, 0, 0, 2)))
        else:
            when = phrases.run_time(phrases.epoch(report), line.start, report.end)
            table.add_row(when, phrases.lasted(line), Text.assemble(phrases.what(line), note))
    return table


def _kept(lines: list[phrases.Line]) -> Iterator[phrases.Line]:
    """All job states, and of the steps within them the longest and those with a remark."""
    steps = [line for line in lines if line.level]
    steps.sort(key=lambda line: (not line.note, -(line.total or 0.0)))
    kept = {id(line) for line in steps[:STEPS_SHOWN]}
    return (line for line in lines if not line.level or id(line) in kept)


def _facts(report: Report) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=10, style="dim")
    table.add_column(overflow="fold")
    for title, lines in _sections(report):
        for index, line in enumerate(lines):
            table.add_row("" if index else title, line)
    return table


def _sections(report: Report) -> Iterator[tuple[str, list[Text]]]:
    yield from _copy(report)
    if report.instances:
        yield "Instances", [Text(phrases.plain("; ".join(report.instances)))]
    for section in report.sections:
        if section.lines:
            yield phrases.plain(section.title), _texts(section.lines)
    if report.battery is not None:
        source, did = phrases.power(report.battery)
        yield source, [Text(did)]
    yield "Lost", _losses(report)
    if report.costs:
        yield "Cost", [_cost(report)]
    if report.goals:
        yield "Goals", _goals(report)
    if rests := _rests_on(report):
        yield "Rests on", rests
    if report.notes:
        yield "Notes", _texts(report.notes[:SHOWN])


def _copy(report: Report) -> Iterator[tuple[str, list[Text]]]:
    ingest = report.ingest
    if ingest is None and not report.device:
        return
    if ingest is None:
        if report.job_type == "EXPORT":
            return
        yield "Ingest", [Text("nothing was copied onto the device")]
        return
    yield "Ingest", [Text(f"{phrases.speed(ingest)}: {phrases.copied(ingest)}")]
    lines = []
    for part in phrases.telling(ingest.bottlenecks)[:SHOWN]:
        lift = f"; {phrases.lifted(part.lift)}" if part.lift else ""
        lines.append(Text(f"{phrases.plain(part.station)}, {phrases.percent(part.share)} of the time{lift}"))
    if lines:
        yield "Bottleneck", lines


def _losses(report: Report) -> list[Text]:
    if not report.losses:
        return [Text("nothing")]
    largest = sorted(report.losses, key=lambda loss: -loss.bytes)
    lines = [Text(phrases.loss(loss), style="red") for loss in largest[:SHOWN]]
    if rest := largest[SHOWN:]:
        files = phrases.count(sum(loss.files for loss in rest), "more file")
        lines.append(Text(f"{files} in {phrases.count(len(rest), 'place')}", style="red"))
    return lines


def _cost(report: Report) -> Text:
    parts = [
        f"{phrases.plain(cost.item)} {cost.usd:,.2f}{' (assumed)' if cost.kind == 'assumed' else ''}"
        for cost in report.costs
    ]
    return Text(f"{phrases.money(sum(cost.usd for cost in report.costs))}: {'; '.join(parts)}")


def _goals(report: Report) -> list[Text]:
    return [
        Text.assemble(
            ("✓ ", "green") if goal.met else ("✗ ", "red"),
            f"{phrases.plain(goal.expr)}: {phrases.reached(goal)}",
        )
        for goal in report.goals
    ]


def _rests_on(report: Report) -> list[Text]:
    """The assumed figures that move the date most, or their names where no date is to be moved."""
    if report.swings:
        shown = phrases.weighty(report.swings)[:SHOWN]
        lines = [Text(f"{phrases.rests(swing)}: {phrases.moves(swing)}") for swing in shown]
        if copy := phrases.of_the_copy(report.swings, shown):
            lines.append(Text(f"{phrases.rests(copy[0])}: {copy[1]}"))
        return lines
    figures = phrases.assumed(report.figures)
    lines = _texts(phrases.rests(figure) for figure in figures[:SHOWN])
    if rest := len(figures) - SHOWN:
        lines += _texts([phrases.count(rest, "more assumed figure")] if rest > 0 else [])
    return lines


def _texts(lines: Iterable[str]) -> list[Text]:
    return [Text(phrases.plain(line)) for line in lines]
