"""The scenario that ``devicesim init`` writes."""

from __future__ import annotations

from importlib.resources import files


def template() -> str:
    """A commented scenario that runs as it is.

    >>> template().splitlines()[1]
    '# A devicesim scenario: one AWS Snowcone, from the order to the data in S3.'
    """
    return (files("devicesim") / "templates" / "scenario.toml").read_text(encoding="utf-8")
