"""The table of rates: as text for people, and as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import inf
from textwrap import wrap
from typing import Any

from devicesim.catalog import Figures
from devicesim.planning.measured.words import link_name, size_name
from devicesim.planning.predict.rates import LIFTS, Rate, factor

SCHEMA = "devicesim.rates/1"
WIDTH = 100
"""Columns of the text."""
_NAMED = 6
"""Assumed figures that the text names at most."""


def text(rates: Sequence[Rate], model: str, sigma: float, figures: Figures) -> str:
    """A block for each link and durability, a line for each size, a column for each number of streams."""
    lines = [f"Sustained rates of {model}"]
    for (link, durability), block in groupby(rates, key=lambda rate: (rate.setting.link, rate.durability)):
        lines += ["", *_block(link, durability, list(block))]
    lines.append("")
    binding = {rate.binding for rate in rates}
    lifted = ", ".join(f"{name} by {LIFTS[name]}" for name in LIFTS if name in binding)
    for words in (f"What binds is lifted: {lifted}.", *_trust(sigma, figures)):
        lines += wrap(words, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def _block(link: float, durability: str, block: Sequence[Rate]) -> Iterator[str]:
    streams = list(dict.fromkeys(rate.setting.streams for rate in block))
    yield f"{link_name(link)}{f', {durability}' if durability else ''}"
    heads = (f"{n} stream{'' if n == 1 else 's'}" for n in streams)
    yield f"  {'files of':<9}" + "".join(f"{head:>17}{'':<13}" for head in heads).rstrip()
    for each, row in groupby(block, key=lambda rate: rate.setting.size):
        yield (f"  {size_name(each):<9}" + "".join(map(_cell, row))).rstrip()


def _cell(rate: Rate) -> str:
    return f"{_three(rate.bytes / 1e6):>6} MB/s{_three(rate.files):>6}/s {rate.binding:<11}"


def _three(value: float) -> str:
    """Three digits of a rate, no more than two after the point.

    >>> _three(0.0631), _three(98.51), _three(754.4), _three(12345.0), _three(1e-4)
    ('0.06', '98.5', '754', '12,345', '<0.01')
    """
    if 0 < value < 0.005:
        return "<0.01"
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:,.{digits}f}"


def _trust(sigma: float, figures: Figures) -> Iterator[str]:
    yield f"Nine in ten lie within a factor of {factor(sigma):.2g} of these."
    assumed = [key for key, figure in figures.used.items() if figure.kind == "assumed"]
    if assumed:
        more = len(assumed) - _NAMED
        named = ", ".join(assumed[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield f"Rests on assumed figures: {named}."
        yield "Measure your own: devicesim predict --probes DIR writes fio jobs, devicesim calibrate reads them."


def document(rates: Sequence[Rate], model: str, sigma: float, figures: Figures) -> dict[str, Any]:
    """The table as one document."""
    return {
        "schema": SCHEMA,
        "model": model,
        "factor_90": factor(sigma),
        "assumed": [key for key, figure in figures.used.items() if figure.kind == "assumed"],
        "rows": [_row(rate) for rate in rates],
    }


def _row(rate: Rate) -> dict[str, Any]:
    setting = rate.setting
    return {
        "link_mbit": 0.0 if setting.link == inf else setting.link * 8 / 1e6,
        "rtt_ms": setting.rtt * 1e3,
        "durability": rate.durability or None,
        "streams": setting.streams,
        "file_bytes": setting.size,
        "bytes_per_s": rate.bytes,
        "files_per_s": rate.files,
        "binding": rate.binding,
        "shares": rate.shares,
    }
