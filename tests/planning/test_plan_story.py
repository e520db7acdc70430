"""The story of options gives the table that stands beside it, to the letter; the README shows it."""

from pathlib import Path

import pytest

from devicesim import cli

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "scenarios" / "plan_studio.plan.txt"


def test_the_readme_shows_the_story_s_table() -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- output: plan -->\n```text\n")[1]
    assert shown.split("```")[0] == TABLE.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_story_of_options_gives_its_table(
    workers: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    words = ("--replications", "40", "--optimise", "min cost subject to days_to_s3.p95 < 30")
    assert cli.invoke(["plan", "scenarios/plan_studio.toml", *words, "--workers", workers]) == 0
    shown = capsys.readouterr().out
    if request.config.getoption("--rewrite-reports"):
        TABLE.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == TABLE.read_text(encoding="utf-8")
