"""The bar on a terminal while a copy is simulated; none where stderr goes to a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from devicesim import units
from devicesim.world import World

PATIENCE = 0.5
"""Wall-clock seconds without a bar: one that only flashes up tells nothing."""
INTERVAL = 0.1
"""Wall-clock seconds between two looks at the copy: a look is cheap, thousands are not."""


@contextmanager
def futures_bar(total: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many futures are told until the end of the block, then leave no trace."""
    columns = (
        TextColumn("futures"),
        BarColumn(bar_width=30, complete_style="green", finished_style="green"),
        TextColumn("{task.completed:,.0f}" + (" of {task.total:,.0f}" if total else "")),
        TimeRemainingColumn(compact=True),
    )
    shown = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = shown.add_task("", total=total)
    due = monotonic() + PATIENCE

    def done(count: int) -> None:
        nonlocal due
        shown.advance(task, count)
        if monotonic() >= due:
            shown.start()
            shown.refresh()
            due = monotonic() + INTERVAL

    try:
        yield done
    finally:
        shown.stop()


@contextmanager
def bar(world: World) -> Iterator[None]:
    """Show how far the world's copy is until the end of the block, then leave no trace."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (
        TextColumn("copying"),
        BarColumn(bar_width=30, complete_style="green", finished_style="green"),
        TaskProgressColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.description}"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    shown = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = shown.add_task("", total=None)
    due = monotonic() + PATIENCE

    def look() -> None:
        nonlocal due
        if monotonic() < due:
            return
        leg = world.stream.legs[-1]
        done = int(leg.at(world.now)[0][0])
        total = units.format_size(leg.total_bytes)
        shown.update(
            task,
            total=max(leg.total_bytes, 1),
            completed=done,
            description=f"{units.format_size(done)} of {total}",
        )
        shown.start()
        shown.refresh()
        due = monotonic() + INTERVAL

    world.watch(look)
    try:
        yield
    finally:
        shown.stop()
