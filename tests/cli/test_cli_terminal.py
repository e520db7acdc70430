"""On a terminal: colours, the width, and a bar that shows how far the copy is and leaves no trace."""

import io
import re
import sys

import pytest
import small_story
from command_line import COLOR, command, screen, terminal
from test_cli_process import interrupted

from devicesim import answer, load, simulate
from devicesim.cli import bar as bar_module
from devicesim.report import text
from devicesim.world import World

LONG = ("dataset.clips.files=2000",)
"""Ten gigabytes over the gigabit cable, more than a minute: time for many looks at it."""
SWAPS = (
    *LONG,
    'site.power={source="battery", capacity="4 Wh", spares=20, swap="10 min"}',
    'client.laptop.rate="100 Mbit/s"',
)


class Screen(io.StringIO):
    def isatty(self):
        return True


def on_terminal(monkeypatch):
    """Make stderr a terminal on which the bar is shown at once and at every look; returns what it gets."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stderr", Screen())
    monkeypatch.setattr(bar_module, "PATIENCE", 0.0)
    monkeypatch.setattr(bar_module, "INTERVAL", 0.0)
    return sys.stderr


def frames(written):
    """The texts that the bar showed, one after the other."""
    lines = re.split(r"[\r\n]|\x1b\[\??\d*[A-Za-z]", COLOR.sub("", written))
    return [line for line in lines if line]


def told(frame):
    """Percentage, done and total of a frame."""
    return re.fullmatch(
        r"copying [━╸╺]{30} +(\d+) % (\S+ \S+) of (\S+ \S+) (?:--:--|\d\d:\d\d) left", frame
    ).groups()


@pytest.mark.parametrize("changes", [LONG, SWAPS], ids=["one session", "battery swaps"])
def test_law_the_bar_goes_from_nothing_to_all_and_leaves_no_trace(monkeypatch, changes):
    stderr = on_terminal(monkeypatch)
    world = World(small_story.small_story(*changes))
    with bar_module.bar(world):
        world.run()
    shown = [told(frame) for frame in frames(stderr.getvalue())]
    parts = [int(percent) for percent, _, _ in shown]
    assert len(parts) > 10
    assert parts == sorted(parts)
    assert parts[0] < 10
    assert parts[-1] == 100
    assert {total for _, _, total in shown} == {"10 GB"}
    assert shown[-1][1] == "10 GB"
    assert (len(world.life().customer.ingest.sessions) > 2) == (changes is SWAPS)
    # It clears its line and does not leave an empty one behind.
    assert set(screen(stderr.getvalue())) == {""}
    assert stderr.getvalue().count("\x1b[?25l") == stderr.getvalue().count("\x1b[?25h") == 1


def test_law_a_bar_changes_nothing(monkeypatch):
    on_terminal(monkeypatch)
    watched, alone = (World(small_story.small_story(*SWAPS)) for _ in range(2))
    alone.run()
    with bar_module.bar(watched):
        watched.run()
    assert watched.events == alone.events


def test_worked_a_bar_is_one_line_of_a_narrow_terminal(monkeypatch):
    stderr = on_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "40")
    world = World(small_story.small_story(*LONG))
    with bar_module.bar(world):
        world.run()
    assert max(len(frame) for frame in frames(stderr.getvalue())) <= 40
    assert set(screen(stderr.getvalue())) == {""}


def test_worked_no_bar_before_it_is_worth_it(monkeypatch):
    stderr = on_terminal(monkeypatch)
    monkeypatch.setattr(bar_module, "PATIENCE", 3600.0)
    world = World(small_story.small_story(*LONG))
    with bar_module.bar(world):
        world.run()
    assert stderr.getvalue() == ""


def test_worked_no_bar_where_stderr_is_no_terminal(monkeypatch):
    stderr = on_terminal(monkeypatch)
    monkeypatch.setattr(Screen, "isatty", lambda self: False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    world = World(small_story.small_story(*LONG))
    with bar_module.bar(world):
        world.run()
    assert stderr.getvalue() == ""


def test_law_the_bar_goes_when_a_run_is_broken_off(monkeypatch):
    stderr = on_terminal(monkeypatch)

    def stop():
        if len(frames(stderr.getvalue())) == 3:
            raise KeyboardInterrupt

    world = World(small_story.small_story(*LONG))
    world.watch(stop)
    with pytest.raises(KeyboardInterrupt), bar_module.bar(world):
        world.run()
    assert frames(stderr.getvalue())
    assert set(screen(stderr.getvalue())) == {""}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "small.toml").write_text(small_story.TEXT, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("columns", "width"), [(60, 60), (80, 80), (120, 120), (300, 120)])
def test_worked_the_answer_is_as_wide_as_the_terminal(folder, columns, width):
    code, written = terminal(command("run", "small.toml"), folder, columns, NO_COLOR="1")
    assert code == 0
    expected = text.render(answer(simulate(load(folder / "small.toml"))), width=width)
    # The file's name is in the line to repeat the run, the last one.
    assert screen(written)[:-2] == expected.splitlines()[:-1]


def test_worked_colors_are_for_terminals_that_want_them(folder):
    _, plain = terminal(command("run", "small.toml"), folder, NO_COLOR="1")
    assert not COLOR.search(plain)
    _, dumb = terminal(command("run", "small.toml"), folder, TERM="dumb")
    assert not COLOR.search(dumb)
    _, empty = terminal(command("run", "small.toml"), folder, NO_COLOR="")
    assert COLOR.search(empty)
    assert screen(empty) == screen(plain)


def test_worked_control_c_clears_the_bar(folder):
    code, written = terminal(interrupted("run", "small.toml", "--set", *LONG), folder)
    assert code == 130
    assert [line for line in screen(written) if line] == ["devicesim: interrupted"]


def test_worked_catalog_on_a_terminal(folder):
    code, written = terminal(command("catalog", "show", "SNC1_HDD.disk.rpm"), folder)
    assert code == 0
    assert "\x1b[33m(assumed, 5400 rpm .. 7200 rpm)" in written
    _, written = terminal(command("catalog", "show", "SNC1_HDD.disk.rpm"), folder, NO_COLOR="1")
    assert not COLOR.search(written)
