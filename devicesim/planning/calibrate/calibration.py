"""A calibration from beginning to end: measurements in, a profile with its evidence out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from devicesim.catalog import Figures
from devicesim.planning.calibrate.evidence import Errors, Evidence, by_class, evidence, require_enough
from devicesim.planning.calibrate.fit import PARAMETERS, Fit, Observed, Rules, fit, observed
from devicesim.planning.measured.measurement import Measurement, cells, groups

USUAL_WINDOW = 8
"""WRITEs in flight of a stream where no measurement says: libnfs's usual."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of a calibration.

    Attributes:
        files: that the measurements are from.
        measurements: all of them.
        data: cells as they were fitted.
        rules: by which.
        fit: costs and residuals.
        evidence: intervals and errors.
    """

    files: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    data: Observed
    rules: Rules
    fit: Fit
    evidence: Evidence

    @property
    def disturbed(self) -> int:
        """Rows that were taken under other load."""
        return sum(m.disturbed(self.rules.most_load) for m in self.measurements)

    @property
    def links(self) -> list[list[int]]:
        """Positions of the cells of each link."""
        return groups(self.data.cells)

    @property
    def classes(self) -> dict[str, Errors]:
        """Errors on held-out undisturbed cells by the size of their files."""
        return by_class(self.data.cells, self.evidence.held_out, self.evidence.sound)

    @property
    def fitted(self) -> Errors:
        """Errors on the undisturbed cells that the fit has seen."""
        sound = self.evidence.sound
        return Errors.of(self.fit.residuals[sound] if sound.any() else self.fit.residuals)


def calibrate(files: Sequence[str], measurements: Sequence[Measurement], seed: int = 0) -> Calibration:
    """Fit the law to measurements and gather how far it is to be trusted.

    Args:
        files: they are from, for the profile's source.
        measurements: at least a few settings more than there are parameters.
        seed: of the intervals' draws.

    Raises:
        BoundError: there are too few settings.
    """
    rules = Rules.of(Figures())
    found = cells(measurements)
    require_enough(found, len(PARAMETERS) + 1)
    windows = Counter(m.setting.window for m in measurements if m.setting.window)
    window = windows.most_common(1)[0][0] if windows else USUAL_WINDOW
    data = observed(found, rules)
    with np.errstate(over="ignore"):
        whole = fit(data, rules, window)
        return Calibration(
            tuple(files), tuple(measurements), data, rules, whole, evidence(data, rules, whole, seed)
        )
