"""JSON Lines and CSV: chunks as lines of text, by the thousand at a time.

Within a chunk most of a line never changes: names, the date, the totals. Lines of one layout are kept as one block of
bytes, in which only the columns that change are written anew. A layout holds as long as every counter has the same
number of digits; counters only grow, so there are few. The bytes are those of ``DataTransferProgress.to_json``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from devicesim.progress import ascii
from devicesim.progress.chunks import COUNTERS, PROGRESS_SCHEMA, Chunk
from devicesim.progress.labels import told

CSV_HEADER = ("seconds", "time", "leg", "JobId", *COUNTERS, "Faults")

_LINES = 1024
"""Lines put together at once: what is read again right after it was written is still near the core."""

Piece = bytes | NDArray[np.void]
"""A part of a line: the same in all, or a column."""
Around = Callable[[Chunk], Sequence[str]]
"""Gives what stands around and between the columns of a chunk's lines."""


def write_jsonl(chunks: Iterable[Chunk], out: BinaryIO) -> int:
    """Write samples as JSON Lines; returns how many.

    ``out.write`` is given buffers that are used again: it must be done with one when it returns, as files are.

    >>> from datetime import datetime
    >>> from devicesim.progress.chunks import SAMPLE
    >>> out = io.BytesIO()
    >>> rows = np.zeros(1, dtype=SAMPLE)
    >>> write_jsonl([Chunk("ingest", "JID-1", datetime(2026, 6, 1), 0.0, 0.0, False, False, rows)], out)
    1
    >>> out.getvalue()[:74]
    b'{"schema":"devicesim.progress/1","seconds":0.0,"time":"2026-06-01T00:00:00'
    """

    def around(chunk: Chunk) -> Sequence[str]:
        leg, job = json.dumps(chunk.leg), json.dumps(chunk.job)
        names = [f',"{name}":' for name in COUNTERS]
        head = f'{{"schema":"{PROGRESS_SCHEMA}","seconds":'
        faults = json.dumps([label._asdict() for label in chunk.faults], separators=(",", ":"))
        tail = f',"Faults":{faults}}}\n' if chunk.faults else "}\n"
        return head, ',"time":"', f'","leg":{leg},"JobId":{job}{names[0]}', *names[1:], tail

    return _write(chunks, around, out)


def write_csv(chunks: Iterable[Chunk], out: BinaryIO) -> int:
    """Write samples as CSV with a header; returns how many. As for :func:`write_jsonl`, buffers are used again."""

    def around(chunk: Chunk) -> Sequence[str]:
        tail = f",{_row(told(chunk.faults)) if chunk.faults else ''}\n"
        return "", ",", f",{_row(chunk.leg, chunk.job)},", *"," * (len(COUNTERS) - 1), tail

    out.write(f"{_row(*CSV_HEADER)}\n".encode())
    return _write(chunks, around, out)


def _row(*values: str) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def _write(chunks: Iterable[Chunk], around: Around, out: BinaryIO) -> int:
    count, block = 0, _Block()
    for chunk in chunks:
        constant = [text.encode() for text in around(chunk)]
        for rows in _alike(chunk.rows):
            for text in block.fill(*_pieces(chunk, rows, constant), rows.size):
                out.write(text)
            count += rows.size
    return count


def _alike(rows: NDArray[np.void]) -> Iterator[NDArray[np.void]]:
    """Cut where a counter gets another number of digits."""
    cuts: set[int] = set()
    for name in COUNTERS if rows.size else ():
        values = np.ascontiguousarray(rows[name])
        if len(str(values.min())) != len(str(values.max())):
            cuts.update((np.flatnonzero(np.diff(ascii.lengths(values))) + 1).tolist())
    return (rows[first:last] for first, last in pairwise([0, *sorted(cuts), rows.size]) if last > first)


def _pieces(chunk: Chunk, rows: NDArray[np.void], constant: Sequence[bytes]) -> tuple[list[Piece], bool]:
    """The parts of lines, in order, and whether some are filled up with NULs."""
    seconds = np.ascontiguousarray(rows["seconds"])
    text, padded = ascii.floats(seconds)
    pieces: list[Piece] = [constant[0], *text, constant[1], *ascii.times(chunk.epoch, seconds)]
    for before, name in zip(constant[2:], COUNTERS, strict=False):
        values = np.ascontiguousarray(rows[name])
        least, most = int(values.min()), int(values.max())
        pieces.append(before)
        if least == most:
            pieces.append(str(least).encode())
        else:
            pieces += ascii.digits(values, len(str(most)))
    return [*pieces, constant[-1]], padded


class _Block:
    """Some lines of one layout, side by side in memory."""

    def __init__(self) -> None:
        self._layout: list[bytes | int] = []
        self._bytes, self._width = bytearray(), 0
        self._columns: list[NDArray[np.void]] = []

    def fill(self, pieces: Sequence[Piece], padded: bool, count: int) -> Iterator[bytearray | memoryview]:
        """The lines that the pieces make, ``count`` of them, a block at a time."""
        layout = [piece if isinstance(piece, bytes) else piece.dtype.itemsize for piece in pieces]
        if layout != self._layout:
            self._lay(layout)
        changing = [piece for piece in pieces if not isinstance(piece, bytes)]
        for first in range(0, count, _LINES):
            lines = min(_LINES, count - first)
            for column, values in zip(self._columns, changing, strict=True):
                column[:lines] = values[first : first + lines]
            text = self._bytes if lines == _LINES else self._bytes[: lines * self._width]
            yield text.replace(b"\0", b"") if padded else memoryview(text)

    def _lay(self, layout: list[bytes | int]) -> None:
        line = b"".join(part if isinstance(part, bytes) else bytes(part) for part in layout)
        self._layout, self._width = layout, len(line)
        self._bytes = bytearray(line * _LINES)
        self._columns, place = [], 0
        for part in layout:
            if isinstance(part, int):
                kind, every = f"V{part}", (self._width,)
                self._columns.append(np.ndarray(_LINES, kind, self._bytes, place, every))
            place += part if isinstance(part, int) else len(part)
