"""The state of a server, for as long as it runs: opened, told about, and closed with a word."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from devicesim import __version__
from devicesim.cli.output import complain
from devicesim.errors import BoundError, StateError, require
from devicesim.journal import Journal, Told
from devicesim.journal.contents import KINDS
from devicesim.snowball_api.kept import kept
from devicesim.snowball_api.snow import Snow

ELSEWHERE = ("s3", "sns")
"""Options that may be others each time: where neighbours are."""


class Keeping:
    """A file of state in the hands of one server.

    Args:
        path: the file.
        told: what the user gave on the command line.
        clock: that of a new World, where none is given.
        at: the snapshot to go back to; where it stood last if not given.

    Attributes:
        journal: the open file.

    Raises:
        StateError, OSError: it cannot be opened.
        BoundError: the content policy is none of those that are kept.
    """

    def __init__(self, path: Path, told: Told, clock: str, at: str | None = None) -> None:
        content = told.options.get("content", KINDS[0])
        require(
            content in KINDS, "--content", f"{', '.join(KINDS[:-1])} or {KINDS[-1]} with --state", content
        )
        self.journal = Journal(path, __version__)
        self._told, self._new, self._at = told, self.journal.told is None, at
        self._error: StateError | None = None
        if self._new:
            if at is not None:
                self.journal.close()
                path.unlink()
                raise BoundError(f"--at must be given with a file of state that is there, got {path}")
            self._told = Told(told.scenario, told.text, {"clock": clock, "s3": "", "sns": "", **told.options})

    def begin(self, around: Callable[[str, str], Any]) -> Snow:
        """The Snow, new or made again; ``around`` gives the neighbours at two addresses."""
        options, elsewhere = dict(self._told.options), {}
        if self.journal.told is not None:
            elsewhere = {name: options.pop(name) for name in ELSEWHERE if name in options}
        there = (self.journal.told or self._told).with_options(**elsewhere)
        neighbours = around(*(there.options[name] for name in ELSEWHERE))
        told = Told(self._told.scenario, self._told.text, options)
        snow = kept(self.journal, told, at=self._at, neighbours=neighbours)
        assert self.journal.told is not None
        if elsewhere:  # only now: what is refused leaves the file as it is
            self.journal.tell(self.journal.told.with_options(**elsewhere))
        self.journal.broke = self._stop
        if self._new:
            complain(f"devicesim: {self.journal.path} is new, and keeps the state from here on")
        else:
            where = f"kept until {snow.at:%d %b %Y %H:%M:%S}" if self._at is None else f"back at {self._at}"
            complain(f"devicesim: going on from {self.journal.path}, {where}")
        return snow

    def __enter__(self) -> Keeping:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()
        if self._error is not None:
            raise self._error

    def _stop(self, error: StateError) -> None:
        """End the server: nothing more can be kept, so nothing more is answered."""
        self._error = error
        main = threading.main_thread().ident
        with suppress(ProcessLookupError):
            signal.pthread_kill(main or 0, signal.SIGTERM)
