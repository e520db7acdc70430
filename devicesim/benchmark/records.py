"""Progress as JSON Lines, against ``write()`` of the same bytes into the same file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np

from devicesim.benchmark.pairs import ratios
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.progress import CHUNK, COUNTERS, SAMPLE, Chunk, write_jsonl

ROW = Row(
    "json-lines",
    "rate of progress records as JSON Lines",
    "write() of the same bytes",
    target=Target(">=", 0.18),
    binds="two fifths copies text to its place, the rest makes digits of numbers, column by column in numpy",
)
EPOCH = datetime(2026, 6, 1, 8, tzinfo=UTC)


class Kept:
    """Keeps what is written, piece by piece: buffers are used again."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Keep a copy."""
        self.pieces.append(bytes(piece))
        return len(piece)


def samples(count: int, seed: int) -> list[Chunk]:
    """A copy seen once a second: files of a few hundred kB, at about a hundred MB/s."""
    draw = np.random.default_rng(seed)
    rows = np.zeros(count, dtype=SAMPLE)
    rows["seconds"] = np.arange(count)
    rows["BytesTransferred"] = np.cumsum(draw.integers(90_000_000, 110_000_000, count))
    rows["ObjectsTransferred"] = np.cumsum(draw.integers(300, 400, count))
    rows["TotalBytes"], rows["TotalObjects"] = rows["BytesTransferred"][-1], rows["ObjectsTransferred"][-1]
    parts = [rows[first : first + CHUNK] for first in range(0, count, CHUNK)]
    return [Chunk("ingest", "JID-1", EPOCH, 0.0, 0.0, False, False, part) for part in parts]


def check_lines(text: bytes, chunks: list[Chunk]) -> None:
    """Make sure that the lines tell the samples."""
    lines = text.splitlines()
    rows = np.concatenate([chunk.rows for chunk in chunks])
    check(len(lines) == rows.size, "not one line for each sample")
    for place in range(0, rows.size, max(rows.size // 100, 1)):
        told = json.loads(lines[place])
        right = all(told[name] == rows[name][place] for name in (*COUNTERS, "seconds"))
        check(right, f"line {place + 1} does not tell its sample")


def measure(scale: Scale) -> Iterator[Row]:
    """Write the records, and then nothing but their bytes, in turn."""
    scale.tell(f"{ROW.what}: {scale.samples:,}")
    chunks, kept = samples(scale.samples, scale.seed), Kept()
    write_jsonl(chunks, kept)  # type: ignore[arg-type]
    text = b"".join(kept.pieces)
    check_lines(text, chunks)
    with TemporaryFile(buffering=0) as out:

        def plain(file: BinaryIO) -> None:
            file.seek(0)
            for piece in kept.pieces:
                file.write(piece)

        def told(file: BinaryIO) -> None:
            file.seek(0)
            write_jsonl(chunks, file)

        spread = ratios(lambda: plain(out), lambda: told(out), scale.pairs)
        out.seek(0)
        check(out.read() == text, "the file does not hold the bytes")
    notes = (f"{scale.samples:,} records of {len(text) / scale.samples:.0f} bytes; stretch 0.5",)
    yield ROW.of(
        *spread.values, pairs=scale.pairs, work="a line for each sample, with its counters", notes=notes
    )


BENCH = Bench("json-lines", (ROW,), measure)
