"""The shrinker: of a story that fails, the smallest that still does, as a scenario of a few lines.

Every part of the document that may go, and every number that may be rounder, is a choice between its simplest form and
the form it has. hypothesis draws choices near the story as it is, and shrinks those that still fail towards the
simplest; what comes of it is taken as the story and shrunk again, until nothing more goes.
"""

from __future__ import annotations

import copy
import importlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from devicesim import units
from devicesim.errors import BoundError, DevicesimError, MissingExtraError, require
from devicesim.faults.written import written
from devicesim.scenario import Scenario, from_dict

Path = tuple[Any, ...]
Fails = Callable[[Scenario], bool]

GONE = object()
"""Stands for a part that is left out."""

AS_IT_IS = 30
"""A part is drawn as it is so often to one of its simpler forms each: most draws then fail as the story does."""

ROUNDS = 4
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?) ?(\D.*)")
_LADDERS = (
    (units.DURATION, ("0 s", "1 min", "10 min", "1 h", "1 d", "10 d", "30 d")),
    (units.SIZE, ("1 kB", "1 MB", "1 GB", "1 TB")),
    (units.FRACTION, ("0 %", "100 %", "50 %", "10 %", "1 %")),
)
_STEPS = (1, 2, 5, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What came of it.

    Attributes:
        scenario: that still fails. text: the same as TOML.
        runs: how often a story was tried.
    """

    scenario: Scenario
    text: str
    runs: int


def shrink(scenario: Scenario, fails: Fails, *, most_runs: int = 2_000) -> Shrunk:
    """Make a story that fails as small as it can be: fewest faults, least data, roundest numbers.

    Args:
        scenario: a story. fails: whether one fails; it may run it, and must answer alike for the same.
        most_runs: after so many tries what is smallest so far is the answer.

    Raises:
        BoundError: the story does not fail.
        MissingExtraError: hypothesis is not installed.
    """
    require(most_runs >= 1, "most_runs", ">= 1", most_runs)
    _hypothesis()
    trial = _Trial(scenario, fails, most_runs)
    document = scenario.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    if not trial.fails(document):
        raise BoundError("the scenario must be one that fails, got one that does not")
    for _ in range(ROUNDS):
        smaller = _smaller(document, trial)
        if smaller == document:
            break
        document = smaller
    return Shrunk(trial.read(document), written(document), trial.runs)


class _Trial:
    """Tries documents, each once."""

    def __init__(self, scenario: Scenario, fails: Fails, most: int) -> None:
        self._scenario, self._fails, self._most = scenario, fails, most
        self._known: dict[str, bool] = {}
        self.runs = 0

    def read(self, document: dict[str, Any]) -> Scenario:
        return from_dict(document, directory=self._scenario.source.directory)

    def valid(self, document: dict[str, Any]) -> bool:
        try:
            self.read(document)
        except DevicesimError:
            return False
        return True

    def fails(self, document: dict[str, Any]) -> bool:
        key = json.dumps(document, sort_keys=True)
        if key not in self._known:
            self._known[key] = self.runs < self._most and self._try(document)
        return self._known[key]

    def _try(self, document: dict[str, Any]) -> bool:
        try:
            story = self.read(document)
        except DevicesimError:
            return False
        self.runs += 1
        return bool(self._fails(story))


@dataclass(frozen=True, slots=True)
class _Choice:
    """A place of the document and what may stand there instead, the simplest first."""

    path: Path
    forms: Sequence[Any]


def _smaller(document: dict[str, Any], trial: _Trial) -> dict[str, Any]:
    """One round: the smallest document that still fails."""
    hypothesis = _hypothesis()
    strategies = importlib.import_module("hypothesis.strategies")
    choices = [
        _Choice(path, good)
        for path, forms in _choices(document, ())
        if (good := [form for form in forms if trial.valid(_with(document, [(path, form)]))])
    ]
    if not choices:
        return document
    draws = strategies.tuples(*(strategies.integers(0, len(choice.forms) + AS_IT_IS) for choice in choices))

    def made(picks: Sequence[int]) -> dict[str, Any]:
        chosen = zip(choices, picks, strict=True)
        return _with(document, [(c.path, c.forms[pick]) for c, pick in chosen if pick < len(c.forms)])

    settings = hypothesis.settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=200,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    try:
        picks = hypothesis.find(
            draws, lambda picks: trial.fails(made(picks)), settings=settings, random=Random(0)
        )
    except hypothesis.errors.NoSuchExample:
        return document
    return made(picks)


def _with(document: dict[str, Any], changes: Sequence[tuple[Path, Any]]) -> dict[str, Any]:
    """A document with changes; what is below a part that goes, goes with it. Later items of a list go first."""
    made = copy.deepcopy(document)
    for path, form in sorted(changes, key=lambda change: (len(change[0]), _order(change[0])), reverse=True):
        at: Any = made
        for step in path[:-1]:
            at = at[step]
        if form is GONE:
            del at[path[-1]]
        else:
            at[path[-1]] = copy.deepcopy(form)
    return made


def _order(path: Path) -> tuple[str, ...]:
    return tuple(f"{step:09d}" if isinstance(step, int) else step for step in path)


def _choices(value: Any, path: Path) -> Iterator[tuple[Path, list[Any]]]:
    """Every place, with its simpler forms; whole parts before what is in them."""
    inside: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict):
        inside = iter(value.items())
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        inside = iter(enumerate(value))
    for step, inner in inside:
        here = (*path, step)
        yield here, [GONE, *_forms(inner)]
        yield from _choices(inner, here)


def _forms(value: Any) -> list[Any]:
    """Rounder forms of a number or quantity; none of anything else."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int):
        return [step for step in (*_STEPS, _rounded(value)) if step < value]
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        for dimension, ladder in _LADDERS:
            try:
                mine = units.parse(value, dimension)
            except DevicesimError:
                continue
            known = [(units.parse(form, dimension), form) for form in ladder]
            return [
                form
                for size, form in known
                if form != value and (size <= mine or dimension is units.FRACTION)
            ]
    return []


def _rounded(value: int) -> int:
    """A number with its first digit alone."""
    scale = 10 ** max(0, len(str(abs(value))) - 1)
    return int(value // scale * scale)


def _hypothesis() -> Any:
    try:
        return importlib.import_module("hypothesis")
    except ImportError:
        raise MissingExtraError("shrinking", "shrink") from None
