"""What became of small files that were packed into archives, and what is not counted: the packing itself."""

from __future__ import annotations

from devicesim.device.order import Life
from devicesim.report import phrases
from devicesim.report.model import Section
from devicesim.report.sections.told import Told
from devicesim.units import format_duration, format_size
from devicesim.world import World


def tell(world: World, life: Life) -> Told | None:
    """Tell of each data set that was packed."""
    figures, sets = world.figures, [files for files in life.files if files.packed]
    if not sets:
        return None
    lines, data = [], []
    for files in sets:
        mean = format_size(files.total / files.count)
        archives = phrases.count(files.count, "archive")
        line = f"{files.name}: {phrases.count(files.packed, 'file')} in {archives} of {mean} on average"
        if files.inside > 1:
            took = files.packed / figures.si("aws_import.object_rate_extracted")
            line += f", which AWS unpacks in {format_duration(took)}"
        else:
            line += ", which stay archives in S3"
        lines.append(line)
        rate = figures.figure("aws_import.batch.pack_rate")
        shortest, longest = (format_duration(files.packed / each) for each in (rate.high_si, rate.low_si))
        lines.append(
            f"packing them is not counted: {rate.range_text}, as published, are {shortest} to {longest}"
        )
        data.append(
            {
                "dataset": files.name,
                "files": files.packed,
                "archives": files.count,
                "archive_bytes": files.total,
                "unpacked": files.inside > 1,
            }
        )
    return Told((Section("archives", "Archives", tuple(lines), {"datasets": data}),))
