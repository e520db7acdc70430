"""Real clients that tests run: a machine that is there to test is given what it lacks, any other is asked."""

import functools
import os
import shutil
import subprocess

import pytest


def needs(package: str, *tools: str) -> None:
    """Skip with a reason where tools are missing and cannot be had."""
    if reason := _missing(package, tools):
        pytest.skip(reason)


@functools.cache
def _missing(package: str, tools: tuple[str, ...]) -> str:
    if _there(tools):
        return ""
    ours = os.environ.get("CI") and os.geteuid() == 0 and shutil.which("apt-get")
    if ours:  # nobody's own machine is changed by running its tests
        for words in (["update", "-q"], ["install", "-qy", "--no-install-recommends", package]):
            subprocess.run(["apt-get", *words], capture_output=True, timeout=120, check=False)
    if _there(tools):
        return ""
    return f"no {', '.join(tools)} here{' and none to be had' if ours else ''}: apt-get install {package}"


def _there(tools: tuple[str, ...]) -> bool:
    return all(map(shutil.which, tools))
