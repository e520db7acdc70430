"""Pieces of HTML for the page: escaped text, sections, tables, dotted names, sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from devicesim.report import phrases

Column = tuple[str, str]
"""A column's title and its class."""


def text(shown: object) -> str:
    r"""Text for a page, whatever it holds: ``text("<b>\x07")`` is ``'&lt;b&gt;�'``."""
    return escape(phrases.plain(str(shown)))


def section(title: str, *parts: str) -> str:
    """A section with its heading; nothing when it would be empty."""
    inside = "\n".join(filter(None, parts))
    return f"<section>\n<h2>{title}</h2>\n{inside}\n</section>" if inside else ""


def paragraph(sentence: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f"<p{f' class={kind}' if kind else ''}>{text(sentence)}</p>"


def table(head: Sequence[Column], rows: Iterable[Sequence[str]], foot: str = "", stack: bool = False) -> str:
    """A table of cells that are HTML already; stacked, each row becomes a block on a narrow screen."""
    titles = "".join(f'<th class="{kind}">{name}</th>' for name, kind in head)
    body = "".join(f"<tr>{_cells(head, row)}</tr>\n" for row in rows)
    opening = '<table class="stack">' if stack else "<table>"
    return f"{opening}<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}</tbody>{foot}</table>"


def _cells(head: Sequence[Column], row: Sequence[str]) -> str:
    return "".join(
        f'<td class="{kind}" data-label="{name}">{cell}</td>'
        for cell, (name, kind) in zip(row, head, strict=True)
    )


def quantity(shown: str) -> str:
    """A number with its unit, kept on one line unless it is a long list."""
    return f'<span class="whole">{text(shown)}</span>' if len(shown) <= 20 else text(shown)


def key(name: str) -> str:
    """A dotted name that may break at its joints."""
    broken = re.sub("([._])", r"\1<wbr>", text(name))
    return f"<code>{broken}</code>"


def kind(name: str) -> str:
    """How a figure is known; an assumed one stands out."""
    return f'<span class="kind{" assumed" if name == "assumed" else ""}">{text(name)}</span>'


def source(named: str) -> str:
    """A source with its addresses as links; they are followed only when clicked."""
    return re.sub(
        r"https?://[^\s;,()&<>]+(?:&amp;[^\s;,()&<>]+)*[^\s;,.()&<>]",
        lambda found: f'<a href="{found[0]}" rel="noreferrer">{found[0]}</a>',
        text(named),
    )
