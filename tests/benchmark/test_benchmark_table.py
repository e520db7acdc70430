"""The table for people, the document for machines, and the command that prints them."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import sys
from dataclasses import replace

import pytest

from devicesim import cli
from devicesim.benchmark import rows, suite, table
from devicesim.benchmark.rows import Bench, Row, Scale, Target

FAST = Row("fast", "a thing", "another", target=Target(">=", 2000)).of(
    2100.0, 2034.4, 1999.0, pairs=3, work="it was done", notes=("on a Monday",)
)
SLOW = Row("slow", "a thing", "another", target=Target("<=", 0.75), binds="in the cellar").of(
    0.8, pairs=1, work="it was done"
)
ABSENT = Row("absent", "a thing", "another", target=Target(">=", 1)).of(notes=("not here",))
WRONG = Row("broken", "a thing", "another", target=Target(">=", 1)).of(wrong="a sum")
TOLD = Row("told", "how many", "", "%").of(
    12.5, work="counted", cells=({"cell": "one", "stated": float("inf")},)
)
ROWS = [FAST, SLOW, ABSENT, WRONG, TOLD]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.04567, "x", "0.046x"),
        (1.0, "x", "1.00x"),
        (46.25, "x", "46.25x"),
        (159.25, "x", "159.2x"),
        (2034.4, "x", "2,034x"),
        (98.75, "%", "98.75 %"),
        (250000.4, "1/s", "250,000/s"),
        (0.8, "GB", "0.800 GB"),
    ],
)
def test_worked_numbers(value: float, unit: str, text: str) -> None:
    assert table.number(value, unit) == text


def test_worked_lines() -> None:
    assert [table.line(row) for row in ROWS] == [
        "fast: 2,034x (1,999 .. 2,100) target >= 2,000 reached",
        "slow: 0.800x target <= 0.75 MISSED",
        "absent: - target >= 1",
        "broken: - target >= 1 WRONG",
        "told: 12.50 %",
    ]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_law_the_table_tells_every_row_and_note_within_its_width(width: int) -> None:
    text = table.render(ROWS, width, color=False)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    for row in ROWS:
        (line,) = re.findall(rf"^{row.name} .*$", text, re.MULTILINE)
        assert table.figures(row)[0] in line
        assert line.endswith(table.verdict(row))
        assert all(note in text for note in row.notes)
    assert "wrong: a sum" in text
    assert "where the time goes: in the cellar" in text


def test_law_where_the_time_goes_is_told_of_missed_rows_only() -> None:
    reached = Row("quick", "a thing", "another", target=Target(">=", 1), binds="in the attic").of(2.0)
    assert "attic" not in table.render([reached], 100, color=False)
    told = table.document([reached, SLOW], Scale(), 1.0)["rows"]
    assert [row["binds"] for row in told] == [None, "in the cellar"]


def test_law_colours_are_only_colours() -> None:
    plain, colored = table.render(ROWS, 100, color=False), table.render(ROWS, 100, color=True)
    assert "\x1b[" in colored
    assert [line.split() for line in re.sub(r"\x1b\[[\d;]*m", "", colored).splitlines()] == [
        line.split() for line in plain.splitlines()
    ]


def test_worked_document() -> None:
    document = table.document(ROWS, Scale(seed=7), 12.34)
    assert document["schema"] == "devicesim.bench/1"
    assert (document["form"], document["seed"], document["seconds"]) == ("short", 7, 12.3)
    fast, slow, absent, broken, told = document["rows"]
    assert (fast["median"], fast["least"], fast["most"], fast["pairs"]) == (2034.4, 1999.0, 2100.0, 3)
    assert fast["target"] == {"sign": ">=", "value": 2000}
    assert [row["reached"] for row in document["rows"]] == [True, False, None, False, None]
    assert (absent["median"], absent["values"], broken["wrong"], slow["wrong"]) == (None, [], "a sum", None)
    assert told["cells"] == [{"cell": "one", "stated": None}]
    json.dumps(document, allow_nan=False)


def test_law_the_machine_is_told_without_names_or_paths() -> None:
    text = json.dumps(table.machine())
    assert {"cpus", "python", "numpy", "simpy", "cores"} <= set(table.machine())
    assert "pure" in table.machine()["cores"]
    for secret in (platform.node(), os.getcwd(), os.path.expanduser("~"), sys.prefix):
        assert secret not in text


# The command.


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command on benches that give these rows at once."""

    def benches(*groups: list[Row]) -> tuple[Bench, ...]:
        return tuple(
            Bench(f"bench-{number}", tuple(rows), lambda scale, rows=rows: map(told(scale), rows))
            for number, rows in enumerate(groups)
        )

    def told(scale: Scale):
        def tell(row: Row) -> Row:
            scale.tell(f"measuring {row.name}")
            return row

        return tell

    def run(*words: str, groups: tuple[list[Row], ...] = ([FAST, ABSENT], [SLOW])):
        made = benches(*groups)
        monkeypatch.setattr(suite, "BENCHES", made)
        monkeypatch.setattr(suite, "NAMES", tuple(each.name for each in made))
        capsys.readouterr()
        return cli.invoke(["bench", *words]), *capsys.readouterr()

    return run


def test_worked_the_table_is_the_result_and_a_missed_target_is_no_error(bench) -> None:
    code, out, err = bench("--seed", "5")
    assert (code, err) == (0, "")
    assert out.startswith(table.render([FAST, ABSENT, SLOW], 100, color=False))
    assert out.endswith("\nRepeat   devicesim bench --seed 5\n")


def test_worked_json(bench) -> None:
    code, out, err = bench("--json", "--long", "--seed", "5")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["schema"], document["form"], document["seed"]) == ("devicesim.bench/1", "long", 5)
    assert [row["name"] for row in document["rows"]] == ["fast", "absent", "slow"]


def test_worked_only_those_named(bench) -> None:
    code, out, _ = bench("--only", "bench-1", "--long", "--seed", "5")
    assert code == 0
    assert "slow" in out
    assert "absent" not in out
    assert out.endswith("\nRepeat   devicesim bench --only bench-1 --long --seed 5\n")


def test_law_the_repeat_line_of_a_fresh_seed_repeats(bench) -> None:
    seeds = set()
    for _ in range(3):
        words = bench()[1].splitlines()[-1].split()[3:]
        seeds.add(words[-1])
        assert bench(*words)[1].splitlines()[-1].split()[3:] == words
    assert len(seeds) > 1


def test_worked_an_unknown_name_is_a_usage_error(bench) -> None:
    assert bench("--only", "bench-9") == (
        2,
        "",
        "devicesim: unknown bench 'bench-9'; did you mean 'bench-1'?\n",
    )


def test_worked_a_wrong_answer_is_exit_code_1(bench) -> None:
    code, out, _ = bench(groups=([FAST, WRONG],))
    assert code == 1
    assert "WRONG" in out


def test_worked_on_a_terminal_every_row_is_told_when_it_is_done(
    bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    code, out, _ = bench("--seed", "5")
    assert code == 0
    shown = [line.rsplit("\x1b[2K", 1)[-1] for line in screen.getvalue().split("\n")[:-1]]
    assert shown == [table.line(row) for row in (FAST, ABSENT, SLOW)]
    assert "measuring slow" in screen.getvalue()
    assert "measuring" not in out


def test_law_without_a_compiler_a_miss_of_a_compiled_form_s_target_says_so(monkeypatch) -> None:
    monkeypatch.setattr(rows, "COMPILED", None)
    slow = Row("slow", "", "", target=Target("<=", 1), binds="in the cellar", compiled=True)
    short, other = slow.of(2.0), replace(slow, compiled=False).of(2.0)
    assert (short.why, table.verdict(short)) == (rows.IN_PYTHON, "in Python")
    assert (other.why, table.verdict(other)) == ("where the time goes: in the cellar", "MISSED")
    assert slow.of(0.5).why == slow.why == ""
    assert table.verdict(slow.of(0.5)) == "reached"
