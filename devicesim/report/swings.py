"""Which assumed figures matter most: the expected days, re-estimated at both ends of each one's range.

The days are those to S3, or of an export those to the site. The estimate is a chain of expected values
(preparation, transit, copy at its asymptotic bound, batteries, import), not a simulation: it ranks figures in
milliseconds and says how far each moves the answer, all else equal.
"""

from __future__ import annotations

from collections.abc import Callable

from devicesim.catalog import Figures
from devicesim.device import expectation
from devicesim.device.expectation import Load
from devicesim.device.export import expectation as export_expectation
from devicesim.jobs import JobType
from devicesim.report.model import Swing
from devicesim.scenario import Scenario

DAY, HOUR = 86400.0, 3600.0
LEAST = 0.005
"""Days, or hours of copying, below which a swing is not worth a line."""


Expected = Callable[[Figures], tuple[float, float, float]]
"""Expected seconds of waiting, of work at the site, and of the import, from figures."""


def swings(figures: Figures, story: Scenario, load: Load) -> tuple[Swing, ...]:
    """Rank the assumed figures that the run read by how far they move the expected days of the answer.

    Args:
        figures: the run's figures, with what it read.
        story: the scenario.
        load: what is copied.
    """
    expected = export_expectation.expected if story.job.type is JobType.EXPORT else expectation.expected
    return ranked(figures, lambda changed: expected(changed, story, load))


def ranked(figures: Figures, expected: Expected) -> tuple[Swing, ...]:
    """Rank the assumed figures that the run read by how far they move what a room of the scenario expects."""
    known = figures.remembering()
    waiting, copying, importing = known.part("expected", expected)
    base = waiting + copying + importing
    found = []
    for key, figure in tuple(figures.used.items()):
        if figure.kind != "assumed" or figure.exact or not isinstance(figure.value, float | int):
            continue
        low, high = (
            known.with_value(key, end).part("expected", expected) for end in (figure.low_si, figure.high_si)
        )
        days = [(sum(end) - base) / DAY for end in (low, high)]
        hours = [(end[1] - copying) / HOUR for end in (low, high)]
        if max(map(abs, days)) > LEAST or max(map(abs, hours)) > LEAST:
            found.append(Swing(key, figure.text, figure.range_text, *days, *hours))
    return tuple(sorted(found, key=lambda s: -max(abs(s.low_days), abs(s.high_days))))
