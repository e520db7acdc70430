"""A Snow whose state is kept in a file: begun in a new one, made again from the log of another.

>>> import tempfile
>>> from pathlib import Path
>>> folder = tempfile.TemporaryDirectory()
>>> path = Path(folder.name) / "camp.state"
>>> with Journal(path) as journal:
...     snow = kept(journal, Told(options={"seed": 7}))
...     journal.commit(snow.advance("3 d").world)
>>> with Journal(path) as journal:
...     kept(journal).at.isoformat()
'2026-06-04T08:00:00+00:00'
>>> folder.cleanup()
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

from devicesim.device.neighbours import Neighbours
from devicesim.errors import BoundError, DevicesimError, StateError
from devicesim.journal import Journal, Told, differences
from devicesim.snowball_api.snow import Snow
from devicesim.world import Verb
from devicesim.world.clock import factor_of

OPTIONS: Mapping[str, Any] = {"era": "today", "limit": None, "clock": "manual", "content": "keep"}
"""What shapes a World besides its scenario and its seed, where nobody says otherwise."""


def kept(
    journal: Journal, told: Told | None = None, *, at: str | None = None, neighbours: Neighbours | None = None
) -> Snow:
    """The Snow of a file of state, which the journal follows from here on.

    Args:
        journal: the open file.
        told: of a new file, what its World is to be; of another, what the caller takes it to be, as far as he says.
        at: the snapshot to go back to; where it stood last if not given.
        neighbours: what lies around the account.

    Raises:
        BoundError: the file is of another World than is told.
        UnknownNameError: there is no such snapshot.
        StateError: the World does not come back as it was.
    """
    told = told or Told()
    resumed = journal.told is not None
    if journal.told is None:
        seed = told.scenario.seed if told.scenario is not None else 0
        journal.begin(told.with_options(**{"seed": seed, "replication": 0, **OPTIONS, **told.options}))
    else:
        _check(journal, journal.told, told)
    assert journal.told is not None
    options = journal.told.options
    snow = Snow(
        journal.told.scenario,
        seed=options["seed"],
        era=options["era"],
        limit=options["limit"],
        clock=options["clock"],
        content=journal.policy,
        neighbours=neighbours,
    )
    if at is not None:
        back(snow, journal, at)
        journal.commit(snow.world)
    else:
        if resumed:
            _restore(snow, journal, journal.log)
        journal.adopt(snow.world)
    return snow


def back(snow: Snow, journal: Journal, at: str | None = None) -> None:
    """Go back to a snapshot of the journal, or to the beginning; if that fails, all stays as it is.

    Raises:
        UnknownNameError: there is no such snapshot.
        StateError: its World does not come back as it was.
    """
    with journal.unless_it_fails():
        _restore(snow, journal, journal.begin_again(at))


def _check(journal: Journal, there: Told, told: Told) -> None:
    """Refuse another World; how fast a real clock goes may change."""
    given = dict(told.options)
    clock = given.get("clock")
    quicker = clock is not None and None not in (factor_of(clock), factor_of(there.options["clock"]))
    if quicker:
        del given["clock"]
    if found := list(differences(there, Told(told.scenario, options=given))):
        more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
        raise BoundError(
            f"what is given must be what {journal.path} began with: {'; '.join(found[:3])}{more}"
        )
    if quicker:
        journal.tell(there.with_options(clock=clock))


def _restore(snow: Snow, journal: Journal, log: tuple[Verb, ...]) -> None:
    journal.contents.replaying = True
    collects = gc.isenabled()
    gc.disable()  # all that is made here stays: looking for what does not took a quarter of the time
    try:
        snow.restore(log, passed=journal.prove)
    except StateError:
        raise
    except (DevicesimError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise StateError(
            f"the World of {journal.path}, kept by devicesim {journal.by}, does not come back: {error}"
        ) from error
    finally:
        journal.contents.replaying = False
        if collects:
            gc.enable()
