"""A scenario file to a :class:`Scenario`, or every problem in it at once."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from devicesim import catalog
from devicesim.errors import Problem, ScenarioError
from devicesim.jobs import ShippingOption
from devicesim.scenario import checks, places, profile, rooms, syntax
from devicesim.scenario import overrides as options
from devicesim.scenario.data import Dataset
from devicesim.scenario.datasets import listed
from devicesim.scenario.findings import Finding, findings
from devicesim.scenario.listing import Files
from devicesim.scenario.models import Scenario, Source
from devicesim.scenario.syntax import Parsed, shown_line

if TYPE_CHECKING:
    from devicesim.scenario.rooms import Instance
    from devicesim.scenario.trace import Trace

Model = TypeVar("Model", bound=BaseModel)


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario file.

    Args:
        path: a TOML file; relative paths in it are relative to its directory.
        overrides: ``--set`` texts, ``site.wifi.distance="30 m"``, applied in order.

    Raises:
        ScenarioError: with every problem of the file, the overrides and the manifests it names.
    """
    file = os.fspath(path)
    return loads(text_of(file), file, overrides, Path(file).parent)


def text_of(file: str) -> str:
    """The text of a scenario file; one that cannot be read is a problem like others."""
    try:
        return Path(file).read_bytes().decode("utf-8-sig")
    except OSError as error:
        why = f"cannot be read: {error.strerror}" if error.strerror else "cannot be read"
        raise ScenarioError([Problem("", why, file)]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ScenarioError([Problem("", "must be UTF-8 text", file, line, 1)]) from None


def loads(
    text: str,
    name: str = "scenario",
    overrides: Sequence[str] = (),
    directory: str | os.PathLike[str] = ".",
) -> Scenario:
    """Read a scenario from text; ``name`` is for messages, ``directory`` where relative paths start."""
    return _checked(syntax.parse(text, name), name, overrides, Path(directory))


def from_dict(
    document: Mapping[str, Any], overrides: Sequence[str] = (), directory: str | os.PathLike[str] = "."
) -> Scenario:
    """Read a scenario from a document of the file's shape, as :meth:`Scenario.to_dict` gives it."""
    parsed = Parsed((), copy.deepcopy(dict(document)))
    return _checked(parsed, "", overrides, Path(directory))


def _checked(parsed: Parsed, file: str, texts: Sequence[str], directory: Path) -> Scenario:
    return opened(parsed, file, texts, directory)[0]


def opened(
    parsed: Parsed, file: str, texts: Sequence[str], directory: Path
) -> tuple[Scenario, dict[str, Any], Locator]:
    """The scenario of a parsed text, the document it was read from, and what finds a place in the text.

    Raises:
        ScenarioError: with every problem.
    """
    if parsed.document is None:
        raise ScenarioError(parsed.problems)
    document, locate = parsed.document, Locator(parsed, file)
    _flatten(document, locate)
    done, problems = options.apply(document, texts)
    locate.overrides = done
    problems = [*parsed.problems, *problems]
    scenario, found, rows = judged(document, Source(file, directory, tuple(texts)))
    problems += map(locate.problem, found)
    if problems or rows or scenario is None:
        raise ScenarioError([*in_order(problems), *rows])
    return scenario, document, locate


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the file, those without a place last."""
    return sorted(problems, key=lambda problem: (problem.line == 0, problem.line, problem.column))


def judged(document: dict[str, Any], source: Source) -> tuple[Scenario | None, list[Finding], list[Problem]]:
    """The scenario of a document, and all that is wrong with it and with the files it names."""
    scenario, found = _validated(document)
    draft, more, rows = _draft(document, source.directory)
    traces, unread, bad = _traces(draft.instances, source.directory)
    measured, unmeasured, unfit = _profile(document, draft.device, source.directory)
    unread, bad = [*unread, *unmeasured], [*bad, *unfit]
    more, rows = [*more, *unread], [*rows, *bad]
    found += [finding for finding in (*more, *checks.check(draft)) if finding not in found]
    if scenario is None or found or rows:
        return None, found, rows
    listings = {draft.datasets[index].name: files for index, files in draft.listings.items()}
    notes = tuple(_notes(document, scenario, listings))
    source = replace(source, notes=notes, listings=listings, traces=traces, measured=measured)
    return _decided(scenario).from_source(source), found, rows


class Locator:
    """Turns findings into problems: the place in the file, or the override that set the value."""

    def __init__(self, parsed: Parsed, file: str) -> None:
        self.places = dict(parsed.places)
        self.lines, self.file = parsed.lines, file
        self.overrides: Sequence[options.Override] = ()

    def problem(self, finding: Finding) -> Problem:
        """Place a finding at its own path, or at the nearest table around it."""
        path = finding.path
        where = places.dotted(path)
        for override in reversed(self.overrides):
            if path[: len(override.path)] == override.path:
                return Problem(
                    where, finding.why, options.OPTION, 0, override.column, override.text, finding.hint
                )
        while path and path not in self.places:
            path = path[:-1]
        if not path:
            return Problem(where, finding.why, self.file, hint=finding.hint)
        place = self.places[path]
        line, column = place.key if finding.at_key else place.value
        source = shown_line(self.lines, line)
        return Problem(where, finding.why, self.file, line, column, source, finding.hint)


def _flatten(document: dict[str, Any], locate: Locator) -> None:
    """Join the nested tables that unquoted dots in ``[assume]`` make, and their places."""
    if not isinstance(table := document.get("assume"), dict):
        return
    flat: dict[str, Any] = {}

    def walk(below: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key, value in below.items():
            if isinstance(value, dict):
                walk(value, (*keys, key))
            else:
                joined = ".".join((*keys, key))
                flat[joined] = value
                if ("assume", *keys, key) in locate.places:
                    locate.places["assume", joined] = locate.places["assume", *keys, key]

    walk(table, ())
    document["assume"] = flat


def _validated(document: dict[str, Any]) -> tuple[Scenario | None, list[Finding]]:
    """Validate the whole, and again without the unknown keys, behind which other faults hide."""
    scenario, found = _try(Scenario, document)
    unknown = [finding.path for finding in found if finding.at_key]
    if unknown:
        pruned = copy.deepcopy(document)
        for path in unknown:
            _remove(pruned, path)
        found += [finding for finding in _try(Scenario, pruned)[1] if finding not in found]
    return scenario, found


def _try(model: type[Model], value: Any) -> tuple[Model | None, list[Finding]]:
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        return None, list(findings(error.errors(include_url=False), value, model))


def _draft(document: dict[str, Any], directory: Path) -> tuple[checks.Draft, list[Finding], list[Problem]]:
    """What can be checked further: the tables that hold by themselves, and the files they name."""
    assumed, found = checks.assumptions(document)
    essential: dict[str, Any] = {"name": "-", "bucket": "arn:aws:s3:::none"}
    datasets = dict(_sound(lambda: Dataset, document.get("dataset"), essential))
    listings: dict[int, Files] = {}
    rows: list[Problem] = []
    most = catalog.Figures(assumed).si(f"{checks.Draft(document).device}.storage.max_file_size")
    for index, dataset in datasets.items():
        key = "manifest" if dataset.manifest is not None else "directory"
        if getattr(dataset, key) is None:
            continue
        try:
            files, bad = listed(dataset, directory, most)
        except OSError as error:
            why = f"{dataset.manifest or dataset.directory!r} cannot be read: {error.strerror}"
            hint = (
                ""
                if Path(getattr(dataset, key)).is_absolute()
                else "a relative path starts at the scenario file"
            )
            found.append(Finding(("dataset", index, key), why, hint))
            continue
        rows += bad
        if not bad:
            listings[index] = files
    instances = dict(_sound(lambda: rooms.Instance, document.get("instance"), {"name": "-"}))
    essential = {"name": "-", "ami": "ami-00000000"}
    images = dict(_sound(lambda: rooms.Image, document.get("image"), essential))
    essential = {"name": "-", "triggers": ["arn:aws:s3:::none"], "work": "1 s"}
    functions = dict(_sound(lambda: rooms.Function, document.get("function"), essential))
    figures = catalog.Figures(assumed)
    return checks.Draft(document, datasets, instances, listings, figures, images, functions), found, rows


def _traces(
    instances: Mapping[int, Instance], directory: Path
) -> tuple[dict[tuple[str, str], Trace], list[Finding], list[Problem]]:
    """The traces that instances name, by what they are and the file's name, each read once."""
    read: dict[tuple[str, str], Trace] = {}
    found, rows = list[Finding](), list[Problem]()
    for index, instance in instances.items():
        requests = instance.requests.trace if instance.requests is not None else None
        named: tuple[tuple[str, str | None, places.Path], ...] = (
            ("load", instance.trace, ("trace",)),
            ("arrivals", requests, ("requests", "trace")),
        )
        for what, file, path in named:
            if file is None or (what, file) in read:
                continue
            try:
                read[what, file], bad = rooms.TRACES[what](directory / file, file)
                rows += bad
            except OSError as error:
                why = f"{file!r} cannot be read: {error.strerror}"
                hint = "" if Path(file).is_absolute() else "a relative path starts at the scenario file"
                found.append(Finding(("instance", index, *path), why, hint))
    return read, found, rows


def _profile(
    document: Mapping[str, Any], device: str, directory: Path
) -> tuple[dict[str, catalog.Figure], list[Finding], list[Problem]]:
    """The figures of the profile that a scenario names, as they hold for its device."""
    if not isinstance(named := document.get("profile"), str):
        return {}, [], []
    if not (directory / named).is_file():
        hint = "" if Path(named).is_absolute() else "a relative path starts at the scenario file"
        return {}, [Finding(("profile",), f"there is no file {named!r}", hint)], []
    try:
        return profile.read(directory / named).on(device), [], []
    except ScenarioError as error:
        return {}, [], list(error.problems)


def _sound(
    room: Callable[[], type[Model]], items: Any, stand_in: Mapping[str, Any]
) -> Iterator[tuple[int, Model]]:
    """The items of a list that hold by themselves once what is wrong and not essential is left out."""
    for index, item in enumerate(items if isinstance(items, list) else []):
        model = room()
        value, found = _try(model, item)
        if value is None and isinstance(item, dict):
            pruned = copy.deepcopy(item)
            for finding in found:
                _remove(pruned, finding.path)
            value = _try(model, {**stand_in, **pruned})[0]
        if value is not None:
            yield index, value


def _remove(document: Any, path: places.Path) -> None:
    for step in path[:-1]:
        document = document[step] if not isinstance(document, dict) or step in document else {}
    if isinstance(document, dict) and path:
        document.pop(path[-1], None)


def _decided(scenario: Scenario) -> Scenario:
    """Fill in what follows from the rest: slowest shipping, Wi-Fi where a client uses it, the usual interface."""
    job = scenario.job
    shipping = job.shipping or ShippingOption(catalog.lane_for(scenario.site.region).listing("options")[-1])
    wifi = any(client.link == "wifi" for client in scenario.clients) if job.wifi is None else job.wifi
    usual = "s3" if scenario.cluster else catalog.entry(job.device).listing("interfaces")[0]
    clients = tuple(
        client if client.interface else client.model_copy(update={"interface": usual})
        for client in scenario.clients
    )
    decided = job.model_copy(update={"shipping": shipping, "wifi": wifi})
    return scenario.model_copy(update={"job": decided, "clients": clients})


def _notes(document: Mapping[str, Any], scenario: Scenario, listings: Mapping[str, Files]) -> Iterator[str]:
    """What was understood in a way worth telling."""
    start = document["start"]
    if isinstance(start, str):
        start = datetime.fromisoformat(start)
    if getattr(start, "tzinfo", None) is None:
        yield "start has no offset from UTC and is read as UTC"
    moved = {name for client in scenario.clients for name in client.dataset}
    moved |= {name for task in scenario.tasks for name in task.datasets}
    for dataset in scenario.datasets:
        if dataset.name not in moved and dataset.route != "online":
            yield f"nobody copies dataset {dataset.name!r}"
    advised = f"{scenario.job.device}.ports.advised"
    for client in scenario.clients if catalog.has(advised) else ():
        if client.rate is not None and client.rate < catalog.find(advised).si:
            rate = f"{client.rate * 8 / 1e9:g} Gbit/s"
            yield f"client {client.name!r}: {rate} works on {scenario.job.device}, and AWS advises against it"
    for name, files in listings.items():
        if files.skipped:
            path, why = files.skipped[0]
            count = f"{len(files.skipped)} entr{'ies' if len(files.skipped) > 1 else 'y'}"
            yield f"dataset {name!r}: {count} skipped, the first {path!r}: {why}"
