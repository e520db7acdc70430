"""What a job lost, where, and why, from the events of its stream."""

from __future__ import annotations

from devicesim.progress import ExportFailed, ImportFailed, Lost, Refused, Stream
from devicesim.report.model import Loss


def losses_of(stream: Stream, job: str) -> tuple[Loss, ...]:
    """Everything that did not arrive, in the order in which the story lost it."""
    found = []
    for event in stream.events:
        if event.job != job:
            continue
        if isinstance(event, Refused):
            where = f"refused ({event.error})" if event.error else "not copied"
            found.append(Loss(where, event.files, event.bytes, event.why))
        elif isinstance(event, Lost):
            found.append(Loss(event.where, event.files, event.bytes, event.why))
        elif isinstance(event, ImportFailed):
            found.append(Loss("import", event.objects, event.bytes, event.why))
        elif isinstance(event, ExportFailed):
            found.append(Loss("export", event.objects, event.bytes, event.why))
    return tuple(found)
