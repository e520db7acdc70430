"""The forms in which progress is written, by name.

>>> sorted(FORMS)
['csv', 'datasync', 'fio', 'jsonl', 'nfsiostat', 'parquet', 'rclone']
>>> form_of(".csv"), form_of(".txt"), form_of(".jsonl", "rclone")
('csv', 'jsonl', 'rclone')
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from devicesim.errors import require, unknown

FORMS = {
    "jsonl": "devicesim.progress.lines",
    "csv": "devicesim.progress.lines",
    "parquet": "devicesim.progress.parquet",
    "rclone": "devicesim.progress.foreign.rclone",
    "fio": "devicesim.progress.foreign.fio",
    "nfsiostat": "devicesim.progress.foreign.nfsiostat",
    "datasync": "devicesim.progress.foreign.datasync",
}
"""Where each form's writer is: ``write_{form}(chunks, out)``, with what else the form needs by name."""

ONE_LEG = ("rclone", "fio", "nfsiostat")
"""What a client's own tool tells: of one copy, the one onto the device."""

SUFFIXES = {".jsonl": ("jsonl", "rclone", "datasync"), ".csv": ("csv",), ".parquet": ("parquet",)}
"""The forms that a file of such a name may have, the one that is meant unless another is named first."""


def form_of(suffix: str, named: str | None = None) -> str:
    """The form of a file with that suffix: as named, else as its suffix says, else JSON Lines.

    Raises:
        UnknownNameError: there is no such form.
        BoundError: the name and the suffix contradict each other.
    """
    if named is not None and named not in FORMS:
        raise unknown("progress format", named, FORMS)
    allowed = SUFFIXES.get(suffix)
    if named is None:
        return allowed[0] if allowed else "jsonl"
    if allowed:
        require(named in allowed, "progress format", f"{' or '.join(allowed)} for a {suffix} file", named)
    return named


def writer(form: str) -> Callable[..., int]:
    """The writer of a form; imported here, because one of them needs an extra.

    Raises:
        UnknownNameError: there is no such form.
        MissingExtraError: what it needs is not installed.
    """
    if form not in FORMS:
        raise unknown("progress format", form, FORMS)
    write: Callable[..., int] = getattr(importlib.import_module(FORMS[form]), f"write_{form}")
    return write
