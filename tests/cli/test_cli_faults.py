"""``run --faults`` and ``shrink``: the same again by the line that says so, and refusals in words."""

import re

import pytest


def test_law_repeat_gives_the_same_run_again(devicesim):
    done = devicesim("run", "small.toml", "--faults", "7:2")
    assert done.code == 0
    assert done.err.startswith("# faults 7:2\n[[fault]]\n")
    (line,) = re.findall(r"^Repeat +devicesim (.*)$", done.out, re.MULTILINE)
    assert line == "run small.toml --seed 7 --faults 7:2"
    again = devicesim(*line.split())
    assert (again.code, again.out, again.err) == (0, done.out, done.err)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "small.toml", "--faults", "7:0"], "NUMBER of --faults must be in 1 .. 1,000, got 0"),
        (
            ["run", "small.toml", "--faults", "7:"],
            "--faults must be SEED or SEED:NUMBER, such as 7:5, got 7:",
        ),
        (["shrink", "small.toml", "--goal", "files_lost == 0", "--runs", "0"], "--runs must be >= 1, got 0"),
        (
            ["shrink", "small.toml", "--goal", "files_lost == 0"],
            "--goal must be one that small.toml misses, got files_lost == 0, which it meets",
        ),
    ],
)
def test_worked_what_cannot_be_is_refused_in_words(devicesim, words, said):
    done = devicesim(*words)
    assert (done.code, done.out, done.err) == (2, "", f"devicesim: {said}\n")


def test_worked_shrunk_to_the_fault_that_matters(devicesim, tmp_path):
    """Of a parcel that is lost and a cable that is pulled for a minute only the parcel costs files."""
    story = (tmp_path / "small.toml").read_text()
    faults = """
[[fault]]
kind = "cable-pulled"
at = "10 s"
duration = "1 min"
[[fault]]
kind = "parcel-lost"
leg = "return"
"""
    (tmp_path / "bad.toml").write_text(story + faults)
    done = devicesim("shrink", "bad.toml", "--goal", "files_lost == 0", "--runs", "60")
    assert done.code == 0, done.err
    assert "parcel-lost" in done.out
    assert "cable-pulled" not in done.out
    (tmp_path / "least.toml").write_text(done.out)
    assert devicesim("run", "least.toml").code == 1
