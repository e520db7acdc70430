"""What importing costs, what the root offers, and who may see whom."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

import devicesim

ROOT = Path(__file__).parents[1]
HEAVY = {"numpy", "simpy", "pydantic", "rich", "altair"}


def python(*arguments):
    """Run Python in the repository; returns the finished process."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def imported(log):
    """The top-level packages that ``-X importtime`` has written down."""
    lines = [line for line in log.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "arguments",
    [["-c", "import devicesim"], ["-m", "devicesim", "--help"], ["-m", "devicesim", "--version"]],
    ids=["import", "--help", "--version"],
)
def test_law_what_answers_at_once_imports_nothing_heavy(arguments):
    done = python("-X", "importtime", *arguments)
    assert done.returncode == 0, done.stderr
    found = imported(done.stderr)
    assert "devicesim" in found
    assert not found & HEAVY


UNUSED = (
    "devicesim.device.cluster",
    "devicesim.device.console",
    "devicesim.device.export.export",
    "devicesim.device.fleet",
    "devicesim.device.network",
    "devicesim.device.online",
    "devicesim.report.fleet.whole",
    "devicesim.report.sections.cluster",
    "devicesim.report.sections.compute",
    "devicesim.report.sections.export",
    "devicesim.report.sections.online",
    "devicesim.report.wire",
    "devicesim.report.html",
    "devicesim.scenario.checks.windows",
    "devicesim.scenario.cluster",
    "devicesim.scenario.compute",
    "devicesim.scenario.faults.grammar",
    "devicesim.scenario.fleet",
    "devicesim.scenario.online",
    "devicesim.scenario.options",
    "devicesim.scenario.trace",
    "devicesim.scenario.work",
    "devicesim.faults",
    "devicesim.journal",
    "devicesim.planning",
    "devicesim.endpoints",
    "devicesim.benchmark",
    "rich.progress",
    "numpy.ma",
    "numpy.polynomial",
    "numpy.testing",
    "asyncio",
    "concurrent.futures",
    "http.client",
    "logging",
    "multiprocessing",
    "sqlite3",
    "ssl",
    "unittest",
    "urllib.request",
)
"""What one job on one device never needs; of this project's rooms and of others' heavy modules."""


def test_law_a_run_imports_no_room_that_its_scenario_lacks():
    done = python("-X", "importtime", "-m", "devicesim", "run", "devicesim/templates/scenario.toml")
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    found = {line.rsplit("|", 1)[1].strip() for line in lines}
    assert "devicesim.device.undertaking" in found
    assert sorted(found.intersection(UNUSED)) == []


def test_law_what_a_command_imports_is_kept_from_the_collector_which_then_goes_on():
    run = "import gc, devicesim.cli as c; c.invoke(['schema']); print(gc.isenabled(), gc.get_freeze_count() > 0)"
    done = python("-c", run)
    assert done.stdout.endswith("\nTrue True\n"), done.stderr


def test_worked_help_names_every_command():
    done = python("-m", "devicesim", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("init", "check", "run", "catalog", "schema", "bench"):
        assert f"\n  {command} " in done.stdout


@pytest.mark.parametrize("name", devicesim.__all__)
def test_law_every_public_name_resolves(name):
    # Importing a module of the same name, from anywhere, would put the module in the place of the thing.
    assert importlib.util.find_spec(f"devicesim.{name}") is None, "a module has this name too"
    assert getattr(devicesim, name) is getattr(devicesim, name)
    assert getattr(devicesim, name).__module__.startswith("devicesim.")
    assert getattr(devicesim, name).__doc__


def test_law_the_root_offers_few_names():
    assert len(devicesim.__all__) <= 20
    assert devicesim.__all__ == sorted(set(devicesim.__all__))
    assert set(devicesim.__all__) <= set(dir(devicesim))


def test_law_a_name_that_is_none_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'devicesim' has no attribute 'Wrold'"):
        devicesim.Wrold  # noqa: B018


def test_law_layers_hold():
    # What the console script lint-imports calls, wherever that is installed.
    call = "import sys; from importlinter.cli import lint_imports_command as main; main(['--no-cache'])"
    done = python("-c", call)
    assert done.returncode == 0, done.stdout + done.stderr


def test_law_no_import_cycles():
    graph = grimp.build_graph("devicesim", exclude_type_checking_imports=True, cache_dir=None)
    sees = {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}
    assert cycle(sees) == []


def cycle(sees):
    """Some way from a module back to itself, or nothing."""
    done, path = set(), []

    def walk(module):
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        path.append(module)
        found = next(filter(None, map(walk, sorted(sees[module]))), [])
        path.pop()
        done.add(module)
        return found

    return next(filter(None, map(walk, sees)), [])


@pytest.mark.parametrize(
    ("sees", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}, []),
        ({"a": {"a"}}, ["a", "a"]),
        ({"x": {"a"}, "a": {"b"}, "b": {"c"}, "c": {"a"}}, ["a", "b", "c", "a"]),
    ],
    ids=["line", "diamond", "itself", "ring"],
)
def test_worked_cycles(sees, found):
    assert cycle(sees) == found
