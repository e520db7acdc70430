"""A scenario file with its variants: the options of a plan and the cells of a sweep, each a scenario of its own.

What is wrong with a variant is told at the place in the file that makes it so.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devicesim.errors import Problem, ScenarioError, require
from devicesim.scenario import overrides, ready, syntax
from devicesim.scenario.findings import Finding
from devicesim.scenario.models import Scenario, Source
from devicesim.scenario.options import MOST_CELLS, Option, cells, leaves
from devicesim.scenario.places import Path as Keys
from devicesim.scenario.places import dotted
from devicesim.scenario.read import Locator, in_order, judged, opened, text_of

AS_WRITTEN = "As written"
"""The name of the scenario itself among its options."""
OPTION = "--option"
_OWN = ("option", "sweep")


@dataclass(frozen=True, slots=True)
class Varied:
    """A scenario and its variants.

    Attributes:
        scenario: as written.
        options: by name, as written first.
        notes: which ready-made options do not fit, and why.
    """

    scenario: Scenario
    options: Mapping[str, Scenario]
    notes: tuple[str, ...] = ()


def load_varied(
    path: str | os.PathLike[str], changed: Sequence[str] = (), ready_made: Sequence[str] = ()
) -> Varied:
    """Read a scenario file with its options, and ready-made ones beside them.

    Args:
        path: a TOML file.
        changed: ``--set`` texts; they hold for every option that does not say otherwise.
        ready_made: such as ``snowcones:3``; ``all`` is every one that fits.

    Raises:
        ScenarioError: with every problem of the file and of its options.
    """
    file = os.fspath(path)
    parsed = syntax.parse(text_of(file), file)
    scenario, document, locate = opened(parsed, file, changed, Path(file).parent)
    bare = {key: value for key, value in document.items() if key not in _OWN}
    found: dict[str, Scenario] = {AS_WRITTEN: scenario}
    problems = list(_repeated(scenario.options, locate))
    for index, option in enumerate(scenario.options):
        at: Keys = ("option", index)
        variant, wrong, rows = _variant(bare, option, at, scenario.source)
        problems += [*map(locate.problem, wrong), *rows]
        if variant is not None:
            found.setdefault(option.name, variant)
    notes = list[str]()
    for use in ready_made:
        problems += _add(found, bare, use, scenario.source, notes)
    if problems:
        raise ScenarioError(in_order(problems))
    return Varied(scenario, found, tuple(notes))


def load_cells(
    path: str | os.PathLike[str], changed: Sequence[str] = ()
) -> tuple[Scenario, list[tuple[dict[str, Any], Scenario]]]:
    """Read a scenario file as the grid that its sweeps span: values by path, and the scenario they make.

    Raises:
        ScenarioError: with every problem of the file and of its cells.
    """
    file = os.fspath(path)
    parsed = syntax.parse(text_of(file), file)
    scenario, document, locate = opened(parsed, file, changed, Path(file).parent)
    bare = {key: value for key, value in document.items() if key not in _OWN}
    if not scenario.sweeps:
        why = "has no [[sweep]]"
        raise ScenarioError(
            [Problem("", why, file, hint='add [[sweep]] path = "site.wan.up", values = [..]')]
        )
    count = 1
    for sweep in scenario.sweeps:
        count *= len(sweep.values)
    require(count <= MOST_CELLS, "the grid", f"of at most {MOST_CELLS:,} cells", f"{count:,}")
    done, problems = list[tuple[dict[str, Any], Scenario]](), list[Problem]()
    for place, values in cells(scenario.sweeps):
        owners = {
            name: ("sweep", axis, "values", place[axis])
            for axis, sweep in enumerate(scenario.sweeps)
            for name in sweep.paths
        }
        draft = copy.deepcopy(bare)
        put, wrong = _put(draft, ((owners[name], name, value) for name, value in values.items()))
        variant, more, rows = judged(draft, scenario.source) if not wrong else (None, [], [])
        wrong += [_own(finding, put, ("sweep",)) for finding in more]
        problems += [each for each in (*map(locate.problem, wrong), *rows) if each not in problems]
        if variant is not None:
            done.append((values, variant))
    if problems:
        raise ScenarioError(in_order(problems))
    return scenario, done


def _repeated(options: Sequence[Option], locate: Locator) -> Iterator[Problem]:
    taken = {AS_WRITTEN}
    for index, option in enumerate(options):
        if option.name in taken:
            yield locate.problem(Finding(("option", index, "name"), f"{option.name!r} is taken"))
        taken.add(option.name)


def _add(
    found: dict[str, Scenario], bare: Mapping[str, Any], use: str, source: Source, notes: list[str]
) -> Iterator[Problem]:
    """Add a ready-made option, or every one that fits and differs from what there is."""
    if use == ready.ALL:
        for each in ready.usual():
            name = ready.title(each)
            variant, wrong, _ = _variant(bare, Option(name=name, use=each), (), source)
            if variant is None:
                notes.append(f"{name} is left out: {wrong[0].why if wrong else 'its files cannot be read'}")
            elif all(variant.to_dict() != known.to_dict() for known in found.values()):
                found.setdefault(name, variant)
        return
    try:
        option = Option(name=ready.title(use), use=use)
    except ready.Unfit as unfit:
        yield Problem("", unfit.why, OPTION, 0, 1, use, unfit.hint)
        return
    variant, wrong, rows = _variant(bare, option, (), source)
    for finding in wrong:
        yield Problem("", finding.why, OPTION, 0, 1, use, finding.hint)
    yield from rows
    if variant is not None:
        found.setdefault(option.name, variant)


def _variant(
    bare: Mapping[str, Any], option: Option, at: Keys, source: Source
) -> tuple[Scenario | None, list[Finding], list[Problem]]:
    """The scenario that an option makes, or what is wrong with it, at its own places."""
    draft = copy.deepcopy(dict(bare))
    if option.use is not None:
        try:
            ready.apply(draft, option.use)
        except ready.Unfit as unfit:
            return None, [Finding((*at, "use"), unfit.why, unfit.hint)], []
    for number, path in enumerate(option.without):
        if not _drop(draft, path):
            return None, [Finding((*at, "without", number), f"there is no {path!r} to leave out")], []
    items = (((*at, "set", *keys), path, value) for keys, path, value in leaves(option.changes))
    put, wrong = _put(draft, items)
    if wrong:
        return None, wrong, []
    scenario, found, rows = judged(draft, source)
    return scenario, [_own(finding, put, (*at, "use") if option.use else at) for finding in found], rows


def _put(
    draft: dict[str, Any], items: Iterator[tuple[Keys, str, Any]]
) -> tuple[list[tuple[Keys, Keys]], list[Finding]]:
    """Set values; returns the paths set, each with the place that says so, and what cannot be."""
    done, wrong = list[tuple[Keys, Keys]](), list[Finding]()
    for place, path, value in items:
        try:
            done.append((overrides.put(draft, path, copy.deepcopy(value)), place))
        except overrides.PathError as refused:
            wrong.append(Finding(place, refused.why, refused.hint, at_key=True))
    return done, wrong


def _own(finding: Finding, put: Sequence[tuple[Keys, Keys]], otherwise: Keys) -> Finding:
    """A finding of a variant at the place that made the variant so."""
    where = dotted(finding.path)
    why = f"{where}: {finding.why}" if where else finding.why
    for path, place in reversed(put):
        if path[: len(finding.path)] == finding.path or finding.path[: len(path)] == path:
            return Finding(place, why, finding.hint, finding.at_key and path == finding.path)
    return Finding(otherwise, why, finding.hint)


def _drop(draft: dict[str, Any], path: str) -> bool:
    """Leave out a table or a value; False if there is none."""
    *above, last = path.split(".")
    at: Any = draft
    for step in above:
        at = at.get(step) if isinstance(at, dict) else None
    return isinstance(at, dict) and at.pop(last, None) is not None
