"""What text answers are written on: rich, without any look at the terminal or the environment."""

from __future__ import annotations

from io import StringIO

from rich.console import Console


class Paper(Console):
    """A console whose text is taken by :meth:`text`.

    Args:
        width: columns.
        color: with ANSI colours; the caller knows about terminals and NO_COLOR.
    """

    def __init__(self, width: int, color: bool = False) -> None:
        self._out = StringIO()
        super().__init__(
            file=self._out,
            width=width,
            force_terminal=color,
            color_system="standard" if color else None,
            no_color=not color,
            force_jupyter=False,
            legacy_windows=False,
            emoji=False,
            markup=False,
            highlight=False,
            _environ={},
        )

    def text(self) -> str:
        """What was printed so far: lines without trailing spaces, the last one ended; empty if there is none."""
        return "".join(f"{line.rstrip()}\n" for line in self._out.getvalue().splitlines())
