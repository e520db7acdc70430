"""The operations and their modelled exceptions as a table, from the code: what is answered, and what triggers what.

>>> print(*table().splitlines()[:3], sep="\\n")
| operation | eras | exceptions, and what triggers them |
|---|---|---|
| CancelCluster | both | InvalidJobState: the cluster is not AwaitingQuorum; InvalidResource: no such cluster |
"""

from __future__ import annotations

from collections.abc import Iterator

from devicesim.snowball_api import service  # noqa: F401  (enters every operation into the table)
from devicesim.snowball_api.model import interface
from devicesim.snowball_api.operations import TABLE


def table() -> str:
    """All operations as a Markdown table, in alphabetical order."""
    return (
        "\n".join(("| operation | eras | exceptions, and what triggers them |", "|---|---|---|", *_rows()))
        + "\n"
    )


def _rows() -> Iterator[str]:
    old = interface("2020").operations
    for name, told in sorted(interface().operations.items()):
        triggers = {
            error.removesuffix("Exception"): TABLE[name].triggers[error]
            for error in told.errors
            if not TABLE[name].triggers[error].startswith("never")
        }
        words = "; ".join(f"{error}: {why}" for error, why in sorted(triggers.items()))
        yield f"| {name} | {'both' if name in old else 'today'} | {words or '-'} |"
