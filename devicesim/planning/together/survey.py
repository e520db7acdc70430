"""What is measured once of a story, whichever of its futures are asked for: so parts of them may be told apart.

Model
-----
The first :data:`SURVEYED` futures, whoever tells them and whether they are asked for or not, give what the sums of a
list are for any draw of its figures, how much longer than its bounds a copy takes, and the error to state. A future is
so the same in whatever range it is told, and only the first range takes the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from devicesim.planning import draws
from devicesim.planning.laws import Law
from devicesim.planning.together.columns import Columns
from devicesim.planning.together.copying import Measured, measure
from devicesim.planning.together.lists import Fits, Wares
from devicesim.planning.together.stations import Stations
from devicesim.scenario import Scenario

SURVEYED = 1024
"""Futures that it looks at, where figures are drawn: as many strata of each."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What holds for all futures of a story.

    Attributes:
        laws: of the figures that are drawn, by key.
        fits: of the lists; None where they depend on none of these.
        measured: of the copies.
    """

    laws: Mapping[str, Law]
    fits: Fits | None
    measured: Measured

    @classmethod
    def of(cls, story: Scenario, laws: Mapping[str, Law], seed: int) -> Survey:
        """Survey a story.

        Raises:
            Unfit: its futures cannot be told together.
        """
        numbers = np.arange(SURVEYED if laws else 1)
        columns = Columns(story, laws, draws.draw(seed, laws, numbers), numbers.size)
        stations, wares = Stations.of(columns), wares_of(columns, seed)
        fits = wares.fits(stations.block, stations.window)
        lists = wares.lists(stations.block, stations.window, fits)
        return cls(laws, fits, measure(columns, stations, wares, lists))


def wares_of(columns: Columns, seed: int) -> Wares:
    """What the one client of a story copies."""
    named = {dataset.name: dataset for dataset in columns.story.datasets}
    return Wares(columns, [named[name] for name in columns.story.clients[0].dataset], seed)
