"""Which assumed figures matter most: the expected days, re-estimated at both ends of each one's range.

The days are those to S3, or of an export those to the site. The estimate is a chain of expected values
(preparation, transit, copy at its asymptotic bound, batteries, import), not a simulation: it ranks figures in
milliseconds and says how far each moves the answer, all else equal.
"""

from __future__ import annotations

from devicesim.catalog import Figures
from devicesim.device import expectation, export_expectation
from devicesim.device.expectation import Load
from devicesim.jobs import JobType
from devicesim.report.model import Swing
from devicesim.scenario import Scenario

DAY, HOUR = 86400.0, 3600.0
LEAST = 0.005
"""Days, or hours of copying, below which a swing is not worth a line."""


def swings(figures: Figures, story: Scenario, load: Load) -> tuple[Swing, ...]:
    """Rank the assumed figures that the run read by how far they move the expected days of the answer.

    Args:
        figures: the run's figures, with what it read.
        story: the scenario.
        load: what is copied.
    """
    expected = export_expectation.expected if story.job.type is JobType.EXPORT else expectation.expected
    waiting, copying, importing = expected(figures, story, load)
    base = waiting + copying + importing
    found = []
    for key, figure in tuple(figures.used.items()):
        if figure.kind != "assumed" or figure.exact or not isinstance(figure.value, float | int):
            continue
        low = expected(figures.with_value(key, figure.low_si), story, load)
        high = expected(figures.with_value(key, figure.high_si), story, load)
        days = [(sum(end) - base) / DAY for end in (low, high)]
        hours = [(end[1] - copying) / HOUR for end in (low, high)]
        if max(map(abs, days)) > LEAST or max(map(abs, hours)) > LEAST:
            found.append(Swing(key, figure.text, figure.range_text, *days, *hours))
    return tuple(sorted(found, key=lambda s: -max(abs(s.low_days), abs(s.high_days))))
