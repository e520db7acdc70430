"""What is done of a long computation, on disk: interrupted, it goes on from there to the identical result.

One JSON line says whose it is; each further one holds the futures of some replications, their columns as the bytes
they are. A line that was cut off is as if it had not been written.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim import __version__
from devicesim.errors import require
from devicesim.planning.futures import Futures, Way

SCHEMA = "devicesim.futures/1"
Key = tuple[str, int, int]
"""Digest of a story, first replication, and the one behind the last."""


class Ledger:
    """Futures by story and range, in a file that only grows.

    Args:
        path: the file; made where it is not there.
        seed: of the futures; a file of another is refused.

    Raises:
        BoundError: the file is something else, or of another seed or version.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self._head = {"schema": SCHEMA, "version": __version__, "seed": seed}
        self._kept: dict[Key, Futures] = dict(self._read())

    def __len__(self) -> int:
        return sum(len(futures) for futures in self._kept.values())

    def get(self, key: Key) -> Futures | None:
        """The futures of a story and a range, if they are done."""
        return self._kept.get(key)

    def put(self, key: Key, futures: Futures) -> None:
        """Keep futures that are done."""
        fresh = not self.path.exists() or self.path.stat().st_size == 0
        with self.path.open("ab") as out:
            if fresh:
                out.write(json.dumps(self._head).encode() + b"\n")
            out.write(json.dumps({"key": key, "futures": _document(futures)}).encode() + b"\n")
        self._kept[key] = futures

    def _read(self) -> Iterator[tuple[Key, Futures]]:
        if not self.path.exists():
            return
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            os.truncate(self.path, len(whole))  # cut off while it was written
        lines = whole.splitlines()
        if not lines:
            return
        try:
            head = json.loads(lines[0])
            kept = [json.loads(line) for line in lines[1:]]
            mine = isinstance(head, dict) and head.get("schema") == SCHEMA
        except ValueError:
            mine = False
        require(mine, "--resume", "a file that this command has written", self.path)
        for name, what in (("seed", "seed"), ("version", "devicesim")):
            asked, found = self._head[name], head.get(name)
            require(asked == found, "--resume", f"of the same {what}, {asked}", f"{found} in {self.path}")
        for line in kept:
            digest, begin, end = line["key"]
            yield (digest, begin, end), _futures(line["futures"])


def _document(futures: Futures) -> dict[str, Any]:
    return {
        "seed": futures.seed,
        "replication": _packed(futures.replication),
        "metrics": {name: _packed(column) for name, column in futures.metrics.items()},
        "outcome": _packed(futures.outcome),
        "outcomes": list(futures.outcomes),
        "stock_out": _packed(futures.stock_out),
        "draws": {name: _packed(column) for name, column in futures.draws.items()},
        "told": [[way.name, way.why, way.error, way.runs] for way in futures.told],
        "at": _packed(futures.at),
        "progress": {name: _packed(column) for name, column in futures.progress.items()},
    }


def _futures(document: Mapping[str, Any]) -> Futures:
    return Futures(
        seed=document["seed"],
        replication=_unpacked(document["replication"]),
        metrics={name: _unpacked(column) for name, column in document["metrics"].items()},
        outcome=_unpacked(document["outcome"]),
        outcomes=tuple(document["outcomes"]),
        stock_out=_unpacked(document["stock_out"]),
        draws={name: _unpacked(column) for name, column in document["draws"].items()},
        told=tuple(Way(*way) for way in document["told"]),
        at=_unpacked(document["at"]),
        progress={name: _unpacked(column) for name, column in document["progress"].items()},
    )


def _packed(array: NDArray[Any]) -> list[Any]:
    """Type, shape and bytes: text of numbers would lose infinity and, read carelessly, digits."""
    return [array.dtype.str, list(array.shape), base64.b64encode(array.tobytes()).decode()]


def _unpacked(packed: list[Any]) -> NDArray[Any]:
    kind, shape, data = packed
    return np.frombuffer(base64.b64decode(data), dtype=np.dtype(kind)).reshape(shape).copy()
