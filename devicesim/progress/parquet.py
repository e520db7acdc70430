"""Samples as a Parquet file; importing this needs the extra ``parquet``.

The columns are those of DataTransferProgress; times are timestamps in the epoch's offset, legs and jobs dictionaries.
Rows go into groups of :data:`GROUP`, so that a long run needs no more memory than a short one.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, BinaryIO

import numpy as np

from devicesim.errors import MissingExtraError
from devicesim.progress.chunks import CHUNK, COUNTERS, PROGRESS_SCHEMA, Chunk
from devicesim.progress.labels import told
from devicesim.progress.lines import CSV_HEADER
from devicesim.progress.times import milliseconds

try:
    pa, pq = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
except ImportError:
    raise MissingExtraError("Parquet", "parquet") from None

GROUP = 16 * CHUNK
"""Most rows of a row group."""


def write_parquet(chunks: Iterable[Chunk], out: BinaryIO) -> int:
    """Write samples as Parquet; returns how many."""
    count, waiting, writer = 0, [], None
    for chunk in chunks:
        batch = _batch(chunk)
        writer = writer or pq.ParquetWriter(out, batch.schema, compression="zstd")
        waiting.append(batch)
        count += len(chunk)
        if sum(each.num_rows for each in waiting) >= GROUP:
            writer.write_table(pa.Table.from_batches(waiting).unify_dictionaries())
            waiting = []
    if writer is None:
        writer = pq.ParquetWriter(out, _schema(None), compression="zstd")
    if waiting:
        writer.write_table(pa.Table.from_batches(waiting).unify_dictionaries())
    writer.close()
    return count


def _schema(epoch: datetime | None) -> Any:
    """The columns; times in the epoch's offset, or in none if it has none."""
    offset = epoch.isoformat(timespec="seconds")[19:] if epoch else ""
    name = pa.dictionary(pa.int32(), pa.string())
    kinds = {"seconds": pa.float64(), "time": pa.timestamp("ms", offset or None)}
    kinds |= dict.fromkeys(("leg", "JobId", "Faults"), name)
    columns = [(column, kinds.get(column, pa.int64())) for column in CSV_HEADER]
    return pa.schema(columns, metadata={"schema": PROGRESS_SCHEMA})


def _batch(chunk: Chunk) -> Any:
    seconds = np.ascontiguousarray(chunk["seconds"])
    begin = chunk.epoch.utcoffset()
    civil = milliseconds(chunk.epoch, seconds) - (round(begin.total_seconds() * 1000) if begin else 0)
    codes = pa.array(np.zeros(len(chunk), dtype=np.int32))
    texts = chunk.leg, chunk.job, told(chunk.faults)
    leg, job, faults = (pa.DictionaryArray.from_arrays(codes, pa.array([text])) for text in texts)
    schema = _schema(chunk.epoch)
    times = pa.array(civil, type=pa.int64()).cast(schema.field("time").type)
    counters = [pa.array(np.ascontiguousarray(chunk[name])) for name in COUNTERS]
    return pa.record_batch([pa.array(seconds), times, leg, job, *counters, faults], schema=schema)
