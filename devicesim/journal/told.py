"""What a World was told when it began, in a form that needs no other file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devicesim.journal.plain import read, written
from devicesim.scenario import Scenario, Source

LONGEST = 40
"""Characters of a value in a message."""


@dataclass(frozen=True)
class Told:
    """A scenario with all that was found in the files it names, and the options beside it.

    Attributes:
        scenario: the story; None for an empty account.
        text: of its file, for people; empty where it was none.
        options: seed, replication, clock and whatever else shapes the World, by name.
    """

    scenario: Scenario | None = None
    text: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, str]:
        """Everything as texts by name."""
        told = {"options": written(dict(self.options)), "text": written(self.text)}
        if self.scenario is not None:
            source = self.scenario.source
            found = {
                "file": source.file,
                "overrides": source.overrides,
                "notes": source.notes,
                "listings": source.listings,
                "traces": source.traces,
                "measured": source.measured,
                "by_default": source.by_default,
            }
            told |= {"scenario": written(self.scenario.to_dict()), "found": written(found)}
        return told

    @classmethod
    def of(cls, plain: Mapping[str, str]) -> Told:
        """What :meth:`plain` told."""
        scenario = None
        if "scenario" in plain:
            source = Source(directory=Path(), **read(plain["found"]))
            scenario = Scenario.model_validate(read(plain["scenario"])).from_source(source)
        return cls(scenario, read(plain["text"]), read(plain["options"]))

    def with_options(self, **options: Any) -> Told:
        """The same with other options."""
        return replace(self, options=dict(self.options) | options)


def differences(there: Told, given: Told) -> Iterator[str]:
    """Where what is given says something else than what is there; what is not given says nothing."""
    for name, value in given.options.items():
        if there.options.get(name) != value:
            yield f"{name} is {_shown(there.options.get(name))} there, and {_shown(value)} is given"
    if given.scenario is None:
        return
    if there.scenario is None:
        yield "it began without a scenario, and one is given"
        return
    yield from _parted("", there.scenario.to_dict(), given.scenario.to_dict())
    ours, theirs = there.scenario.source, given.scenario.source
    for name in ("listings", "traces", "measured"):
        if written(getattr(ours, name)) != written(getattr(theirs, name)):
            yield f"the files that the scenario names ({name}) were others"


def _parted(path: str, there: Any, given: Any) -> Iterator[str]:
    """Where two documents part, as dotted paths with both values."""
    if isinstance(there, dict) and isinstance(given, dict):
        for name in dict.fromkeys((*there, *given)):
            yield from _parted(f"{path}.{name}" if path else name, there.get(name), given.get(name))
    elif isinstance(there, list) and isinstance(given, list) and len(there) == len(given):
        for index, pair in enumerate(zip(there, given, strict=True)):
            yield from _parted(f"{path}[{index}]", *pair)
    elif there != given:
        yield f"{path} is {_shown(there)} there, and {_shown(given)} is given"


def _shown(value: Any) -> str:
    text = "nothing" if value is None else f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
