"""Workloads of the catalog as the file-size sampler takes them."""

from __future__ import annotations

from typing import Any

from devicesim.catalog.figure import Entry
from devicesim.catalog.view import Figures

_MARK = ".distribution"


def components(workload: Entry, figures: Figures | None = None) -> tuple[dict[str, Any], ...]:
    """Give the components of a workload as the mappings that ``physics.file_sizes.sample`` accepts.

    A component is a group of figures with a ``distribution``: its ``share`` of the files (a weight), the
    distribution's own parameters, and the ``low`` and ``high`` that truncate it.

    Args:
        workload: an entry of kind ``workload``.
        figures: where to read, so that a scenario's own values count and the reading is recorded; the bare
            catalog if left out.

    >>> from devicesim.catalog.store import entry
    >>> components(entry("nas_small"))
    ({'distribution': 'fixed', 'share': 1.0, 'size': 123000.0},)
    """
    source = figures or Figures()
    groups = [path.removesuffix(_MARK) for path in workload.figures if path.endswith(_MARK)]
    return tuple(_component(workload, group, source) for group in groups)


def _component(workload: Entry, group: str, figures: Figures) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in workload.figures:
        head, _, last = path.rpartition(".")
        if head == group:
            figure = figures.figure(f"{workload.name}.{path}")
            plural = isinstance(figure.value, tuple)
            word = figure.value if isinstance(figure.value, str) else None
            found[last] = word or (figure.si_values if plural else figure.si)
    return found
