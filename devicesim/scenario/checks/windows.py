"""The windows of the line to the internet: no two at a time, none above the line, and some time with a rate."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from devicesim.physics import wan
from devicesim.scenario.checks.draft import Draft
from devicesim.scenario.findings import Finding
from devicesim.scenario.online import Wan, WanWindow
from devicesim.scenario.week import WEEK, moment_text
from devicesim.units import format_rate

M = TypeVar("M", bound=BaseModel)


def windows_of(draft: Draft) -> Iterator[Finding]:
    """Yield what is wrong with them: two at the same time are refused, with the place of either."""
    tables = draft.table("site", "wan").get("window")
    windows = [_valid(WanWindow, table) for table in tables] if isinstance(tables, list) else []
    found: dict[int, tuple[int, str]] = {}
    for (i, one), (j, other) in itertools.combinations(enumerate(windows), 2):
        if one is not None and other is not None and (when := _together(one, other)):
            found.setdefault(i, (j, when))
            found.setdefault(j, (i, when))
    for index, (other_index, when) in sorted(found.items()):
        yield Finding(
            ("site", "wan", "window", index),
            f"must not overlap another window, got {when} in site.wan.window[{other_index}] too",
            "end the one where the other begins",
        )
    silent = bool(windows) and all(window is not None and _rate(window) == 0 for window in windows)
    if silent and not draft.table("site", "wan").get("otherwise"):
        yield Finding(("site", "wan", "window", 0), "the line gives nothing all week", "give a window a rate")
    yield from _above_the_line(draft, windows)


def _above_the_line(draft: Draft, windows: Sequence[WanWindow | None]) -> Iterator[Finding]:
    """No window gives more than the line that it is a window of."""
    line = _valid(Wan, {"up": draft.table("site", "wan").get("up")}) if windows else None
    for index, window in enumerate(windows):
        if line is not None and window is not None and window.rate is not None and window.rate > line.up:
            yield Finding(
                ("site", "wan", "window", index, "rate"),
                f"must be at most the line's own, {format_rate(line.up)}, got {format_rate(window.rate)}",
                "write 'up' as what the line gives at best, and windows or 'otherwise' for less",
            )


def _rate(window: WanWindow) -> float:
    if window.rate is not None:
        return window.rate
    return 1.0 if window.share is None else window.share


def _together(one: WanWindow, other: WanWindow) -> str:
    """When two windows of the scenario hold at once, in words; nothing if they never do."""
    mine, theirs = (
        [wan.Window(begin, end, 0.0) for begin, end in window.stretches()] for window in (one, other)
    )
    shared = [found for a in mine for b in theirs if (found := wan.overlap(a, b)) is not None]
    if not shared:
        return ""
    begin, end = min(shared)
    return f"{moment_text(begin)} to {moment_text(end % WEEK)}"


def _valid(model: type[M], table: object) -> M | None:
    try:
        return model.model_validate(table)
    except ValidationError:
        return None
