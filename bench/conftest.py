"""What the benches found, beside pytest-benchmark's table of how long they took."""

import pytest

from devicesim.benchmark import table
from devicesim.benchmark.rows import Row

collect_ignore = ["ganesha"]  # programs of their own, whose clients need not be there
ROWS = pytest.StashKey[list[Row]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


@pytest.fixture
def found(request: pytest.FixtureRequest) -> list[Row]:
    """The rows of this run, to be added to."""
    return request.config.stash[ROWS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if rows := config.stash[ROWS]:
        terminalreporter.section("what they found")
        terminalreporter.write(table.render(rows, width=100, color=False))
