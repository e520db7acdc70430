"""Random schedules of faults: from a seed, of the kinds that can befall a story, with members by their models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import numpy as np

from devicesim.errors import DevicesimError, ScenarioError, require
from devicesim.faults.moments import Moments, moments
from devicesim.scenario import Scenario, from_dict
from devicesim.scenario.faults import KINDS, FaultTable, injected

Table = dict[str, Any]

MOST = 1_000
"""Most faults of one schedule."""

DELAYS: Mapping[str, Sequence[str]] = {
    "ready": ("0 s", "10 min", "1 h", "3 h", "8 h", "1 d", "2 d", "5 d"),
    "formed": ("0 s", "10 min", "1 h", "8 h", "1 d", "3 d"),
    "ordered": ("0 s", "1 d", "3 d", "5 d", "8 d", "12 d", "20 d"),
}
"""When a fault may begin, by what its time counts from."""

DURATIONS = ("1 min", "10 min", "1 h", "3 h", "12 h", "2 d", "6 d", "40 d")
FACTORS = ("0 %", "1 %", "10 %", "30 %", "70 %")
AIMED = 0.8
"""Share of faults that begin where the story has something for them to befall."""

PARTS = (0.1, 0.5, 1.0, 3.0)
"""How long they last, in lengths of that."""

SHARES = ("1 %", "10 %", "30 %", "100 %")


def possible(story: Scenario) -> list[str]:
    """The kinds of fault that can befall a story.

    >>> from devicesim.scenario import loads, template
    >>> "parcel-lost" in possible(loads(template()))
    True
    """
    draw = np.random.default_rng(0)
    return [kind for kind in KINDS if _holds(story, _made(story, kind, draw))]


def schedule(story: Scenario, seed: int, number: int = 3, when: Moments | None = None) -> tuple[Table, ...]:
    """Draw so many faults that can befall a story together.

    Most are aimed: they begin where the story, told once as it is, has something for them to befall. The others begin
    whenever, so that what comes between is tried as well.

    Args:
        story: as it is; faults of its own stay and are not repeated here.
        seed: of the draws; it has nothing to do with the story's own.
        number: how many; fewer where the story does not take so many.
        when: what :func:`~devicesim.faults.moments.moments` told of the story; asked for if not given.

    Returns:
        Tables as ``[[fault]]`` has them, for :func:`laid` and :func:`~devicesim.faults.written.written`.

    Raises:
        BoundError: no such seed, or number.
    """
    require(seed >= 0, "seed", ">= 0", seed)
    require(1 <= number <= MOST, "number", f"in 1 .. {MOST:,}", number)
    draw = np.random.default_rng(np.random.SeedSequence(seed))
    kinds, found = possible(story), list[Table]()
    when = moments(story) if when is None else when
    for _ in range(3 * number if kinds else 0):
        made = _made(story, kinds[int(draw.integers(len(kinds)))], draw)
        if draw.random() < AIMED:
            _aim(made, when, draw)
        if _holds(story, made) and _fit(story, [*found, made]):
            found.append(made)
        if len(found) == number:
            break
    return tuple(found)


def laid(story: Scenario, faults: Sequence[Mapping[str, Any]]) -> Scenario:
    """The story with more faults in it.

    Raises:
        ScenarioError: they do not go with it.
    """
    document = story.to_dict()
    document["fault"] = [*document.get("fault", ()), *faults]
    made = from_dict(document, directory=story.source.directory)
    return made.from_source(story.source)


def _holds(story: Scenario, table: Table) -> bool:
    """Whether a fault can befall a story."""
    members = {name: value for name, value in table.items() if name != "kind"}
    try:
        injected.read(story, table["kind"], members)
    except DevicesimError:
        return False
    return True


def _fit(story: Scenario, faults: Sequence[Table]) -> bool:
    """Whether faults can befall a story together."""
    try:
        laid(story, faults)
    except ScenarioError:
        return False
    return True


def _made(story: Scenario, kind: str, draw: np.random.Generator) -> Table:
    """A fault of a kind with members that are drawn."""
    model, table = KINDS[kind], Table(kind=kind)
    for name, field in model.model_fields.items():
        if name == "kind":
            continue
        needed = field.is_required() or name in ("at", "leg", "goes", "how")
        if not needed and draw.random() < 0.5:
            continue
        value = _value(story, model, name, draw)
        if value is not None:
            table[name] = value
    if {"objects", "share"} <= table.keys() or (
        kind == "import-failures" and not {"objects", "share"} & table.keys()
    ):
        table.pop("share", None)
        table.setdefault("objects", 1 + int(draw.integers(30)))
    return table


def _aim(table: Table, when: Moments, draw: np.random.Generator) -> None:
    """Let a fault begin where it finds something to befall; half of those that last do so as long as that, or so."""
    model = KINDS[table["kind"]]
    number = table.get("number") or table.get("part") or 1
    spans = when.of(model, table.get("leg", "return"), number)
    if not spans:
        return
    begin, end = spans[int(draw.integers(len(spans)))]
    if "duration" in table and model.since != "ordered" and draw.random() < 0.5:
        table["duration"] = _seconds(max(1.0, (end - begin) * _one(PARTS, draw)))
    table["at"] = _seconds(begin + draw.random() * (end - begin))


def _seconds(value: float) -> str:
    """A time as a scenario has it, to the millisecond."""
    return f"{round(value, 3):.3f}".rstrip("0").rstrip(".") + " s"


def _value(story: Scenario, model: type[FaultTable], name: str, draw: np.random.Generator) -> Any:
    """A value for a member: one of those that make sense for its name, else of its choices, else its example."""
    if name == "at":
        return _one(DELAYS[model.since], draw)
    if name in MAKERS:
        return MAKERS[name](story, draw)
    field = model.model_fields[name]
    if choices := _choices(field.annotation):
        return _one(choices, draw)
    return field.examples[0] if field.is_required() and field.examples else None


def _one(values: Sequence[Any], draw: np.random.Generator) -> Any:
    return values[int(draw.integers(len(values)))]


def _choices(annotation: Any) -> tuple[Any, ...]:
    """The values of a member that has only some."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return ()


def _nodes(story: Scenario, draw: np.random.Generator) -> list[int] | None:
    if story.cluster is None:
        return None
    nodes = story.cluster.nodes
    count = 1 + int(draw.integers(max(1, nodes // 2)))
    return sorted(int(node) + 1 for node in draw.choice(nodes, min(count, nodes), replace=False))


def _number(story: Scenario, draw: np.random.Generator) -> int | None:
    several = story.cluster is not None or story.fleet is not None or str(story.job.type) == "EXPORT"
    return 1 + int(draw.integers(3)) if several else None


MAKERS: Mapping[str, Callable[[Scenario, np.random.Generator], Any]] = {
    "duration": lambda story, draw: _one(DURATIONS, draw),
    "factor": lambda story, draw: _one(FACTORS, draw),
    "share": lambda story, draw: _one(SHARES, draw),
    "objects": lambda story, draw: 1 + int(draw.integers(30)),
    "nodes": _nodes,
    "number": _number,
    "part": lambda story, draw: 1 if str(story.job.type) != "EXPORT" else 1 + int(draw.integers(2)),
    "client": lambda story, draw: None,
    "error": lambda story, draw: None,
    "operations": lambda story, draw: None,
}
"""What members are, by their names; None leaves one out."""
