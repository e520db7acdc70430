"""The README is true: its output is what the command prints, its Python runs, its test command is CI's."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devicesim.datasync_api import coverage as datasync
from devicesim.protocol.shapes import Shape
from devicesim.scenario.faults import told as faults
from devicesim.snowball_api import interface
from devicesim.snowball_api.coverage import table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, after: str) -> str:
    match = re.search(rf"{re.escape(after)}\n+```{language}\n(.*?)```", README, re.DOTALL)
    assert match is not None, f"no {language} block after {after!r}"
    return match[1]


def devicesim(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devicesim", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_first_screen_shows_what_its_command_prints() -> None:
    command = README.split("```sh\n")[1].split("```")[0].splitlines()[-1]
    words = command.removeprefix(".venv/bin/devicesim ").split()
    assert devicesim(*words).stdout == block("text", "<!-- output: factory -->")


def test_ci_runs_the_readme_s_test_command() -> None:
    command = block("sh", "<!-- tests -->").strip()
    assert "pytest" in command
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- tests -->" in script
    extract = script[script.index("command=") : script.index("\ntest -n")]
    shown = subprocess.run(
        ["bash", "-c", f'{extract}\nprintf "%s" "$command"'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == command


def test_scenario_in_the_readme_is_the_ridge_camp(tmp_path: Path) -> None:
    path = tmp_path / "readme.toml"
    path.write_text(re.findall(r"```toml\n(.*?)```", README, re.DOTALL)[0], encoding="utf-8")
    checked = devicesim("check", str(path))
    assert (checked.returncode, checked.stderr) == (0, "")


def test_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block("python", "## From Python"), "README.md", "exec"), {})


def test_commands_of_the_readme_exist() -> None:
    commands = {line.split()[1] for line in block("sh", "## Your own scenario").splitlines() if line}
    assert commands == {"init", "check", "run", "catalog", "schema"}
    for name in commands:
        assert devicesim(name, "--help").returncode == 0


def test_commands_on_measurements_exist() -> None:
    lines = [re.sub(r"\s+# .*", "", line) for line in block("sh", "run on the result:").splitlines() if line]
    told = {name: devicesim(name, "--help").stdout for name in ("predict", "calibrate", "validate")}
    for line in lines:
        _, name, *words = line.split()
        assert all(word in told[name] for word in words if word.startswith("--")), line
    assert {line.split()[1] for line in lines} == set(told)


def test_commands_of_planning_exist_with_their_options() -> None:
    helps = {name: devicesim(name, "--help").stdout for name in ("plan", "sweep")}
    for line in block("sh", "what differs between options is what they do.").splitlines():
        words = line.partition("#")[0].split()
        assert [word for word in words if word.startswith("--") and word not in helps[words[1]]] == []


def test_the_boto3_walk_of_the_readme_passes() -> None:
    pytest.importorskip("boto3")
    walk: dict[str, Any] = {}
    exec(compile(block("python", "<!-- test: import -->"), "README.md", "exec"), walk)
    walk["test_the_data_arrives"]()


def test_the_table_of_operations_is_the_code_s() -> None:
    shown = README.split("<!-- table: operations -->\n")[1].split("<!-- end -->")[0]
    assert shown == table()


def test_the_datasync_walk_of_the_readme_passes() -> None:
    pytest.importorskip("boto3")
    walk: dict[str, Any] = {}
    exec(compile(block("python", "<!-- test: datasync -->"), "README.md", "exec"), walk)
    walk["test_a_snowcone_sends_its_files_online"]()


def test_the_table_of_faults_is_the_code_s() -> None:
    shown = README.split("<!-- table: faults -->\n")[1].split("<!-- end -->")[0]
    assert shown == faults.table()


def test_faults_of_the_readme_are_labelled() -> None:
    exec(compile(block("python", "<!-- test: faults -->"), "README.md", "exec"), {})


def test_commands_on_faults_run() -> None:
    for line in block("sh", "stay as theirs are).").splitlines():
        words = line.partition("#")[0].split()[1:]
        assert devicesim(*words).returncode == 0, line


def test_the_random_faults_of_the_readme_are_those_that_are_drawn() -> None:
    command = block("sh", "'devicesim[shrink]'`).").splitlines()[0].partition("#")[0].split()[1:]
    told = devicesim(*command)
    assert (told.returncode, told.stderr) == (1, block("toml", "<!-- output: faults -->"))
    assert "✗ days_to_s3 < 21" in told.stdout
    assert "parcel-damaged" in told.stdout


def test_the_smallest_story_of_the_readme_is_that_which_is_found() -> None:
    pytest.importorskip("hypothesis")
    command = block("sh", "'devicesim[shrink]'`).").splitlines()[1].partition("#")[0].split()[1:]
    told = devicesim(*command)
    assert (told.returncode, told.stdout) == (0, block("toml", "<!-- output: shrink -->"))
    assert "in 23 runs" in README
    assert "devicesim: 23 runs" in told.stderr


def test_the_table_of_datasync_is_the_code_s() -> None:
    shown = README.split("<!-- table: datasync -->\n")[1].split("<!-- end -->")[0]
    assert shown == datasync.table()


def test_the_commands_on_state_exist_with_their_options() -> None:
    told = {name: devicesim(name, "--help").stdout for name in ("serve", "state")}
    lines = [line.partition("#") for line in block("sh", "<!-- commands: state -->").splitlines()]
    for command, _, _ in lines:
        words = command.split()
        if words[0] == "devicesim":
            assert [word for word in words if word.startswith("--") and word not in told[words[1]]] == []
    assert all(word in told["state"] for word in ("--log", "--scenario", "--json"))


def test_serve_has_the_options_that_the_readme_shows() -> None:
    told = devicesim("serve", "--help").stdout
    shown = [line.partition("#")[0] for line in README.splitlines() if line.startswith("devicesim serve ")]
    assert {word for line in shown for word in line.split() if word.startswith("--")} - set(
        told.split()
    ) == set()


def test_the_share_test_of_the_readme_passes(tmp_path: Path) -> None:
    pytest.importorskip("pyfakefs")
    (tmp_path / "test_shown.py").write_text(block("python", "<!-- test: share -->"), encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout


def test_every_story_is_named() -> None:
    stories = {path.stem for path in (ROOT / "scenarios").glob("*.toml")}
    assert set(re.findall(r"\(scenarios/(\w+)\.toml\)", README)) == stories


def leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """The members of a structure that hold values, with the names on the way to them."""
    if shape.kind == "list" and shape.member is not None:
        yield from leaves(shape.member, path)
    elif shape.kind == "structure":
        for name, inner in shape.members.items():
            yield from leaves(inner, (*path, name))
    else:
        yield path, shape


def test_every_member_of_2020_has_its_effect_told() -> None:
    shown = set(re.findall(r"`([^`]+)`", README.split("<!-- table: members -->")[1].split("<!-- end -->")[0]))
    told = {tuple(name.split(".")[-2:]) for name in shown} | {(name.split(".")[-1],) for name in shown}
    for path, shape in leaves(interface("2020").operations["CreateJob"].input):
        assert path[-2:] in told or path[-1:] in told or path[:1] in told, path
        assert set(shape.choices) <= shown, path
    states = (
        interface("2020")
        .operations["DescribeCluster"]
        .output.members["ClusterMetadata"]
        .members["ClusterState"]
    )
    assert set(states.choices) <= shown
