"""Fixtures for test writers: a Snowball that moves when the test says so.

===================  ==================================================================================
``snow``             a :class:`~devicesim.snowball_api.mock.MockSnow`: World, clock, boto3 clients
``snow_endpoint``    its address over HTTP, for clients in other processes and languages
``snow_share``       a :class:`~devicesim.endpoints.fakefs.Shared`: the share of a device that is with its
                     customer, in pyfakefs' file system, where ordinary Python code writes to it
===================  ==================================================================================

``@pytest.mark.snow(scenario=..., seed=..., era=..., limit=..., clock=..., content=...)`` says which World; a test that
fails prints its seed. Beside ``snow_share`` the clock is ``driven`` unless the marker says otherwise.
Importing this module imports nothing of the simulation; the fixtures do.
"""

from __future__ import annotations

import importlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

MARK = (
    "snow(scenario=None, seed=0, era='today', limit=None, clock='manual', content='keep'): "
    "the World of the fixture snow"
)
_KEY = pytest.StashKey[Any]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARK)


@pytest.fixture
def snow(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A World with its job API and DataSync; boto3 clients made in the test are answered by it."""
    mark = request.node.get_closest_marker("snow")
    given = dict(mark.kwargs) if mark else {}
    scenario = given.pop("scenario", None)
    given.setdefault("clock", "driven" if "snow_share" in request.fixturenames else "manual")
    with ExitStack() as stack:
        with _real_files(request):
            if isinstance(scenario, str) or hasattr(scenario, "__fspath__"):
                scenario = importlib.import_module("devicesim.scenario").load(scenario)
            mock_snow = importlib.import_module("devicesim.snowball_api.mock").mock_snow
            made = stack.enter_context(mock_snow(scenario, **given))
        request.node.stash[_KEY] = made
        yield made


@pytest.fixture
def snow_endpoint(snow: Any) -> Iterator[str]:
    """The address of the fixture ``snow`` over HTTP, as ``http://127.0.0.1:PORT``."""
    with importlib.import_module("devicesim.endpoints.http").HttpDoor(snow) as door:
        yield door.url


@pytest.fixture
def snow_share(request: pytest.FixtureRequest, snow: Any) -> Iterator[Any]:
    """A device with its customer and its doors open, its share at ``/mnt/snowcone`` of pyfakefs' file system."""
    with _real_files(request):  # for what the World still has to read
        shared = importlib.import_module("devicesim.endpoints.fakefs").Shared(snow)
    shared.mount(request.getfixturevalue("fs"))
    yield shared
    shared.close()


@contextmanager
def _real_files(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let pyfakefs stand aside, where a test asks for it before it asks for a World."""
    if not {"fs", "snow_share"} <= {*request.fixturenames}:
        yield
        return
    fs = request.getfixturevalue("fs")
    fs.pause()
    try:
        yield
    finally:
        fs.resume()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Say the seed of a World when its test fails."""
    report = yield
    made = item.stash.get(_KEY, None)
    if made is not None and report.failed:
        log = f"seed {made.world.seed}, {made.at.isoformat()}, {len(made.world.log)} verbs in the log"
        report.sections.append(("snow", log))
    return report
