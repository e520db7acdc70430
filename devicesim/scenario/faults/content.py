"""Faults of the files themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from devicesim.scenario.faults.grammar import DeviceFault

Count = Annotated[
    StrictInt,
    Field(description="How many files, as many as there are at most.", examples=[3], ge=1, le=1_000),
]


class CorruptedFile(DeviceFault):
    """Bits flip on the disk in files that are there; the import finds that their checksums do not match."""

    kind: Literal["corrupted-file"] = Field(description="What goes wrong.", examples=["corrupted-file"])
    files: Count = 1


class FileChanged(DeviceFault):
    """Files change at their source while they are being copied; the import finds that checksums do not match."""

    kind: Literal["file-changed"] = Field(description="What goes wrong.", examples=["file-changed"])
    files: Count = 1


class SymbolicLink(DeviceFault):
    """Symbolic links come onto the device beside the files; the import does not follow them."""

    kind: Literal["symbolic-link"] = Field(description="What goes wrong.", examples=["symbolic-link"])
    files: Count = 1


class BadName(DeviceFault):
    """Empty files come onto the device with names that no object's key may have; the import refuses them."""

    kind: Literal["bad-name"] = Field(description="What goes wrong.", examples=["bad-name"])
    files: Count = 1


ContentFault = CorruptedFile | FileChanged | SymbolicLink | BadName
"""What befalls files."""
